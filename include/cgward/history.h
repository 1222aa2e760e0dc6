/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * history.h - the last ten minutes of every group, for graphs. Pure.
 *
 * The last two minutes are kept by the second, what is older by ten seconds, as numbers of 16 bits
 * that are true to a thousandth: 1,800 bytes a group. A group that was removed takes its history
 * along; one that was made again under the same path starts a new one.
 */
#ifndef CGWARD_HISTORY_H
#define CGWARD_HISTORY_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_history_series {
	CGW_HISTORY_CPU,    /* percent of one CPU */
	CGW_HISTORY_MEMORY, /* bytes: the working set, or what is charged where only that is read */
	CGW_HISTORY_IO,     /* bytes a second, read and written */
	CGW_HISTORY_PIDS,   /* processes and threads */
	CGW_HISTORY_PRESSURE, /* percent: the greatest of CPU, memory and IO, some, over 10 s */
	CGW_HISTORY_SERIES_COUNT,
};

/* How far back cgw_history_read() can look. */
#define CGW_HISTORY_SECONDS 600

struct cgw_history;
int cgw_history_new(struct cgw_history **ret_history);
struct cgw_history *cgw_history_free(struct cgw_history *history);

/* The metrics that a series is made of; one that is not sampled stays empty. */
void cgw_history_metrics(enum cgw_history_series series, struct cgw_metric_set *set);

/* Takes a frame's figures: each frame once, right after cgw_frame_update(). */
int cgw_history_push(struct cgw_history *history, const struct cgw_frame *frame);

/*
 * `count` means over `step_s` seconds each, from old to new, the last one up to now (and perhaps of
 * fewer seconds, so that the others stand still while time goes on). NAN where nothing is known.
 * `group` is of the frame that was pushed last.
 */
void cgw_history_read(const struct cgw_history *history, uint32_t group,
		      enum cgw_history_series series, unsigned step_s, double *values,
		      size_t count);

/* Memory that it takes, all told, for the test of its promise. */
size_t cgw_history_bytes(const struct cgw_history *history) CGW_PURE;

#ifdef __cplusplus
}
#endif

#endif

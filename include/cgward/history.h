/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * history.h - the last ten minutes of every group, for graphs.
 *
 * Stores one value per second for the last two minutes and one per ten seconds before that, as
 * 16-bit numbers with a relative error of at most 0.1%: 1,800 bytes per group. The history of a
 * removed group is discarded; a group created again under the same path starts a new one. This
 * module opens no file and reads no clock.
 */
#ifndef CGWARD_HISTORY_H
#define CGWARD_HISTORY_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_history_series {
	CGW_HISTORY_CPU,      /* percent of one CPU */
	CGW_HISTORY_MEMORY,   /* bytes: the working set; charged memory if only that is sampled */
	CGW_HISTORY_IO,       /* bytes read and written per second */
	CGW_HISTORY_PIDS,     /* number of processes and threads */
	CGW_HISTORY_PRESSURE, /* percent: highest some.avg10 of CPU, memory and IO */
	CGW_HISTORY_SERIES_COUNT,
};

/* The length of the history. */
#define CGW_HISTORY_SECONDS 600

struct cgw_history;
/* Free with cgw_history_free(), which accepts NULL and returns NULL. Fails with -ENOMEM only. */
int cgw_history_new(struct cgw_history **ret_history);
struct cgw_history *cgw_history_free(struct cgw_history *history);

/* Adds the metrics needed for a series to `set`. Without them the series stays empty. */
void cgw_history_metrics(enum cgw_history_series series, struct cgw_metric_set *set);

/*
 * Adds the values of a frame. Call it once for each frame, right after cgw_frame_update(). Fails
 * with -ENOMEM only.
 */
int cgw_history_push(struct cgw_history *history, const struct cgw_frame *frame);

/*
 * Fills `values` with `count` averages over `step_s` seconds each, oldest first; NAN where nothing
 * is known. The last one ends now and may cover fewer seconds, so that the others do not change
 * between calls. `group` is an index into the frame that was pushed last.
 */
void cgw_history_read(const struct cgw_history *history, uint32_t group,
		      enum cgw_history_series series, unsigned step_s, double *values,
		      size_t count);

/* The memory used by the history, in bytes. For tests. */
size_t cgw_history_bytes(const struct cgw_history *history) CGW_PURE;

#ifdef __cplusplus
}
#endif

#endif

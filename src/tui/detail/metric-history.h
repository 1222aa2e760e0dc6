/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metric-history.h - all numeric fields of one group, once per second, since it was opened. Pure.
 */
#pragma once

#include <cgward/model.h>

#define METRIC_HISTORY_SECONDS 300

struct metric_history {
	struct cgw_field *fields; /* of counters, their rates */
	size_t field_count;
	float *values;    /* by second, then field; NAN: unknown */
	uint64_t now_s;   /* the second that was recorded last */
	unsigned seconds; /* recorded, at most METRIC_HISTORY_SECONDS */
};

void metric_history_done(struct metric_history *history);
/* Records the values of a frame. Without memory, the history stays empty. */
void metric_history_push(struct metric_history *history, const struct cgw_frame *frame,
			 uint32_t group);
/* The field recorded for a key: of a counter, its rate. -1: none. */
int metric_history_find(const struct metric_history *history, const char *key);
/* Fills `values` with averages over `step_s` seconds, oldest first; NAN where nothing is known. */
void metric_history_read(const struct metric_history *history, int field, unsigned step_s,
			 double *values, size_t count);

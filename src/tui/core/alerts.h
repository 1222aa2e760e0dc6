/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * alerts.h - what an operator should not miss: kills, refused forks, throttling, limits nearly full.
 * Pure.
 */
#ifndef CGWARD_TUI_CORE_ALERTS_H
#define CGWARD_TUI_CORE_ALERTS_H

#include <cgward/model.h>

#include "tui/core/canvas.h"
#include "tui/core/source.h"

/* One thing that happened, or began: newest last. */
struct alert {
	uint64_t realtime_ns, monotonic_ns;
	enum role role;
	char *path; /* raw */
	char text[96];
};

#define ALERTS_MAX 128
/* How long something that happened stays in the header. */
#define ALERT_NS UINT64_C(30000000000)

/* One kind of condition and how many groups are in it now. */
struct alert_state {
	uint32_t count;
	uint32_t worst; /* group */
	double figure;
};

enum alert_kind {
	ALERT_OOM_KILL,
	ALERT_FORK_REFUSED,
	ALERT_MEMORY_FULL,
	ALERT_PIDS_FULL,
	ALERT_THROTTLED,
	ALERT_KIND_COUNT,
};

struct alerts {
	struct alert ring[ALERTS_MAX];
	size_t count, next;
	struct alert_state now[ALERT_KIND_COUNT];
	uint64_t *limits; /* scratch: effective limits by group */
	uint32_t capacity;
};

void alerts_done(struct alerts *alerts);
void alerts_metrics(struct cgw_metric_set *set);
/* After each cgw_frame_update(). */
int alerts_update(struct alerts *alerts, const struct cgw_frame *frame);
/* An event of a recording, where it is one that a frame does not tell by itself. */
void alerts_collect(struct alerts *alerts, const struct cgw_frame *frame,
		    const struct source_event *event);
/* After a jump in time. */
void alerts_forget(struct alerts *alerts);
/* The i-th newest, or NULL. */
const struct alert *alerts_nth(const struct alerts *alerts, size_t i);
/* One line of what is going on, cut to `width` cells; says so where nothing is. */
void alerts_draw(const struct alerts *alerts, const struct cgw_frame *frame, struct canvas *canvas,
		 int row, int column, int width);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* alerts.h - warnings in the header: OOM kills, refused forks, throttling, full limits. Pure. */
#pragma once

#include <cgward/model.h>

#include "lib/base/clock.h"
#include "tui/core/canvas.h"
#include "tui/core/source.h"

/* An event; newest last in the ring. */
struct alert {
	uint64_t realtime_ns, monotonic_ns;
	enum role role;
	char *path; /* raw */
	char text[96];
};

#define ALERTS_MAX 128
/* How long an event stays in the header. */
#define ALERT_NS (30 * NS_PER_S)

/* A condition, and how many groups are in it now. */
struct alert_state {
	uint32_t count;
	uint32_t worst; /* group with the highest value */
	double value;
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
	uint64_t *limits; /* scratch: effective limit of each group */
	size_t capacity;
};

void alerts_done(struct alerts *alerts);
void alerts_metrics(struct cgw_metric_set *set);
/* Call after each cgw_frame_update(). */
int alerts_update(struct alerts *alerts, const struct cgw_frame *frame);
/* Adds an event of a recording, unless it can be derived from the frames. */
void alerts_collect(struct alerts *alerts, const struct cgw_frame *frame,
		    const struct source_event *event);
/* Call after a jump in time. */
void alerts_forget(struct alerts *alerts);
/* The i-th newest event, or NULL. */
const struct alert *alerts_nth(const struct alerts *alerts, size_t i);
/* Draws all warnings on one line, truncated to `width` cells, or "no warnings". */
void alerts_draw(const struct alerts *alerts, const struct cgw_frame *frame, struct canvas *canvas,
		 int row, int column, int width);
/* The group of the warning at that cell of a line of that width; CGW_NO_GROUP: none. */
uint32_t alerts_at(const struct alerts *alerts, const struct cgw_frame *frame, int width, int at);
/* The group of the i-th warning whose group exists, or CGW_NO_GROUP. */
uint32_t alerts_group(const struct alerts *alerts, const struct cgw_frame *frame, size_t i);

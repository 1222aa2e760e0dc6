/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * collector.h - what the sampler requires of a collector.
 *
 * Collectors fill the same snapshot one after another. Each marks the values it provides, and the
 * last one, which reads the files, fills all others.
 */
#pragma once

#include "lib/sample/read-plan.h"

/* A state in unfinished snapshots: for this group only its file has the value. */
#define STATE_UNREAD 0xff

/* What collectors have filled so far, and what is left. */
struct coverage {
	struct cgw_metric_set
		*provided;          /* [file of the plan]: not to be read from it, except UNREAD */
	struct tree_group **unread; /* [row]: the group if it has UNREAD values; else NULL */
	bool *repeated;             /* [row]: copied from the last sample */
	size_t unread_size, repeated_size;
};

struct collector_functions {
	const char *name; /* of snapshots */
	/*
	 * Finds created and removed groups; NULL: discovery does. `everything`: in all hierarchies,
	 * not only those of the plan. `expected`: a plan for these metrics follows; NULL: the plan
	 * is unchanged.
	 */
	int (*update)(void *collector, const struct cgw_metric_set *expected, bool everything);
	/* Releases what belongs to the old plan; the tree still has its groups. */
	void (*drop_plan)(void *collector);
	/* Adds what the collector provides of a plan, which may be the one it has. */
	int (*set_plan)(void *collector, const struct plan *plan, struct coverage *coverage);
	int (*collect)(void *collector, struct cgw_snapshot *snapshot, struct coverage *coverage);
	void (*close)(void *collector);
};

struct collector {
	const struct collector_functions *functions;
	void *state;
};

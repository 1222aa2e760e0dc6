/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* causes.h - what the parts of cgw_explain() have in common. */
#pragma once

#include <cgward/inspect.h>

/* The largest weight that the kernel accepts. */
#define WEIGHT_MAX 10000

struct explanation {
	const struct cgw_frame *frame;
	const struct cgw_snapshot *now;
	const struct cgw_topology *topology;
	const struct cgw_snapshot *taker; /* has the weight of what ran meanwhile; or NULL */
	uint32_t group;                   /* the explained group */
	struct cgw_cause *causes;
	size_t count;
};

/* Appends a cause; NULL if the array is full. */
struct cgw_cause *causes_add(struct explanation *explanation, enum cgw_cause_kind kind,
			     uint32_t by);
struct cgw_number causes_number(const struct explanation *explanation, enum cgw_metric metric,
				uint32_t group);
/* The increase of a counter between the two samples. */
double causes_growth(const struct explanation *explanation, enum cgw_metric metric, uint32_t group);
/* The increase of a counter per second between the two samples. */
double causes_rate(const struct explanation *explanation, enum cgw_metric metric, uint32_t group);
/*
 * The value to propose instead of a limit: one and a half times as much as the limit or the use,
 * which may be above a limit that was lowered, and at least one unit more.
 */
double causes_more_than(double limit, double use, double unit);
/* Proposes a whole number with its unit, in the syntax of `cgward set`. */
void causes_propose(struct cgw_cause *cause, enum cgw_metric metric, double value,
		    const char *unit);

/* Adds that a CPU limit of the group `each` throttled it. */
void causes_add_throttling(struct explanation *explanation, uint32_t each);
/* Adds what the tasks of the group waited for, if the frame has it. */
void causes_add_waits(struct explanation *explanation);

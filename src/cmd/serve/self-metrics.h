/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* self-metrics.h - metrics about cgward itself. */
#pragma once

#include <cgward/render.h>

struct health {
	const struct cgw_layout *layout;
	uint64_t started_ns; /* wall clock */
	uint64_t samples;
	uint64_t errors;                 /* failed samples */
	uint64_t cost_ns;                /* CPU time of all samples */
	const struct cgw_snapshot *last; /* or NULL */
};

/* Counts a sample, or a failed one if `snapshot` is NULL. */
void health_count(struct health *health, const struct cgw_snapshot *snapshot);
/* Appends the number and cost of samples, and the usual process_ families. */
void health_expose(const struct health *health, struct cgw_exposition *exposition);

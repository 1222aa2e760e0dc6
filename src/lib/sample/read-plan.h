/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* read-plan.h - plan of the files to read for the requested metrics, each file once. */
#pragma once

#include "lib/metric/decode.h"
#include "lib/sample/group-tree.h"

/* One file of a group: read once and decoded for all its requests. */
struct plan_file {
	uint32_t hierarchy;
	enum cgw_format format;
	char *name;     /* '*' replaced */
	char *instance; /* what replaced the '*', or NULL */
	struct decode_request *requests;
	uint32_t *preferred; /* [request]: hierarchies with precedence where the group is in one */
	size_t request_count, request_size;
	bool only_file; /* the only file of this hierarchy */
	bool own;       /* has a value that does not include descendants, and is summed over them */
};

/* A value to divide by another metric: quota by period. */
struct plan_division {
	int column;
	enum cgw_metric by;
};

/* A metric that the kernel computes as the sum of others when it prints them. */
#define PLAN_PART_MAX 4
struct plan_sum {
	enum cgw_metric metric;
	size_t part_count;
	enum cgw_metric parts[PLAN_PART_MAX]; /* keys of the same file */
};

struct plan {
	const struct cgw_layout *layout;
	struct plan_file *files; /* ordered by hierarchy */
	size_t file_count, file_size;
	struct plan_division *divisions;
	size_t division_count;
	struct cgw_metric_set metrics; /* requested metrics, their divisors and parts */
	int16_t column_of[CGW_METRIC_COUNT];
	uint16_t column_count;
	const struct cgw_source *source[CGW_METRIC_COUNT]; /* the best one */
	/* The source in each hierarchy: its rank in the metric's list, from 1; 0: none. */
	uint8_t rank[CGW_METRIC_COUNT][CGW_HIERARCHY_MAX];
	uint16_t metric_of[CGW_METRIC_COUNT]; /* by column */
};

/*
 * Builds the plan. In each hierarchy a metric has at most one source: the first whose file exists
 * there, in the root or in some group of the tree. Other hierarchies are used for groups that are
 * not in the preferred one.
 */
int plan_build(struct plan *plan, const struct cgw_layout *layout, const struct group_tree *tree,
	       const struct cgw_metric_set *metrics);
void plan_done(struct plan *plan);
/* The hierarchies in which a requested metric may be counted without descendants. */
uint32_t plan_own_hierarchies(const struct cgw_layout *layout,
			      const struct cgw_metric_set *metrics);
/* NULL if the metric is not such a sum. */
const struct plan_sum *plan_sum_of(enum cgw_metric metric) CGW_PURE;
/* The plans read the same files for the same metrics. */
bool plan_equal(const struct plan *a, const struct plan *b);

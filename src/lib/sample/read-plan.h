/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * read-plan.h - which files are read for the metrics that are wanted, each file once.
 */
#ifndef CGWARD_LIB_SAMPLE_READ_PLAN_H
#define CGWARD_LIB_SAMPLE_READ_PLAN_H

#include "lib/metric/decode.h"
#include "lib/sample/group-tree.h"

/* One file of a group: read once, decoded for all its wants. */
struct plan_file {
	uint32_t hierarchy; /* where it is */
	enum cgw_format format;
	char *name;     /* '*' replaced */
	char *instance; /* what replaced the '*', or NULL */
	struct decode_request *wants;
	uint32_t *better; /* [want]: hierarchies that are read instead where the group is in one */
	size_t want_count;
	bool alone; /* no other file of this hierarchy is wanted */
};

/* A number that is to be divided by another metric's: quota by period. */
struct plan_division {
	int column;
	enum cgw_metric by;
};

struct plan {
	const struct cgw_layout *layout;
	struct plan_file *files; /* ordered by hierarchy */
	size_t file_count, file_size;
	struct plan_division *divisions;
	size_t division_count;
	struct cgw_metric_set metrics; /* the wanted ones and those that they are divided by */
	int16_t column_of[CGW_METRIC_COUNT];
	uint16_t column_count;
	const struct cgw_source *source[CGW_METRIC_COUNT]; /* the best one */
	/* Which source each hierarchy offers: its rank in the metric's list from 1; 0: none. */
	uint8_t rank[CGW_METRIC_COUNT][CGW_HIERARCHY_MAX];
	uint16_t metric_of[CGW_METRIC_COUNT]; /* by column */
};

/*
 * Builds the plan. A metric has one source in each hierarchy that offers one: the first whose file
 * exists there (in the root or in one of the groups that the tree knows). Sources in other
 * hierarchies follow for groups that are not in the first.
 */
int plan_build(struct plan *plan, const struct cgw_layout *layout, const struct tree *tree,
	       const struct cgw_metric_set *wanted);
void plan_done(struct plan *plan);
/* Whether the source's file may be found in this hierarchy at all. */
bool plan_offers(const struct cgw_hierarchy *hierarchy, const struct cgw_source *source);
/* Both read the same files for the same metrics. */
bool plan_equal(const struct plan *a, const struct plan *b);

#endif

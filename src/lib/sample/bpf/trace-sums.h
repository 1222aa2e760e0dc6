/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-sums.h - what the tasks of groups and of their descendants waited, sent and received. */
#ifndef CGWARD_LIB_SAMPLE_BPF_TRACE_SUMS_H
#define CGWARD_LIB_SAMPLE_BPF_TRACE_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sample/bpf/programs/trace-records.h"

struct trace_sum {
	uint64_t id, parent_id;
	uint64_t waited_ns, part_ns;
	uint64_t counters[TRACE_COUNTERS];
	uint64_t longest_ns; /* in the interval before the sample; 0: no wait */
	bool kept;           /* its record is needed */
	uint32_t buckets[TRACE_BUCKETS];
};

/* Ordered by id. */
struct trace_sums {
	struct trace_sum *items;
	size_t count, size;
};

/* Adds up the records as read at the end of an epoch. -ENOMEM: the sums are unchanged. */
int trace_sums_set(struct trace_sums *sums, const uint64_t *ids, const struct trace_group *records,
		   size_t count, uint64_t epoch);
/* Adds a record to a group and its ancestors. */
void trace_sums_add(struct trace_sums *sums, uint64_t id, const struct trace_group *record,
		    uint64_t epoch);
void trace_sums_done(struct trace_sums *sums);

/* NULL: the group has no record. */
struct trace_sum *trace_sums_find(const struct trace_sums *sums, uint64_t id);

/* Marks the records of a group and of its ancestors as needed. */
void trace_sums_keep(struct trace_sums *sums, uint64_t id);
/* Does that for those that have changed. */
void trace_sums_keep_changed(struct trace_sums *sums, const struct trace_sums *before);
/* The nearest ancestor whose record is kept, or the root; NULL if the record of this one is. */
const struct trace_sum *trace_sums_heir(const struct trace_sums *sums, const struct trace_sum *sum);

uint64_t trace_sum_count(const struct trace_sum *sum);

/*
 * The time that `percent` of the waits between two samples did not exceed, as exact as the buckets.
 * `before` may be NULL. False if there was no wait.
 */
bool trace_percentile(const struct trace_sum *before, const struct trace_sum *now, unsigned percent,
		      uint64_t *ret_ns);

#endif

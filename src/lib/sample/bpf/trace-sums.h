/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-sums.h - what the tasks of groups and of their descendants waited, sent and received. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sample/bpf/programs/trace-records.h"

/* Exported histograms: the waits that were shorter than each bound, and the sum of all. */
#define TRACE_BOUND_COUNT 13
struct trace_histogram {
	uint64_t up_to[TRACE_BOUND_COUNT];
	uint64_t sum_ns;
};

/* The bounds in seconds, as labels: a factor of four each. */
static inline const char *trace_bound(size_t i)
{
	static const char *const bounds[TRACE_BOUND_COUNT] = {
		"0.000004096", "0.000016384",  "0.000065536", "0.000262144", "0.001048576",
		"0.004194304", "0.016777216",  "0.067108864", "0.268435456", "1.073741824",
		"4.294967296", "17.179869184", "+Inf",
	};

	return bounds[i];
}

struct trace_sum {
	uint64_t id, parent_id;
	uint64_t waited_ns, part_ns;
	uint64_t counters[TRACE_COUNTERS];
	uint64_t longest_ns; /* or most at once, in the interval before the sample; 0: none */
	uint64_t runnable;   /* tasks at the sample */
	bool kept;           /* its record is needed */
	uint64_t buckets[TRACE_BUCKETS];
};

/* Ordered by id. */
struct trace_sums {
	struct trace_sum *items;
	size_t count, size;
	bool own_only; /* groups do not include their descendants */
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
/* Does that for those that have changed, and those that count tasks. */
void trace_sums_keep_changed(struct trace_sums *sums, const struct trace_sums *before);
/* The nearest ancestor whose record is kept, or the root; NULL if the record of this one is. */
const struct trace_sum *trace_sums_heir(const struct trace_sums *sums, const struct trace_sum *sum);

/* Records that were dropped after a read, ordered by id. */
struct trace_dropped {
	uint64_t id, parent_id;
	bool exists; /* again */
};
/*
 * A group may have got its record between the read and the drop of that of its parent. Appends
 * such parents to the records of the next read, of which there are at most `max`. Returns their
 * number.
 */
size_t trace_sums_add_parents(struct trace_dropped *dropped, size_t dropped_count, uint64_t *ids,
			      struct trace_group *records, size_t count, size_t max);

/* The waits that were shorter than an exported bound. */
uint64_t trace_sum_up_to(const struct trace_sum *sum, size_t bound);
/* The longest wait or most at once; tasks that stay runnable cause no event in the interval. */
uint64_t trace_sum_most(const struct trace_sum *before, const struct trace_sum *now);
uint64_t trace_sum_count(const struct trace_sum *sum);

/*
 * The time that `percent` of the waits between two samples did not exceed, as exact as the buckets.
 * `before` may be NULL. False if there was no wait.
 */
bool trace_percentile(const struct trace_sum *before, const struct trace_sum *now, unsigned percent,
		      uint64_t *ret_ns);

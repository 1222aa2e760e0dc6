/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-delay-sums.h - how long the tasks of groups and of their descendants waited for a CPU. */
#ifndef CGWARD_LIB_SAMPLE_BPF_RUN_DELAY_SUMS_H
#define CGWARD_LIB_SAMPLE_BPF_RUN_DELAY_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sample/bpf/programs/run-delay-records.h"

struct run_delay_sum {
	uint64_t id, parent_id;
	uint64_t waited_ns;
	uint64_t longest_ns; /* in the interval before the sample; 0: no wait */
	uint32_t buckets[RUN_DELAY_BUCKETS];
};

/* Ordered by id. */
struct run_delay_sums {
	struct run_delay_sum *items;
	size_t count, size;
};

/* Adds up the records as read at the end of an epoch. -ENOMEM: the sums are unchanged. */
int run_delay_sums_set(struct run_delay_sums *sums, const uint64_t *ids,
		       const struct run_delay_group *records, size_t count, uint64_t epoch);
void run_delay_sums_done(struct run_delay_sums *sums);

/* NULL: no task of the group has waited. */
struct run_delay_sum *run_delay_sums_find(const struct run_delay_sums *sums, uint64_t id);

/*
 * The time that `percent` of the waits between two samples did not exceed, as exact as the buckets.
 * `before` may be NULL. False if there was no wait.
 */
bool run_delay_percentile(const struct run_delay_sum *before, const struct run_delay_sum *now,
			  unsigned percent, uint64_t *ret_ns);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* siblings.h - groups that compete for the CPU time of their parent. */
#pragma once

#include "lib/advise/usage.h"

/* Of one frame, by group. Zeroed at first. */
struct siblings {
	struct sibling {
		uint64_t use;   /* CPU time per second; 0: none, or not known; set by the caller */
		uint64_t below; /* the sum of its children */
		uint64_t capacity; /* what its children may use; 0: they did not use nearly all */
		uint64_t weight;   /* the sum of those of its children that used some */
	} * items;
	size_t capacity;
};

/* -ENOMEM. */
int siblings_begin(struct siblings *siblings, uint32_t count);
void siblings_free(struct siblings *siblings);
/* The present weight of a group. */
uint64_t siblings_weight(const struct cgw_frame *frame, uint32_t group);
/* Finds the groups whose children used nearly all the CPU time that they may use; false: none. */
bool siblings_find_full(struct siblings *siblings, const struct cgw_frame *frame, uint64_t cpus);

/*
 * Computes weights for the selected groups among `records`, which it sorts by parent: with them,
 * the CPU time that each is guaranteed when the CPUs are full covers `percent` of its 99th
 * percentile; those that use the most share what is left. Calls `each` for each weight.
 */
int siblings_weigh(struct usage_record **records, size_t count, uint64_t percent, uint64_t least,
		   int (*each)(void *context, struct usage_record *record, uint64_t weight,
			       uint64_t guaranteed, uint64_t guaranteed_now),
		   void *context);

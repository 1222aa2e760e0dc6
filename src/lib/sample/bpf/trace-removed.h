/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-removed.h - what the tasks of removed groups waited, which their ancestors still count. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sample/bpf/programs/trace-records.h"

/* Ordered by id. */
struct trace_removed {
	struct removed_record {
		uint64_t id; /* of the group that they were below */
		struct trace_group record;
	} * items;
	size_t count, size;
};

void trace_removed_done(struct trace_removed *removed);

/* Makes room for one more group. */
int trace_removed_reserve(struct trace_removed *removed);
/* Adds to the record of a group. There is room for one more. */
void trace_removed_add(struct trace_removed *removed, uint64_t id,
		       const struct trace_group *record);
/* Takes the record of a group out; false if there is none. */
bool trace_removed_take(struct trace_removed *removed, uint64_t id, struct trace_group *ret_record);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-removed.c - what the tasks of removed groups waited, which their ancestors still count. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/sample/bpf/trace-removed.h"

void trace_removed_done(struct trace_removed *removed)
{
	free(removed->items);
	*removed = (struct trace_removed){0};
}

/* Where the record of a group is or belongs. */
static size_t find(const struct trace_removed *removed, uint64_t id)
{
	size_t first = 0, end = removed->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (removed->items[middle].id < id)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

int trace_removed_reserve(struct trace_removed *removed)
{
	return ARRAY_RESERVE(removed->items, removed->size, removed->count + 1);
}

void trace_removed_add(struct trace_removed *removed, uint64_t id, const struct trace_group *record)
{
	size_t at = find(removed, id);
	struct removed_record *to = &removed->items[at];

	if (at == removed->count || to->id != id) {
		memmove(to + 1, to, (removed->count - at) * sizeof(*to));
		removed->count++;
		*to = (struct removed_record){.id = id};
	}
	to->record.waited_ns += record->waited_ns;
	to->record.part_ns += record->part_ns;
	for (size_t i = 0; i < TRACE_COUNTERS; i++)
		to->record.counters[i] += record->counters[i];
	for (size_t i = 0; i < TRACE_BUCKETS; i++)
		to->record.buckets[i] += record->buckets[i];
}

bool trace_removed_take(struct trace_removed *removed, uint64_t id, struct trace_group *ret_record)
{
	size_t at = find(removed, id);
	struct removed_record *from = &removed->items[at];

	if (at == removed->count || from->id != id)
		return false;
	*ret_record = from->record;
	removed->count--;
	memmove(from, from + 1, (removed->count - at) * sizeof(*from));
	return true;
}

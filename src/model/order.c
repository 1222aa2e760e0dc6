/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* order.c - groups in the order of a field, flat or as a tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/frame.h"

/* What a group is sorted by. Missing values come last, whichever way numbers run. */
struct order_key {
	double number;
	uint32_t group;
	bool missing;
};

/* In tree order: the groups beneath a group that are listed, as a list in sorted order. */
struct order_links {
	uint32_t first, last, next;
};

static int compare_up(const void *a, const void *b)
{
	const struct order_key *first = a, *second = b;

	if (first->missing != second->missing)
		return first->missing ? 1 : -1;
	if (!first->missing && first->number != second->number)
		return first->number < second->number ? -1 : 1;
	return first->group < second->group ? -1 : first->group > second->group;
}

static int compare_down(const void *a, const void *b)
{
	const struct order_key *first = a, *second = b;

	if (first->missing || second->missing || first->number == second->number)
		return compare_up(a, b);
	return compare_up(b, a);
}

static void fill_keys(const struct cgw_frame *frame, struct cgw_field field, const uint32_t *groups,
		      size_t count, struct order_key *keys)
{
	for (size_t i = 0; i < count; i++) {
		struct cgw_value value = {.state = CGW_ABSENT};

		/* Text is sorted by path: groups stand in that order already. */
		if (field.shape != CGW_STRING)
			value = cgw_frame_value(frame, field, groups[i]);
		keys[i].group = groups[i];
		keys[i].number = value.state == CGW_MAX ? (double)UINT64_MAX * 2 : value.real;
		keys[i].missing = value.state != CGW_OK && value.state != CGW_MAX;
	}
}

/* Hangs each listed group below its nearest listed ancestor, in sorted order, then reads them off. */
static void lay_as_tree(const struct cgw_topology *topology, const struct order_key *keys,
			size_t count, struct order_links *links, uint32_t *groups)
{
	uint32_t top_first = CGW_NO_GROUP, top_last = CGW_NO_GROUP, at;
	size_t written = 0;

	for (uint32_t i = 0; i < topology->count; i++)
		links[i] = (struct order_links){CGW_NO_GROUP - 1, CGW_NO_GROUP, CGW_NO_GROUP};
	for (size_t i = 0; i < count; i++)
		links[keys[i].group].first = CGW_NO_GROUP; /* listed */
	for (size_t i = 0; i < count; i++) {
		uint32_t group = keys[i].group, parent = topology->parent[group];
		uint32_t *first = &top_first, *last = &top_last;

		while (parent != CGW_NO_GROUP && links[parent].first == CGW_NO_GROUP - 1)
			parent = topology->parent[parent];
		if (parent != CGW_NO_GROUP) {
			first = &links[parent].first;
			last = &links[parent].last;
		}
		if (*first == CGW_NO_GROUP)
			*first = group;
		else
			links[*last].next = group;
		*last = group;
	}
	for (at = top_first; at != CGW_NO_GROUP;) {
		groups[written++] = at;
		if (links[at].first != CGW_NO_GROUP) {
			at = links[at].first;
			continue;
		}
		while (at != CGW_NO_GROUP && links[at].next == CGW_NO_GROUP) {
			at = topology->parent[at];
			while (at != CGW_NO_GROUP && links[at].first == CGW_NO_GROUP - 1)
				at = topology->parent[at];
		}
		at = at == CGW_NO_GROUP ? at : links[at].next;
	}
}

int cgw_order(const struct cgw_frame *frame, struct cgw_field field, unsigned flags,
	      uint32_t *groups, size_t count, struct cgw_order_scratch *scratch)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(frame->now);
	size_t size = count * sizeof(struct order_key) +
		      (flags & CGW_ORDER_TREE ? topology->count * sizeof(struct order_links) : 0);
	struct order_key *keys;

	if (size > scratch->size) {
		void *memory = realloc(scratch->memory, size);

		if (memory == NULL)
			return -ENOMEM;
		scratch->memory = memory;
		scratch->size = size;
	}
	if (count == 0)
		return 0;
	keys = scratch->memory;
	fill_keys(frame, field, groups, count, keys);
	qsort(keys, count, sizeof(*keys), flags & CGW_ORDER_ASCENDING ? compare_up : compare_down);
	if (flags & CGW_ORDER_TREE)
		lay_as_tree(topology, keys, count, (void *)(keys + count), groups);
	else
		for (size_t i = 0; i < count; i++)
			groups[i] = keys[i].group;
	return 0;
}

void cgw_order_scratch_done(struct cgw_order_scratch *scratch)
{
	free(scratch->memory);
	*scratch = (struct cgw_order_scratch){0};
}

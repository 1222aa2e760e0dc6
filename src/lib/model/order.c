/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* order.c - sorting of groups by a field, flat or as a tree. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/model/field.h"
#include "lib/model/frame.h"

/* Groups are sorted by ascending rank, then by index. Missing values have the last rank. */
struct order_key {
	uint64_t rank;
	uint32_t group;
};

#define RANK_MISSING UINT64_MAX

/* Tree order: a linked list of the listed groups below a group, in sorted order. */
struct order_links {
	uint32_t first, last, next;
};

/* Maps numbers to integers in the same order; +0 and -0 are equal. */
static uint64_t rank_of(double number, bool ascending)
{
	uint64_t bits, sign = UINT64_C(1) << 63;

	number += 0.0;
	memcpy(&bits, &number, sizeof(bits));
	bits = bits & sign ? ~bits : bits | sign;
	return ascending ? bits : ~bits;
}

/* The first eight bytes as a number; ties are sorted by path. */
static uint64_t rank_of_text(const struct cgw_frame *frame, struct cgw_field field, uint32_t group,
			     bool backward)
{
	enum cgw_state state = CGW_ABSENT;
	char text[16] = "";
	uint64_t rank = 0;

	/* Indices of groups are already in the order of paths. */
	if (field.view == CGW_VIEW_IDENTITY && field.index == IDENTITY_GROUP)
		return backward ? RANK_MISSING - 1 - group : group;
	cgw_frame_text(frame, field, group, text, sizeof(text), &state);
	if (state != CGW_OK)
		return RANK_MISSING;
	for (size_t i = 0, end = 0; i < sizeof(rank); i++) {
		end = end > 0 || text[i] == '\0';
		rank = rank << 8 | (end > 0 ? 0 : (unsigned char)text[i]);
	}
	return backward ? RANK_MISSING - 1 - rank : rank;
}

static void fill_keys(const struct cgw_frame *frame, struct cgw_field field, unsigned flags,
		      const uint32_t *groups, size_t count, struct order_key *keys)
{
	bool ascending = flags & CGW_ORDER_ASCENDING;

	for (size_t i = 0; i < count; i++) {
		struct cgw_value value;

		keys[i].group = groups[i];
		if (field.shape == CGW_STRING) {
			keys[i].rank = rank_of_text(frame, field, groups[i],
						    flags & CGW_ORDER_TEXT_DESCENDING);
			continue;
		}
		value = cgw_frame_value(frame, field, groups[i]);
		if (value.state == CGW_MAX)
			keys[i].rank = rank_of((double)UINT64_MAX * 2, ascending);
		else if (value.state == CGW_OK && !isnan(value.real))
			keys[i].rank = rank_of(value.real, ascending);
		else
			keys[i].rank = RANK_MISSING;
	}
}

enum { DIGIT_SIZE = 256, GROUP_DIGITS = 4, DIGIT_COUNT = GROUP_DIGITS + 8 };

/* Digits from the least significant one: those of the group, then of the rank. */
static unsigned digit(const struct order_key *key, unsigned position)
{
	return position < GROUP_DIGITS
		       ? key->group >> 8 * position & 255
		       : (unsigned)(key->rank >> 8 * (position - GROUP_DIGITS) & 255);
}

static bool is_sorted_by_group(const struct order_key *keys, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (keys[i - 1].group > keys[i].group)
			return false;
	return true;
}

/* Radix sort: linear time, and no memory besides `spare`. */
static void sort_keys(struct order_key *keys, struct order_key *spare, size_t count)
{
	struct order_key *from = keys, *to = spare;

	for (unsigned position = is_sorted_by_group(keys, count) ? GROUP_DIGITS : 0;
	     position < DIGIT_COUNT; position++) {
		size_t places[DIGIT_SIZE] = {0}, place = 0;
		struct order_key *swap = from;

		for (size_t i = 0; i < count; i++)
			places[digit(&from[i], position)]++;
		if (places[digit(&from[0], position)] == count)
			continue; /* equal in all keys */
		for (size_t i = 0; i < DIGIT_SIZE; i++) {
			size_t same = places[i];

			places[i] = place;
			place += same;
		}
		for (size_t i = 0; i < count; i++)
			to[places[digit(&from[i], position)]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != keys)
		memcpy(keys, from, count * sizeof(*keys));
}

/* Links each listed group to its nearest listed ancestor in sorted order, then walks the tree. */
static void write_tree_order(const struct cgw_topology *topology, const struct order_key *keys,
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
	size_t size = 2 * count * sizeof(struct order_key) +
		      (flags & CGW_ORDER_TREE ? topology->count * sizeof(struct order_links) : 0);
	struct order_key *keys;

	if (array_reserve(&scratch->memory, &scratch->size, size, 1) < 0)
		return -ENOMEM;
	if (count == 0)
		return 0;
	keys = scratch->memory;
	fill_keys(frame, field, flags, groups, count, keys);
	sort_keys(keys, keys + count, count);
	if (flags & CGW_ORDER_TREE)
		write_tree_order(topology, keys, count, (void *)(keys + 2 * count), groups);
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

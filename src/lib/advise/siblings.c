/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* siblings.c - how siblings share the CPU time of their parent, and weights that guarantee it. */
#include <stdlib.h>
#include <string.h>

#include "lib/advise/siblings.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/model/frame.h"

#define FULL_PERCENT   90
#define WEIGHT_MAX     10000
#define WEIGHT_DEFAULT 100

int siblings_begin(struct siblings *siblings, uint32_t count)
{
	int r = ARRAY_RESERVE(siblings->items, siblings->capacity, count);

	if (r == 0)
		memset(siblings->items, 0, count * sizeof(*siblings->items));
	return r;
}

void siblings_free(struct siblings *siblings)
{
	free(siblings->items);
	*siblings = (struct siblings){0};
}

/* What a group may use: its limits, and its part of what a full parent has. */
static uint64_t capacity_of(const struct siblings *siblings, const struct cgw_frame *frame,
			    uint32_t group, uint64_t cpus)
{
	const struct cgw_topology *topology = &frame->now->topology->view;
	struct cgw_number limit = cgw_frame_effective(frame, CGW_M_CPU_MAX, group, NULL);
	uint64_t capacity = cpus * NS_PER_S, share;
	const struct sibling *parent;

	if (limit.state == CGW_OK && limit.value < capacity)
		capacity = limit.value;
	if (group == 0)
		return capacity;
	parent = &siblings->items[topology->parent[group]];
	if (parent->capacity > 0 && parent->weight > 0 &&
	    scale_u64(parent->capacity, siblings_weight(frame, group), parent->weight, &share) &&
	    share < capacity)
		capacity = share;
	return capacity;
}

uint64_t siblings_weight(const struct cgw_frame *frame, uint32_t group)
{
	struct cgw_number weight = snapshot_number(frame->now, CGW_M_CPU_WEIGHT, group);

	return weight.state == CGW_OK ? weight.value : WEIGHT_DEFAULT;
}

bool siblings_find_full(struct siblings *siblings, const struct cgw_frame *frame, uint64_t cpus)
{
	const struct cgw_topology *topology = &frame->now->topology->view;
	bool any = false;

	for (uint32_t i = 1; i < topology->count; i++) {
		struct sibling *parent = &siblings->items[topology->parent[i]];

		if (siblings->items[i].use == 0)
			continue;
		parent->below += siblings->items[i].use;
		parent->weight += siblings_weight(frame, i);
	}
	/* Parents come first. */
	for (uint32_t i = 0; i < topology->count && cpus > 0; i++) {
		struct sibling *item = &siblings->items[i];
		uint64_t used = item->use > item->below ? item->use : item->below, capacity;

		if (item->below == 0)
			continue;
		capacity = capacity_of(siblings, frame, i, cpus);
		/* With idle siblings it may have used more than its part. */
		if (used < capacity / 100 * FULL_PERCENT)
			continue;
		item->capacity = used > capacity ? used : capacity;
		any = true;
	}
	return any;
}

static int by_parent_and_use(const void *a, const void *b)
{
	const struct usage_record *left = *(struct usage_record *const *)a;
	const struct usage_record *right = *(struct usage_record *const *)b;

	if (left->parent != right->parent)
		return (uintptr_t)left->parent < (uintptr_t)right->parent ? -1 : 1;
	if (left->usage.cpu_p99 != right->usage.cpu_p99)
		return left->usage.cpu_p99 < right->usage.cpu_p99 ? -1 : 1;
	return strcmp(left->path, right->path);
}

static uint64_t weight_now(const struct usage_record *record)
{
	return record->usage.cpu_weight.state == CGW_OK ? record->usage.cpu_weight.value
							: WEIGHT_DEFAULT;
}

static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t scaled;

	return c == 0 || !scale_u64(a, b, c, &scaled) ? 0 : scaled;
}

static uint64_t need_of(const struct usage_record *record, uint64_t percent, uint64_t least)
{
	uint64_t need = scale(record->usage.cpu_p99, percent, 100);

	return need < least ? least : need;
}

static bool is_weighed(const struct usage_record *record)
{
	return record->selected && record->usage.cpu_weight.state == CGW_OK;
}

/*
 * Where the weights of others remain, the sum of the new ones leaves them the rest of the CPU time;
 * otherwise the mean weight is the default.
 */
static uint64_t weight_for(uint64_t share, uint64_t shares, size_t count, uint64_t others,
			   uint64_t capacity)
{
	uint64_t weight = others > 0 && capacity > shares
				  ? scale(share, others, capacity - shares)
				  : scale(share, WEIGHT_DEFAULT * count, shares);

	return weight < 1 ? 1 : weight > WEIGHT_MAX ? WEIGHT_MAX : weight;
}

/* Children of one parent that used CPU time, the smallest use first. */
static int weigh_children(struct usage_record **children, size_t count, uint64_t percent,
			  uint64_t least,
			  int (*each)(void *context, struct usage_record *record, uint64_t weight,
				      uint64_t guaranteed, uint64_t guaranteed_now),
			  void *context)
{
	uint64_t capacity = children[0]->parent->capacity, left = capacity;
	uint64_t shares = 0, others = 0, weights = 0, weights_now = 0;
	size_t weighed = 0;
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t need = need_of(children[i], percent, least), equal = left / (count - i);

		children[i]->share = need < equal ? need : equal;
		left -= children[i]->share;
		weights_now += weight_now(children[i]);
		if (is_weighed(children[i])) {
			shares += children[i]->share;
			weighed++;
		} else {
			others += weight_now(children[i]);
		}
	}
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < count && r == 0; i++) {
			uint64_t weight;

			if (!is_weighed(children[i]))
				continue;
			weight = weight_for(children[i]->share, shares, weighed, others, capacity);
			if (pass == 0)
				weights += weight;
			else
				r = each(context, children[i], weight,
					 scale(capacity, weight, weights + others),
					 scale(capacity, weight_now(children[i]), weights_now));
		}
	return r;
}

int siblings_weigh(struct usage_record **records, size_t count, uint64_t percent, uint64_t least,
		   int (*each)(void *context, struct usage_record *record, uint64_t weight,
			       uint64_t guaranteed, uint64_t guaranteed_now),
		   void *context)
{
	int r = 0;

	if (count > 0)
		qsort(records, count, sizeof(*records), by_parent_and_use);
	for (size_t first = 0, end; first < count && r == 0; first = end) {
		const struct usage_record *parent = records[first]->parent;

		end = first + 1;
		while (end < count && records[end]->parent == parent)
			end++;
		while (first < end && records[first]->usage.cpu_p99 == 0)
			first++; /* does not compete */
		if (parent != NULL && parent->capacity > 0 && end - first > 1)
			r = weigh_children(records + first, end - first, percent, least, each,
					   context);
	}
	return r;
}

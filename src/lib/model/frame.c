/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* frame.c - two consecutive snapshots with their groups matched. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/model/frame.h"

int cgw_frame_new(struct cgw_frame **ret_frame)
{
	struct cgw_frame *frame = ret_frame != NULL ? calloc(1, sizeof(*frame)) : NULL;

	if (ret_frame == NULL)
		return -EINVAL;
	if (frame == NULL)
		return -ENOMEM;
	*ret_frame = frame;
	return 0;
}

void frame_set_names(struct cgw_frame *frame, frame_find_names *find_names, void *context)
{
	frame->find_names = find_names;
	frame->names_context = context;
}

struct cgw_frame *cgw_frame_free(struct cgw_frame *frame)
{
	if (frame == NULL)
		return NULL;
	cgw_snapshot_unref(frame->now);
	cgw_snapshot_unref(frame->before);
	free(frame->previous);
	free(frame->flags);
	free(frame->gone);
	free(frame->cursor);
	free(frame);
	return NULL;
}

const struct cgw_snapshot *cgw_frame_now(const struct cgw_frame *frame)
{
	return frame != NULL ? frame->now : NULL;
}

const struct cgw_snapshot *cgw_frame_before(const struct cgw_frame *frame)
{
	return frame != NULL ? frame->before : NULL;
}

double cgw_frame_seconds(const struct cgw_frame *frame)
{
	return frame != NULL ? frame->seconds : 0;
}

unsigned cgw_frame_flags(const struct cgw_frame *frame, uint32_t group)
{
	return frame_has(frame, group) ? frame->flags[group] : 0;
}

uint32_t cgw_frame_previous(const struct cgw_frame *frame, uint32_t group)
{
	return frame_has(frame, group) ? frame->previous[group] : CGW_NO_GROUP;
}

const uint32_t *cgw_frame_removed_groups(const struct cgw_frame *frame, size_t *ret_count)
{
	if (ret_count != NULL)
		*ret_count = frame != NULL ? frame->gone_count : 0;
	return frame != NULL ? frame->gone : NULL;
}

static int reserve(struct cgw_frame *frame, uint32_t now, uint32_t before)
{
	int r = ARRAY_RESERVE_BESIDE(frame->previous, frame->capacity, now);

	if (r == 0)
		r = ARRAY_RESERVE(frame->flags, frame->capacity, now);
	if (r == 0)
		r = ARRAY_RESERVE_BESIDE(frame->gone, frame->before_capacity, before);
	return r < 0 ? r : ARRAY_RESERVE(frame->cursor, frame->before_capacity, before);
}

/*
 * Finds a child by name in the older topology. Siblings are in byte order in both topologies, so
 * the cursor of a parent only moves forward and the whole merge is linear.
 */
static uint32_t match_child(const struct cgw_topology *before, uint32_t *cursor, uint32_t parent,
			    const char *name)
{
	uint32_t end = parent + before->below[parent] + 1;

	while (cursor[parent] < end) {
		uint32_t child = cursor[parent];
		int order = strcmp(before->name[child], name);

		if (order > 0)
			break;
		cursor[parent] = child + before->below[child] + 1;
		if (order == 0)
			return child;
	}
	return CGW_NO_GROUP;
}

static uint8_t compare_groups(const struct cgw_topology *before, uint32_t old,
			      const struct cgw_topology *now, uint32_t new)
{
	uint32_t both = before->present[old] & now->present[new];
	uint8_t flags = before->present[old] != now->present[new] ? CGW_ROW_MOVED : 0;

	if (both == 0)
		return CGW_ROW_RECREATED;
	for (uint32_t h = 0; h < now->hierarchy_count; h++)
		if (both & UINT32_C(1) << h && before->id[h][old] != now->id[h][new])
			return CGW_ROW_RECREATED;
	return flags;
}

static void match(struct cgw_frame *frame)
{
	const struct cgw_topology *now = cgw_snapshot_topology(frame->now);
	const struct cgw_topology *before = cgw_snapshot_topology(frame->before);

	for (uint32_t i = 0; i < before->count; i++)
		frame->cursor[i] = i + 1;
	for (uint32_t i = 0; i < now->count; i++) {
		uint32_t parent = now->parent[i], old;

		if (parent == CGW_NO_GROUP)
			old = 0;
		else if (frame->previous[parent] == CGW_NO_GROUP)
			old = CGW_NO_GROUP;
		else
			old = match_child(before, frame->cursor, frame->previous[parent],
					  now->name[i]);
		frame->previous[i] = old;
		frame->flags[i] =
			old == CGW_NO_GROUP ? CGW_ROW_NEW : compare_groups(before, old, now, i);
	}
	/* The cursors are no longer needed: mark the matched groups in them. */
	memset(frame->cursor, 0, before->count * sizeof(*frame->cursor));
	for (uint32_t i = 0; i < now->count; i++)
		if (frame->previous[i] != CGW_NO_GROUP)
			frame->cursor[frame->previous[i]] = 1;
	for (uint32_t i = 0; i < before->count; i++)
		if (frame->cursor[i] == 0)
			frame->gone[frame->gone_count++] = i;
}

int cgw_frame_update(struct cgw_frame *frame, struct cgw_snapshot *now)
{
	const struct cgw_topology *topology, *before;
	int r;

	if (frame == NULL || now == NULL)
		return -EINVAL;
	topology = cgw_snapshot_topology(now);
	before = frame->now != NULL ? cgw_snapshot_topology(frame->now) : NULL;
	r = reserve(frame, topology->count, before != NULL ? before->count : 0);
	if (r < 0)
		return r;
	cgw_snapshot_unref(frame->before);
	frame->before = frame->now;
	frame->now = cgw_snapshot_ref(now);
	frame->gone_count = 0;
	frame->seconds = 0;
	if (frame->before == NULL) {
		memset(frame->flags, 0, topology->count);
		for (uint32_t i = 0; i < topology->count; i++)
			frame->previous[i] = CGW_NO_GROUP;
		return 0;
	}
	frame->seconds = (double)(cgw_snapshot_monotonic_ns(now) -
				  cgw_snapshot_monotonic_ns(frame->before)) /
			 1e9;
	if (topology == before) {
		memset(frame->flags, 0, topology->count);
		for (uint32_t i = 0; i < topology->count; i++)
			frame->previous[i] = i;
		return 0;
	}
	match(frame);
	return 0;
}

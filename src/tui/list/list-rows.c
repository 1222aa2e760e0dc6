/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-rows.c - builds the rows of the list: filtered, sorted, as a tree. */
#include <string.h>

#include "lib/base/array.h"
#include "tui/list/group-list.h"

/* Picks the groups that match and all their ancestors, which the tree needs. */
static void pick_filtered_tree(struct list *list, const struct cgw_frame *frame,
			       uint32_t *ret_count)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	uint32_t count = 0;

	/* In reverse, children come before their parents. */
	for (uint32_t i = 0; i < list->count; i++)
		list->groups[i] = 0;
	for (uint32_t i = list->count; i-- > 0;) {
		bool matches = list_matches(list, frame, i);

		list->states[i].flags &= (uint8_t)~GROUP_CONTEXT;
		list->matched += matches;
		if (!matches && list->groups[i] == 0)
			continue;
		if (!matches)
			list->states[i].flags |= GROUP_CONTEXT;
		list->groups[i] = 1;
		if (topology->parent[i] != CGW_NO_GROUP && !(list->states[i].flags & GROUP_PINNED))
			list->groups[topology->parent[i]] = 1;
	}
	for (uint32_t i = 0; i < list->count; i++)
		if (list->groups[i] != 0)
			list->groups[count++] = i;
	*ret_count = count;
}

/*
 * Drops the idle groups: CPU use includes descendants, so those of an idle group are idle. Marked
 * and frozen groups remain, with their ancestors, because something was done to them; so do pinned
 * groups.
 */
static uint32_t drop_idle(struct list *list, const struct cgw_frame *frame, uint64_t now_ns,
			  uint32_t count)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	uint32_t kept = count, next_kept = CGW_NO_GROUP;

	for (uint32_t i = count; i-- > 0;) {
		uint32_t group = list->groups[i];
		const struct group_state *state = &list->states[group];
		struct cgw_number frozen =
			cgw_snapshot_number(cgw_frame_now(frame), CGW_M_CGROUP_FROZEN, group);
		bool has_kept =
			next_kept != CGW_NO_GROUP && next_kept <= group + topology->below[group];

		if (group != 0 && state->busy_until_ns <= now_ns && !has_kept &&
		    !(state->flags & (GROUP_MARKED | GROUP_PINNED)) &&
		    !(frozen.state == CGW_OK && frozen.value != 0))
			continue;
		/* The ancestors of a pinned group are not above it. */
		if (!(state->flags & GROUP_PINNED))
			next_kept = group;
		list->groups[--kept] = group;
	}
	memmove(list->groups, list->groups + kept, (count - kept) * sizeof(*list->groups));
	list->idle = kept;
	return count - kept;
}

/* Whether the group is below a folded one; call it for the parent before. */
static bool is_hidden(struct list *list, const struct cgw_topology *topology, uint32_t group)
{
	struct group_state *state = &list->states[group];
	uint32_t parent = topology->parent[group];
	bool hidden = parent != CGW_NO_GROUP && !(state->flags & GROUP_PINNED) &&
		      list->states[parent].flags & (GROUP_FOLDED | GROUP_HIDDEN);

	state->flags &= (uint8_t)~GROUP_HIDDEN;
	state->flags |= hidden ? GROUP_HIDDEN : 0;
	return hidden;
}

static uint32_t pick(struct list *list, const struct cgw_frame *frame, bool tree)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	uint32_t count = 0;

	list->matched = 0;
	if (tree && list->filter.kind != FILTER_NONE) {
		pick_filtered_tree(list, frame, &count);
		return count;
	}
	for (uint32_t i = 0; i < list->count; i++) {
		list->states[i].flags &= (uint8_t)~GROUP_CONTEXT;
		if (tree && is_hidden(list, topology, i))
			continue;
		if (list_matches(list, frame, i))
			list->groups[count++] = i;
	}
	list->matched = count;
	return count;
}

/* Inserts removed groups on their former rows, so that the other rows do not move. */
static void insert_gone(struct list *list, uint64_t now_ns)
{
	for (size_t i = 0; i < list->gone_count; i++) {
		uint32_t row = list->gone[i].row;

		if (list->gone[i].until_ns <= now_ns)
			continue;
		if (row > list->row_count)
			row = list->row_count;
		memmove(&list->rows[row + 1], &list->rows[row],
			(list->row_count - row) * sizeof(*list->rows));
		list->rows[row] = (struct list_row){.group = CGW_NO_GROUP, .gone = (uint32_t)i};
		list->row_count++;
	}
}

/*
 * Sets parents, depths and last siblings. Rows are in tree order, so the parent of a row is the
 * previous row or one of its ancestors.
 */
static void shape_tree(struct list *list, const struct cgw_topology *topology)
{
	uint32_t above = NO_ROW;

	for (uint32_t i = 0; i < list->row_count; i++) {
		struct list_row *row = &list->rows[i];
		uint32_t parent = above;

		if (row->group == CGW_NO_GROUP) {
			row->depth = above != NO_ROW ? list->rows[above].depth : 0;
			row->parent_row = above != NO_ROW ? list->rows[above].parent_row : NO_ROW;
			continue;
		}
		if (list->states[row->group].flags & GROUP_PINNED)
			parent = NO_ROW;
		while (parent != NO_ROW &&
		       !(row->group > list->rows[parent].group &&
			 row->group <= list->rows[parent].group +
					       topology->below[list->rows[parent].group]))
			parent = list->rows[parent].parent_row;
		row->parent_row = parent;
		row->depth = parent == NO_ROW ? 0 : (uint16_t)(list->rows[parent].depth + 1);
		above = i;
	}
	/* In reverse, the first child seen is the last one; `gone` of the parent marks that. */
	for (uint32_t i = list->row_count; i-- > 0;) {
		struct list_row *row = &list->rows[i];

		if (row->group == CGW_NO_GROUP || row->parent_row == NO_ROW)
			continue;
		row->last = list->rows[row->parent_row].gone == 0;
		list->rows[row->parent_row].gone = 1;
	}
}

static void find_selected(struct list *list)
{
	if (list->selected_group != CGW_NO_GROUP)
		for (uint32_t i = 0; i < list->row_count; i++)
			if (list->rows[i].group == list->selected_group) {
				list->selected = i;
				return;
			}
	/* It was removed or filtered out: select the group now on its row. */
	list_select(list, list->selected);
}

/* Selects the topmost folded ancestor, which hides the selected group. */
static void select_visible(struct list *list, const struct cgw_topology *topology)
{
	uint32_t at = list->selected_group, top = at;

	if (at >= list->count)
		return;
	for (; at != CGW_NO_GROUP; at = topology->parent[at]) {
		if (at != list->selected_group && list->states[at].flags & GROUP_FOLDED)
			top = at;
		if (list->states[at].flags & GROUP_PINNED)
			break;
	}
	list->selected_group = top;
}

/* Writes the pinned groups that exist; returns their number. */
static size_t find_pinned(struct list *list, const struct cgw_topology *topology,
			  uint32_t groups[static PINS_MAX])
{
	size_t count = 0;

	for (uint32_t i = 0; i < list->count; i++)
		list->states[i].flags &= (uint8_t)~GROUP_PINNED;
	for (size_t i = 0; list->pins != NULL && i < list->pins->count; i++) {
		char path[PIN_BYTES];
		uint32_t group;

		memcpy(path, list->pins->paths[i], sizeof(path));
		cgw_unescape(path);
		group = cgw_topology_find(topology, path);
		/* Two pins that differ in slashes are one group. */
		if (group >= list->count || list->states[group].flags & GROUP_PINNED)
			continue;
		list->states[group].flags |= GROUP_PINNED;
		groups[count++] = group;
	}
	return count;
}

/* The row of the pinned group itself, or in the tree of a group below it, but not below another. */
static bool is_with(const struct list *list, const struct cgw_topology *topology, uint32_t group,
		    uint32_t pinned, bool tree)
{
	if (!tree || group < pinned || group > pinned + topology->below[pinned])
		return group == pinned;
	while (!(list->states[group].flags & GROUP_PINNED))
		group = topology->parent[group];
	return group == pinned;
}

/* Writes the rows: first those of the pinned groups, in the order of these. */
static void write_rows(struct list *list, const struct cgw_topology *topology, uint32_t count,
		       const uint32_t *pinned, size_t pinned_count, bool tree)
{
	list->row_count = 0;
	for (size_t pin = 0; pin < pinned_count; pin++)
		for (uint32_t i = 0; i < count; i++) {
			if (list->groups[i] == CGW_NO_GROUP ||
			    !is_with(list, topology, list->groups[i], pinned[pin], tree))
				continue;
			list->rows[list->row_count++] =
				(struct list_row){.group = list->groups[i], .parent_row = NO_ROW};
			list->groups[i] = CGW_NO_GROUP;
		}
	for (uint32_t i = 0; i < count; i++)
		if (list->groups[i] != CGW_NO_GROUP)
			list->rows[list->row_count++] =
				(struct list_row){.group = list->groups[i], .parent_row = NO_ROW};
}

int list_arrange(struct list *list, const struct cgw_frame *frame, const struct list_order *order,
		 uint64_t now_ns)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	unsigned flags = (order->upwards ? CGW_ORDER_ASCENDING | CGW_ORDER_TEXT_DESCENDING : 0U) |
			 (order->tree ? CGW_ORDER_TREE : 0U);
	uint32_t pinned[PINS_MAX], count;
	size_t pinned_count = find_pinned(list, topology, pinned);
	int r;

	count = pick(list, frame, order->tree);
	list->idle = 0;
	if (order->hide_idle)
		count = drop_idle(list, frame, now_ns, count);
	r = cgw_order(frame, order->field, flags, list->groups, count, &list->scratch);
	if (r == 0)
		r = cgw_order(frame, order->field, flags & ~(unsigned)CGW_ORDER_TREE, pinned,
			      pinned_count, &list->scratch);
	if (r == 0)
		r = ARRAY_RESERVE(list->rows, list->row_capacity, count + LIST_GONE_MAX);
	if (r < 0)
		return r;
	write_rows(list, topology, count, pinned, pinned_count, order->tree);
	insert_gone(list, now_ns);
	if (order->tree) {
		shape_tree(list, topology);
		if (list->filter.kind == FILTER_NONE)
			select_visible(list, topology);
	}
	find_selected(list);
	return 0;
}

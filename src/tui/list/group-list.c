/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-list.c - state of the groups across samples; selecting, folding, marking, searching. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "tui/list/group-list.h"

void list_done(struct list *list)
{
	list_filter(list, "", NULL);
	for (size_t i = 0; i < list->gone_count; i++)
		free(list->gone[i].path);
	free(list->states);
	free(list->groups);
	free(list->rows);
	cgw_order_scratch_done(&list->scratch);
	*list = (struct list){0};
}

static void add_gone(struct list *list, const struct cgw_topology *before, uint32_t group,
		     uint32_t row, uint64_t now_ns)
{
	char *path =
		list->gone_count < LIST_GONE_MAX ? cgw_topology_path_copy(before, group) : NULL;

	if (path != NULL)
		list->gone[list->gone_count++] =
			(struct list_gone){path, row, now_ns + LIST_GONE_NS};
}

/* Remembers the rows of groups that were removed, and drops those that expired. */
static void update_gone(struct list *list, const struct cgw_frame *frame, uint64_t now_ns)
{
	const struct cgw_snapshot *before = cgw_frame_before(frame);
	size_t left = 0, count;
	const uint32_t *gone = cgw_frame_removed_groups(frame, &count);
	bool *is_gone;

	for (size_t i = 0; i < list->gone_count; i++) {
		if (list->gone[i].until_ns > now_ns)
			list->gone[left++] = list->gone[i];
		else
			free(list->gone[i].path);
	}
	list->gone_count = left;
	if (count == 0 || before == NULL)
		return;
	is_gone = calloc(list->count, sizeof(*is_gone));
	if (is_gone == NULL)
		return; /* without memory, their rows disappear at once */
	for (size_t i = 0; i < count; i++)
		if (gone[i] < list->count)
			is_gone[gone[i]] = true;
	for (uint32_t row = 0; row < list->row_count; row++) {
		uint32_t group = list->rows[row].group;

		if (group != CGW_NO_GROUP && group < list->count && is_gone[group])
			add_gone(list, cgw_snapshot_topology(before), group, row, now_ns);
	}
	free(is_gone);
}

/* A group that is new, or whose CPU use is not known, is not called idle. */
static bool is_busy(const struct cgw_frame *frame, struct cgw_field cpu, uint32_t group)
{
	struct cgw_value use = cgw_frame_value(frame, cpu, group);

	return use.state != CGW_OK || use.real > 0;
}

int list_update(struct list *list, const struct cgw_frame *frame, uint64_t now_ns)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	struct group_state *states = calloc(topology->count, sizeof(*states));
	uint32_t selected = CGW_NO_GROUP;
	struct cgw_field cpu;

	if (states == NULL || ARRAY_RESERVE(list->groups, list->capacity, topology->count) < 0) {
		free(states);
		return -ENOMEM;
	}
	update_gone(list, frame, now_ns);
	if (list->filter.averages != NULL)
		(void)cgw_averages_update(list->filter.averages, frame);
	list->marked = 0;
	(void)cgw_field_parse("cpu", &cpu, NULL);
	for (uint32_t i = 0; i < topology->count; i++) {
		uint32_t old = cgw_frame_previous(frame, i);
		unsigned flags = cgw_frame_flags(frame, i);
		struct group_state state = {0};

		if (old < list->count && !(flags & CGW_ROW_RECREATED))
			state = list->states[old];
		if (flags & (CGW_ROW_NEW | CGW_ROW_RECREATED))
			state.new_until_ns = now_ns + LIST_NEW_NS;
		else if (state.new_until_ns <= now_ns)
			state.new_until_ns = 0;
		if (is_busy(frame, cpu, i))
			state.busy_until_ns = now_ns + LIST_BUSY_NS;
		if (old != CGW_NO_GROUP && old == list->selected_group)
			selected = i;
		list->marked += (state.flags & GROUP_MARKED) != 0;
		states[i] = state;
	}
	free(list->states);
	list->states = states;
	/* The first sample selects the root. */
	list->selected_group = list->count == 0 ? 0 : selected;
	list->count = topology->count;
	return 0;
}

void list_forget(struct list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		list->states[i].new_until_ns = 0;
	for (size_t i = 0; i < list->gone_count; i++)
		free(list->gone[i].path);
	list->gone_count = 0;
	if (list->filter.averages != NULL)
		cgw_averages_reset(list->filter.averages);
}

void list_select(struct list *list, uint32_t row)
{
	if (list->row_count == 0)
		return;
	list->selected = row < list->row_count ? row : list->row_count - 1;
	list->selected_group = list->rows[list->selected].group;
}

void list_move(struct list *list, int64_t by)
{
	int64_t row = (int64_t)list->selected + by;

	list_select(list, row < 0 ? 0 : row >= UINT32_MAX ? UINT32_MAX - 1 : (uint32_t)row);
}

void list_show(struct list *list, uint32_t page)
{
	list->page = page;
	if (page == 0)
		return;
	if (list->selected < list->first)
		list->first = list->selected;
	if (list->selected - list->first >= page)
		list->first = list->selected - page + 1;
	/* Leave no empty rows at the end if there are rows above. */
	if (list->first + page > list->row_count)
		list->first = list->row_count > page ? list->row_count - page : 0;
}

void list_go(struct list *list, const struct cgw_frame *frame, uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));

	if (group >= list->count)
		return;
	for (uint32_t at = group;
	     topology->parent[at] != CGW_NO_GROUP && !(list->states[at].flags & GROUP_PINNED);) {
		at = topology->parent[at];
		list->states[at].flags &= (uint8_t)~GROUP_FOLDED;
	}
	list->selected_group = group;
}

bool list_fold(struct list *list, const struct cgw_frame *frame, uint32_t group, bool fold)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	uint8_t *flags;

	if (group >= list->count || topology->below[group] == 0)
		return false;
	flags = &list->states[group].flags;
	if (((*flags & GROUP_FOLDED) != 0) == fold)
		return false;
	*flags ^= GROUP_FOLDED;
	return true;
}

void list_fold_all(struct list *list, const struct cgw_frame *frame)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	uint32_t top = list->selected_group;
	bool folded = false;

	for (uint32_t i = 1; i < list->count; i++)
		folded = folded || (list->states[i].flags & GROUP_FOLDED);
	for (uint32_t i = 1; i < list->count; i++) {
		list->states[i].flags &= (uint8_t)~GROUP_FOLDED;
		if (!folded && topology->below[i] > 0)
			list->states[i].flags |= GROUP_FOLDED;
	}
	/* The selected group may be hidden now: select its visible ancestor. */
	while (!folded && top < list->count && topology->depth[top] > 1 &&
	       !(list->states[top].flags & GROUP_PINNED))
		top = topology->parent[top];
	list->selected_group = top;
}

void list_mark(struct list *list, uint32_t group, bool marked)
{
	uint8_t *flags;

	if (group >= list->count)
		return;
	flags = &list->states[group].flags;
	if (((*flags & GROUP_MARKED) != 0) == marked)
		return;
	*flags ^= GROUP_MARKED;
	list->marked += marked ? 1 : UINT32_MAX;
}

void list_unmark_all(struct list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		list->states[i].flags &= (uint8_t)~GROUP_MARKED;
	list->marked = 0;
}

static bool path_contains(const struct list *list, const struct cgw_topology *topology,
			  uint32_t group, const char *text)
{
	CLEANUP(cleanup_free) char *path = NULL;

	if (group == CGW_NO_GROUP)
		return false;
	if (list_name_contains(list, topology, group, text))
		return true;
	/* Text without a slash is searched in names: "web" must not match all of /web/... */
	if (strchr(text, '/') == NULL)
		return find_part(group == 0 ? "/" : topology->name[group], text) != NULL;
	path = cgw_topology_path_copy(topology, group);
	return path != NULL && find_part(path, text) != NULL;
}

/* Searches the groups without a row: those in folded parents that match the filter. */
static uint32_t search_hidden(const struct list *list, const struct cgw_frame *frame,
			      const char *text)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));

	for (uint32_t i = 0; i < list->count; i++)
		if (path_contains(list, topology, i, text) && list_matches(list, frame, i))
			return i;
	return CGW_NO_GROUP;
}

uint32_t list_search(const struct list *list, const struct cgw_frame *frame, const char *text,
		     bool backward, bool from_here)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	uint32_t row = list->selected;

	if (text[0] == '\0' || list->row_count == 0)
		return CGW_NO_GROUP;
	if (from_here && path_contains(list, topology, list->rows[row].group, text))
		return list->rows[row].group;
	for (uint32_t i = 0; i < list->row_count; i++) {
		row = (row + (backward ? list->row_count - 1 : 1)) % list->row_count;
		if (path_contains(list, topology, list->rows[row].group, text))
			return list->rows[row].group;
	}
	return search_hidden(list, frame, text);
}

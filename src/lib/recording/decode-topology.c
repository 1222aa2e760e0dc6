/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode-topology.c - decoding of the groups of a sample from those of the previous one. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/recording/sample-code.h"

/* More than any kernel has; prevents a damaged file from allocating all memory. */
#define GROUP_COUNT_MAX 4000000

/* A group of the new list; texts point into the payload. */
struct entry {
	uint32_t old; /* CGW_NO_GROUP: new */
	uint32_t present;
	uint16_t depth;
	size_t name_length, facts_length;
	const char *name, *facts;
	struct cursor ids;
};

struct entry_list {
	struct entry *items;
	size_t count, size;
};

static struct entry *add_entry(struct entry_list *list)
{
	if (ARRAY_RESERVE(list->items, list->size, list->count + 1) < 0)
		return NULL;
	return &list->items[list->count++];
}

/* The root has no name. */
static bool is_name(const char *name, size_t length)
{
	return length <= NAME_MAX && memchr(name, '\0', length) == NULL &&
	       memchr(name, '/', length) == NULL && !(length == 1 && name[0] == '.') &&
	       !(length == 2 && name[0] == '.' && name[1] == '.');
}

static int decode_new_group(struct cursor *in, uint32_t hierarchy_count, struct entry *entry)
{
	uint64_t depth = cursor_number(in), present;

	*entry = (struct entry){.old = CGW_NO_GROUP};
	entry->name = cursor_text(in, &entry->name_length);
	present = cursor_number(in);
	entry->ids = *in;
	if (depth > UINT16_MAX || present >> hierarchy_count != 0)
		return -EBADMSG;
	for (uint32_t h = 0; h < hierarchy_count; h++)
		if (present & UINT64_C(1) << h)
			cursor_number(in);
	entry->depth = (uint16_t)depth;
	entry->present = (uint32_t)present;
	entry->facts = cursor_text(in, &entry->facts_length);
	return in->failed || !is_name(entry->name, entry->name_length) ? -EBADMSG : 0;
}

static int copy_group(const struct topology *old, uint32_t group, const struct fact_list *facts,
		      struct entry *entry)
{
	const struct cgw_topology *view = &old->view;

	*entry = (struct entry){
		.old = group,
		.present = view->present[group],
		.depth = view->depth[group],
		.name = view->name[group],
		.name_length = strlen(view->name[group]),
		.facts = "",
	};
	if (group < facts->count) {
		entry->facts = facts->text + facts->at[group];
		entry->facts_length = facts->at[group + 1] - facts->at[group];
	}
	return 0;
}

static int decode_operations(struct cursor *in, const struct topology_limits *limits,
			     const struct topology *old, uint32_t hierarchy_count,
			     const struct fact_list *facts, struct entry_list *list)
{
	uint32_t group_max = limits->groups > 0 ? limits->groups : GROUP_COUNT_MAX;
	uint32_t old_count = old != NULL ? old->view.count : 0, at = 0;
	int r = 0;

	for (;;) {
		uint64_t step = cursor_number(in), count = step >> 2;
		unsigned op = step & 3;

		if (in->failed)
			return -EBADMSG;
		if (op == TOPOLOGY_END)
			return 0;
		if (count > (op == TOPOLOGY_INSERT ? cursor_left(in) : old_count - at))
			return -EBADMSG;
		if (op != TOPOLOGY_DROP && list->count + count > group_max)
			return -E2BIG;
		if (op == TOPOLOGY_DROP) {
			at += (uint32_t)count;
			continue;
		}
		for (uint64_t i = 0; i < count && r == 0; i++) {
			struct entry *entry = add_entry(list);

			if (entry == NULL)
				return -ENOMEM;
			r = op == TOPOLOGY_KEEP ? copy_group(old, at++, facts, entry)
						: decode_new_group(in, hierarchy_count, entry);
			if (r == 0 && limits->depth > 0 && entry->depth > limits->depth)
				r = -E2BIG;
		}
		if (r < 0)
			return r;
	}
}

/*
 * Finds the parent of a group from the depths, and verifies the order that readers rely on:
 * pre-order, siblings in byte order.
 */
static int place_group(const struct topology_arrays *to, uint32_t group)
{
	uint32_t sibling = group - 1;

	if (group == 0) {
		to->parent[0] = CGW_NO_GROUP;
		return to->depth[0] == 0 && to->name[0][0] == '\0' ? 0 : -EBADMSG;
	}
	if (to->depth[group] == 0 || to->depth[group] > to->depth[group - 1] + 1 ||
	    to->name[group][0] == '\0')
		return -EBADMSG;
	if (to->depth[group] == to->depth[group - 1] + 1) {
		to->parent[group] = group - 1;
		return 0;
	}
	while (to->depth[sibling] > to->depth[group])
		sibling = to->parent[sibling];
	to->parent[group] = to->parent[sibling];
	return strcmp(to->name[sibling], to->name[group]) < 0 ? 0 : -EBADMSG;
}

static void fill_ids(const struct topology_arrays *to, uint32_t group, struct entry *entry,
		     const struct topology *old, uint32_t hierarchy_count, uint64_t *last_id)
{
	for (uint32_t h = 0; h < hierarchy_count; h++) {
		if (!(entry->present & UINT32_C(1) << h))
			continue;
		if (entry->old != CGW_NO_GROUP) {
			to->id[h][group] = old->view.id[h][entry->old];
			continue;
		}
		last_id[h] += unzigzag(cursor_number(&entry->ids));
		to->id[h][group] = last_id[h];
	}
}

static int build(const struct entry_list *list, const struct topology *old,
		 uint32_t hierarchy_count, struct topology **ret_topology)
{
	uint64_t last_id[CGW_HIERARCHY_MAX] = {0};
	struct topology *topology;
	struct topology_arrays to;
	size_t names_size = 0;
	int r;

	for (size_t i = 0; i < list->count; i++)
		names_size += list->items[i].name_length + 1;
	r = topology_new((uint32_t)list->count, hierarchy_count, names_size, &topology, &to);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < list->count && r == 0; i++) {
		struct entry *entry = &list->items[i];

		memcpy(to.names, entry->name, entry->name_length);
		to.names[entry->name_length] = '\0';
		to.name[i] = to.names;
		to.names += entry->name_length + 1;
		to.depth[i] = entry->depth;
		to.present[i] = entry->present;
		fill_ids(&to, i, entry, old, hierarchy_count, last_id);
		r = place_group(&to, i);
	}
	for (uint32_t i = (uint32_t)list->count; r == 0 && i-- > 1;)
		to.below[to.parent[i]] += to.below[i] + 1;
	if (r < 0)
		topology_unref(topology);
	else
		*ret_topology = topology;
	return r;
}

/* Copies the notes of all groups of the new list, since the old list is replaced. */
static int build_facts(const struct entry_list *list, struct fact_list *facts)
{
	uint32_t *at = reallocarray(NULL, list->count + 1, sizeof(*at));
	uint64_t size = 0;
	char *text;

	for (size_t i = 0; i < list->count; i++)
		size += list->items[i].facts_length;
	text = size < UINT32_MAX ? malloc((size_t)size + 1) : NULL;
	if (at == NULL || text == NULL) {
		free(at);
		free(text);
		return -ENOMEM;
	}
	at[0] = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct entry *entry = &list->items[i];

		memcpy(text + at[i], entry->facts, entry->facts_length);
		at[i + 1] = at[i] + (uint32_t)entry->facts_length;
	}
	free(facts->at);
	free(facts->text);
	*facts = (struct fact_list){at, text, (uint32_t)list->count};
	return 0;
}

static int map_same(uint32_t count, uint32_t **ret_previous)
{
	uint32_t *previous = reallocarray(NULL, count, sizeof(*previous));

	if (previous == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		previous[i] = i;
	*ret_previous = previous;
	return 0;
}

static void cleanup_entries(struct entry_list *list)
{
	free(list->items);
}

int topology_decode(struct cursor *in, const struct topology_limits *limits, struct topology *old,
		    uint32_t hierarchy_count, struct fact_list *facts,
		    struct topology **ret_topology, uint32_t **ret_previous)
{
	CLEANUP(cleanup_entries) struct entry_list list = {0};
	CLEANUP(cleanup_free) uint32_t *previous = NULL;
	int r = decode_operations(in, limits, old, hierarchy_count, facts, &list);

	if (r < 0)
		return r;
	if (list.count == 0) { /* no operations: nothing changed */
		if (old == NULL)
			return -EBADMSG;
		r = map_same(old->view.count, ret_previous);
		if (r == 0)
			*ret_topology = topology_ref(old);
		return r;
	}
	r = map_same((uint32_t)list.count, &previous);
	if (r == 0)
		r = build(&list, old, hierarchy_count, ret_topology);
	if (r < 0)
		return r;
	r = build_facts(&list, facts);
	if (r < 0) {
		topology_unref(*ret_topology);
		return r;
	}
	for (size_t i = 0; i < list.count; i++)
		previous[i] = list.items[i].old;
	*ret_previous = steal_pointer(&previous);
	return 0;
}

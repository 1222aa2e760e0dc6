/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-takers.c - what ran on the CPUs that the tasks of each group waited for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/string-builder.h"
#include "lib/sample/trace-takers.h"

struct taker_id {
	uint64_t id;
	const struct tree_group *group;
};

static int compare_ids(const void *a, const void *b)
{
	const struct taker_id *first = a, *second = b;

	return (first->id > second->id) - (first->id < second->id);
}

static int list_ids(struct takers *takers, const struct group_tree *tree, uint32_t hierarchy)
{
	takers->id_count = 0;
	if (ARRAY_RESERVE(takers->ids, takers->id_size, tree->count) < 0)
		return -ENOMEM;
	for (const struct tree_group *group = tree->root; group != NULL;
	     group = group_tree_next(group))
		if (group->present >> hierarchy & 1 && takers->id_count < takers->id_size)
			takers->ids[takers->id_count++] =
				(struct taker_id){group->id[hierarchy], group};
	qsort(takers->ids, takers->id_count, sizeof(*takers->ids), compare_ids);
	return 0;
}

static const struct tree_group *find_id(const struct takers *takers, uint64_t id)
{
	const struct taker_id key = {id, NULL};
	const struct taker_id *found = NULL;

	if (takers->id_count > 0)
		found = bsearch(&key, takers->ids, takers->id_count, sizeof(key), compare_ids);
	return found != NULL ? found->group : NULL;
}

/* Where a group is: itself, or its nearest ancestor in the tree and the child that leads to it. */
struct place {
	const struct tree_group *group; /* NULL: unknown */
	uint64_t below;                 /* 0: the group itself */
};

static struct place find_place(const struct takers *takers, const struct taker_lookup *lookup,
			       uint64_t id)
{
	struct place place = {find_id(takers, id), 0};

	while (place.group == NULL && id != 0) {
		place.below = id;
		id = lookup->parent_id(lookup->context, id);
		place.group = find_id(takers, id);
	}
	return place;
}

/*
 * The group that competes with `waiting` or one of its ancestors: the child of their common
 * ancestor, which is that ancestor itself for tasks that are in no child. No group if `running` is
 * `waiting` or a descendant.
 */
static struct place find_rival(const struct tree_group *waiting, struct place running)
{
	struct place rival = running;
	const struct tree_group *above = running.group;

	while (above->depth > waiting->depth) {
		rival = (struct place){above, 0};
		above = above->parent;
	}
	if (above == waiting)
		return (struct place){NULL, 0};
	while (waiting->depth > above->depth)
		waiting = waiting->parent;
	while (above != waiting) {
		rival = (struct place){above, 0};
		above = above->parent;
		waiting = waiting->parent;
	}
	return rival;
}

static int compare(const void *a, const void *b)
{
	const struct taker *first = a, *second = b;

	if (first->waiting != second->waiting)
		return first->waiting < second->waiting ? -1 : 1;
	if (first->kind != second->kind)
		return first->kind < second->kind ? -1 : 1;
	if (first->running != second->running)
		return first->running < second->running ? -1 : 1;
	return (first->below > second->below) - (first->below < second->below);
}

static void merge(struct takers *takers)
{
	size_t kept = 0;

	if (takers->count > 0)
		qsort(takers->items, takers->count, sizeof(*takers->items), compare);
	for (size_t i = 0; i < takers->count; i++)
		if (kept > 0 && compare(&takers->items[kept - 1], &takers->items[i]) == 0)
			takers->items[kept - 1].ns += takers->items[i].ns;
		else
			takers->items[kept++] = takers->items[i];
	takers->count = kept;
}

static int add_pair(struct takers *takers, const struct taker_lookup *lookup,
		    const struct trace_taker *pair)
{
	const struct tree_group *group = find_place(takers, lookup, pair->pair.waiting).group;
	bool is_idle = pair->pair.running == TRACE_IDLE;
	struct place running = {NULL, 0};

	if (!is_idle && group != NULL)
		running = find_place(takers, lookup, pair->pair.running & ~TRACE_REALTIME);
	if (running.group == NULL && !is_idle)
		return 0;
	for (; group != NULL; group = group->parent) {
		struct taker taker = {.waiting = group, .kind = TAKER_IDLE, .ns = pair->ns};

		if (ARRAY_RESERVE(takers->items, takers->size, takers->count + 1) < 0)
			return -ENOMEM;
		if (!is_idle) {
			struct place rival = find_rival(group, running);

			taker.running = rival.group;
			taker.below = rival.below;
			taker.kind = rival.group == NULL                   ? TAKER_OWN
				     : pair->pair.running & TRACE_REALTIME ? TAKER_REALTIME
									   : TAKER_GROUP;
		}
		takers->items[takers->count++] = taker;
	}
	return 0;
}

int takers_set(struct takers *takers, const struct group_tree *tree, uint32_t hierarchy,
	       const struct taker_lookup *lookup, const struct trace_taker *pairs,
	       size_t pair_count)
{
	int r = list_ids(takers, tree, hierarchy);

	takers->count = 0;
	for (size_t i = 0; i < pair_count && r == 0; i++)
		r = add_pair(takers, lookup, &pairs[i]);
	merge(takers);
	return r;
}

void takers_done(struct takers *takers)
{
	free(takers->items);
	free(takers->ids);
	*takers = (struct takers){0};
}

/* The path of the taker, allocated. */
static int find_path(const struct taker *taker, const struct taker_lookup *lookup, char **ret_path)
{
	CLEANUP(cleanup_free) char *path = group_tree_path(taker->running);

	if (path == NULL)
		return -ENOMEM;
	if (taker->below != 0)
		return lookup->child_path(lookup->context, path, taker->below, ret_path);
	*ret_path = steal_pointer(&path);
	return 0;
}

/* -ENOENT: its name is not known, because it was removed. */
static int add_instance(const struct taker *taker, const struct taker_lookup *lookup, uint32_t slot,
			const struct decode_sink *sink)
{
	static const char *const names[] = {[TAKER_OWN] = "own", [TAKER_IDLE] = "idle"};
	const struct cgw_number number = {taker->ns, CGW_OK};
	CLEANUP(string_builder_free) struct string_builder name = {0};
	CLEANUP(cleanup_free) char *path = NULL;
	int r;

	if (taker->running == NULL)
		return sink->instance(sink->context, slot, names[taker->kind],
				      strlen(names[taker->kind]), number);
	r = find_path(taker, lookup, &path);
	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	string_builder_add(&name, taker->kind == TAKER_REALTIME ? "realtime:" : "");
	string_builder_add(&name, path);
	return name.error < 0 ? name.error
			      : sink->instance(sink->context, slot, name.text, name.length, number);
}

int takers_add_instances(const struct takers *takers, const struct taker_lookup *lookup,
			 const struct tree_group *group, uint64_t total_ns, uint32_t slot,
			 const struct decode_sink *sink)
{
	size_t first;
	int r = 0;

	ARRAY_SEARCH(first, takers->count, takers->items[first].waiting < group);
	for (; first < takers->count && takers->items[first].waiting == group && r == 0; first++) {
		const struct taker *taker = &takers->items[first];

		r = add_instance(taker, lookup, slot, sink);
		if (r == -ENOENT)
			r = 0;
		else
			total_ns -= taker->ns < total_ns ? taker->ns : total_ns;
	}
	if (r == 0 && total_ns > 0)
		r = sink->instance(sink->context, slot, "unknown", strlen("unknown"),
				   (struct cgw_number){total_ns, CGW_OK});
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode-topology.c - decoding of the groups of a sample from those of the previous one. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "lib/recording/sample-code.h"

/* More than any kernel has; prevents a damaged file from allocating all memory. */
#define GROUP_COUNT_MAX 4000000

/* What the operations make of the old groups. */
struct totals {
	size_t groups, name_bytes, fact_bytes;
};

/* A new group; its texts point into the payload. */
struct new_group {
	uint32_t present;
	uint16_t depth;
	size_t name_length, facts_length;
	const char *name, *facts;
	struct cursor ids;
};

/* The groups before, and what is known of them. */
struct old_groups {
	const struct cgw_topology *view; /* NULL: none */
	uint32_t count;
	const struct fact_list *facts;
};

/* The root has no name. */
static bool is_name(const char *name, size_t length)
{
	return length <= NAME_MAX && memchr(name, '\0', length) == NULL &&
	       memchr(name, '/', length) == NULL && !(length == 1 && name[0] == '.') &&
	       !(length == 2 && name[0] == '.' && name[1] == '.');
}

static int decode_new_group(struct cursor *in, uint32_t hierarchy_count, struct new_group *group)
{
	uint64_t depth = cursor_number(in), present;

	*group = (struct new_group){0};
	group->name = cursor_text(in, &group->name_length);
	present = cursor_number(in);
	group->ids = *in;
	if (depth > UINT16_MAX || present >> hierarchy_count != 0)
		return -EBADMSG;
	for (uint32_t h = 0; h < hierarchy_count; h++)
		if (present & UINT64_C(1) << h)
			cursor_number(in);
	group->depth = (uint16_t)depth;
	group->present = (uint32_t)present;
	group->facts = cursor_text(in, &group->facts_length);
	return in->failed || !is_name(group->name, group->name_length) ? -EBADMSG : 0;
}

/* The names of decoded groups follow each other, with their terminators. */
static size_t names_size(const struct cgw_topology *view, uint32_t at, size_t count)
{
	const char *last;

	assert(view != NULL); /* count_groups(): a list has no more groups than the one before it */
	last = view->name[at + count - 1];
	return (size_t)(last - view->name[at]) + strlen(last) + 1;
}

static const char *facts_of(const struct old_groups *old, uint32_t at, size_t count,
			    size_t *ret_size)
{
	const struct fact_list *facts = old->facts;
	bool known = at + count <= facts->count;

	*ret_size = known ? facts->at[at + count] - facts->at[at] : 0;
	return known ? facts->text + facts->at[at] : "";
}

static int count_kept(const struct old_groups *old, uint32_t at, size_t count,
		      const struct topology_limits *limits, struct totals *totals)
{
	size_t fact_bytes;

	for (size_t i = 0; limits->depth > 0 && i < count; i++)
		if (old->view->depth[at + i] > limits->depth)
			return -E2BIG;
	(void)facts_of(old, at, count, &fact_bytes);
	totals->name_bytes += names_size(old->view, at, count);
	totals->fact_bytes += fact_bytes;
	return 0;
}

static int count_new(struct cursor *in, size_t count, uint32_t hierarchy_count,
		     const struct topology_limits *limits, struct totals *totals)
{
	for (size_t i = 0; i < count; i++) {
		struct new_group group;
		int r = decode_new_group(in, hierarchy_count, &group);

		if (r < 0)
			return r;
		if (limits->depth > 0 && group.depth > limits->depth)
			return -E2BIG;
		totals->name_bytes += group.name_length + 1;
		totals->fact_bytes += group.facts_length;
	}
	return 0;
}

/* Verifies the operations, and adds up what the new list has. */
static int count_groups(struct cursor *in, const struct topology_limits *limits,
			const struct old_groups *old, uint32_t hierarchy_count,
			struct totals *totals)
{
	uint32_t group_max = limits->groups > 0 ? limits->groups : GROUP_COUNT_MAX, at = 0;

	for (;;) {
		uint64_t step = cursor_number(in), count = step >> 2;
		unsigned op = step & 3;
		int r = 0;

		if (in->failed)
			return -EBADMSG;
		if (op == TOPOLOGY_END)
			return 0;
		if (count > (op == TOPOLOGY_INSERT ? cursor_left(in) : old->count - at))
			return -EBADMSG;
		if (op != TOPOLOGY_DROP && totals->groups + count > group_max)
			return -E2BIG;
		if (op == TOPOLOGY_KEEP && count > 0)
			r = count_kept(old, at, (size_t)count, limits, totals);
		else if (op == TOPOLOGY_INSERT)
			r = count_new(in, (size_t)count, hierarchy_count, limits, totals);
		if (r < 0)
			return r;
		if (op != TOPOLOGY_DROP)
			totals->groups += (size_t)count;
		if (op != TOPOLOGY_INSERT)
			at += (uint32_t)count;
	}
}

/* The list that is being built, up to `count`. */
struct target {
	struct topology_arrays to;
	uint32_t count, hierarchy_count;
	uint32_t *previous;
	struct fact_list facts;
	uint64_t last_id[CGW_HIERARCHY_MAX];
};

static bool are_old_siblings(const struct target *target, const struct cgw_topology *old,
			     uint32_t a, uint32_t b)
{
	return old != NULL && target->previous[a] != CGW_NO_GROUP &&
	       target->previous[b] != CGW_NO_GROUP &&
	       old->parent[target->previous[a]] == old->parent[target->previous[b]];
}

/*
 * Finds the parent of a group from the depths, and verifies the order that readers rely on:
 * pre-order, siblings in byte order.
 */
static int place_group(const struct target *target, const struct cgw_topology *old, uint32_t group)
{
	const struct topology_arrays *to = &target->to;
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
	return are_old_siblings(target, old, sibling, group) ||
			       strcmp(to->name[sibling], to->name[group]) < 0
		       ? 0
		       : -EBADMSG;
}

static void keep_groups(struct target *target, const struct old_groups *old, uint32_t at,
			uint32_t count)
{
	const struct cgw_topology *view = old->view;
	uint32_t first = target->count;
	struct topology_arrays *to = &target->to;
	size_t size = names_size(view, at, count), fact_bytes;
	const char *facts = facts_of(old, at, count, &fact_bytes);

	memcpy(to->names, view->name[at], size);
	memcpy(to->depth + first, view->depth + at, count * sizeof(*to->depth));
	memcpy(to->present + first, view->present + at, count * sizeof(*to->present));
	for (uint32_t h = 0; h < target->hierarchy_count; h++)
		memcpy(to->id[h] + first, view->id[h] + at, count * sizeof(*to->id[h]));
	memcpy(target->facts.text + target->facts.at[first], facts, fact_bytes);
	for (uint32_t i = 0; i < count; i++) {
		to->name[first + i] = to->names + (view->name[at + i] - view->name[at]);
		target->previous[first + i] = at + i;
		target->facts.at[first + i + 1] =
			target->facts.at[first] +
			(fact_bytes > 0 ? old->facts->at[at + i + 1] - old->facts->at[at] : 0);
	}
	to->names += size;
	target->count += count;
}

static void add_group(struct target *target, struct new_group *group)
{
	struct topology_arrays *to = &target->to;
	uint32_t i = target->count++;

	memcpy(to->names, group->name, group->name_length);
	to->names[group->name_length] = '\0';
	to->name[i] = to->names;
	to->names += group->name_length + 1;
	to->depth[i] = group->depth;
	to->present[i] = group->present;
	for (uint32_t h = 0; h < target->hierarchy_count; h++)
		if (group->present & UINT32_C(1) << h) {
			target->last_id[h] += unzigzag(cursor_number(&group->ids));
			to->id[h][i] = target->last_id[h];
		}
	target->previous[i] = CGW_NO_GROUP;
	memcpy(target->facts.text + target->facts.at[i], group->facts, group->facts_length);
	target->facts.at[i + 1] = target->facts.at[i] + (uint32_t)group->facts_length;
}

/* Applies operations that count_groups() has verified. */
static int build(struct cursor *in, const struct old_groups *old, struct target *target)
{
	uint32_t at = 0;

	for (uint64_t step; ((step = cursor_number(in)) & 3) != TOPOLOGY_END;) {
		uint32_t count = (uint32_t)(step >> 2);

		if ((step & 3) == TOPOLOGY_KEEP && count > 0)
			keep_groups(target, old, at, count);
		for (uint32_t i = 0; (step & 3) == TOPOLOGY_INSERT && i < count; i++) {
			struct new_group group;

			(void)decode_new_group(in, target->hierarchy_count, &group);
			add_group(target, &group);
		}
		if ((step & 3) != TOPOLOGY_INSERT)
			at += count;
	}
	for (uint32_t i = 0; i < target->count; i++) {
		int r = place_group(target, old->view, i);

		if (r < 0)
			return r;
	}
	for (uint32_t i = target->count; i-- > 1;)
		target->to.below[target->to.parent[i]] += target->to.below[i] + 1;
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

/* Allocates the new list, and fills it. */
static int build_groups(struct cursor *in, const struct old_groups *old,
			const struct totals *totals, struct target *target,
			struct topology **ret_topology)
{
	struct topology *topology = NULL;
	int r = -ENOMEM;

	target->previous = reallocarray(NULL, totals->groups, sizeof(*target->previous));
	target->facts.at = reallocarray(NULL, totals->groups + 1, sizeof(*target->facts.at));
	if (totals->fact_bytes < UINT32_MAX)
		target->facts.text = malloc(totals->fact_bytes + 1);
	if (target->previous != NULL && target->facts.at != NULL && target->facts.text != NULL)
		r = topology_new((uint32_t)totals->groups, target->hierarchy_count,
				 totals->name_bytes, &topology, &target->to);
	if (r == 0) {
		target->facts.at[0] = 0;
		r = build(in, old, target);
	}
	if (r < 0) {
		topology_unref(topology);
		free(target->previous);
		free(target->facts.at);
		free(target->facts.text);
		return r;
	}
	target->facts.count = target->count;
	*ret_topology = topology;
	return 0;
}

int topology_decode(struct cursor *in, const struct topology_limits *limits, struct topology *old,
		    uint32_t hierarchy_count, struct fact_list *facts,
		    struct topology **ret_topology, uint32_t **ret_previous)
{
	const struct old_groups before = {
		.view = old != NULL ? &old->view : NULL,
		.count = old != NULL ? old->view.count : 0,
		.facts = facts,
	};
	struct target target = {.hierarchy_count = hierarchy_count};
	struct totals totals = {0};
	struct cursor operations = *in;
	int r = count_groups(in, limits, &before, hierarchy_count, &totals);

	if (r < 0)
		return r;
	if (totals.groups == 0) { /* no operations: nothing changed */
		if (old == NULL)
			return -EBADMSG;
		r = map_same(old->view.count, ret_previous);
		if (r == 0)
			*ret_topology = topology_ref(old);
		return r;
	}
	r = build_groups(&operations, &before, &totals, &target, ret_topology);
	if (r < 0)
		return r;
	free(facts->at);
	free(facts->text);
	*facts = target.facts;
	*ret_previous = target.previous;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-walk.c - BPF collector: passes over the hierarchies and updates of the tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/debug-message.h"
#include "lib/sample/bpf/bpf.h"

/* The tree may grow while it is walked; after so many reloads the collector gives up. */
#define GROW_ROUNDS 4

static uint32_t all_hierarchies(const struct cgw_layout *layout)
{
	return layout->hierarchy_count >= 32 ? UINT32_MAX
					     : (UINT32_C(1) << layout->hierarchy_count) - 1;
}

/* Slots are valid only for the loaded programs that filled them. */
static void forget_slots(struct bpf *bpf)
{
	for (size_t h = 0; h < CGW_HIERARCHY_MAX; h++) {
		bpf->state[h].count = 0;
		bpf->state[h].collected = (struct bpf_request){0};
	}
}

int bpf_load_programs(struct bpf *bpf, uint32_t capacity, uint32_t stat_blocks,
		      struct cgw_diag *diag)
{
	bpf->programs = bpf_programs_free(bpf->programs);
	forget_slots(bpf);
	return bpf_programs_load(bpf->layout, capacity, stat_blocks, all_hierarchies(bpf->layout),
				 &bpf->programs, &bpf->hierarchies, diag);
}

static int reserve_slots(struct bpf_hierarchy *state, uint32_t count)
{
	int r = ARRAY_RESERVE(state->groups, state->group_size, count);

	return r < 0 ? r : ARRAY_RESERVE(state->rows, state->row_size, count);
}

/* The groups above the current one; the walk is in pre-order, so its parent is among them. */
struct ancestors {
	struct {
		uint64_t id;
		struct tree_group *group;
	} * steps;
	size_t count, size;
};

static int push_ancestor(struct ancestors *ancestors, uint64_t id, struct tree_group *group)
{
	if (ARRAY_RESERVE(ancestors->steps, ancestors->size, ancestors->count + 1) < 0)
		return -ENOMEM;
	ancestors->steps[ancestors->count].id = id;
	ancestors->steps[ancestors->count++].group = group;
	return 0;
}

/* Pops down to the group of that id; NULL if it was filtered out. */
static struct tree_group *find_ancestor(struct ancestors *ancestors, uint64_t id)
{
	while (ancestors->count > 0 && ancestors->steps[ancestors->count - 1].id != id)
		ancestors->count--;
	return ancestors->count > 0 ? ancestors->steps[ancestors->count - 1].group : NULL;
}

/* Adds a group to the tree; NULL if it is filtered out. */
static int add_group(struct bpf *bpf, uint32_t hierarchy, struct tree_group *parent,
		     const char *name, uint64_t id, struct tree_group **ret_group)
{
	bool root = id == bpf->layout->hierarchies[hierarchy].root_id;
	struct tree_group *group;
	int r;

	*ret_group = NULL;
	if (parent == NULL && !root)
		return 0;
	r = group_tree_add(bpf->tree, root ? NULL : parent, root ? "" : name,
			   root ? 0 : strlen(name), hierarchy, id, &group);
	if (r < 0)
		return r == -ENAMETOOLONG ? 0 : r;
	if (!root && !discover_requires(bpf->discover, group, hierarchy)) {
		group_tree_remove(bpf->tree, group, UINT32_C(1) << hierarchy);
		return 0;
	}
	*ret_group = group;
	return 0;
}

/*
 * Finds the group of a slot. The programs report the names of groups that are new since the last
 * pass; the others are known, but an ancestor may have been renamed.
 */
static int update_slot(struct bpf *bpf, uint32_t hierarchy, uint32_t slot,
		       struct tree_group *parent, struct tree_group **ret_group)
{
	const struct bpf_group_record *record =
		&bpf_programs_groups(bpf->programs, hierarchy)[slot];
	struct tree_group *known = bpf->state[hierarchy].groups[slot];
	char name[BPF_NAME_SIZE];

	*ret_group = NULL;
	if (record->id == 0) /* the names array was full: the next pass reports it */
		return 0;
	if (record->name != 0)
		return add_group(bpf, hierarchy, parent,
				 bpf_programs_name(bpf->programs, record->name - 1), record->id,
				 ret_group);
	if (known == NULL || known->parent == parent) {
		*ret_group = known;
		return 0;
	}
	memcpy(name, known->name, (size_t)known->name_length + 1);
	return add_group(bpf, hierarchy, parent, name, record->id, ret_group);
}

/* Updates the tree with the groups of the pass. */
static int update_groups(struct bpf *bpf, uint32_t hierarchy, uint32_t count,
			 struct ancestors *ancestors)
{
	const struct bpf_group_record *records = bpf_programs_groups(bpf->programs, hierarchy);
	struct bpf_hierarchy *state = &bpf->state[hierarchy];
	int r = reserve_slots(state, count);

	bpf->topology = topology_unref(bpf->topology);
	group_tree_begin_walk(bpf->tree, UINT32_C(1) << hierarchy);
	for (uint32_t slot = state->count; slot < count && r == 0; slot++)
		state->groups[slot] = NULL;
	for (uint32_t slot = 0; slot < count && r == 0; slot++) {
		struct tree_group *parent = find_ancestor(ancestors, records[slot].parent_id);
		struct tree_group *group;

		r = update_slot(bpf, hierarchy, slot, parent, &group);
		if (r < 0)
			break;
		state->groups[slot] = group;
		if (group != NULL)
			group->seen |= UINT32_C(1) << hierarchy;
		r = push_ancestor(ancestors, records[slot].id, group);
	}
	return r;
}

static struct bpf_request current_request(const struct bpf *bpf, uint32_t hierarchy)
{
	const struct bpf_control *control = bpf_programs_control(bpf->programs);
	struct bpf_request request = {
		.parts = bpf->parts[hierarchy],
		.options = control->options,
		.stat_count = control->stat_count,
	};

	memcpy(request.stat_index, control->stat_index,
	       control->stat_count * sizeof(request.stat_index[0]));
	return request;
}

/* A group that gets such a slot again would be known to the programs, but not to this process. */
static void forget_slots_above(struct bpf *bpf, uint32_t hierarchy, uint32_t count)
{
	uint32_t before = bpf->state[hierarchy].count;

	if (count < before)
		memset(bpf_programs_groups(bpf->programs, hierarchy) + count, 0,
		       (before - count) * sizeof(struct bpf_group_record));
}

/* One pass over a hierarchy. `ret_more`: another pass is needed for the remaining names. */
static int walk_once(struct bpf *bpf, uint32_t hierarchy, bool *ret_changed, bool *ret_more)
{
	struct bpf_control *control = bpf_programs_control(bpf->programs);
	struct bpf_hierarchy *state = &bpf->state[hierarchy];
	struct ancestors ancestors = {0};
	int r;

	control->parts = bpf->parts[hierarchy];
	control->check_names = bpf->check_names >> hierarchy & 1;
	r = bpf_programs_pass(bpf->programs, hierarchy);
	if (r < 0)
		return r;
	/* The lists of this kernel may differ from those that the programs follow. */
	if (control->count < control->expected) {
		DEBUG(CGW_DEBUG_BPF, "the walk found %u of %u groups of %s", control->count,
		      control->expected, bpf->layout->hierarchies[hierarchy].label);
		return -EPROTO;
	}
	state->collected = current_request(bpf, hierarchy);
	if (control->count > bpf_programs_capacity(bpf->programs))
		return -E2BIG;
	*ret_more = control->unnamed > 0;
	if (control->changed_count == 0 && control->count == state->count)
		return 0;
	*ret_changed = true;
	r = update_groups(bpf, hierarchy, control->count, &ancestors);
	free(ancestors.steps);
	if (r < 0) {
		/* The tree lacks groups that the programs treat as known: report all again. */
		memset(bpf_programs_groups(bpf->programs, hierarchy), 0,
		       bpf_programs_capacity(bpf->programs) * sizeof(struct bpf_group_record));
		state->count = 0;
		return r;
	}
	forget_slots_above(bpf, hierarchy, control->count);
	state->count = control->count;
	if (!*ret_more)
		group_tree_end_walk(bpf->tree, UINT32_C(1) << hierarchy);
	return 0;
}

static int walk(struct bpf *bpf, uint32_t hierarchies, bool *ret_changed)
{
	int r = 0;

	for (uint32_t h = 0; h < bpf->layout->hierarchy_count && r == 0; h++) {
		bool more = (hierarchies & bpf->hierarchies) >> h & 1;

		while (more && r == 0)
			r = walk_once(bpf, h, ret_changed, &more);
	}
	return r;
}

/* Hierarchies with requested metrics. */
static uint32_t requested_hierarchies(const struct bpf *bpf)
{
	uint32_t requested = 0;

	for (uint32_t h = 0; h < CGW_HIERARCHY_MAX; h++)
		if (bpf->parts[h] != 0)
			requested |= UINT32_C(1) << h;
	return requested & bpf->hierarchies;
}

/* The next hierarchy of the mask, round-robin. */
static uint32_t next_in_turn(uint32_t *turn, uint32_t hierarchies)
{
	for (uint32_t n = 1; n <= CGW_HIERARCHY_MAX; n++) {
		uint32_t h = (*turn + n) % CGW_HIERARCHY_MAX;

		if (hierarchies & UINT32_C(1) << h) {
			*turn = h;
			return UINT32_C(1) << h;
		}
	}
	return 0;
}

static uint32_t v1_hierarchies(const struct cgw_layout *layout)
{
	uint32_t hierarchies = 0;

	for (uint32_t h = 0; h < layout->hierarchy_count; h++)
		if (layout->hierarchies[h].version == 1)
			hierarchies |= UINT32_C(1) << h;
	return hierarchies;
}

/*
 * From Linux 6.16 on the programs cannot flush the memory statistics. Reading the root's file
 * flushes them for all groups, at the kernel's own threshold, so that the pass reads values as
 * recent as the files have.
 */
static void refresh_stat(struct bpf *bpf)
{
	struct cgw_number row[METRIC_CAPACITY];
	int r;

	if (bpf->stat_file == SIZE_MAX)
		return;
	r = files_peek(bpf->files, bpf->tree->root, bpf->stat_file, row);
	for (size_t i = 0; i < bpf->column_count; i++) {
		struct bpf_column *column = &bpf->columns[i];
		const struct cgw_number *number = &row[column->request.slot];

		/* The root includes its descendants: if its value is 0, so are theirs. */
		if (column->from_root)
			column->root_is_zero =
				r == 0 && number->state == CGW_OK && number->value == 0;
		if (column->from_root && r < 0)
			column->root_lacks = false;
	}
}

/* Loads the programs again for more groups or more values of each, with the same request. */
static int reload(struct bpf *bpf, uint32_t capacity, uint32_t stat_blocks)
{
	struct bpf_control request = *bpf_programs_control(bpf->programs);
	struct bpf_control *control;
	int r = bpf_load_programs(bpf, capacity, stat_blocks, NULL);

	if (r < 0)
		return r;
	bpf_update_pointers(bpf);
	control = bpf_programs_control(bpf->programs);
	control->options = request.options;
	control->stat_count = request.stat_count;
	memcpy(control->stat_index, request.stat_index, sizeof(control->stat_index));
	return 0;
}

static int grow(struct bpf *bpf)
{
	uint32_t count = bpf_programs_control(bpf->programs)->count;

	return reload(bpf, count + count / 2, bpf_programs_stat_blocks(bpf->programs));
}

/* Groups are usually created and removed in all hierarchies at once, so a change walks all. */
static int walk_with_changes(struct bpf *bpf, uint32_t hierarchies)
{
	bool changed = false;
	int r = walk(bpf, hierarchies, &changed);

	bpf->check_names = v1_hierarchies(bpf->layout);
	if (r == 0 && changed && hierarchies != bpf->hierarchies)
		r = walk(bpf, bpf->hierarchies & ~hierarchies, &changed);
	return r;
}

int bpf_update(void *collector, const struct cgw_metric_set *expected, bool everything)
{
	struct bpf *bpf = collector;
	uint32_t requested, idle;
	int r;

	if (expected != NULL)
		bpf_expect(bpf, expected);
	requested = requested_hierarchies(bpf);
	refresh_stat(bpf);
	bpf->pass_ns = clock_now_ns();
	idle = next_in_turn(&bpf->turn, bpf->hierarchies & ~requested);
	bpf->check_names = everything ? v1_hierarchies(bpf->layout) : 0;
	r = walk_with_changes(bpf, everything ? bpf->hierarchies : requested | idle);
	for (int round = 0; r == -E2BIG && round < GROW_ROUNDS; round++) {
		r = grow(bpf);
		if (r == 0)
			r = walk_with_changes(bpf, bpf->hierarchies);
	}
	return r;
}

int bpf_reserve_stats(struct bpf *bpf)
{
	uint32_t count = bpf_programs_control(bpf->programs)->stat_count;
	uint32_t blocks = (count + BPF_STAT_BLOCK - 1) / BPF_STAT_BLOCK;
	int r;

	if (blocks <= bpf_programs_stat_blocks(bpf->programs))
		return 0;
	r = reload(bpf, bpf_programs_capacity(bpf->programs), blocks);
	return r < 0 ? r : walk_with_changes(bpf, bpf->hierarchies);
}

static bool is_collected(const struct bpf *bpf, uint32_t hierarchy)
{
	const struct bpf_request *collected = &bpf->state[hierarchy].collected;
	struct bpf_request request = current_request(bpf, hierarchy);
	const uint32_t flushed = UINT32_C(1) << BPF_PART_MEMORY | UINT32_C(1) << BPF_PART_CORE |
				 UINT32_C(1) << BPF_PART_DEVICE;
	uint32_t options = request.parts & flushed ? request.options : 0;

	if (request.parts & ~collected->parts || options & ~collected->options)
		return false;
	return !(request.parts & UINT32_C(1) << BPF_PART_STAT) || request.stat_count == 0 ||
	       (request.stat_count == collected->stat_count &&
		memcmp(request.stat_index, collected->stat_index,
		       request.stat_count * sizeof(request.stat_index[0])) == 0);
}

int bpf_walk_missing(struct bpf *bpf)
{
	uint32_t requested = requested_hierarchies(bpf), walked = 0;

	for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++)
		if (requested >> h & 1 && !is_collected(bpf, h))
			walked |= UINT32_C(1) << h;
	if (walked == 0)
		return 0;
	refresh_stat(bpf);
	if (walked == requested)
		bpf->pass_ns = clock_now_ns();
	return walk_with_changes(bpf, walked);
}

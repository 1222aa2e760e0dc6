/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf.c - the collector that lets BPF programs walk the hierarchies. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/sample/bpf/bpf.h"

/* Room for groups at first, and beyond what is known later. */
#define CAPACITY_MIN 1024
/* The tree may grow while it is walked; more rounds than this and it grows faster than we do. */
#define GROW_ROUNDS 4

static uint32_t all_hierarchies(const struct cgw_layout *layout)
{
	return layout->hierarchy_count >= 32 ? UINT32_MAX
					     : (UINT32_C(1) << layout->hierarchy_count) - 1;
}

/* Slots mean something to the programs that filled them only. */
static void forget_slots(struct bpf *bpf)
{
	for (size_t h = 0; h < CGW_HIERARCHY_MAX; h++) {
		bpf->of[h].count = 0;
		bpf->of[h].answered = (struct bpf_question){0};
	}
}

static int load(struct bpf *bpf, uint32_t capacity, struct cgw_diag *diag)
{
	bpf->programs = bpf_programs_free(bpf->programs);
	forget_slots(bpf);
	return bpf_programs_load(bpf->layout, capacity, all_hierarchies(bpf->layout),
				 &bpf->programs, &bpf->hierarchies, diag);
}

int bpf_open(struct bpf *bpf, const struct discover *discover, uint32_t capacity,
	     struct cgw_diag *diag)
{
	int r;

	*bpf = (struct bpf){
		.layout = discover->layout,
		.tree = discover->tree,
		.discover = discover,
		.stat_file = SIZE_MAX,
	};
	if (bpf->layout->recorded)
		return cgw_diag_set(diag, -EOPNOTSUPP, "a recorded machine has files only");
	r = load(bpf, capacity > CAPACITY_MIN ? capacity : CAPACITY_MIN, diag);
	if (r < 0)
		bpf_close(bpf);
	return r;
}

void bpf_close(struct bpf *bpf)
{
	bpf->programs = bpf_programs_free(bpf->programs);
	for (size_t h = 0; h < CGW_HIERARCHY_MAX; h++) {
		free(bpf->of[h].groups);
		free(bpf->of[h].rows);
		bpf->of[h] = (struct bpf_hierarchy){0};
	}
	bpf->hierarchies = 0;
	bpf->column_count = 0;
}

static int reserve_slots(struct bpf_hierarchy *of, uint32_t count)
{
	uint32_t size = count + count / 4;
	struct tree_group **groups;
	uint32_t *rows;

	if (count <= of->size)
		return 0;
	groups = reallocarray(of->groups, size, sizeof(struct tree_group *));
	if (groups == NULL)
		return -ENOMEM;
	of->groups = groups;
	rows = reallocarray(of->rows, size, sizeof(uint32_t));
	if (rows == NULL)
		return -ENOMEM;
	of->rows = rows;
	of->size = size;
	return 0;
}

/* The groups above the one being taken: the walk is in pre-order, so its parent is among them. */
struct ancestors {
	struct {
		uint64_t id;
		struct tree_group *group;
	} * steps;
	size_t count, size;
};

static int push_ancestor(struct ancestors *ancestors, uint64_t id, struct tree_group *group)
{
	if (ancestors->count == ancestors->size) {
		void *steps;
		size_t size = ancestors->size == 0 ? 64 : 2 * ancestors->size;

		steps = reallocarray(ancestors->steps, size, sizeof(*ancestors->steps));
		if (steps == NULL)
			return -ENOMEM;
		ancestors->steps = steps;
		ancestors->size = size;
	}
	ancestors->steps[ancestors->count].id = id;
	ancestors->steps[ancestors->count++].group = group;
	return 0;
}

/* Leaves the group of that id on top; NULL when it was left out. */
static struct tree_group *find_ancestor(struct ancestors *ancestors, uint64_t id)
{
	while (ancestors->count > 0 && ancestors->steps[ancestors->count - 1].id != id)
		ancestors->count--;
	return ancestors->count > 0 ? ancestors->steps[ancestors->count - 1].group : NULL;
}

/* A group under a name; NULL for one that is left out. */
static int meet(struct bpf *bpf, uint32_t hierarchy, struct tree_group *parent, const char *name,
		uint64_t id, struct tree_group **ret_group)
{
	bool root = id == bpf->layout->hierarchies[hierarchy].root_id;
	struct tree_group *group;
	int r;

	*ret_group = NULL;
	if (parent == NULL && !root)
		return 0;
	r = tree_meet(bpf->tree, root ? NULL : parent, root ? "" : name, root ? 0 : strlen(name),
		      hierarchy, id, &group);
	if (r < 0)
		return r == -ENAMETOOLONG ? 0 : r;
	if (!root && !discover_requires(bpf->discover, group)) {
		tree_leave(bpf->tree, group, UINT32_C(1) << hierarchy);
		return 0;
	}
	*ret_group = group;
	return 0;
}

/*
 * The group of a slot. The programs tell the names of those that were not there in the last pass;
 * the others are known, but one above may have been renamed.
 */
static int take_slot(struct bpf *bpf, uint32_t hierarchy, uint32_t slot, struct tree_group *parent,
		     struct tree_group **ret_group)
{
	const struct bpf_group_record *record =
		&bpf_programs_groups(bpf->programs, hierarchy)[slot];
	struct tree_group *known = bpf->of[hierarchy].groups[slot];
	char name[BPF_NAME_SIZE];

	*ret_group = NULL;
	if (record->id == 0) /* the next pass has room for its name */
		return 0;
	if (record->name != 0)
		return meet(bpf, hierarchy, parent,
			    bpf_programs_name(bpf->programs, record->name - 1), record->id,
			    ret_group);
	if (known == NULL || known->parent == parent) {
		*ret_group = known;
		return 0;
	}
	memcpy(name, known->name, (size_t)known->name_length + 1);
	return meet(bpf, hierarchy, parent, name, record->id, ret_group);
}

/* Brings the tree to what the pass met. */
static int take_groups(struct bpf *bpf, uint32_t hierarchy, uint32_t count,
		       struct ancestors *ancestors)
{
	const struct bpf_group_record *records = bpf_programs_groups(bpf->programs, hierarchy);
	struct bpf_hierarchy *of = &bpf->of[hierarchy];
	int r = reserve_slots(of, count);

	bpf->moved = true;
	tree_unmark(bpf->tree, UINT32_C(1) << hierarchy);
	for (uint32_t slot = of->count; slot < count && r == 0; slot++)
		of->groups[slot] = NULL;
	for (uint32_t slot = 0; slot < count && r == 0; slot++) {
		struct tree_group *parent = find_ancestor(ancestors, records[slot].parent_id);
		struct tree_group *group;

		r = take_slot(bpf, hierarchy, slot, parent, &group);
		if (r < 0)
			break;
		of->groups[slot] = group;
		if (group != NULL) {
			group->seen |= UINT32_C(1) << hierarchy;
			group->slot[hierarchy] = slot;
		}
		r = push_ancestor(ancestors, records[slot].id, group);
	}
	return r;
}

static struct bpf_question question(const struct bpf *bpf, uint32_t hierarchy)
{
	const struct bpf_control *control = bpf_programs_control(bpf->programs);
	struct bpf_question asked = {
		.parts = bpf->parts[hierarchy],
		.fine = control->fine,
		.stat_count = control->stat_count,
	};

	memcpy(asked.stat_index, control->stat_index,
	       control->stat_count * sizeof(asked.stat_index[0]));
	return asked;
}

/* One pass over a hierarchy. `ret_more`: some groups' names are still to come. */
static int walk_once(struct bpf *bpf, uint32_t hierarchy, bool *ret_changed, bool *ret_more)
{
	struct bpf_control *control = bpf_programs_control(bpf->programs);
	struct bpf_hierarchy *of = &bpf->of[hierarchy];
	struct ancestors ancestors = {0};
	int r;

	control->parts = bpf->parts[hierarchy];
	control->check_names = bpf->names >> hierarchy & 1;
	r = bpf_programs_pass(bpf->programs, hierarchy);
	if (r < 0)
		return r;
	of->answered = question(bpf, hierarchy);
	if (control->count > bpf_programs_capacity(bpf->programs))
		return -E2BIG;
	*ret_more = control->unnamed > 0;
	if (control->fresh == 0 && control->count == of->count)
		return 0;
	*ret_changed = true;
	r = take_groups(bpf, hierarchy, control->count, &ancestors);
	free(ancestors.steps);
	if (r < 0) {
		/* What the programs take for known is not: all of it must be told again. */
		memset(bpf_programs_groups(bpf->programs, hierarchy), 0,
		       bpf_programs_capacity(bpf->programs) * sizeof(struct bpf_group_record));
		of->count = 0;
		return r;
	}
	of->count = control->count;
	if (!*ret_more)
		tree_sweep(bpf->tree, UINT32_C(1) << hierarchy);
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

/* Hierarchies of which figures are wanted. */
static uint32_t wanted_hierarchies(const struct bpf *bpf)
{
	uint32_t wanted = 0;

	for (uint32_t h = 0; h < CGW_HIERARCHY_MAX; h++)
		if (bpf->parts[h] != 0)
			wanted |= UINT32_C(1) << h;
	return wanted & bpf->hierarchies;
}

/* The next one of these. */
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
 * Programs may not bring the memory statistics up to date, from 6.16 on. Reading the root's file does
 * it, for all groups and with the kernel's own rule of when it is worth it, so that what is read
 * after is as new as what the files would say.
 */
static void refresh_stat(struct bpf *bpf, struct files *files)
{
	struct cgw_number row[CGW_METRIC_COUNT];
	int r;

	if (bpf->stat_file == SIZE_MAX)
		return;
	r = files_peek(files, bpf->tree->root, bpf->stat_file, row);
	for (size_t i = 0; i < bpf->column_count; i++) {
		struct bpf_column *column = &bpf->columns[i];
		const struct cgw_number *number = &row[column->want.slot];

		/* What the root has none of, nobody has: it counts what is beneath it as well. */
		if (column->by_root)
			column->none = r == 0 && number->state == CGW_OK && number->value == 0;
	}
}

/* More groups than there was room for: the programs are loaded again, with more. */
static int grow(struct bpf *bpf)
{
	uint32_t count = bpf_programs_control(bpf->programs)->count;
	struct bpf_control asked = *bpf_programs_control(bpf->programs);
	struct bpf_control *control;
	int r = load(bpf, count + count / 2, NULL);

	if (r < 0)
		return r;
	bpf_point_columns(bpf);
	control = bpf_programs_control(bpf->programs);
	control->fine = asked.fine;
	control->stat_count = asked.stat_count;
	memcpy(control->stat_index, asked.stat_index, sizeof(control->stat_index));
	return 0;
}

/* Groups mostly come and go in all hierarchies at once. */
static int walk_with_changes(struct bpf *bpf, uint32_t hierarchies)
{
	bool changed = false;
	int r = walk(bpf, hierarchies, &changed);

	bpf->names = v1_hierarchies(bpf->layout);
	if (r == 0 && changed && hierarchies != bpf->hierarchies)
		r = walk(bpf, bpf->hierarchies & ~hierarchies, &changed);
	return r;
}

int bpf_update(struct bpf *bpf, struct files *files, bool everything)
{
	uint32_t wanted = wanted_hierarchies(bpf), v1 = v1_hierarchies(bpf->layout), idle;
	int r;

	refresh_stat(bpf, files);
	bpf->pass_ns = clock_now_ns();
	idle = next_in_turn(&bpf->turn, bpf->hierarchies & ~wanted);
	bpf->names = everything ? v1 : 0;
	r = walk_with_changes(bpf, everything ? bpf->hierarchies : wanted | idle);
	for (int round = 0; r == -E2BIG && round < GROW_ROUNDS; round++) {
		r = grow(bpf);
		if (r == 0)
			r = walk_with_changes(bpf, bpf->hierarchies);
	}
	return r;
}

static bool is_answered(const struct bpf *bpf, uint32_t hierarchy)
{
	const struct bpf_question *answered = &bpf->of[hierarchy].answered;
	struct bpf_question asked = question(bpf, hierarchy);
	const uint32_t flushed = UINT32_C(1) << BPF_PART_MEMORY | UINT32_C(1) << BPF_PART_CORE |
				 UINT32_C(1) << BPF_PART_DEVICE;
	uint32_t fine = asked.parts & flushed ? asked.fine : 0;

	if (asked.parts & ~answered->parts || fine & ~answered->fine)
		return false;
	return !(asked.parts & UINT32_C(1) << BPF_PART_STAT) || asked.stat_count == 0 ||
	       (asked.stat_count == answered->stat_count &&
		memcmp(asked.stat_index, answered->stat_index,
		       asked.stat_count * sizeof(asked.stat_index[0])) == 0);
}

int bpf_walk_unanswered(struct bpf *bpf, struct files *files)
{
	uint32_t wanted = wanted_hierarchies(bpf), walked = 0;

	for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++)
		if (wanted >> h & 1 && !is_answered(bpf, h))
			walked |= UINT32_C(1) << h;
	if (walked == 0)
		return 0;
	refresh_stat(bpf, files);
	if (walked == wanted)
		bpf->pass_ns = clock_now_ns();
	return walk_with_changes(bpf, walked);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * follow-groups.c - moves rows, slots and instances along with their groups to a new frame.
 *
 * Nothing is done while no group is created or removed. Otherwise rows move with their groups, and
 * patterns are matched against new groups only: the cost depends on their number, not on the number
 * of all groups.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/policy/engine.h"

#define FACTS_INTERVAL_NS (5 * NS_PER_S)

void engine_free_sections(struct section_state *sections, size_t count)
{
	for (size_t i = 0; sections != NULL && i < count; i++) {
		free(sections[i].rows);
		cgw_averages_free(sections[i].when);
		cgw_averages_free(sections[i].until);
	}
	free(sections);
}

int engine_new_sections(struct cgw_engine *engine)
{
	const struct cgw_policy *policy = engine->policy;
	struct section_state *sections = calloc(policy->count + 1, sizeof(*sections));
	int r = sections != NULL ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < policy->count; i++) {
		const struct rule *rule = &policy->sections[i]->rule;

		sections[i].rows = calloc(engine->group_capacity + 1, sizeof(uint32_t));
		if (sections[i].rows == NULL)
			r = -ENOMEM;
		if (r == 0 && rule->when != NULL)
			r = cgw_averages_new(rule->when, &sections[i].when);
		if (r == 0 && rule->until != NULL)
			r = cgw_averages_new(rule->until, &sections[i].until);
	}
	if (r < 0) {
		engine_free_sections(sections, policy->count);
		return r;
	}
	engine->sections = sections;
	return 0;
}

static int grow_rows(struct cgw_engine *engine, uint32_t groups)
{
	int r = 0;

	for (size_t i = 0; i < engine->policy->count && r == 0; i++)
		r = ARRAY_RESERVE_BESIDE(engine->sections[i].rows, engine->group_capacity, groups);
	if (r == 0)
		r = ARRAY_RESERVE_BESIDE(engine->first_slot, engine->group_capacity, groups);
	if (r == 0)
		r = ARRAY_RESERVE_BESIDE(engine->spare, engine->group_capacity, groups);
	return r < 0 ? r : ARRAY_RESERVE(engine->members, engine->group_capacity, groups);
}

/* Row of the group in the last frame; NONE if it is new or was recreated. */
static uint32_t previous_row(const struct cgw_engine *engine, uint32_t group)
{
	uint32_t old = cgw_frame_previous(engine->frame, group);
	unsigned flags = cgw_frame_flags(engine->frame, group);

	return flags & (CGW_ROW_NEW | CGW_ROW_RECREATED) ? NONE : old;
}

static void carry_rows(const struct cgw_engine *engine, uint32_t *rows, uint32_t groups,
		       uint32_t absent)
{
	for (uint32_t group = 0; group < groups; group++) {
		uint32_t old = previous_row(engine, group);

		engine->spare[group] = old != NONE ? rows[old] : absent;
	}
	memcpy(rows, engine->spare, groups * sizeof(*rows));
}

/* Attaches slots to their groups again; frees those whose group is gone. */
static void reattach_slots(struct cgw_engine *engine)
{
	for (uint32_t i = 0; i < engine->slot_count; i++)
		engine->slots[i].group = engine->slots[i].used ? NONE : engine->slots[i].group;
	for (uint32_t group = 0; group < engine->group_count; group++)
		for (uint32_t i = engine->first_slot[group]; i != NONE; i = engine->slots[i].next)
			engine->slots[i].group = group;
	for (uint32_t i = 0; i < engine->slot_count; i++)
		if (engine->slots[i].used && engine->slots[i].group == NONE)
			slot_free(engine, &engine->slots[i]);
}

static void reattach_instances(struct cgw_engine *engine)
{
	for (uint32_t i = 0; i < engine->instance_count; i++)
		engine->instances[i].group = NONE;
	for (size_t s = 0; s < engine->policy->count; s++) {
		const uint32_t *rows = engine->sections[s].rows;

		if (engine->policy->sections[s]->kind != CGW_SECTION_RULE)
			continue;
		for (uint32_t group = 0; group < engine->group_count; group++)
			if (rows[group] >= ROW_FIRST)
				engine->instances[rows[group] - ROW_FIRST].group = group;
	}
}

/* Finds groups by path and ID: for instances of removed rules, and after missed frames. */
static uint32_t find_group(const struct cgw_topology *topology, const char *path,
			   uint32_t hierarchy, uint64_t id)
{
	uint32_t group = cgw_topology_find(topology, path);

	return group != CGW_NO_GROUP && hierarchy < topology->hierarchy_count &&
			       topology->id[hierarchy][group] == id
		       ? group
		       : NONE;
}

static void find_lost_instances(struct cgw_engine *engine, const struct cgw_topology *topology)
{
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = &engine->instances[i];

		if (!instance->used || instance->group != NONE)
			continue;
		instance->group = find_group(topology, instance->path, instance->hierarchy,
					     instance->group_id);
		if (instance->group == NONE)
			instance_free(engine, instance);
		else if (instance->section != NONE)
			engine->sections[instance->section].rows[instance->group] = ROW_FIRST + i;
	}
}

/* The frame does not follow the last one: finds everything again by path and ID. */
static void reattach_all(struct cgw_engine *engine, const struct cgw_topology *topology)
{
	for (uint32_t group = 0; group < engine->group_count; group++)
		engine->first_slot[group] = NONE;
	for (uint32_t i = 0; i < engine->slot_count; i++) {
		struct slot *slot = &engine->slots[i];

		if (!slot->used)
			continue;
		slot->group = find_group(topology, slot->path, slot->hierarchy, slot->group_id);
		if (slot->group == NONE) {
			slot_free(engine, slot);
			continue;
		}
		slot->next = engine->first_slot[slot->group];
		engine->first_slot[slot->group] = i;
	}
	for (uint32_t i = 0; i < engine->instance_count; i++)
		engine->instances[i].group = NONE;
	for (size_t s = 0; s < engine->policy->count; s++)
		memset(engine->sections[s].rows, 0, engine->group_count * sizeof(uint32_t));
	find_lost_instances(engine, topology);
}

/* State of a group that is selected by path, according to the facts. */
static enum row check_facts(const struct cgw_engine *engine, const struct selection *selection,
			    uint32_t group)
{
	return selection_accepts_facts(selection, engine->frame, engine->facts, group) == CGW_TRUE
		       ? ROW_SELECTED
		       : ROW_UNDECIDED;
}

/* Matches a section against new groups, or against all of them with `all`. */
static void select_groups(struct cgw_engine *engine, size_t index, bool all, bool check_again)
{
	const struct selection *selection = &engine->policy->sections[index]->selection;
	struct section_state *state = &engine->sections[index];

	state->selected = 0;
	check_again = check_again && selection_needs_facts(selection);
	for (uint32_t group = 0; group < engine->group_count; group++) {
		uint32_t *row = &state->rows[group];

		if (*row < ROW_FIRST && (all || previous_row(engine, group) == NONE)) {
			CLEANUP(cleanup_free) char *path = engine_path(engine, group);

			*row = path != NULL && selection_accepts_path(selection, path)
				       ? check_facts(engine, selection, group)
				       : ROW_NONE;
		} else if (check_again && (*row == ROW_UNDECIDED || *row == ROW_SELECTED)) {
			*row = check_facts(engine, selection, group);
		}
		state->selected += *row >= ROW_SELECTED;
	}
}

int engine_follow_groups(struct cgw_engine *engine)
{
	const struct cgw_snapshot *now = cgw_frame_now(engine->frame);
	const struct cgw_snapshot *before = cgw_frame_before(engine->frame);
	const struct cgw_topology *topology = cgw_snapshot_topology(now);
	bool continues = before != NULL && engine->frame_ns != 0 &&
			 cgw_snapshot_monotonic_ns(before) == engine->frame_ns;
	bool changed = !continues || cgw_snapshot_topology(before) != topology;
	bool check_again = engine->now_ns - engine->facts_ns >= FACTS_INTERVAL_NS;
	bool all = !continues || engine->rows_stale;
	int r = grow_rows(engine, topology->count);

	if (r < 0)
		return r;
	if (continues && changed) {
		carry_rows(engine, engine->first_slot, topology->count, NONE);
		for (size_t i = 0; i < engine->policy->count; i++)
			carry_rows(engine, engine->sections[i].rows, topology->count, ROW_NONE);
		engine->group_count = topology->count;
		reattach_slots(engine);
		reattach_instances(engine);
		find_lost_instances(engine, topology);
	} else if (!continues) {
		engine->group_count = topology->count;
		reattach_all(engine, topology);
	} else if (engine->rows_stale) {
		reattach_instances(engine);
		find_lost_instances(engine, topology);
	}
	engine->frame_ns = cgw_snapshot_monotonic_ns(now);
	if (check_again)
		engine->facts_ns = engine->now_ns;
	for (size_t i = 0; (changed || all || check_again) && i < engine->policy->count; i++)
		if (engine->policy->sections[i]->kind == CGW_SECTION_LIMIT ||
		    engine->policy->sections[i]->kind == CGW_SECTION_RULE)
			select_groups(engine, i, all, check_again);
	engine->rows_stale = false;
	return 0;
}

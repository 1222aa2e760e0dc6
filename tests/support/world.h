/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * world.h - a simulated machine for policies: groups with loads, limits that can be set, a clock.
 *
 * It performs actions on numbers as the enforce command does on files: it reads the old value,
 * writes the new one, and restores the old one only if the value was not changed since. So tests
 * run hours of a policy in milliseconds.
 */
#pragma once

#include <errno.h>
#include <stdio.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include "lib/policy/policy-priv.h"

#define WORLD_GROUPS 12

struct world_group {
	const char *path;
	uint64_t id; /* 0: does not exist */
	double cpu;  /* load in percent of one CPU; negative: the kernel does not report CPU time */
	uint64_t cpu_ns;
	uint64_t memory;
	struct cgw_number memory_max, cpu_max, pids_max;
	bool frozen, empty;
	bool no_freezer;   /* not yet */
	bool frozen_by_us; /* else by another process */
	unsigned signals;
};

struct world {
	struct world_group groups[WORLD_GROUPS];
	size_t count;
	struct cgw_frame *frame;
	struct topology *topology;
	bool topology_stale;
	struct cgw_policy *policy;
	struct cgw_engine *engine;
	double seconds;
	uint64_t next_id;
	struct cgw_facts facts;
	char log[65536]; /* performed actions: "10 limit /a cpu.max 50%\n" */
	int fail;        /* negative errno of the next action, or 0 */
	bool absent;     /* no file exists yet */
	size_t most;     /* perform at most this many actions per step; 0: all */
	unsigned done;   /* number of performed actions */
};

static void world_on_problem(void *context, const struct cgw_policy_problem *problem)
{
	if (!problem->warning)
		fail_msg("%s:%u: %s", problem->diag.file, problem->diag.line, problem->diag.text);
}

static struct cgw_policy *world_policy(const char *text)
{
	static const struct cgw_policy_reporter reporter = {world_on_problem, NULL};
	struct cgw_policy *policy = NULL;

	assert_int_equal(cgw_policy_parse("test", text, strlen(text), &reporter, &policy), 0);
	return policy;
}

static void world_begin(struct world *world, const char *policy, const char *const *paths,
			size_t count)
{
	*world = (struct world){.seconds = 1000, .next_id = 100, .topology_stale = true};
	world->policy = world_policy(policy);
	assert_int_equal(cgw_engine_new(world->policy, &world->engine), 0);
	assert_int_equal(cgw_frame_new(&world->frame), 0);
	world->count = count;
	for (size_t i = 0; i < count; i++)
		world->groups[i] = (struct world_group){.path = paths[i],
							.id = world->next_id++,
							.memory = 100 << 20,
							.memory_max = {0, CGW_MAX},
							.cpu_max = {0, CGW_MAX},
							.pids_max = {0, CGW_MAX}};
}

static void world_end(struct world *world)
{
	cgw_engine_free(world->engine);
	cgw_policy_free(world->policy);
	cgw_frame_free(world->frame);
	topology_unref(world->topology);
}

static struct world_group *world_find(struct world *world, const char *path)
{
	for (size_t i = 0; i < world->count; i++)
		if (strcmp(world->groups[i].path, path) == 0 && world->groups[i].id != 0)
			return &world->groups[i];
	return NULL;
}

static void world_topology(struct world *world)
{
	struct frame_group groups[WORLD_GROUPS + 1] = {{"/", 1}};
	uint32_t count = 1;

	for (size_t i = 0; i < world->count; i++)
		if (world->groups[i].id != 0)
			groups[count++] =
				(struct frame_group){world->groups[i].path, world->groups[i].id};
	topology_unref(world->topology);
	world->topology = frame_topology(groups, count);
	world->topology_stale = false;
}

static void world_sample(struct world *world)
{
	struct frame_value values[WORLD_GROUPS * 7];
	struct cgw_snapshot *snapshot;
	size_t count = 0;

	if (world->topology_stale)
		world_topology(world);
	for (size_t i = 0; i < world->count; i++) {
		const struct world_group *group = &world->groups[i];
		struct cgw_number cpu = {group->cpu_ns, group->cpu < 0 ? CGW_DENIED : CGW_OK};

		if (group->id == 0)
			continue;
		values[count++] = (struct frame_value){group->path, CGW_M_CPU_USAGE, cpu};
		values[count++] = (struct frame_value){
			group->path, CGW_M_MEMORY_CURRENT, {group->memory, CGW_OK}};
		values[count++] =
			(struct frame_value){group->path, CGW_M_MEMORY_MAX, group->memory_max};
		values[count++] = (struct frame_value){group->path, CGW_M_CPU_MAX, group->cpu_max};
		values[count++] =
			(struct frame_value){group->path, CGW_M_PIDS_MAX, group->pids_max};
		values[count++] = (struct frame_value){
			group->path, CGW_M_CGROUP_POPULATED, {!group->empty, CGW_OK}};
		values[count++] = (struct frame_value){
			group->path,
			CGW_M_CGROUP_FROZEN,
			{group->frozen, group->no_freezer ? CGW_ABSENT : CGW_OK}};
	}
	snapshot = frame_snapshot(world->topology, 1, values, count);
	snapshot->monotonic_ns = snapshot->boottime_ns = (uint64_t)(world->seconds * 1e9);
	for (uint32_t i = 0; i < world->topology->view.count; i++)
		snapshot->read_ns[i] = snapshot->monotonic_ns;
	snapshot->machine.memory_total_bytes = (struct cgw_number){UINT64_C(4) << 30, CGW_OK};
	assert_int_equal(cgw_frame_update(world->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
}

static struct cgw_number *world_control(struct world_group *group, enum cgw_control control)
{
	switch (control) {
	case CGW_C_MEMORY_MAX:
		return &group->memory_max;
	case CGW_C_CPU_MAX:
		return &group->cpu_max;
	case CGW_C_PIDS_MAX:
		return &group->pids_max;
	default:
		fail_msg("control %d is not simulated", (int)control);
		return NULL;
	}
}

static void world_format(enum cgw_control control, struct cgw_number number, char *buffer,
			 size_t size)
{
	if (number.state == CGW_MAX)
		snprintf(buffer, size, "max");
	else if (control == CGW_C_CPU_MAX)
		snprintf(buffer, size, "%.2f%%", (double)number.value / 1e7);
	else
		snprintf(buffer, size, "%llu", (unsigned long long)number.value);
}

static void world_set(struct world *world, struct cgw_number *number, enum cgw_control control,
		      const char *value)
{
	double rank;

	assert_true(value_rank(control, value, cgw_snapshot_system(cgw_frame_now(world->frame)),
			       &rank));
	if (strcmp(value, "max") == 0)
		*number = (struct cgw_number){0, CGW_MAX};
	else
		*number = (struct cgw_number){(uint64_t)(rank + 0.5), CGW_OK};
}

static int world_write(struct world *world, struct world_group *group,
		       const struct cgw_action *action, char *old, char *accepted)
{
	struct cgw_number *number = world_control(group, action->control);

	world_format(action->control, *number, old, 64);
	if (action->kind == CGW_ACTION_RESTORE && !action->dry_run && action->expected != NULL &&
	    strcmp(old, action->expected) != 0)
		return -ESTALE;
	if (action->dry_run) {
		snprintf(accepted, 64, "%s", action->value);
		return 0;
	}
	world_set(world, number, action->control, action->value);
	world_format(action->control, *number, accepted, 64);
	return 0;
}

static int world_perform(struct world *world, const struct cgw_action *action, char *old,
			 char *accepted)
{
	struct world_group *group = world_find(world, action->path);
	int error = world->fail;

	world->fail = 0;
	if (error != 0 || world->absent)
		return error != 0 ? error : -ENOENT;
	if (group == NULL || group->id != action->group_id)
		return action->kind == CGW_ACTION_LOG ? 0 : -ENOENT;
	if (action->kind == CGW_ACTION_LIMIT || action->kind == CGW_ACTION_RESTORE)
		return world_write(world, group, action, old, accepted);
	if (action->dry_run)
		return 0;
	if (action->kind == CGW_ACTION_FREEZE) {
		group->frozen_by_us = !group->frozen || group->frozen_by_us;
		group->frozen = true;
	}
	if (action->kind == CGW_ACTION_THAW)
		group->frozen = group->frozen_by_us = false;
	if (action->kind == CGW_ACTION_KILL)
		group->signals |= 1U << action->signal;
	return 0;
}

static void world_perform_all(struct world *world, const struct cgw_action *actions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct cgw_action *action = &actions[i];
		char old[64] = "", accepted[64] = "";
		size_t used = strlen(world->log);
		struct cgw_action_result result = {
			.token = action->token, .old_value = old, .accepted_value = accepted};
		const struct world_group *group = world_find(world, action->path);
		const char *what = action->control < CGW_CONTROL_COUNT
					   ? cgw_control_info(action->control)->key
					   : "";

		result.error = world_perform(world, action, old, accepted);
		result.outcome = world->absent      ? CGW_OUTCOME_NOT_TRIED
				 : result.error < 0 ? CGW_OUTCOME_FAILED
				 : action->kind == CGW_ACTION_FREEZE && group != NULL &&
						 group->frozen && !group->frozen_by_us
					 ? CGW_OUTCOME_UNCHANGED
					 : CGW_OUTCOME_DONE;
		snprintf(world->log + used, sizeof(world->log) - used, "%g %s%s %s%s%s%s%s%s\n",
			 world->seconds - 1000, action->dry_run ? "dry " : "",
			 cgw_action_kind_name(action->kind), action->path,
			 what[0] != '\0' ? " " : "", what, action->value != NULL ? " " : "",
			 action->value != NULL ? action->value : "",
			 result.error < 0 ? " failed" : "");
		world->done++;
		cgw_engine_action_done(world->engine, &result);
	}
}

/* Advances the clock: runs the loads, takes a sample, and performs the actions of the engine. */
static inline void world_tick(struct world *world, double seconds)
{
	const struct cgw_action *actions;
	size_t count;

	world->seconds += seconds;
	for (size_t i = 0; i < world->count; i++) {
		struct world_group *group = &world->groups[i];
		double cpu = group->frozen || group->cpu < 0 ? 0 : group->cpu;

		if (group->cpu_max.state == CGW_OK && cpu > (double)group->cpu_max.value / 1e7)
			cpu = (double)group->cpu_max.value / 1e7;
		group->cpu_ns += (uint64_t)(cpu * 1e7 * seconds);
	}
	world_sample(world);
	assert_int_equal(cgw_engine_step(world->engine, world->frame,
					 world->facts.matches != NULL ? &world->facts : NULL,
					 (uint64_t)(world->seconds * 1e9), &actions, &count),
			 0);
	world_perform_all(world, actions,
			  world->most > 0 && world->most < count ? world->most : count);
}

static inline void world_run(struct world *world, unsigned seconds)
{
	while (seconds-- > 0)
		world_tick(world, 1);
}

static inline void world_release(struct world *world)
{
	const struct cgw_action *actions;
	size_t count;

	assert_int_equal(cgw_engine_release_all(world->engine, &actions, &count), 0);
	world_perform_all(world, actions, count);
}

/* Compares the actions performed since the last call. */
static inline void world_expect(struct world *world, const char *expected)
{
	if (strcmp(world->log, expected) != 0)
		fail_msg("performed actions:\n%sexpected:\n%s", world->log, expected);
	world->log[0] = '\0';
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* engine-state.c - allocation of instances, and the state that the engine reports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/policy/engine.h"

static struct instance *alloc_instance(struct cgw_engine *engine)
{
	uint32_t i = engine->instance_free;

	if (i != NONE) {
		engine->instance_free = engine->instances[i].next_free;
		return &engine->instances[i];
	}
	if (ARRAY_RESERVE(engine->instances, engine->instance_capacity,
			  engine->instance_count + 1) < 0)
		return NULL;
	return &engine->instances[engine->instance_count++];
}

char *engine_path(struct cgw_engine *engine, uint32_t group)
{
	char *path =
		cgw_topology_path_copy(cgw_snapshot_topology(cgw_frame_now(engine->frame)), group);

	if (path == NULL)
		engine->out_of_memory = true;
	return path;
}

struct instance *instance_new(struct cgw_engine *engine, uint32_t section, uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(engine->frame));
	struct instance *instance = alloc_instance(engine);

	if (instance == NULL) {
		engine->out_of_memory = true;
		return NULL;
	}
	*instance = (struct instance){
		.used = true,
		.generation = instance->generation,
		.freeze_action = NO_ACTION,
		.section = section,
		.group = group,
		.path = engine_path(engine, group),
		.rule = strdup(engine->policy->sections[section]->name),
		.since_ns = engine->now_ns,
	};
	for (uint32_t h = topology->hierarchy_count; h-- > 0;)
		if (topology->id[h][group] != 0) {
			instance->hierarchy = h;
			instance->group_id = topology->id[h][group];
		}
	engine->sections[section].rows[group] = ROW_FIRST + instance_index(engine, instance);
	if (instance->path == NULL || instance->rule == NULL) {
		engine->out_of_memory = true;
		instance_free(engine, instance);
		return NULL;
	}
	return instance;
}

void instance_free(struct cgw_engine *engine, struct instance *instance)
{
	if (instance->section != NONE && instance->group != NONE)
		engine->sections[instance->section].rows[instance->group] = ROW_SELECTED;
	free(instance->path);
	free(instance->rule);
	engine_cancel(engine, instance->freeze_action);
	*instance = (struct instance){.generation = instance->generation + 1,
				      .next_free = engine->instance_free,
				      .freeze_action = NO_ACTION,
				      .group = NONE};
	engine->instance_free = instance_index(engine, instance);
}

const char *cgw_phase_name(enum cgw_phase phase)
{
	static const char *const names[] = {
		[CGW_PHASE_IDLE] = "idle",         [CGW_PHASE_PENDING] = "pending",
		[CGW_PHASE_ACTIVE] = "active",     [CGW_PHASE_RELEASING] = "releasing",
		[CGW_PHASE_COOLDOWN] = "cooldown", [CGW_PHASE_BLOCKED] = "blocked",
	};

	return (size_t)phase < ARRAY_SIZE(names) ? names[phase] : "?";
}

/* When the phase ends by time alone; 0 if it does not. */
static uint64_t end_of_phase(const struct cgw_engine *engine, const struct instance *instance)
{
	switch (instance->phase) {
	case CGW_PHASE_PENDING:
		return instance->section != NONE
			       ? instance->true_ns +
					 engine->policy->sections[instance->section]->rule.for_ns
			       : 0;
	case CGW_PHASE_ACTIVE:
		return instance->hold_end_ns;
	case CGW_PHASE_COOLDOWN:
		return instance->ready_ns;
	case CGW_PHASE_IDLE:
	case CGW_PHASE_RELEASING:
	case CGW_PHASE_BLOCKED:
		break;
	}
	return 0;
}

size_t cgw_engine_instances(const struct cgw_engine *engine, struct cgw_instance_state *states,
			    size_t capacity)
{
	size_t count = 0;

	for (uint32_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = &engine->instances[i];

		if (!instance->used || instance->phase == CGW_PHASE_IDLE)
			continue;
		if (count < capacity)
			states[count] = (struct cgw_instance_state){
				.section = instance->section,
				.group_id = instance->group_id,
				.path = instance->path,
				.phase = instance->phase,
				.step = instance->step,
				.since_ns = instance->since_ns,
				.until_ns = end_of_phase(engine, instance),
				.why = instance->why,
			};
		count++;
	}
	return count;
}

static void add_frozen(const struct cgw_engine *engine, struct cgw_applied_value *values,
		       size_t capacity, size_t *count)
{
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = &engine->instances[i];

		if (!instance->used || instance->thaw_ns == 0)
			continue;
		if (*count < capacity)
			values[*count] = (struct cgw_applied_value){.path = instance->path,
								    .group_id = instance->group_id,
								    .control = CGW_CONTROL_NONE,
								    .section = instance->section};
		++*count;
	}
}

size_t cgw_engine_applied_values(const struct cgw_engine *engine, struct cgw_applied_value *values,
				 size_t capacity)
{
	size_t count = 0;

	for (uint32_t i = 0; i < engine->slot_count; i++) {
		const struct slot *slot = &engine->slots[i];

		if (!slot->used || slot->written == NULL)
			continue;
		if (count < capacity) {
			values[count] = (struct cgw_applied_value){.path = slot->path,
								   .group_id = slot->group_id,
								   .control = slot->control,
								   .original = slot->original,
								   .accepted = slot->kept,
								   .section = NONE};
			/* Owned by the claim with the written value. */
			for (size_t j = 0; j < slot->count; j++)
				if (strcmp(slot->claims[j].value, slot->written) == 0)
					values[count].section = slot->claims[j].section;
		}
		count++;
	}
	add_frozen(engine, values, capacity, &count);
	return count;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* instance-state.c - the instances of rules: one rule on one group, and its phase. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"
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

void instance_set_phase(struct instance *instance, enum cgw_phase phase, uint64_t now_ns)
{
	if (instance->phase == phase)
		return;
	DEBUG(CGW_DEBUG_POLICY, "rule %s on %s: %s -> %s%s%s",
	      instance->rule != NULL ? instance->rule : "",
	      instance->path != NULL ? instance->path : "", cgw_phase_name(instance->phase),
	      cgw_phase_name(phase), instance->why[0] != '\0' ? ": " : "", instance->why);
	instance->since_ns = now_ns;
	instance->phase = phase;
}

void instance_block(struct instance *instance, uint64_t now_ns, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(instance->why, sizeof(instance->why), format, arguments);
	va_end(arguments);
	instance_set_phase(instance, CGW_PHASE_BLOCKED, now_ns);
}

void instance_wait(struct instance *instance, const char *what)
{
	snprintf(instance->why, sizeof(instance->why),
		 "waiting for %s, which the group does not have yet", what);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* engine-state.c - the state that the engine reports. */
#include <string.h>

#include "lib/policy/engine.h"

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

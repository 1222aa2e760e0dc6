/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-rules.c - the rules of a policy on all selected groups of a frame, and their timers. */
#include "lib/policy/engine.h"

/* Applies the rule's condition to one group. Returns false if out of memory. */
static bool visit(struct cgw_engine *engine, uint32_t section, uint32_t group, enum cgw_truth when)
{
	struct section_state *state = &engine->sections[section];
	struct instance *instance;

	if (state->rows[group] == ROW_SELECTED) {
		if (when != CGW_TRUE)
			return true;
		instance = instance_new(engine, section, group);
		if (instance == NULL)
			return false;
	} else {
		instance = &engine->instances[state->rows[group] - ROW_FIRST];
	}
	if (instance_advance(engine, instance, when))
		return candidate_add(engine, instance_index(engine, instance));
	if (instance_is_disposable(engine, instance))
		instance_free(engine, instance);
	return true;
}

/* Evaluates the condition once per parent, since all children share it. */
static bool visit_children(struct cgw_engine *engine, uint32_t section, uint32_t parent)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(engine->frame));
	struct section_state *state = &engine->sections[section];
	uint32_t end = parent + topology->below[parent] + 1;
	enum cgw_truth when;

	engine_collect_members(engine, section, parent);
	if (engine->member_count == 0)
		return true;
	state->parents++;
	when = engine_condition(engine, section, false, engine->members[0]);
	for (uint32_t child = parent + 1; child < end; child += topology->below[child] + 1)
		if (state->rows[child] >= ROW_SELECTED && !visit(engine, section, child, when))
			return false;
	return true;
}

static void run_rule(struct cgw_engine *engine, uint32_t section)
{
	const struct rule *rule = &engine->policy->sections[section]->rule;
	struct section_state *state = &engine->sections[section];
	bool has_memory = true;

	engine->candidate_count = 0;
	state->parents = 0;
	for (uint32_t group = 0; has_memory && group < engine->group_count; group++) {
		if (rule->sum)
			has_memory = visit_children(engine, section, group);
		else if (state->rows[group] >= ROW_SELECTED)
			has_memory = visit(engine, section, group,
					   engine_condition(engine, section, false, group));
	}
	if (engine->policy->settings.mode != CGW_MODE_OBSERVE)
		candidates_act(engine, section);
}

static void release_orphans(struct cgw_engine *engine)
{
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = &engine->instances[i];

		if (!instance->used || instance->section != NONE)
			continue;
		/* Kept for one more step, which delivers the results of its last actions. */
		if (instance->phase == CGW_PHASE_IDLE && instance->thaw_ns == 0)
			instance_free(engine, instance);
		else
			instance_release(engine, instance);
	}
}

void engine_run_rules(struct cgw_engine *engine)
{
	release_orphans(engine);
	for (uint32_t i = 0; i < engine->rule_count; i++)
		run_rule(engine, engine->order_of_rules[i]);
}

void engine_run_timers(struct cgw_engine *engine)
{
	engine->running_timers = true;
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = &engine->instances[i];
		struct cgw_action action;

		if (!instance->used)
			continue;
		if (instance->thaw_ns != 0 && engine->now_ns >= instance->thaw_ns)
			instance_thaw(engine, instance, "freeze time is over");
		if (instance->signal_ns != 0 && engine->now_ns >= instance->signal_ns) {
			instance->signal_ns = 0;
			action = instance_action(engine, instance, CGW_ACTION_KILL,
						 "grace period is over");
			action.signal = instance->signal;
			action.largest_only = instance->largest;
			engine_emit(engine, action, NONE, i);
		}
	}
	engine->running_timers = false;
}

void engine_reset_windows(struct cgw_engine *engine, uint64_t gap_ns)
{
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = &engine->instances[i];

		if (!instance->used)
			continue;
		instance->until_ns = 0;
		if (instance->phase == CGW_PHASE_ACTIVE)
			instance->hold_end_ns += gap_ns;
		if (instance->true_ns != 0)
			instance->true_ns = engine->now_ns;
	}
	for (size_t i = 0; i < engine->policy->count; i++) {
		if (engine->sections[i].when != NULL)
			cgw_averages_reset(engine->sections[i].when);
		if (engine->sections[i].until != NULL)
			cgw_averages_reset(engine->sections[i].until);
	}
}

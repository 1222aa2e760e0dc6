/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * renew.c - state of instances carried over a policy reload.
 *
 * A rule with the same name continues: its hold gets the new length, and the values that it has set
 * on a group change to those of the new rule's steps up to the current one. Groups that the rule no
 * longer selects, or that are now protected, are released.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/policy/engine.h"

static const char reason[] = "policy reloaded";

static uint64_t hold_of(const struct rule *rule, uint32_t step)
{
	return rule->steps[step].hold_ns > 0 ? rule->steps[step].hold_ns : rule->hold_ns;
}

void instance_reload(struct cgw_engine *engine, struct instance *instance,
		     const struct rule *before)
{
	const struct rule *now = &engine->policy->sections[instance->section]->rule;
	uint32_t step = instance->step;

	instance->renew = true;
	if (instance->step >= now->step_count)
		instance->step = (uint32_t)now->step_count - 1;
	if (instance->phase == CGW_PHASE_ACTIVE)
		instance->hold_end_ns = instance->hold_end_ns - hold_of(before, step) +
					hold_of(now, instance->step);
}

/* Releases the instance like one of a removed rule; the new rule starts afresh. */
static void detach(struct cgw_engine *engine, struct instance *instance, bool selected)
{
	engine->sections[instance->section].rows[instance->group] =
		selected ? ROW_SELECTED : ROW_NONE;
	instance->section = NONE;
}

static struct claim *claim_of(struct slot *slot, uint32_t instance)
{
	for (size_t i = 0; i < slot->count; i++)
		if (slot->claims[i].instance == instance)
			return &slot->claims[i];
	return NULL;
}

static void mark_stale(struct cgw_engine *engine, const struct instance *instance)
{
	for (uint32_t i = engine->first_slot[instance->group]; i != NONE;
	     i = engine->slots[i].next) {
		struct claim *claim = claim_of(&engine->slots[i], instance_index(engine, instance));

		if (claim != NULL)
			claim->stale = true;
	}
}

/* A tightened value stays, but is raised to a higher new floor. */
static void renew_tightened(struct cgw_engine *engine, const struct instance *instance,
			    const struct rule_action *action)
{
	const struct cgw_system_stat *system = cgw_snapshot_system(cgw_frame_now(engine->frame));
	struct slot *slot = slot_get(engine, instance->group, action->control, action->floor,
				     instance->dry_run);
	struct claim *claim =
		slot != NULL ? claim_of(slot, instance_index(engine, instance)) : NULL;
	double current, floor;

	if (slot != NULL && claim == NULL && slot->count == 0 && slot->written == NULL)
		slot_free(engine, slot); /* slot_get() has just created it */
	if (claim == NULL)
		return;
	claim->stale = false;
	if (value_rank(action->control, claim->value, system, &current) &&
	    value_rank(action->control, action->floor, system, &floor) && current < floor)
		(void)slot_claim(engine, slot, instance->section, instance_index(engine, instance),
				 action->floor);
}

static bool is_protected(const struct cgw_engine *engine, const struct instance *instance,
			 const struct rule_action *action)
{
	enum cgw_control control =
		action->kind == CGW_ACTION_LIMIT ? action->control : CGW_CONTROL_NONE;
	struct cgw_diag diag = {0};

	return (action->kind == CGW_ACTION_LIMIT || action->kind == CGW_ACTION_FREEZE) &&
	       cgw_policy_check_protected(engine->policy, engine->frame, engine->facts,
					  instance->group, control, &diag) < 0;
}

/* Claims the action's new value. */
static void renew_action(struct cgw_engine *engine, const struct instance *instance,
			 const struct rule_action *action)
{
	struct slot *slot;

	if (action->kind != CGW_ACTION_LIMIT)
		return;
	if (action->percent > 0) {
		renew_tightened(engine, instance, action);
		return;
	}
	slot = slot_get(engine, instance->group, action->control, action->value, instance->dry_run);
	if (slot != NULL)
		(void)slot_claim(engine, slot, instance->section, instance_index(engine, instance),
				 action->value);
}

/* Limits a freeze to its new time, counted from now. */
static void renew_freeze(struct cgw_engine *engine, struct instance *instance, uint64_t longest_ns)
{
	if (instance->thaw_ns > engine->now_ns + longest_ns)
		instance->thaw_ns = engine->now_ns + longest_ns;
	if (longest_ns == 0)
		instance_thaw(engine, instance, reason);
}

static void settle_slots(struct cgw_engine *engine, const struct instance *instance)
{
	uint32_t i, next;

	for (i = engine->first_slot[instance->group]; i != NONE; i = next) {
		struct claim *claim = claim_of(&engine->slots[i], instance_index(engine, instance));

		next = engine->slots[i].next;
		if (claim != NULL && !claim->stale)
			slot_settle(engine, &engine->slots[i], reason);
	}
}

static void renew(struct cgw_engine *engine, struct instance *instance)
{
	const struct rule *rule = &engine->policy->sections[instance->section]->rule;
	uint64_t longest_ns = 0;

	mark_stale(engine, instance);
	for (uint32_t step = 0; step <= instance->step; step++)
		for (size_t i = 0; i < rule->steps[step].count; i++) {
			const struct rule_action *action = &rule->steps[step].actions[i];

			if (is_protected(engine, instance, action)) {
				detach(engine, instance, true);
				return;
			}
			renew_action(engine, instance, action);
			if (action->kind == CGW_ACTION_FREEZE && action->duration_ns > longest_ns)
				longest_ns = action->duration_ns;
		}
	renew_freeze(engine, instance, longest_ns);
	settle_slots(engine, instance);
}

void engine_renew(struct cgw_engine *engine)
{
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = &engine->instances[i];
		bool dry, selected;

		if (!instance->used || !instance->renew || instance->section == NONE)
			continue;
		instance->renew = false;
		dry = engine->policy->sections[instance->section]->rule.dry_run ||
		      engine->policy->settings.mode != CGW_MODE_ENFORCE;
		selected =
			cgw_policy_section_matches(engine->policy, instance->section, engine->frame,
						   engine->facts, instance->group) != CGW_FALSE;
		if (!selected || (instance->phase == CGW_PHASE_ACTIVE && dry != instance->dry_run))
			detach(engine, instance, selected);
		else if (instance->phase == CGW_PHASE_ACTIVE)
			renew(engine, instance);
	}
}

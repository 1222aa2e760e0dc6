/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* engine.c - one step of the engine: follow the groups, update the ledger, run the rules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/engine.h"

static int by_priority(const void *a, const void *b, void *context)
{
	const struct cgw_policy *policy = context;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	uint64_t first = policy->sections[i]->rule.priority,
		 second = policy->sections[j]->rule.priority;

	if (first != second)
		return first > second ? -1 : 1;
	return i < j ? -1 : i > j;
}

static int sort_rules(struct cgw_engine *engine)
{
	const struct cgw_policy *policy = engine->policy;
	uint32_t *order = calloc(policy->count + 1, sizeof(*order));

	if (order == NULL)
		return -ENOMEM;
	free(engine->order_of_rules);
	engine->order_of_rules = order;
	engine->rule_count = 0;
	for (uint32_t i = 0; i < policy->count; i++)
		if (policy->sections[i]->kind == CGW_SECTION_RULE)
			order[engine->rule_count++] = i;
	/* by_priority() does not modify the policy. */
	qsort_r(order, engine->rule_count, sizeof(*order), by_priority, (void *)(uintptr_t)policy);
	return 0;
}

int cgw_engine_new(const struct cgw_policy *policy, struct cgw_engine **ret_engine)
{
	struct cgw_engine *engine = calloc(1, sizeof(*engine));
	int r = -ENOMEM;

	if (engine == NULL)
		return -ENOMEM;
	engine->policy = policy;
	engine->slot_free = engine->instance_free = NONE;
	r = engine_new_sections(engine);
	if (r == 0)
		r = sort_rules(engine);
	if (r < 0) {
		cgw_engine_free(engine);
		return r;
	}
	*ret_engine = engine;
	return 0;
}

struct cgw_engine *cgw_engine_free(struct cgw_engine *engine)
{
	if (engine == NULL)
		return NULL;
	for (uint32_t i = 0; i < engine->slot_count; i++) {
		engine->slots[i].group = NONE;
		if (engine->slots[i].used)
			slot_free(engine, &engine->slots[i]);
	}
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		free(engine->instances[i].path);
		free(engine->instances[i].rule);
	}
	engine_free_actions(engine);
	engine_free_sections(engine->sections, engine->policy->count);
	free(engine->slots);
	free(engine->instances);
	free(engine->first_slot);
	free(engine->spare);
	free(engine->candidates);
	free(engine->members);
	free(engine->order_of_rules);
	free(engine);
	return NULL;
}

static int return_actions(struct cgw_engine *engine, const struct cgw_action **ret_actions,
			  size_t *ret_count)
{
	engine_finish_actions(engine);
	*ret_actions = engine->actions;
	*ret_count = engine->action_count;
	return engine->out_of_memory ? -ENOMEM : 0;
}

/* Length of a gap in sampling, as after suspend or under overload; 0: no gap. */
static uint64_t gap_ns(const struct cgw_engine *engine)
{
	const struct cgw_policy_settings *settings = &engine->policy->settings;
	uint64_t elapsed_ns = engine->now_ns - engine->last_ns;

	if (engine->last_ns == 0 ||
	    (double)elapsed_ns <= settings->gap * (double)settings->interval_ns)
		return 0;
	return elapsed_ns;
}

static int update_averages(struct cgw_engine *engine)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < engine->policy->count; i++) {
		if (engine->sections[i].when != NULL)
			r = cgw_averages_update(engine->sections[i].when, engine->frame);
		if (r == 0 && engine->sections[i].until != NULL)
			r = cgw_averages_update(engine->sections[i].until, engine->frame);
	}
	return r;
}

int cgw_engine_step(struct cgw_engine *engine, const struct cgw_frame *frame,
		    const struct cgw_facts *facts, uint64_t now_ns,
		    const struct cgw_action **ret_actions, size_t *ret_count)
{
	uint64_t gap;
	int r;

	engine_begin_actions(engine);
	engine->frame = frame;
	engine->facts = facts;
	engine->now_ns = now_ns;
	gap = gap_ns(engine);
	r = engine_follow_groups(engine);
	if (r < 0)
		return r;
	if (gap > 0)
		engine_reset_windows(engine, gap);
	r = update_averages(engine);
	if (r < 0)
		return r;
	engine_run_timers(engine);
	ledger_check_slots(engine);
	if (engine->policy->settings.mode != CGW_MODE_OBSERVE)
		engine_apply_limits(engine);
	engine_renew(engine);
	ledger_sweep_stale(engine);
	/* Rates over a gap are averages of unobserved time: no rule may act on them. */
	if (gap == 0)
		engine_run_rules(engine);
	engine_freeze_waiting(engine);
	engine->last_ns = now_ns;
	return return_actions(engine, ret_actions, ret_count);
}

uint64_t cgw_engine_due_ns(const struct cgw_engine *engine)
{
	uint64_t due_ns = UINT64_MAX;

	for (uint32_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = &engine->instances[i];

		if (instance->thaw_ns != 0 && instance->thaw_ns < due_ns)
			due_ns = instance->thaw_ns;
		if (instance->signal_ns != 0 && instance->signal_ns < due_ns)
			due_ns = instance->signal_ns;
	}
	return due_ns;
}

int cgw_engine_timers(struct cgw_engine *engine, uint64_t now_ns,
		      const struct cgw_action **ret_actions, size_t *ret_count)
{
	engine_begin_actions(engine);
	engine->now_ns = now_ns;
	engine_run_timers(engine);
	return return_actions(engine, ret_actions, ret_count);
}

/* Finds the section of the same name in the new policy, or NONE. */
static uint32_t find_section(const struct cgw_policy *old, uint32_t index,
			     const struct cgw_policy *new)
{
	for (uint32_t i = 0; index != NONE && i < new->count; i++)
		if (new->sections[i]->kind == old->sections[index]->kind &&
		    strcmp(new->sections[i]->name, old->sections[index]->name) == 0)
			return i;
	return NONE;
}

/* A reload keeps open circuit breakers and rate limits of messages. */
static void copy_pauses(struct cgw_engine *engine, const struct cgw_policy *old,
			const struct section_state *old_sections)
{
	for (uint32_t i = 0; i < old->count; i++) {
		uint32_t now = find_section(old, i, engine->policy);

		if (now == NONE)
			continue;
		engine->sections[now].tripped_ns = old_sections[i].tripped_ns;
		engine->sections[now].logged_ns = old_sections[i].logged_ns;
		engine->sections[now].pause_ns = old_sections[i].pause_ns;
	}
}

int cgw_engine_reload(struct cgw_engine *engine, const struct cgw_policy *policy)
{
	const struct cgw_policy *old = engine->policy;
	struct section_state *old_sections = engine->sections;
	int r;

	engine->policy = policy;
	r = engine_new_sections(engine);
	if (r < 0) {
		engine->policy = old;
		return r;
	}
	r = sort_rules(engine);
	if (r < 0) {
		engine_free_sections(engine->sections, policy->count);
		engine->sections = old_sections;
		engine->policy = old;
		return r;
	}
	copy_pauses(engine, old, old_sections);
	engine_free_sections(old_sections, old->count);
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = &engine->instances[i];

		uint32_t before = instance->section;

		if (!instance->used)
			continue;
		instance->section = find_section(old, before, policy);
		if (instance->section != NONE)
			instance_reload(engine, instance, &old->sections[before]->rule);
	}
	for (uint32_t i = 0; i < engine->slot_count; i++)
		for (size_t j = 0; engine->slots[i].used && j < engine->slots[i].count; j++) {
			struct claim *claim = &engine->slots[i].claims[j];

			claim->section = find_section(old, claim->section, policy);
			/* The new policy claims its [limit] values in the next step. */
			claim->stale = claim->instance == NONE;
		}
	for (size_t i = 0; i < engine->action_count; i++)
		if (!engine->pendings[i].done)
			engine->actions[i].section =
				find_section(old, engine->actions[i].section, policy);
	engine->rows_stale = true;
	return 0;
}

static void restore_limits(struct cgw_engine *engine)
{
	for (uint32_t i = 0; i < engine->slot_count; i++)
		for (size_t j = 0; engine->slots[i].used && j < engine->slots[i].count; j++)
			engine->slots[i].claims[j].stale =
				engine->slots[i].claims[j].instance == NONE;
	ledger_sweep_stale(engine);
}

int cgw_engine_release_all(struct cgw_engine *engine, const struct cgw_action **ret_actions,
			   size_t *ret_count)
{
	const struct cgw_policy_settings *settings = &engine->policy->settings;

	engine_begin_actions(engine);
	engine_cancel_changes(engine);
	/* Nothing was done before the first frame. The last action is undone first. */
	for (uint32_t i = engine->frame != NULL ? engine->instance_count : 0; i-- > 0;) {
		struct instance *instance = &engine->instances[i];

		if (!instance->used || instance->group == NONE)
			continue;
		if (!settings->keep_on_exit) {
			instance_release(engine, instance);
		} else {
			/* Nothing would thaw it after cgward has stopped. */
			instance_thaw(engine, instance, "enforcement stopped");
		}
	}
	if (engine->frame != NULL && !settings->keep_limits)
		restore_limits(engine);
	return return_actions(engine, ret_actions, ret_count);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rule-instance.c - the state machine of one rule on one group.
 *
 *   IDLE -> PENDING   the condition holds
 *        -> ACTIVE    it has held for `for`, and budgets and protection allow the action
 *        -> ACTIVE    hold is over, the condition still holds: the next step, or the last again
 *        -> COOLDOWN  `until` held, max_hold is over, or (without `until`) the condition is false
 *        -> IDLE      after the cooldown, which grows each time
 *
 * An unknown condition neither starts nor ends anything.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/debug-message.h"
#include "lib/policy/engine.h"

#define HOUR_NS (3600 * NS_PER_S)

static const struct rule *rule_of(const struct cgw_engine *engine, const struct instance *instance)
{
	return &engine->policy->sections[instance->section]->rule;
}

static void set_phase(struct instance *instance, enum cgw_phase phase, uint64_t now_ns)
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
	set_phase(instance, CGW_PHASE_BLOCKED, now_ns);
}

void instance_wait(struct instance *instance, const char *what)
{
	snprintf(instance->why, sizeof(instance->why),
		 "waiting for %s, which the group does not have yet", what);
}

void instance_yield(struct cgw_engine *engine, struct instance *instance, const char *why)
{
	ledger_drop_instance(engine, instance_index(engine, instance));
	instance_block(instance, engine->now_ns, "%s", why);
	instance->step = 0;
	instance->ready_ns = engine->now_ns + HOUR_NS;
}

/* A budget of `most` per hour: refills evenly and is full after an hour. */
static bool has_budget(double *budget, uint64_t *filled_ns, uint64_t most, uint64_t now_ns)
{
	if (*filled_ns == 0)
		*budget = (double)most;
	else
		*budget += (double)(now_ns - *filled_ns) / (double)HOUR_NS * (double)most;
	if (*budget > (double)most)
		*budget = (double)most;
	*filled_ns = now_ns;
	return *budget >= 1;
}

/* Each quiet decay time removes one strike. */
static void forget_strikes(const struct rule *rule, struct instance *instance, uint64_t quiet_ns)
{
	uint64_t decay_ns = rule->backoff.decay_ns > 0 ? rule->backoff.decay_ns : 600 * NS_PER_S;

	instance->strikes -= floor((double)quiet_ns / (double)decay_ns);
	if (instance->strikes < 0)
		instance->strikes = 0;
}

static uint64_t cooldown_ns(const struct rule *rule, const struct instance *instance)
{
	double most = rule->backoff.max_ns > 0 ? (double)rule->backoff.max_ns : 86400e9;
	double grown = (double)rule->cooldown_ns * pow(rule->backoff.factor, instance->strikes);

	return (uint64_t)(grown < most ? grown : fmax(most, (double)rule->cooldown_ns));
}

void instance_thaw(struct cgw_engine *engine, struct instance *instance, const char *reason)
{
	engine_cancel(engine, instance->freeze_action);
	instance->freeze_ns = 0;
	if (instance->thaw_ns == 0)
		return;
	instance->thaw_ns = 0;
	engine_emit(engine, instance_action(engine, instance, CGW_ACTION_THAW, reason), NONE,
		    instance_index(engine, instance));
}

void instance_release(struct cgw_engine *engine, struct instance *instance)
{
	ledger_drop_instance(engine, instance_index(engine, instance));
	instance_thaw(engine, instance, "released");
	instance->step = 0;
	instance->true_ns = instance->until_ns = 0;
	if (instance->section == NONE) {
		set_phase(instance, CGW_PHASE_IDLE, engine->now_ns);
		return;
	}
	instance->ready_ns = engine->now_ns + cooldown_ns(rule_of(engine, instance), instance);
	if (rule_of(engine, instance)->backoff.factor > 1)
		instance->strikes++;
	set_phase(instance, CGW_PHASE_COOLDOWN, engine->now_ns);
}

/* Collects the selected groups below a parent. */
static void collect_members(struct cgw_engine *engine, uint32_t section, uint32_t parent)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(engine->frame));
	uint32_t end = parent + topology->below[parent] + 1;

	if (engine->member_serial == engine->serial && engine->member_section == section &&
	    engine->member_parent == parent)
		return;
	engine->member_serial = engine->serial;
	engine->member_section = section;
	engine->member_parent = parent;
	engine->member_count = 0;
	for (uint32_t child = parent + 1; child < end; child += topology->below[child] + 1)
		if (engine->sections[section].rows[child] >= ROW_SELECTED)
			engine->members[engine->member_count++] = child;
}

struct cgw_scope engine_scope(struct cgw_engine *engine, uint32_t section,
			      const struct cgw_averages *averages, uint32_t group)
{
	struct cgw_scope scope = {.frame = engine->frame,
				  .group = group,
				  .averages = averages,
				  .facts = engine->facts};

	if (engine->policy->sections[section]->rule.sum) {
		collect_members(engine, section,
				cgw_snapshot_topology(cgw_frame_now(engine->frame))->parent[group]);
		scope.members = engine->members;
		scope.member_count = engine->member_count;
	}
	return scope;
}

static enum cgw_truth condition(struct cgw_engine *engine, uint32_t section, bool is_until,
				uint32_t group)
{
	const struct rule *rule = &engine->policy->sections[section]->rule;
	const struct section_state *state = &engine->sections[section];
	const struct cgw_scope scope =
		engine_scope(engine, section, is_until ? state->until : state->when, group);

	return cgw_expression_evaluate(is_until ? rule->until : rule->when, &scope);
}

static void describe(struct cgw_engine *engine, const struct instance *instance, char *buffer,
		     size_t size)
{
	const struct cgw_scope scope =
		engine_scope(engine, instance->section, engine->sections[instance->section].when,
			     instance->group);

	engine_describe(rule_of(engine, instance)->when, &scope, buffer, size);
}

/* IDLE, PENDING, BLOCKED: tracks how long the condition holds. Returns true when due to act. */
static bool update_pending(const struct cgw_engine *engine, struct instance *instance,
			   enum cgw_truth when)
{
	if (instance->phase == CGW_PHASE_BLOCKED && engine->now_ns < instance->ready_ns)
		return false; /* yielded to another process */
	if (when != CGW_TRUE) {
		instance->true_ns = 0;
		set_phase(instance, CGW_PHASE_IDLE, engine->now_ns);
		return false;
	}
	if (instance->true_ns == 0) {
		instance->true_ns = engine->now_ns;
		instance->since_ns = engine->now_ns;
	}
	if (instance->phase == CGW_PHASE_IDLE)
		set_phase(instance, CGW_PHASE_PENDING, engine->now_ns);
	return engine->now_ns - instance->true_ns >= rule_of(engine, instance)->for_ns;
}

/* Whether `until` has held long enough or, without `until`, the condition is false. */
static bool is_over(struct cgw_engine *engine, struct instance *instance, enum cgw_truth when)
{
	const struct rule *rule = rule_of(engine, instance);

	if (rule->until == NULL)
		return when == CGW_FALSE;
	if (condition(engine, instance->section, true, instance->group) != CGW_TRUE) {
		instance->until_ns = 0;
		return false;
	}
	if (instance->until_ns == 0)
		instance->until_ns = engine->now_ns;
	return engine->now_ns - instance->until_ns >= rule->until_for_ns;
}

static void next_step(struct cgw_engine *engine, struct instance *instance)
{
	const struct rule *rule = rule_of(engine, instance);
	char reason[256];

	if (rule->max_per_hour > 0 && !has_budget(&instance->budget, &instance->budget_ns,
						  rule->max_per_hour, engine->now_ns))
		return;
	if (instance->step + 1 < rule->step_count)
		instance->step++;
	describe(engine, instance, reason, sizeof(reason));
	instance->budget--;
	(void)instance_act(engine, instance, reason);
}

static void update_hold(struct cgw_engine *engine, struct instance *instance, enum cgw_truth when)
{
	const struct rule *rule = rule_of(engine, instance);
	bool over = is_over(engine, instance, when);

	if (rule->max_hold_ns > 0 && engine->now_ns - instance->acted_ns >= rule->max_hold_ns) {
		instance_release(engine, instance);
		return;
	}
	if (engine->now_ns < instance->hold_end_ns)
		return;
	if (over)
		instance_release(engine, instance);
	else if (when == CGW_TRUE)
		next_step(engine, instance);
}

static void update_cooldown(struct cgw_engine *engine, struct instance *instance)
{
	if (engine->now_ns < instance->ready_ns)
		return;
	set_phase(instance, CGW_PHASE_IDLE, engine->now_ns);
	instance->why[0] = '\0';
}

/* Returns true if the instance is due to act. */
static bool advance(struct cgw_engine *engine, struct instance *instance, enum cgw_truth when)
{
	switch (instance->phase) {
	case CGW_PHASE_ACTIVE:
	case CGW_PHASE_RELEASING:
		update_hold(engine, instance, when);
		return false;
	case CGW_PHASE_COOLDOWN:
		update_cooldown(engine, instance);
		return false;
	case CGW_PHASE_IDLE:
	case CGW_PHASE_PENDING:
	case CGW_PHASE_BLOCKED:
		return update_pending(engine, instance, when);
	}
	return false;
}

/* An idle instance is kept only for its strikes and its budget. */
static bool is_disposable(const struct cgw_engine *engine, struct instance *instance)
{
	if (instance->phase != CGW_PHASE_IDLE || instance->signal_ns != 0)
		return false;
	if (instance->strikes > 0) {
		double before = instance->strikes;

		forget_strikes(rule_of(engine, instance), instance,
			       engine->now_ns - instance->since_ns);
		if (instance->strikes < before)
			instance->since_ns = engine->now_ns;
	}
	return instance->strikes <= 0 &&
	       (rule_of(engine, instance)->max_per_hour == 0 || instance->budget_ns == 0 ||
		engine->now_ns - instance->budget_ns >= HOUR_NS);
}

uint32_t engine_count_acting(const struct cgw_engine *engine)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < engine->instance_count; i++)
		count += engine->instances[i].used &&
			 engine->instances[i].phase == CGW_PHASE_ACTIVE &&
			 (engine->instances[i].thaw_ns != 0 || ledger_has_claim(engine, i));
	return count;
}

bool instance_begin(struct cgw_engine *engine, struct instance *instance)
{
	const struct cgw_policy_settings *settings = &engine->policy->settings;
	const struct rule *rule = rule_of(engine, instance);
	char reason[256];

	if (!has_budget(&engine->budget, &engine->budget_ns, settings->max_per_hour,
			engine->now_ns)) {
		instance_block(instance, engine->now_ns,
			       "limit of %u actions per hour reached ([policy] max_per_hour)",
			       settings->max_per_hour);
		return false;
	}
	if (rule->max_per_hour > 0 && !has_budget(&instance->budget, &instance->budget_ns,
						  rule->max_per_hour, engine->now_ns)) {
		instance_block(instance, engine->now_ns,
			       "limit of %u actions per hour on this group reached (max_per_hour)",
			       (unsigned)rule->max_per_hour);
		return false;
	}
	describe(engine, instance, reason, sizeof(reason));
	if (!instance_act(engine, instance, reason))
		return false;
	engine->budget--;
	instance->budget--;
	instance->why[0] = '\0';
	instance->acted_ns = engine->now_ns;
	set_phase(instance, CGW_PHASE_ACTIVE, engine->now_ns);
	return true;
}

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
	if (advance(engine, instance, when))
		return candidate_add(engine, instance_index(engine, instance));
	if (is_disposable(engine, instance))
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

	collect_members(engine, section, parent);
	if (engine->member_count == 0)
		return true;
	state->parents++;
	when = condition(engine, section, false, engine->members[0]);
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
					   condition(engine, section, false, group));
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

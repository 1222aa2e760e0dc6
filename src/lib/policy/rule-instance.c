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

#include "lib/base/clock.h"
#include "lib/policy/engine.h"

#define HOUR_NS (3600 * NS_PER_S)

static const struct rule *rule_of(const struct cgw_engine *engine, const struct instance *instance)
{
	return &engine->policy->sections[instance->section]->rule;
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
		instance_set_phase(instance, CGW_PHASE_IDLE, engine->now_ns);
		return;
	}
	instance->ready_ns = engine->now_ns + cooldown_ns(rule_of(engine, instance), instance);
	if (rule_of(engine, instance)->backoff.factor > 1)
		instance->strikes++;
	instance_set_phase(instance, CGW_PHASE_COOLDOWN, engine->now_ns);
}

void engine_collect_members(struct cgw_engine *engine, uint32_t section, uint32_t parent)
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
		engine_collect_members(
			engine, section,
			cgw_snapshot_topology(cgw_frame_now(engine->frame))->parent[group]);
		scope.members = engine->members;
		scope.member_count = engine->member_count;
	}
	return scope;
}

enum cgw_truth engine_condition(struct cgw_engine *engine, uint32_t section, bool is_until,
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
		instance_set_phase(instance, CGW_PHASE_IDLE, engine->now_ns);
		return false;
	}
	if (instance->true_ns == 0) {
		instance->true_ns = engine->now_ns;
		instance->since_ns = engine->now_ns;
	}
	if (instance->phase == CGW_PHASE_IDLE)
		instance_set_phase(instance, CGW_PHASE_PENDING, engine->now_ns);
	return engine->now_ns - instance->true_ns >= rule_of(engine, instance)->for_ns;
}

/* Whether `until` has held long enough or, without `until`, the condition is false. */
static bool is_over(struct cgw_engine *engine, struct instance *instance, enum cgw_truth when)
{
	const struct rule *rule = rule_of(engine, instance);

	if (rule->until == NULL)
		return when == CGW_FALSE;
	if (engine_condition(engine, instance->section, true, instance->group) != CGW_TRUE) {
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
	instance_set_phase(instance, CGW_PHASE_IDLE, engine->now_ns);
	instance->why[0] = '\0';
}

bool instance_advance(struct cgw_engine *engine, struct instance *instance, enum cgw_truth when)
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

bool instance_is_disposable(const struct cgw_engine *engine, struct instance *instance)
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
	instance_set_phase(instance, CGW_PHASE_ACTIVE, engine->now_ns);
	return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * candidates.c - selection of the due groups to act on.
 *
 * Budgets are limited, and a rule that matches most of its groups is more likely wrong than right.
 * Groups marked with oomd_avoid come last.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/policy/engine.h"

#define TRIP_NS         (600 * NS_PER_S) /* how long the circuit breaker stays open */
#define TRIP_GROUPS_MIN 3                /* fewer groups never trip it */

bool candidate_add(struct cgw_engine *engine, uint32_t instance)
{
	if (ARRAY_RESERVE(engine->candidates, engine->candidate_capacity,
			  engine->candidate_count + 1) < 0) {
		engine->out_of_memory = true;
		return false;
	}
	engine->candidates[engine->candidate_count++] = instance;
	return true;
}

static struct instance *candidate(const struct cgw_engine *engine, uint32_t i)
{
	return &engine->instances[engine->candidates[i]];
}

/* Number of due groups or, with scope = sum, of their parents. */
static uint32_t count_acting(const struct cgw_engine *engine, bool sum)
{
	const uint32_t *parent = cgw_snapshot_topology(cgw_frame_now(engine->frame))->parent;
	uint32_t count = 0, last = NONE;

	if (!sum)
		return engine->candidate_count;
	for (uint32_t i = 0; i < engine->candidate_count; i++) {
		/* Groups of one parent are adjacent. */
		count += i == 0 || parent[candidate(engine, i)->group] != last;
		last = parent[candidate(engine, i)->group];
	}
	return count;
}

static bool breaker_trips(struct cgw_engine *engine, uint32_t section)
{
	const struct rule *rule = &engine->policy->sections[section]->rule;
	struct section_state *state = &engine->sections[section];
	unsigned most = engine->policy->settings.max_fraction;
	uint32_t count = count_acting(engine, rule->sum),
		 all = rule->sum ? state->parents : state->selected;
	char why[160];

	if (engine->now_ns < state->tripped_ns)
		return true;
	if (rule->picks || count < TRIP_GROUPS_MIN || count * UINT64_C(100) <= (uint64_t)most * all)
		return false;
	state->tripped_ns = engine->now_ns + TRIP_NS;
	snprintf(why, sizeof(why),
		 "circuit breaker: the condition holds for %u of %u %s (max_fraction); no "
		 "action for 10 minutes",
		 count, all, rule->sum ? "sums" : "groups");
	engine_emit(engine, instance_action(engine, candidate(engine, 0), CGW_ACTION_LOG, why),
		    NONE, NONE);
	return true;
}

static bool is_avoided(const struct cgw_engine *engine, const struct instance *instance)
{
	return selection_has_mark(engine->frame, engine->facts, instance->group, "oomd_avoid");
}

/* In order, but groups marked with oomd_avoid last. */
static void act_on_all(struct cgw_engine *engine)
{
	unsigned most = engine->policy->settings.max_concurrent;
	uint32_t acting = engine_count_acting(engine), deferred = 0;

	for (uint32_t i = 0; i < engine->candidate_count + deferred; i++) {
		bool again = i >= engine->candidate_count;
		struct instance *instance = again ? candidate(engine, i - engine->candidate_count)
						  : candidate(engine, i);

		if (acting >= most) {
			instance_block(instance, engine->now_ns,
				       "already acting on %u groups (max_concurrent)", most);
			continue;
		}
		if (!again && engine->candidate_count > 1 && is_avoided(engine, instance)) {
			/* Earlier candidates are done, so their places can be reused. */
			engine->candidates[deferred++] = instance_index(engine, instance);
			continue;
		}
		if (instance_begin(engine, instance))
			acting += instance->thaw_ns != 0 ||
				  ledger_has_claim(engine, instance_index(engine, instance));
	}
}

/* Highest value first; equal and unknown values in the order of the tree. */
static int by_amount(const void *a, const void *b, void *context)
{
	const struct cgw_engine *engine = context;
	const struct instance *first = &engine->instances[*(const uint32_t *)a];
	const struct instance *second = &engine->instances[*(const uint32_t *)b];
	struct cgw_field field = engine->policy->sections[first->section]->rule.pick;
	struct cgw_value here = cgw_frame_value(engine->frame, field, first->group);
	struct cgw_value there = cgw_frame_value(engine->frame, field, second->group);
	double more = here.state == CGW_OK ? here.real : here.state == CGW_MAX ? HUGE_VAL : -1;
	double less = there.state == CGW_OK ? there.real : there.state == CGW_MAX ? HUGE_VAL : -1;

	if (more != less)
		return more > less ? -1 : 1;
	return first->group < second->group ? -1 : first->group > second->group;
}

/* The group that the rule acts on or that is in cooldown. */
static const struct instance *find_picked(const struct cgw_engine *engine, uint32_t section)
{
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = &engine->instances[i];

		if (instance->used && instance->section == section &&
		    (instance->phase == CGW_PHASE_ACTIVE || instance->phase == CGW_PHASE_COOLDOWN))
			return instance;
	}
	return NULL;
}

static void block_from(struct cgw_engine *engine, uint32_t from, const char *why)
{
	for (uint32_t i = from; i < engine->candidate_count; i++)
		instance_block(candidate(engine, i), engine->now_ns, "%s", why);
}

/*
 * Acts on the first possible candidate: skips protected groups and those without budget, and tries
 * groups marked with oomd_avoid last. Returns false if there is none.
 */
static bool pick(struct cgw_engine *engine)
{
	static const char why[] = "another group of the rule was picked";
	uint32_t deferred = 0;

	for (uint32_t i = 0; i < engine->candidate_count; i++) {
		if (is_avoided(engine, candidate(engine, i))) {
			engine->candidates[deferred++] = engine->candidates[i];
			continue;
		}
		if (!instance_begin(engine, candidate(engine, i)))
			continue;
		block_from(engine, i + 1, why);
		engine->candidate_count = deferred;
		block_from(engine, 0, why);
		return true;
	}
	engine->candidate_count = deferred;
	for (uint32_t i = 0; i < deferred; i++)
		if (instance_begin(engine, candidate(engine, i))) {
			block_from(engine, i + 1, why);
			return true;
		}
	return false;
}

/*
 * Acts on one group, and on no other until its cooldown is over. A successful kill may remove the
 * group, so the pause belongs to the rule: it gives the other groups time to recover.
 */
static void act_on_picked(struct cgw_engine *engine, uint32_t section)
{
	const struct rule *rule = &engine->policy->sections[section]->rule;
	struct section_state *state = &engine->sections[section];
	unsigned most = engine->policy->settings.max_concurrent;

	if (find_picked(engine, section) != NULL || engine->now_ns < state->pause_ns) {
		block_from(engine, 0,
			   "another group of the rule was picked; waiting for its cooldown");
		return;
	}
	if (engine_count_acting(engine) >= most) {
		block_from(engine, 0,
			   FORMATTED(96, "already acting on %u groups (max_concurrent)", most));
		return;
	}
	qsort_r(engine->candidates, engine->candidate_count, sizeof(*engine->candidates), by_amount,
		engine);
	if (pick(engine))
		state->pause_ns = engine->now_ns + rule->cooldown_ns;
}

void candidates_act(struct cgw_engine *engine, uint32_t section)
{
	if (engine->candidate_count == 0)
		return;
	if (breaker_trips(engine, section))
		block_from(engine, 0, "circuit breaker: the condition holds for too many groups");
	else if (engine->policy->sections[section]->rule.picks)
		act_on_picked(engine, section);
	else
		act_on_all(engine);
}

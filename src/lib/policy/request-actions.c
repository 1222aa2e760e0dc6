/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* request-actions.c - requests the actions of a step, in the order of the policy file. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/limit/control.h"
#include "lib/policy/engine.h"

const char *cgw_action_kind_name(enum cgw_action_kind kind)
{
	static const char *const names[CGW_ACTION_KIND_COUNT] = {
		[CGW_ACTION_LIMIT] = "limit",   [CGW_ACTION_RESTORE] = "restore",
		[CGW_ACTION_FREEZE] = "freeze", [CGW_ACTION_THAW] = "thaw",
		[CGW_ACTION_KILL] = "kill",     [CGW_ACTION_RECLAIM] = "reclaim",
		[CGW_ACTION_NOTIFY] = "notify", [CGW_ACTION_RUN] = "run",
		[CGW_ACTION_LOG] = "log",       [CGW_ACTION_YIELD] = "yield",
	};

	return kind < CGW_ACTION_KIND_COUNT ? names[kind] : "?";
}

void cgw_action_format(enum cgw_action_kind kind, enum cgw_control control, const char *value,
		       int signal, char *buffer, size_t size)
{
	bool sets = kind == CGW_ACTION_LIMIT || kind == CGW_ACTION_RESTORE;
	const char *name = kind == CGW_ACTION_KILL ? sigabbrev_np(signal) : NULL;
	size_t used = text_append(buffer, size, 0, "%s", cgw_action_kind_name(kind));

	if (sets && control < CGW_CONTROL_COUNT)
		used = text_append(buffer, size, used, " %s", cgw_control_info(control)->key);
	if (value != NULL && value[0] != '\0')
		used = text_append(buffer, size, used, " %s", value);
	if (name != NULL)
		text_append(buffer, size, used, " SIG%s", name);
}

/* Current usage of the group, in the control's unit. */
static bool usage_now(const struct cgw_engine *engine, uint32_t group, enum cgw_control control,
		      double *ret_usage)
{
	struct cgw_field field = {.view = CGW_VIEW_VALUE, .index = (int16_t)tighten_usage(control)};
	struct cgw_value value;

	if (control == CGW_C_CPU_MAX && cgw_field_parse("cpu.usage.rate", &field, NULL) < 0)
		return false;
	value = cgw_frame_value(engine->frame, field, group);
	*ret_usage = value.real;
	return value.state == CGW_OK;
}

/*
 * The lowest limit without `force` for this usage: below, the kernel would kill processes or refuse
 * forks, and lib/limit rejects the value. The same on v1 and v2.
 */
static double lowest_value(enum cgw_control control, double usage)
{
	const struct control_row *row = control_row(control);
	unsigned percent = row->guard_percent[1] > row->guard_percent[2] ? row->guard_percent[1]
									 : row->guard_percent[2];

	return usage * percent / 100;
}

/*
 * Computes the reduced limit, from the current limit or from the usage, whichever is lower. Returns
 * false if neither is known, or if the limit is already at the floor or cannot go below the usage.
 */
static bool compute_tightened(const struct cgw_engine *engine, uint32_t group,
			      const struct rule_action *action, bool force, char *buffer,
			      size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(action->control);
	const struct cgw_snapshot *now = cgw_frame_now(engine->frame);
	struct cgw_number limit = cgw_snapshot_number(now, (enum cgw_metric)info->metric, group);
	double usage, floor_rank, base;
	bool used = usage_now(engine, group, action->control, &usage);

	if (!value_rank(action->control, action->floor, cgw_snapshot_system(now), &floor_rank))
		return false;
	if (limit.state == CGW_OK)
		base = used && usage < (double)limit.value ? usage : (double)limit.value;
	else if (used)
		base = usage;
	else
		return false;
	if (limit.state == CGW_OK && (double)limit.value <= floor_rank)
		return false;
	base *= 1 - action->percent / 100;
	if (used && !force && base < lowest_value(action->control, usage))
		base = lowest_value(action->control, usage);
	if (base < floor_rank)
		base = floor_rank;
	if (limit.state == CGW_OK && base >= (double)limit.value)
		return false;
	if (info->unit == CGW_UNIT_CPU)
		snprintf(buffer, size, "%.0f%%", base / 1e7 < 1 ? 1 : base / 1e7);
	else
		snprintf(buffer, size, "%.0f", base);
	return true;
}

static bool request_limit(struct cgw_engine *engine, struct instance *instance,
			  const struct rule_action *action, const char *reason)
{
	const char *value = action->value;
	struct slot *slot;
	char lower[64];

	if (action->percent > 0) {
		if (!compute_tightened(engine, instance->group, action,
				       engine->policy->sections[instance->section]->rule.force,
				       lower, sizeof(lower)))
			return true; /* cannot be tightened further */
		value = lower;
	}
	slot = slot_get(engine, instance->group, action->control, value, instance->dry_run);
	if (slot == NULL ||
	    !slot_claim(engine, slot, instance->section, instance_index(engine, instance), value))
		return false;
	slot_settle(engine, slot, reason);
	return true;
}

/* Freezes the group, now or as soon as it has a freezer. */
static void freeze_if_possible(struct cgw_engine *engine, struct instance *instance,
			       uint64_t duration_ns, const char *reason)
{
	struct cgw_action freeze;

	engine_cancel(engine, instance->freeze_action);
	if (engine_lacks_file(engine, CGW_M_CGROUP_FROZEN, instance->group)) {
		instance->freeze_ns = duration_ns;
		instance_wait(instance, "a freezer");
		return;
	}
	freeze = instance_action(engine, instance, CGW_ACTION_FREEZE, reason);
	freeze.duration_ns = duration_ns;
	instance->freeze_ns = 0;
	instance->thaw_ns = engine->now_ns + duration_ns;
	instance->freeze_action = engine->action_count;
	engine_emit(engine, freeze, NONE, instance_index(engine, instance));
	if (instance->freeze_action == engine->action_count)
		instance->freeze_action = NO_ACTION; /* out of memory */
}

static bool request_freeze(struct cgw_engine *engine, struct instance *instance,
			   const struct rule_action *action, const char *reason)
{
	struct cgw_number populated = cgw_snapshot_number(cgw_frame_now(engine->frame),
							  CGW_M_CGROUP_POPULATED, instance->group);

	/* Processes moved into an empty frozen group would not start, for example a unit. */
	if (populated.state != CGW_OK || populated.value != 0)
		freeze_if_possible(engine, instance, action->duration_ns, reason);
	return true;
}

void engine_freeze_waiting(struct cgw_engine *engine)
{
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = &engine->instances[i];

		if (!instance->used || instance->freeze_ns == 0 || instance->group == NONE)
			continue;
		freeze_if_possible(engine, instance, instance->freeze_ns, "the freezer exists now");
	}
}

static bool request_kill(struct cgw_engine *engine, struct instance *instance,
			 const struct rule_action *action, const char *reason)
{
	struct cgw_action kill = instance_action(engine, instance, CGW_ACTION_KILL, reason);

	kill.signal = action->signals[0];
	kill.largest_only = action->largest;
	engine_emit(engine, kill, NONE, instance_index(engine, instance));
	if (action->signals[1] != 0) {
		instance->signal_ns = engine->now_ns + action->duration_ns;
		instance->signal = action->signals[1];
		instance->largest = action->largest;
	}
	return true;
}

/* Actions without state in the ledger. */
static bool request_other(struct cgw_engine *engine, struct instance *instance,
			  const struct rule_action *action, const char *reason)
{
	struct cgw_action other = instance_action(engine, instance, action->kind, reason);

	if (action->kind == CGW_ACTION_RECLAIM) {
		other.control = CGW_C_MEMORY_RECLAIM;
		other.value = engine_copy_text(engine, action->value);
	}
	if (action->kind == CGW_ACTION_RUN)
		other.command = engine_copy_text(engine, action->value);
	if (action->kind == CGW_ACTION_NOTIFY)
		other.command = engine->policy->settings.notify != NULL
					? engine_copy_text(engine, engine->policy->settings.notify)
					: NULL;
	engine_emit(engine, other, NONE, instance_index(engine, instance));
	return true;
}

typedef bool request_action(struct cgw_engine *engine, struct instance *instance,
			    const struct rule_action *action, const char *reason);

/* How to request each kind, and whether it changes the group (refused if protected). */
static const struct {
	request_action *request;
	bool changes_group;
} requests[CGW_ACTION_KIND_COUNT] = {
	[CGW_ACTION_LIMIT] = {request_limit, true},   [CGW_ACTION_FREEZE] = {request_freeze, true},
	[CGW_ACTION_KILL] = {request_kill, true},     [CGW_ACTION_RECLAIM] = {request_other, true},
	[CGW_ACTION_NOTIFY] = {request_other, false}, [CGW_ACTION_RUN] = {request_other, false},
	[CGW_ACTION_LOG] = {request_other, false},
};

/* Logs a refusal once per hour, not at every sample. */
static void refuse(struct cgw_engine *engine, struct instance *instance, const char *why)
{
	/* An active instance keeps what it has already set. */
	if (instance->phase == CGW_PHASE_ACTIVE)
		snprintf(instance->why, sizeof(instance->why), "%.150s", why);
	else
		instance_block(instance, engine->now_ns, "%.150s", why);
	if (instance->logged_ns != 0 && engine->now_ns - instance->logged_ns < 3600 * NS_PER_S)
		return;
	instance->logged_ns = engine->now_ns;
	engine_emit(engine,
		    instance_action(engine, instance, CGW_ACTION_LOG,
				    FORMATTED(700, "refused: %s", why)),
		    NONE, NONE);
}

/* If one action is refused, no action of the step is taken. */
static bool is_protected(struct cgw_engine *engine, struct instance *instance,
			 const struct rule_step *step)
{
	for (size_t i = 0; i < step->count; i++) {
		const struct rule_action *action = &step->actions[i];
		enum cgw_control control =
			action->kind == CGW_ACTION_LIMIT ? action->control : CGW_CONTROL_NONE;
		struct cgw_diag diag = {0};

		if (requests[action->kind].changes_group &&
		    cgw_policy_check_protected(engine->policy, engine->frame, engine->facts,
					       instance->group, control, &diag) < 0) {
			refuse(engine, instance, diag.text);
			return true;
		}
	}
	return false;
}

bool instance_act(struct cgw_engine *engine, struct instance *instance, const char *reason)
{
	const struct rule *rule = &engine->policy->sections[instance->section]->rule;
	const struct rule_step *step = &rule->steps[instance->step];

	instance->dry_run = rule->dry_run || engine->policy->settings.mode == CGW_MODE_DRY_RUN;
	instance->hold_end_ns =
		engine->now_ns + (step->hold_ns > 0 ? step->hold_ns : rule->hold_ns);
	if (is_protected(engine, instance, step))
		return false;
	for (size_t i = 0; i < step->count; i++)
		if (!requests[step->actions[i].kind].request(engine, instance, &step->actions[i],
							     reason))
			return false;
	return true;
}

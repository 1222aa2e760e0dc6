/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* action-results.c - what the results of actions mean for the rules and claims behind them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/debug-message.h"
#include "lib/policy/engine.h"

/* Actions are reported in order, so the search is short. */
static size_t find_action(struct cgw_engine *engine, uint64_t token)
{
	while (engine->reported < engine->action_count && engine->pendings[engine->reported].done)
		engine->reported++;
	for (size_t i = engine->reported; i < engine->action_count; i++)
		if (engine->actions[i].token == token)
			return engine->pendings[i].done ? NO_ACTION : i;
	return NO_ACTION;
}

static void on_instance_result(struct cgw_engine *engine, struct instance *instance,
			       const struct cgw_action *action,
			       const struct cgw_action_result *result)
{
	bool freeze = action->kind == CGW_ACTION_FREEZE;

	if (freeze && (result->error < 0 || result->outcome == CGW_OUTCOME_UNCHANGED))
		instance->thaw_ns = 0; /* not frozen, or by another process, which thaws it */
	if (result->error == 0)
		return;
	if (result->outcome == CGW_OUTCOME_NOT_TRIED) {
		if (freeze)
			instance->freeze_ns = action->duration_ns;
		instance_wait(instance,
			      freeze ? "a freezer" : cgw_control_info(action->control)->key);
		return;
	}
	/* Retry a failed thaw: no group may stay frozen. */
	if (action->kind == CGW_ACTION_THAW && !cgw_error_is_gone(result->error) &&
	    result->error != -ESTALE)
		instance->thaw_ns = engine->now_ns + NS_PER_S;
	snprintf(instance->why, sizeof(instance->why), "%s: %s", cgw_action_kind_name(action->kind),
		 result->reason != NULL ? result->reason : strerror(-result->error));
}

void cgw_engine_action_done(struct cgw_engine *engine, const struct cgw_action_result *result)
{
	size_t i = find_action(engine, result->token);
	const struct cgw_action *action;
	struct pending *pending;
	struct instance *instance;

	if (i == NO_ACTION)
		return;
	action = &engine->actions[i];
	pending = &engine->pendings[i];
	DEBUG(CGW_DEBUG_POLICY, "%s: %s by %s%s%s: %s%s%s", action->path,
	      cgw_action_kind_name(action->kind), action->rule, action->value != NULL ? ", " : "",
	      action->value != NULL ? action->value : "",
	      result->error < 0 ? strerror(-result->error) : cgw_outcome_name(result->outcome),
	      result->reason != NULL ? ": " : "", result->reason != NULL ? result->reason : "");
	instance = pending_instance(engine, pending);
	engine_cancel(engine, i); /* it is done */
	if (pending->slot != NONE)
		ledger_on_result(engine, &engine->slots[pending->slot], action, result);
	if (instance != NULL && instance->used)
		on_instance_result(engine, instance, action, result);
}

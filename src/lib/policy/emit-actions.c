/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* emit-actions.c - the actions of a step and the strings that they refer to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/policy/engine.h"
#include <cgward/render.h>

void engine_begin_actions(struct cgw_engine *engine)
{
	for (size_t i = 0; i < engine->string_count; i++)
		free(engine->strings[i]);
	engine->string_count = 0;
	engine->action_count = 0;
	engine->serial++;
	engine->deciding = true;
}

const char *engine_copy_text(struct cgw_engine *engine, const char *text)
{
	char **strings = engine->strings, *copy = strdup(text);

	if (engine->string_count == engine->string_capacity) {
		size_t capacity = 2 * engine->string_capacity + 32;

		strings = reallocarray(strings, capacity, sizeof(char *));
		if (strings != NULL) {
			engine->strings = strings;
			engine->string_capacity = capacity;
		}
	}
	if (copy == NULL || strings == NULL) {
		free(copy);
		engine->out_of_memory = true;
		return "";
	}
	engine->strings[engine->string_count++] = copy;
	return copy;
}

static bool grow_actions(struct cgw_engine *engine)
{
	size_t capacity = 2 * engine->action_capacity + 16;
	struct cgw_action *actions;
	struct pending *pendings;

	if (engine->action_count < engine->action_capacity)
		return true;
	actions = reallocarray(engine->actions, capacity, sizeof(*actions));
	if (actions != NULL)
		engine->actions = actions;
	pendings = reallocarray(engine->pendings, capacity, sizeof(*pendings));
	if (pendings != NULL)
		engine->pendings = pendings;
	if (actions == NULL || pendings == NULL) {
		engine->out_of_memory = true;
		return false;
	}
	engine->action_capacity = capacity;
	return true;
}

void engine_emit(struct cgw_engine *engine, struct cgw_action action, uint32_t slot,
		 uint32_t instance)
{
	if (!grow_actions(engine))
		return;
	action.dry_run = action.dry_run || engine->policy->settings.mode != CGW_MODE_ENFORCE;
	engine->pendings[engine->action_count] = (struct pending){slot, instance};
	engine->actions[engine->action_count++] = action;
}

void engine_cancel(struct cgw_engine *engine, size_t action)
{
	engine->actions[action].kind = CGW_ACTION_KIND_COUNT;
}

void engine_finish_actions(struct cgw_engine *engine)
{
	size_t count = 0;

	for (size_t i = 0; i < engine->action_count; i++) {
		if (engine->actions[i].kind == CGW_ACTION_KIND_COUNT)
			continue;
		engine->actions[count] = engine->actions[i];
		engine->actions[count].token = engine->serial << 24 | count;
		engine->pendings[count++] = engine->pendings[i];
	}
	engine->action_count = count;
	engine->deciding = false;
}

struct cgw_action instance_action(struct cgw_engine *engine, const struct instance *instance,
				  enum cgw_action_kind kind, const char *reason)
{
	return (struct cgw_action){
		.kind = kind,
		.section = instance->section,
		.rule = engine_copy_text(engine, instance->rule),
		.step = instance->step,
		.path = engine_copy_text(engine, instance->path),
		.group_id = instance->group_id,
		.hierarchy = instance->hierarchy,
		.control = CGW_CONTROL_COUNT,
		.dry_run = instance->dry_run,
		.reason = engine_copy_text(engine, reason),
	};
}

void engine_describe(const struct cgw_expression *expression, const struct cgw_scope *scope,
		     char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < cgw_expression_term_count(expression); i++) {
		struct cgw_value value, bound;
		struct cgw_term term;
		char now[32];
		int n;

		if (cgw_expression_evaluate_term(expression, i, scope, &value, &bound) != CGW_TRUE)
			continue;
		cgw_expression_term(expression, i, &term);
		if (value.state == CGW_ABSENT) {
			n = snprintf(buffer + used, size - used, "%s%s", used > 0 ? ", " : "",
				     term.text);
		} else {
			cgw_format_value(value, term.unit, CGW_STYLE_HUMAN, now, sizeof(now));
			n = snprintf(buffer + used, size - used, "%s%s (now %s%s)",
				     used > 0 ? ", " : "", term.text, now,
				     scope->members != NULL && term.kind == CGW_TERM_FIELD
					     ? " in total"
					     : "");
		}
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

void cgw_engine_action_done(struct cgw_engine *engine, const struct cgw_action_result *result)
{
	size_t i = result->token & 0xffffff;
	struct instance *instance;

	if (result->token >> 24 != engine->serial || i >= engine->action_count)
		return; /* of an earlier step */
	instance = engine->pendings[i].instance != NONE
			   ? &engine->instances[engine->pendings[i].instance]
			   : NULL;
	if (instance != NULL && !instance->used)
		instance = NULL;
	if (engine->pendings[i].slot != NONE)
		ledger_on_result(engine, &engine->slots[engine->pendings[i].slot],
				 &engine->actions[i], result);
	if (instance == NULL || result->error == 0)
		return;
	if (engine->actions[i].kind == CGW_ACTION_FREEZE)
		instance->thaw_ns = 0;
	/* Retry a failed thaw: no group may stay frozen. */
	if (engine->actions[i].kind == CGW_ACTION_THAW && !cgw_error_is_gone(result->error))
		instance->thaw_ns = engine->now_ns + SECOND_NS;
	(void)snprintf(instance->why, sizeof(instance->why), "%s: %s",
		       cgw_action_kind_name(engine->actions[i].kind),
		       result->reason != NULL ? result->reason : strerror(-result->error));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * emit-actions.c - actions that are not performed yet, and the strings that they refer to.
 *
 * The caller performs as many actions as it has time for; the others stay here until they are
 * performed or cancelled, and follow the policy meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/local-text.h"
#include "lib/policy/engine.h"
#include "lib/render/value-text.h"

static struct text *free_texts(struct text *text)
{
	while (text != NULL) {
		struct text *next = text->next;

		free(text);
		text = next;
	}
	return NULL;
}

void engine_begin_actions(struct cgw_engine *engine)
{
	engine->serial++;
	engine->out_of_memory = false;
}

const char *engine_copy_text(struct cgw_engine *engine, const char *text)
{
	size_t size = strlen(text) + 1;
	struct text *copy = malloc(sizeof(*copy) + size);

	if (copy == NULL) {
		engine->out_of_memory = true;
		return "";
	}
	memcpy(copy->bytes, text, size);
	copy->next = engine->texts;
	engine->texts = copy;
	return copy->bytes;
}

static bool grow_actions(struct cgw_engine *engine)
{
	size_t needed = engine->action_count + 1, capacity = engine->action_capacity;

	if (ARRAY_RESERVE_BESIDE(engine->spare_actions, capacity, needed) == 0 &&
	    ARRAY_RESERVE_BESIDE(engine->pendings, capacity, needed) == 0 &&
	    ARRAY_RESERVE_BESIDE(engine->spare_pendings, capacity, needed) == 0 &&
	    ARRAY_RESERVE(engine->actions, engine->action_capacity, needed) == 0)
		return true;
	engine->out_of_memory = true;
	return false;
}

static enum urgency urgency_of(const struct cgw_engine *engine, const struct cgw_action *action)
{
	if (engine->running_timers || action->kind == CGW_ACTION_THAW)
		return URGENCY_DUE;
	return action->kind == CGW_ACTION_LIMIT && action->section != NONE &&
			       engine->policy->sections[action->section]->kind == CGW_SECTION_LIMIT
		       ? URGENCY_STANDING
		       : URGENCY_NORMAL;
}

void engine_emit(struct cgw_engine *engine, struct cgw_action action, uint32_t slot,
		 uint32_t instance)
{
	if (!grow_actions(engine)) {
		engine->texts = free_texts(engine->texts);
		return;
	}
	action.dry_run = action.dry_run || engine->policy->settings.mode != CGW_MODE_ENFORCE;
	action.token = ++engine->token;
	action.evaluation = engine->serial;
	engine->pendings[engine->action_count] = (struct pending){
		.slot = slot,
		.instance = instance,
		.generation = instance != NONE ? engine->instances[instance].generation : 0,
		.urgency = urgency_of(engine, &action),
		.texts = engine->texts,
	};
	engine->texts = NULL;
	engine->actions[engine->action_count++] = action;
}

struct instance *pending_instance(const struct cgw_engine *engine, const struct pending *pending)
{
	struct instance *instance =
		pending->instance != NONE ? &engine->instances[pending->instance] : NULL;

	return instance != NULL && instance->used && instance->generation == pending->generation
		       ? instance
		       : NULL;
}

/* Updates the index of an action in its slot or instance. */
static void refer_to(struct cgw_engine *engine, const struct pending *pending,
		     enum cgw_action_kind kind, size_t index)
{
	struct instance *instance = pending_instance(engine, pending);

	if (pending->slot != NONE)
		engine->slots[pending->slot].action = index;
	if (instance != NULL && kind == CGW_ACTION_FREEZE)
		instance->freeze_action = index;
}

void engine_cancel(struct cgw_engine *engine, size_t action)
{
	if (action == NO_ACTION)
		return;
	engine->pendings[action].done = true;
	refer_to(engine, &engine->pendings[action], engine->actions[action].kind, NO_ACTION);
}

void engine_cancel_changes(struct cgw_engine *engine)
{
	for (size_t i = 0; i < engine->action_count; i++)
		if (!engine->pendings[i].done && engine->actions[i].kind != CGW_ACTION_THAW &&
		    engine->actions[i].kind != CGW_ACTION_RESTORE &&
		    engine->actions[i].kind != CGW_ACTION_YIELD)
			engine_cancel(engine, i);
}

/* Copies the actions of one urgency that are not done behind the first `count` spare ones. */
static size_t collect(struct cgw_engine *engine, enum urgency urgency, size_t count)
{
	for (size_t i = 0; i < engine->action_count; i++) {
		const struct pending *pending = &engine->pendings[i];

		if (pending->done || pending->urgency != urgency)
			continue;
		engine->spare_actions[count] = engine->actions[i];
		engine->spare_pendings[count] = *pending;
		refer_to(engine, pending, engine->actions[i].kind, count);
		count++;
	}
	return count;
}

void engine_finish_actions(struct cgw_engine *engine)
{
	struct cgw_action *actions = engine->actions;
	struct pending *pendings = engine->pendings;
	size_t count = 0;

	for (int urgency = 0; urgency < URGENCY_COUNT; urgency++)
		count = collect(engine, (enum urgency)urgency, count);
	for (size_t i = 0; i < engine->action_count; i++)
		if (pendings[i].done)
			(void)free_texts(pendings[i].texts);
	engine->actions = engine->spare_actions;
	engine->pendings = engine->spare_pendings;
	engine->spare_actions = actions;
	engine->spare_pendings = pendings;
	engine->action_count = count;
	engine->reported = 0;
}

void engine_free_actions(struct cgw_engine *engine)
{
	for (size_t i = 0; i < engine->action_count; i++)
		(void)free_texts(engine->pendings[i].texts);
	(void)free_texts(engine->texts);
	free(engine->actions);
	free(engine->spare_actions);
	free(engine->pendings);
	free(engine->spare_pendings);
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
		.control = CGW_CONTROL_NONE,
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

		if (cgw_expression_evaluate_term(expression, i, scope, &value, &bound) != CGW_TRUE)
			continue;
		cgw_expression_term(expression, i, &term);
		used = text_append(buffer, size, used, "%s%s", used > 0 ? ", " : "", term.text);
		if (value.state == CGW_ABSENT)
			continue;
		used = text_append(
			buffer, size, used, " (now %s%s)",
			VALUE_TEXT(value, term.unit, CGW_STYLE_HUMAN),
			scope->members != NULL && term.kind == CGW_TERM_FIELD ? " in total" : "");
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rehearsal.c - a policy run over recorded samples without any effect.
 *
 * Runs the engine itself in dry-run mode, reports each action as done and records it. Facts about a
 * group are derived from its path, and its age from the sample in which it first appeared.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/model/group-identity.h"
#include "lib/policy/engine.h"
#include <cgward/render.h>

struct cgw_rehearsal {
	struct cgw_policy policy; /* shallow copy; the caller owns the sections */
	struct cgw_engine *engine;
	struct cgw_rehearsed_action *actions;
	size_t count, capacity;
	struct cgw_rehearsed_section *sections;
	uint64_t *created_ns, *spare_ns; /* by group, boottime; 0: existed in the first sample */
	uint32_t created_count;
	size_t created_capacity;
	uint64_t boot, now_ns, realtime_ns;
	bool started;
};

static enum cgw_truth matches(void *context, const struct cgw_frame *frame, uint32_t group,
			      enum cgw_subject subject, const char *pattern)
{
	return subject_by_path(frame, group, subject, pattern);
}

static uint64_t age_ns(void *context, const struct cgw_frame *frame, uint32_t group)
{
	const struct cgw_rehearsal *rehearsal = context;
	uint64_t now_ns = cgw_snapshot_boottime_ns(cgw_frame_now(frame));

	if (group >= rehearsal->created_count || rehearsal->created_ns[group] == 0)
		return UINT64_MAX; /* older than the recording, age unknown */
	return now_ns - rehearsal->created_ns[group];
}

int cgw_rehearsal_new(const struct cgw_policy *policy, uint64_t interval_ns,
		      struct cgw_rehearsal **ret_rehearsal)
{
	struct cgw_rehearsal *rehearsal = calloc(1, sizeof(*rehearsal));

	if (rehearsal == NULL)
		return -ENOMEM;
	rehearsal->policy = *policy;
	rehearsal->policy.settings.mode = CGW_MODE_DRY_RUN;
	if (rehearsal->policy.settings.interval_ns < interval_ns)
		rehearsal->policy.settings.interval_ns = interval_ns;
	rehearsal->sections = calloc(policy->count + 1, sizeof(*rehearsal->sections));
	if (rehearsal->sections == NULL) {
		free(rehearsal);
		return -ENOMEM;
	}
	*ret_rehearsal = rehearsal;
	return 0;
}

struct cgw_rehearsal *cgw_rehearsal_free(struct cgw_rehearsal *rehearsal)
{
	if (rehearsal == NULL)
		return NULL;
	cgw_engine_free(rehearsal->engine);
	for (size_t i = 0; i < rehearsal->count; i++) {
		free(rehearsal->actions[i].path);
		free(rehearsal->actions[i].value);
		free(rehearsal->actions[i].reason);
	}
	free(rehearsal->actions);
	free(rehearsal->sections);
	free(rehearsal->created_ns);
	free(rehearsal->spare_ns);
	free(rehearsal);
	return NULL;
}

/* Updates creation times. Groups of the first sample existed before. */
static int update_created(struct cgw_rehearsal *rehearsal, const struct cgw_frame *frame)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	bool first = rehearsal->created_count == 0 || cgw_frame_before(frame) == NULL;
	uint64_t *swap;

	if (ARRAY_RESERVE_BESIDE(rehearsal->spare_ns, rehearsal->created_capacity,
				 topology->count) < 0 ||
	    ARRAY_RESERVE(rehearsal->created_ns, rehearsal->created_capacity, topology->count) < 0)
		return -ENOMEM;
	for (uint32_t group = 0; group < topology->count; group++) {
		uint32_t before = first ? CGW_NO_GROUP : cgw_frame_previous(frame, group);

		if (first)
			rehearsal->spare_ns[group] = 0;
		else if (before == CGW_NO_GROUP || before >= rehearsal->created_count)
			rehearsal->spare_ns[group] = rehearsal->now_ns;
		else
			rehearsal->spare_ns[group] = rehearsal->created_ns[before];
	}
	swap = rehearsal->created_ns;
	rehearsal->created_ns = rehearsal->spare_ns;
	rehearsal->spare_ns = swap;
	rehearsal->created_count = topology->count;
	return 0;
}

/* The last action of that kind on that value that is still in effect, or NULL. */
static struct cgw_rehearsed_action *
find_open(struct cgw_rehearsal *rehearsal, enum cgw_action_kind kind, const struct cgw_action *like)
{
	for (size_t i = rehearsal->count; i-- > 0;) {
		struct cgw_rehearsed_action *action = &rehearsal->actions[i];

		if (action->active_at_end && action->kind == kind &&
		    action->group_id == like->group_id && action->control == like->control &&
		    (kind == CGW_ACTION_FREEZE || strcmp(action->path, like->path) == 0))
			return action;
	}
	return NULL;
}

static void close_at(struct cgw_rehearsed_action *action, uint64_t now_ns)
{
	action->active_at_end = false;
	action->active_ns = now_ns - action->boottime_ns;
}

static void close_all(struct cgw_rehearsal *rehearsal, uint64_t now_ns)
{
	for (size_t i = 0; i < rehearsal->count; i++)
		if (rehearsal->actions[i].active_at_end)
			close_at(&rehearsal->actions[i], now_ns);
}

static bool is_lasting(enum cgw_action_kind kind)
{
	return kind == CGW_ACTION_LIMIT || kind == CGW_ACTION_FREEZE;
}

static int append_action(struct cgw_rehearsal *rehearsal, const struct cgw_action *action)
{
	struct cgw_rehearsed_action *added;

	if (ARRAY_RESERVE(rehearsal->actions, rehearsal->capacity, rehearsal->count + 1) < 0)
		return -ENOMEM;
	added = &rehearsal->actions[rehearsal->count++];
	*added = (struct cgw_rehearsed_action){
		.realtime_ns = rehearsal->realtime_ns,
		.boottime_ns = rehearsal->now_ns,
		.kind = action->kind,
		.control = action->control,
		.section = action->section,
		.step = action->step,
		.group_id = action->group_id,
		.signal = action->signal,
		.active_at_end = is_lasting(action->kind),
		.path = strdup(action->path),
		.value = strdup(action->value != NULL ? action->value : ""),
		.reason = strdup(action->reason != NULL ? action->reason : ""),
	};
	return added->path != NULL && added->value != NULL && added->reason != NULL ? 0 : -ENOMEM;
}

static int record_action(struct cgw_rehearsal *rehearsal, const struct cgw_action *action)
{
	bool ends = action->kind == CGW_ACTION_RESTORE || action->kind == CGW_ACTION_THAW;
	/* A new value ends the previous one. */
	struct cgw_rehearsed_action *before =
		find_open(rehearsal,
			  action->kind == CGW_ACTION_THAW      ? CGW_ACTION_FREEZE
			  : action->kind == CGW_ACTION_RESTORE ? CGW_ACTION_LIMIT
							       : action->kind,
			  action);

	if (before != NULL)
		close_at(before, rehearsal->now_ns);
	if (ends)
		return 0;
	if (action->section != NONE && action->kind != CGW_ACTION_LOG)
		rehearsal->sections[action->section].actions++;
	return append_action(rehearsal, action);
}

/*
 * Formats the value of the group's control in the sample, so that it can be ranked; "" if unknown.
 */
static void present_value(const struct cgw_frame *frame, const struct cgw_action *action,
			  char *buffer, size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(action->control);
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	uint32_t group = cgw_topology_find(cgw_snapshot_topology(now), action->path);
	struct cgw_number number = {0, CGW_ABSENT};

	if (group != CGW_NO_GROUP && info->metric >= 0 && !info->instances)
		number = cgw_snapshot_number(now, (enum cgw_metric)info->metric, group);
	if (number.state == CGW_MAX)
		snprintf(buffer, size, "max");
	else if (number.state != CGW_OK)
		buffer[0] = '\0';
	else if (info->unit == CGW_UNIT_CPU)
		snprintf(buffer, size, "%.2f%%", (double)number.value / 1e7);
	else
		snprintf(buffer, size, "%llu", (unsigned long long)number.value);
}

static int report_results(struct cgw_rehearsal *rehearsal, const struct cgw_frame *frame,
			  const struct cgw_action *actions, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct cgw_action_result result = {.token = actions[i].token,
						   .outcome = CGW_OUTCOME_DONE,
						   .accepted_value = actions[i].value};
		char before[64] = "";

		r = record_action(rehearsal, &actions[i]);
		if (actions[i].kind == CGW_ACTION_LIMIT)
			present_value(frame, &actions[i], before, sizeof(before));
		result.old_value = before;
		cgw_engine_action_done(rehearsal->engine, &result);
	}
	return r;
}

/* Runs thaws and second signals due since the last sample, each at its own time. */
static int run_timers(struct cgw_rehearsal *rehearsal, const struct cgw_frame *frame,
		      uint64_t until_ns, uint64_t until_realtime_ns)
{
	int r = 0;

	for (uint64_t due_ns = cgw_engine_due_ns(rehearsal->engine); r == 0 && due_ns < until_ns;
	     due_ns = cgw_engine_due_ns(rehearsal->engine)) {
		const struct cgw_action *actions;
		size_t count;

		rehearsal->now_ns = due_ns;
		rehearsal->realtime_ns = until_realtime_ns - (until_ns - due_ns);
		r = cgw_engine_timers(rehearsal->engine, due_ns, &actions, &count);
		if (r == 0)
			r = report_results(rehearsal, frame, actions, count);
	}
	return r;
}

static enum cgw_truth truth_of(struct cgw_engine *engine, uint32_t section, uint32_t group)
{
	const struct cgw_scope scope =
		engine_scope(engine, section, engine->sections[section].when, group);

	return cgw_expression_evaluate(engine->policy->sections[section]->rule.when, &scope);
}

/* Counts how often each condition held, and for how many groups: shows why a rule did not act. */
static void count_truths(struct cgw_rehearsal *rehearsal)
{
	struct cgw_engine *engine = rehearsal->engine;

	for (uint32_t s = 0; s < rehearsal->policy.count; s++) {
		const struct section *section = rehearsal->policy.sections[s];
		struct cgw_rehearsed_section *counts = &rehearsal->sections[s];
		uint32_t groups = 0;

		if (section->kind != CGW_SECTION_RULE && section->kind != CGW_SECTION_LIMIT)
			continue;
		for (uint32_t group = 0; group < engine->group_count; group++) {
			if (engine->sections[s].rows[group] < ROW_SELECTED)
				continue;
			groups++;
			if (section->kind == CGW_SECTION_RULE)
				counts->truths[truth_of(engine, s, group)]++;
		}
		counts->samples++;
		if (groups > counts->groups)
			counts->groups = groups;
	}
	for (uint32_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = &engine->instances[i];

		if (!instance->used || instance->section == NONE || instance->true_ns == 0)
			continue;
		if (engine->now_ns - instance->true_ns >
		    rehearsal->sections[instance->section].longest_ns)
			rehearsal->sections[instance->section].longest_ns =
				engine->now_ns - instance->true_ns;
	}
}

/* After a reboot, nothing of the previous boot is in effect. */
static int begin_boot(struct cgw_rehearsal *rehearsal)
{
	close_all(rehearsal, rehearsal->now_ns);
	rehearsal->engine = cgw_engine_free(rehearsal->engine);
	rehearsal->created_count = 0;
	return cgw_engine_new(&rehearsal->policy, &rehearsal->engine);
}

int cgw_rehearsal_step(struct cgw_rehearsal *rehearsal, const struct cgw_frame *frame,
		       uint64_t boot)
{
	const struct cgw_facts facts = {matches, age_ns, rehearsal};
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	uint64_t now_ns = cgw_snapshot_boottime_ns(now);
	const struct cgw_action *actions;
	size_t count;
	int r = 0;

	if (!rehearsal->started || boot != rehearsal->boot || now_ns <= rehearsal->now_ns)
		r = begin_boot(rehearsal);
	if (r == 0 && rehearsal->engine->frame != NULL)
		r = run_timers(rehearsal, frame, now_ns, cgw_snapshot_realtime_ns(now));
	rehearsal->started = true;
	rehearsal->boot = boot;
	rehearsal->now_ns = now_ns;
	rehearsal->realtime_ns = cgw_snapshot_realtime_ns(now);
	if (r == 0)
		r = update_created(rehearsal, frame);
	if (r == 0)
		r = cgw_engine_step(rehearsal->engine, frame, &facts, now_ns, &actions, &count);
	if (r == 0)
		r = report_results(rehearsal, frame, actions, count);
	if (r == 0)
		count_truths(rehearsal);
	return r;
}

const struct cgw_rehearsed_action *cgw_rehearsal_actions(struct cgw_rehearsal *rehearsal,
							 size_t *ret_count)
{
	/* Open actions last until the last sample. */
	for (size_t i = 0; i < rehearsal->count; i++)
		if (rehearsal->actions[i].active_at_end)
			rehearsal->actions[i].active_ns =
				rehearsal->now_ns - rehearsal->actions[i].boottime_ns;
	*ret_count = rehearsal->count;
	return rehearsal->actions;
}

struct cgw_rehearsed_section cgw_rehearsal_section(const struct cgw_rehearsal *rehearsal,
						   size_t section)
{
	return section < rehearsal->policy.count ? rehearsal->sections[section]
						 : (struct cgw_rehearsed_section){0};
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules-job.c - runs the policy engine in a worker thread, without applying its actions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/cli/group-facts.h"
#include "tui/action/rules-job.h"

/* Recount this often even if no group came or went: owners and commands may change. */
#define SELECT_EVERY 10

/* Accessed only by the worker thread while it runs. */
struct rules_job {
	struct job job;
	struct cgw_policy *policy;
	struct cgw_engine *engine;
	struct cgw_frame *frame;
	struct facts facts;
	unsigned steps; /* since the selected groups were last counted */
	struct cgw_snapshot *waiting[RULES_WAITING];
	bool jumps[RULES_WAITING];
	size_t count;
	struct rules_answer *answer; /* updated in place; rules_collect() copies it */
};

static void free_job(struct job *base)
{
	struct rules_job *job = (struct rules_job *)base;

	for (size_t i = 0; i < job->count; i++)
		cgw_snapshot_unref(job->waiting[i]);
	free(job->answer);
	facts_done(&job->facts);
	cgw_frame_free(job->frame);
	cgw_engine_free(job->engine);
	cgw_policy_free(job->policy);
	free(job);
}

static void escaped(char *buffer, size_t size, const char *text)
{
	cgw_escape(buffer, size, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static void record_action(struct rules_answer *answer, const struct cgw_action *action,
			  uint64_t realtime_ns)
{
	struct rules_action *record = &answer->actions[answer->action_next];
	char reason[192], what[400], shown[96];

	*record = (struct rules_action){.realtime_ns = realtime_ns};
	escaped(record->path, sizeof(record->path), action->path);
	escaped(record->rule, sizeof(record->rule), action->rule);
	escaped(reason, sizeof(reason), action->reason);
	cgw_action_format(action->kind, action->control, action->value, action->signal, what,
			  sizeof(what));
	escaped(shown, sizeof(shown), what);
	snprintf(record->text, sizeof(record->text), "%s  %.150s", shown, reason);
	answer->action_next = (answer->action_next + 1) % RULES_ACTIONS_MAX;
	answer->action_count += answer->action_count < RULES_ACTIONS_MAX;
}

static void count_selected(struct rules_job *job, const struct cgw_facts *facts)
{
	uint32_t groups = cgw_snapshot_topology(cgw_frame_now(job->frame))->count;

	for (size_t section = 0; section < cgw_policy_section_count(job->policy); section++) {
		job->answer->selected[section] = 0;
		for (uint32_t group = 0; group < groups; group++)
			job->answer->selected[section] +=
				cgw_policy_section_matches(job->policy, section, job->frame, facts,
							   group) == CGW_TRUE;
	}
}

/* After a jump in time: drops the state of the rules. */
static int restart(struct rules_job *job)
{
	struct cgw_engine *engine;
	struct cgw_frame *frame;
	int r = cgw_engine_new(job->policy, &engine);

	if (r < 0)
		return r;
	r = cgw_frame_new(&frame);
	if (r < 0) {
		cgw_engine_free(engine);
		return r;
	}
	cgw_engine_free(job->engine);
	cgw_frame_free(job->frame);
	job->engine = engine;
	job->frame = frame;
	job->answer->action_count = job->answer->action_next = 0;
	return 0;
}

static int step(struct rules_job *job, struct cgw_snapshot *snapshot, const struct cgw_facts *facts)
{
	const struct cgw_action *actions = NULL;
	const struct cgw_snapshot *before;
	size_t count = 0;
	int r = cgw_frame_update(job->frame, snapshot);

	if (r == 0)
		r = cgw_engine_step(job->engine, job->frame, facts,
				    cgw_snapshot_boottime_ns(snapshot), &actions, &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		/* Report success, so that the rule proceeds as under enforcement. */
		const struct cgw_action_result result = {
			.token = actions[i].token,
			.outcome = CGW_OUTCOME_DONE,
			.accepted_value = actions[i].value,
		};

		record_action(job->answer, &actions[i], cgw_snapshot_realtime_ns(snapshot));
		cgw_engine_action_done(job->engine, &result);
	}
	before = cgw_frame_before(job->frame);
	if (before == NULL || cgw_snapshot_topology(before) != cgw_snapshot_topology(snapshot) ||
	    ++job->steps >= SELECT_EVERY) {
		count_selected(job, facts);
		job->steps = 0;
	}
	return 0;
}

/* Copies the texts, which the engine frees at its next step. */
static int copy_instances(struct rules_job *job)
{
	struct rules_answer *answer = job->answer;
	CLEANUP(cleanup_free)
	struct cgw_instance_state *states = calloc(RULES_INSTANCES_MAX, sizeof(*states));

	answer->instance_count = answer->instance_total = 0;
	if (states == NULL)
		return -ENOMEM;
	answer->instance_total = cgw_engine_instances(job->engine, states, RULES_INSTANCES_MAX);
	for (size_t i = 0; i < answer->instance_total && i < RULES_INSTANCES_MAX; i++) {
		struct rules_instance *instance = &answer->instances[answer->instance_count++];

		instance->phase = states[i].phase;
		instance->step = states[i].step;
		instance->since_ns = states[i].since_ns;
		instance->until_ns = states[i].until_ns;
		escaped(instance->path, sizeof(instance->path), states[i].path);
		escaped(instance->why, sizeof(instance->why), states[i].why);
		escaped(instance->rule, sizeof(instance->rule),
			states[i].section != UINT32_MAX
				? cgw_policy_section(job->policy, states[i].section).name
				: "");
	}
	return 0;
}

static void run(struct job *base)
{
	struct rules_job *job = (struct rules_job *)base;
	struct cgw_facts facts = {0};
	int r = 0;

	/* A recording has no facts such as owners and commands. */
	if (base->layout != NULL)
		facts = facts_of(&job->facts, base->layout);
	for (size_t i = 0; i < job->count; i++) {
		if (r == 0 && job->jumps[i])
			r = restart(job);
		if (r == 0)
			r = step(job, job->waiting[i], base->layout != NULL ? &facts : NULL);
		job->answer->boottime_ns = cgw_snapshot_boottime_ns(job->waiting[i]);
		cgw_snapshot_unref(job->waiting[i]);
	}
	job->count = 0;
	if (r == 0)
		r = copy_instances(job);
	job->answer->error = r;
}

int rules_new(struct cgw_policy *policy, struct rules **ret_rules)
{
	struct rules *rules = calloc(1, sizeof(*rules));
	struct rules_job *job = calloc(1, sizeof(*job));

	if (rules == NULL || job == NULL) {
		cgw_policy_free(policy);
		free(job);
		free(rules);
		return -ENOMEM;
	}
	/* In enforce mode, values that were never set would look changed by another process. */
	if (cgw_policy_settings(policy)->mode == CGW_MODE_ENFORCE)
		cgw_policy_set_mode(policy, CGW_MODE_DRY_RUN);
	job->job = (struct job){.run = run, .free = free_job, .name = "Evaluating the policy"};
	job->policy = policy;
	rules->answer_size =
		sizeof(*job->answer) + cgw_policy_section_count(policy) * sizeof(uint32_t);
	job->answer = calloc(1, rules->answer_size);
	if (job->answer == NULL || cgw_engine_new(policy, &job->engine) < 0 ||
	    cgw_frame_new(&job->frame) < 0) {
		free_job(&job->job);
		free(rules);
		return -ENOMEM;
	}
	rules->policy = policy;
	rules->job = &job->job;
	*ret_rules = rules;
	return 0;
}

struct rules *rules_free(struct rules *rules)
{
	if (rules == NULL)
		return NULL;
	for (size_t i = 0; i < rules->count; i++)
		cgw_snapshot_unref(rules->waiting[i]);
	/* NULL if posted: the queue or the worker frees it then. */
	if (rules->job != NULL)
		free_job(rules->job);
	free(rules->answer);
	free(rules);
	return NULL;
}

const struct rules_action *rules_nth(const struct rules *rules, size_t i)
{
	const struct rules_answer *answer = rules->answer;

	if (answer == NULL || i >= answer->action_count)
		return NULL;
	return &answer->actions[(answer->action_next + RULES_ACTIONS_MAX - 1 - i) %
				RULES_ACTIONS_MAX];
}

void rules_on_sample(struct rules *rules, struct cgw_snapshot *snapshot, bool jump)
{
	/* If the job is slow, drop the oldest sample: the engine handles gaps. */
	if (rules->count == RULES_WAITING) {
		cgw_snapshot_unref(rules->waiting[0]);
		rules->jumps[1] = rules->jumps[1] || rules->jumps[0];
		memmove(rules->waiting, rules->waiting + 1,
			(RULES_WAITING - 1) * sizeof(struct cgw_snapshot *));
		memmove(rules->jumps, rules->jumps + 1, (RULES_WAITING - 1) * sizeof(bool));
		rules->count--;
	}
	rules->waiting[rules->count] = cgw_snapshot_ref(snapshot);
	rules->jumps[rules->count++] = jump;
}

struct job *rules_evaluate(struct rules *rules)
{
	struct rules_job *job = (struct rules_job *)rules->job;

	if (job == NULL || rules->count == 0)
		return NULL;
	memcpy(job->waiting, rules->waiting, sizeof(rules->waiting));
	memcpy(job->jumps, rules->jumps, sizeof(rules->jumps));
	job->count = rules->count;
	rules->count = 0;
	rules->job = NULL;
	return &job->job;
}

bool rules_collect(struct rules *rules, struct job *base)
{
	struct rules_job *job = (struct rules_job *)base;

	if (base->run != run || job->policy != rules->policy)
		return false;
	rules->job = base;
	/* The main thread shows a copy, since the job updates the original. */
	if (rules->answer == NULL)
		rules->answer = malloc(rules->answer_size);
	if (rules->answer != NULL)
		memcpy(rules->answer, job->answer, rules->answer_size);
	return true;
}

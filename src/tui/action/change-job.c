/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-job.c - plans made and done in a thread, their results said. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/policy.h>

#include "shared/cli/systemd-journal.h"
#include "tui/action/change-job.h"

struct act {
	struct job job;
	struct targets targets;
	struct act_change *changes;
	size_t change_count;
	bool dry_run, force;
	struct act_outcome *outcomes;
	size_t outcome_count;
	int error;
	struct cgw_diag diag;
};

static void free_act(struct job *job)
{
	struct act *act = (struct act *)job;

	for (size_t i = 0; i < act->change_count; i++)
		free(act->changes[i].value);
	for (size_t i = 0; i < act->outcome_count; i++)
		free(act->outcomes[i].path);
	free(act->outcomes);
	free(act->changes);
	targets_done(&act->targets);
	free(act);
}

static void take_problem(void *context, const struct cgw_policy_problem *problem)
{
	struct cgw_diag *diag = context;

	if (!problem->warning && diag->text[0] == '\0')
		(void)cgw_diag_set(
			diag, -EINVAL,
			"the policy says what is protected, and cannot be read: %s:%u: %s",
			problem->diag.file, problem->diag.line, problem->diag.text);
}

/* What the machine's policy protects is protected here too; NULL where there is none. */
static int load_protection(const struct cgw_layout *layout, struct cgw_protection **ret_protection,
			   struct cgw_diag *diag)
{
	const struct cgw_policy_reporter reporter = {take_problem, diag};

	diag->text[0] = '\0';
	return cgw_protection_load(layout, NULL, &reporter, ret_protection);
}

static struct cgw_limit_options options_of(bool dry_run, bool force,
					   struct cgw_protection *protection)
{
	return (struct cgw_limit_options){
		.dry_run = dry_run,
		.force = force,
		.protect = cgw_protection_check,
		.protect_context = protection,
		.enable = true, /* the form says so before it is done */
		.who = "cgward top",
		.why = "by hand",
	};
}

static int fill_plan(struct act *act, struct cgw_plan *plan)
{
	int r = 0;

	for (size_t c = 0; c < act->change_count && r == 0; c++)
		for (size_t t = 0; t < act->targets.count && r == 0; t++) {
			const struct act_change *change = &act->changes[c];
			const struct target *target = &act->targets.items[t];
			struct cgw_step step = {
				.kind = change->kind,
				.path = target->path,
				.control = change->control,
				.value = change->value,
				.signal = change->signal,
				.pid = change->pid,
				.recursive = change->recursive,
				.expected_id = target->id,
				.expected_hierarchy = target->hierarchy,
			};

			r = cgw_plan_add(plan, &step, &act->diag);
		}
	return r;
}

/* Into systemd's journal, as the commands do. */
static void tell_journal(const struct cgw_step *step, const struct cgw_result *result,
			 const struct cgw_limit_options *options)
{
	if (options->dry_run || result->outcome == CGW_OUTCOME_PENDING ||
	    result->outcome == CGW_OUTCOME_UNCHANGED || result->outcome == CGW_OUTCOME_NOT_TRIED)
		return;
	cli_journal_change(&(struct cli_journal_change){
		.action = cgw_step_kind_name(step->kind),
		.group = step->path,
		.group_id = step->expected_id,
		.key = step->kind == CGW_STEP_SET ? cgw_control_info(step->control)->key : NULL,
		.old_value = result->old_value,
		.new_value = step->value,
		.accepted_value = result->new_value,
		.who = options->who,
		.why = options->why,
		.how = result->how,
		.trouble = result->diag.text,
		.error = result->error,
		.change_id = result->change_id,
	});
}

static void keep_outcomes(struct act *act, const struct cgw_plan *plan,
			  const struct cgw_limit_options *options)
{
	size_t count = cgw_plan_count(plan);

	act->outcomes = calloc(count + 1, sizeof(*act->outcomes));
	for (size_t i = 0; act->outcomes != NULL && i < count; i++) {
		const struct cgw_step *step = cgw_plan_step(plan, i);
		struct act_outcome *outcome = &act->outcomes[act->outcome_count];

		*outcome = (struct act_outcome){
			.path = strdup(step->path),
			.kind = step->kind,
			.control = step->control,
			.result = *cgw_plan_result(plan, i),
		};
		act->outcome_count += outcome->path != NULL;
		tell_journal(step, cgw_plan_result(plan, i), options);
	}
}

/* The step that failed says more than the plan does. */
static void find_reason(struct act *act)
{
	for (size_t i = 0; i < act->outcome_count && act->diag.text[0] == '\0'; i++)
		if (act->outcomes[i].result.error < 0 &&
		    act->outcomes[i].result.outcome != CGW_OUTCOME_NOT_TRIED)
			act->diag = act->outcomes[i].result.diag;
	if (act->diag.text[0] == '\0')
		(void)snprintf(act->diag.text, sizeof(act->diag.text), "%s", strerror(-act->error));
}

static void run(struct job *job)
{
	struct act *act = (struct act *)job;
	struct cgw_protection *protection = NULL;
	struct cgw_limit_options options;
	struct cgw_plan *plan = NULL;

	act->error = load_protection(job->layout, &protection, &act->diag);
	options = options_of(act->dry_run, act->force, protection);
	if (act->error == 0)
		act->error = cgw_plan_new(job->layout, &options, &plan);
	if (act->error == 0)
		act->error = fill_plan(act, plan);
	if (act->error == 0)
		act->error = cgw_plan_apply(plan);
	if (plan != NULL)
		keep_outcomes(act, plan, &options);
	if (act->error < 0)
		find_reason(act);
	cgw_plan_free(plan);
	cgw_protection_free(protection);
}

static unsigned done(struct app *app, struct job *job)
{
	struct act *act = (struct act *)job;

	return act->dry_run ? REACTION_NONE : act_report(app, act);
}

int act_new(const char *name, const struct targets *targets, struct act **ret_act)
{
	struct act *act = calloc(1, sizeof(*act));
	int r;

	if (act == NULL)
		return -ENOMEM;
	r = targets_copy(targets, &act->targets);
	if (r < 0) {
		free(act);
		return r;
	}
	act->job = (struct job){
		.run = run, .done = done, .free = free_act, .name = name, .acts = true};
	*ret_act = act;
	return 0;
}

int act_add(struct act *act, const struct act_change *change)
{
	struct act_change *changes =
		reallocarray(act->changes, act->change_count + 1, sizeof(*changes));

	if (changes == NULL)
		return -ENOMEM;
	act->changes = changes;
	changes[act->change_count] = *change;
	if (change->value != NULL) {
		changes[act->change_count].value = strdup(change->value);
		if (changes[act->change_count].value == NULL)
			return -ENOMEM;
	}
	act->change_count++;
	return 0;
}

void act_dry_run(struct act *act)
{
	act->dry_run = true;
	act->job.acts = false;
}

void act_force(struct act *act)
{
	act->force = true;
}

struct job *act_as_job(struct act *act)
{
	return &act->job;
}

struct act *act_of(struct job *job)
{
	return job->run == run ? (struct act *)job : NULL;
}

bool act_is_dry(const struct act *act)
{
	return act->dry_run;
}

size_t act_outcome_count(const struct act *act)
{
	return act->outcome_count;
}

const struct act_outcome *act_outcome(const struct act *act, size_t i)
{
	return &act->outcomes[i];
}

int act_error(const struct act *act, struct cgw_diag *ret_diag)
{
	*ret_diag = act->diag;
	return act->error;
}

static const char *verb_of(enum cgw_step_kind kind)
{
	static const char *const verbs[] = {
		[CGW_STEP_SET] = "set",         [CGW_STEP_FREEZE] = "frozen",
		[CGW_STEP_THAW] = "thawed",     [CGW_STEP_KILL] = "signalled",
		[CGW_STEP_CREATE] = "made",     [CGW_STEP_DELETE] = "removed",
		[CGW_STEP_MOVE] = "moved into",
	};

	return verbs[kind];
}

void act_describe(const struct act_outcome *outcome, char *buffer, size_t size)
{
	const struct cgw_result *result = &outcome->result;
	char path[256];

	(void)cgw_escape(path, sizeof(path), outcome->path, strlen(outcome->path));
	if (outcome->kind == CGW_STEP_SET)
		(void)snprintf(buffer, size, "%s of %s: %s → %s",
			       cgw_control_info(outcome->control)->key, path, result->old_value,
			       result->new_value);
	else
		(void)snprintf(buffer, size, "%s %s", verb_of(outcome->kind), path);
}

static unsigned report_one(struct app *app, const struct act_outcome *outcome)
{
	const struct cgw_result *result = &outcome->result;
	char text[512], undo[16], export[16];

	act_describe(outcome, text, sizeof(text));
	app_key_name(app, ACTION_UNDO, undo, sizeof(undo));
	app_key_name(app, ACTION_EXPORT, export, sizeof(export));
	switch (result->outcome) {
	case CGW_OUTCOME_UNCHANGED:
		return app_show_message(app, ROLE_TEXT, "%s: it was so already", text);
	case CGW_OUTCOME_ADJUSTED:
		return app_show_message(app, ROLE_WARM, "%s: the kernel keeps that value", text);
	default:
		break;
	}
	if (result->diag.text[0] != '\0')
		return app_show_message(app, ROLE_GOOD, "%s (%s)", text, result->diag.text);
	if (result->change_id != 0 && outcome->kind == CGW_STEP_SET)
		return app_show_message(app, ROLE_GOOD,
					"%s; %s takes it back, %s keeps it for a policy", text,
					undo, export);
	if (result->change_id != 0)
		return app_show_message(app, ROLE_GOOD, "%s; %s takes it back", text, undo);
	return app_show_message(app, ROLE_GOOD, "%s", text);
}

unsigned act_report(struct app *app, struct act *act)
{
	unsigned reactions = REACTION_SAMPLE;
	size_t done_count = 0;

	if (act->error < 0)
		return reactions | REACTION_BEEP |
		       app_show_message(app, ROLE_BAD, "%s", act->diag.text);
	if (act->outcome_count == 1)
		return reactions | report_one(app, &act->outcomes[0]);
	for (size_t i = 0; i < act->outcome_count; i++)
		done_count += act->outcomes[i].result.outcome == CGW_OUTCOME_DONE ||
			      act->outcomes[i].result.outcome == CGW_OUTCOME_ADJUSTED;
	return reactions |
	       app_show_message(app, ROLE_GOOD, "%zu of %zu changed, the others were so already",
				done_count, act->outcome_count);
}

struct undo {
	struct job job;
	uint64_t id;
	int error;
	struct cgw_result result;
};

static void run_undo(struct job *job)
{
	struct undo *undo = (struct undo *)job;
	struct cgw_protection *protection = NULL;
	struct cgw_limit_options options;

	undo->error = load_protection(job->layout, &protection, &undo->result.diag);
	options = options_of(false, false, protection);
	if (undo->error == 0)
		undo->error = cgw_journal_undo(job->layout, &options, undo->id, &undo->result);
	cgw_protection_free(protection);
}

static unsigned undo_done(struct app *app, struct job *job)
{
	const struct undo *undo = (const struct undo *)job;
	const struct cgw_result *result = &undo->result;

	if (undo->error < 0)
		return REACTION_BEEP | REACTION_SAMPLE |
		       app_show_message(app, ROLE_BAD, "%s",
					result->diag.text[0] != '\0' ? result->diag.text
								     : strerror(-undo->error));
	if (result->old_value[0] == '\0')
		return REACTION_SAMPLE | app_show_message(app, ROLE_GOOD, "taken back");
	return REACTION_SAMPLE | app_show_message(app, ROLE_GOOD, "taken back: %s → %s",
						  result->old_value, result->new_value);
}

static void free_undo(struct job *job)
{
	free(job);
}

struct job *undo_job(uint64_t id)
{
	struct undo *undo = calloc(1, sizeof(*undo));

	if (undo == NULL)
		return NULL;
	undo->id = id;
	undo->job = (struct job){.run = run_undo,
				 .done = undo_done,
				 .free = free_undo,
				 .name = "Taking back",
				 .acts = true};
	return &undo->job;
}

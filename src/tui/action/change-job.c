/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-job.c - applies plans in a worker thread and reports their results. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/policy.h>

#include "shared/report/log-change.h"
#include "tui/action/change-job.h"

struct change_job {
	struct job job;
	struct targets targets;
	struct change_step *steps;
	size_t step_count;
	bool dry_run, force;
	uint64_t *undo; /* the changes of which one is undone; NULL: the steps are applied */
	size_t undo_count;
	uint64_t undone, transaction;
	struct change_outcome *outcomes;
	size_t outcome_count;
	int error;
	struct cgw_diag diag;
};

static void free_change_job(struct job *job)
{
	struct change_job *change = (struct change_job *)job;

	for (size_t i = 0; i < change->step_count; i++)
		free(change->steps[i].value);
	for (size_t i = 0; i < change->outcome_count; i++)
		free(change->outcomes[i].path);
	free(change->outcomes);
	free(change->steps);
	free(change->undo);
	targets_done(&change->targets);
	free(change);
}

static void record_problem(void *context, const struct cgw_policy_problem *problem)
{
	struct cgw_diag *diag = context;

	if (!problem->warning && diag->text[0] == '\0')
		(void)cgw_diag_set(diag, -EINVAL,
				   "cannot read the protected groups from the policy: %s:%u: %s",
				   problem->diag.file, problem->diag.line, problem->diag.text);
}

/* The system policy's protected groups apply here too; NULL without a policy. */
static int load_protection(const struct cgw_layout *layout, struct cgw_protection **ret_protection,
			   struct cgw_diag *diag)
{
	const struct cgw_policy_reporter reporter = {record_problem, diag};

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
		.enable = true, /* the preview shows it before it is applied */
		.who = "cgward top",
		.why = "by hand",
	};
}

static int fill_plan(struct change_job *change, struct cgw_plan *plan)
{
	int r = 0;

	for (size_t c = 0; c < change->step_count && r == 0; c++)
		for (size_t t = 0; t < change->targets.count && r == 0; t++) {
			const struct change_step *step = &change->steps[c];
			const struct target *target = &change->targets.items[t];
			struct cgw_step planned = {
				.kind = step->kind,
				.path = target->path,
				.control = step->control,
				.value = step->value,
				.signal = step->signal,
				.pid = step->pid,
				.recursive = step->recursive,
				.expected_id = target->id,
				.expected_hierarchy = target->hierarchy,
			};

			r = cgw_plan_add(plan, &planned, &change->diag);
		}
	return r;
}

static void record_outcomes(struct change_job *change, const struct cgw_plan *plan,
			    const struct cgw_limit_options *options)
{
	size_t count = cgw_plan_count(plan);

	change->transaction = cgw_plan_transaction(plan);
	change->outcomes = calloc(count + 1, sizeof(*change->outcomes));
	for (size_t i = 0; change->outcomes != NULL && i < count; i++) {
		const struct cgw_step *step = cgw_plan_step(plan, i);
		struct change_outcome *outcome = &change->outcomes[change->outcome_count];

		*outcome = (struct change_outcome){
			.path = strdup(step->path),
			.kind = step->kind,
			.control = step->control,
			.pid = step->pid,
			.result = *cgw_plan_result(plan, i),
		};
		change->outcome_count += outcome->path != NULL;
		log_change(step, cgw_plan_result(plan, i), options);
	}
}

/* Prefers the error of the failed step, which is more specific than that of the plan. */
static void find_reason(struct change_job *change)
{
	for (size_t i = 0; i < change->outcome_count && change->diag.text[0] == '\0'; i++)
		if (change->outcomes[i].result.error < 0 &&
		    change->outcomes[i].result.outcome != CGW_OUTCOME_NOT_TRIED)
			change->diag = change->outcomes[i].result.diag;
	if (change->diag.text[0] == '\0')
		(void)snprintf(change->diag.text, sizeof(change->diag.text), "%s",
			       strerror(-change->error));
}

/* Is there nothing left to undo of that action, so that an earlier one is tried? */
static bool is_past(int error)
{
	return error == -EALREADY || error == -ENOENT || error == -ESTALE || error == -ESRCH ||
	       error == -EOPNOTSUPP;
}

static void apply_plan(struct change_job *change, const struct cgw_limit_options *options)
{
	struct cgw_plan *plan = NULL;
	int r = cgw_plan_new(change->job.layout, options, &plan);

	if (r == 0 && change->undo == NULL)
		r = fill_plan(change, plan);
	else if (r == 0)
		r = cgw_plan_add_undo(plan, change->undone, CGW_UNDO_TRANSACTION, NULL, NULL,
				      &change->diag);
	if (r == 0)
		r = cgw_plan_apply(plan);
	if (plan != NULL && !(change->undo != NULL && is_past(r)))
		record_outcomes(change, plan, options);
	if (r < 0 && cgw_plan_failure(plan) != NULL)
		change->diag = cgw_plan_failure(plan)->diag;
	change->error = r;
	cgw_plan_free(plan);
}

static void run(struct job *job)
{
	struct change_job *change = (struct change_job *)job;
	struct cgw_protection *protection = NULL;
	struct cgw_limit_options options;

	change->error = load_protection(job->layout, &protection, &change->diag);
	options = options_of(change->dry_run, change->force, protection);
	if (change->error == 0 && change->undo == NULL)
		apply_plan(change, &options);
	for (size_t i = 0; change->undo != NULL && i < change->undo_count; i++) {
		if (i > 0 ? !is_past(change->error) : change->error < 0)
			break;
		change->undone = change->undo[i];
		change->diag.text[0] = '\0';
		apply_plan(change, &options);
	}
	if (change->error < 0)
		find_reason(change);
	cgw_protection_free(protection);
}

static unsigned done(struct app *app, struct job *job)
{
	struct change_job *change = (struct change_job *)job;

	return change->dry_run ? REACTION_NONE : change_job_report(app, change);
}

int change_job_new(const char *name, const struct targets *targets, struct change_job **ret_job)
{
	struct change_job *change = calloc(1, sizeof(*change));
	int r;

	if (change == NULL)
		return -ENOMEM;
	r = targets_copy(targets, &change->targets);
	if (r < 0) {
		free(change);
		return r;
	}
	change->job = (struct job){
		.run = run, .done = done, .free = free_change_job, .name = name, .acts = true};
	*ret_job = change;
	return 0;
}

int change_job_add(struct change_job *change, const struct change_step *step)
{
	struct change_step *steps =
		reallocarray(change->steps, change->step_count + 1, sizeof(*steps));

	if (steps == NULL)
		return -ENOMEM;
	change->steps = steps;
	steps[change->step_count] = *step;
	if (step->value != NULL) {
		steps[change->step_count].value = strdup(step->value);
		if (steps[change->step_count].value == NULL)
			return -ENOMEM;
	}
	change->step_count++;
	return 0;
}

void change_job_set_dry_run(struct change_job *change)
{
	change->dry_run = true;
	change->job.acts = false;
}

void change_job_set_done(struct change_job *change,
			 unsigned (*when_done)(struct app *app, struct job *job))
{
	change->job.done = when_done;
}

void change_job_set_force(struct change_job *change)
{
	change->force = true;
}

struct job *change_job_as_job(struct change_job *change)
{
	return &change->job;
}

struct change_job *change_job_from(struct job *job)
{
	return job->run == run ? (struct change_job *)job : NULL;
}

bool change_job_is_dry_run(const struct change_job *change)
{
	return change->dry_run;
}

size_t change_job_outcome_count(const struct change_job *change)
{
	return change->outcome_count;
}

const struct change_outcome *change_job_outcome(const struct change_job *change, size_t i)
{
	return &change->outcomes[i];
}

int change_job_error(const struct change_job *change, struct cgw_diag *ret_diag)
{
	*ret_diag = change->diag;
	return change->error;
}

static const struct {
	const char *done, *unchanged, *preview;
} kinds[] = {
	[CGW_STEP_SET] = {"set", "unchanged", "set"},
	[CGW_STEP_FREEZE] = {"frozen", "already frozen", "freeze"},
	[CGW_STEP_THAW] = {"thawed", "not frozen", "thaw"},
	[CGW_STEP_KILL] = {"signalled", "no processes", "signal"},
	[CGW_STEP_CREATE] = {"created", "already exists", "create"},
	[CGW_STEP_DELETE] = {"removed", "does not exist", "remove"},
	[CGW_STEP_MOVE] = {"moved into", "already contains the process", "move"},
};

void change_outcome_format(const struct change_outcome *outcome, char *buffer, size_t size)
{
	const struct cgw_result *result = &outcome->result;
	char path[256];

	(void)cgw_escape(path, sizeof(path), outcome->path, strlen(outcome->path));
	if (outcome->kind == CGW_STEP_SET && result->outcome == CGW_OUTCOME_UNCHANGED)
		(void)snprintf(buffer, size, "%s of %s: unchanged (%s)",
			       cgw_control_info(outcome->control)->key, path,
			       result->old_value[0] != '\0' ? result->old_value : "-");
	else if (outcome->kind == CGW_STEP_SET)
		(void)snprintf(buffer, size, "%s of %s: %s → %s",
			       cgw_control_info(outcome->control)->key, path, result->old_value,
			       result->new_value);
	else if (result->outcome == CGW_OUTCOME_UNCHANGED)
		(void)snprintf(buffer, size, "%s: %s", path, kinds[outcome->kind].unchanged);
	else
		(void)snprintf(buffer, size, "%s %s", kinds[outcome->kind].done, path);
}

void change_outcome_preview(const struct change_outcome *outcome, char *buffer, size_t size)
{
	char path[256];

	if (outcome->kind == CGW_STEP_SET || outcome->result.outcome == CGW_OUTCOME_UNCHANGED) {
		change_outcome_format(outcome, buffer, size);
		return;
	}
	(void)cgw_escape(path, sizeof(path), outcome->path, strlen(outcome->path));
	if (outcome->kind == CGW_STEP_MOVE)
		(void)snprintf(buffer, size, "move process %d into %s", (int)outcome->pid, path);
	else
		(void)snprintf(buffer, size, "%s %s", kinds[outcome->kind].preview, path);
}

static unsigned report_one(struct app *app, const struct change_outcome *outcome)
{
	const struct cgw_result *result = &outcome->result;
	char text[512], undo[16], export[16];

	change_outcome_format(outcome, text, sizeof(text));
	app_key_name(app, ACTION_UNDO, undo, sizeof(undo));
	app_key_name(app, ACTION_EXPORT, export, sizeof(export));
	switch (result->outcome) {
	case CGW_OUTCOME_UNCHANGED:
		return app_show_message(app, ROLE_TEXT, "%s", text);
	case CGW_OUTCOME_ADJUSTED:
		return app_show_message(app, ROLE_WARM, "%s (adjusted by the kernel)", text);
	default:
		break;
	}
	if (result->diag.text[0] != '\0')
		return app_show_message(app, ROLE_GOOD, "%s (%s)", text, result->diag.text);
	if (result->reversible && outcome->kind == CGW_STEP_SET)
		return app_show_message(app, ROLE_GOOD, "%s (%s: undo, %s: export to a policy)",
					text, undo, export);
	if (result->reversible)
		return app_show_message(app, ROLE_GOOD, "%s (%s: undo)", text, undo);
	return app_show_message(app, ROLE_GOOD, "%s", text);
}

static unsigned report_undone(struct app *app, const struct change_job *change)
{
	char text[512];

	app_forget_change(app, "", change->undone);
	if (change->outcome_count != 1)
		return app_show_message(app, ROLE_GOOD, "undone: %zu changes",
					change->outcome_count);
	change_outcome_format(&change->outcomes[0], text, sizeof(text));
	return app_show_message(app, ROLE_GOOD, "undone: %s", text);
}

unsigned change_job_report(struct app *app, struct change_job *change)
{
	unsigned reactions = REACTION_SAMPLE;
	const char *noun = change->step_count == 1 ? "group" : "value";
	size_t done_count = 0, reversible = 0, unchanged;
	char rest[48] = "", undo[16], hint[32] = "";

	if (change->error < 0)
		return reactions | REACTION_BEEP |
		       app_show_message(app, ROLE_BAD, "%s", change->diag.text);
	if (change->undo != NULL)
		return reactions | report_undone(app, change);
	for (size_t i = 0; i < change->outcome_count; i++) {
		const struct cgw_result *result = &change->outcomes[i].result;

		done_count += result->outcome == CGW_OUTCOME_DONE ||
			      result->outcome == CGW_OUTCOME_ADJUSTED;
		reversible += result->reversible;
	}
	if (reversible > 0)
		app_remember_change(app, "", change->transaction);
	if (change->outcome_count == 1)
		return reactions | report_one(app, &change->outcomes[0]);
	unchanged = change->outcome_count - done_count;
	if (unchanged > 0)
		(void)snprintf(rest, sizeof(rest), ", %zu unchanged", unchanged);
	app_key_name(app, ACTION_UNDO, undo, sizeof(undo));
	if (reversible > 0 && reversible == done_count)
		(void)snprintf(hint, sizeof(hint), " (%s: undo)", undo);
	return reactions | app_show_message(app, ROLE_GOOD, "%zu %s%s changed%s%s", done_count,
					    noun, done_count == 1 ? "" : "s", rest, hint);
}

int undo_job_new(const uint64_t *changes, size_t count, struct change_job **ret_job)
{
	const struct targets none = {0};
	struct change_job *change;
	int r = change_job_new("Undoing", &none, &change);

	if (r < 0)
		return r;
	change->undo = calloc(count + 1, sizeof(*change->undo));
	if (change->undo == NULL) {
		free_change_job(&change->job);
		return -ENOMEM;
	}
	memcpy(change->undo, changes, count * sizeof(*changes));
	change->undo_count = count;
	*ret_job = change;
	return 0;
}

uint64_t change_job_undone(const struct change_job *change)
{
	return change->undone;
}

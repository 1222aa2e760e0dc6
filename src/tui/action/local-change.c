/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* local-change.c - changes to groups of this machine: what they affect, plans, results. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/policy.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "shared/report/log-change.h"
#include "tui/action/change-job.h"
#include "tui/detail/detail.h"

/* Groups listed in a dialog. */
#define SHOWN_GROUPS_MAX 8
/* Number of processes listed by name; all are counted. */
#define NAMES_MAX 12
/* Number of groups inspected. */
#define INSPECTED_GROUPS_MAX 5000

static void record_problem(void *context, const struct cgw_policy_problem *problem)
{
	struct cgw_diag *diag = context;

	if (!problem->warning && diag->text[0] == '\0')
		cgw_diag_set(diag, -EINVAL,
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
				.process_start = step->process_start,
				.recursive = step->recursive,
				.expected_ids = target->ids,
				.expected_id_count = CGW_HIERARCHY_MAX,
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
			.signal = step->signal,
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
		snprintf(change->diag.text, sizeof(change->diag.text), "%s",
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

static void local_run(struct job *job)
{
	struct change_job *change = (struct change_job *)job;
	struct cgw_protection *protection = NULL;
	struct cgw_limit_options options = {
		.dry_run = change->dry_run,
		.force = change->force,
		.protect = cgw_protection_check,
		.enable = true, /* the preview shows it before it is applied */
		.who = "cgward top",
		.why = "by hand",
	};

	change->error = load_protection(job->layout, &protection, &change->diag);
	options.protect_context = protection;
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
	for (size_t i = 0; i < change->outcome_count; i++)
		change->reversible = change->reversible || change->outcomes[i].result.reversible;
	cgw_protection_free(protection);
}

static void local_describe(const struct change_job *change, struct window *window)
{
	const struct change_step *step = &change->steps[0];
	const struct change_kind *kind = change_kind(step->kind);
	const struct targets *targets = &change->targets;
	char text[512], line[640], send[32] = "";

	if (step->kind == CGW_STEP_KILL)
		snprintf(send, sizeof(send), "Send %s (%d) to ", sigabbrev_np(step->signal),
			 step->signal);
	targets_format(targets, text, sizeof(text));
	snprintf(line, sizeof(line), "%s%s %s", send, kind->intro, text);
	window_add(window, ROLE_TEXT, line);
	for (size_t i = 0; targets->count > 1 && i < targets->count && i < SHOWN_GROUPS_MAX; i++) {
		cgw_escape(text, sizeof(text), targets->items[i].path,
			   strlen(targets->items[i].path));
		window_add(window, ROLE_STRONG, text);
	}
	snprintf(line, sizeof(line), "%s%s", step->recursive ? "Includes all groups below. " : "",
		 kind->hint);
	window_add(window, ROLE_DIM, line);
}

/* Counts the processes that an action would affect. */
struct action_preview {
	struct job job;
	struct string_list paths; /* the targets and their descendants */
	size_t group_count;
	struct targets targets;
	bool check_protection;
	size_t process_count, name_count;
	char names[1024]; /* escaped: "1234 nginx, 1235 nginx" */
	struct cgw_diag refusal;
};

static void free_preview(struct job *job)
{
	struct action_preview *preview = (struct action_preview *)job;

	string_list_free(&preview->paths);
	targets_done(&preview->targets);
	free(preview);
}

static void add_process(struct action_preview *preview, pid_t pid)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char file[64], name[64] = "?";
	size_t length;

	preview->process_count++;
	if (preview->name_count == NAMES_MAX)
		return;
	snprintf(file, sizeof(file), "%d/comm", (int)pid);
	if (cgw_proc_read(preview->job.layout, file, &text, &length) == 0 && length > 0)
		cgw_escape(name, sizeof(name), text, length - 1);
	text_append(preview->names, sizeof(preview->names), strlen(preview->names), "%s%d %s",
		    preview->name_count++ > 0 ? ", " : "", (int)pid, name);
}

static void run_preview(struct job *job)
{
	struct action_preview *preview = (struct action_preview *)job;

	for (size_t i = 0; i < preview->paths.count; i++) {
		CLEANUP(cleanup_free) char *text = NULL;

		if (process_list_read(job->layout, preview->paths.items[i], &text) < 0)
			continue;
		for (char *at = text, *end; *at != '\0'; at = end + (*end == '\n')) {
			long pid = strtol(at, &end, 10);

			if (end == at)
				break;
			add_process(preview, (pid_t)pid);
		}
	}
	for (size_t i = 0; preview->check_protection && i < preview->targets.count; i++)
		if (cgw_protect_check(job->layout, preview->targets.items[i].path,
				      &preview->refusal) < 0)
			return;
}

static void add_subtree(struct action_preview *preview, const struct cgw_topology *topology,
			const char *path)
{
	uint32_t top = cgw_topology_find(topology, path), end;

	if (top == CGW_NO_GROUP)
		return;
	end = top + topology->below[top] + 1;
	preview->group_count += end - top;
	for (uint32_t i = top; i < end && preview->paths.count < INSPECTED_GROUPS_MAX; i++)
		(void)string_list_take(&preview->paths, cgw_topology_path_copy(topology, i));
}

static struct job *local_preview(const struct app *app, const struct change_job *change)
{
	struct action_preview *preview = calloc(1, sizeof(*preview));

	if (preview == NULL || targets_copy(&change->targets, &preview->targets) < 0) {
		free(preview);
		return NULL;
	}
	preview->job = (struct job){.run = run_preview, .free = free_preview, .name = "Inspecting"};
	preview->check_protection = change_kind(change->steps[0].kind)->check_protection;
	for (size_t i = 0; i < change->targets.count; i++)
		add_subtree(preview, app_topology(app), change->targets.items[i].path);
	return &preview->job;
}

static void local_show(struct window *window, struct job *job)
{
	const struct action_preview *preview = (const struct action_preview *)job;
	char line[1100];

	snprintf(line, sizeof(line), "%zu process%s in %zu group%s", preview->process_count,
		 preview->process_count == 1 ? "" : "es", preview->group_count,
		 preview->group_count == 1 ? "" : "s");
	window_add(window, ROLE_STRONG, line);
	snprintf(line, sizeof(line), "%s", preview->names);
	if (preview->process_count > preview->name_count)
		text_append(line, sizeof(line), strlen(line), " and %zu more",
			    preview->process_count - preview->name_count);
	if (preview->name_count > 0)
		window_add(window, ROLE_TEXT, line);
	if (preview->refusal.text[0] == '\0')
		return;
	window_add(window, ROLE_BAD, preview->refusal.text);
	window_refuse(window);
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

static unsigned local_report(struct app *app, struct change_job *change)
{
	const char *noun = change->step_count == 1 ? "group" : "value";
	size_t done_count = 0, reversible = 0;
	char text[512], undo[16];

	if (change->undo != NULL && change->outcome_count != 1)
		return app_show_message(app, ROLE_GOOD, "undone: %zu changes",
					change->outcome_count);
	if (change->undo != NULL) {
		change_outcome_format(&change->outcomes[0], text, sizeof(text));
		return app_show_message(app, ROLE_GOOD, "undone: %s", text);
	}
	if (change->outcome_count == 1)
		return report_one(app, &change->outcomes[0]);
	for (size_t i = 0; i < change->outcome_count; i++) {
		const struct cgw_result *result = &change->outcomes[i].result;

		done_count += result->outcome == CGW_OUTCOME_DONE ||
			      result->outcome == CGW_OUTCOME_ADJUSTED;
		reversible += result->reversible;
	}
	text[0] = '\0';
	if (change->outcome_count > done_count)
		snprintf(text, sizeof(text), ", %zu unchanged", change->outcome_count - done_count);
	app_key_name(app, ACTION_UNDO, undo, sizeof(undo));
	if (reversible > 0 && reversible == done_count)
		text_append(text, sizeof(text), strlen(text), " (%s: undo)", undo);
	return app_show_message(app, ROLE_GOOD, "%zu %s%s changed%s", done_count, noun,
				done_count == 1 ? "" : "s", text);
}

const struct change_backend local_changes = {
	.run = local_run,
	.describe = local_describe,
	.preview = local_preview,
	.show = local_show,
	.report = local_report,
};

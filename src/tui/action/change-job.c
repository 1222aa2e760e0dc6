/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-job.c - asks for changes, runs them and reports their results, on any machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "tui/action/change-job.h"

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
	free(change->answer.text);
	string_list_free(&change->arguments);
	targets_done(&change->targets);
	free(change);
}

static void run(struct job *job)
{
	struct change_job *change = (struct change_job *)job;

	if (change->error == 0)
		change->backend->run(job);
	if (change->error < 0 && change->diag.text[0] == '\0')
		cgw_diag_set(&change->diag, change->error, "%s", strerror(-change->error));
}

static unsigned done(struct app *app, struct job *job)
{
	struct change_job *change = (struct change_job *)job;

	if (!change->dry_run)
		return change_job_report(app, change);
	return change->on_dry_run != NULL ? change->on_dry_run(app, change) : REACTION_NONE;
}

struct change_job *change_job_new(const char *name, struct targets *targets)
{
	struct change_job *change = calloc(1, sizeof(*change));

	if (change == NULL) {
		targets_done(targets);
		return NULL;
	}
	*change = (struct change_job){
		.job = {.run = run,
			.done = done,
			.free = free_change_job,
			.name = name,
			.acts = true},
		.backend = targets->host != NULL ? &remote_changes : &local_changes,
		.targets = *targets,
	};
	*targets = (struct targets){0};
	return change;
}

struct change_job *change_job_from(struct job *job)
{
	return job->run == run ? (struct change_job *)job : NULL;
}

unsigned change_job_ask(struct app *app, struct change_job *change, const char *title)
{
	struct window *window;
	char names[120];

	/* What it applies to comes first; an undo finds that later. */
	targets_format(&change->targets, names, sizeof(names));
	window = window_ask(FORMATTED(200, "%s%s%s", title, change->undo == NULL ? " " : "",
				      change->undo == NULL ? names : ""),
			    &change->job);
	if (window != NULL) {
		change->backend->describe(change, window);
		window_set_preview(window, change->backend->preview(app, change),
				   change->backend->show);
	}
	return window_open(app, window);
}

unsigned change_job_start(struct app *app, struct change_job *change)
{
	const struct change_kind *kind;

	if (change == NULL || change->error < 0 || change->step_count == 0) {
		if (change != NULL)
			free_change_job(&change->job);
		return app_show_message(app, ROLE_BAD, "out of memory");
	}
	kind = change_kind(change->steps[0].kind);
	return kind->ask || change->targets.host != NULL ? change_job_ask(app, change, kind->title)
							 : app_post_job(app, NULL, &change->job);
}

unsigned change_job_report(struct app *app, struct change_job *change)
{
	const char *host = change->targets.host != NULL ? change->targets.host : "";

	if (change->error == 0 && change->undo != NULL)
		app_forget_change(app, host, change->undone);
	else if (change->error == 0 && change->reversible)
		app_remember_change(app, host, change->transaction);
	if (change->error == 0)
		return REACTION_SAMPLE | change->backend->report(app, change);
	return REACTION_SAMPLE | REACTION_BEEP |
	       app_show_message(app, ROLE_BAD, "%s%s%s", ESCAPED(128, host),
				host[0] != '\0' ? ": " : "", change->diag.text);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-actions.c - signals to single processes, and moving them to another group. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "tui/action/change-job.h"
#include "tui/action/group-actions.h"

/* The change of the process on its group, which the plan checks; NULL: the reason is shown. */
static struct change_job *new_change(struct app *app, const char *path,
				     const struct change_step *step, unsigned *ret_reactions)
{
	uint32_t group = path != NULL ? cgw_topology_find(app_topology(app), path) : CGW_NO_GROUP;
	struct targets targets;
	struct change_job *change;

	*ret_reactions = REACTION_BEEP;
	if (group == CGW_NO_GROUP) {
		*ret_reactions |= app_show_message(app, ROLE_WARM, "no such group");
		return NULL;
	}
	if (targets_of_group(app, group, &targets) < 0)
		return NULL;
	change = change_job_new(step->kind == CGW_STEP_KILL ? "Signalling"
							    : change_kind(step->kind)->name,
				&targets);
	if (change != NULL)
		change_job_add(change, step);
	return change;
}

static unsigned signal_accept(struct app *app, int number)
{
	const struct process_target *target = &app->process;
	const struct change_step step = {.kind = CGW_STEP_KILL,
					 .signal = number,
					 .pid = target->pid,
					 .process_start = target->start_ticks};
	struct change_job *change;
	struct window *window;
	unsigned reactions;

	change = new_change(app, target->path, &step, &reactions);
	if (change == NULL)
		return reactions;
	window = window_ask(FORMATTED(256, "Process %d: send %s (%d)", (int)target->pid,
				      sigabbrev_np(number), number),
			    &change->job);
	window_add(window, ROLE_STRONG, target->command);
	window_add(window, ROLE_DIM, "Only this process, not the others of its group.");
	return window_open(app, window);
}

static void remember(struct app *app, const struct process_target *target, const char *path)
{
	free(app->process.path);
	app->process = *target;
	app->process.path = strdup(path);
}

unsigned process_kill(struct app *app, const struct process_target *target, const char *path)
{
	char title[200];

	if (target->pid == 1)
		return REACTION_BEEP | app_show_message(app, ROLE_BAD,
							"cannot signal process 1: it is the init "
							"process");
	snprintf(title, sizeof(title), "Process %d (%.80s): choose a signal", (int)target->pid,
		 target->command);
	remember(app, target, path);
	return open_signal_menu(app, title, signal_accept);
}

static bool move_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	const struct change_step step = {.kind = CGW_STEP_MOVE,
					 .pid = app->process.pid,
					 .process_start = app->process.start_ticks};
	char path[LINE_MAX_BYTES];
	struct change_job *change;

	snprintf(path, sizeof(path), "%s", text);
	cgw_unescape(path);
	if (cgw_topology_find(app_topology(app), path) == CGW_NO_GROUP) {
		*ret_reactions = REACTION_BEEP | app_show_message(app, ROLE_WARM, "no such group");
		return false;
	}
	change = new_change(app, path, &step, ret_reactions);
	if (change != NULL)
		*ret_reactions = change_job_start(app, change);
	return true;
}

unsigned process_move(struct app *app, const struct process_target *target, const char *path)
{
	struct prompt prompt = {.accept = move_accept};

	snprintf(prompt.title, sizeof(prompt.title), "Move process %d to the group",
		 (int)target->pid);
	remember(app, target, path);
	return open_prompt(app, &prompt, ESCAPED(LINE_MAX_BYTES, path));
}

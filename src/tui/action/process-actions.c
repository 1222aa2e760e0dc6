/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-actions.c - signals to single processes, and moving them to another group. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/inspect/parse-proc.h"
#include "tui/action/change-job.h"
#include "tui/action/group-actions.h"
#include "tui/action/process-actions.h"

struct signal_job {
	struct job job;
	struct process_target target;
	int signal;
	int error;
};

static void free_signal(struct job *job)
{
	free(job);
}

/* -ESRCH if the process has exited, also if another one has its PID now. */
static int check_start_time(const struct cgw_layout *layout, const struct process_target *target)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct process_stat stat = {0};
	char file[64];
	size_t length;
	int r;

	snprintf(file, sizeof(file), "%d/stat", (int)target->pid);
	r = cgw_proc_read(layout, file, &text, &length);
	if (r == 0)
		r = parse_stat(text, &stat);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	return stat.start_ticks == target->start_ticks ? 0 : -ESRCH;
}

/* The descriptor refers to one process, so that its PID cannot be reused after the check. */
static int send_signal(const struct cgw_layout *layout, const struct process_target *target,
		       int number)
{
	int r, fd = (int)syscall(SYS_pidfd_open, target->pid, 0);

	if (fd < 0)
		return -errno;
	r = check_start_time(layout, target);
	if (r == 0 && syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) < 0)
		r = -errno;
	close(fd);
	return r;
}

static void run_signal(struct job *job)
{
	struct signal_job *action = (struct signal_job *)job;

	action->error = send_signal(job->layout, &action->target, action->signal);
}

static unsigned signal_done(struct app *app, struct job *job)
{
	const struct signal_job *action = (const struct signal_job *)job;

	if (action->error < 0)
		return REACTION_BEEP |
		       app_show_message(app, ROLE_BAD, "cannot signal process %d (%.80s): %s",
					(int)action->target.pid, action->target.command,
					strerror(-action->error));
	return REACTION_SAMPLE | app_show_message(app, ROLE_GOOD, "sent %s to process %d (%.80s)",
						  sigabbrev_np(action->signal),
						  (int)action->target.pid, action->target.command);
}

static unsigned signal_accept(struct app *app, int number)
{
	struct signal_job *action = calloc(1, sizeof(*action));
	struct window *window;
	char text[256];

	if (action == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	action->job = (struct job){.run = run_signal,
				   .done = signal_done,
				   .free = free_signal,
				   .name = "Signalling",
				   .acts = true};
	action->target = app->process;
	action->signal = number;
	snprintf(text, sizeof(text), "Process %d: send %s (%d)", (int)app->process.pid,
		 sigabbrev_np(number), number);
	window = window_ask(text, &action->job);
	window_add(window, ROLE_STRONG, app->process.command);
	window_add(window, ROLE_DIM, "Only this process, not the others of its group.");
	return window_open(app, window);
}

unsigned process_kill(struct app *app, const struct process_target *target)
{
	char title[200];

	if (target->pid == 1)
		return REACTION_BEEP | app_show_message(app, ROLE_BAD,
							"cannot signal process 1: it is the init "
							"process");
	snprintf(title, sizeof(title), "Process %d (%.80s): choose a signal", (int)target->pid,
		 target->command);
	app->process = *target;
	return open_signal_menu(app, title, signal_accept);
}

static bool move_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	const struct cgw_topology *topology = app_topology(app);
	char path[LINE_MAX_BYTES];
	struct targets targets;
	struct change_job *change;
	uint32_t group;

	snprintf(path, sizeof(path), "%s", text);
	cgw_unescape(path);
	group = cgw_topology_find(topology, path);
	if (group == CGW_NO_GROUP) {
		*ret_reactions = REACTION_BEEP | app_show_message(app, ROLE_WARM, "no such group");
		return false;
	}
	/* The plan records the start time of the process that has the PID when it is made. */
	if (app_layout(app) != NULL && check_start_time(app_layout(app), &app->process) < 0) {
		*ret_reactions = REACTION_BEEP | app_show_message(app, ROLE_BAD,
								  "cannot move process %d: it has "
								  "exited",
								  (int)app->process.pid);
		return true;
	}
	*ret_reactions = REACTION_BEEP;
	if (targets_of_group(app, group, &targets) < 0)
		return true;
	change = change_job_new(change_kind(CGW_STEP_MOVE)->name, &targets);
	if (change != NULL)
		change_job_add(change, &(struct change_step){.kind = CGW_STEP_MOVE,
							     .pid = app->process.pid});
	*ret_reactions = change_job_start(app, change);
	return true;
}

unsigned process_move(struct app *app, const struct process_target *target, const char *path)
{
	struct prompt prompt = {.accept = move_accept};
	char shown[LINE_MAX_BYTES];

	snprintf(prompt.title, sizeof(prompt.title), "Move process %d to the group",
		 (int)target->pid);
	cgw_escape(shown, sizeof(shown), path, strlen(path));
	app->process = *target;
	return open_prompt(app, &prompt, shown);
}

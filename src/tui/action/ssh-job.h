/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ssh-job.h - a job that runs a cgward command on a remote host, and the groups it applies to. */
#ifndef CGWARD_TUI_ACTION_SSH_JOB_H
#define CGWARD_TUI_ACTION_SSH_JOB_H

#include "shared/remote/remote-command.h"
#include "tui/core/app.h"

#define REMOTE_TARGETS_MAX 64

/* Groups of one host, by their paths on that host. */
struct remote_targets {
	const char *host; /* as given by the user; owned by app->hosts */
	char *paths[REMOTE_TARGETS_MAX];
	uint64_t ids[REMOTE_TARGETS_MAX]; /* as reported by that host; 0: unknown */
	size_t count;
	bool have_children;
};
/* The marked groups, else the selected one. On failure shows the reason. */
int remote_targets_collect(struct app *app, struct remote_targets *ret_targets);
void remote_targets_done(struct remote_targets *targets);

/* Arguments of a command, copied. */
struct remote_arguments {
	char *items[REMOTE_COMMAND_ARGUMENTS_MAX + 1];
	size_t count;
	bool failed; /* too many arguments, or out of memory */
};
void remote_arguments_add(struct remote_arguments *arguments, const char *word);
void remote_arguments_done(struct remote_arguments *arguments);
/* "cgward freeze -- /a", escaped for display, not for a shell. */
void remote_arguments_format(const struct remote_arguments *arguments, char *buffer, size_t size);

struct ssh_job;
/* `name` is a string literal. Copies the arguments; `more`, unless NULL, goes after the first. */
struct ssh_job *ssh_job_new(struct app *app, const char *name, const char *host,
			    const struct remote_arguments *arguments, const char *more);
struct job *ssh_job_as_job(struct ssh_job *remote);
struct ssh_job *ssh_job_from(struct job *job);

/* Call when the job is done. 0 and the answer, or an error and its reason. */
int ssh_job_result(const struct ssh_job *remote, const struct remote_command_result **ret_answer,
		   const char **ret_reason);
const char *ssh_job_host(const struct ssh_job *remote) CGW_PURE;
/* Line `i` of the output, escaped; false past the last line. */
bool ssh_job_line(const struct ssh_job *remote, size_t i, char *buffer, size_t size);

#endif

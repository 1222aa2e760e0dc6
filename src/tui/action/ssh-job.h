/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ssh-job.h - a verb on another host as a job, and which groups of which host it is about. */
#ifndef CGWARD_TUI_ACTION_SSH_JOB_H
#define CGWARD_TUI_ACTION_SSH_JOB_H

#include "shared/remote/remote-command.h"
#include "tui/core/app.h"

#define FAR_GROUPS_MAX 64

/* Groups of one host, by their paths there. */
struct remote_targets {
	const char *host; /* as it was given: app->hosts keeps it */
	char *paths[FAR_GROUPS_MAX];
	uint64_t ids[FAR_GROUPS_MAX]; /* as that host tells them; 0: not known */
	size_t count;
	bool have_children;
};
/* The marked groups, else the one at hand. Negative: why not is said. */
int remote_targets_collect(struct app *app, struct remote_targets *ret_targets);
void remote_targets_done(struct remote_targets *targets);

/* Words of a command, copied. */
struct remote_arguments {
	char *items[REMOTE_COMMAND_ARGUMENTS_MAX + 1];
	size_t count;
	bool failed; /* too many, or memory ran out */
};
void remote_arguments_add(struct remote_arguments *words, const char *word);
void remote_arguments_done(struct remote_arguments *words);
/* "cgward freeze -- /a", escaped: for people, not for a shell. */
void remote_arguments_format(const struct remote_arguments *words, char *buffer, size_t size);

struct ssh_job;
/* `name` is a constant: "Freezing". The words are copied, with `more` (may be NULL) behind the first. */
struct ssh_job *ssh_job_new(struct app *app, const char *name, const char *host,
			    const struct remote_arguments *words, const char *more);
struct job *ssh_job_as_job(struct ssh_job *far);
struct ssh_job *ssh_job_from(struct job *job);

/* When it is done: 0 and its answer, or why there is none. */
int ssh_job_result(const struct ssh_job *far, const struct remote_command_result **ret_answer,
		   const char **ret_reason);
const char *ssh_job_host(const struct ssh_job *far) CGW_PURE;
/* Line `i` of what it printed, escaped; false where there are no more. */
bool ssh_job_line(const struct ssh_job *far, size_t i, char *buffer, size_t size);

#endif

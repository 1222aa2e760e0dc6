/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ssh-job.c - runs cgward commands on remote hosts as jobs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/action/ssh-job.h"
#include "tui/action/targets.h"

/* Longer than the commands' own timeout of ten seconds, since logging in may be slow. */
#define TIMEOUT_NS UINT64_C(60000000000)

struct ssh_job {
	struct job job;
	char *host, *ssh; /* ssh NULL: the default command */
	struct remote_arguments arguments;
	struct remote_command_result answer;
	int error;
	struct cgw_diag diag;
};

void remote_arguments_add(struct remote_arguments *arguments, const char *word)
{
	if (arguments->count == REMOTE_COMMAND_ARGUMENTS_MAX) {
		arguments->failed = true;
		return;
	}
	arguments->items[arguments->count] = strdup(word);
	arguments->failed = arguments->failed || arguments->items[arguments->count] == NULL;
	arguments->count += arguments->items[arguments->count] != NULL;
}

void remote_arguments_done(struct remote_arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++)
		free(arguments->items[i]);
	*arguments = (struct remote_arguments){.count = 0};
}

void remote_arguments_format(const struct remote_arguments *arguments, char *buffer, size_t size)
{
	size_t used = (size_t)snprintf(buffer, size, "cgward");

	for (size_t i = 0; i < arguments->count && used + 2 < size; i++) {
		buffer[used++] = ' ';
		used += cgw_escape(buffer + used, size - used, arguments->items[i],
				   strlen(arguments->items[i]));
	}
}

void remote_targets_done(struct remote_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		free(targets->paths[i]);
	*targets = (struct remote_targets){.count = 0};
}

/* Splits "/web1/system.slice" if there are several hosts; of one host all of it is the path. */
static const char *split(const struct app *app, const char *path, const char **ret_path)
{
	const struct app_hosts *hosts = &app->hosts;
	size_t length = strcspn(path + 1, "/");

	*ret_path = path;
	if (hosts->count == 1)
		return hosts->names[0];
	for (size_t i = 0; i < hosts->count; i++)
		if (strlen(hosts->names[i]) == length &&
		    memcmp(hosts->names[i], path + 1, length) == 0) {
			*ret_path = path[1 + length] == '/' ? path + 1 + length : "/";
			return hosts->names[i];
		}
	return NULL;
}

static const char *add_target(const struct app *app, const struct target *target,
			      struct remote_targets *targets)
{
	const char *path, *host = split(app, target->path, &path);

	if (host == NULL)
		return "not a host: select a group of one host";
	if (targets->host != NULL && targets->host != host)
		return "the marked groups are on several hosts: mark groups of one host only";
	/* If the group no longer exists, the command would treat its name as a glob. */
	if (strpbrk(path, "*?[{") != NULL)
		return "the name contains wildcards: run the action on the host itself";
	if (targets->count == REMOTE_TARGETS_MAX)
		return "too many groups marked";
	targets->host = host;
	targets->ids[targets->count] = target->id;
	targets->paths[targets->count] = strdup(path);
	if (targets->paths[targets->count] == NULL)
		return "out of memory";
	targets->count++;
	targets->have_children = targets->have_children || target->below > 0;
	return NULL;
}

int remote_targets_collect(struct app *app, struct remote_targets *ret_targets)
{
	struct remote_targets targets = {.count = 0};
	struct targets at_hand;
	const char *problem = NULL;
	int r = targets_collect(app, &at_hand);

	if (r < 0)
		return r;
	for (size_t i = 0; i < at_hand.count && problem == NULL; i++)
		problem = add_target(app, &at_hand.items[i], &targets);
	targets_done(&at_hand);
	if (problem != NULL) {
		app_show_message(app, ROLE_WARM, "%s", problem);
		remote_targets_done(&targets);
		return -EINVAL;
	}
	*ret_targets = targets;
	return 0;
}

static void run(struct job *job)
{
	struct ssh_job *remote = (struct ssh_job *)job;
	const char *ssh[REMOTE_SSH_ARGUMENTS_MAX + 1];
	CLEANUP(cleanup_free) char *words = NULL;
	const struct remote_command_request request = {
		.host = remote->host,
		.ssh = ssh,
		.arguments = (const char *const *)remote->arguments.items,
		.timeout_ns = TIMEOUT_NS,
	};

	remote->error = remote_ssh_parse_command(remote->ssh, &words, ssh, &remote->diag);
	if (remote->error == 0)
		remote->error = remote_command_run(&request, &remote->answer, &remote->diag);
}

static void free_ssh_job(struct job *job)
{
	struct ssh_job *remote = (struct ssh_job *)job;

	remote_arguments_done(&remote->arguments);
	free(remote->answer.text);
	free(remote->host);
	free(remote->ssh);
	free(remote);
}

struct ssh_job *ssh_job_new(struct app *app, const char *name, const char *host,
			    const struct remote_arguments *arguments, const char *more)
{
	struct ssh_job *remote = calloc(1, sizeof(*remote));

	if (remote == NULL)
		return NULL;
	remote->job = (struct job){.run = run, .free = free_ssh_job, .name = name};
	remote->host = strdup(host);
	remote->ssh = app->hosts.ssh != NULL ? strdup(app->hosts.ssh) : NULL;
	for (size_t i = 0; i < arguments->count; i++) {
		remote_arguments_add(&remote->arguments, arguments->items[i]);
		if (i == 0 && more != NULL)
			remote_arguments_add(&remote->arguments, more);
	}
	if (remote->host == NULL || (app->hosts.ssh != NULL && remote->ssh == NULL) ||
	    arguments->failed || remote->arguments.failed) {
		free_ssh_job(&remote->job);
		return NULL;
	}
	return remote;
}

struct job *ssh_job_as_job(struct ssh_job *remote)
{
	return &remote->job;
}

struct ssh_job *ssh_job_from(struct job *job)
{
	return job->run == run ? (struct ssh_job *)job : NULL;
}

const char *ssh_job_host(const struct ssh_job *remote)
{
	return remote->host;
}

int ssh_job_result(const struct ssh_job *remote, const struct remote_command_result **ret_answer,
		   const char **ret_reason)
{
	*ret_answer = &remote->answer;
	*ret_reason = remote->diag.text;
	return remote->error;
}

bool ssh_job_line(const struct ssh_job *remote, size_t i, char *buffer, size_t size)
{
	const char *at = remote->answer.text;

	while (at != NULL && i > 0) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
		i--;
	}
	if (at == NULL || *at == '\0')
		return false;
	cgw_escape(buffer, size, at, strcspn(at, "\n"));
	return true;
}

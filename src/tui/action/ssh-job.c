/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ssh-job.c - verbs on other hosts as jobs: a job owns all that it needs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/action/ssh-job.h"
#include "tui/action/targets.h"

/* Verbs themselves give up after ten seconds; logging in takes its time. */
#define TIMEOUT_NS UINT64_C(60000000000)

struct ssh_job {
	struct job job;
	char *host, *ssh; /* NULL: ssh alone */
	struct remote_arguments words;
	struct remote_command_result answer;
	int error;
	struct cgw_diag diag;
};

void remote_arguments_add(struct remote_arguments *words, const char *word)
{
	if (words->count == REMOTE_COMMAND_ARGUMENTS_MAX) {
		words->failed = true;
		return;
	}
	words->items[words->count] = strdup(word);
	words->failed = words->failed || words->items[words->count] == NULL;
	words->count += words->items[words->count] != NULL;
}

void remote_arguments_done(struct remote_arguments *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	*words = (struct remote_arguments){.count = 0};
}

void remote_arguments_format(const struct remote_arguments *words, char *buffer, size_t size)
{
	size_t used = (size_t)snprintf(buffer, size, "cgward");

	for (size_t i = 0; i < words->count && used + 2 < size; i++) {
		buffer[used++] = ' ';
		used += cgw_escape(buffer + used, size - used, words->items[i],
				   strlen(words->items[i]));
	}
}

void remote_targets_done(struct remote_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		free(targets->paths[i]);
	*targets = (struct remote_targets){.count = 0};
}

/* "/web1/system.slice" of several hosts apart; of one host all of it is the path. */
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
		return "that is no host: choose a group of one";
	if (targets->host != NULL && targets->host != host)
		return "these groups are of several hosts: one host at a time";
	/* Where the group has gone meanwhile the verb there would take it for a pattern. */
	if (strpbrk(path, "*?[{") != NULL)
		return "a name that is a pattern as well: act on it on the host itself";
	if (targets->count == FAR_GROUPS_MAX)
		return "too many groups at once";
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
		(void)app_show_message(app, ROLE_WARM, "%s", problem);
		remote_targets_done(&targets);
		return -EINVAL;
	}
	*ret_targets = targets;
	return 0;
}

static void run(struct job *job)
{
	struct ssh_job *far = (struct ssh_job *)job;
	const char *ssh[REMOTE_SSH_ARGUMENTS_MAX + 1];
	CLEANUP(cleanup_free) char *words = NULL;
	const struct remote_command verb = {
		.host = far->host,
		.ssh = ssh,
		.arguments = (const char *const *)far->words.items,
		.timeout_ns = TIMEOUT_NS,
	};

	far->error = remote_ssh_parse_command(far->ssh, &words, ssh, &far->diag);
	if (far->error == 0)
		far->error = remote_command_run(&verb, &far->answer, &far->diag);
}

static void free_far(struct job *job)
{
	struct ssh_job *far = (struct ssh_job *)job;

	remote_arguments_done(&far->words);
	free(far->answer.text);
	free(far->host);
	free(far->ssh);
	free(far);
}

struct ssh_job *ssh_job_new(struct app *app, const char *name, const char *host,
			    const struct remote_arguments *words, const char *more)
{
	struct ssh_job *far = calloc(1, sizeof(*far));

	if (far == NULL)
		return NULL;
	far->job = (struct job){.run = run, .free = free_far, .name = name};
	far->host = strdup(host);
	far->ssh = app->hosts.ssh != NULL ? strdup(app->hosts.ssh) : NULL;
	for (size_t i = 0; i < words->count; i++) {
		remote_arguments_add(&far->words, words->items[i]);
		if (i == 0 && more != NULL)
			remote_arguments_add(&far->words, more);
	}
	if (far->host == NULL || (app->hosts.ssh != NULL && far->ssh == NULL) || words->failed ||
	    far->words.failed) {
		free_far(&far->job);
		return NULL;
	}
	return far;
}

struct job *ssh_job_as_job(struct ssh_job *far)
{
	return &far->job;
}

struct ssh_job *ssh_job_from(struct job *job)
{
	return job->run == run ? (struct ssh_job *)job : NULL;
}

const char *ssh_job_host(const struct ssh_job *far)
{
	return far->host;
}

int ssh_job_result(const struct ssh_job *far, const struct remote_command_result **ret_answer,
		   const char **ret_reason)
{
	*ret_answer = &far->answer;
	*ret_reason = far->diag.text;
	return far->error;
}

bool ssh_job_line(const struct ssh_job *far, size_t i, char *buffer, size_t size)
{
	const char *at = far->answer.text;

	while (at != NULL && i > 0) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
		i--;
	}
	if (at == NULL || *at == '\0')
		return false;
	(void)cgw_escape(buffer, size, at, strcspn(at, "\n"));
	return true;
}

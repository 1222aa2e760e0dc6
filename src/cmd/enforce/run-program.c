/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-program.c - run commands of rules, and find the largest process of a group. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/enforce/run-program.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"

#define COMMAND_TIMEOUT_NS (10 * NS_PER_S)
#define WORDS_MAX          31

/* Environment of a command: facts about the action and PATH, nothing of the daemon's own. */
struct environment {
	char *list[8];
};

static void free_environment(struct environment *environment)
{
	for (size_t i = 0; i < ARRAY_SIZE(environment->list); i++)
		free(environment->list[i]);
}

static char *format_variable(const char *name, const char *value)
{
	char *text;

	return asprintf(&text, "%s=%s", name, value) < 0 ? NULL : text;
}

static int fill_environment(const struct cgw_action *action, struct environment *environment)
{
	const char *key =
		action->control < CGW_CONTROL_COUNT ? cgw_control_info(action->control)->key : "";
	char step[16];

	snprintf(step, sizeof(step), "%u", action->step);
	*environment = (struct environment){{
		format_variable("CGWARD_GROUP", action->path),
		format_variable("CGWARD_RULE", action->rule),
		format_variable("CGWARD_REASON", action->reason),
		format_variable("CGWARD_KEY", key),
		format_variable("CGWARD_STEP", step),
		format_variable("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
	}};
	for (size_t i = 0; i < 6; i++)
		if (environment->list[i] == NULL)
			return -ENOMEM;
	return 0;
}

static int spawn(char **words, char **environment, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int r;

	r = posix_spawn_file_actions_init(&files);
	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		posix_spawn_file_actions_destroy(&files);
		return -r;
	}
	sigemptyset(&none);
	sigfillset(&all);
	/* The daemon blocks signals; the command must not inherit that. */
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setpgroup(&attributes, 0);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
							    POSIX_SPAWN_SETPGROUP);
	r = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", 0, 0);
	if (r == 0)
		r = posix_spawn(ret_pid, words[0], &files, &attributes, words, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

int command_start(struct running_commands *commands, const struct cgw_action *action, char *reason,
		  size_t size)
{
	CLEANUP(cleanup_free) char *copy = strdup(action->command);
	CLEANUP(free_environment) struct environment environment = {{NULL}};
	char *words[WORDS_MAX + 1], *rest = copy, *word;
	struct running_command *running = NULL;
	size_t count = 0;
	int r;

	if (copy == NULL)
		return -ENOMEM;
	while ((word = strsep(&rest, " \t")) != NULL && count < WORDS_MAX)
		if (word[0] != '\0')
			words[count++] = word;
	words[count] = NULL;
	for (size_t i = 0; i < COMMANDS_MAX; i++)
		if (commands->items[i].pid == 0)
			running = &commands->items[i];
	if (running == NULL) {
		snprintf(reason, size, "%d commands are already running", COMMANDS_MAX);
		return -EAGAIN;
	}
	r = fill_environment(action, &environment);
	r = r < 0 ? r : spawn(words, environment.list, &running->pid);
	if (r < 0) {
		running->pid = 0;
		snprintf(reason, size, "cannot run %s: %s", words[0], strerror(-r));
		return r;
	}
	running->deadline_ns = clock_now_ns() + COMMAND_TIMEOUT_NS;
	return 0;
}

void reap_commands(struct running_commands *commands)
{
	for (size_t i = 0; i < COMMANDS_MAX; i++) {
		struct running_command *running = &commands->items[i];

		if (running->pid == 0)
			continue;
		if (waitpid(running->pid, NULL, WNOHANG) != 0)
			running->pid = 0;
		else if (clock_now_ns() >= running->deadline_ns)
			(void)kill(-running->pid, SIGKILL);
	}
}

/* Resident pages from /proc/PID/statm; 0 on error. */
static unsigned long resident_pages(const struct cgw_layout *layout, pid_t pid)
{
	CLEANUP(cleanup_free) char *text = NULL;
	unsigned long pages = 0;
	char *at;
	size_t length;

	if (cgw_proc_read(layout, FORMATTED(32, "%d/statm", (int)pid), &text, &length) < 0)
		return 0;
	(void)strtoul(text, &at, 10);
	pages = strtoul(at, NULL, 10);
	return pages;
}

int find_largest_process(const struct cgw_layout *layout, const struct cgw_action *action,
			 pid_t *ret_pid)
{
	CLEANUP(cleanup_close) int directory = -1;
	CLEANUP(cleanup_free) char *text = NULL;
	unsigned long most = 0;
	pid_t largest = 0;
	uint64_t id = 0;
	size_t length;
	char *at, *end;
	int r = cgw_group_open(layout, action->hierarchy, action->path, &directory, &id);

	if (r == 0 && id != action->group_id)
		r = -ESTALE;
	if (r == 0)
		r = cgw_file_read(layout, directory, "cgroup.procs", &text, &length);
	if (r < 0)
		return r;
	for (at = text; at != NULL; at = end) {
		pid_t pid = (pid_t)strtol(at, &end, 10);
		unsigned long pages;

		if (end == at)
			break;
		pages = pid > 1 ? resident_pages(layout, pid) : 0;
		if (pages > most) {
			most = pages;
			largest = pid;
		}
	}
	if (largest == 0)
		return -ESRCH;
	*ret_pid = largest;
	return 0;
}

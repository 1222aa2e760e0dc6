/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* create-move-command.c - `cgward create`, `move` and `delete`. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change-report.h"
#include "cmd/change/group-arguments.h"
#include "lib/base/cleanup.h"

static const struct cli_option create_options[] = {
	CHANGE_OPTIONS,
	CHANGE_SET_OPTIONS,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example create_examples[] = {
	{"Create a group with at most 100 processes", "cgward create /batch pids.max=100"},
	{"Create two groups", "cgward create /batch/small /batch/large"},
	{0},
};

static const struct cli_command_help create_help = {
	.usage = "cgward create [OPTION...] GROUP... [KEY=VALUE...]",
	.text = "Create each group in every hierarchy and apply the given settings, all or "
		"nothing.",
	.options = create_options,
	.examples = create_examples,
};

static const struct cli_option move_options[] = {
	CHANGE_OPTIONS,
	CHANGE_IF_ID_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example move_examples[] = {
	{"Move a process into a group", "cgward move 1234 /batch"},
	{"Show what would be moved", "cgward move --dry-run 1234 /batch"},
	{0},
};

static const struct cli_command_help move_help = {
	.usage = "cgward move [OPTION...] PID... GROUP",
	.text = "Move processes, with all their threads, into a group.",
	.options = move_options,
	.examples = move_examples,
};

struct delete
{
	struct change_command command;
	bool recursive;
};

static const struct cli_option delete_options[] = {
	{0, "recursive", NULL, "also remove the groups below", CLI_TRUE(struct delete, recursive)},
	CHANGE_OPTIONS,
	CHANGE_IF_ID_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example delete_examples[] = {
	{"Remove an empty group", "cgward delete /batch/small"},
	{"Remove a group and those below it", "cgward delete --recursive /batch"},
	{0},
};

static const struct cli_command_help delete_help = {
	.usage = "cgward delete [OPTION...] GROUP...",
	.text = "Remove groups that have no processes from every hierarchy.",
	.options = delete_options,
	.examples = delete_examples,
};

int create_command(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(change_cleanup) struct change_command command;
	CLEANUP(groups_done) struct group_list groups = {0};
	enum cli_exit status;
	int first = 0;

	change_init(&command, context);
	if (!change_parse_options(&command, &create_help, &argc, &argv, &status))
		return (int)status;
	while (first < argc && !assign_is(argv[first]))
		first++;
	if (first == 0)
		return (int)cli_usage_error(context, "missing GROUP");
	status = change_open(&command);
	for (int i = 0; i < first && status == CLI_OK; i++)
		status = groups_add_new(&command, &groups, argv[i]);
	for (size_t i = 0; i < groups.count && status == CLI_OK; i++) {
		const struct cgw_step step = {.kind = CGW_STEP_CREATE, .path = groups.paths[i]};

		status = change_add_step(&command, &step);
	}
	if (status == CLI_OK)
		status = assign_add(&command, &groups, argc - first, argv + first);
	return (int)(status == CLI_OK ? change_apply(&command) : status);
}

static enum cli_exit parse_pid(const struct change_command *command, const char *text,
			       pid_t *ret_pid)
{
	long pid;
	char *end;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || pid < 1 ||
	    pid > INT_MAX)
		return cli_usage_error(command->context,
				       "invalid PID '%.64s' (expected PIDs followed by one GROUP)",
				       text);
	*ret_pid = (pid_t)pid;
	return CLI_OK;
}

int move_command(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(change_cleanup) struct change_command command;
	CLEANUP(groups_done) struct group_list groups = {0};
	enum cli_exit status;

	change_init(&command, context);
	if (!change_parse_options(&command, &move_help, &argc, &argv, &status))
		return (int)status;
	if (argc < 2)
		return (int)cli_usage_error(context, "missing PID or GROUP");
	status = change_open(&command);
	if (status == CLI_OK)
		status = groups_add(&command, &groups, argv[argc - 1]);
	if (status == CLI_OK && groups.count != 1)
		status = cli_usage_error(
			context, "more than one group matches, but a process is in one only");
	for (int i = 0; i < argc - 1 && status == CLI_OK; i++) {
		struct cgw_step step = {.kind = CGW_STEP_MOVE, .path = groups.paths[0]};

		status = parse_pid(&command, argv[i], &step.pid);
		if (status == CLI_OK)
			status = change_add_step(&command, &step);
	}
	return (int)(status == CLI_OK ? change_apply(&command) : status);
}

/* Descendants sort after their ancestor, and must be removed before it. */
static int compare_backwards(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

int delete_command(struct cli_context *context, int argc, char **argv)
{
	struct delete delete = {0};
	CLEANUP(change_cleanup_pointer) struct change_command *command = &delete.command;
	CLEANUP(groups_done) struct group_list groups = {0};
	enum cli_exit status;

	change_init(command, context);
	if (!change_parse_options(command, &delete_help, &argc, &argv, &status))
		return (int)status;
	if (argc == 0)
		return (int)cli_usage_error(context, "missing GROUP");
	status = change_open(command);
	for (int i = 0; i < argc && status == CLI_OK; i++)
		status = groups_add(command, &groups, argv[i]);
	if (status == CLI_OK && groups.count > 1)
		qsort(groups.paths, groups.count, sizeof(*groups.paths), compare_backwards);
	for (size_t i = 0; i < groups.count && status == CLI_OK; i++) {
		const struct cgw_step step = {.kind = CGW_STEP_DELETE,
					      .path = groups.paths[i],
					      .recursive = delete.recursive};

		status = change_add_step(command, &step);
	}
	return (int)(status == CLI_OK ? change_apply(command) : status);
}

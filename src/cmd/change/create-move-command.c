/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* create-move-command.c - `cgward create`, `move` and `delete`: groups that come and go, and who is in them. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change-entry.h"
#include "cmd/change/parse-assignment.h"
#include "lib/base/cleanup.h"

enum { OPTION_RECURSIVE = CLI_OPTION_LONG };

static const struct cli_option create_options[] = {
	VERB_OPTIONS,
	VERB_SET_OPTIONS,
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help create_help = {
	.usage = "cgward create [OPTION...] GROUP... [KEY=VALUE...]",
	.text = "Makes each group in every hierarchy, and sets what is given; all of it or "
		"nothing.",
	.options = create_options,
};

static const struct cli_option move_options[] = {
	VERB_OPTIONS,
	VERB_IF_ID_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help move_help = {
	.usage = "cgward move [OPTION...] PID... GROUP",
	.text = "Moves processes, with all their threads, into a group.",
	.options = move_options,
};

static const struct cli_option delete_options[] = {
	{OPTION_RECURSIVE, "recursive", NULL, false, "with the groups beneath it"},
	VERB_OPTIONS,
	VERB_IF_ID_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help delete_help = {
	.usage = "cgward delete [OPTION...] GROUP...",
	.text = "Removes groups without processes from every hierarchy.",
	.options = delete_options,
};

int verb_create(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(verb_cleanup) struct verb verb;
	CLEANUP(groups_done) struct group_list groups = {0};
	enum cli_exit status;
	bool ended;
	int first;

	verb_init(&verb, context);
	status = verb_options(&verb, &create_help, argc, argv, NULL, NULL, &ended);
	if (ended || status != CLI_OK)
		return (int)status;
	first = optind;
	while (first < argc && !assign_is(argv[first]))
		first++;
	if (first == optind)
		return (int)cli_usage_error(context, "a GROUP is wanted");
	status = verb_open(&verb);
	for (int i = optind; i < first && status == CLI_OK; i++)
		status = groups_add_new(&verb, &groups, argv[i]);
	for (size_t i = 0; i < groups.count && status == CLI_OK; i++) {
		const struct cgw_step step = {.kind = CGW_STEP_CREATE, .path = groups.paths[i]};

		status = verb_add(&verb, &step);
	}
	if (status == CLI_OK)
		status = assign_add(&verb, &groups, argc - first, argv + first);
	return (int)(status == CLI_OK ? verb_apply(&verb) : status);
}

static enum cli_exit parse_pid(const struct verb *verb, const char *text, pid_t *ret_pid)
{
	long pid;
	char *end;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || pid < 1 ||
	    pid > INT_MAX)
		return cli_usage_error(verb->context,
				       "a process number is wanted, not \"%.64s\"; the group comes "
				       "last",
				       text);
	*ret_pid = (pid_t)pid;
	return CLI_OK;
}

int verb_move(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(verb_cleanup) struct verb verb;
	CLEANUP(groups_done) struct group_list groups = {0};
	enum cli_exit status;
	bool ended;

	verb_init(&verb, context);
	status = verb_options(&verb, &move_help, argc, argv, NULL, NULL, &ended);
	if (ended || status != CLI_OK)
		return (int)status;
	if (argc - optind < 2)
		return (int)cli_usage_error(context, "at least one PID and a GROUP are wanted");
	status = verb_open(&verb);
	if (status == CLI_OK)
		status = groups_add(&verb, &groups, argv[argc - 1]);
	if (status == CLI_OK && groups.count != 1)
		status = cli_usage_error(context,
					 "a process can be in one group only; several match");
	for (int i = optind; i < argc - 1 && status == CLI_OK; i++) {
		struct cgw_step step = {.kind = CGW_STEP_MOVE, .path = groups.paths[0]};

		status = parse_pid(&verb, argv[i], &step.pid);
		if (status == CLI_OK)
			status = verb_add(&verb, &step);
	}
	return (int)(status == CLI_OK ? verb_apply(&verb) : status);
}

static enum cli_exit take_recursive(void *context, int code, const char *value)
{
	bool *recursive = context;

	(void)value;
	if (code != OPTION_RECURSIVE)
		return CLI_WOULD_CHANGE;
	*recursive = true;
	return CLI_OK;
}

/* What is beneath a group sorts behind it, and must go before it. */
static int compare_backwards(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

int verb_delete(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(verb_cleanup) struct verb verb;
	CLEANUP(groups_done) struct group_list groups = {0};
	bool ended, recursive = false;
	enum cli_exit status;

	verb_init(&verb, context);
	status = verb_options(&verb, &delete_help, argc, argv, take_recursive, &recursive, &ended);
	if (ended || status != CLI_OK)
		return (int)status;
	if (optind == argc)
		return (int)cli_usage_error(context, "a GROUP is wanted");
	status = verb_open(&verb);
	for (int i = optind; i < argc && status == CLI_OK; i++)
		status = groups_add(&verb, &groups, argv[i]);
	if (status == CLI_OK && groups.count > 1)
		qsort(groups.paths, groups.count, sizeof(*groups.paths), compare_backwards);
	for (size_t i = 0; i < groups.count && status == CLI_OK; i++) {
		const struct cgw_step step = {
			.kind = CGW_STEP_DELETE, .path = groups.paths[i], .recursive = recursive};

		status = verb_add(&verb, &step);
	}
	return (int)(status == CLI_OK ? verb_apply(&verb) : status);
}

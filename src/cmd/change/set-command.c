/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set-command.c - `cgward set GROUP... KEY=VALUE...`. */
#include <getopt.h>

#include "cmd/change/change-entry.h"
#include "cmd/change/list-controls.h"
#include "cmd/change/parse-assignment.h"
#include "lib/base/cleanup.h"

enum { OPTION_LIST = CLI_OPTION_LONG };

static const struct cli_option options[] = {
	CHANGE_OPTIONS,
	CHANGE_SET_OPTIONS,
	CHANGE_IF_ID_OPTION,
	{OPTION_LIST, "list-controls", NULL, false,
	 "list all controls with unit, range, risk and file on this machine"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward set [OPTION...] GROUP... KEY=VALUE...",
	.text = "Set limits, weights and other controls, all of them or none. GROUP is a path, a\n"
		"systemd unit, a container ID, pid:N or a glob over paths. Examples of VALUE: 2G, "
		"50%,\n"
		"+20%, max, 150%, 50ms/100ms, 'nvme0n1 10M'.",
	.options = options,
};

static enum cli_exit parse_option(void *context, int code, const char *value)
{
	bool *list = context;

	(void)value;
	if (code != OPTION_LIST)
		return CLI_WOULD_CHANGE;
	*list = true;
	return CLI_OK;
}

static enum cli_exit set(struct change_command *command, int count, char **arguments)
{
	CLEANUP(groups_done) struct group_list groups = {0};
	enum cli_exit status = CLI_OK;
	int first = 0;

	while (first < count && !assign_is(arguments[first]))
		first++;
	for (int i = first; i < count; i++)
		if (!assign_is(arguments[i]))
			return cli_usage_error(
				command->context,
				"unexpected argument '%.64s' (expected GROUP... KEY=VALUE...)",
				arguments[i]);
	if (first == 0 || first == count)
		return cli_usage_error(command->context, "missing GROUP or KEY=VALUE");
	status = change_open(command);
	for (int i = 0; i < first && status == CLI_OK; i++)
		status = groups_add(command, &groups, arguments[i]);
	if (status == CLI_OK)
		status = assign_add(command, &groups, count - first, arguments + first);
	return status == CLI_OK ? change_apply(command) : status;
}

int set_command(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(change_cleanup) struct change_command command;
	bool list = false, ended;
	enum cli_exit status;

	change_init(&command, context);
	status = change_parse_options(&command, &help, argc, argv, parse_option, &list, &ended);
	if (ended || status != CLI_OK)
		return (int)status;
	if (list)
		return (int)controls_list(&command);
	return (int)set(&command, argc - optind, argv + optind);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set-command.c - `cgward set GROUP... KEY=VALUE...`. */
#include "cmd/change/change-report.h"
#include "cmd/change/group-arguments.h"
#include "lib/base/cleanup.h"
#include "shared/cli/text-table.h"

struct set {
	struct change_command command;
	bool list;
};

static const struct cli_option options[] = {
	CHANGE_OPTIONS,
	CHANGE_SET_OPTIONS,
	CHANGE_IF_ID_OPTION,
	{0, "list-controls", NULL,
	 "list all controls with unit, range, risk and file on this machine",
	 CLI_TRUE(struct set, list), .heading = "Other"},
	CLI_WIDE_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Limit the memory of a service", "cgward set nginx.service memory.max=2G"},
	{"Show what would be written, and change nothing",
	 "cgward set --dry-run nginx.service cpu.max=150% pids.max=500"},
	{"List what can be set", "cgward set --list-controls"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward set [OPTION...] GROUP... KEY=VALUE...",
	.text = "Set limits, weights and other controls, all of them or none. GROUP is a path, a\n"
		"systemd unit, the name or ID of a container, pid:N or a glob over paths. "
		"Examples\n"
		"of VALUE: 2G, 50%, +20%, max, 150%, 50ms/100ms, 'nvme0n1 10M'.",
	.options = options,
	.examples = examples,
};

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
	struct set options_given = {0};
	CLEANUP(change_cleanup_pointer) struct change_command *command = &options_given.command;
	enum cli_exit status;

	change_init(command, context);
	if (!change_parse_options(command, &help, &argc, &argv, &status))
		return (int)status;
	return (int)(options_given.list ? controls_list(command) : set(command, argc, argv));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* help-command.c - `cgward help [COMMAND]`, and the help of the program itself. */
#include <stdio.h>

#include "command-table.h"

static const struct cli_option options[] = {CLI_COMMON_OPTIONS};

static const struct cli_example program_examples[] = {
	{"Show all groups live", "cgward"},
	{"Print what uses CPU, memory and IO now", "cgward dump"},
	{"Find out why a service is slow", "cgward explain nginx.service"},
	{"Limit the memory of a service", "cgward set nginx.service memory.max=2G"},
	{0},
};

const struct cli_command_help program_help = {
	.usage = "cgward [OPTION...] [COMMAND [OPTION...]]",
	.text = "Monitor and limit control groups on cgroup v1, hybrid and v2.\n"
		"Without a COMMAND, options are those of 'cgward top', the dashboard.\n"
		"Run 'cgward help COMMAND' for the options of a command.",
	.options = options,
	.examples = program_examples,
};

static const struct cli_example help_examples[] = {
	{"List all commands", "cgward help"},
	{"Show the options of a command", "cgward help dump"},
	{0},
};

static const struct cli_command_help help_help = {
	.usage = "cgward help [OPTION...] [COMMAND]",
	.text = "Show the commands of cgward, or the options of one command.",
	.options = options,
	.examples = help_examples,
};

void print_program_help(void)
{
	printf("Usage: %s\n\n%s\n", program_help.usage, program_help.text);
	for (size_t i = 0; i < command_topic_count; i++) {
		const struct cli_command *command = command_topics[i].commands;

		printf("\n%s:\n", command_topics[i].heading);
		for (; command->name != NULL; command++)
			printf("  %-12s %s\n", command->name, command->summary);
	}
	cli_print_options(&program_help);
}

int help_command(struct cli_context *context, int argc, char **argv)
{
	char *words[] = {NULL, (char *)(uintptr_t) "--help", NULL};
	const struct cli_command *command;
	enum cli_exit status;

	if (!cli_parse_options(context, &help_help, &argc, &argv, NULL, &status))
		return (int)status;
	if (argc > 1)
		return (int)cli_usage_error(context, "unexpected argument '%.64s'", argv[1]);
	if (argc == 0) {
		print_program_help();
		return CLI_OK;
	}
	command = command_find(argv[0]);
	if (command == NULL)
		return (int)command_unknown(context, argv[0]);
	words[0] = argv[0];
	context->command = command->name;
	return command->run(context, 2, words);
}

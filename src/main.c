/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c - command dispatch. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command-table.h"
#include "completions.h"
#include "shared/cli/debug-log.h"

/* Options of the program, --complete for its scripts: exit status, or -1 if absent. */
static int run_program_option(struct cli_context *context, int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--complete") == 0)
		return (int)print_completions(context, &program_help, argc - 2, argv + 2);
	if (argc != 3)
		return -1;
	if (strcmp(argv[1], "--completions") == 0)
		return print_completion_script(argv[2]) == 0
			       ? CLI_OK
			       : (int)cli_usage_error(context,
						      "unknown shell '%.64s' for --completions "
						      "(expected bash, zsh or fish)",
						      argv[2]);
	if ((strcmp(argv[1], "--version") == 0 && strcmp(argv[2], "--json") == 0) ||
	    (strcmp(argv[1], "--json") == 0 && strcmp(argv[2], "--version") == 0))
		return (int)print_version_json();
	return -1;
}

/*
 * Parses options before the command: exit status, or -1 to continue at `ret_at`, with the command
 * or the first option that is not the program's own.
 */
static int parse_program_options(struct cli_context *context, int argc, char **argv, int *ret_at)
{
	const char *argument;
	enum cli_exit status;
	int at = 1;

	while (at < argc && argv[at][0] == '-') {
		const struct cli_option *option =
			cli_find_option(program_help.options, argv[at], &argument);

		if (option == NULL)
			break;
		if (option->type == CLI_OPTION_HELP) {
			print_program_help();
			return CLI_OK;
		}
		at += option->argument != NULL && argument == NULL ? 2 : 1;
	}
	if (at > argc)
		at = argc;
	*ret_at = at;
	return cli_parse_options(context, &program_help, &at, &argv, NULL, &status) ? -1
										    : (int)status;
}

static int run_command(struct cli_context *context, const struct cli_command *command, int argc,
		       char **argv)
{
	enum cli_exit status;

	context->command = command->name;
	status = debug_log_open(context, strcmp(command->name, "top") == 0);
	return status != CLI_OK ? (int)status : command->run(context, argc, argv);
}

static int finish(const struct cli_context *context, int status)
{
	return (int)cli_finish(context, (enum cli_exit)status);
}

static int run_named(struct cli_context *context, int argc, char **argv)
{
	const struct cli_command *command = command_find(argv[0]);

	if (command == NULL)
		return (int)command_unknown(context, argv[0]);
	return finish(context, run_command(context, command, argc, argv));
}

/*
 * A closed standard descriptor would be the number of the next file that is opened, and output
 * would be written to that file. A descriptor of O_PATH can be neither read nor written.
 */
static void reserve_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/", O_PATH | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct cli_context context = {.program = "cgward"};
	const struct cli_command *command;
	int status, at = 1;

	reserve_standard_descriptors();
	/* Use the user's character set, but always a decimal point in numbers. */
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	signal(SIGPIPE, SIG_IGN); /* a closed pipe must not interrupt a change halfway */
	status = run_program_option(&context, argc, argv);
	if (status < 0)
		status = parse_program_options(&context, argc, argv, &at);
	if (status >= 0)
		return finish(&context, status);
	if (at < argc && argv[at][0] != '-')
		return run_named(&context, argc - at, argv + at);
	/* Without a command, the options are those of the dashboard. */
	command = command_find("top");
	if (command == NULL)
		return (int)(at < argc
				     ? cli_usage_error(&context, "unknown option '%.64s'", argv[at])
				     : cli_usage_error(&context, "missing COMMAND"));
	return finish(&context, run_command(&context, command, argc - at + 1, argv + at - 1));
}

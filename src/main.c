/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c - command dispatch. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "completions.h"
#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"
#include "shared/cli/build-features.h"
#include "shared/cli/debug-log.h"
#include "shared/cli/options.h"

/* The command tables of this build. */
static const struct cli_command *const tables[] = {
#ifdef HAVE_TUI
	tui_commands,
#endif
#ifdef HAVE_CMD_DUMP
	dump_commands,
#endif
#ifdef HAVE_CMD_INSPECT
	inspect_commands,
#endif
#ifdef HAVE_CMD_RECORD
	record_commands,
#endif
#ifdef HAVE_CMD_ADVISE
	advise_commands,
#endif
#ifdef HAVE_CMD_CHANGE
	change_commands,
#endif
#ifdef HAVE_CMD_SERVE
	serve_commands,
#endif
#ifdef HAVE_CMD_ENFORCE
	enforce_commands,
#endif
#ifdef HAVE_CMD_DOCTOR
	doctor_commands,
#endif
};

static const struct cli_option options[] = {CLI_COMMON_OPTIONS};

const struct cli_command *command_nth(size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct cli_command *command = tables[i]; command->name != NULL;
		     command++)
			if (n-- == 0)
				return command;
	return NULL;
}

const struct cli_command *command_find(const char *name)
{
	const struct cli_command *command;

	for (size_t i = 0; (command = command_nth(i)) != NULL; i++)
		if (strcmp(command->name, name) == 0)
			break;
	return command;
}

static const struct cli_command_help program_help = {
	.usage = "cgward [OPTION...] [COMMAND [OPTION...]]",
	.text = "Monitor and limit control groups on cgroup v1, hybrid and v2.\n"
		"Run 'cgward COMMAND --help' for help on a command.\n\n"
		"Commands:",
	.options = options,
};

static void print_help(void)
{
	printf("Usage: %s\n\n%s\n", program_help.usage, program_help.text);
	for (size_t i = 0; command_nth(i) != NULL; i++)
		printf("  %-12s %s\n", command_nth(i)->name, command_nth(i)->summary);
	putchar('\n');
}

static enum cli_exit unknown_command(const struct cli_context *context, const char *name)
{
	struct suggestion nearest = {.input = name};
	char shown[128];

	for (size_t i = 0; command_nth(i) != NULL; i++)
		suggestion_offer(&nearest, command_nth(i)->name);
	cgw_escape(shown, sizeof(shown), name, strlen(name));
	if (suggestion_word(&nearest) != NULL)
		return cli_usage_error(context, "unknown command '%s'; did you mean '%s'?", shown,
				       suggestion_word(&nearest));
	return cli_usage_error(context, "unknown command '%s'", shown);
}

/* Version and features of this build for programs: the keys are public API. */
static enum cli_exit print_version_json(void)
{
	printf("{\"cgward\": \"%s\", \"features\": {", cgw_version());
	for (size_t i = 0; build_features[i].name != NULL; i++)
		printf("%s\"%s\": %s", i > 0 ? ", " : "", build_features[i].name,
		       build_features[i].left_out == NULL ? "true" : "false");
	printf("}, \"commands\": [");
	for (size_t i = 0; command_nth(i) != NULL; i++)
		printf("%s\"%s\"", i > 0 ? ", " : "", command_nth(i)->name);
	puts("]}");
	return CLI_OK;
}

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

/* Parses options before the command: exit status, or -1 to run the command at `ret_at`. */
static int parse_global_options(struct cli_context *context, int argc, char **argv, int *ret_at)
{
	enum cli_exit status;
	int at = 1;

	/* Stop at the command name: the command parses its own options. */
	while (at < argc && argv[at][0] == '-') {
		bool value = strcmp(argv[at], "--cgroup-root") == 0 ||
			     strcmp(argv[at], "--proc-root") == 0 ||
			     strcmp(argv[at], "--sys-root") == 0;

		if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0) {
			print_help();
			return CLI_OK;
		}
		at += value ? 2 : 1;
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
		status = parse_global_options(&context, argc, argv, &at);
	if (status >= 0)
		return finish(&context, status);
	if (at >= argc) {
		command = command_find("top");
		if (command == NULL || !isatty(STDOUT_FILENO))
			return (int)cli_usage_error(
				&context, command == NULL
						  ? "missing COMMAND"
						  : "the dashboard requires a terminal; "
						    "use 'cgward dump' for files and pipes");
		return finish(&context, run_command(&context, command, 1, argv));
	}
	command = command_find(argv[at]);
	if (command == NULL)
		return (int)unknown_command(&context, argv[at]);
	return finish(&context, run_command(&context, command, argc - at, argv + at));
}

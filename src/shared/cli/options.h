/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * options.h - one option table per command, used for parsing, --help, completions, and to check the
 * manual.
 */
#ifndef CGWARD_SHARED_CLI_OPTIONS_H
#define CGWARD_SHARED_CLI_OPTIONS_H

#include "shared/cli/cli.h"

struct cli_option {
	int code;             /* the short letter, or a number from CLI_OPTION_LONG on */
	const char *name;     /* long, without dashes */
	const char *argument; /* its placeholder in --help; NULL: no argument */
	bool optional;        /* the argument is optional and requires "--name=argument" */
	const char *help;
};

#define CLI_OPTION_LONG 256
#define CLI_OPTION_MAX  64

/* The last rows of every command's table. */
enum {
	CLI_OPTION_CGROUP_ROOT = 1000,
	CLI_OPTION_PROC_ROOT,
	CLI_OPTION_SYS_ROOT,
	CLI_OPTION_VERSION,
};
/* clang-format off */
#define CLI_COMMON_OPTIONS                                                                         \
	{ CLI_OPTION_CGROUP_ROOT, "cgroup-root", "DIR", false,                                     \
	  "look for cgroup hierarchies at or below DIR (host tree, recorded machine)" },           \
	{ CLI_OPTION_PROC_ROOT, "proc-root", "DIR", false, "read DIR instead of /proc" },          \
	{ CLI_OPTION_SYS_ROOT, "sys-root", "DIR", false, "read DIR instead of /sys" },             \
	{ 'h', "help", NULL, false, "show this help" },                                            \
	{ CLI_OPTION_VERSION, "version", NULL, false, "show version" },                        \
	{ 0, NULL, NULL, false, NULL }
/* clang-format on */

struct cli_command_help {
	const char *usage; /* "cgward dump [OPTION...]", one per line */
	const char *text;  /* one paragraph that describes the command */
	const struct cli_option *options;
};

/*
 * Returns the code of the next option, with its argument in `ret_value`; 0 at the end of the
 * options, where `optind` is the index of the first argument; -1 if the command must exit with
 * `ret_exit`, after --help, --version or a usage error. Handles the common options itself.
 */
int cli_next_option(struct cli_context *context, const struct cli_command_help *help, int argc,
		    char **argv, const char **ret_value, enum cli_exit *ret_exit);

void cli_print_help(const struct cli_command_help *help);

/* Prints "cgward dump: TEXT; see 'cgward dump --help'" and returns CLI_USAGE. */
enum cli_exit cli_usage_error(const struct cli_context *context, const char *format, ...)
	CGW_PRINTF(2, 3);

#endif

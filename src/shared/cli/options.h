/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * options.h - one table a command: it drives parsing, --help, completions and the manual's check.
 */
#ifndef CGWARD_SHARED_CLI_OPTIONS_H
#define CGWARD_SHARED_CLI_OPTIONS_H

#include "shared/cli/cli.h"

struct cli_option {
	int code;             /* the short letter, or a number from CLI_OPTION_LONG on */
	const char *name;     /* long, without dashes */
	const char *argument; /* what stands for it in --help; NULL: takes none */
	bool optional;        /* the argument may be left out: only "--name=argument" gives one */
	const char *help;
};

#define CLI_OPTION_LONG 256
#define CLI_OPTION_MAX  64

/* Rows that every command's table ends with. */
enum {
	CLI_OPTION_CGROUP_ROOT = 1000,
	CLI_OPTION_PROC_ROOT,
	CLI_OPTION_SYS_ROOT,
	CLI_OPTION_VERSION,
};
/* clang-format off */
#define CLI_COMMON_OPTIONS                                                                         \
	{ CLI_OPTION_CGROUP_ROOT, "cgroup-root", "DIR", false,                                     \
	  "look for hierarchies at and beneath DIR: a host's tree, a recorded machine" },          \
	{ CLI_OPTION_PROC_ROOT, "proc-root", "DIR", false, "read DIR instead of /proc" },          \
	{ CLI_OPTION_SYS_ROOT, "sys-root", "DIR", false, "read DIR instead of /sys" },             \
	{ 'h', "help", NULL, false, "show this help" },                                            \
	{ CLI_OPTION_VERSION, "version", NULL, false, "show the version" },                        \
	{ 0, NULL, NULL, false, NULL }
/* clang-format on */

struct cli_command_help {
	const char *usage; /* "cgward dump [OPTION...]", a line each */
	const char *text;  /* what it does, one paragraph */
	const struct cli_option *options;
};

/*
 * The next option: its code, with its argument in `ret_value`; 0 at the end, when `optind` stands at
 * the first operand. Common options are taken care of inside. -1: end now with `ret_exit` (help and
 * version were shown, or the usage error was said).
 */
int cli_next_option(struct cli_context *context, const struct cli_command_help *help, int argc,
		    char **argv, const char **ret_value, enum cli_exit *ret_exit);

void cli_print_help(const struct cli_command_help *help);

/* "cgward dump: TEXT; `cgward dump --help` tells more": CLI_USAGE. */
enum cli_exit cli_usage_error(const struct cli_context *context, const char *format, ...)
	CGW_PRINTF(2, 3);

#endif

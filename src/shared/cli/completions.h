/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* completions.h - completions for shells, from the same tables as --help. */
#ifndef CGWARD_SHARED_CLI_COMPLETIONS_H
#define CGWARD_SHARED_CLI_COMPLETIONS_H

#include "shared/cli/options.h"

struct cli_described {
	const char *name, *summary;
	const struct cli_command_help *help;
};

/*
 * Writes the script for "bash", "zsh" or "fish" to standard output: the first row is the program
 * itself, the others are its commands. -EINVAL for another shell.
 */
int cli_print_completions(const char *shell, const struct cli_described *commands, size_t count);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* completions.h - shell completions, generated from the same tables as --help. */
#ifndef CGWARD_SHARED_CLI_COMPLETIONS_H
#define CGWARD_SHARED_CLI_COMPLETIONS_H

#include "shared/cli/options.h"

struct cli_command_entry {
	const char *name, *summary;
	const struct cli_command_help *help;
};

/*
 * Prints the script for "bash", "zsh" or "fish" to standard output. The first entry is the program
 * itself, the others are its commands. -EINVAL for another shell.
 */
int cli_print_completions(const char *shell, const struct cli_command_entry *commands,
			  size_t count);

#endif

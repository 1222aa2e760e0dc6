/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* completions.h - what can follow on a command line, for the completion scripts of the shells. */
#pragma once

#include "shared/cli/options.h"

/*
 * Prints each word that can replace the last one of `words`, which follow "cgward", with a tab and
 * its description; or only ":files" or ":directories". The scripts select the words that begin
 * with the typed one and quote them, since names of groups are untrusted.
 */
enum cli_exit print_completions(struct cli_context *context, const struct cli_command_help *program,
				int count, char **words);
/* Prints the script of "bash", "zsh" or "fish"; -EINVAL. */
int print_completion_script(const char *shell);

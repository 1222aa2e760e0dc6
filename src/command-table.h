/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* command-table.h - all commands of this build, and those about the program itself. */
#pragma once

#include "shared/cli/options.h"

/* A heading of the program's help and the commands below it, which end with a NULL name. */
struct command_topic {
	const char *heading;
	const struct cli_command *commands;
};

extern const struct command_topic command_topics[];
extern const size_t command_topic_count;

/* The command with this name, or NULL; and the n-th of all commands. */
const struct cli_command *command_find(const char *name);
const struct cli_command *command_nth(size_t n);
/* The usage error for the name of a command that does not exist, with the nearest one. */
enum cli_exit command_unknown(const struct cli_context *context, const char *name);

/* Options before the command, and the program's own --help. */
extern const struct cli_command_help program_help;
void print_program_help(void);
/* Version and features of this build for programs: the keys are public API. */
enum cli_exit print_version_json(void);

int help_command(struct cli_context *context, int argc, char **argv);
int version_command(struct cli_context *context, int argc, char **argv);

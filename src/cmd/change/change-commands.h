/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-commands.h - commands that change groups, and `cgward log`. */
#ifndef CGWARD_CMD_CHANGE_CHANGE_COMMANDS_H
#define CGWARD_CMD_CHANGE_CHANGE_COMMANDS_H

#include "shared/cli/cli.h"

extern const struct cli_command change_commands[];

/* Each returns enum cli_exit. */
int set_command(struct cli_context *context, int argc, char **argv);
int freeze_command(struct cli_context *context, int argc, char **argv);
int thaw_command(struct cli_context *context, int argc, char **argv);
int kill_command(struct cli_context *context, int argc, char **argv);
int create_command(struct cli_context *context, int argc, char **argv);
int move_command(struct cli_context *context, int argc, char **argv);
int delete_command(struct cli_context *context, int argc, char **argv);
int run_command(struct cli_context *context, int argc, char **argv);
int undo_command(struct cli_context *context, int argc, char **argv);
int log_command(struct cli_context *context, int argc, char **argv);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-command.h - `cgward dump` and `cgward get`. */
#ifndef CGWARD_CMD_DUMP_DUMP_COMMAND_H
#define CGWARD_CMD_DUMP_DUMP_COMMAND_H

#include "shared/cli/cli.h"

extern const struct cli_command dump_commands[];

int get_run(struct cli_context *context, int argc, char **argv);

#endif

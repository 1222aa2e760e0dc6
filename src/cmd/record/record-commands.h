/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record-commands.h - `cgward record` and `cgward diff`. */
#ifndef CGWARD_CMD_RECORD_RECORD_COMMANDS_H
#define CGWARD_CMD_RECORD_RECORD_COMMANDS_H

#include "shared/cli/cli.h"

extern const struct cli_command record_commands[];

int diff_run(struct cli_context *context, int argc, char **argv);

#endif

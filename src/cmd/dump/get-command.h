/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* get-command.h - `cgward get`. */
#ifndef CGWARD_CMD_DUMP_GET_COMMAND_H
#define CGWARD_CMD_DUMP_GET_COMMAND_H

#include "shared/cli/cli.h"

int get_run(struct cli_context *context, int argc, char **argv);

#endif

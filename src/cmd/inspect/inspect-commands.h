/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-commands.h - the commands `inspect` and `explain`. */
#ifndef CGWARD_CMD_INSPECT_INSPECT_COMMANDS_H
#define CGWARD_CMD_INSPECT_INSPECT_COMMANDS_H

#include "shared/cli/cli.h"

/* Ends with a NULL name. */
extern const struct cli_command inspect_commands[];

int explain_run(struct cli_context *context, int argc, char **argv);

#endif

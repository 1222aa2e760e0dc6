/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* commands.h - the commands of this face. */
#ifndef CGWARD_EXAMINE_COMMANDS_H
#define CGWARD_EXAMINE_COMMANDS_H

#include "cli/cli.h"

int inspect_run(struct cli_context *context, int argc, char **argv);
int explain_run(struct cli_context *context, int argc, char **argv);

#endif

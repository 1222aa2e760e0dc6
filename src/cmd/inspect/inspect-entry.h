/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-entry.h - entry points of `inspect` and `explain`. */
#ifndef CGWARD_CMD_INSPECT_INSPECT_ENTRY_H
#define CGWARD_CMD_INSPECT_INSPECT_ENTRY_H

#include "shared/cli/cli.h"

int inspect_run(struct cli_context *context, int argc, char **argv);
int explain_run(struct cli_context *context, int argc, char **argv);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advise-command.h - `cgward advise`: limits for groups, from a recording. */
#ifndef CGWARD_CMD_ADVISE_ADVISE_COMMAND_H
#define CGWARD_CMD_ADVISE_ADVISE_COMMAND_H

#include "shared/cli/cli.h"

extern const struct cli_command advise_commands[];

#endif

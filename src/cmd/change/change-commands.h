/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-commands.h - commands that change groups, and `cgward log`. */
#ifndef CGWARD_CMD_CHANGE_CHANGE_COMMANDS_H
#define CGWARD_CMD_CHANGE_CHANGE_COMMANDS_H

#include "shared/cli/cli.h"

extern const struct cli_command change_commands[];

#endif

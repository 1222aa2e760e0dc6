/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* top-command.h - the `cgward top` command, also run by plain `cgward`. */
#ifndef CGWARD_TUI_CORE_TOP_COMMAND_H
#define CGWARD_TUI_CORE_TOP_COMMAND_H

#include "shared/cli/cli.h"

extern const struct cli_command tui_commands[];

#endif

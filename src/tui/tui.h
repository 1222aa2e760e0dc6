/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tui.h - the dashboard: `cgward`, `cgward top`. */
#ifndef CGWARD_TUI_TUI_H
#define CGWARD_TUI_TUI_H

#include "cli/cli.h"

extern const struct cli_command tui_commands[];

#endif

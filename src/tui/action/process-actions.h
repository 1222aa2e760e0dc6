/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-actions.h - signals to single processes, and moving them to another group. */
#ifndef CGWARD_TUI_ACTION_PROCESS_ACTIONS_H
#define CGWARD_TUI_ACTION_PROCESS_ACTIONS_H

#include "tui/core/app.h"

/* Asks for the signal, then for confirmation. */
unsigned process_kill(struct app *app, const struct process_target *target, const char *path);
/* Asks for the group. `path`: the current one, raw. */
unsigned process_move(struct app *app, const struct process_target *target, const char *path);

#endif

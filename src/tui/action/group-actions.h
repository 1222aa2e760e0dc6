/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-actions.h - actions that change groups of this machine. */
#ifndef CGWARD_TUI_ACTION_GROUP_ACTIONS_H
#define CGWARD_TUI_ACTION_GROUP_ACTIONS_H

#include "tui/core/views.h"

unsigned change_groups(struct app *app, enum action action);
/* A menu of signals. */
unsigned open_signals(struct app *app, unsigned (*accept)(struct app *app, int signal));
/* The limits form, for the selected groups. */
unsigned open_edit(struct app *app);

/* Appends the limits of the selected groups to a policy file. */
unsigned open_export(struct app *app);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-actions.h - what keys change in the system. */
#ifndef CGWARD_TUI_ACTION_GROUP_ACTIONS_H
#define CGWARD_TUI_ACTION_GROUP_ACTIONS_H

#include "tui/core/views.h"

unsigned change_groups(struct app *app, enum action action);
/* Asks for one of the signals that ends a process, or does something else to it. */
unsigned open_signals(struct app *app, unsigned (*accept)(struct app *app, int signal));
/* The form of limits, for the groups at hand. */
unsigned open_edit(struct app *app);

/* What is set on the groups at hand, into a policy file. */
unsigned open_export(struct app *app);

#endif

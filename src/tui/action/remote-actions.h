/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remote-actions.h - actions that change groups of remote hosts, by running cgward there over ssh.
 *
 * Each action asks for confirmation with the name of the host and the output of a dry run.
 */
#ifndef CGWARD_TUI_ACTION_REMOTE_ACTIONS_H
#define CGWARD_TUI_ACTION_REMOTE_ACTIONS_H

#include "tui/core/views.h"

unsigned change_remote_groups(struct app *app, enum action action);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-actions.h - actions that change groups, and their windows. */
#pragma once

#include "tui/core/app.h"
#include "tui/core/views.h"

unsigned change_groups(struct app *app, enum action action);
/* The limits form, for the selected groups. */
unsigned open_edit(struct app *app);
/* The same for one group, starting at the key, or filled in with KEY=VALUE lines, in `values`. */
unsigned open_edit_of(struct app *app, uint32_t group, const char *values);
/* Appends the limits of the selected groups to a policy file. */
unsigned open_export(struct app *app);
/* Asks before undoing the last action of this session that can still be undone. */
unsigned undo_last_change(struct app *app);
/* Lists all changes in the journal; Enter undoes one with its whole action. */
unsigned open_journal(struct app *app);
unsigned open_remote_journal(struct app *app);

/* Asks for the signal, then for confirmation. */
unsigned process_kill(struct app *app, const struct process_target *target, const char *path);
/* Asks for the group. `path`: the current one, raw. */
unsigned process_move(struct app *app, const struct process_target *target, const char *path);

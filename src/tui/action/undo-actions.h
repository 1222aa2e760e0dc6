/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-actions.h - the journal of changes, and undo of actions. */
#ifndef CGWARD_TUI_ACTION_UNDO_ACTIONS_H
#define CGWARD_TUI_ACTION_UNDO_ACTIONS_H

#include "tui/core/app.h"

/* Asks before undoing the last action of this session that can still be undone. */
unsigned undo_last_change(struct app *app);
/* Lists all changes in the journal; Enter undoes one with its whole action. */
unsigned open_journal(struct app *app);

#endif

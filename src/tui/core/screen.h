/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* screen.h - the dashboard on a terminal: threads and main loop. */
#ifndef CGWARD_TUI_CORE_SCREEN_H
#define CGWARD_TUI_CORE_SCREEN_H

#include "tui/core/app.h"

/*
 * Runs until the user quits. The source must outlive the app, which references its snapshots.
 * Returns 0, the number of the signal that ended it, or a negative error with `diag` set.
 */
int screen_run(struct app *app, struct source *source, struct cgw_diag *diag);

#endif

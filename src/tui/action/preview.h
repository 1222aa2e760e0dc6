/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* preview.h - the processes that an action would affect, and why it may be refused. */
#ifndef CGWARD_TUI_ACTION_PREVIEW_H
#define CGWARD_TUI_ACTION_PREVIEW_H

#include "tui/action/confirm.h"
#include "tui/action/targets.h"

/*
 * A job for confirm_preview(); NULL if out of memory. `check_protection`: also calls
 * cgw_protect_check() for each target.
 */
struct job *action_preview_job(const struct app *app, const struct targets *targets,
			       bool check_protection);
void action_preview_format(struct confirm *confirm, struct job *job);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* preview.h - what an action would hit: processes by number and name, and what forbids it. */
#ifndef CGWARD_TUI_ACTION_PREVIEW_H
#define CGWARD_TUI_ACTION_PREVIEW_H

#include "tui/action/confirm.h"
#include "tui/action/targets.h"

/* A job for confirm_preview(); NULL where memory ran out. `guarded`: cgw_protect_check() is asked. */
struct job *action_preview_job(const struct app *app, const struct targets *targets, bool guarded);
void action_preview_format(struct confirm *confirm, struct job *job);

#endif

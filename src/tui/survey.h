/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* survey.h - what an action would hit: processes by number and name, and what forbids it. */
#ifndef CGWARD_TUI_SURVEY_H
#define CGWARD_TUI_SURVEY_H

#include "tui/confirm.h"
#include "tui/targets.h"

/* A job for confirm_look(); NULL where memory ran out. `guarded`: cgw_protect_check() is asked. */
struct job *survey_job(const struct app *app, const struct targets *targets, bool guarded);
void survey_tell(struct confirm *confirm, struct job *job);

#endif

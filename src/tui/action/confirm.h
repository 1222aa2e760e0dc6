/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* confirm.h - a window that asks before a job is done. */
#ifndef CGWARD_TUI_ACTION_CONFIRM_H
#define CGWARD_TUI_ACTION_CONFIRM_H

#include "tui/core/views.h"

struct confirm;

/* Takes the job. NULL where memory ran out: the functions below accept that, and the last says so. */
struct confirm *confirm_new(const char *title, struct job *act);
/* A line, escaped where others wrote it; long ones are broken. */
void confirm_add(struct confirm *confirm, enum role role, const char *text);
/* A job that finds out more; tell() adds its lines. */
void confirm_preview(struct confirm *confirm, struct job *look,
		     void (*tell)(struct confirm *confirm, struct job *job));
/* It cannot be done: Enter does nothing. */
void confirm_refuse(struct confirm *confirm);
/* The view with that state is told when the job is done. */
void confirm_owner(struct confirm *confirm, const void *state);
unsigned open_confirm(struct app *app, struct confirm *confirm);

#endif

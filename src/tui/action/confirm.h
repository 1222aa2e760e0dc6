/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* confirm.h - a dialog that asks before it runs a job. */
#ifndef CGWARD_TUI_ACTION_CONFIRM_H
#define CGWARD_TUI_ACTION_CONFIRM_H

#include "tui/core/views.h"

struct confirm;

/*
 * Takes ownership of the job. NULL if out of memory: the functions below accept that, and
 * open_confirm() reports it.
 */
struct confirm *confirm_new(const char *title, struct job *action);
/* Adds a line, wrapped if too long. The caller escapes untrusted text. */
void confirm_add(struct confirm *confirm, enum role role, const char *text);
/* Runs a job, unless NULL, that collects details; show() adds them. Takes ownership of the job. */
void confirm_preview(struct confirm *confirm, struct job *preview,
		     void (*show)(struct confirm *confirm, struct job *job));
/* Disables Enter: the action is not possible. */
void confirm_refuse(struct confirm *confirm);
/* The view with that state gets the finished job. */
void confirm_set_owner(struct confirm *confirm, const void *state);
unsigned open_confirm(struct app *app, struct confirm *confirm);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remote-actions.h - what keys change on other hosts: by cgward's verbs there, over the ssh that brings their figures.
 * Nothing is done without a question that names the host, and what the verb there says it would do.
 */
#ifndef CGWARD_TUI_ACTION_REMOTE_ACTIONS_H
#define CGWARD_TUI_ACTION_REMOTE_ACTIONS_H

#include "tui/core/views.h"

unsigned change_elsewhere(struct app *app, enum action action);

#endif

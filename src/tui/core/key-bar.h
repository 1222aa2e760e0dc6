/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* key-bar.h - the last row: keys of the actions that matter most here. */
#ifndef CGWARD_TUI_CORE_KEY_BAR_H
#define CGWARD_TUI_CORE_KEY_BAR_H

#include "tui/core/view.h"

void key_bar_draw(const struct app *app, struct canvas *canvas, struct rect area);
/* Performs the action at that column. */
unsigned key_bar_click(struct app *app, int column);

#endif

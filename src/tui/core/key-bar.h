/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* key-bar.h - the last row: keys of the actions that matter most here. */
#ifndef CGWARD_TUI_CORE_KEY_BAR_H
#define CGWARD_TUI_CORE_KEY_BAR_H

#include "tui/core/view.h"

void key_bar_draw(const struct app *app, struct canvas *canvas, struct rect area);
/* The action whose key is shown at that column; ACTION_NONE. */
enum action key_bar_action(const struct app *app, int column);

#endif

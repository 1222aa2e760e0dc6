/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* header.h - the machine, above every view. Pure. */
#ifndef CGWARD_TUI_CORE_HEADER_H
#define CGWARD_TUI_CORE_HEADER_H

#include "tui/core/app.h"

/* The rows that it would like on a screen that high. */
int header_rows(const struct app *app, int rows);
void header_draw(struct app *app, struct canvas *canvas, struct rect area);

#endif

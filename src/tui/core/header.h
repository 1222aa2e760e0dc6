/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* header.h - the header: state of the machine, shown above every view. Pure. */
#ifndef CGWARD_TUI_CORE_HEADER_H
#define CGWARD_TUI_CORE_HEADER_H

#include "tui/core/app.h"

/* Preferred height of the header on a screen of `rows` rows. */
int header_rows(const struct app *app, int rows);
void header_draw(struct app *app, struct canvas *canvas, struct rect area);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-keys.h - what the drawing of the list and its actions share. */
#ifndef CGWARD_TUI_LIST_LIST_KEYS_H
#define CGWARD_TUI_LIST_LIST_KEYS_H

#include "tui/core/views.h"

/* The columns that fit, in order: which of the settings', where, how wide. */
struct placed {
	int count;
	bool more; /* others stand beyond the right edge */
	uint8_t index[COLUMNS_MAX];
	int at[COLUMNS_MAX], widths[COLUMNS_MAX];
};
void groups_place(const struct app *app, int columns, struct placed *placed);
void groups_draw_head(const struct app *app, struct canvas *canvas, struct rect area,
		      const struct placed *placed);
/* One row of the list, on whatever ground is there. */
void groups_draw_row(const struct app *app, struct canvas *canvas, struct rect area,
		     const struct placed *placed, uint32_t index);

unsigned groups_act(struct app *app, void *state, enum action action);
/* Sorts by the column; by the one that is sorted by already, the other way round. */
unsigned groups_sort(struct app *app, const struct column *column);

#endif

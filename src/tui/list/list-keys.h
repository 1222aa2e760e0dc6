/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-keys.h - interface between the drawing of the group list and its keys. */
#ifndef CGWARD_TUI_LIST_LIST_KEYS_H
#define CGWARD_TUI_LIST_LIST_KEYS_H

#include "tui/core/app.h"
#include "tui/core/views.h"

/* The columns that fit on the screen, in order. */
struct placed {
	int count;
	bool more;                  /* more columns to the right */
	uint8_t index[COLUMNS_MAX]; /* into the columns of the settings */
	int at[COLUMNS_MAX], widths[COLUMNS_MAX];
};
void groups_place(const struct app *app, int columns, struct placed *placed);
void groups_draw_head(const struct app *app, struct canvas *canvas, struct rect area,
		      const struct placed *placed);
/* Draws one row of the list; leaves the background unchanged. */
void groups_draw_row(const struct app *app, struct canvas *canvas, struct rect area,
		     const struct placed *placed, uint32_t index);

/* See `search` of struct view_kind. */
bool groups_search(struct app *app, void *state, const char *text, bool backward, bool here);
unsigned groups_act(struct app *app, void *state, enum action action);
/* Sorts by the column, or reverses the order if the list is sorted by it already. */
unsigned groups_sort(struct app *app, const struct column *column);

#endif

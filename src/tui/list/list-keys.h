/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-keys.h - interface between the drawing of the group list and its keys. */
#pragma once

#include "tui/core/app.h"
#include "tui/core/views.h"

/* The columns that fit on the screen, in order. */
struct placed {
	int count;
	bool more;                  /* more columns to the right */
	uint8_t index[COLUMNS_MAX]; /* into the columns of the settings */
	int at[COLUMNS_MAX], widths[COLUMNS_MAX];
	double maximum[COLUMNS_MAX]; /* of graphs: upper edge; 0: the maximum of each row */
};
/* Mark and space before the tree. */
#define GUTTER 2
/* Least width of names that are paths, cut at the start. */
#define GROUP_WIDTH_MIN_FLAT 30
/* The last column of the screen is reserved for the scroll bar. */
static inline int groups_columns(const struct app *app)
{
	return app->columns >= 40 ? app->columns - 2 : app->columns;
}
/*
 * If not all columns fit, those without any value give way. Call groups_check_columns() after each
 * sample.
 */
void groups_check_columns(struct app *app);
/* Adds the metrics of the columns on the screen, and of those that gave way. */
void groups_metrics(const struct app *app, struct cgw_metric_set *set);
/* Gives the graphs of these rows one scale. */
void groups_scale(const struct app *app, struct placed *placed, uint32_t first, uint32_t count);
/* Some column needs the legend of the time of threads. */
bool groups_show_stack(const struct app *app, const struct placed *placed);
bool groups_sort_is_shown(const struct app *app, const struct placed *placed);
/* "▲" or "▼". */
const char *groups_sort_sign(const struct app *app);
void groups_place(const struct app *app, int columns, struct placed *placed);
void groups_draw_head(const struct app *app, struct canvas *canvas, struct rect area,
		      const struct placed *placed);
/*
 * Draws one row of the list; leaves the background unchanged. `twin`: the name of another row that
 * would look the same, or NULL.
 */
void groups_draw_row(const struct app *app, struct canvas *canvas, struct rect area,
		     const struct placed *placed, uint32_t index, const char *twin);

/* See `search` of struct view_kind. */
bool groups_search(struct app *app, void *state, const char *text, bool backward, bool here);
unsigned groups_act(struct app *app, void *state, enum action action);
/* Shows the marked and the selected group side by side. */
unsigned open_compare(struct app *app);
/* Applies, saves or deletes a named view. */
unsigned saved_view_act(struct app *app, enum action action);
/* Sorts by the column, or reverses the order if the list is sorted by it already. */
unsigned groups_sort(struct app *app, const struct column *column);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-columns.c - which columns of the list are on the screen, their widths and headings. */
#include "tui/list/list-keys.h"

/* The column with the tree shrinks first, down to this width or that of the names. */
#define GROUP_WIDTH_MIN      18
#define GROUP_WIDTH_MIN_WIDE 26 /* on screens of at least 70 columns */
#define GROUP_WIDTH          32
/* From this width on, whole names are worth more than another column. */
#define WIDE_SCREEN 98

/* A column without values gives way to others, but not sooner than this after the last value. */
#define FILLED_NS (60 * NS_PER_S)
/* How often a column is checked again: with values, and without, which reads all groups. */
#define CHECK_FILLED_NS (10 * NS_PER_S)
#define CHECK_EMPTY_NS  (3 * NS_PER_S)

static int titled_width(const struct app *app, const struct column *column)
{
	int width = column_width(column), title_width;
	char title[40];

	column_title(column, app->settings.choices[CHOICE_OWN], title, sizeof(title));
	title_width = canvas_width(title);
	return width > title_width ? width : title_width;
}

static bool has_metrics(const struct app *app, const struct column *column)
{
	const struct cgw_metric_set *read = cgw_snapshot_metrics(cgw_frame_before(app->frame));
	struct cgw_metric_set needed = {0};

	column_metrics(column, &needed);
	for (size_t i = 0; i < cgw_metric_count(); i++)
		if (cgw_metric_set_has(&needed, (enum cgw_metric)i) &&
		    !cgw_metric_set_has(read, (enum cgw_metric)i))
			return false;
	return true;
}

static bool has_value(const struct app *app, const struct column *column)
{
	for (uint32_t i = 0; i < app->list.row_count; i++)
		if (app->list.rows[i].group != CGW_NO_GROUP &&
		    column_has_value(app->frame, column, app->list.rows[i].group))
			return true;
	return false;
}

static bool same_column(const struct column *a, const struct column *b)
{
	return cgw_field_equal(a->field, b->field) && a->style == b->style;
}

void groups_check_columns(struct app *app)
{
	uint64_t now_ns = app_frame_ns(app);

	if (cgw_frame_before(app->frame) == NULL)
		return;
	for (size_t i = 0; i < app->settings.column_count; i++) {
		const struct column *column = &app->settings.columns[i];
		struct column_state *state = &app->column_states[i];

		if (!same_column(&state->column, column))
			*state = (struct column_state){.column = *column};
		if ((state->checked_ns > 0 &&
		     now_ns - state->checked_ns <
			     (state->empty ? CHECK_EMPTY_NS : CHECK_FILLED_NS)) ||
		    !has_metrics(app, column))
			continue;
		state->checked_ns = now_ns;
		if (has_value(app, column))
			state->filled_ns = now_ns;
		state->empty = state->filled_ns == 0 || now_ns - state->filled_ns >= FILLED_NS;
	}
}

/* Whether the column may give way; that of the sort order and those of this group never do. */
static bool is_empty(const struct app *app, size_t i)
{
	const struct column *column = &app->settings.columns[i];

	return app->column_states[i].empty && same_column(&app->column_states[i].column, column) &&
	       !cgw_field_equal(column->field, app->settings.sort.field);
}

/* The least width of the column with the names; names that are shorter need no more. */
static int least_name_width(const struct app *app, int columns)
{
	int least = GROUP_WIDTH_MIN_FLAT, needed = app->name_width;

	if (app->settings.choices[CHOICE_TREE])
		least = columns >= 70 ? GROUP_WIDTH_MIN_WIDE : GROUP_WIDTH_MIN;
	if (columns >= WIDE_SCREEN && needed > 0)
		least = columns * 2 / 5;
	if (needed > 0 && needed < least)
		least = needed > GROUP_WIDTH_MIN ? needed : GROUP_WIDTH_MIN;
	return least;
}

static void place(const struct app *app, int columns, bool all, struct placed *placed)
{
	int widths[COLUMNS_MAX] = {0}, count = 0, flexible = -1, skipped = 0;
	int least = least_name_width(app, columns);

	for (size_t i = 0; i < app->settings.column_count; i++) {
		const struct column *column = &app->settings.columns[i];

		if (column_is_group(column)) {
			flexible = count;
			widths[count] = least > GROUP_WIDTH ? least : GROUP_WIDTH;
		} else if (skipped < app->column_first) {
			skipped++;
			continue;
		} else if (!all && is_empty(app, i)) {
			continue;
		} else {
			widths[count] = titled_width(app, column);
		}
		placed->index[count++] = (uint8_t)i;
	}
	placed->count = layout_columns(columns, widths, count, flexible, least, placed->widths);
	placed->more = placed->count < count;
	/* On a wide screen, keep the numbers close to the names. */
	if (flexible >= 0 && flexible < placed->count && app->name_width > 0 && !app->full_names &&
	    placed->widths[flexible] > app->name_width)
		placed->widths[flexible] =
			app->name_width > GROUP_WIDTH_MIN ? app->name_width : GROUP_WIDTH_MIN;
}

void groups_place(const struct app *app, int columns, struct placed *placed)
{
	int at = 0;

	*placed = (struct placed){0};
	place(app, columns, true, placed);
	if (placed->more && !app->full_names) {
		place(app, columns, false, placed);
		placed->more = true;
	}
	for (int i = 0; i < placed->count; i++) {
		placed->at[i] = at;
		at += placed->widths[i] + 1;
	}
}

void groups_metrics(const struct app *app, struct cgw_metric_set *set)
{
	struct placed placed;
	size_t last = 0;

	groups_place(app, groups_columns(app), &placed);
	for (int i = 0; i < placed.count; i++) {
		column_metrics(&app->settings.columns[placed.index[i]], set);
		if (placed.index[i] > last)
			last = placed.index[i];
	}
	/* Those that gave way come back when they have values. */
	for (size_t i = (size_t)app->column_first; i < last; i++)
		if (is_empty(app, i))
			column_metrics(&app->settings.columns[i], set);
}

void groups_scale(const struct app *app, struct placed *placed, uint32_t first, uint32_t count)
{
	struct column_source source = app_source(app);

	for (int i = 0; i < placed->count; i++) {
		const struct column *column = &app->settings.columns[placed->index[i]];

		for (uint32_t row = first; column->style == COLUMN_GRAPH && row < first + count &&
					   row < app->list.row_count;
		     row++) {
			uint32_t group = app->list.rows[row].group;
			double maximum = group != CGW_NO_GROUP
						 ? column_graph_maximum(&source, column, group)
						 : 0;

			if (maximum > placed->maximum[i])
				placed->maximum[i] = maximum;
		}
	}
}

bool groups_sort_is_shown(const struct app *app, const struct placed *placed)
{
	for (int i = 0; i < placed->count; i++) {
		const struct column *column = &app->settings.columns[placed->index[i]];

		if (cgw_field_equal(column->field, app->settings.sort.field) &&
		    !column_is_drawing(column))
			return true;
	}
	return false;
}

bool groups_show_stack(const struct app *app, const struct placed *placed)
{
	for (int i = 0; i < placed->count; i++)
		if (app->settings.columns[placed->index[i]].style == COLUMN_STACK)
			return true;
	return false;
}

const char *groups_sort_sign(const struct app *app)
{
	/* The default order is ascending for text, descending for numbers. */
	bool upwards = app->settings.choices[CHOICE_UPWARDS] !=
		       (app->settings.sort.field.shape == CGW_STRING);

	return upwards ? "▲" : "▼";
}

static bool aligned_right(const struct column *column)
{
	return column->field.shape != CGW_STRING && !column_is_drawing(column);
}

void groups_draw_head(const struct app *app, struct canvas *canvas, struct rect area,
		      const struct placed *placed)
{
	const char *arrow = groups_sort_sign(app);

	canvas_fill(canvas, area, ROLE_TEXT, GROUND_BAR);
	for (int i = 0; i < placed->count; i++) {
		const struct column *column = &app->settings.columns[placed->index[i]];
		bool sorted = cgw_field_equal(column->field, app->settings.sort.field) &&
			      !column_is_drawing(column);
		enum role role = sorted ? ROLE_SORTED : ROLE_TEXT;
		int at = area.column + placed->at[i], width = placed->widths[i];
		char title[40];

		column_title(column, app->settings.choices[CHOICE_OWN], title, sizeof(title));
		if (aligned_right(column)) {
			int start = at + width - canvas_width(title);

			canvas_text_right(canvas, area.row, at, width, role, title);
			if (sorted)
				canvas_text(canvas, area.row, start > at ? start - 1 : at - 1, 1,
					    role, arrow);
			continue;
		}
		at += canvas_text_cut(canvas, area.row, at, width, role, title);
		if (sorted && at < area.columns)
			canvas_text(canvas, area.row, at, 1, role, arrow);
	}
	if (placed->more && area.columns > 1)
		canvas_text(canvas, area.row, area.column + area.columns - 1, 1, ROLE_KEY, "→");
	if (app->column_first > 0 && area.columns > 1)
		canvas_text(canvas, area.row, area.column, 1, ROLE_KEY, "←");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-setup.c - setup window: settings and columns, saved on close. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/core/scroll.h"
#include "tui/core/views.h"

/* Rows: settings, a heading, columns shown, a heading, other columns that match. */
struct setup {
	struct column *others;
	size_t other_count;
	struct line line; /* search text for the other columns */
	bool finding;
	struct scroll scroll;
	bool changed;
};

enum row_kind { ROW_CHOICE, ROW_HEADING, ROW_SHOWN, ROW_OTHER, ROW_NONE };

struct setup_row {
	enum row_kind kind;
	size_t index;
};

static bool is_shown(const struct settings *settings, const struct column *column)
{
	for (size_t i = 0; i < settings->column_count; i++)
		if (cgw_field_equal(settings->columns[i].field, column->field) &&
		    settings->columns[i].style == column->style)
			return true;
	return false;
}

static bool other_matches(const struct setup *setup, const struct column *column)
{
	char key[128];

	column_print(column, key, sizeof(key));
	return find_part(key, setup->line.text) != NULL ||
	       find_part(cgw_field_help(column->field), setup->line.text) != NULL;
}

static struct setup_row row_at(const struct app *app, const struct setup *setup, uint32_t row)
{
	size_t at = row;

	if (at < CHOICE_COUNT)
		return (struct setup_row){ROW_CHOICE, at};
	at -= CHOICE_COUNT;
	if (at == 0)
		return (struct setup_row){ROW_HEADING, 0};
	at--;
	if (at < app->settings.column_count)
		return (struct setup_row){ROW_SHOWN, at};
	at -= app->settings.column_count;
	if (at == 0)
		return (struct setup_row){ROW_HEADING, 1};
	at--;
	for (size_t i = 0; i < setup->other_count; i++) {
		if (is_shown(&app->settings, &setup->others[i]) ||
		    !other_matches(setup, &setup->others[i]))
			continue;
		if (at-- == 0)
			return (struct setup_row){ROW_OTHER, i};
	}
	return (struct setup_row){ROW_NONE, 0};
}

static uint32_t count_rows(const struct app *app, const struct setup *setup)
{
	uint32_t count = (uint32_t)(CHOICE_COUNT + 2 + app->settings.column_count);

	for (size_t i = 0; i < setup->other_count; i++)
		count += !is_shown(&app->settings, &setup->others[i]) &&
			 other_matches(setup, &setup->others[i]);
	return count;
}

static void draw_choice(const struct app *app, struct canvas *canvas, struct rect area,
			enum settings_choice choice)
{
	const struct choice_info *info = choice_info(choice);

	canvas_text(canvas, area.row, area.column, 12, ROLE_STRONG, info->name);
	canvas_text(canvas, area.row, area.column + 12, 14, ROLE_KEY,
		    FORMATTED(96, "← %s →",
			      choice == CHOICE_THEME && app->settings.theme_name[0] != '\0'
				      ? app->settings.theme_name
				      : info->words[app->settings.choices[choice]]));
	canvas_text_cut(canvas, area.row, area.column + 27, area.columns - 27, ROLE_DIM,
			info->help);
}

static void draw_column(struct canvas *canvas, struct rect area, const struct column *column,
			bool shown)
{
	char text[128];

	canvas_text(canvas, area.row, area.column, 4, shown ? ROLE_GOOD : ROLE_DIM,
		    shown ? "[x] " : "[ ] ");
	column_print(column, text, sizeof(text));
	canvas_text_cut(canvas, area.row, area.column + 4, 32, ROLE_STRONG, text);
	canvas_text_cut(canvas, area.row, area.column + 37, area.columns - 37, ROLE_DIM,
			cgw_field_help(column->field));
}

static void draw_heading(const struct setup *setup, struct canvas *canvas, struct rect area,
			 size_t index)
{
	if (index == 0) {
		canvas_text_cut(canvas, area.row, area.column, area.columns, ROLE_TITLE,
				"Columns shown (Space: remove, [ and ]: move)");
		return;
	}
	canvas_text_cut(canvas, area.row, area.column, area.columns, ROLE_TITLE,
			setup->finding || setup->line.length > 0
				? "Other columns that match (Space: add)"
				: "Other columns (Space: add, /: find)");
}

static void setup_draw(struct app *app, void *opaque, struct canvas *canvas,
		       const struct layout *layout)
{
	struct setup *setup = opaque;
	int columns = canvas->columns - 6 < 110 ? canvas->columns - 6 : 110;
	struct rect area = draw_window(canvas, canvas->rows - 3, columns, "Setup");
	uint32_t count = count_rows(app, setup);

	if (setup->finding && area.rows > 1) {
		int row = area.row + area.rows - 1;

		area.rows--;
		canvas_text(canvas, row, area.column, 6, ROLE_DIM, "Find: ");
		line_draw(&setup->line, canvas, row, area.column + 6, area.columns - 6, true);
	}
	scroll_place(&setup->scroll, area, count);
	for (int i = 0; i < area.rows && setup->scroll.first + (uint32_t)i < count; i++) {
		struct setup_row row = row_at(app, setup, setup->scroll.first + (uint32_t)i);
		struct rect line = {area.row + i, area.column, 1, area.columns};

		if (row.kind == ROW_CHOICE)
			draw_choice(app, canvas, line, (enum settings_choice)row.index);
		else if (row.kind == ROW_HEADING)
			draw_heading(setup, canvas, line, row.index);
		else if (row.kind == ROW_SHOWN)
			draw_column(canvas, line, &app->settings.columns[row.index], true);
		else if (row.kind == ROW_OTHER)
			draw_column(canvas, line, &setup->others[row.index], false);
		if (setup->scroll.first + (uint32_t)i == setup->scroll.selected)
			canvas_ground(canvas, line, GROUND_SELECTED);
	}
}

static unsigned change_choice(struct app *app, enum settings_choice choice, int by)
{
	int count = 0, value = app->settings.choices[choice] + by;

	while (choice_info(choice)->words[count] != NULL)
		count++;
	if (count == 0)
		return REACTION_NONE;
	app->settings.choices[choice] = (uint8_t)((value + count) % count);
	if (choice == CHOICE_THEME)
		app->settings.theme_name[0] = '\0';
	return REACTION_ARRANGE | REACTION_METRICS | REACTION_SETTINGS;
}

static void remove_column(struct settings *settings, size_t index)
{
	memmove(&settings->columns[index], &settings->columns[index + 1],
		(settings->column_count - index - 1) * sizeof(settings->columns[0]));
	settings->column_count--;
}

static unsigned toggle_row(struct app *app, struct setup *setup)
{
	struct setup_row row = row_at(app, setup, setup->scroll.selected);

	setup->changed = true;
	switch (row.kind) {
	case ROW_CHOICE:
		return change_choice(app, (enum settings_choice)row.index, 1);
	case ROW_SHOWN:
		if (app->settings.column_count == 1)
			return app_show_message(app, ROLE_WARM, "cannot remove the last column");
		remove_column(&app->settings, row.index);
		return REACTION_METRICS;
	case ROW_OTHER:
		if (app->settings.column_count == COLUMNS_MAX)
			return app_show_message(app, ROLE_WARM, "too many columns (at most %d)",
						COLUMNS_MAX);
		app->settings.columns[app->settings.column_count++] = setup->others[row.index];
		/* Keep the cursor in place among the other columns. */
		setup->scroll.selected++;
		return REACTION_METRICS | REACTION_SAMPLE;
	case ROW_HEADING:
	case ROW_NONE:
		break;
	}
	return REACTION_NONE;
}

static unsigned shift_row(struct app *app, struct setup *setup, int by)
{
	struct setup_row row = row_at(app, setup, setup->scroll.selected);
	struct column *columns = app->settings.columns, moved;
	size_t to = row.index + (size_t)by;

	if (row.kind != ROW_SHOWN || to >= app->settings.column_count)
		return REACTION_BEEP;
	moved = columns[row.index];
	columns[row.index] = columns[to];
	columns[to] = moved;
	setup->scroll.selected += (uint32_t)by;
	setup->changed = true;
	return REACTION_DRAW;
}

static unsigned setup_close(struct app *app, const struct setup *setup)
{
	bool changed = setup->changed;
	char key[16];

	app_close(app);
	if (!changed)
		return REACTION_DRAW | REACTION_METRICS;
	app_key_name(app, ACTION_VIEW_SAVE, key, sizeof(key));
	if (app->view[0] != '\0')
		app_show_message(app, ROLE_TEXT,
				 "columns, order and theme are those of view %s (%s: save it)",
				 app->view, key);
	return REACTION_DRAW | REACTION_METRICS | REACTION_SAVE;
}

static unsigned setup_act(struct app *app, void *opaque, enum action action)
{
	struct setup *setup = opaque;
	struct setup_row row = row_at(app, setup, setup->scroll.selected);

	if (scroll_act(&setup->scroll, action, count_rows(app, setup)))
		return REACTION_DRAW;
	switch (action) {
	case ACTION_TOGGLE:
		return toggle_row(app, setup);
	case ACTION_LEFT:
	case ACTION_RIGHT:
		if (row.kind != ROW_CHOICE)
			return REACTION_NONE;
		setup->changed = true;
		return change_choice(app, (enum settings_choice)row.index,
				     action == ACTION_LEFT ? -1 : 1);
	case ACTION_SHIFT_UP:
		return shift_row(app, setup, -1);
	case ACTION_SHIFT_DOWN:
		return shift_row(app, setup, 1);
	case ACTION_FIND:
		setup->finding = true;
		setup->scroll.selected = (uint32_t)(CHOICE_COUNT + 2 + app->settings.column_count);
		return REACTION_DRAW;
	case ACTION_BACK:
	case ACTION_BACK_LETTER:
		return setup_close(app, setup);
	default:
		return REACTION_NONE;
	}
}

/* While the search line is open it gets all characters; Enter and Esc close it. */
static unsigned setup_type(struct app *app, void *opaque, uint32_t key, bool *ret_used)
{
	struct setup *setup = opaque;

	if (!setup->finding)
		return REACTION_NONE;
	if (key == KEY_RETURN || key == KEY_ESCAPE) {
		setup->finding = false;
		if (key == KEY_ESCAPE)
			line_set(&setup->line, "");
		*ret_used = true;
		return REACTION_DRAW;
	}
	*ret_used = line_key(&setup->line, key);
	if (*ret_used)
		setup->scroll.selected = (uint32_t)(CHOICE_COUNT + 2 + app->settings.column_count);
	return REACTION_DRAW;
}

static unsigned setup_click(struct app *app, void *opaque, const struct event *event)
{
	struct setup *setup = opaque;
	uint32_t row;

	if (!scroll_click(&setup->scroll, event, count_rows(app, setup), &row))
		return REACTION_DRAW;
	if (setup->scroll.selected == row)
		return toggle_row(app, setup);
	setup->scroll.selected = row;
	return REACTION_DRAW;
}

static void setup_done(void *opaque)
{
	struct setup *setup = opaque;

	free(setup->others);
	free(setup);
}

static const struct view_kind view_setup = {
	.name = "setup",
	.contexts = IN_SETUP,
	.draw = setup_draw,
	.act = setup_act,
	.type = setup_type,
	.click = setup_click,
	.done = setup_done,
};

/* All fields in all styles that they support. NULL: only counts them. */
static size_t list_all_columns(struct column *columns)
{
	struct cgw_field field;
	size_t count = 0;

	for (size_t i = 0; cgw_field_nth(i, &field) == 0; i++)
		for (int style = 0; style < COLUMN_STYLE_COUNT; style++) {
			struct column column = column_of_field(field);

			if (!column_supports(&column, (enum column_style)style))
				continue;
			column.style = (uint8_t)style;
			if (columns != NULL)
				columns[count] = column;
			count++;
		}
	return count;
}

unsigned open_setup(struct app *app)
{
	struct setup *setup = calloc(1, sizeof(*setup));

	if (setup != NULL)
		setup->others = calloc(list_all_columns(NULL) + 1, sizeof(*setup->others));
	if (setup == NULL || setup->others == NULL) {
		free(setup);
		return app_show_message(app, ROLE_BAD, "out of memory");
	}
	setup->other_count = list_all_columns(setup->others);
	return app_open(app, &view_setup, setup);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* help.c - help window: keys by topic in columns, signs and colours; can be filtered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/core/line-edit.h"
#include "tui/core/scroll.h"
#include "tui/core/views.h"
#include "tui/core/window.h"

/* Least width of a column of keys. */
#define COLUMN_WIDTH 37
#define KEYS_WIDTH   13

/* The topics and their actions, in the order of the table. */
static const struct {
	const char *topic; /* NULL: an action */
	enum action action;
} entries[] = {
#define TOPIC(title)    {title, ACTION_NONE},
#define ACTION(id, ...) {NULL, ACTION_##id},
#include "tui/core/keys.def"
#undef ACTION
};

static const struct {
	enum role role;
	const char *sign, *text;
} signs[] = {
	{ROLE_TEXT, "▾ ▸", "has groups below: expanded, collapsed"},
	{ROLE_MARKED, "*", "marked: actions apply to all marked groups"},
	{ROLE_KEY, "#", "pinned to the top of the list"},
	{ROLE_NEW, "+", "appeared in the last 5 seconds"},
	{ROLE_GONE, "-", "gone; the row stays for 3 seconds"},
	{ROLE_FROZEN, "❄", "frozen"},
	{ROLE_TEXT, "- ! ?", "no value: not available (yet), permission denied, not recognized"},
	{ROLE_TEXT, "max", "unlimited"},
	{ROLE_WARM, "warm",
	 "at least 70% of a limit, or a quarter of the machine's CPUs or memory"},
	{ROLE_HOT, "hot", "at least 85% of a limit, or half of the machine's CPUs or memory"},
	{ROLE_BAD, "bad", "at least 95% of a limit; also OOM kills and errors"},
};

struct help_line {
	bool heading;
	enum role role;
	char keys[48];
	const char *text;
};

/* A part of a line's text that fits into a column. */
struct help_row {
	const struct help_line *line;
	size_t from, length;
};

struct help {
	struct help_line *lines;
	size_t count, capacity;
	struct help_line **shown; /* those that match the filter, with their headings */
	uint32_t shown_count;
	struct help_row *rows; /* of what is shown, as it was drawn last */
	size_t row_count, row_capacity;
	uint32_t down; /* rows of a column */
	struct line line;
	bool finding;
	struct scroll scroll;
};

static void key_names(const struct app *app, enum action action, char *buffer, size_t size)
{
	const uint32_t *keys = app->settings.keymap.keys[action];
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < KEYS_PER_ACTION && keys[i] != KEY_NONE; i++) {
		char name[16];

		key_print(keys[i], name, sizeof(name));
		used = text_append(buffer, size, used, "%s%s", i > 0 ? " " : "", name);
	}
}

static struct help_line *add(struct help *help, enum role role, const char *text)
{
	if (ARRAY_RESERVE(help->lines, help->capacity, help->count + 1) < 0)
		return NULL;
	help->lines[help->count] = (struct help_line){.role = role, .text = text};
	return &help->lines[help->count++];
}

static void add_heading(struct help *help, const char *title)
{
	struct help_line *line = add(help, ROLE_TITLE, title);

	if (line != NULL)
		line->heading = true;
}

/* Keys of this view and of the windows, as far as this source can perform them. */
static void add_keys(const struct app *app, struct help *help)
{
	unsigned contexts =
		app_contexts(app) | IN_SEARCHING | IN_DIALOGS | IN_READING | IN_SETUP | IN_EDIT;
	const char *topic = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		const struct key_binding *binding = key_binding(entries[i].action);
		char keys[48];
		struct help_line *line;

		if (entries[i].topic != NULL) {
			topic = entries[i].topic;
			continue;
		}
		if (!(binding->contexts & contexts) ||
		    (binding->changes && !(app->source_flags & (SOURCE_CAN_ACT | SOURCE_REMOTE))))
			continue;
		key_names(app, entries[i].action, keys, sizeof(keys));
		if (keys[0] == '\0')
			continue;
		if (topic != NULL)
			add_heading(help, topic);
		topic = NULL;
		line = add(help, ROLE_TEXT, binding->help);
		if (line != NULL)
			memcpy(line->keys, keys, sizeof(keys));
	}
}

static void add_signs(struct help *help)
{
	struct help_line *line;

	add_heading(help, "Signs and colours");
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		line = add(help, signs[i].role, signs[i].text);
		if (line != NULL)
			snprintf(line->keys, sizeof(line->keys), "%s", signs[i].sign);
	}
	add_heading(help, "Other keys");
	line = add(help, ROLE_TEXT, "freeze = f F7   (in ~/.config/cgward/config)");
	if (line != NULL)
		snprintf(line->keys, sizeof(line->keys), "[keys]");
}

/* A heading is shown above lines that match, and with all its lines if it matches itself. */
static void filter(struct help *help)
{
	struct help_line *heading = NULL;
	bool all = false;

	help->shown_count = 0;
	help->scroll.first = 0;
	for (size_t i = 0; i < help->count; i++) {
		struct help_line *line = &help->lines[i];

		if (line->heading) {
			heading = line;
			all = find_part(line->text, help->line.text) != NULL;
			continue;
		}
		if (!all && find_part(line->text, help->line.text) == NULL &&
		    find_part(line->keys, help->line.text) == NULL)
			continue;
		if (heading != NULL)
			help->shown[help->shown_count++] = heading;
		heading = NULL;
		help->shown[help->shown_count++] = line;
	}
}

/* Adds the rows of a line whose text is wrapped to `width` cells. Without memory, fewer. */
static void add_rows(struct help *help, const struct help_line *line, int width)
{
	size_t from = 0;

	do {
		struct help_row *row;

		if (ARRAY_RESERVE(help->rows, help->row_capacity, help->row_count + 1) < 0)
			return;
		row = &help->rows[help->row_count++];
		*row = (struct help_row){line, from, wrapped_length(line->text + from, width)};
		from += row->length;
	} while (line->text[from] != '\0');
}

static int keys_width(int columns)
{
	return columns > 2 * KEYS_WIDTH ? KEYS_WIDTH : columns / 3;
}

/* Wraps the lines to as few columns as show all of them, else to as many as fit side by side. */
static int arrange(struct help *help, struct rect area)
{
	int across = 0, most = area.columns / COLUMN_WIDTH;

	do {
		int width = area.columns / ++across;

		help->row_count = 0;
		for (uint32_t i = 0; i < help->shown_count; i++)
			add_rows(help, help->shown[i], width - 1 - keys_width(width));
	} while (across < most && help->row_count > (size_t)across * (size_t)area.rows);
	help->down = ((uint32_t)help->row_count + (uint32_t)across - 1) / (uint32_t)across;
	return across;
}

static void draw_row(const struct help_row *row, struct canvas *canvas, struct rect area)
{
	int keys = row->line->heading ? 0 : keys_width(area.columns);

	if (row->from == 0)
		canvas_text_cut(canvas, area.row, area.column, keys - 1, ROLE_KEY, row->line->keys);
	canvas_text(canvas, area.row, area.column + keys, area.columns - keys, row->line->role,
		    FORMATTED(256, "%.*s", (int)row->length, row->line->text + row->from));
}

static void help_draw(struct app *app, void *opaque, struct canvas *canvas,
		      const struct layout *layout)
{
	struct help *help = opaque;
	struct rect area = draw_window(canvas, canvas->rows - 2, canvas->columns - 2, "Help");
	int across, width, row = area.row + area.rows - 1;

	if (area.rows < 2 || area.columns < 4)
		return;
	area.rows--;
	canvas_text(canvas, row, area.column, 6, ROLE_DIM, "Find: ");
	line_draw(&help->line, canvas, row, area.column + 6, area.columns - 6, help->finding);
	across = arrange(help, area);
	width = area.columns / across;
	scroll_place_text(&help->scroll, area, help->down);
	for (int column = 0; column < across; column++)
		for (int i = 0; i < area.rows; i++) {
			uint32_t line = help->scroll.first + (uint32_t)i;
			size_t at = (size_t)column * help->down + line;

			if (line >= help->down || at >= help->row_count)
				break;
			draw_row(&help->rows[at], canvas,
				 (struct rect){area.row + i, area.column + column * width, 1,
					       width - 1});
		}
	if (help->shown_count == 0)
		canvas_text(canvas, area.row, area.column, area.columns, ROLE_DIM, "no match");
}

static unsigned help_act(struct app *app, void *opaque, enum action action)
{
	struct help *help = opaque;

	if (action == ACTION_BACK && help->line.length > 0) {
		line_set(&help->line, "");
		filter(help);
		return REACTION_DRAW;
	}
	if (action == ACTION_BACK || action == ACTION_BACK_LETTER)
		return app_close(app);
	if (action == ACTION_SEARCH) {
		help->finding = true;
		line_set(&help->line, "");
		filter(help);
	} else {
		scroll_act_text(&help->scroll, action, help->down);
	}
	return REACTION_DRAW;
}

static unsigned help_type(struct app *app, void *opaque, uint32_t key, bool *ret_used)
{
	struct help *help = opaque;

	if (!help->finding)
		return REACTION_NONE;
	if (key == KEY_RETURN || key == KEY_ESCAPE) {
		help->finding = false;
		if (key == KEY_ESCAPE)
			line_set(&help->line, "");
		*ret_used = true;
	} else {
		*ret_used = line_key(&help->line, key);
	}
	filter(help);
	return REACTION_DRAW;
}

static unsigned help_click(struct app *app, void *opaque, const struct event *event)
{
	struct help *help = opaque;

	scroll_click_text(&help->scroll, event, help->down);
	return REACTION_DRAW;
}

static void help_done(void *opaque)
{
	struct help *help = opaque;

	free(help->lines);
	free(help->rows);
	free(help->shown);
	free(help);
}

static const struct view_kind view_help = {
	.name = "help",
	.contexts = IN_READING,
	.draw = help_draw,
	.act = help_act,
	.type = help_type,
	.click = help_click,
	.done = help_done,
};

unsigned open_help(struct app *app)
{
	struct help *help = calloc(1, sizeof(*help));

	if (help == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	add_keys(app, help);
	add_signs(help);
	help->shown = calloc(help->count + 1, sizeof(struct help_line *));
	if (help->shown == NULL) {
		help_done(help);
		return app_show_message(app, ROLE_BAD, "out of memory");
	}
	filter(help);
	return app_open(app, &view_help, help);
}

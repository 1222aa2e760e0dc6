/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-reader.c - text window, and draw_paragraph() for other views. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/core/views.h"

struct reader_line {
	enum role role;
	char *left, *text;
};

struct reader {
	const char *title;
	struct reader_line *lines;
	size_t count;
	int left_width;
	uint32_t first; /* first visible row, counted after wrapping */
	uint32_t rows, page;
};

struct reader *reader_new(const char *title)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (reader != NULL)
		reader->title = title;
	return reader;
}

static void reader_free(void *opaque)
{
	struct reader *reader = opaque;

	if (reader == NULL)
		return;
	for (size_t i = 0; i < reader->count; i++) {
		free(reader->lines[i].left);
		free(reader->lines[i].text);
	}
	free(reader->lines);
	free(reader);
}

void reader_add(struct reader *reader, enum role role, const char *left, const char *text)
{
	struct reader_line *lines;
	int width = canvas_width(left);

	if (reader == NULL)
		return;
	lines = reallocarray(reader->lines, reader->count + 1, sizeof(*lines));
	if (lines == NULL)
		return;
	reader->lines = lines;
	lines[reader->count] = (struct reader_line){role, strdup(left), strdup(text)};
	if (lines[reader->count].left == NULL || lines[reader->count].text == NULL) {
		free(lines[reader->count].left);
		free(lines[reader->count].text);
		return;
	}
	reader->count++;
	/* Ignore very long left parts, which would leave no space for the text. */
	if (width > reader->left_width && width <= 24)
		reader->left_width = width;
}

/* Bytes of `text` that fit into `width` cells, wrapped after a blank if possible. */
static size_t line_length(const char *text, int width)
{
	size_t length = 0, blank = 0, bytes;
	uint32_t character;
	int used = 0, cells;

	while ((bytes = canvas_next(text + length, &character, &cells)) > 0) {
		if (used + cells > width)
			return blank > 0 ? blank : length > 0 ? length : bytes;
		length += bytes;
		used += cells;
		if (character == ' ')
			blank = length;
	}
	return length;
}

int draw_paragraph(struct canvas *canvas, struct rect area, enum role role, const char *text)
{
	char line[1024];
	int row = 0;

	do {
		size_t length = line_length(text, area.columns > 0 ? area.columns : 1);

		if (length >= sizeof(line))
			length = sizeof(line) - 1;
		memcpy(line, text, length);
		line[length] = '\0';
		if (row < area.rows)
			canvas_text(canvas, area.row + row, area.column, area.columns, role, line);
		text += length;
		row++;
	} while (*text != '\0');
	return row;
}

static unsigned reader_contexts(const struct app *app, const void *state)
{
	return IN_READING;
}

/* Draws the line from `row` on, clipped to the area; returns its number of rows. */
static int draw_line(const struct reader *reader, const struct reader_line *line,
		     struct canvas *canvas, struct rect area, int row)
{
	int left = reader->left_width > 0 ? reader->left_width + 2 : 0, rows = 0;
	bool heading = line->left[0] == '\0' && line->role == ROLE_TITLE;
	int width = area.columns - (heading ? 0 : left), at = area.column + (heading ? 0 : left);
	const char *text = line->text;

	if (!heading && row >= 0 && row < area.rows)
		canvas_text_cut(canvas, area.row + row, area.column, left - 1, ROLE_KEY,
				line->left);
	do {
		char part[1024];
		size_t length = line_length(text, width > 1 ? width : 1);

		if (length >= sizeof(part))
			length = sizeof(part) - 1;
		memcpy(part, text, length);
		part[length] = '\0';
		if (row + rows >= 0 && row + rows < area.rows)
			canvas_text(canvas, area.row + row + rows, at, width, line->role, part);
		text += length;
		rows++;
	} while (*text != '\0');
	return rows;
}

static void reader_draw(struct app *app, void *opaque, struct canvas *canvas,
			const struct layout *layout)
{
	struct reader *reader = opaque;
	int columns = canvas->columns - 6 < 100 ? canvas->columns - 6 : 100, row;
	struct rect area = draw_window(canvas, canvas->rows - 3, columns, reader->title);
	char position[32];

	/* Draw once outside of the area, to count rows at the current width. */
	row = 0;
	for (size_t i = 0; i < reader->count; i++)
		row += draw_line(reader, &reader->lines[i], canvas, area, INT32_MIN / 2);
	reader->rows = (uint32_t)row;
	reader->page = area.rows > 0 ? (uint32_t)area.rows : 1;
	if (reader->first + reader->page > reader->rows)
		reader->first = reader->rows > reader->page ? reader->rows - reader->page : 0;
	row = -(int)reader->first;
	for (size_t i = 0; i < reader->count && row < area.rows; i++)
		row += draw_line(reader, &reader->lines[i], canvas, area, row);
	if (reader->rows <= reader->page)
		return;
	snprintf(position, sizeof(position), " %u-%u of %u ", reader->first + 1,
		 reader->first + reader->page, reader->rows);
	canvas_text_right(canvas, area.row + area.rows, area.column, area.columns, ROLE_DIM,
			  position);
}

static unsigned reader_act(struct app *app, void *opaque, enum action action)
{
	struct reader *reader = opaque;
	uint32_t last = reader->rows > reader->page ? reader->rows - reader->page : 0;

	if (action == ACTION_BACK || action == ACTION_BACK_LETTER)
		return app_close(app);
	list_action(action, last + 1, reader->page, &reader->first);
	return REACTION_DRAW;
}

static unsigned reader_click(struct app *app, void *opaque, const struct event *event)
{
	if (event->button != MOUSE_WHEEL_UP && event->button != MOUSE_WHEEL_DOWN)
		return REACTION_NONE;
	for (int i = 0; i < 3; i++)
		reader_act(app, opaque, event->button == MOUSE_WHEEL_UP ? ACTION_UP : ACTION_DOWN);
	return REACTION_DRAW;
}

static const struct view_kind view_reader = {
	.name = "reader",
	.contexts = reader_contexts,
	.draw = reader_draw,
	.act = reader_act,
	.click = reader_click,
	.done = reader_free,
};

unsigned open_reader(struct app *app, struct reader *reader)
{
	if (reader == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	return app_open(app, &view_reader, reader);
}

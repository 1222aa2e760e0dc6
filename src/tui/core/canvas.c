/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* canvas.c - draws text, frames and grounds into cells. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "lib/base/cleanup.h"
#include "lib/base/utf8.h"
#include "tui/core/canvas.h"

/* Larger than any terminal; keeps the number of cells from overflowing. */
#define CANVAS_SIDE_MAX 4096

int canvas_new(int rows, int columns, bool utf8, struct canvas **ret_canvas)
{
	struct canvas *canvas;

	if (rows < 1 || columns < 1 || rows > CANVAS_SIDE_MAX || columns > CANVAS_SIDE_MAX)
		return -EINVAL;
	canvas = calloc(1, sizeof(*canvas));
	if (canvas == NULL)
		return -ENOMEM;
	canvas->cells = calloc((size_t)rows * (size_t)columns, sizeof(*canvas->cells));
	if (canvas->cells == NULL) {
		free(canvas);
		return -ENOMEM;
	}
	canvas->rows = rows;
	canvas->columns = columns;
	canvas->utf8 = utf8;
	canvas_clear(canvas);
	*ret_canvas = canvas;
	return 0;
}

struct canvas *canvas_free(struct canvas *canvas)
{
	if (canvas != NULL)
		free(canvas->cells);
	free(canvas);
	return NULL;
}

static struct canvas_cell *cell_at(const struct canvas *canvas, int row, int column)
{
	if (row < 0 || row >= canvas->rows || column < 0 || column >= canvas->columns)
		return NULL;
	return &canvas->cells[(size_t)row * (size_t)canvas->columns + (size_t)column];
}

const struct canvas_cell *canvas_at(const struct canvas *canvas, int row, int column)
{
	return cell_at(canvas, row, column);
}

static struct rect rect_clip(struct rect inner, struct rect outer)
{
	struct rect result = inner;
	int row_end = inner.row + inner.rows, column_end = inner.column + inner.columns;

	if (result.row < outer.row)
		result.row = outer.row;
	if (result.column < outer.column)
		result.column = outer.column;
	if (row_end > outer.row + outer.rows)
		row_end = outer.row + outer.rows;
	if (column_end > outer.column + outer.columns)
		column_end = outer.column + outer.columns;
	result.rows = row_end > result.row ? row_end - result.row : 0;
	result.columns = column_end > result.column ? column_end - result.column : 0;
	return result;
}

struct rect rect_inset(struct rect area, int edge)
{
	struct rect inner = {
		.row = area.row + edge,
		.column = area.column + edge,
		.rows = area.rows - 2 * edge,
		.columns = area.columns - 2 * edge,
	};

	return rect_clip(inner, area);
}

struct rect rect_center(struct rect outer, int rows, int columns)
{
	struct rect result;

	result.rows = rows < outer.rows ? rows : outer.rows;
	result.columns = columns < outer.columns ? columns : outer.columns;
	result.row = outer.row + (outer.rows - result.rows) / 2;
	result.column = outer.column + (outer.columns - result.columns) / 2;
	return result;
}

static struct rect canvas_area(const struct canvas *canvas)
{
	return (struct rect){.rows = canvas->rows, .columns = canvas->columns};
}

/* Replaces the other half of a wide character whose cell is about to be overwritten. */
static void clear_other_half(struct canvas *canvas, int row, int column)
{
	struct canvas_cell *cell = cell_at(canvas, row, column);

	if (cell == NULL)
		return;
	if (cell->text[0] == '\0') {
		struct canvas_cell *left = cell_at(canvas, row, column - 1);

		if (left != NULL)
			strcpy(left->text, " ");
		strcpy(cell->text, " ");
	} else {
		struct canvas_cell *right = cell_at(canvas, row, column + 1);

		if (right != NULL && right->text[0] == '\0')
			strcpy(right->text, " ");
	}
}

void canvas_clear(struct canvas *canvas)
{
	canvas_fill(canvas, canvas_area(canvas), ROLE_TEXT, GROUND_PLAIN);
}

void canvas_fill(struct canvas *canvas, struct rect area, enum role role, enum ground ground)
{
	area = rect_clip(area, canvas_area(canvas));
	for (int row = area.row; row < area.row + area.rows; row++) {
		clear_other_half(canvas, row, area.column);
		clear_other_half(canvas, row, area.column + area.columns - 1);
		for (int column = area.column; column < area.column + area.columns; column++) {
			struct canvas_cell *cell = cell_at(canvas, row, column);

			*cell = (struct canvas_cell){
				.text = " ", .role = (uint8_t)role, .ground = (uint8_t)ground};
		}
	}
}

void canvas_ground(struct canvas *canvas, struct rect area, enum ground ground)
{
	area = rect_clip(area, canvas_area(canvas));
	for (int row = area.row; row < area.row + area.rows; row++) {
		for (int column = area.column; column < area.column + area.columns; column++)
			cell_at(canvas, row, column)->ground = (uint8_t)ground;
	}
}

size_t canvas_next(const char *text, uint32_t *ret_character, int *ret_width)
{
	size_t length;
	int width = 1;

	if (text[0] == '\0')
		return 0;
	length = utf8_decode((const unsigned char *)text, strnlen(text, 4), ret_character);
	if (length == 0) {
		*ret_character = '?';
		length = 1;
	} else if (*ret_character < 0x20 || *ret_character == 0x7f) {
		/* Callers must escape control characters; never send one to the terminal. */
		*ret_character = '?';
	} else if (*ret_character >= 0x80) {
		width = wcwidth((wchar_t)*ret_character);
		if (width < 0)
			width = 1;
	}
	*ret_width = width;
	return length;
}

int canvas_width(const char *text)
{
	uint32_t character;
	int width, total = 0;
	size_t length;

	for (; (length = canvas_next(text, &character, &width)) > 0; text += length)
		total += width;
	return total;
}

/* ASCII substitutes for the characters that views draw. */
static char ascii_for(uint32_t character)
{
	static const struct {
		uint32_t character;
		char ascii;
	} table[] = {
		{0x2026, '~'}, /* … */
		{0x2500, '-'}, {0x2502, '|'}, {0x250c, '+'}, {0x2510, '+'}, {0x2514, '`'},
		{0x2518, '+'}, {0x251c, '|'}, {0x2524, '+'}, {0x256d, '+'}, {0x256e, '+'},
		{0x256f, '+'}, {0x2570, '+'}, {0x25b8, '+'}, {0x25be, '-'}, {0x25b2, '^'},
		{0x25bc, '-'}, {0x2191, '^'}, {0x2193, 'v'}, {0x2190, '<'}, {0x2192, '>'},
		{0x2588, '#'}, {0x2591, '.'}, {0x2713, '*'}, {0x2717, 'x'}, {0x2744, '*'},
		{0x26a0, '!'}, {0x00b7, '.'}, {0x2022, '*'}, {0x25cf, '*'}, {0x25b4, '^'},
		{0x250a, ':'}, {0x254c, '-'}, {0x25b3, '^'},
	};

	if (character < 0x80)
		return (char)character;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].character == character)
			return table[i].ascii;
	}
	return '?';
}

/* Draws one character; a combining character is added to the cell on the left if it fits there. */
static void put_character(struct canvas *canvas, int row, int column, enum role role,
			  const char *text, size_t length, int width)
{
	struct canvas_cell *cell;

	if (width == 0) {
		size_t used;

		cell = cell_at(canvas, row, column - 1);
		if (cell != NULL && cell->text[0] == '\0')
			cell = cell_at(canvas, row, column - 2);
		if (cell == NULL)
			return;
		used = strlen(cell->text);
		if (used + length < sizeof(cell->text)) {
			memcpy(cell->text + used, text, length);
			cell->text[used + length] = '\0';
		}
		return;
	}
	cell = cell_at(canvas, row, column);
	if (cell == NULL)
		return;
	clear_other_half(canvas, row, column);
	if (width == 2) {
		struct canvas_cell *right = cell_at(canvas, row, column + 1);

		if (right == NULL) {
			strcpy(cell->text, " ");
			return;
		}
		clear_other_half(canvas, row, column + 1);
		right->text[0] = '\0';
		right->role = (uint8_t)role;
	}
	memcpy(cell->text, text, length);
	cell->text[length] = '\0';
	cell->role = (uint8_t)role;
}

int canvas_text(struct canvas *canvas, int row, int column, int width, enum role role,
		const char *text)
{
	uint32_t character;
	int used = 0, cells;
	size_t length;

	for (; (length = canvas_next(text, &character, &cells)) > 0; text += length) {
		const char *bytes = text;
		size_t byte_count = length;
		char ascii;

		if (used + cells > width)
			break;
		if (!canvas->utf8 || character == '?') {
			if (cells == 0)
				continue;
			ascii = ascii_for(character);
			bytes = &ascii;
			byte_count = 1;
			/* Keep the width of a wide character, so that columns stay aligned. */
			for (int i = 1; i < cells; i++)
				put_character(canvas, row, column + used + i, role, " ", 1, 1);
		}
		put_character(canvas, row, column + used, role, bytes, byte_count,
			      byte_count == 1 ? 1 : cells);
		used += cells;
	}
	return used;
}

int canvas_text_right(struct canvas *canvas, int row, int column, int width, enum role role,
		      const char *text)
{
	int needed = canvas_width(text);

	if (needed >= width)
		return canvas_text(canvas, row, column, width, role, text);
	return width - needed +
	       canvas_text(canvas, row, column + width - needed, needed, role, text);
}

int canvas_text_cut(struct canvas *canvas, int row, int column, int width, enum role role,
		    const char *text)
{
	int used;

	if (width <= 0)
		return 0;
	if (canvas_width(text) <= width)
		return canvas_text(canvas, row, column, width, role, text);
	used = canvas_text(canvas, row, column, width - 1, role, text);
	return used + canvas_text(canvas, row, column + used, 1, role, "…");
}

void canvas_box(struct canvas *canvas, struct rect area, enum role role, const char *title)
{
	int last_row = area.row + area.rows - 1, last_column = area.column + area.columns - 1;

	if (area.rows < 2 || area.columns < 2)
		return;
	for (int column = area.column + 1; column < last_column; column++) {
		canvas_text(canvas, area.row, column, 1, role, "─");
		canvas_text(canvas, last_row, column, 1, role, "─");
	}
	for (int row = area.row + 1; row < last_row; row++) {
		canvas_text(canvas, row, area.column, 1, role, "│");
		canvas_text(canvas, row, last_column, 1, role, "│");
	}
	canvas_text(canvas, area.row, area.column, 1, role, "╭");
	canvas_text(canvas, area.row, last_column, 1, role, "╮");
	canvas_text(canvas, last_row, area.column, 1, role, "╰");
	canvas_text(canvas, last_row, last_column, 1, role, "╯");
	if (title != NULL && area.columns >= 7) {
		int column = area.column + 2;

		column += canvas_text(canvas, area.row, column, 1, role, " ");
		column += canvas_text_cut(canvas, area.row, column, area.columns - 6, ROLE_TITLE,
					  title);
		canvas_text(canvas, area.row, column, 1, role, " ");
	}
}

struct rect draw_window(struct canvas *canvas, int rows, int columns, const char *title)
{
	struct rect whole = {.rows = canvas->rows, .columns = canvas->columns}, area, inner;

	/* Do not cover the status line: it shows the result of an action. */
	if (whole.rows >= 8)
		whole.rows -= 2;
	area = rect_center(whole, rows + 2, columns + 4);

	canvas_fill(canvas, area, ROLE_TEXT, GROUND_DIALOG);
	canvas_box(canvas, area, ROLE_BORDER, title);
	inner = area.rows > 2 && area.columns > 2 ? rect_inset(area, 1) : area;
	if (inner.columns > 4) {
		inner.column++;
		inner.columns -= 2;
	}
	return inner;
}

char *canvas_dump(const struct canvas *canvas)
{
	size_t size = (size_t)canvas->rows * ((size_t)canvas->columns * CANVAS_TEXT_MAX + 1) + 1;
	char *text = malloc(size), *end = text;

	if (text == NULL)
		return NULL;
	for (int row = 0; row < canvas->rows; row++) {
		char *text_end = end;

		for (int column = 0; column < canvas->columns; column++) {
			const struct canvas_cell *cell = canvas_at(canvas, row, column);

			end = stpcpy(end, cell->text);
			if (strcmp(cell->text, " ") != 0 && cell->text[0] != '\0')
				text_end = end;
		}
		end = text_end;
		*end++ = '\n';
	}
	*end = '\0';
	return text;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-edit.c - line editing with the basic keys of readline. */
#include <string.h>

#include "lib/base/utf8.h"
#include "tui/core/keys.h"
#include "tui/core/line-edit.h"

#define CONTROL(letter) ((letter)&0x1f)

void line_set(struct line *line, const char *text)
{
	size_t length = strlen(text);

	if (length >= sizeof(line->text))
		length = 0;
	memcpy(line->text, text, length);
	line->text[length] = '\0';
	line->length = length;
	line->cursor = length;
}

static size_t step_left(const struct line *line, size_t at)
{
	while (at > 0) {
		at--;
		if (((unsigned char)line->text[at] & 0xc0U) != 0x80)
			break;
	}
	return at;
}

static size_t step_right(const struct line *line, size_t at)
{
	while (at < line->length) {
		at++;
		if (((unsigned char)line->text[at] & 0xc0U) != 0x80)
			break;
	}
	return at;
}

static void erase(struct line *line, size_t from, size_t to)
{
	memmove(line->text + from, line->text + to, line->length - to + 1);
	line->length -= to - from;
	line->cursor = from;
}

static void insert(struct line *line, uint32_t character)
{
	char bytes[4];
	size_t count = utf8_encode(character, bytes);

	if (line->length + count >= sizeof(line->text))
		return;
	memmove(line->text + line->cursor + count, line->text + line->cursor,
		line->length - line->cursor + 1);
	memcpy(line->text + line->cursor, bytes, count);
	line->length += count;
	line->cursor += count;
}

static size_t word_start(const struct line *line)
{
	size_t at = line->cursor;

	while (at > 0 && line->text[at - 1] == ' ')
		at--;
	while (at > 0 && line->text[at - 1] != ' ')
		at--;
	return at;
}

bool line_key(struct line *line, uint32_t key)
{
	switch (key) {
	case KEY_ARROW_LEFT:
	case CONTROL('B'):
		line->cursor = step_left(line, line->cursor);
		return true;
	case KEY_ARROW_RIGHT:
	case CONTROL('F'):
		line->cursor = step_right(line, line->cursor);
		return true;
	case KEY_TOP:
	case CONTROL('A'):
		line->cursor = 0;
		return true;
	case KEY_BOTTOM:
	case CONTROL('E'):
		line->cursor = line->length;
		return true;
	case KEY_ERASE:
	case 0x7f:
	case CONTROL('H'):
		erase(line, step_left(line, line->cursor), line->cursor);
		return true;
	case KEY_DELETE:
	case CONTROL('D'):
		erase(line, line->cursor, step_right(line, line->cursor));
		return true;
	case CONTROL('U'):
		erase(line, 0, line->cursor);
		return true;
	case CONTROL('K'):
		line->length = line->cursor;
		line->text[line->length] = '\0';
		return true;
	case CONTROL('W'):
		erase(line, word_start(line), line->cursor);
		return true;
	default:
		if (key < ' ' || key >= KEY_SPECIAL)
			return false;
		insert(line, key);
		return true;
	}
}

void line_draw(const struct line *line, struct canvas *canvas, int row, int column, int width,
	       bool focus)
{
	char before[LINE_MAX_BYTES];
	const char *shown = before;
	struct rect area = {.row = row, .column = column, .rows = 1, .columns = width};
	int used;

	if (width < 1)
		return;
	canvas_fill(canvas, area, ROLE_TEXT, GROUND_FIELD);
	memcpy(before, line->text, line->cursor);
	before[line->cursor] = '\0';
	while (canvas_width(shown) >= width) {
		uint32_t character;
		int cells;

		shown += canvas_next(shown, &character, &cells);
	}
	used = canvas_text(canvas, row, column, width, ROLE_TEXT, shown);
	canvas_text(canvas, row, column + used, width - used, ROLE_TEXT, line->text + line->cursor);
	if (focus)
		canvas_ground(canvas, (struct rect){row, column + used, 1, 1}, GROUND_SELECTED);
}

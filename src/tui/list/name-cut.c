/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* name-cut.c - shortens names that do not fit, so that they can still be distinguished. */
#include <stdio.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "tui/core/canvas.h"
#include "tui/list/name-cut.h"

/* The length in bytes of the start of `text` that fits into `width` cells. */
static size_t head_length(const char *text, int width)
{
	size_t length = 0, bytes;
	uint32_t character;
	int cells;

	while ((bytes = canvas_next(text + length, &character, &cells)) > 0 && cells <= width) {
		length += bytes;
		width -= cells;
	}
	return length;
}

/* The end of `text` that fits into `width` cells. */
static const char *tail_of(const char *text, int width)
{
	int left = canvas_width(text);

	while (*text != '\0' && left > width) {
		uint32_t character;
		int cells;

		text += canvas_next(text, &character, &cells);
		left -= cells;
	}
	return text;
}

/* Where the texts differ first, at the start of a character. */
static const char *difference(const char *text, const char *other)
{
	const char *at = text;

	while (*at != '\0') {
		uint32_t character;
		int cells;
		size_t bytes = canvas_next(at, &character, &cells);

		if (strncmp(at, other + (at - text), bytes) != 0)
			break;
		at += bytes;
	}
	return at;
}

void name_cut(const char *text, enum name_cut how, const char *other, int width, char *buffer,
	      size_t size)
{
	int head = how == NAME_CUT_MIDDLE ? width / 2 : 0, tail = width - head - 1;
	const char *middle = other != NULL ? difference(text, other) : text, *end;
	size_t used;

	if (canvas_width(text) <= width || width < 4) {
		snprintf(buffer, size, "%s", text);
		return;
	}
	end = tail_of(text, tail);
	if (other == NULL || middle >= end || middle < text + head_length(text, head)) {
		used = text_append(buffer, size, 0, "%.*s…", (int)head_length(text, head), text);
		text_append(buffer, size, used, "%s", end);
		return;
	}
	/* …PART…END */
	head = (width - 2) / 2;
	end = tail_of(text, width - 2 - head);
	if (end < middle)
		end = middle;
	used = text_append(buffer, size, 0, "…%.*s", (int)head_length(middle, head), middle);
	if (middle + head_length(middle, head) < end)
		used = text_append(buffer, size, used, "…");
	else
		end = middle + head_length(middle, head);
	text_append(buffer, size, used, "%s", end);
}

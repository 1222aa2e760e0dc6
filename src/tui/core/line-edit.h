/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-edit.h - an editable line of text. Pure. */
#pragma once

#include "tui/core/canvas.h"

#define LINE_MAX_BYTES 512

struct line {
	char text[LINE_MAX_BYTES]; /* UTF-8, terminated */
	size_t length;
	size_t cursor; /* byte offset of a character */
};

void line_set(struct line *line, const char *text);
/* True if the line used the key, as text or as an editing key. */
bool line_key(struct line *line, uint32_t key);
/* Draws the part around the cursor; `focus`: highlights the cursor cell. */
void line_draw(const struct line *line, struct canvas *canvas, int row, int column, int width,
	       bool focus);

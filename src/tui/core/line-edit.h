/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-edit.h - a line of text that is being typed. Pure. */
#ifndef CGWARD_TUI_CORE_LINE_EDIT_H
#define CGWARD_TUI_CORE_LINE_EDIT_H

#include "tui/core/canvas.h"

#define LINE_MAX_BYTES 512

struct line {
	char text[LINE_MAX_BYTES]; /* UTF-8, terminated */
	size_t length;
	size_t cursor; /* byte offset, at a character */
};

void line_set(struct line *line, const char *text);
/* True where the key belonged to the line: typed, or moved the cursor. */
bool line_key(struct line *line, uint32_t key);
/* Draws the part around the cursor and shows it as a cell of its own. */
void line_draw(const struct line *line, struct canvas *canvas, int row, int column, int width,
	       bool focus);

#endif

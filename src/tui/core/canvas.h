/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * canvas.h - a grid of character cells that views draw on. Pure: does not touch the terminal.
 *
 * A cell has a role (its meaning) and a ground (its background) instead of colours; the theme
 * maps both to colours. Drawing outside of the canvas has no effect. Views always draw Unicode; a
 * canvas that is not UTF-8 substitutes ASCII.
 */
#pragma once

#include <cgward/base.h>

/* The meaning of a cell. */
enum role {
#define ROLE(id, ...) ROLE_##id,
#include "tui/core/roles.def"
#undef ROLE
	ROLE_COUNT,
};

/* The background of a cell. */
enum ground {
	GROUND_PLAIN,
	GROUND_SELECTED, /* the row that keys act on */
	GROUND_BAR,      /* column heads, status line, key labels */
	GROUND_FIELD,    /* input field */
	GROUND_DIALOG,   /* window */
	GROUND_COUNT,
};

struct rect {
	int row, column, rows, columns;
};

/* Fits a character of four bytes and two combining characters. */
#define CANVAS_TEXT_MAX 12

struct canvas_cell {
	char text[CANVAS_TEXT_MAX]; /* terminated; "" is the right half of a wide character */
	uint8_t role;
	uint8_t ground;
};

struct canvas {
	int rows, columns;
	bool utf8;
	struct canvas_cell *cells; /* in row-major order */
};

int canvas_new(int rows, int columns, bool utf8, struct canvas **ret_canvas);
struct canvas *canvas_free(struct canvas *canvas);

/* Fills the canvas with spaces, ROLE_TEXT on GROUND_PLAIN. */
void canvas_clear(struct canvas *canvas);

const struct canvas_cell *canvas_at(const struct canvas *canvas, int row, int column) CGW_PURE;

/* Fills the area with spaces of that role and ground. */
void canvas_fill(struct canvas *canvas, struct rect area, enum role role, enum ground ground);

/* Changes the ground of the cells and keeps their text. */
void canvas_ground(struct canvas *canvas, struct rect area, enum ground ground);

/*
 * Draws text on the existing ground, truncated to `width` cells at a character boundary.
 * Untrusted text must be escaped by the caller. Returns the number of cells used.
 */
int canvas_text(struct canvas *canvas, int row, int column, int width, enum role role,
		const char *text);

/* The same, right-aligned in `width` cells. */
int canvas_text_right(struct canvas *canvas, int row, int column, int width, enum role role,
		      const char *text);

/* As canvas_text(), with "…" in the last cell if the text was truncated. */
int canvas_text_cut(struct canvas *canvas, int row, int column, int width, enum role role,
		    const char *text);

/* Draws a frame on the edge of the area. `title` may be NULL. No effect if it is too small. */
void canvas_box(struct canvas *canvas, struct rect area, enum role role, const char *title);

/* Draws an empty framed window in the middle of the canvas; returns the area inside. */
struct rect draw_window(struct canvas *canvas, int rows, int columns, const char *title);

/* Width of a text in cells. */
int canvas_width(const char *text);

/*
 * Decodes the next character and its width in cells (0: combining). Returns its length in bytes,
 * 0 at the end; an invalid byte is one character of one cell.
 */
size_t canvas_next(const char *text, uint32_t *ret_character, int *ret_width);

/* The canvas as lines of text without trailing spaces. The caller frees it. */
char *canvas_dump(const struct canvas *canvas);

/* The area without `edge` cells on each side; its size is never negative. */
struct rect rect_inset(struct rect area, int edge) CGW_PURE;
/* `rows` x `columns` in the middle of `outer`, clipped to it. */
struct rect rect_center(struct rect outer, int rows, int columns) CGW_PURE;

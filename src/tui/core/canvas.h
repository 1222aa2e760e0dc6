/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * canvas.h - a grid of character cells that views draw on. Pure: no terminal is touched.
 *
 * A cell says what it means (its role) and on what it stands (its ground), never a colour; the
 * terminal's theme decides what that looks like. Drawing outside of the canvas draws nothing.
 * Views draw the same Unicode everywhere; a canvas that is not UTF-8 puts ASCII in its place.
 */
#ifndef CGWARD_TUI_CORE_CANVAS_H
#define CGWARD_TUI_CORE_CANVAS_H

#include <cgward/base.h>

/* What a cell means. */
enum role {
#define ROLE(id, ...) ROLE_##id,
#include "tui/core/roles.def"
#undef ROLE
	ROLE_COUNT,
};

/* What a cell stands on. */
enum ground {
	GROUND_PLAIN,
	GROUND_SELECTED, /* the row that keys act on */
	GROUND_BAR,      /* column heads, the status line, labels of keys */
	GROUND_FIELD,    /* something to type in */
	GROUND_DIALOG,   /* a window above the rest */
	GROUND_COUNT,
};

struct rect {
	int row, column, rows, columns;
};

/* Room for a character of four bytes and two combining ones. */
#define CANVAS_TEXT_MAX 12

struct canvas_cell {
	char text[CANVAS_TEXT_MAX]; /* terminated; "" is the right half of a wide character */
	uint8_t role;
	uint8_t ground;
};

struct canvas {
	int rows, columns;
	bool utf8;
	struct canvas_cell *cells; /* row by row */
};

int canvas_new(int rows, int columns, bool utf8, struct canvas **ret_canvas);
struct canvas *canvas_free(struct canvas *canvas);

/* All spaces, plain text on plain ground. */
void canvas_clear(struct canvas *canvas);

const struct canvas_cell *canvas_at(const struct canvas *canvas, int row, int column) CGW_PURE;

/* Spaces of that role and ground. */
void canvas_fill(struct canvas *canvas, struct rect area, enum role role, enum ground ground);

/* Changes what the cells stand on, and leaves what they say. */
void canvas_ground(struct canvas *canvas, struct rect area, enum ground ground);

/*
 * Puts a text of at most `width` cells (longer ones are cut, no character in two) on the ground that
 * is there. The text must be safe to print: escaped, if anybody else wrote it. Returns the cells
 * taken.
 */
int canvas_text(struct canvas *canvas, int row, int column, int width, enum role role,
		const char *text);

/* The same, set against the right end of `width` cells. */
int canvas_text_right(struct canvas *canvas, int row, int column, int width, enum role role,
		      const char *text);

/* As canvas_text(), with "…" in the last cell when something was cut off. */
int canvas_text_cut(struct canvas *canvas, int row, int column, int width, enum role role,
		    const char *text);

/* canvas_text() of what the format says. */
int canvas_printf(struct canvas *canvas, int row, int column, int width, enum role role,
		  const char *format, ...) CGW_PRINTF(6, 7);

/* A frame around the area, its title in the upper edge (NULL: none). Too small: nothing. */
void canvas_box(struct canvas *canvas, struct rect area, enum role role, const char *title);

/* The cells that a text takes. */
int canvas_width(const char *text);

/*
 * The next character of a text and the cells it takes (0: it combines with the one before). Returns
 * its length in bytes, 0 at the end; a byte that is no UTF-8 counts as one cell.
 */
size_t canvas_next(const char *text, uint32_t *ret_character, int *ret_width);

/*
 * The canvas as lines of text, spaces at the ends of lines left out: golden tests, batch, captures.
 * The caller frees.
 */
char *canvas_dump(const struct canvas *canvas);

/* The part of `inner` that lies in `outer`; no rows or columns where there is none. */
struct rect rect_clip(struct rect inner, struct rect outer) CGW_PURE;
/* The area without `edge` cells on each side; never negative. */
struct rect rect_inset(struct rect area, int edge) CGW_PURE;
/* `rows` x `columns` in the middle of `outer`, cut to it. */
struct rect rect_center(struct rect outer, int rows, int columns) CGW_PURE;

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * screen-layout.h - positions of the parts of the screen. Pure.
 *
 * Parts that do not fit get no rows. Priority: the list, the status line, the column heads, the
 * key bar, the header, which shrinks line by line.
 */
#pragma once

#include "tui/core/canvas.h"

struct layout_request {
	int rows, columns; /* of the terminal */
	int header_rows;   /* preferred height of the header */
	bool timeline;     /* timeline of a recording */
	bool keys;         /* key bar */
	bool head;         /* column heads */
};

struct layout {
	struct rect header;
	struct rect head;
	struct rect body;
	struct rect timeline;
	struct rect status;
	struct rect keys;
};

struct layout layout_compute(const struct layout_request *request) CGW_PURE;

/*
 * Lays out columns from left to right with one cell between them, as many as fit. The column
 * `flexible` (-1: none) gets the remaining space, and shrinks down to `flexible_min` so that more
 * columns fit. Returns the number of columns that fit, and the width of each.
 */
int layout_columns(int columns, const int *widths, int count, int flexible, int flexible_min,
		   int *ret_widths);

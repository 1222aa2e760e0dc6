/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * screen-layout.h - where the parts of the screen stand. Pure.
 *
 * Parts that find no room have no rows: the list comes first, then the status line, the column heads,
 * the bar of keys and the header, which gives its lines back one by one.
 */
#ifndef CGWARD_TUI_CORE_SCREEN_LAYOUT_H
#define CGWARD_TUI_CORE_SCREEN_LAYOUT_H

#include "tui/core/canvas.h"

struct layout_request {
	int rows, columns;  /* of the terminal */
	int header_rows;    /* of the header, if there is room for all of them */
	bool timeline;      /* a row for the time of a recording */
	bool keys;          /* the bar of keys is wanted */
	bool head;          /* the view has column heads */
	int graph_rows_max; /* of the detail view's graphs; 0: none */
};

struct layout {
	struct rect header;
	struct rect graphs;
	struct rect head;
	struct rect body;
	struct rect timeline;
	struct rect status;
	struct rect keys;
};

struct layout layout_compute(const struct layout_request *wish) CGW_PURE;

/*
 * Widths of columns side by side, one cell between them: the widths wanted, from the first on, as
 * long as they fit; the column `flexible` takes what is left over, and gives first, down to its
 * least width. Returns how many columns fit whole; `ret_widths` gets a width for each of those.
 */
int layout_columns(int columns, const int *wanted, int count, int flexible, int flexible_min,
		   int *ret_widths);

#endif

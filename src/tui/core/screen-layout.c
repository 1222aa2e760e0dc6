/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* screen-layout.c - shares out the rows and columns of the screen. */
#include "tui/core/screen-layout.h"

/* Below the list's share nobody else grows: a header of ten lines over a list of two is no help. */
#define BODY_SHARE_MIN 6

static struct rect take_top(struct rect *rest, int rows)
{
	struct rect taken = *rest;

	taken.rows = rows < rest->rows ? rows : rest->rows;
	rest->row += taken.rows;
	rest->rows -= taken.rows;
	return taken;
}

static struct rect take_bottom(struct rect *rest, int rows)
{
	struct rect taken = *rest;

	taken.rows = rows < rest->rows ? rows : rest->rows;
	taken.row = rest->row + rest->rows - taken.rows;
	rest->rows -= taken.rows;
	return taken;
}

struct layout layout_compute(const struct layout_request *wish)
{
	struct layout layout;
	struct rect rest = {.rows = wish->rows > 0 ? wish->rows : 0,
			    .columns = wish->columns > 0 ? wish->columns : 0};
	int status = rest.rows >= 2, keys = wish->keys && rest.rows >= 8;
	int head = wish->head && rest.rows >= 3;
	int timeline = wish->timeline && rest.rows >= 6;
	int spare = rest.rows - status - keys - head - timeline - BODY_SHARE_MIN;
	int header = wish->header_rows < spare ? wish->header_rows : spare;
	int graphs;

	if (header < 0)
		header = rest.rows >= 7 && wish->header_rows > 0 ? 1 : 0;
	if (header == 0 && spare >= 0 && wish->header_rows > 0)
		header = 1;
	spare -= header;
	graphs = wish->graph_rows_max < spare ? wish->graph_rows_max : spare;
	if (graphs < 3)
		graphs = 0;
	layout.keys = take_bottom(&rest, keys);
	layout.status = take_bottom(&rest, status);
	layout.timeline = take_bottom(&rest, timeline);
	layout.header = take_top(&rest, header);
	layout.graphs = take_top(&rest, graphs);
	layout.head = take_top(&rest, head);
	layout.body = rest;
	return layout;
}

int layout_columns(int columns, const int *wanted, int count, int flexible, int flexible_min,
		   int *ret_widths)
{
	int used = 0, fit = 0, spare;

	for (; fit < count; fit++) {
		int least =
			fit == flexible && flexible_min < wanted[fit] ? flexible_min : wanted[fit];
		int gap = fit > 0;

		/* The flexible one is kept room for, even where it stands further right. */
		if (used + gap + least > columns) {
			if (fit == 0 && columns > 0) {
				ret_widths[0] = columns;
				return 1;
			}
			break;
		}
		ret_widths[fit] = least;
		used += gap + least;
	}
	spare = columns - used;
	if (flexible >= 0 && flexible < fit && spare > 0)
		ret_widths[flexible] += spare;
	return fit;
}

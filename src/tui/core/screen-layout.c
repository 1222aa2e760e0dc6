/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* screen-layout.c - divides the screen among its parts. */
#include "tui/core/screen-layout.h"

/* Rows that the list gets before the header grows. */
#define BODY_SHARE_MIN 6

static struct rect split_top(struct rect *rest, int rows)
{
	struct rect part = *rest;

	part.rows = rows < rest->rows ? rows : rest->rows;
	rest->row += part.rows;
	rest->rows -= part.rows;
	return part;
}

static struct rect split_bottom(struct rect *rest, int rows)
{
	struct rect part = *rest;

	part.rows = rows < rest->rows ? rows : rest->rows;
	part.row = rest->row + rest->rows - part.rows;
	rest->rows -= part.rows;
	return part;
}

struct layout layout_compute(const struct layout_request *request)
{
	struct layout layout;
	struct rect rest = {.rows = request->rows > 0 ? request->rows : 0,
			    .columns = request->columns > 0 ? request->columns : 0};
	int status = rest.rows >= 2, keys = request->keys && rest.rows >= 8;
	int head = request->head && rest.rows >= 3;
	int timeline = request->timeline && rest.rows >= 6;
	int spare = rest.rows - status - keys - head - timeline - BODY_SHARE_MIN;
	int header = request->header_rows < spare ? request->header_rows : spare;

	if (header < 0)
		header = rest.rows >= 7 && request->header_rows > 0 ? 1 : 0;
	if (header == 0 && spare >= 0 && request->header_rows > 0)
		header = 1;
	layout.keys = split_bottom(&rest, keys);
	layout.status = split_bottom(&rest, status);
	layout.timeline = split_bottom(&rest, timeline);
	layout.header = split_top(&rest, header);
	layout.head = split_top(&rest, head);
	layout.body = rest;
	return layout;
}

int layout_columns(int columns, const int *widths, int count, int flexible, int flexible_min,
		   int *ret_widths)
{
	int used = 0, fit = 0, spare;

	for (; fit < count; fit++) {
		int least =
			fit == flexible && flexible_min < widths[fit] ? flexible_min : widths[fit];
		int gap = fit > 0;

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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * graph.h - figures as pictures: histories, sparklines, bars. Pure.
 */
#ifndef CGWARD_TUI_CORE_GRAPH_H
#define CGWARD_TUI_CORE_GRAPH_H

#include "tui/core/canvas.h"

enum graph_style {
	GRAPH_BRAILLE, /* two samples a cell, four steps a row */
	GRAPH_BLOCKS,  /* one sample a cell, eight steps a row */
	GRAPH_ASCII,   /* one sample a cell, three steps a row */
	GRAPH_STYLE_COUNT,
};

const char *graph_style_name(enum graph_style style) CGW_PURE;
/* -ENOENT. */
int graph_style_find(const char *name);

/* How many samples a graph that wide shows. */
size_t graph_samples(enum graph_style style, int columns) CGW_PURE;

/*
 * Values from old to new, the newest at the right end; NAN leaves its column empty, a value above zero
 * shows at least one step. `maximum` is the upper edge; 0: everything is at the bottom.
 */
void graph_draw(struct canvas *canvas, struct rect area, enum graph_style style, enum role role,
		const double *values, size_t count, double maximum);

/*
 * A bar from the left, `share` from 0 to 1 of the width, over whatever ground is there. The rest of
 * the cells is filled with `·` so that the length of the whole is seen.
 */
void graph_bar(struct canvas *canvas, int row, int column, int width, enum role role, double share);

/* The next "round" number at or above: 1, 2, 5, 10, 20, 50, ... ; of bytes: powers of two. */
double graph_round_up(double value, bool binary) CGW_PURE;

#endif

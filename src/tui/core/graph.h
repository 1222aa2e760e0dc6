/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* graph.h - graphs, sparklines and bars. Pure. */
#pragma once

#include "tui/core/canvas.h"

enum graph_style {
	GRAPH_BRAILLE, /* 2 samples per cell, 4 steps per row */
	GRAPH_BLOCKS,  /* 1 sample per cell, 8 steps per row */
	GRAPH_ASCII,   /* 1 sample per cell, 3 steps per row */
	GRAPH_STYLE_COUNT,
};

/* Number of samples that a graph of that width shows. */
size_t graph_samples(enum graph_style style, int columns) CGW_PURE;

/*
 * Draws values from old to new, the newest at the right edge. NAN leaves its column empty; a
 * value above zero shows at least one step. `maximum` is the value of the upper edge; 0: nothing
 * is drawn.
 */
void graph_draw(struct canvas *canvas, struct rect area, enum graph_style style, enum role role,
		const double *values, size_t count, double maximum);

/*
 * Draws a bar from the left, `share` (0 to 1) of the width, on the existing ground. Fills the
 * other cells with `·` to show the full length.
 */
void graph_bar(struct canvas *canvas, int row, int column, int width, enum role role, double share);

/* Rounds up to 1, 2, 5, 10, 20, 50, ..., or to a power of two (`binary`, for bytes). */
double graph_round_up(double value, bool binary) CGW_PURE;

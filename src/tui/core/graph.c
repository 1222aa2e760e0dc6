/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* graph.c - draws graphs in braille, block or ASCII characters. */
#include <math.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/utf8.h"
#include "tui/core/graph.h"

static const struct {
	int samples; /* per cell */
	int steps;   /* per row */
} styles[GRAPH_STYLE_COUNT] = {
	[GRAPH_BRAILLE] = {2, 4},
	[GRAPH_BLOCKS] = {1, 8},
	[GRAPH_ASCII] = {1, 3},
};

size_t graph_samples(enum graph_style style, int columns)
{
	return columns > 0 ? (size_t)columns * (size_t)styles[style].samples : 0;
}

/* Height of a value in steps, in a graph of `steps`. */
static int height_of(double value, double maximum, int steps)
{
	int height;

	if (!(value > 0) || !(maximum > 0))
		return 0;
	if (value >= maximum)
		return steps;
	height = (int)lround(value / maximum * steps);
	return height < 1 ? 1 : height;
}

/* The part of a height within the row that starts `below` steps above the bottom. */
static int in_row(int height, int below, int steps)
{
	int left = height - below;

	return left < 0 ? 0 : left > steps ? steps : left;
}

static void braille_cell(int left, int right, char *text)
{
	/* Bits of the dots, from the bottom up. */
	static const unsigned left_dots[] = {0x00, 0x40, 0x44, 0x46, 0x47};
	static const unsigned right_dots[] = {0x00, 0x80, 0xa0, 0xb0, 0xb8};

	if (left + right == 0)
		memcpy(text, " ", 2);
	else
		text[utf8_encode(0x2800U + (left_dots[left] | right_dots[right]), text)] = '\0';
}

static void cell_text(enum graph_style style, const int *heights, char *text)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {" ", ".", ":", "|"};

	switch (style) {
	case GRAPH_BRAILLE:
		braille_cell(heights[0], heights[1], text);
		break;
	case GRAPH_BLOCKS:
		memcpy(text, blocks[heights[0]], strlen(blocks[heights[0]]) + 1);
		break;
	default:
		memcpy(text, ascii[heights[0]], 2);
		break;
	}
}

void graph_draw(struct canvas *canvas, struct rect area, enum graph_style style, enum role role,
		const double *values, size_t count, double maximum)
{
	int samples, steps;

	if (!canvas->utf8)
		style = GRAPH_ASCII;
	samples = styles[style].samples;
	steps = styles[style].steps;
	for (int column = 0; column < area.columns; column++) {
		for (int row = 0; row < area.rows; row++) {
			int heights[2] = {0, 0};
			char text[8];

			for (int i = 0; i < samples; i++) {
				/* Count from the right: the newest sample is the last one. */
				size_t back = (size_t)((area.columns - column) * samples - i);

				if (back <= count && back > 0)
					heights[i] = in_row(height_of(values[count - back], maximum,
								      steps * area.rows),
							    (area.rows - 1 - row) * steps, steps);
			}
			cell_text(style, heights, text);
			if (strcmp(text, " ") != 0)
				canvas_text(canvas, area.row + row, area.column + column, 1, role,
					    text);
		}
	}
}

void graph_bar(struct canvas *canvas, int row, int column, int width, enum role role, double share)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int steps = canvas->utf8 ? 8 : 1, filled;

	if (width < 1)
		return;
	if (!(share > 0))
		share = 0;
	if (share > 1)
		share = 1;
	filled = (int)lround(share * width * steps);
	if (filled == 0 && share > 0)
		filled = 1;
	for (int i = 0; i < width; i++) {
		int here = filled - i * steps;

		if (here >= steps)
			canvas_text(canvas, row, column + i, 1, role, canvas->utf8 ? "█" : "|");
		else if (here > 0)
			canvas_text(canvas, row, column + i, 1, role, eighths[here]);
		else
			canvas_text(canvas, row, column + i, 1, ROLE_TREE, "·");
	}
}

double graph_round_up(double value, bool binary)
{
	static const double decimal_steps[] = {1, 2, 5, 10};
	double scale;

	if (!(value > 0) || !isfinite(value))
		return 1;
	if (binary)
		return exp2(ceil(log2(value)));
	scale = pow(10, floor(log10(value)));
	for (size_t i = 0; i < ARRAY_SIZE(decimal_steps); i++) {
		if (value <= decimal_steps[i] * scale * (1 + 1e-9))
			return decimal_steps[i] * scale;
	}
	return 10 * scale;
}

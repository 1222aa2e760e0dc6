/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* palette.h - what each role looks like on each ground, in a theme and a number of colours. Pure. */
#ifndef CGWARD_TUI_CORE_PALETTE_H
#define CGWARD_TUI_CORE_PALETTE_H

#include "tui/core/term.h"

enum palette_flag {
	PALETTE_BOLD = 1,
	PALETTE_DIM = 2,
	PALETTE_REVERSE = 4,
	PALETTE_UNDERLINE = 8,
};

struct palette_look {
	int foreground, background; /* the terminal's numbers; -1: its own */
	unsigned flags;
};

struct palette {
	struct palette_look looks[ROLE_COUNT][GROUND_COUNT];
};

/* `colors` as terminfo says: below 8 there are none, above 256 a number is 0xRRGGBB. */
void palette_load(struct palette *palette, enum term_theme theme, int colors);

/* THEME_AUTO made into one of the others, from the environment. */
enum term_theme palette_resolve(enum term_theme theme);

/* The nearest of the 256 colours that are the same everywhere (16 to 255). */
int palette_nearest(int rgb) CGW_PURE;

#endif

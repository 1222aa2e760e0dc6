/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* palette.h - colours and attributes of each role on each ground. Pure. */
#pragma once

#include "tui/core/canvas.h"

enum term_theme {
	THEME_AUTO, /* from COLORFGBG, dark by default; plain with NO_COLOR */
	THEME_DARK,
	THEME_LIGHT,
	THEME_PLAIN, /* no colours, only bold, reverse and underline */
	THEME_COUNT,
};

enum palette_flag {
	PALETTE_BOLD = 1,
	PALETTE_DIM = 2,
	PALETTE_REVERSE = 4,
	PALETTE_UNDERLINE = 8,
};

struct palette_style {
	int foreground, background; /* terminal colour numbers; -1: default */
	unsigned flags;
};

struct palette {
	struct palette_style styles[ROLE_COUNT][GROUND_COUNT];
};

/* The colours of a theme from a file: 0xRRGGBB; -1: as in its base. */
struct theme_colors {
	enum term_theme base; /* THEME_DARK or THEME_LIGHT */
	int roles[ROLE_COUNT], grounds[GROUND_COUNT];
};
/* The same as palette_load() of a theme from a file, which applies from 256 colours on. */
void palette_load_file(struct palette *palette, const struct theme_colors *file, int colors);

/* `colors` is terminfo's number: below 8, no colours are used; above 256, colours are 0xRRGGBB. */
void palette_load(struct palette *palette, enum term_theme theme, int colors);

/* Replaces THEME_AUTO by one of the others, according to the environment. */
enum term_theme palette_resolve(enum term_theme theme);

/* Contrast of all text with its ground, as WCAG 2 requires for body text. */
#define PALETTE_CONTRAST_MIN 4.5
/* What the terminal's own colours are assumed to be: black on white, or the reverse. */
#define PALETTE_BLACK 0x000000
#define PALETTE_WHITE 0xffffff
/* The contrast of two colours 0xRRGGBB: 1 to 21. */
double palette_contrast(int rgb, int other);

/* The nearest of the colours 16 to 255, which are the same on all terminals. */
int palette_nearest(int rgb) CGW_PURE;

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* palette.c - maps roles and grounds to colours and attributes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/core/palette.h"

/* Constants used in roles.def. */
#define NONE      (-1)
#define BRIGHT    8
#define BOLD      PALETTE_BOLD
#define DIM       PALETTE_DIM
#define REVERSE   PALETTE_REVERSE
#define UNDERLINE PALETTE_UNDERLINE

struct colors {
	int dark, dark_16, light, light_16;
};

static const struct {
	struct colors foreground;
	unsigned flags;
} roles[ROLE_COUNT] = {
#define ROLE(id, dark, dark_16, light, light_16, attributes) \
	[ROLE_##id] = {{dark, dark_16, light, light_16}, attributes},
#include "tui/core/roles.def"
#undef ROLE
};

/*
 * With 16 colours, most coloured text on a coloured bar is unreadable, so the ground sets the
 * foreground as well.
 */
static const struct {
	struct colors background;
	int foreground_16;
	unsigned plain_flags; /* if there are no colours */
} grounds[GROUND_COUNT] = {
	[GROUND_PLAIN] = {{NONE, NONE, NONE, NONE}, NONE, 0},
	[GROUND_SELECTED] = {{0x000087, 6, 0xafd7ff, 6}, 0, PALETTE_REVERSE},
	[GROUND_BAR] = {{0x303030, 7, 0xdadada, 7}, 0, PALETTE_REVERSE},
	[GROUND_FIELD] = {{0x3a3a3a, 7, 0xd7d7ff, 7}, 0, PALETTE_UNDERLINE},
	[GROUND_DIALOG] = {{0x1c1c1c, NONE, 0xeeeeee, NONE}, NONE, 0},
};

enum term_theme palette_resolve(enum term_theme theme)
{
	const char *value = getenv("NO_COLOR");
	const char *ground;

	if (theme != THEME_AUTO)
		return theme;
	if (value != NULL && *value != '\0')
		return THEME_PLAIN;
	/* "15;0" or "15;default;0": the last one is the background; 7 and 15 are light. */
	value = getenv("COLORFGBG");
	ground = value != NULL ? strrchr(value, ';') : NULL;
	if (ground != NULL && (strcmp(ground, ";7") == 0 || strcmp(ground, ";15") == 0))
		return THEME_LIGHT;
	return THEME_DARK;
}

static int distance(int a, int b)
{
	int red = (a >> 16 & 0xff) - (b >> 16 & 0xff);
	int green = (a >> 8 & 0xff) - (b >> 8 & 0xff);
	int blue = (a & 0xff) - (b & 0xff);

	return red * red + green * green + blue * blue;
}

static int rgb_of(int color)
{
	static const int levels[] = {0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff};
	int i = color - 16;

	return i < 216 ? levels[i / 36] << 16 | levels[i / 6 % 6] << 8 | levels[i % 6]
		       : (8 + 10 * (i - 216)) * 0x010101;
}

int palette_nearest(int rgb)
{
	int best = 16, best_distance = distance(rgb, 0);

	for (int i = 0; i < 216 + 24; i++) {
		int candidate = rgb_of(16 + i);
		int away = distance(rgb, candidate);

		if (away < best_distance) {
			best_distance = away;
			best = 16 + i;
		}
	}
	return best;
}

/* Of a channel of sRGB, as defined by WCAG 2. */
static double linear(int channel)
{
	double value = channel / 255.0;

	return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(int rgb)
{
	return 0.2126 * linear(rgb >> 16 & 0xff) + 0.7152 * linear(rgb >> 8 & 0xff) +
	       0.0722 * linear(rgb & 0xff);
}

double palette_contrast(int rgb, int other)
{
	double a = luminance(rgb) + 0.05, b = luminance(other) + 0.05;

	return a > b ? a / b : b / a;
}

/* `part` of 16 from one colour to the other. */
static int blend(int rgb, int other, int part)
{
	int result = 0;

	for (int shift = 0; shift <= 16; shift += 8) {
		int from = rgb >> shift & 0xff, to = other >> shift & 0xff;

		result |= (from + (to - from) * part / 16) << shift;
	}
	return result;
}

/* The terminal colour nearest to `rgb` that is readable on the ground. */
static int readable(int rgb, int ground, bool light, int count)
{
	int color = rgb;

	for (int part = 0; part <= 16; part++) {
		int shown = blend(rgb, light ? 0x000000 : 0xffffff, part);

		color = count > 256 ? shown : palette_nearest(shown);
		if (count <= 256)
			shown = rgb_of(color);
		if (palette_contrast(shown, ground) >= PALETTE_CONTRAST_MIN)
			break;
	}
	return color;
}

static int pick(const struct colors *colors, bool light, int count)
{
	int rgb = light ? colors->light : colors->dark;
	int sixteen = light ? colors->light_16 : colors->dark_16;

	if (count >= 256 && rgb != NONE)
		return count > 256 ? rgb : palette_nearest(rgb);
	if (count >= 256 || sixteen == NONE)
		return NONE;
	return count >= 16 ? sixteen : sixteen % BRIGHT;
}

/* With 8 colours, grey would become black, invisible on a black background. */
static int without_grey(int color, int role_16, int count)
{
	return count < 16 && role_16 == (0 | BRIGHT) ? NONE : color;
}

/* With 256 colours or more. The terminal's own foreground is used on its own background only. */
static int readable_on(int role, int ground, bool light, int count, const struct theme_colors *file)
{
	int front = light ? roles[role].foreground.light : roles[role].foreground.dark;
	int back = light ? grounds[ground].background.light : grounds[ground].background.dark;

	if (file != NULL && file->roles[role] != NONE)
		front = file->roles[role];
	if (file != NULL && file->grounds[ground] != NONE)
		back = file->grounds[ground];

	if (front == NONE && back == NONE)
		return NONE;
	if (front == NONE)
		front = light ? PALETTE_BLACK : PALETTE_WHITE;
	if (back == NONE)
		back = light ? PALETTE_WHITE : PALETTE_BLACK;
	else if (count == 256)
		back = rgb_of(palette_nearest(back));
	return readable(front, back, light, count);
}

static struct palette_style color_style(int role, int ground, bool light, int count,
					const struct theme_colors *file)
{
	const struct colors *front = &roles[role].foreground;
	struct palette_style style = {.foreground = NONE, .background = NONE};

	style.flags = roles[role].flags;
	style.foreground = without_grey(pick(front, light, count),
					light ? front->light_16 : front->dark_16, count);
	style.background = pick(&grounds[ground].background, light, count);
	if (count < 256 && grounds[ground].foreground_16 != NONE) {
		style.foreground = grounds[ground].foreground_16;
		style.flags &= ~(unsigned)DIM;
	}
	if (count >= 256)
		style.foreground = readable_on(role, ground, light, count, file);
	if (count >= 256 && file != NULL && file->grounds[ground] != NONE)
		style.background = count > 256 ? file->grounds[ground]
					       : palette_nearest(file->grounds[ground]);
	/* DIM in addition to a colour would be too faint to read. */
	if (style.foreground != NONE)
		style.flags &= ~(unsigned)DIM;
	return style;
}

static struct palette_style plain_style(int role, int ground)
{
	struct palette_style style = {.foreground = NONE, .background = NONE};

	style.flags = roles[role].flags | grounds[ground].plain_flags;
	if (style.flags & REVERSE)
		style.flags &= ~(unsigned)DIM;
	return style;
}

static void load(struct palette *palette, enum term_theme theme, int colors,
		 const struct theme_colors *file)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		for (int ground = 0; ground < GROUND_COUNT; ground++) {
			bool plain = colors < 8 || theme == THEME_PLAIN;

			palette->styles[role][ground] =
				plain ? plain_style(role, ground)
				      : color_style(role, ground, theme == THEME_LIGHT, colors,
						    file);
		}
	}
}

void palette_load(struct palette *palette, enum term_theme theme, int colors)
{
	load(palette, palette_resolve(theme), colors, NULL);
}

void palette_load_file(struct palette *palette, const struct theme_colors *file, int colors)
{
	load(palette, file->base, colors, file);
}

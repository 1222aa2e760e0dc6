/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-palette.c - text is readable on every ground in every theme, computed from the colours. */
#include <errno.h>
#include <stdio.h>

#include "lib/base/cleanup.h"
#include "test.h"
#include "tui/core/theme-file.h"

static int rgb_of(int color)
{
	static const int levels[] = {0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff};
	int i = color - 16;

	assert_in_range(color, 16, 255);
	return i < 216 ? levels[i / 36] << 16 | levels[i / 6 % 6] << 8 | levels[i % 6]
		       : (8 + 10 * (i - 216)) * 0x010101;
}

static void check_contrast(enum term_theme theme, int colors, const struct theme_colors *file)
{
	int own_front = theme == THEME_LIGHT ? PALETTE_BLACK : PALETTE_WHITE;
	int own_back = theme == THEME_LIGHT ? PALETTE_WHITE : PALETTE_BLACK;
	struct palette palette;

	if (file != NULL)
		palette_load_file(&palette, file, colors);
	else
		palette_load(&palette, theme, colors);
	for (int role = 0; role < ROLE_COUNT; role++)
		for (int ground = 0; ground < GROUND_COUNT; ground++) {
			struct palette_style style = palette.styles[role][ground];
			int front = style.foreground, back = style.background;
			double contrast;

			/* The terminal's own colours are a pair: never half of it. */
			if (back >= 0)
				assert_true(front >= 0);
			if (colors == 256) {
				front = front < 0 ? own_front : rgb_of(front);
				back = back < 0 ? own_back : rgb_of(back);
			} else {
				front = front < 0 ? own_front : front;
				back = back < 0 ? own_back : back;
			}
			assert_false(style.flags & PALETTE_DIM && style.foreground >= 0);
			contrast = palette_contrast(front, back);
			if (contrast < PALETTE_CONTRAST_MIN)
				fail_msg("theme %d, role %d on ground %d: %.1f", (int)theme, role,
					 ground, contrast);
		}
}

static void test_contrast_of_all_roles_on_all_grounds(void **state)
{
	for (int theme = THEME_DARK; theme <= THEME_LIGHT; theme++) {
		check_contrast((enum term_theme)theme, 256, NULL);
		check_contrast((enum term_theme)theme, 1 << 24, NULL);
	}
}

/* The themes that are installed are valid, and as readable as the built-in ones. */
static void test_contrast_of_themes_from_files(void **state)
{
	static const char *const names[] = {"colour-blind", "slate"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct cgw_diag diag = {.text = ""};
		struct theme_colors file;
		char path[512];

		snprintf(path, sizeof(path), "%s/../../config/themes/%s", TEST_FIXTURES, names[i]);
		if (theme_read(path, &file, &diag) < 0)
			fail_msg("%s: %s", path, diag.text);
		check_contrast(file.base, 256, &file);
		check_contrast(file.base, 1 << 24, &file);
	}
	assert_int_equal(theme_find("../x", NULL, NULL), -ENOENT);
	assert_int_equal(theme_find("no-such-theme", NULL, NULL), -ENOENT);
}

static void test_contrast_is_that_of_wcag(void **state)
{
	static const struct {
		int a, b;
		double expected;
	} rows[] = {
		{0x000000, 0xffffff, 21},   {0x777777, 0xffffff, 4.48}, {0xff0000, 0xffffff, 4.0},
		{0x0000ff, 0xffffff, 8.59}, {0x123456, 0x123456, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_float_equal(palette_contrast(rows[i].a, rows[i].b), rows[i].expected, 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contrast_is_that_of_wcag),
		cmocka_unit_test(test_contrast_of_all_roles_on_all_grounds),
		cmocka_unit_test(test_contrast_of_themes_from_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

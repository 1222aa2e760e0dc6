/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-graph.c - tests of graphs, bars, and the colours of each theme. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tui/core/graph.h"
#include "tui/core/palette.h"

static void assert_graph(enum graph_style style, bool utf8, int rows, int columns,
			 const char *expected)
{
	static const double values[] = {0, 25, 50, 75, 100, NAN, 0.01, 1000};
	struct canvas *canvas = NULL;
	char *text;

	assert_int_equal(canvas_new(rows, columns, utf8, &canvas), 0);
	graph_draw(canvas, (struct rect){0, 0, rows, columns}, style, ROLE_CPU, values, 8, 100);
	text = canvas_dump(canvas);
	assert_string_equal(text, expected);
	free(text);
	canvas_free(canvas);
}

static void test_graph_styles(void **state)
{
	assert_graph(GRAPH_BLOCKS, true, 1, 8, " ▂▄▆█ ▁█\n");
	assert_graph(GRAPH_BLOCKS, true, 2, 8, "   ▄█  █\n ▄███ ▁█\n");
	assert_graph(GRAPH_BRAILLE, true, 1, 4, "⢀⣴⡇⣸\n");
	assert_graph(GRAPH_ASCII, true, 1, 8, " .::| .|\n");
	assert_graph(GRAPH_BRAILLE, false, 1, 8, " .::| .|\n");
}

static void test_graph_wider_than_history_starts_empty(void **state)
{
	assert_graph(GRAPH_BLOCKS, true, 1, 10, "   ▂▄▆█ ▁█\n");
	assert_graph(GRAPH_BLOCKS, true, 1, 2, "▁█\n");
}

static void test_bar_shows_small_share(void **state)
{
	static const struct {
		double share;
		const char *utf8, *ascii;
	} table[] = {
		{0, "····\n", "....\n"},   {0.001, "▏···\n", "|...\n"},
		{0.5, "██··\n", "||..\n"}, {0.53125, "██▏·\n", "||..\n"},
		{1, "████\n", "||||\n"},   {7, "████\n", "||||\n"},
		{-1, "····\n", "....\n"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (int utf8 = 0; utf8 < 2; utf8++) {
			struct canvas *canvas = NULL;
			char *text;

			assert_int_equal(canvas_new(1, 4, utf8, &canvas), 0);
			graph_bar(canvas, 0, 0, 4, ROLE_CPU, table[i].share);
			text = canvas_dump(canvas);
			assert_string_equal(text, utf8 ? table[i].utf8 : table[i].ascii);
			free(text);
			canvas_free(canvas);
		}
	}
}

static void test_upper_edge_is_round(void **state)
{
	assert_true(graph_round_up(0, false) == 1);
	assert_true(graph_round_up(3, false) == 5);
	assert_true(graph_round_up(100, false) == 100);
	assert_true(graph_round_up(101, false) == 200);
	assert_true(graph_round_up(1000, true) == 1024);
	assert_true(graph_round_up(1024, true) == 1024);
	assert_true(graph_round_up(NAN, true) == 1);
}

static void test_every_role_is_readable_in_every_theme(void **state)
{
	static const int counts[] = {0, 8, 16, 256, 1 << 24};
	struct palette palette;

	for (int theme = THEME_DARK; theme < THEME_COUNT; theme++) {
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
			palette_load(&palette, (enum term_theme)theme, counts[i]);
			for (int role = 0; role < ROLE_COUNT; role++) {
				for (int ground = 0; ground < GROUND_COUNT; ground++) {
					const struct palette_style *style =
						&palette.styles[role][ground];

					if (style->foreground >= 0)
						assert_int_not_equal(style->foreground,
								     style->background);
					if (counts[i] > 0) {
						assert_true(style->foreground < counts[i]);
						assert_true(style->background < counts[i]);
					} else {
						assert_int_equal(style->foreground, -1);
					}
				}
			}
		}
	}
}

static void test_environment_selects_theme(void **state)
{
	unsetenv("NO_COLOR");
	setenv("COLORFGBG", "0;15", 1);
	assert_int_equal(palette_resolve(THEME_AUTO), THEME_LIGHT);
	assert_int_equal(palette_resolve(THEME_DARK), THEME_DARK);
	setenv("COLORFGBG", "15;default;0", 1);
	assert_int_equal(palette_resolve(THEME_AUTO), THEME_DARK);
	setenv("NO_COLOR", "1", 1);
	assert_int_equal(palette_resolve(THEME_AUTO), THEME_PLAIN);
	assert_int_equal(palette_nearest(0xffffff), 231);
	assert_int_equal(palette_nearest(0x303030), 236);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_graph_styles),
		cmocka_unit_test(test_graph_wider_than_history_starts_empty),
		cmocka_unit_test(test_bar_shows_small_share),
		cmocka_unit_test(test_upper_edge_is_round),
		cmocka_unit_test(test_every_role_is_readable_in_every_theme),
		cmocka_unit_test(test_environment_selects_theme),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-canvas.c - tests of drawing on a canvas. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/core/canvas.h"

static struct canvas *new_canvas(int rows, int columns, bool utf8)
{
	struct canvas *canvas = NULL;

	assert_int_equal(canvas_new(rows, columns, utf8, &canvas), 0);
	return canvas;
}

static void assert_dump(const struct canvas *canvas, const char *expected)
{
	char *text = canvas_dump(canvas);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void test_text_is_truncated_to_width(void **state)
{
	static const struct {
		const char *text;
		int width, used;
		const char *dump;
	} table[] = {
		{"abc", 8, 3, "abc\n"},
		{"abcdef", 3, 3, "abc\n"},
		{"", 3, 0, "\n"},
		{"日本", 3, 2, "日\n"},
		{"日本", 4, 4, "日本\n"},
		{"e\xcc\x81x", 2, 2, "e\xcc\x81x\n"},
		{"a\xff"
		 "b",
		 8, 3, "a?b\n"},
		{"a\x1b[31m", 8, 6, "a?[31m\n"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct canvas *canvas = new_canvas(1, 10, true);

		assert_int_equal(
			canvas_text(canvas, 0, 0, table[i].width, ROLE_TEXT, table[i].text),
			table[i].used);
		assert_dump(canvas, table[i].dump);
		canvas_free(canvas);
	}
}

static void test_overwriting_half_a_wide_character_clears_the_other_half(void **state)
{
	struct canvas *canvas = new_canvas(1, 6, true);

	canvas_text(canvas, 0, 0, 6, ROLE_TEXT, "日本");
	canvas_text(canvas, 0, 1, 1, ROLE_TEXT, "x");
	assert_dump(canvas, " x本\n");
	canvas_text(canvas, 0, 2, 1, ROLE_TEXT, "y");
	assert_dump(canvas, " xy\n");
	canvas_text(canvas, 0, 5, 2, ROLE_TEXT, "日");
	assert_dump(canvas, " xy\n");
	canvas_free(canvas);
}

static void test_drawing_is_clipped(void **state)
{
	struct canvas *canvas = new_canvas(2, 3, true);

	canvas_text(canvas, -1, 0, 9, ROLE_TEXT, "no");
	canvas_text(canvas, 2, 0, 9, ROLE_TEXT, "no");
	canvas_text(canvas, 0, -1, 9, ROLE_TEXT, "abcdefgh");
	canvas_fill(canvas, (struct rect){-5, -5, 100, 100}, ROLE_HOT, GROUND_BAR);
	canvas_box(canvas, (struct rect){-1, -1, 9, 9}, ROLE_BORDER, "title");
	canvas_ground(canvas, (struct rect){1, 1, 50, 50}, GROUND_SELECTED);
	assert_int_equal(canvas_at(canvas, 1, 1)->ground, GROUND_SELECTED);
	assert_int_equal(canvas_at(canvas, 0, 0)->ground, GROUND_BAR);
	assert_null(canvas_at(canvas, 2, 0));
	canvas_free(canvas);
}

static void test_ascii_replaces_unicode_without_utf8(void **state)
{
	struct canvas *canvas = new_canvas(3, 8, false);

	canvas_box(canvas, (struct rect){0, 0, 3, 8}, ROLE_BORDER, NULL);
	canvas_text_cut(canvas, 1, 1, 6, ROLE_TEXT, "naïve 日本 long");
	assert_dump(canvas, "+------+\n|na?ve~|\n+------+\n");
	canvas_text(canvas, 1, 1, 6, ROLE_TEXT, "日本xy");
	assert_dump(canvas, "+------+\n|? ? xy|\n+------+\n");
	canvas_free(canvas);
}

static void test_box_has_title(void **state)
{
	struct canvas *canvas = new_canvas(3, 12, true);

	canvas_box(canvas, (struct rect){0, 0, 3, 12}, ROLE_BORDER, "Processes");
	assert_dump(canvas, "╭─ Proce… ─╮\n│          │\n╰──────────╯\n");
	canvas_free(canvas);
}

static void test_rectangles_are_never_negative(void **state)
{
	for (int rows = 0; rows < 8; rows++) {
		struct rect outer = {1, 1, rows, rows};
		struct rect inner = rect_inset(outer, 2);
		struct rect middle = rect_center(outer, 3, 99);

		assert_true(inner.rows >= 0 && inner.columns >= 0);
		assert_true(middle.rows <= rows && middle.columns <= rows);
		assert_true(middle.row >= 1 && middle.row + middle.rows <= 1 + rows);
	}
}

static void test_invalid_sizes_are_rejected(void **state)
{
	struct canvas *canvas = NULL;

	assert_true(canvas_new(0, 10, true, &canvas) < 0);
	assert_true(canvas_new(10, -1, true, &canvas) < 0);
	assert_true(canvas_new(1000000, 1000000, true, &canvas) < 0);
	assert_null(canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_truncated_to_width),
		cmocka_unit_test(test_overwriting_half_a_wide_character_clears_the_other_half),
		cmocka_unit_test(test_drawing_is_clipped),
		cmocka_unit_test(test_ascii_replaces_unicode_without_utf8),
		cmocka_unit_test(test_box_has_title),
		cmocka_unit_test(test_rectangles_are_never_negative),
		cmocka_unit_test(test_invalid_sizes_are_rejected),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

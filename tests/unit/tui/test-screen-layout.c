/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-screen-layout.c - tests that the parts of the screen fit at every size without overlap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tui/core/screen-layout.h"

static void check_inside(const struct rect *part, const struct layout_request *request)
{
	assert_true(part->row >= 0 && part->column >= 0);
	assert_true(part->rows >= 0 && part->columns >= 0);
	assert_true(part->row + part->rows <= request->rows);
	assert_true(part->column + part->columns <= request->columns);
}

static void check_size(const struct layout_request *request)
{
	struct layout layout = layout_compute(request);
	const struct rect *parts[] = {&layout.header,   &layout.head,   &layout.body,
				      &layout.timeline, &layout.status, &layout.keys};
	int rows = 0, next = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		check_inside(parts[i], request);
		/* From top to bottom in this order, without gap or overlap. */
		assert_int_equal(parts[i]->row, next);
		next += parts[i]->rows;
		rows += parts[i]->rows;
	}
	assert_int_equal(rows, request->rows);
	assert_true(layout.body.rows >= 1);
	if (request->rows >= 5)
		assert_true(layout.body.rows >= 3);
	if (request->rows >= 24 && request->header_rows <= 8)
		assert_int_equal(layout.header.rows, request->header_rows);
}

static void test_parts_fill_every_size(void **state)
{
	for (int rows = 1; rows <= 200; rows++) {
		for (int columns = 1; columns <= 500; columns += columns < 40 ? 1 : 23) {
			for (int variant = 0; variant < 16; variant++) {
				struct layout_request request = {
					.rows = rows,
					.columns = columns,
					.header_rows = variant & 1 ? 6 : 0,
					.keys = variant & 2,
					.head = variant & 4,
					.timeline = variant & 8,
				};

				check_size(&request);
			}
		}
	}
}

static void test_flexible_column_takes_remaining_width(void **state)
{
	static const struct {
		int columns, count, flexible, least;
		int requested[4];
		int fit;
		int widths[4];
	} table[] = {
		{80, 3, 0, 10, {20, 6, 6}, 3, {66, 6, 6}},
		{24, 3, 0, 10, {20, 6, 6}, 3, {10, 6, 6}},
		{23, 3, 0, 10, {20, 6, 6}, 2, {16, 6}},
		{5, 3, 0, 10, {20, 6, 6}, 1, {5}},
		{0, 3, 0, 10, {20, 6, 6}, 0, {0}},
		{30, 3, 2, 4, {6, 6, 20}, 3, {6, 6, 16}},
		{30, 2, -1, 0, {6, 6}, 2, {6, 6}},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int widths[4] = {0};

		assert_int_equal(layout_columns(table[i].columns, table[i].requested,
						table[i].count, table[i].flexible, table[i].least,
						widths),
				 table[i].fit);
		for (int column = 0; column < table[i].fit; column++)
			assert_int_equal(widths[column], table[i].widths[column]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts_fill_every_size),
		cmocka_unit_test(test_flexible_column_takes_remaining_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

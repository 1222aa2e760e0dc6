/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-compare-samples.c - compares samples with unchanged, new, removed and recreated groups. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/record/diff-command.h"
#include "frames.h"
#include "lib/base/cleanup.h"

static const struct frame_group before_groups[] = {
	{"/", 1}, {"/a", 10}, {"/b", 20}, {"/c", 30}, {"/same", 50}};
static const struct frame_group after_groups[] = {
	{"/", 1}, {"/a", 10}, {"/b", 21}, {"/d", 40}, {"/same", 50}};
static const struct frame_value before_values[] = {
	{"/", CGW_M_CPU_USAGE, {1000, CGW_OK}},       {"/a", CGW_M_CPU_USAGE, {700, CGW_OK}},
	{"/b", CGW_M_CPU_USAGE, {300, CGW_OK}},       {"/c", CGW_M_CPU_USAGE, {5, CGW_OK}},
	{"/a", CGW_M_MEMORY_CURRENT, {4096, CGW_OK}}, {"/b", CGW_M_MEMORY_CURRENT, {100, CGW_OK}},
	{"/c", CGW_M_MEMORY_CURRENT, {50, CGW_OK}},   {"/same", CGW_M_CPU_USAGE, {9, CGW_OK}},
	{"/same", CGW_M_MEMORY_CURRENT, {9, CGW_OK}}};
static const struct frame_value after_values[] = {
	{"/", CGW_M_CPU_USAGE, {900, CGW_OK}},         {"/a", CGW_M_CPU_USAGE, {750, CGW_OK}},
	{"/b", CGW_M_CPU_USAGE, {40, CGW_OK}},         {"/d", CGW_M_CPU_USAGE, {6, CGW_OK}},
	{"/a", CGW_M_MEMORY_CURRENT, {1024, CGW_OK}},  {"/b", CGW_M_MEMORY_CURRENT, {7, CGW_OK}},
	{"/d", CGW_M_MEMORY_CURRENT, {0, CGW_DENIED}}, {"/same", CGW_M_CPU_USAGE, {9, CGW_OK}},
	{"/same", CGW_M_MEMORY_CURRENT, {9, CGW_OK}}};

static struct diff compare(struct cgw_field *fields, bool rebooted)
{
	struct topology *from = frame_topology(before_groups, 5);
	struct topology *to = frame_topology(after_groups, 5);
	struct cgw_snapshot *before =
		frame_snapshot(from, 1, before_values, ARRAY_SIZE(before_values));
	struct cgw_snapshot *after = frame_snapshot(to, 2, after_values, ARRAY_SIZE(after_values));
	struct diff diff = {.fields = fields, .field_count = 2, .rebooted = rebooted};

	assert_int_equal(cgw_field_parse("cpu.usage", &fields[0], NULL), 0);
	assert_int_equal(cgw_field_parse("memory.current", &fields[1], NULL), 0);
	assert_int_equal(diff_compare(&diff, before, after), 0);
	cgw_snapshot_unref(before);
	cgw_snapshot_unref(after);
	topology_unref(from);
	topology_unref(to);
	return diff;
}

static const struct diff_row *row(const struct diff *diff, const char *path, const char *what)
{
	for (size_t i = 0; i < diff->row_count; i++)
		if (strcmp(diff->rows[i].path, path) == 0) {
			assert_string_equal(diff->rows[i].what, what);
			return &diff->rows[i];
		}
	fail_msg("%s is not among the rows", path);
	return NULL;
}

static void assert_change(const struct diff_row *row, size_t field, double expected)
{
	assert_int_equal(row->cells[field].state, CGW_OK);
	assert_true(row->cells[field].change == expected);
}

static void test_groups_and_metrics(void **state)
{
	struct cgw_field fields[2];
	struct diff diff = compare(fields, false);

	assert_int_equal(diff.row_count, 5); /* "/same" has no change */
	assert_change(row(&diff, "/a", ""), 0, 50);
	assert_change(row(&diff, "/a", ""), 1, -3072);
	/* A counter that decreased in the same group was reset. */
	assert_int_equal(row(&diff, "/", "")->cells[0].state, CGW_RESET);
	/* A recreated group started at zero. */
	assert_change(row(&diff, "/b", "recreated"), 0, 40);
	assert_change(row(&diff, "/b", "recreated"), 1, 7);
	assert_change(row(&diff, "/d", "new"), 0, 6);
	assert_int_equal(row(&diff, "/d", "new")->cells[1].state, CGW_DENIED);
	/* A removed group has released its memory; the final values of its counters are unknown. */
	assert_int_equal(row(&diff, "/c", "gone")->cells[0].state, CGW_GONE);
	assert_change(row(&diff, "/c", "gone"), 1, -50);
	diff_sort(&diff, 0);
	assert_string_equal(diff.rows[0].path, "/a");
	assert_string_equal(diff.rows[1].path, "/b");
	diff_sort(&diff, 1);
	assert_string_equal(diff.rows[0].path, "/b");
	assert_string_equal(diff.rows[4].path, "/a");
	diff_done(&diff);
}

/* After a reboot all groups are recreated, even if inode numbers are the same. */
static void test_reboot(void **state)
{
	struct cgw_field fields[2];
	struct diff diff = compare(fields, true);

	assert_change(row(&diff, "/a", "recreated"), 0, 750);
	assert_change(row(&diff, "/same", "recreated"), 0, 9);
	assert_change(row(&diff, "/d", "new"), 0, 6);
	diff_done(&diff);
}

/* Rows must not change places between two calls. */
static void test_equal_changes_are_sorted_by_path(void **state)
{
	static const struct {
		const char *path;
		struct diff_cell cell;
	} rows[] = {
		{"/c", {.state = CGW_OK, .change = 5}},
		{"/b", {.state = CGW_OK, .change = 0}},
		{"/e", {.state = CGW_GONE}},
		{"/a", {.state = CGW_OK, .change = 5}},
		{"/d", {.state = CGW_OK, .change = -1}},
		{"/B", {.state = CGW_OK, .change = 5}},
	};
	static const char *const expected[] = {"/B", "/a", "/c", "/b", "/e", "/d"};
	struct diff diff = {.row_count = ARRAY_SIZE(rows),
			    .rows = calloc(ARRAY_SIZE(rows), sizeof(struct diff_row))};

	assert_non_null(diff.rows);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		diff.rows[i] = (struct diff_row){.path = strdup(rows[i].path),
						 .what = "",
						 .cells = malloc(sizeof(struct diff_cell))};
		assert_non_null(diff.rows[i].cells);
		diff.rows[i].cells[0] = rows[i].cell;
	}
	for (int repeat = 0; repeat < 2; repeat++) {
		diff_sort(&diff, 0);
		for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
			assert_string_equal(diff.rows[i].path, expected[i]);
	}
	diff_done(&diff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_and_metrics),
		cmocka_unit_test(test_reboot),
		cmocka_unit_test(test_equal_changes_are_sorted_by_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-select-groups.c - lists of columns, and groups selected by path, depth and glob. */
#include <errno.h>
#include <stdio.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include "shared/cli/select-groups.h"

static const struct frame_group groups[] = {{"/", 1},   {"/a", 2},    {"/a/x", 3}, {"/a/x/y", 4},
					    {"/ab", 5}, {"/ab/x", 6}, {"/b", 7}};
static const struct frame_value values[] = {
	{"/a", CGW_M_PIDS_CURRENT, {5, CGW_OK}},     {"/a/x", CGW_M_PIDS_CURRENT, {1, CGW_OK}},
	{"/a/x/y", CGW_M_PIDS_CURRENT, {1, CGW_OK}}, {"/ab", CGW_M_PIDS_CURRENT, {7, CGW_OK}},
	{"/b", CGW_M_PIDS_CURRENT, {5, CGW_OK}},
};

static struct cgw_frame *new_frame(void)
{
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 1, values, ARRAY_SIZE(values));
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	return frame;
}

static void test_groups_are_selected(void **state)
{
	static const struct {
		const char *below, *globs[3];
		uint32_t depth_max;
		bool sorted, ascending, tree;
		const char *expected;
	} rows[] = {
		{.expected = "/ /a /a/x /a/x/y /ab /ab/x /b "},
		{.below = "/", .expected = "/ /a /a/x /a/x/y /ab /ab/x /b "},
		{.below = "/a", .expected = "/a /a/x /a/x/y "}, /* not /ab */
		{.below = "/a/x", .expected = "/a/x /a/x/y "},
		{.below = "/a", .depth_max = 2, .expected = "/a /a/x "},
		{.depth_max = 1, .expected = "/ /a /ab /b "},
		{.globs = {"/*/x"}, .expected = "/a/x /ab/x "},
		{.globs = {"/b", "/a"}, .expected = "/a /b "},
		{.below = "/a", .globs = {"/**/x"}, .expected = "/a/x "},
		{.globs = {"/none"}, .expected = ""},
		{.sorted = true, .expected = "/ab /a /b /a/x /a/x/y / /ab/x "},
		{.sorted = true, .ascending = true, .expected = "/a/x /a/x/y /a /b /ab / /ab/x "},
		{.sorted = true, .tree = true, .expected = "/ /ab /ab/x /a /a/x /a/x/y /b "},
	};
	struct cgw_frame *frame = new_frame();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct group_selection selection = {
			.globs = rows[i].globs,
			.depth_max = rows[i].depth_max,
			.below = rows[i].below,
			.sorted = rows[i].sorted,
			.ascending = rows[i].ascending,
			.tree = rows[i].tree,
		};
		uint32_t selected[ARRAY_SIZE(groups)];
		char text[256] = "";
		size_t count;

		while (rows[i].globs[selection.glob_count] != NULL)
			selection.glob_count++;
		assert_int_equal(cgw_field_parse("pids.current", &selection.sort, NULL), 0);
		assert_int_equal(group_select(frame, &selection, selected, &count), 0);
		for (size_t j = 0; j < count; j++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ",
				 groups[selected[j]].path);
		if (strcmp(text, rows[i].expected) != 0)
			fail_msg("row %zu: %s", i, text);
	}
	cgw_frame_free(frame);
}

static void test_column_lists(void **state)
{
	static const struct {
		const char *keys; /* after "group,depth" */
		int error;
		const char *expected; /* the columns, or part of the message */
	} rows[] = {
		{"name", 0, "name "},
		{"+name", 0, "group depth name "},
		{"+depth,name,group", 0, "group depth name "},
		{"name name,name", 0, "name "},
		{"memory,cpu.usage.rate", 0, "memory.working_set cpu.usage.rate "},
		{"", -EINVAL, "missing column"},
		{", ,", -EINVAL, "missing column"},
		{"depht", -ENOENT, "did you mean 'depth'"},
		{"+memory.max.rate", -EINVAL, ".rate"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct field_list list = {0};
		struct cgw_diag diag = {0};
		char text[256] = "";

		assert_int_equal(field_list_parse(&list, "group,depth", &diag), 0);
		assert_int_equal(field_list_parse(&list, rows[i].keys, &diag), rows[i].error);
		for (size_t j = 0; j < list.count; j++) {
			(void)cgw_field_key(list.items[j], text + strlen(text),
					    sizeof(text) - strlen(text));
			(void)strcat(text, " ");
		}
		if (rows[i].error == 0)
			assert_string_equal(text, rows[i].expected);
		else
			assert_non_null(strstr(diag.text, rows[i].expected));
		field_list_done(&list);
	}
}

static bool is_listed(const struct field_list *list, const char *key)
{
	struct cgw_field field;

	assert_int_equal(cgw_field_parse(key, &field, NULL), 0);
	for (size_t i = 0; i < list->count; i++)
		if (cgw_field_equal(list->items[i], field))
			return true;
	return false;
}

/* "all" does not slow down the context switches of the machine. */
static void test_traced_columns_are_named(void **state)
{
	struct field_list list = {0};
	struct cgw_diag diag = {0};

	assert_int_equal(field_list_parse(&list, "all", &diag), 0);
	assert_true(is_listed(&list, "cpu.usage"));
	assert_false(is_listed(&list, "cpu.run_delay"));
	assert_false(is_listed(&list, "cpu.run_delay.p99"));
	assert_false(is_listed(&list, "cpu.run_delay_percent"));
	assert_int_equal(field_list_parse(&list, "+cpu.run_delay", &diag), 0);
	assert_true(is_listed(&list, "cpu.run_delay"));
	field_list_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_are_selected),
		cmocka_unit_test(test_column_lists),
		cmocka_unit_test(test_traced_columns_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

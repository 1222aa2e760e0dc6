/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-out-table.c - tables and trees for people. */
#include <locale.h>

#include "report-fixture.h"

static int setup_utf8(void **state)
{
	/* Without UTF-8 libsmartcols escapes characters that cgward does not. */
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	return setup(state);
}

static void test_values_are_aligned(void **state)
{
	struct report_fixture *fixture = *state;
	char *text;

	fixture->report.group_count = 3;
	text = print_report(fixture, "group,memory.current,memory.max,pids.current,cgroup.type",
			    report_table);
	assert_string_equal(text, "GROUP MEMORY MEM MAX PIDS TYPE\n"
				  "/       8.0E       -    - -\n"
				  "/a      4.0K     max    ! domain threaded\n"
				  "/b      1.0M    2.0M    - \n");
	free(text);
	fixture->report.exact = true;
	fixture->report.headings = false;
	text = print_report(fixture, "memory.current,group", report_table);
	assert_string_equal(text, "9223372036854775807 /\n"
				  "               4096 /a\n"
				  "            1048576 /b\n");
	free(text);
}

/* A name is escaped once, so that it can be restored, and is never truncated. */
static void test_names_are_restored(void **state)
{
	struct report_fixture *fixture = *state;
	char *text = print_report(fixture, "depth,group", report_table), *rest = text;
	size_t row = 0;

	assert_string_equal(strsep(&rest, "\n"), "DEPTH GROUP");
	for (char *line; *(line = strsep(&rest, "\n")) != '\0'; row++) {
		CLEANUP(cleanup_free) char *bytes = NULL;
		const char *path = fixture->paths[row];
		size_t length = strlen(path);

		assert_true(row < GROUP_COUNT && strlen(line) > 6);
		bytes = unescape(line + 6);
		/* Blanks at the end of a line are lost. */
		while (path[length - 1] == ' ')
			length--;
		assert_true(strlen(bytes) >= length);
		bytes[length] = '\0';
		assert_memory_equal(bytes, path, length);
	}
	assert_int_equal(row, GROUP_COUNT);
	free(text);
}

static void test_tree_shows_names_below_parents(void **state)
{
	struct report_fixture *fixture = *state;
	static const uint32_t siblings[] = {0, 2, 1, 3}, grandchildren[] = {0, 4, 5},
			      alone[] = {4, 5};
	char *text;

	fixture->report.tree = true;
	fixture->report.groups = siblings;
	fixture->report.group_count = 4;
	text = print_report(fixture, "group,depth", report_table);
	assert_string_equal(text, "GROUP             DEPTH\n"
				  "/                     0\n"
				  "├─b                   1\n"
				  "├─a                   1\n"
				  "└─user-1000.slice     1\n");
	free(text);
	/* A group is below its nearest ancestor that is shown, or at the top. */
	fixture->report.headings = false;
	fixture->report.groups = grandchildren;
	fixture->report.group_count = 3;
	text = print_report(fixture, "depth,name", report_table);
	assert_non_null(strstr(text, "├─2"));
	assert_non_null(strstr(text, "└─2"));
	free(text);
	fixture->report.groups = alone;
	fixture->report.group_count = 2;
	text = print_report(fixture, "depth,name", report_table);
	assert_null(strstr(text, "─"));
	free(text);
}

static int table_without_empty(const struct report *report)
{
	struct report shorter = *report;
	struct cgw_field fields[8];
	uint32_t groups[GROUP_COUNT];

	report_leave_out_empty(&shorter, groups, fields);
	return report_table(&shorter);
}

static void test_what_is_empty_is_left_out(void **state)
{
	struct report_fixture *fixture = *state;
	char *text;

	fixture->report.group_count = 3;
	/* A limit without use is not shown, and no limit is an empty column. */
	text = print_report(fixture, "group,cgroup.frozen,memory.max.effective",
			    table_without_empty);
	assert_string_equal(
		text, "GROUP FROZEN\n"
		      "/a       yes\n"
		      "\nnot shown: 2 of 3 groups (idle), 1 of 3 columns (empty); see --all\n");
	free(text);
	/* What may not be read is not nothing. */
	text = print_report(fixture, "group,pids.current", table_without_empty);
	assert_non_null(strstr(text, "/a       !\n"));
	free(text);
	fixture->report.headings = false;
	text = print_report(fixture, "group,memory.current", table_without_empty);
	assert_string_equal(text, "/       8.0E\n/a      4.0K\n/b      1.0M\n");
	free(text);
}

static void test_repeated_tables_have_a_time(void **state)
{
	struct report_fixture *fixture = *state;
	char *text;

	fixture->report.group_count = 1;
	fixture->report.repeated = true;
	text = print_report(fixture, "group", report_table);
	assert_string_equal(text, "2023-11-14T22:13:20.123Z\nGROUP\n/\n");
	free(text);
	fixture->report.first = false;
	text = print_report(fixture, "group", report_table);
	assert_string_equal(text, "\n2023-11-14T22:13:20.123Z\nGROUP\n/\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values_are_aligned, setup_utf8, teardown),
		cmocka_unit_test_setup_teardown(test_names_are_restored, setup_utf8, teardown),
		cmocka_unit_test_setup_teardown(test_tree_shows_names_below_parents, setup_utf8,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_is_empty_is_left_out, setup_utf8,
						teardown),
		cmocka_unit_test_setup_teardown(test_repeated_tables_have_a_time, setup_utf8,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

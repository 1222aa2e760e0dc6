/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-text-table.c - names are accepted as tables print them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/cli/text-table.h"
#include "test.h"

static void test_names_in_tables_are_accepted(void **state)
{
	static const char *const names[] = {"\\",   "\\\\\\",  "\\x5c", "a\\b",
					    "a\nb", "a\\x20b", "\\x",   "nginx.service"};
	CLEANUP(cleanup_free) char *text = NULL;
	struct table table;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	char *at, *line;

	assert_non_null(out);
	table_start(&table, out, "NAME|X", 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		table_row(&table);
		table_name(&table, names[i]);
		table_cell(&table, "%s", "x");
	}
	assert_int_equal(table_end(&table), 0);
	fclose(out);
	at = text;
	line = strsep(&at, "\n"); /* the heading */
	assert_non_null(line);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		line = strsep(&at, "\n");
		assert_non_null(line);
		line[strcspn(line, " ")] = '\0';
		(void)cgw_unescape(line);
		assert_string_equal(line, names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_in_tables_are_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

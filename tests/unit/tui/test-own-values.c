/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-own-values.c - the list without descendants: own values, or a mark. */
#include <errno.h>

#include "session.h"
#include "test.h"
#include "tui/list/column.h"

static void assert_title(const char *text, bool own, const char *expected)
{
	struct column column;
	char title[40];

	assert_int_equal(column_parse(text, &column, NULL), 0);
	column_title(&column, own, title, sizeof(title));
	assert_string_equal(title, expected);
}

static void test_inclusive_columns_are_marked(void **state)
{
	assert_title("cpu.pressure.some.avg10", false, "CPU S 10");
	assert_title("cpu.pressure.some.avg10", true, "CPU S 10+");
	assert_title("cpu.pressure.some.avg10:graph", true, "PSI 1 MIN+");
	assert_title("memory.peak", true, "MEM PEAK+");
	assert_title("pids.events.max.rate", true, "FORK FAILS RATE+");
	assert_title("pids.current.percent", true, "PIDS %+");
	for (const char *key =
		     "cpu\0cpu:graph\0memory.percent\0memory.working_set\0pids.percent\0"
		     "cpu.throttled_percent\0io.read\0memory.max.effective\0cgroup.procs\0";
	     *key != '\0'; key += strlen(key) + 1) {
		struct column column;

		assert_int_equal(column_parse(key, &column, NULL), 0);
		assert_false(column_includes_descendants(&column, true));
	}
}

static void test_own_values_in_all_columns(void **state)
{
	struct session session;

	session_begin(&session, 24, 160);
	session_hides(&session, "  own");
	session_keys(&session, "O");
	session_expect(&session, "groups-own");
	session_shows(&session, "  own ");
	session_keys(&session, "O F4");
	session_type(&session, "nginx*");
	session_keys(&session, "Enter");
	session_hides(&session, "  own ");
	session_end(&session);
}

static void test_columns_of_file_keys(void **state)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {
		{"memory.stat:newkey", "memory.stat:newkey"},
		{"memory.stat:newkey.rate", "memory.stat:newkey.rate"},
		{"memory.stat:newkey:value", "memory.stat:newkey"},
		{"memory.stat:anon", "memory.anon"},
		{"cpu.pressure:some.avg10:bar", "cpu.pressure.some.avg10:bar"},
	};
	struct column column;
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(column_parse(rows[i].text, &column, NULL), 0);
		(void)column_print(&column, text, sizeof(text));
		assert_string_equal(text, rows[i].printed);
	}
	assert_int_equal(column_parse("memory.stat:newkey:bar", &column, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inclusive_columns_are_marked),
		cmocka_unit_test(test_columns_of_file_keys),
		cmocka_unit_test(test_own_values_in_all_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-duration.c - durations, and exit statuses of errors. */
#include <errno.h>

#include "lib/base/cleanup.h"
#include "shared/cli/cli.h"
#include "test.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{"1", 1000000000},
		{"500ms", 500000000},
		{"1.5", 1500000000},
		{"0", 0},
		{"2m", UINT64_C(120000000000)},
		{"1m30s", UINT64_C(90000000000)},
		{"1h", UINT64_C(3600000000000)},
		{"10us", 10000},
	};
	static const char *const bad[] = {
		"",   "x",   "-1", "1x",    "1m30",           "nan", "inf", "1e400",
		" 1", "1 s", "s",  "0x10s", "99999999999999d"};
	uint64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(cli_parse_duration(good[i].text, &ns), 0);
		assert_int_equal(ns, good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (cli_parse_duration(bad[i], &ns) == 0)
			fail_msg("'%s' was accepted", bad[i]);
}

static void test_exit_statuses(void **state)
{
	assert_int_equal(cli_exit_from_error(0), CLI_OK);
	assert_int_equal(cli_exit_from_error(-EACCES), CLI_NO_PRIVILEGE);
	assert_int_equal(cli_exit_from_error(-EROFS), CLI_NO_PRIVILEGE);
	assert_int_equal(cli_exit_from_error(-ENOENT), CLI_NO_SUCH_GROUP);
	assert_int_equal(cli_exit_from_error(-EINVAL), CLI_USAGE);
	assert_int_equal(cli_exit_from_error(-EIO), CLI_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_durations),
					   cmocka_unit_test(test_exit_statuses)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-parse-time.c - clock times, relative times and full dates. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "shared/cli/cli.h"
#include "test.h"

#define NS UINT64_C(1000000000)
/* 2026-11-24T05:30:00Z */
#define REFERENCE (UINT64_C(1795498200) * NS)

static void assert_time(const char *text, uint64_t expected_ns)
{
	uint64_t ns = 0;
	int r = cli_parse_time(text, REFERENCE, &ns);

	if (r < 0 || ns != expected_ns)
		fail_msg("'%s': %d, %llu, expected %llu", text, r, (unsigned long long)ns,
			 (unsigned long long)expected_ns);
}

static void test_valid_times(void **state)
{
	setenv("TZ", "UTC", 1);
	tzset();
	assert_time("2026-11-24T05:30:00Z", REFERENCE);
	assert_time("2026-11-24T06:30:00+01:00", REFERENCE);
	assert_time("2026-11-23T23:00:00-06:30", REFERENCE);
	assert_time("2026-11-24 05:30", REFERENCE);
	assert_time("2026-11-24T05:30:00.25Z", REFERENCE + NS / 4);
	assert_time("2026-11-24", REFERENCE - 19800 * NS);
	assert_time("@1795498200", REFERENCE);
	assert_time("-10m", REFERENCE - 600 * NS);
	assert_time("-1h30m", REFERENCE - 5400 * NS);
	/* A clock time is the last one at or before the reference. */
	assert_time("05:30", REFERENCE);
	assert_time("05:29:59", REFERENCE - NS);
	assert_time("05:31", REFERENCE - 86400 * NS + 60 * NS);
	assert_time("23:59:59.5", REFERENCE - 19801 * NS + NS / 2);
	/* A time without a zone is local time. */
	setenv("TZ", "Etc/GMT-2", 1);
	tzset();
	assert_time("2026-11-24T07:30", REFERENCE);
	assert_time("07:30", REFERENCE);
	assert_time("07:31", REFERENCE - 86400 * NS + 60 * NS);
}

static void test_invalid_times(void **state)
{
	static const char *const texts[] = {
		"",
		"now",
		"25:00",
		"12",
		"12:",
		"2026-11-24T",
		"2026-11-24x",
		"2026-13-01",
		"12:00 pm",
		"@",
		"@12x",
		"@99999999999999999999",
		"-",
		"-x",
		"2026-11-24T05:30:00+1",
		"2026-11-24T05:30:00Z ",
		"03:12:00.5x",
	};
	uint64_t ns = 7;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (cli_parse_time(texts[i], REFERENCE, &ns) >= 0)
			fail_msg("'%s' was accepted", texts[i]);
	assert_int_equal(ns, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_times),
		cmocka_unit_test(test_invalid_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

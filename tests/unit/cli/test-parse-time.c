/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-parse-time.c - times as people say them. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "shared/cli/cli.h"
#include "test.h"

#define NS UINT64_C(1000000000)
/* 2026-11-24T05:30:00Z */
#define REFERENCE (UINT64_C(1795498200) * NS)

static void assert_time(const char *text, uint64_t wanted_ns)
{
	uint64_t ns = 0;
	int r = cli_parse_time(text, REFERENCE, &ns);

	if (r < 0 || ns != wanted_ns)
		fail_msg("\"%s\": %d, %llu, not %llu", text, r, (unsigned long long)ns,
			 (unsigned long long)wanted_ns);
}

static void what_is_a_time(void **state)
{
	(void)state;
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
	/* On the clock: the last such time at or before the reference. */
	assert_time("05:30", REFERENCE);
	assert_time("05:29:59", REFERENCE - NS);
	assert_time("05:31", REFERENCE - 86400 * NS + 60 * NS);
	assert_time("23:59:59.5", REFERENCE - 19801 * NS + NS / 2);
	/* A time without a zone is meant here. */
	setenv("TZ", "Etc/GMT-2", 1);
	tzset();
	assert_time("2026-11-24T07:30", REFERENCE);
	assert_time("07:30", REFERENCE);
	assert_time("07:31", REFERENCE - 86400 * NS + 60 * NS);
}

static void what_is_none(void **state)
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

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (cli_parse_time(texts[i], REFERENCE, &ns) >= 0)
			fail_msg("\"%s\" is taken for a time", texts[i]);
	assert_int_equal(ns, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_a_time),
		cmocka_unit_test(what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

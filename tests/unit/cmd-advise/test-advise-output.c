/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-advise-output.c - formats of `cgward advise`. */
#include <stdlib.h>
#include <string.h>

#include "cmd/advise/advise-output.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "test.h"

#define MIB (UINT64_C(1) << 20)

static const struct cgw_usage usages[] = {
	{.path = "/it's\n.service",
	 .samples = 40,
	 .intervals = 39,
	 .cpu_peak = 455 * NS_PER_MS,
	 .cpu_p99 = 100 * NS_PER_MS,
	 .working_set_peak_bytes = 100 * MIB,
	 .unreclaimable_peak_bytes = 60 * MIB,
	 .tasks_peak = 7,
	 .refaults = 12},
	{.path = "/leak",
	 .samples = 40,
	 .intervals = 39,
	 .throttled_intervals = 20,
	 .cpu_peak = 100 * NS_PER_MS,
	 .working_set_peak_bytes = 100 * MIB,
	 .growth_bytes = 64 * MIB,
	 .growth_ns = 90 * NS_PER_S,
	 .oom_kills = 2,
	 .forks_refused = 3},
};
static const struct cgw_advice advice[] = {
	{.usage = &usages[0],
	 .control = CGW_C_CPU_MAX,
	 .value = 570 * NS_PER_MS,
	 .now = {0, CGW_MAX},
	 .trial = {.samples = 39}},
	{.usage = &usages[0],
	 .control = CGW_C_MEMORY_MAX,
	 .value = 130 * MIB,
	 .now = {512 * MIB, CGW_OK},
	 .trial = {.samples = 40, .reached = 3, .reached_ns = 6 * NS_PER_S}},
	{.usage = &usages[0], .control = CGW_C_PIDS_MAX, .value = 32, .now = {0, CGW_ABSENT}},
	{.usage = &usages[1],
	 .control = CGW_C_CPU_MAX,
	 .kind = CGW_ADVICE_LIMITED,
	 .value = 130 * NS_PER_MS,
	 .trial = {.samples = 39, .reached = 1, .reached_ns = NS_PER_S}},
	{.usage = &usages[1],
	 .control = CGW_C_MEMORY_MAX,
	 .kind = CGW_ADVICE_LEAK,
	 .value = 130 * MIB},
	{.usage = &usages[1], .control = CGW_C_PIDS_MAX, .kind = CGW_ADVICE_WHOLE},
};

/* Of groups that share CPU time and a disk. */
static const struct cgw_usage shared_usage = {
	.path = "/db.service",
	.samples = 40,
	.intervals = 39,
	.full_intervals = 30,
	.cpu_peak = 300 * NS_PER_MS,
	.cpu_p99 = 200 * NS_PER_MS,
};
static const struct cgw_advice shared[] = {
	{.usage = &shared_usage,
	 .control = CGW_C_CPU_WEIGHT,
	 .value = 250,
	 .now = {100, CGW_OK},
	 .guaranteed = 250 * NS_PER_MS,
	 .guaranteed_now = 100 * NS_PER_MS,
	 .trial = {.samples = 30, .reached = 2, .reached_ns = 4 * NS_PER_S}},
	{.usage = &shared_usage,
	 .control = CGW_C_IO_MAX_WBPS,
	 .kind = CGW_ADVICE_LIMITED,
	 .value = 25 * MIB,
	 .now = {20 * MIB, CGW_OK},
	 .device = "cciss!c0d0",
	 .device_peak = 20 * MIB,
	 .device_p99 = 20 * MIB,
	 .device_busiest = 100 * MIB,
	 .device_at_limit = 39,
	 .trial = {.samples = 39}},
	{.usage = &shared_usage,
	 .control = CGW_C_PIDS_MAX,
	 .kind = CGW_ADVICE_WHOLE,
	 .bound_by = "/db"},
};

static struct advise_report report_of(size_t count)
{
	return (struct advise_report){
		.info = {.last_ns = 3600 * NS_PER_S, .samples = 40},
		.interval_ns = 2 * NS_PER_S,
		.objective = "safe",
		.advice = advice,
		.count = count,
	};
}

static char *print(const struct advise_report *report, const char *format)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	unsigned index = 0;

	assert_non_null(out);
	while (strcmp(advise_formats[index], format) != 0)
		index++;
	assert_int_equal(advise_print(report, index, 0, out), 0);
	fclose(out);
	return text;
}

static void assert_printed(const char *format, const char *expected)
{
	const struct advise_report report = report_of(ARRAY_SIZE(advice));
	CLEANUP(cleanup_free) char *text = print(&report, format);

	assert_string_equal(text, expected);
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_commands_are_quoted_for_the_shell(void **state)
{
	assert_printed(
		"set",
		"cgward set -- '/it'\\''s\\x0a.service' cpu.max=57% memory.max=130M pids.max=32\n"
		"cgward set -- '/leak' cpu.max=13%\n");
}

static void test_policy_sections(void **state)
{
	assert_printed("policy", "[limit it_s_.service-1c0facf0]\n"
				 "match = /it's\\x0a.service\n"
				 "cpu.max = 57%\nmemory.max = 130M\npids.max = 32\n\n"
				 "[limit leak]\nmatch = /leak\ncpu.max = 13%\n\n");
}

static void test_drop_ins_of_units_only(void **state)
{
	assert_printed("systemd", "# /etc/systemd/system/it's\\x0a.service.d/50-cgward.conf\n"
				  "[Service]\nCPUQuota=57%\nMemoryMax=130M\nTasksMax=32\n\n");
}

/* A drop-in for a unit of the host must not be made from one that a container runs. */
static void test_drop_ins_are_for_the_manager_of_the_unit(void **state)
{
	static const struct {
		const char *path, *first_line;
	} cases[] = {
		{"/system.slice/a.service", "# /etc/systemd/system/a.service.d/50-cgward.conf\n"},
		{"/a.slice/a-b.slice/c.scope", "# /etc/systemd/system/c.scope.d/50-cgward.conf\n"},
		{"/user.slice/user-1.slice/user@1.service/app.slice/a.service",
		 "# /etc/systemd/user/a.service.d/50-cgward.conf\n"},
		{"/system.slice/docker-1.scope/system.slice/a.service", ""},
		{"/system.slice/a.service/b.service", ""},
		{"/user.slice/user@1.service/user@2.service/a.service", ""},
		{"/user@1.scope/a.service", ""},
		{"/slice/a.service", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct cgw_usage usage = {.path = cases[i].path};
		const struct cgw_advice one = {
			.usage = &usage, .control = CGW_C_PIDS_MAX, .value = 32};
		struct advise_report report = report_of(1);
		CLEANUP(cleanup_free) char *text = NULL;

		report.advice = &one;
		text = print(&report, "systemd");
		assert_memory_equal(text, cases[i].first_line, strlen(cases[i].first_line));
		assert_int_equal(strlen(text) > 0, strlen(cases[i].first_line) > 0);
	}
}

/* One sample has no interval, and the clock may have been set back. */
static void test_heading_of_an_odd_recording(void **state)
{
	struct advise_report report = report_of(1);
	CLEANUP(cleanup_free) char *text = NULL;

	report.headings = true;
	report.info = (struct cgw_recording_info){
		.samples = 1, .first_ns = 2 * NS_PER_S, .last_ns = NS_PER_S};
	text = print(&report, "table");
	assert_contains(text, "1 sample over 0, one every 2.00s");
}

static void test_needs_that_were_not_recorded_are_not_requested(void **state)
{
	const struct cgw_usage usage = {.path = "/a", .working_set_peak_bytes = MIB};
	const struct cgw_advice one = {
		.usage = &usage, .control = CGW_C_MEMORY_MAX, .value = 21 * MIB};
	struct advise_report report = report_of(1);
	CLEANUP(cleanup_free) char *text = NULL;

	report.advice = &one;
	text = print(&report, "kubernetes");
	assert_string_equal(text, "# /a\nresources:\n  requests:\n    memory: 1Mi\n"
				  "  limits:\n    memory: 21Mi\n\n");
}

static void test_kubernetes_resources(void **state)
{
	assert_printed("kubernetes", "# /it's\\x0a.service\n"
				     "resources:\n  requests:\n    cpu: 100m\n    memory: 100Mi\n"
				     "  limits:\n    cpu: 570m\n    memory: 130Mi\n\n"
				     "# /leak\nresources:\n  requests:\n    cpu: 1m\n"
				     "    memory: 100Mi\n  limits:\n    cpu: 130m\n\n");
}

static void test_table_gives_the_reasons(void **state)
{
	const struct cgw_trial second[ARRAY_SIZE(advice)] = {
		{.samples = 20, .reached = 5, .reached_ns = 10 * NS_PER_S},
		{.samples = 20, .reached = 1, .reached_ns = NS_PER_S, .exceeded = 2},
	};
	const struct cgw_trial killed[ARRAY_SIZE(advice)] = {{0}, {.samples = 20, .exceeded = 2}};
	struct cgw_trial first[ARRAY_SIZE(advice)];
	struct advise_report report = report_of(ARRAY_SIZE(advice));
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *others = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(advice); i++)
		first[i] = advice[i].trial;
	report.first = first;
	report.second = second;
	text = print(&report, "table");
	assert_contains(text, "used up to 45.5%, p99 10.0%; with the limit: never throttled in 39 "
			      "samples; second recording: throttled in 5 of 20 samples (10.0s)\n");
	assert_contains(text,
			"working set up to 100M, not reclaimable 60M; 12 refaults; with the "
			"limit: reclaimed in 3 of 40 samples (6.00s), never OOM-killed; second "
			"recording: reclaimed in 1 of 20 samples (1.00s), OOM-killed in 2\n");
	assert_contains(text, "second recording: not recorded\n");
	report.second = killed;
	others = print(&report, "table");
	assert_contains(others, "second recording: OOM-killed in 2 of 20 samples\n");
	assert_contains(text, "throttled in 20 of 39 intervals; was limited, so record again");
	assert_contains(text, "2 OOM kills; grew by 64M within 1m30s without shrinking");
	assert_contains(text, "3 forks refused; no limit would be below that of the machine\n");
	assert_contains(text, "512M");
	/* Values that are not advised. */
	assert_contains(text, "/leak                memory.max    -      - working set");
}

static void test_shares_of_cpu_and_disk(void **state)
{
	struct advise_report report = report_of(ARRAY_SIZE(shared));
	static const struct {
		const char *format, *text;
	} expected[] = {
		{"set", "cgward set -- '/db.service' cpu.weight=250 "
			"'io.max.wbps=cciss!c0d0 25M'\n"},
		{"policy", "[limit db.service]\nmatch = /db.service\ncpu.weight = 250\n"
			   "io.max.wbps = cciss!c0d0 25M\n\n"},
		/* Without a suffix, which would be a power of 1000. */
		{"systemd", "# /etc/systemd/system/db.service.d/50-cgward.conf\n[Service]\n"
			    "CPUWeight=250\nIOWriteBandwidthMax=/dev/cciss/c0d0 26214400\n\n"},
	};
	CLEANUP(cleanup_free) char *empty = NULL;
	CLEANUP(cleanup_free) char *table = NULL;

	report.advice = shared;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		CLEANUP(cleanup_free) char *text = print(&report, expected[i].format);

		assert_string_equal(text, expected[i].text);
	}
	empty = print(&report, "kubernetes"); /* has none of these */
	assert_string_equal(empty, "");
	table = print(&report, "table");
	assert_contains(table, "used up to 30.0%, p99 20.0%; it and its siblings used all CPU time "
			       "in 30 of 39 intervals; then guaranteed 25.0%, now 10.0%; with the "
			       "limit: above what is guaranteed in 2 of 30 samples (4.00s)\n");
	assert_contains(table, "cciss!c0d0: wrote up to 20M/s, p99 20M/s; most of all groups "
			       "100M/s; at its limit in 39 of 39 intervals; was limited, so record "
			       "again with this limit; with the limit: never throttled in 39 "
			       "samples\n");
	assert_contains(table, "; no limit would be below that of /db\n");
}

static void test_heading_names_what_was_recorded(void **state)
{
	struct advise_report report = report_of(1);
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *longer = NULL;

	report.headings = true;
	text = print(&report, "table");
	assert_contains(text, "40 samples over 1h00m, one every 2.00s; objective: safe\n"
			      "The recording is shorter than a day");
	report.info.last_ns = 25 * 3600 * NS_PER_S;
	longer = print(&report, "table");
	assert_null(strstr(longer, "shorter than a day"));
}

static void test_json(void **state)
{
	const struct advise_report report = report_of(ARRAY_SIZE(advice));
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(advise_print_json(&report, out), 0);
	fclose(out);
	assert_contains(text, "\"group\": \"/it's\\\\x0a.service\"");
	assert_contains(text, "\"value\": \"57%\"");
	assert_contains(text, "\"kind\": \"leak\"");
	assert_contains(text, "\"now\": \"512M\",\n      \"value\": \"130M\"");
	assert_contains(text, "\"reached_ns\": 6000000000");
	assert_contains(text, "\"value\": null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands_are_quoted_for_the_shell),
		cmocka_unit_test(test_policy_sections),
		cmocka_unit_test(test_drop_ins_of_units_only),
		cmocka_unit_test(test_drop_ins_are_for_the_manager_of_the_unit),
		cmocka_unit_test(test_heading_of_an_odd_recording),
		cmocka_unit_test(test_needs_that_were_not_recorded_are_not_requested),
		cmocka_unit_test(test_kubernetes_resources),
		cmocka_unit_test(test_table_gives_the_reasons),
		cmocka_unit_test(test_shares_of_cpu_and_disk),
		cmocka_unit_test(test_heading_names_what_was_recorded),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

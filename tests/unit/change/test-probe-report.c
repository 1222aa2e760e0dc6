/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-probe-report.c - the result of a probe as text and JSON, for each way to end. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cmd/change/probe-report.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "test.h"

#define MIB (UINT64_C(1) << 20)

static const struct probe_options options = {
	.interval_ns = 5 * NS_PER_S,
	.duration_ns = 600 * NS_PER_S,
	.minimum_bytes = MIB,
	.pressure_e2 = 100,
	.refaults_percent = 25,
};

/* One step within the bounds, one that exceeds one, and an interval of rest. */
static struct probe_step steps[] = {
	{.end_ns = 5 * NS_PER_S, .length_ns = 5 * NS_PER_S, .use_bytes = 200 * MIB},
	{.end_ns = 10 * NS_PER_S,
	 .length_ns = 5 * NS_PER_S,
	 .asked_bytes = 8 * MIB,
	 .taken_bytes = 8 * MIB,
	 .use_bytes = 192 * MIB,
	 .pressure_ns = 5 * NS_PER_MS},
	{.end_ns = 15 * NS_PER_S, .length_ns = 5 * NS_PER_S, .use_bytes = 192 * MIB},
	{.end_ns = 20 * NS_PER_S,
	 .length_ns = 5 * NS_PER_S,
	 .asked_bytes = 8 * MIB,
	 .taken_bytes = 7 * MIB,
	 .use_bytes = 190 * MIB,
	 .pressure_ns = 100 * NS_PER_MS,
	 .refaults_bytes = 5 * MIB,
	 .exceeded = PROBE_REFAULTS},
};

static struct probe_result result_of(enum probe_end end)
{
	steps[3].exceeded = end <= PROBE_UNRECLAIMABLE ? end : PROBE_RUNNING;
	return (struct probe_result){.steps = steps,
				     .count = ARRAY_SIZE(steps),
				     .use_bytes = 200 * MIB,
				     .needs_bytes = 192 * MIB,
				     .end = end};
}

static struct probe_report report_of(const struct probe_result *result)
{
	return (struct probe_report){.path = "/a\nb",
				     .method = "reclaim",
				     .options = &options,
				     .result = result,
				     .use_bytes = result->use_bytes};
}

static char *text_of(const struct probe_report *report, bool json)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (json)
		assert_int_equal(probe_print_json(report, out), 0);
	else
		probe_print(report, out);
	fclose(out);
	return text;
}

static void test_text(void **state)
{
	const struct probe_result result = result_of(PROBE_REFAULTS);
	const struct probe_report report = report_of(&result);
	CLEANUP(cleanup_free) char *text = text_of(&report, false);

	assert_string_equal(
		text,
		"/a\\x0ab: needs 192M of 200M\n"
		"  stopped by refaults: 5.0M were read back within 5.00s after 7.0M were taken "
		"(bound 25%)\n"
		"  2 steps by memory.reclaim in 20.0s took 15M, 5.0M were read back; 1 exceeded a "
		"bound\n"
		"  pressure before 0.00%, up to 0.10% in steps within the bounds\n");
}

static void test_every_end(void **state)
{
	static const struct {
		enum probe_end end;
		const char *text;
		bool at_most;
	} cases[] = {
		{PROBE_PRESSURE, "stopped by pressure: processes waited for memory in 2.00% of",
		 false},
		{PROBE_REFAULTS, "stopped by refaults: 5.0M were read back", false},
		{PROBE_UNRECLAIMABLE, "stopped by unreclaimable: the kernel reclaimed 7.0M of 8.0M",
		 true},
		{PROBE_MINIMUM, "stopped by minimum: the group uses 190M (minimum 1.0M)\n", true},
		{PROBE_DURATION, "stopped by duration: 10m00s were over\n", true},
		{PROBE_INTERRUPTED, "stopped by interrupted: a signal\n", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct probe_result result = result_of(cases[i].end);
		const struct probe_report report = report_of(&result);
		CLEANUP(cleanup_free) char *text = text_of(&report, false);

		if (strstr(text, cases[i].text) == NULL ||
		    (strstr(text, "at most") != NULL) != cases[i].at_most)
			fail_msg("%s", text);
	}
}

/* Without swap, what is anonymous is part of the result in any case. */
static void test_missing_swap(void **state)
{
	const struct probe_result result = result_of(PROBE_UNRECLAIMABLE);
	struct probe_report report = report_of(&result);
	CLEANUP(cleanup_free) char *text = NULL;

	report.no_swap = true;
	report.anon_bytes = 150 * MIB;
	text = text_of(&report, false);
	assert_non_null(strstr(text, "150M of anonymous memory cannot be reclaimed"));
}

static void test_json(void **state)
{
	const struct probe_result result = result_of(PROBE_REFAULTS);
	const struct probe_report report = report_of(&result);
	CLEANUP(cleanup_free) char *text = text_of(&report, true);
	json_t *document = json_loads(text, 0, NULL), *step;

	assert_non_null(document);
	assert_int_equal(json_integer_value(json_object_get(document, "needs")), 192 * MIB);
	assert_string_equal(json_string_value(json_object_get(document, "stopped")), "refaults");
	assert_true(json_is_false(json_object_get(document, "at_most")));
	assert_int_equal(json_array_size(json_object_get(document, "steps")), 4);
	step = json_array_get(json_object_get(document, "steps"), 3);
	assert_int_equal(json_integer_value(json_object_get(step, "taken")), 7 * MIB);
	assert_string_equal(json_string_value(json_object_get(step, "exceeded")), "refaults");
	assert_true(json_real_value(json_object_get(step, "pressure")) == 2.0);
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_every_end),
		cmocka_unit_test(test_missing_swap),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

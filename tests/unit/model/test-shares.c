/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-shares.c - shares of limits, own values, throttling by ancestors, and headings. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include <cgward/expression.h>

#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}
#define MAX                \
	{                  \
		0, CGW_MAX \
	}
#define CPU UINT64_C(1000000000)

static const struct frame_group groups[] = {
	{"/", 1}, {"/limited", 10}, {"/limited/x", 11}, {"/free", 20}, {"/none", 30},
};

/* /limited has limits, /free has none, and /none has a limit of 0. */
static const struct frame_value earlier[] = {
	{"/limited", CGW_M_CPU_USAGE, OK(0)},
	{"/limited/x", CGW_M_CPU_USAGE, OK(0)},
	{"/free", CGW_M_CPU_USAGE, OK(0)},
	{"/limited", CGW_M_CPU_NR_PERIODS, OK(0)},
	{"/limited", CGW_M_CPU_NR_THROTTLED, OK(0)},
	{"/limited/x", CGW_M_CPU_NR_PERIODS, OK(0)},
	{"/limited/x", CGW_M_CPU_NR_THROTTLED, OK(0)},
	{"/free", CGW_M_CPU_NR_PERIODS, OK(0)},
	{"/free", CGW_M_CPU_NR_THROTTLED, OK(0)},
};
static const struct frame_value now[] = {
	{"/limited", CGW_M_CPU_USAGE, OK(CPU)},
	{"/limited/x", CGW_M_CPU_USAGE, OK(CPU / 2)},
	{"/free", CGW_M_CPU_USAGE, OK(CPU)},
	{"/limited", CGW_M_CPU_MAX, OK(CPU)},
	{"/limited/x", CGW_M_CPU_MAX, MAX},
	{"/free", CGW_M_CPU_MAX, MAX},
	{"/limited", CGW_M_CPU_NR_PERIODS, OK(10)},
	{"/limited", CGW_M_CPU_NR_THROTTLED, OK(4)},
	{"/limited/x", CGW_M_CPU_NR_PERIODS, OK(0)},
	{"/limited/x", CGW_M_CPU_NR_THROTTLED, OK(0)},
	{"/free", CGW_M_CPU_NR_PERIODS, OK(0)},
	{"/free", CGW_M_CPU_NR_THROTTLED, OK(0)},
	{"/limited", CGW_M_PIDS_CURRENT, OK(19)},
	{"/limited", CGW_M_PIDS_MAX, OK(20)},
	{"/limited/x", CGW_M_PIDS_CURRENT, OK(9)},
	{"/limited/x", CGW_M_PIDS_MAX, MAX},
	{"/free", CGW_M_PIDS_CURRENT, OK(500)},
	{"/free", CGW_M_PIDS_MAX, MAX},
	{"/none", CGW_M_PIDS_CURRENT, OK(3)},
	{"/none", CGW_M_PIDS_MAX, OK(0)},
	{"/limited", CGW_M_MEMORY_CURRENT, OK(400)},
	{"/limited/x", CGW_M_MEMORY_CURRENT, OK(100)},
	{"/limited", CGW_M_MEMORY_INACTIVE_FILE, OK(0)},
	{"/limited/x", CGW_M_MEMORY_INACTIVE_FILE, OK(0)},
	{"/limited", CGW_M_MEMORY_MAX, OK(1000)},
	{"/limited/x", CGW_M_MEMORY_MAX, MAX},
	{"/free", CGW_M_MEMORY_CURRENT, OK(400)},
	{"/free", CGW_M_MEMORY_MAX, MAX},
	{"/free", CGW_M_MEMORY_HIGH, MAX},
	{"/free", CGW_M_MEMORY_SWAP_CURRENT, OK(0)},
	{"/free", CGW_M_MEMORY_SWAP_MAX, OK(0)},
};

struct fixture {
	struct topology *topology;
	struct cgw_frame *frame;
};

static void update(struct fixture *fixture, uint64_t seconds, const struct frame_value *values,
		   size_t count)
{
	struct cgw_snapshot *snapshot = frame_snapshot(fixture->topology, seconds, values, count);

	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->topology = frame_topology(groups, ARRAY_SIZE(groups));
	assert_int_equal(cgw_frame_new(&fixture->frame), 0);
	update(fixture, 100, earlier, ARRAY_SIZE(earlier));
	update(fixture, 101, now, ARRAY_SIZE(now));
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	cgw_frame_free(fixture->frame);
	topology_unref(fixture->topology);
	free(fixture);
	return 0;
}

static uint32_t find(const struct cgw_frame *frame, const char *path)
{
	return cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(frame)), path);
}

static struct cgw_field field(const char *key)
{
	struct cgw_field parsed;
	struct cgw_diag diag = {0};

	if (cgw_field_parse(key, &parsed, &diag) < 0)
		fail_msg("%s: %s", key, diag.text);
	return parsed;
}

static void assert_value(const struct cgw_frame *frame, const char *key, const char *path,
			 enum cgw_state state, double expected)
{
	struct cgw_value value = cgw_frame_value(frame, field(key), find(frame, path));

	if (value.state != state || (state == CGW_OK && fabs(value.real - expected) > 1e-6))
		fail_msg("%s of %s: %s %f", key, path, cgw_state_name(value.state), value.real);
}

static enum cgw_truth evaluate(const struct cgw_scope *scope, const char *text)
{
	struct cgw_expression *expression;
	struct cgw_diag diag = {0};
	enum cgw_truth truth;

	if (cgw_expression_parse(text, &expression, &diag) < 0)
		fail_msg("%s: %s", text, diag.text);
	truth = cgw_expression_evaluate(expression, scope);
	cgw_expression_free(expression);
	return truth;
}

static void assert_truth(const struct cgw_frame *frame, const char *text, const char *path,
			 enum cgw_truth expected)
{
	const struct cgw_scope scope = {.frame = frame, .group = find(frame, path)};
	enum cgw_truth truth = evaluate(&scope, text);

	if (truth != expected)
		fail_msg("%s on %s: %s", text, path, cgw_truth_name(truth));
}

static void test_share_of_no_limit_is_unknown(void **state)
{
	static const char *const terms[] = {
		"pids.percent > 90%",
		"pids.percent < 90%",
		"pids.percent != 90%",
		"pids.current.percent > 90%",
		"not pids.percent > 90%",
		"pids.current > 90% of limit",
		"pids.current < 90% of limit",
		"cpu.percent > 90%",
		"cpu > 90% of limit",
		"memory.current.percent > 90%",
		"memory.current > 90% of limit",
		"memory.current > 90% of memory.high",
		"memory.max > 90% of memory.high",
		"memory.max > 50% of parent",
	};
	const struct fixture *fixture = *state;

	assert_value(fixture->frame, "pids.percent", "/free", CGW_ABSENT, 0);
	assert_value(fixture->frame, "pids.current.percent", "/free", CGW_ABSENT, 0);
	assert_value(fixture->frame, "cpu.percent", "/free", CGW_ABSENT, 0);
	assert_value(fixture->frame, "cpu.percent.own", "/free", CGW_ABSENT, 0);
	assert_value(fixture->frame, "memory.percent", "/free", CGW_ABSENT, 0);
	for (size_t i = 0; i < ARRAY_SIZE(terms); i++)
		assert_truth(fixture->frame, terms[i], "/free", CGW_UNKNOWN);
	assert_truth(fixture->frame, "pids.percent > 90%", "/limited", CGW_TRUE);
	assert_truth(fixture->frame, "pids.current > 90% of limit", "/limited", CGW_TRUE);
	assert_truth(fixture->frame, "pids.current > 90% of limit", "/limited/x", CGW_FALSE);
	assert_truth(fixture->frame, "cpu.percent > 90%", "/limited", CGW_TRUE);
}

/* Both spellings compute the same share, also of a limit of 0. */
static void test_both_spellings_agree(void **state)
{
	static const struct {
		const char *share, *amount, *path;
	} pairs[] = {
		{"pids.percent", "pids.current", "/limited"},
		{"pids.percent", "pids.current", "/limited/x"},
		{"pids.percent", "pids.current", "/free"},
		{"pids.percent", "pids.current", "/none"},
		{"cpu.percent", "cpu", "/limited/x"},
		{"cpu.percent", "cpu", "/free"},
		{"swap.percent", "memory.swap.current", "/free"},
		{"memory.current.percent", "memory.current", "/limited"},
	};
	static const char *const operators[] = {">", ">=", "<", "<=", "==", "!="};
	static const int percents[] = {1, 45, 50, 90, 95, 100, 150};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		for (size_t j = 0; j < ARRAY_SIZE(operators) * ARRAY_SIZE(percents); j++) {
			const char *sign = operators[j % ARRAY_SIZE(operators)];
			int percent = percents[j / ARRAY_SIZE(operators)];
			const struct cgw_scope scope = {
				.frame = fixture->frame,
				.group = find(fixture->frame, pairs[i].path),
			};
			char first[96], second[96];

			snprintf(first, sizeof(first), "%s %s %d%%", pairs[i].share, sign, percent);
			snprintf(second, sizeof(second), "%s %s %d%% of limit", pairs[i].amount,
				 sign, percent);
			if (evaluate(&scope, first) != evaluate(&scope, second))
				fail_msg("'%s' and '%s' differ on %s", first, second,
					 pairs[i].path);
		}
	/* A group without swap does not use all of it. */
	assert_truth(fixture->frame, "memory.swap.current >= 90% of limit", "/free", CGW_FALSE);
}

/* Children without a limit make a sum of shares unknown, not smaller. */
static void test_sum_of_shares(void **state)
{
	const struct fixture *fixture = *state;
	const uint32_t members[] = {find(fixture->frame, "/limited"),
				    find(fixture->frame, "/free")};
	struct cgw_scope scope = {.frame = fixture->frame, .group = members[0], .members = members};

	scope.member_count = 2;
	assert_int_equal(evaluate(&scope, "pids.percent < 200%"), CGW_UNKNOWN);
	assert_int_equal(evaluate(&scope, "pids.current > 500"), CGW_TRUE);
	scope.member_count = 1;
	assert_int_equal(evaluate(&scope, "pids.percent < 200%"), CGW_TRUE);
}

static void test_average_ends_with_limit(void **state)
{
	static const struct frame_value removed[] = {
		{"/limited", CGW_M_PIDS_CURRENT, OK(19)},
		{"/limited", CGW_M_PIDS_MAX, MAX},
	};
	struct fixture *fixture = *state;
	struct cgw_expression *expression;
	struct cgw_averages *averages;
	struct cgw_scope scope = {.frame = fixture->frame};

	assert_int_equal(cgw_expression_parse("pids.percent avg 2s > 90%", &expression, NULL), 0);
	assert_int_equal(cgw_averages_new(expression, &averages), 0);
	scope.group = find(fixture->frame, "/limited");
	scope.averages = averages;
	for (uint64_t second = 102; second < 106; second++) {
		update(fixture, second, now, ARRAY_SIZE(now));
		assert_int_equal(cgw_averages_update(averages, fixture->frame), 0);
	}
	assert_int_equal(cgw_expression_evaluate(expression, &scope), CGW_TRUE);
	update(fixture, 106, removed, ARRAY_SIZE(removed));
	assert_int_equal(cgw_averages_update(averages, fixture->frame), 0);
	assert_int_equal(cgw_expression_evaluate(expression, &scope), CGW_UNKNOWN);
	cgw_averages_free(averages);
	cgw_expression_free(expression);
}

/* Groups without a limit are not the fullest. */
static void test_missing_shares_are_sorted_last(void **state)
{
	const struct fixture *fixture = *state;
	struct cgw_order_scratch scratch = {0};

	for (unsigned flags = 0; flags <= CGW_ORDER_ASCENDING; flags += CGW_ORDER_ASCENDING) {
		uint32_t list[] = {find(fixture->frame, "/free"), find(fixture->frame, "/limited")};

		assert_int_equal(
			cgw_order(fixture->frame, field("pids.percent"), flags, list, 2, &scratch),
			0);
		assert_int_equal(list[1], find(fixture->frame, "/free"));
	}
	cgw_order_scratch_done(&scratch);
}

/* Documented in expression.h: unlimited is more than every number. */
static void test_unlimited_value_is_larger_than_numbers(void **state)
{
	const struct fixture *fixture = *state;

	assert_truth(fixture->frame, "memory.max > 50M", "/free", CGW_TRUE);
	assert_truth(fixture->frame, "memory.max < 50M", "/free", CGW_FALSE);
	assert_truth(fixture->frame, "memory.max == max", "/free", CGW_TRUE);
	assert_truth(fixture->frame, "memory.max > 500 and memory.max != max", "/free", CGW_FALSE);
	assert_truth(fixture->frame, "memory.max > 500 and memory.max != max", "/limited",
		     CGW_TRUE);
	assert_truth(fixture->frame, "memory.current > memory.high", "/free", CGW_FALSE);
}

/* The quota of the parent throttles the child, whose own counters stay at 0. */
static void test_throttling_includes_ancestors(void **state)
{
	const struct fixture *fixture = *state;
	enum cgw_state text_state;
	char text[64];

	assert_value(fixture->frame, "cpu.throttled_percent", "/limited", CGW_OK, 40);
	assert_value(fixture->frame, "cpu.throttled_percent", "/limited/x", CGW_OK, 40);
	assert_value(fixture->frame, "cpu.throttled_percent.effective", "/limited/x", CGW_OK, 40);
	assert_value(fixture->frame, "cpu.throttled_percent.own", "/limited/x", CGW_OK, 0);
	assert_value(fixture->frame, "cpu.throttled_percent.own", "/limited", CGW_OK, 40);
	assert_value(fixture->frame, "cpu.throttled_percent", "/free", CGW_OK, 0);
	assert_value(fixture->frame, "cpu.throttled_percent", "/none", CGW_ABSENT, 0);
	assert_truth(fixture->frame, "cpu.throttled_percent > 30%", "/limited/x", CGW_TRUE);
	(void)cgw_frame_text(fixture->frame, field("cpu.throttled_percent.effective_by"),
			     find(fixture->frame, "/limited/x"), text, sizeof(text), &text_state);
	assert_int_equal(text_state, CGW_OK);
	assert_string_equal(text, "/limited");
	(void)cgw_frame_text(fixture->frame, field("throttled.effective_by"),
			     find(fixture->frame, "/free"), text, sizeof(text), &text_state);
	assert_int_equal(text_state, CGW_ABSENT);
	assert_string_equal(text, "");
}

static void test_own_values_exclude_descendants(void **state)
{
	const struct fixture *fixture = *state;
	struct cgw_field parsed;

	assert_value(fixture->frame, "memory.percent.own", "/limited", CGW_OK, 30);
	assert_value(fixture->frame, "pids.percent.own", "/limited", CGW_OK, 50);
	assert_value(fixture->frame, "cpu.percent.own", "/limited", CGW_OK, 50);
	assert_value(fixture->frame, "cpu.percent.own", "/limited/x", CGW_OK, 50);
	/* Neither peaks nor pressure of children are part of their parent's. */
	assert_true(cgw_field_parse("memory.peak.own", &parsed, NULL) < 0);
	assert_true(cgw_field_parse("pids.peak.own", &parsed, NULL) < 0);
	assert_true(cgw_field_parse("memory.pressure.some.avg10.own", &parsed, NULL) < 0);
	assert_false(cgw_field_is_additive(field("memory.peak")));
	assert_false(cgw_field_is_additive(field("memory.pressure.some.total")));
	assert_true(cgw_field_is_additive(field("memory.current")));
	assert_true(cgw_field_includes_descendants(field("memory.peak")));
	assert_true(cgw_field_includes_descendants(field("cpu")));
	assert_false(cgw_field_includes_descendants(field("cpu.own")));
	assert_false(cgw_field_includes_descendants(field("cgroup.procs")));
	assert_false(cgw_field_includes_descendants(field("memory.max")));
}

/* Two columns with the same heading cannot be distinguished. */
static void test_headings_differ(void **state)
{
	static const char *const suffixes[] = {"",           ".rate",         ".own",
					       ".effective", ".effective_by", ".percent"};
	static struct cgw_field fields[2000];
	static char titles[2000][64];
	size_t count = 0;
	struct cgw_field base;

	for (size_t i = 0; cgw_field_nth(i, &base) == 0; i++)
		for (size_t j = 0; j < ARRAY_SIZE(suffixes); j++) {
			char key[128];
			size_t length = cgw_field_key(base, key, sizeof(key));

			snprintf(key + length, sizeof(key) - length, "%s", suffixes[j]);
			assert_true(count < ARRAY_SIZE(fields));
			if (cgw_field_parse(key, &fields[count], NULL) < 0)
				continue;
			(void)cgw_field_title(fields[count], titles[count], sizeof(titles[count]));
			count++;
		}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (strcmp(titles[i], titles[j]) == 0 &&
			    !cgw_field_equal(fields[i], fields[j])) {
				char first[128], second[128];

				(void)cgw_field_key(fields[i], first, sizeof(first));
				(void)cgw_field_key(fields[j], second, sizeof(second));
				fail_msg("%s and %s have the heading '%s'", first, second,
					 titles[i]);
			}
}

/* The numbers of metrics are not in the order of their table. */
static void test_titles_are_those_of_the_metric(void **state)
{
	static const char *const views[][2] = {{".rate", " RATE"},
					       {".own", " OWN"},
					       {".effective", " EFF"},
					       {".effective_by", " BY"},
					       {".percent", " %"}};
	unsigned checked = 0;

	for (size_t i = 0; i < cgw_metric_count(); i++)
		for (size_t view = 0; view < ARRAY_SIZE(views); view++) {
			const struct cgw_metric_info *info = cgw_metric_info((enum cgw_metric)i);
			char key[128], title[64], shown[64];
			struct cgw_field field;

			snprintf(key, sizeof(key), "%s%s", info->key, views[view][0]);
			if (cgw_field_parse(key, &field, NULL) < 0 || field.index != (int16_t)i ||
			    field.view == CGW_VIEW_VALUE || field.view >= CGW_VIEW_DERIVED)
				continue;
			snprintf(title, sizeof(title), "%s%s", info->title, views[view][1]);
			(void)cgw_field_title(field, shown, sizeof(shown));
			assert_string_equal(shown, title);
			checked++;
		}
	assert_true(checked > cgw_metric_count() / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_share_of_no_limit_is_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_both_spellings_agree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sum_of_shares, setup, teardown),
		cmocka_unit_test_setup_teardown(test_average_ends_with_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing_shares_are_sorted_last, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_unlimited_value_is_larger_than_numbers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_throttling_includes_ancestors, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_own_values_exclude_descendants, setup,
						teardown),
		cmocka_unit_test(test_headings_differ),
		cmocka_unit_test(test_titles_are_those_of_the_metric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

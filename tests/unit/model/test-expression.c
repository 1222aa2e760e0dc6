/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-expression.c - conditions: truth tables, units, shares, averages, parse errors. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

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
#define MIB 1048576

static const struct frame_group groups[] = {
	{"/", 1}, {"/a", 10}, {"/a/x", 11}, {"/b.service", 20}, {"/c", 30},
};

/* /a uses 150 % of a CPU and has limits; /b.service has none; all values of /c are unknown. */
static const struct frame_value earlier_values[] = {
	{"/a", CGW_M_CPU_USAGE, OK(1000000000)},
	{"/b.service", CGW_M_CPU_USAGE, OK(0)},
	{"/a", CGW_M_MEMORY_EVENTS_OOM_KILL, OK(3)},
	{"/a", CGW_M_PIDS_CURRENT, OK(10)},
};
static const struct frame_value values[] = {
	{"/", CGW_M_CPU_MAX, MAX},
	{"/a", CGW_M_CPU_USAGE, OK(UINT64_C(4000000000))},
	{"/b.service", CGW_M_CPU_USAGE, OK(200000000)},
	{"/a", CGW_M_CPU_MAX, OK(UINT64_C(2000000000))},
	{"/b.service", CGW_M_CPU_MAX, MAX},
	{"/", CGW_M_MEMORY_MAX, MAX},
	{"/a", CGW_M_MEMORY_MAX, OK(100 * MIB)},
	{"/a/x", CGW_M_MEMORY_MAX, OK(400 * MIB)},
	{"/b.service", CGW_M_MEMORY_MAX, MAX},
	{"/a", CGW_M_MEMORY_CURRENT, OK(90 * MIB)},
	{"/a/x", CGW_M_MEMORY_CURRENT, OK(45 * MIB)},
	{"/b.service", CGW_M_MEMORY_CURRENT, OK(UINT64_C(5000) * MIB)},
	{"/a", CGW_M_MEMORY_ANON, OK(80 * MIB)},
	{"/a", CGW_M_MEMORY_INACTIVE_FILE, OK(0)},
	{"/a", CGW_M_MEMORY_PRESSURE_SOME_AVG10, OK(1234)},
	{"/a", CGW_M_MEMORY_EVENTS_OOM_KILL, OK(4)},
	{"/a", CGW_M_PIDS_CURRENT, OK(8)},
	{"/a", CGW_M_CGROUP_FROZEN, OK(1)},
	{"/b.service", CGW_M_CGROUP_FROZEN, OK(0)},
	{"/a", CGW_M_CGROUP_FREEZE, {0, CGW_DENIED}},
	{"/a", CGW_M_CPU_WEIGHT, OK(100)},
};

struct fixture {
	struct topology *topology;
	struct cgw_frame *frame;
};

static void update(struct fixture *fixture, uint64_t seconds, const struct frame_value *of,
		   size_t count)
{
	struct cgw_snapshot *snapshot = frame_snapshot(fixture->topology, seconds, of, count);

	snapshot->machine.cpu_count = 4;
	snapshot->machine.memory_total_bytes = (struct cgw_number)OK(UINT64_C(8000) * MIB);
	snapshot->machine.memory_available_bytes = (struct cgw_number)OK(UINT64_C(512) * MIB);
	snapshot->machine.load_e2[0] = (struct cgw_number)OK(250);
	snapshot->machine.cpu_busy_ns = (struct cgw_number)OK(seconds * 1000000000);
	snapshot->machine.pressure_e2[0][0][1] = (struct cgw_number)OK(2500);
	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->topology = frame_topology(groups, ARRAY_SIZE(groups));
	assert_int_equal(cgw_frame_new(&fixture->frame), 0);
	update(fixture, 100, earlier_values, ARRAY_SIZE(earlier_values));
	update(fixture, 102, values, ARRAY_SIZE(values));
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

/* /a is owned by ward.slice and is 90 seconds old; the facts of other groups are unknown. */
static enum cgw_truth matches(void *context, const struct cgw_frame *frame, uint32_t group,
			      enum cgw_subject subject, const char *pattern)
{
	if (group != 1 || (subject != CGW_SUBJECT_OWNER && subject != CGW_SUBJECT_COMMAND))
		return CGW_UNKNOWN;
	return cgw_glob_match(pattern, subject == CGW_SUBJECT_OWNER ? "ward.slice" : "tmux: server")
		       ? CGW_TRUE
		       : CGW_FALSE;
}

static uint64_t age_ns(void *context, const struct cgw_frame *frame, uint32_t group)
{
	return group == 1 ? UINT64_C(90000000000) : UINT64_MAX;
}

static const struct cgw_facts facts = {matches, age_ns, NULL};

static struct cgw_expression *parse(const char *text)
{
	struct cgw_expression *expression;
	struct cgw_diag diag = {0};

	if (cgw_expression_parse(text, &expression, &diag) < 0)
		fail_msg("%s: %s", text, diag.text);
	return expression;
}

static enum cgw_truth truth_of(const struct fixture *fixture, const char *text, const char *path)
{
	struct cgw_scope scope = {.frame = fixture->frame,
				  .facts = &facts,
				  .group = cgw_topology_find(&fixture->topology->view, path)};
	struct cgw_expression *expression = parse(text);
	enum cgw_truth truth = cgw_expression_evaluate(expression, &scope);

	cgw_expression_free(expression);
	return truth;
}

struct row {
	const char *text, *path;
	enum cgw_truth expected;
};

static void check_rows(const struct fixture *fixture, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum cgw_truth got = truth_of(fixture, rows[i].text, rows[i].path);

		if (got != rows[i].expected)
			fail_msg("%s on %s: %s, not %s", rows[i].text, rows[i].path,
				 cgw_truth_name(got), cgw_truth_name(rows[i].expected));
	}
}

static void test_comparisons(void **state)
{
	static const struct row rows[] = {
		{"cpu > 149%", "/a", CGW_TRUE},
		{"cpu > 150%", "/a", CGW_FALSE},
		{"cpu >= 150", "/a", CGW_TRUE},
		{"cpu < 1.5cpu", "/a", CGW_FALSE},
		{"cpu <= 1.5cpu", "/a", CGW_TRUE},
		{"cpu == 10%", "/b.service", CGW_TRUE},
		{"cpu != 10%", "/b.service", CGW_FALSE},
		{"cpu > 0", "/c", CGW_UNKNOWN}, /* absent is not zero */
		{"cpu <= 0", "/c", CGW_UNKNOWN},
		{"cpu.usage.rate == 150%", "/a", CGW_TRUE},
		{"memory.current == 90M", "/a", CGW_TRUE},
		{"memory.current > 89.5MiB", "/a", CGW_TRUE},
		{"memory > 94371839", "/a", CGW_TRUE},
		{"memory.usage_in_bytes<=92160K", "/a", CGW_TRUE},
		{"memory.max == max", "/b.service", CGW_TRUE}, /* "max" compares as infinity */
		{"memory.max > 100T", "/b.service", CGW_TRUE},
		{"memory.max != max", "/a", CGW_TRUE},
		{"pressure.memory.some.avg10 > 12.33", "/a", CGW_TRUE},
		{"memory.pressure.some.avg10 > 12.34%", "/a", CGW_FALSE},
		{"pids.growth == -1/s", "/a", CGW_TRUE},
		{"memory.events.oom_kill == 4", "/a", CGW_TRUE},
		{"memory.events.oom_kill == 0.5/s", "/a", CGW_TRUE},
		{"memory.events.oom_kill == 30/m", "/a", CGW_TRUE},
		{"memory.events.oom_kill > 1799/h", "/a", CGW_TRUE},
		{"frozen", "/a", CGW_TRUE},
		{"frozen", "/b.service", CGW_FALSE},
		{"not frozen", "/b.service", CGW_TRUE},
		{"frozen == yes", "/a", CGW_TRUE},
		{"frozen", "/c", CGW_UNKNOWN},
		{"not frozen", "/c", CGW_UNKNOWN},
		{"cgroup.freeze", "/a", CGW_UNKNOWN}, /* denied */
		{"age >= 1m30s", "/a", CGW_TRUE},
		{"age > 1m30s500ms", "/a", CGW_FALSE},
		{"age > 1s", "/b.service", CGW_UNKNOWN},
		{"host.memory.available < 1G", "/c", CGW_TRUE},
		{"host.load1 == 2.5", "/c", CGW_TRUE},
		{"host.cpu == 100%", "/c", CGW_TRUE},
		{"host.pressure.cpu.some.avg60 > 24.9%", "/c", CGW_TRUE},
		{"host.pressure.io.some.avg60 > 0", "/c", CGW_UNKNOWN},
		{"cpu.weight == 100", "/a", CGW_TRUE},
	};

	check_rows(*state, rows, ARRAY_SIZE(rows));
}

static void test_shares(void **state)
{
	static const struct row rows[] = {
		{"memory.current >= 90% of limit", "/a", CGW_TRUE},
		{"memory.current > 90% of limit", "/a", CGW_FALSE},
		/* The parent's limit of 100 MiB is tighter than the group's own 400 MiB. */
		{"memory.current == 45% of limit", "/a/x", CGW_TRUE},
		{"memory.anon > 79% of limit", "/a", CGW_TRUE},
		{"memory.working_set > 89% of limit", "/a", CGW_TRUE},
		/* A share of no limit is unknown. */
		{"memory.current > 99% of limit", "/b.service", CGW_UNKNOWN},
		{"memory.current < 1% of limit", "/b.service", CGW_UNKNOWN},
		{"memory.current > 10% of limit", "/c", CGW_UNKNOWN},
		{"cpu == 75% of limit", "/a", CGW_TRUE},
		{"cpu > 1% of limit", "/b.service", CGW_UNKNOWN},
		{"cpu > 37% of host", "/a", CGW_TRUE},
		{"cpu > 38% of host", "/a", CGW_FALSE},
		{"memory.current > 62% of host", "/b.service", CGW_TRUE},
		{"host.memory.available < 10% of host", "/", CGW_TRUE},
		{"memory.current == 50% of parent", "/a/x", CGW_TRUE},
		{"memory.current > 1% of parent", "/", CGW_UNKNOWN},
		{"memory.anon > 80% of memory.current", "/a", CGW_TRUE},
		{"memory.current < memory.max", "/a", CGW_TRUE},
		{"cpu < cpu.max", "/a", CGW_TRUE},
		{"memory.anon < host.memory.available", "/a", CGW_TRUE},
	};

	check_rows(*state, rows, ARRAY_SIZE(rows));
}

static void test_text_patterns(void **state)
{
	static const struct row rows[] = {
		{"group == /a", "/a", CGW_TRUE},
		{"group == /a", "/a/x", CGW_FALSE},
		{"group == /a/**", "/a/x", CGW_TRUE},
		{"name = x", "/a/x", CGW_TRUE},
		{"name == \"b.{service,scope}\"", "/b.service", CGW_TRUE},
		{"name != b.*", "/a", CGW_TRUE},
		{"(name==b.*)", "/b.service", CGW_TRUE},
		{"owner == ward.slice", "/a", CGW_TRUE},
		{"owner == *.service", "/a", CGW_FALSE},
		{"owner == *", "/c", CGW_UNKNOWN},
		{"owner != ward.slice", "/c", CGW_UNKNOWN},
		{"unit == b.*", "/b.service", CGW_TRUE}, /* from the path, not from the facts */
		{"command == 'tmux: server'", "/a", CGW_TRUE},
		{"comm == tmux*", "/a", CGW_TRUE},
	};

	check_rows(*state, rows, ARRAY_SIZE(rows));
}

/* Terms that are true, false and unknown on /a. */
#define T "cpu>1"
#define F "cpu<1"
#define U "io.read>1"

static void test_and_or_not(void **state)
{
	static const struct row rows[] = {
		{T " and " T, "/a", CGW_TRUE},
		{T " and " F, "/a", CGW_FALSE},
		{T " and " U, "/a", CGW_UNKNOWN},
		{F " and " T, "/a", CGW_FALSE},
		{F " and " F, "/a", CGW_FALSE},
		{F " and " U, "/a", CGW_FALSE},
		{U " and " T, "/a", CGW_UNKNOWN},
		{U " and " F, "/a", CGW_FALSE},
		{U " and " U, "/a", CGW_UNKNOWN},
		{T " or " T, "/a", CGW_TRUE},
		{T " or " F, "/a", CGW_TRUE},
		{T " or " U, "/a", CGW_TRUE},
		{F " or " T, "/a", CGW_TRUE},
		{F " or " F, "/a", CGW_FALSE},
		{F " or " U, "/a", CGW_UNKNOWN},
		{U " or " T, "/a", CGW_TRUE},
		{U " or " F, "/a", CGW_UNKNOWN},
		{U " or " U, "/a", CGW_UNKNOWN},
		{"not " T, "/a", CGW_FALSE},
		{"not " F, "/a", CGW_TRUE},
		{"not " U, "/a", CGW_UNKNOWN},
		{"not not " T, "/a", CGW_TRUE},
		{"!" F " && !" F, "/a", CGW_TRUE},
		/* "not" has precedence over "and", and "and" over "or". */
		{T " or " T " and " F, "/a", CGW_TRUE},
		{"(" T " or " T ") and " F, "/a", CGW_FALSE},
		{F " and " F " or " T, "/a", CGW_TRUE},
		{F " and (" F " or " T ")", "/a", CGW_FALSE},
		{"not " F " and " F, "/a", CGW_FALSE},
		{"not (" F " and " F ")", "/a", CGW_TRUE},
		{"not (" T " or " F ") or not " F, "/a", CGW_TRUE},
		{"((" T "))||" F, "/a", CGW_TRUE},
	};

	check_rows(*state, rows, ARRAY_SIZE(rows));
}

static void test_averages(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_expression *now = parse("memory.current avg 10s > 200M"),
			      *spike = parse("memory.current > 3x avg 10s");
	struct cgw_scope scope = {.frame = fixture->frame, .group = 1};
	struct cgw_averages *now_averages, *spike_averages;
	enum cgw_truth truth[2];

	assert_int_equal(cgw_averages_new(now, &now_averages), 0);
	assert_int_equal(cgw_averages_new(spike, &spike_averages), 0);
	/* 100 MiB for 20 seconds, then 400 MiB. */
	for (uint64_t second = 200; second < 240; second++) {
		struct frame_value value = {"/a", CGW_M_MEMORY_CURRENT,
					    OK((second < 220 ? 100 : 400) * MIB)};

		update(fixture, second, &value, 1);
		assert_int_equal(cgw_averages_update(now_averages, fixture->frame), 0);
		assert_int_equal(cgw_averages_update(spike_averages, fixture->frame), 0);
		scope.averages = now_averages;
		truth[0] = cgw_expression_evaluate(now, &scope);
		scope.averages = spike_averages;
		truth[1] = cgw_expression_evaluate(spike, &scope);
		if (second < 210) { /* unknown for one window */
			assert_int_equal(truth[0], CGW_UNKNOWN);
			assert_int_equal(truth[1], CGW_UNKNOWN);
		} else if (second < 220) {
			assert_int_equal(truth[0], CGW_FALSE);
			assert_int_equal(truth[1], CGW_FALSE);
		} else if (second == 220) {
			assert_int_equal(truth[0], CGW_FALSE);
			assert_int_equal(truth[1], CGW_TRUE);
		} else if (second > 228) {
			assert_int_equal(truth[0], CGW_TRUE);
			assert_int_equal(truth[1],
					 CGW_FALSE); /* the spike has become the average */
		}
	}
	cgw_averages_reset(now_averages);
	scope.averages = now_averages;
	assert_int_equal(cgw_expression_evaluate(now, &scope), CGW_UNKNOWN);
	cgw_averages_free(now_averages);
	cgw_averages_free(spike_averages);
	cgw_expression_free(now);
	cgw_expression_free(spike);
}

/* An average includes the present value, unless that is compared with it. */
static void test_averages_of_and_before_the_present_value(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *text;
		enum cgw_truth steady, raised; /* after 100 MiB for two seconds; with 400 MiB */
	} rows[] = {
		{"memory.current avg 2s > 240M", CGW_FALSE, CGW_TRUE}, /* 250M */
		{"memory.current avg 2s > 260M", CGW_FALSE, CGW_FALSE},
		{"memory.current > 3x avg 2s", CGW_FALSE, CGW_TRUE}, /* 3 * 100M */
		{"memory.current > 5x avg 2s", CGW_FALSE, CGW_FALSE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_expression *expression = parse(rows[i].text);
		struct cgw_scope scope = {.frame = fixture->frame, .group = 1};
		struct cgw_averages *averages;
		enum cgw_truth truth[4];

		assert_int_equal(cgw_averages_new(expression, &averages), 0);
		scope.averages = averages;
		for (uint64_t second = 0; second < 4; second++) {
			struct frame_value value = {"/a", CGW_M_MEMORY_CURRENT,
						    OK((second < 3 ? 100 : 400) * MIB)};

			update(fixture, 300 + 10 * i + second, &value, 1);
			assert_int_equal(cgw_averages_update(averages, fixture->frame), 0);
			truth[second] = cgw_expression_evaluate(expression, &scope);
		}
		if (truth[2] != rows[i].steady || truth[3] != rows[i].raised)
			fail_msg("%s: %d, then %d", rows[i].text, truth[2], truth[3]);
		cgw_averages_free(averages);
		cgw_expression_free(expression);
	}
}

/* Averages of a new group and of a recreated group start empty. */
static void test_averages_follow_groups(void **state)
{
	static const struct frame_group before[] = {{"/", 1}, {"/b", 20}, {"/c", 30}};
	static const struct frame_group after[] = {{"/", 1}, {"/a", 10}, {"/b", 20}, {"/c", 31}};
	static const struct frame_value old[] = {{"/b", CGW_M_PIDS_CURRENT, OK(7)},
						 {"/c", CGW_M_PIDS_CURRENT, OK(7)}};
	static const struct frame_value new[] = {{"/a", CGW_M_PIDS_CURRENT, OK(7)},
						 {"/b", CGW_M_PIDS_CURRENT, OK(7)},
						 {"/c", CGW_M_PIDS_CURRENT, OK(7)}};
	struct fixture fixture = {.topology = frame_topology(before, 3)};
	struct topology *later = frame_topology(after, 4), *earlier = fixture.topology;
	struct cgw_expression *expression = parse("pids avg 2s == 7");
	struct cgw_scope scope = {0};
	struct cgw_averages *averages;

	assert_int_equal(cgw_frame_new(&fixture.frame), 0);
	assert_int_equal(cgw_averages_new(expression, &averages), 0);
	scope.frame = fixture.frame;
	scope.averages = averages;
	for (uint64_t second = 10; second < 13; second++) {
		update(&fixture, second, old, 2);
		assert_int_equal(cgw_averages_update(averages, fixture.frame), 0);
	}
	scope.group = 2;
	assert_int_equal(cgw_expression_evaluate(expression, &scope), CGW_TRUE);
	fixture.topology = later;
	update(&fixture, 13, new, 3);
	assert_int_equal(cgw_averages_update(averages, fixture.frame), 0);
	scope.group = 1;
	assert_int_equal(cgw_expression_evaluate(expression, &scope), CGW_UNKNOWN);
	scope.group = 2;
	assert_int_equal(cgw_expression_evaluate(expression, &scope), CGW_TRUE);
	scope.group = 3;
	assert_int_equal(cgw_expression_evaluate(expression, &scope), CGW_UNKNOWN);
	cgw_averages_free(averages);
	cgw_expression_free(expression);
	cgw_frame_free(fixture.frame);
	topology_unref(earlier);
	topology_unref(later);
}

static void test_metrics_and_terms(void **state)
{
	struct cgw_expression *expression =
		parse("memory.anon > 80% of limit and io.read > 3x avg 1m or age > 1m");
	struct cgw_metric_set set = {0};
	struct cgw_term term;

	cgw_expression_metrics(expression, &set);
	assert_true(cgw_metric_set_has(&set, CGW_M_MEMORY_ANON));
	assert_true(cgw_metric_set_has(&set, CGW_M_MEMORY_MAX));
	assert_true(cgw_metric_set_has(&set, CGW_M_IO_RBYTES));
	assert_false(cgw_metric_set_has(&set, CGW_M_MEMORY_CURRENT));
	assert_int_equal(cgw_expression_term_count(expression), 3);
	cgw_expression_term(expression, 1, &term);
	assert_string_equal(term.text, "io.read > 3x avg 1m");
	assert_string_equal(term.key, "io.read");
	assert_int_equal(term.unit, CGW_UNIT_BYTES_PER_S);
	cgw_expression_free(expression);
}

static void test_term_returns_both_sides(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_expression *expression = parse("cpu > 50% of limit and memory.max < max");
	struct cgw_scope scope = {.frame = fixture->frame, .group = 1};
	struct cgw_value value, bound;

	assert_int_equal(cgw_expression_evaluate_term(expression, 0, &scope, &value, &bound),
			 CGW_TRUE);
	assert_true(fabs(value.real - 150) < 1e-9 && fabs(bound.real - 100) < 1e-9);
	assert_int_equal(cgw_expression_evaluate_term(expression, 1, &scope, &value, &bound),
			 CGW_TRUE);
	assert_int_equal(value.state, CGW_OK);
	assert_int_equal(bound.state, CGW_MAX);
	cgw_expression_free(expression);
}

static void test_parse_errors(void **state)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{"", "position 1: expected a condition"},
		{"cpu", "position 4: 'cpu' requires an operator such as >"},
		{"cpuu > 1", "position 1: unknown field 'cpuu'; did you mean 'cpu'?"},
		{"memory.curent > 1", "did you mean 'memory.current'?"},
		{"host.memory.fre > 1", "did you mean 'host.memory.free'?"},
		{"ownr == x", "did you mean 'owner'?"},
		{"cpu > 1 and", "position 12: expected a condition"},
		{"cpu > 1 cpu > 2", "position 9: expected 'and', 'or' or end of condition"},
		{"(cpu > 1", "position 1: unmatched '('"},
		{"cpu > 1)", "position 8: unmatched ')'"},
		{"cpu > 5M", "position 7: invalid unit 'M' (expected a percentage such as 150%)"},
		{"memory.current > 5%", "invalid unit '%' (expected a size such as 512M, 2G)"},
		{"memory.current > 5% of limt", "did you mean 'limit'?"},
		{"memory.current > -", "position 18: missing value (for example 512M, 2G)"},
		{"cpu > 0x10", "position 7: invalid unit 'x10'"},
		{"cpu > 1e9", "invalid unit 'e9'"},
		{"cpu > nan", "unknown field 'nan'"},
		{"age > 5", "missing unit (for example 90s, 5m, 1h30m)"},
		{"host.load1 > 5% of limit", "no limit applies to 'host.load1'"},
		{"host.load1 > 5% of host", "the machine has no total for 'host.load1'"},
		{"cpu > memory.max", "cannot compare 'cpu' (percent) with 'memory.max' (bytes)"},
		{"cpu > 3x 5m", "expected 'avg' and a time (for example 3x avg 5m)"},
		{"cpu > 3x avg 5", "missing unit (for example 90s"},
		{"cpu > 3x avg 5ms", "invalid averaging window '5ms' (expected 1s to 7d)"},
		{"age avg 5m > 1s", "cannot average 'age'"},
		{"name > x", "invalid operator for text 'name' (expected == or !=)"},
		{"name ==", "missing pattern to compare 'name' with"},
		{"name == [a", "position 9: unmatched '[' at position 1"},
		{"name == \"a", "position 9: missing closing \""},
		{"cpu.max.own > 1", "suffix '.own' is not valid for 'cpu.max'"},
		{"> 5", "position 1: expected a field"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_expression *expression = NULL;
		struct cgw_diag diag = {0};

		if (cgw_expression_parse(rows[i].text, &expression, &diag) != -EINVAL)
			fail_msg("\"%s\" was accepted", rows[i].text);
		if (strstr(diag.text, rows[i].reason) == NULL)
			fail_msg("\"%s\": \"%s\" lacks \"%s\"", rows[i].text, diag.text,
				 rows[i].reason);
	}
}

static void test_depth_and_length_are_bounded(void **state)
{
	struct cgw_expression *expression = NULL;
	struct cgw_diag diag = {0};
	char text[4096] = "";

	for (size_t i = 0; i < 33; i++)
		strcat(text, "(");
	strcat(text, "cpu > 1");
	assert_int_equal(cgw_expression_parse(text, &expression, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "nested too deeply (at most 32 levels)"));
	text[0] = '\0';
	for (size_t i = 0; i < 65; i++)
		strcat(text, i == 0 ? "cpu > 1" : " and cpu > 1");
	assert_int_equal(cgw_expression_parse(text, &expression, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "too many comparisons (at most 64)"));
	text[strlen(text) - strlen(" and cpu > 1")] = '\0';
	assert_int_equal(cgw_expression_parse(text, &expression, &diag), 0);
	cgw_expression_free(expression);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_comparisons, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shares, setup, teardown),
		cmocka_unit_test_setup_teardown(test_text_patterns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_and_or_not, setup, teardown),
		cmocka_unit_test_setup_teardown(test_averages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_averages_of_and_before_the_present_value,
						setup, teardown),
		cmocka_unit_test(test_averages_follow_groups),
		cmocka_unit_test(test_metrics_and_terms),
		cmocka_unit_test_setup_teardown(test_term_returns_both_sides, setup, teardown),
		cmocka_unit_test(test_parse_errors),
		cmocka_unit_test(test_depth_and_length_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

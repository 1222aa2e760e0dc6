/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-alerts.c - which warnings the header shows, and for which group. */
#include <locale.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include "tui/core/alerts.h"

#define WIDTH 300

struct fixture {
	struct alerts alerts;
	struct cgw_frame *frame;
	uint64_t seconds;
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.seconds = 100};
	assert_int_equal(cgw_frame_new(&fixture.frame), 0);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	alerts_done(&fixture->alerts);
	cgw_frame_free(fixture->frame);
	return 0;
}

/* A sample one second later. */
static void update(struct fixture *fixture, const struct frame_group *groups, uint32_t group_count,
		   const struct frame_value *values, size_t value_count)
{
	struct topology *topology = frame_topology(groups, group_count);
	struct cgw_snapshot *snapshot =
		frame_snapshot(topology, ++fixture->seconds, values, value_count);

	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	assert_int_equal(alerts_update(&fixture->alerts, fixture->frame), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
}

static void assert_line(const struct fixture *fixture, const char *expected)
{
	struct canvas *canvas = NULL;
	CLEANUP(cleanup_free) char *text = NULL;

	assert_int_equal(canvas_new(1, WIDTH, true, &canvas), 0);
	alerts_draw(&fixture->alerts, fixture->frame, canvas, 0, 0, WIDTH);
	text = canvas_dump(canvas);
	canvas_free(canvas);
	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static const struct frame_group groups[] = {{"/", 1}, {"/a", 2}, {"/a/x", 3}, {"/b", 4}};

#define NUMBER(value)           \
	{                       \
		(value), CGW_OK \
	}

/* Pages that can be dropped do not count, and a limit counts in the group that has it. */
static void test_memory_near_its_limit(void **state)
{
	static const struct {
		struct cgw_number used, cache, limit, used_below, limit_below;
		const char *expected;
	} rows[] = {
		{NUMBER(899), NUMBER(0), NUMBER(1000), NUMBER(0), {0, CGW_MAX}, "no warnings"},
		{NUMBER(900),
		 NUMBER(0),
		 NUMBER(1000),
		 NUMBER(900),
		 {0, CGW_MAX},
		 "⚠ memory at 90% of the limit of /a"},
		{NUMBER(990), NUMBER(91), NUMBER(1000), NUMBER(0), {0, CGW_MAX}, "no warnings"},
		{NUMBER(990),
		 NUMBER(40),
		 NUMBER(1000),
		 NUMBER(0),
		 {0, CGW_MAX},
		 "⚠ memory at 95% of the limit of /a"},
		{NUMBER(100), NUMBER(200), NUMBER(1000), NUMBER(0), {0, CGW_MAX}, "no warnings"},
		{NUMBER(990),
		 {0, CGW_ABSENT},
		 NUMBER(1000),
		 NUMBER(990),
		 NUMBER(1000), /* not below the limit of the parent */
		 "⚠ memory at 99% of the limit of /a"},
		{NUMBER(990), NUMBER(0), NUMBER(1000), NUMBER(500), NUMBER(500),
		 "⚠ memory at 100% of the limit of /a/x and 1 more"},
		{NUMBER(990), NUMBER(0), {0, CGW_MAX}, NUMBER(990), {0, CGW_MAX}, "no warnings"},
		{NUMBER(0), NUMBER(0), NUMBER(0), NUMBER(0), {0, CGW_MAX}, "no warnings"},
		{{0, CGW_DENIED}, NUMBER(0), NUMBER(1000), NUMBER(0), {0, CGW_MAX}, "no warnings"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct frame_value values[] = {
			{"/a", CGW_M_MEMORY_CURRENT, rows[i].used},
			{"/a", CGW_M_MEMORY_INACTIVE_FILE, rows[i].cache},
			{"/a", CGW_M_MEMORY_MAX, rows[i].limit},
			{"/a/x", CGW_M_MEMORY_CURRENT, rows[i].used_below},
			{"/a/x", CGW_M_MEMORY_MAX, rows[i].limit_below},
		};

		update(fixture, groups, ARRAY_SIZE(groups), values, ARRAY_SIZE(values));
		assert_line(fixture, rows[i].expected);
	}
}

/* The counter of a parent includes those of its children. */
static void test_kills_are_counted_once(void **state)
{
	static const struct frame_value before[] = {
		{"/a", CGW_M_MEMORY_EVENTS_OOM_KILL, NUMBER(5)},
		{"/a/x", CGW_M_MEMORY_EVENTS_OOM_KILL, NUMBER(1)},
		{"/b", CGW_M_MEMORY_EVENTS_OOM_KILL, NUMBER(7)},
	};
	static const struct frame_value after[] = {
		{"/a", CGW_M_MEMORY_EVENTS_OOM_KILL, NUMBER(8)},
		{"/a/x", CGW_M_MEMORY_EVENTS_OOM_KILL, NUMBER(3)},
		{"/b", CGW_M_MEMORY_EVENTS_OOM_KILL, NUMBER(7)},
	};
	struct fixture *fixture = *state;

	update(fixture, groups, ARRAY_SIZE(groups), before, ARRAY_SIZE(before));
	assert_line(fixture, "no warnings"); /* those before the first sample */
	update(fixture, groups, ARRAY_SIZE(groups), after, ARRAY_SIZE(after));
	assert_line(fixture, "⚠ 2 OOM-killed in /a/x  ⚠ 1 OOM-killed in /a");
	fixture->seconds += 29;
	update(fixture, groups, ARRAY_SIZE(groups), after, ARRAY_SIZE(after));
	assert_line(fixture, "⚠ 2 OOM-killed in /a/x  ⚠ 1 OOM-killed in /a");
	update(fixture, groups, ARRAY_SIZE(groups), after, ARRAY_SIZE(after));
	assert_line(fixture, "no warnings"); /* more than 30 s ago */
}

/* Another group with the same name starts to count at zero, and is not compared. */
static void test_counters_of_a_replaced_group(void **state)
{
	static const struct frame_group replaced[] = {{"/", 1}, {"/a", 2}, {"/a/x", 3}, {"/b", 9}};
	static const struct frame_value before[] = {
		{"/b", CGW_M_PIDS_EVENTS_MAX, NUMBER(2)},
		{"/b", CGW_M_CPU_NR_THROTTLED, NUMBER(10)},
		{"/b", CGW_M_CPU_NR_PERIODS, NUMBER(100)},
	};
	static const struct frame_value after[] = {
		{"/b", CGW_M_PIDS_EVENTS_MAX, NUMBER(6)},
		{"/b", CGW_M_CPU_NR_THROTTLED, NUMBER(60)},
		{"/b", CGW_M_CPU_NR_PERIODS, NUMBER(200)},
	};
	struct fixture *fixture = *state;

	update(fixture, groups, ARRAY_SIZE(groups), before, ARRAY_SIZE(before));
	update(fixture, replaced, ARRAY_SIZE(replaced), after, ARRAY_SIZE(after));
	assert_line(fixture, "no warnings");
	update(fixture, replaced, ARRAY_SIZE(replaced), before, ARRAY_SIZE(before));
	update(fixture, replaced, ARRAY_SIZE(replaced), after, ARRAY_SIZE(after));
	assert_line(fixture, "⚠ 4 forks refused in /b  ⚠ CPU throttled (50% of periods) in /b");
}

static void test_few_throttled_periods_are_no_warning(void **state)
{
	static const struct {
		uint64_t throttled, periods;
		const char *expected;
	} rows[] = {
		{5, 101, "no warnings"},
		{5, 100, "⚠ CPU throttled (5% of periods) in /a"},
		{100, 100, "⚠ CPU throttled (100% of periods) in /a"},
		{0, 100, "no warnings"},
	};
	struct fixture *fixture = *state;
	struct frame_value values[] = {
		{"/a", CGW_M_CPU_NR_THROTTLED, NUMBER(1000)},
		{"/a", CGW_M_CPU_NR_PERIODS, NUMBER(5000)},
	};

	update(fixture, groups, ARRAY_SIZE(groups), values, ARRAY_SIZE(values));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		values[0].number.value += rows[i].throttled;
		values[1].number.value += rows[i].periods;
		update(fixture, groups, ARRAY_SIZE(groups), values, ARRAY_SIZE(values));
		assert_line(fixture, rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_memory_near_its_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kills_are_counted_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counters_of_a_replaced_group, setup, teardown),
		cmocka_unit_test_setup_teardown(test_few_throttled_periods_are_no_warning, setup,
						teardown),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

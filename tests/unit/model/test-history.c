/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-history.c - the ten-minute history: precision, gaps, removed groups and memory. */
#include <math.h>
#include <stdio.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include <cgward/history.h>

static const struct frame_group groups[] = {{"/", 1}, {"/a", 10}, {"/b", 20}};
static const struct frame_group without_a[] = {{"/", 1}, {"/b", 20}};
static const struct frame_group a_again[] = {{"/", 1}, {"/a", 11}, {"/b", 20}};

struct recorder {
	struct cgw_frame *frame;
	struct cgw_history *history;
	struct topology *topology;
};

static int set_up(void **state)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	assert_int_equal(cgw_frame_new(&recorder->frame), 0);
	assert_int_equal(cgw_history_new(&recorder->history), 0);
	recorder->topology = frame_topology(groups, ARRAY_SIZE(groups));
	*state = recorder;
	return 0;
}

static int tear_down(void **state)
{
	struct recorder *recorder = *state;

	cgw_frame_free(recorder->frame);
	cgw_history_free(recorder->history);
	topology_unref(recorder->topology);
	free(recorder);
	return 0;
}

static void push(struct recorder *recorder, uint64_t seconds, uint64_t pids)
{
	const struct frame_value values[] = {
		{"/b", CGW_M_PIDS_CURRENT, {pids, CGW_OK}},
		{"/b", CGW_M_CPU_USAGE, {seconds * 500000000, CGW_OK}},
	};
	struct cgw_snapshot *snapshot =
		frame_snapshot(recorder->topology, seconds, values, ARRAY_SIZE(values));

	assert_int_equal(cgw_frame_update(recorder->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	assert_int_equal(cgw_history_push(recorder->history, recorder->frame), 0);
}

static uint32_t find_group(const struct recorder *recorder, const char *path)
{
	return cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(recorder->frame)), path);
}

static void assert_near(double got, double expected)
{
	/* Rounding to ten bits of mantissa is within 1/2000, and once more for a mean. */
	if (!(fabs(got - expected) <= fabs(expected) / 1000))
		fail_msg("%f is not %f", got, expected);
}

static void test_seconds_are_stored(void **state)
{
	struct recorder *recorder = *state;
	double values[8];

	for (uint64_t s = 1; s <= 5; s++)
		push(recorder, 1000 + s, s * 1000);
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_PIDS, 1, values,
			 8);
	for (size_t i = 0; i < 3; i++)
		assert_true(isnan(values[i]));
	for (size_t i = 3; i < 8; i++)
		assert_near(values[i], (double)(i - 2) * 1000);
	/* The first rate needs two samples; then it is half a CPU. */
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_CPU, 1, values,
			 8);
	assert_true(isnan(values[3]));
	assert_near(values[4], 50);
	assert_near(values[7], 50);
	/* Memory was not sampled, nor was the other group. */
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_MEMORY, 1,
			 values, 8);
	assert_true(isnan(values[7]));
	cgw_history_read(recorder->history, find_group(recorder, "/a"), CGW_HISTORY_PIDS, 1, values,
			 8);
	assert_true(isnan(values[7]));
	cgw_history_read(recorder->history, 77, CGW_HISTORY_PIDS, 1, values, 8);
	assert_true(isnan(values[7]));
}

static void test_history_ends_after_ten_minutes(void **state)
{
	struct recorder *recorder = *state;
	double values[70];

	for (uint64_t s = 1; s <= 1500; s++)
		push(recorder, 1000 + s, s);
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_PIDS, 10,
			 values, 70);
	/* Steps start at multiples of ten seconds; all but the last are complete. */
	for (size_t i = 0; i < 9; i++)
		assert_true(isnan(values[i]));
	for (size_t i = 11; i < 69; i++)
		assert_near(values[i], (double)(250 - 69 + i) * 10 + 4.5 - 1001);
	assert_near(values[69], 1500);
}

static void test_only_long_pauses_are_gaps(void **state)
{
	struct recorder *recorder = *state;
	double values[12];

	push(recorder, 1000, 7);
	push(recorder, 1005, 9);
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_PIDS, 1, values,
			 6);
	assert_near(values[0], 7);
	for (size_t i = 1; i < 6; i++)
		assert_near(values[i], 9);
	push(recorder, 1100, 11);
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_PIDS, 1, values,
			 12);
	for (size_t i = 0; i < 11; i++)
		assert_true(isnan(values[i]));
	assert_near(values[11], 11);
	push(recorder, 5000, 3);
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_PIDS, 50,
			 values, 12);
	for (size_t i = 0; i < 11; i++)
		assert_true(isnan(values[i]));
	assert_near(values[11], 3);
}

static void test_samples_within_a_second_are_averaged(void **state)
{
	struct recorder *recorder = *state;
	double value;

	push(recorder, 1000, 10);
	push(recorder, 1000, 20);
	push(recorder, 1000, 60);
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_PIDS, 1, &value,
			 1);
	assert_near(value, 30);
}

static void test_history_follows_the_group(void **state)
{
	struct recorder *recorder = *state;
	double value;

	push(recorder, 1000, 10);
	topology_unref(recorder->topology);
	recorder->topology = frame_topology(without_a, ARRAY_SIZE(without_a));
	push(recorder, 1001, 20);
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_PIDS, 2, &value,
			 1);
	assert_true(value >= 10 && value <= 20);
	topology_unref(recorder->topology);
	recorder->topology = frame_topology(a_again, ARRAY_SIZE(a_again));
	push(recorder, 1002, 30);
	cgw_history_read(recorder->history, find_group(recorder, "/a"), CGW_HISTORY_PIDS, 600,
			 &value, 1);
	assert_true(isnan(value));
	cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_PIDS, 600,
			 &value, 1);
	assert_near(value, 20);
}

static void test_large_and_small_numbers(void **state)
{
	static const uint64_t numbers[] = {
		0, 1, 3, 1000, 123456789, UINT64_C(1) << 40, UINT64_C(281000000000000)};
	struct recorder *recorder = *state;
	double value;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		push(recorder, 1000 + i, numbers[i]);
		cgw_history_read(recorder->history, find_group(recorder, "/b"), CGW_HISTORY_PIDS, 1,
				 &value, 1);
		assert_near(value, (double)numbers[i]);
	}
}

static void test_memory_per_group_is_below_2k(void **state)
{
	struct frame_group *many = calloc(1001, sizeof(*many));
	char(*paths)[16] = calloc(1001, sizeof(*paths));
	struct recorder *recorder = *state;

	for (unsigned i = 0; i < 1001; i++) {
		snprintf(paths[i], sizeof(paths[i]), i == 0 ? "/" : i == 1 ? "/b" : "/c%04u", i);
		many[i] = (struct frame_group){paths[i], 100 + i};
	}
	topology_unref(recorder->topology);
	recorder->topology = frame_topology(many, 1001);
	push(recorder, 1000, 10);
	assert_in_range(cgw_history_bytes(recorder->history) / 1001, 1, 2047);
	free(paths);
	free(many);
}

static void read_pressure(struct recorder *recorder, const char *path, double *ret_percent)
{
	cgw_history_read(recorder->history, find_group(recorder, path), CGW_HISTORY_PRESSURE, 1,
			 ret_percent, 1);
}

/* The highest pressure of CPU, memory and IO; for the root, that of the machine. */
static void test_pressure_is_in_percent(void **state)
{
	struct recorder *recorder = *state;
	static const struct frame_value values[] = {
		{"/a", CGW_M_CPU_PRESSURE_SOME_AVG10, {300, CGW_OK}},
		{"/a", CGW_M_MEMORY_PRESSURE_SOME_AVG10, {1250, CGW_OK}},
	};
	struct cgw_snapshot *snapshot = frame_snapshot(recorder->topology, 1000, values, 2);
	double percent;

	snapshot->machine.pressure_e2[2][0][0] = (struct cgw_number){4000, CGW_OK};
	assert_int_equal(cgw_frame_update(recorder->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	assert_int_equal(cgw_history_push(recorder->history, recorder->frame), 0);
	read_pressure(recorder, "/a", &percent);
	assert_near(percent, 12.5);
	read_pressure(recorder, "/", &percent);
	assert_near(percent, 40);
	read_pressure(recorder, "/b", &percent);
	assert_true(isnan(percent));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_seconds_are_stored),
		TEST(test_history_ends_after_ten_minutes),
		TEST(test_only_long_pauses_are_gaps),
		TEST(test_samples_within_a_second_are_averaged),
		TEST(test_history_follows_the_group),
		TEST(test_large_and_small_numbers),
		TEST(test_memory_per_group_is_below_2k),
		TEST(test_pressure_is_in_percent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

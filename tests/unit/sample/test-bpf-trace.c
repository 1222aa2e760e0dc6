/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-bpf-trace.c - sums and percentiles of what the BPF programs record. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/sample/bpf/trace-removed.h"
#include "lib/sample/bpf/trace-sums.h"
#include "test.h"

#define US UINT64_C(1000)
#define MS (1000 * US)
#define S  (1000 * MS)

/* As the program records a wait. */
static void wait_of(struct trace_group *record, uint64_t epoch, uint64_t ns)
{
	struct trace_peak *peak = &record->peaks[epoch & 1];

	record->waited_ns += ns;
	record->part_ns += ns / 2;
	record->buckets[trace_bucket(ns)]++;
	if (peak->epoch != epoch || ns > peak->ns)
		*peak = (struct trace_peak){epoch, ns};
}

/* Root 1 with the groups 7 and 3; 9 and 5 are below 7. Read in the order of a hash map. */
enum { NINE, ONE, SEVEN, THREE, FIVE, GROUPS };
static const uint64_t ids[GROUPS] = {9, 1, 7, 3, 5};
static const uint64_t parents[GROUPS] = {7, 0, 1, 1, 7};

static void reset(struct trace_group *records)
{
	for (size_t i = 0; i < GROUPS; i++)
		records[i] = (struct trace_group){.parent_id = parents[i]};
}

static void assert_sum(const struct trace_sums *sums, uint64_t id, uint64_t waited_ns,
		       uint64_t longest_ns)
{
	const struct trace_sum *sum = trace_sums_find(sums, id);

	assert_non_null(sum);
	assert_int_equal(sum->waited_ns, waited_ns);
	assert_int_equal(sum->part_ns, waited_ns / 2);
	assert_int_equal(sum->longest_ns, longest_ns);
}

static void test_groups_include_their_descendants(void **state)
{
	CLEANUP(trace_sums_done) struct trace_sums sums = {0};
	struct trace_group records[GROUPS];

	reset(records);
	wait_of(&records[NINE], 4, 2 * MS);
	wait_of(&records[NINE], 4, 5 * MS);
	wait_of(&records[FIVE], 4, 20 * MS);
	wait_of(&records[THREE], 4, 1 * MS);
	wait_of(&records[ONE], 4, 3 * MS);
	assert_int_equal(trace_sums_set(&sums, ids, records, GROUPS, 4), 0);
	assert_sum(&sums, 9, 7 * MS, 5 * MS);
	assert_sum(&sums, 5, 20 * MS, 20 * MS);
	assert_sum(&sums, 7, 27 * MS, 20 * MS);
	assert_sum(&sums, 3, 1 * MS, 1 * MS);
	assert_sum(&sums, 1, 31 * MS, 20 * MS);
	assert_null(trace_sums_find(&sums, 2));
	assert_int_equal(trace_sum_count(trace_sums_find(&sums, 7)), 3);
}

/* The longest wait is that of the interval, also of a group that waited longer before. */
static void test_longest_wait_of_the_interval(void **state)
{
	CLEANUP(trace_sums_done) struct trace_sums sums = {0};
	struct trace_group records[GROUPS];

	reset(records);
	wait_of(&records[NINE], 4, 50 * MS);
	wait_of(&records[FIVE], 4, 60 * MS);
	wait_of(&records[NINE], 5, 1 * MS);
	/* The programs already write the next one. */
	wait_of(&records[NINE], 6, 2 * MS);
	assert_int_equal(trace_sums_set(&sums, ids, records, GROUPS, 5), 0);
	assert_sum(&sums, 9, 53 * MS, 1 * MS);
	assert_sum(&sums, 5, 60 * MS, 0);
	assert_sum(&sums, 7, 113 * MS, 1 * MS);
}

/* What a limit of a group throttles is not what one of its parent does. */
static void test_groups_alone(void **state)
{
	CLEANUP(trace_sums_done) struct trace_sums sums = {.own_only = true};
	struct trace_group records[GROUPS];

	reset(records);
	wait_of(&records[NINE], 4, 2 * MS);
	wait_of(&records[SEVEN], 4, 4 * MS);
	assert_int_equal(trace_sums_set(&sums, ids, records, GROUPS, 4), 0);
	assert_sum(&sums, 9, 2 * MS, 2 * MS);
	assert_sum(&sums, 7, 4 * MS, 4 * MS);
	assert_sum(&sums, 1, 0, 0);
}

static const struct trace_sum *heir_of(const struct trace_sums *sums, uint64_t id)
{
	return trace_sums_heir(sums, trace_sums_find(sums, id));
}

/* Records are dropped of groups that do not exist, once they no longer change. */
static void test_which_records_are_needed(void **state)
{
	CLEANUP(trace_sums_done) struct trace_sums before = {0};
	CLEANUP(trace_sums_done) struct trace_sums now = {0};
	struct trace_group records[GROUPS];

	reset(records);
	wait_of(&records[NINE], 4, 2 * MS);
	wait_of(&records[FIVE], 4, 1 * MS);
	assert_int_equal(trace_sums_set(&before, ids, records, GROUPS, 4), 0);
	assert_int_equal(trace_sums_set(&now, ids, records, GROUPS, 5), 0);
	/* The removed groups 7 and 9 are left to the root, of which nothing is kept either. */
	trace_sums_keep_changed(&now, &before);
	trace_sums_keep(&now, 3);
	trace_sums_keep(&now, 2);
	assert_null(heir_of(&now, 3));
	assert_int_equal(heir_of(&now, 7)->id, 1);
	assert_int_equal(heir_of(&now, 9)->id, 1);
	assert_null(heir_of(&now, 1));
	/* A group that waits has its record and those of its ancestors. */
	wait_of(&records[FIVE], 5, 1 * MS);
	assert_int_equal(trace_sums_set(&now, ids, records, GROUPS, 5), 0);
	trace_sums_keep_changed(&now, &before);
	assert_null(heir_of(&now, 5));
	assert_null(heir_of(&now, 7));
	assert_int_equal(heir_of(&now, 9)->id, 7);
	/* So has one that is new. */
	assert_int_equal(trace_sums_set(&before, ids + 1, records + 1, GROUPS - 1, 5), 0);
	trace_sums_keep_changed(&now, &before);
	assert_null(heir_of(&now, 9));
}

static void test_ancestors_count_removed_groups(void **state)
{
	CLEANUP(trace_removed_done) struct trace_removed removed = {0};
	CLEANUP(trace_sums_done) struct trace_sums sums = {0};
	struct trace_group records[GROUPS], record = {0}, taken;

	reset(records);
	wait_of(&records[THREE], 5, 1 * MS);
	wait_of(&record, 4, 4 * MS);
	for (uint64_t id = 1; id <= 9; id += 2) {
		assert_int_equal(trace_removed_reserve(&removed), 0);
		trace_removed_add(&removed, id, &record);
	}
	trace_removed_add(&removed, 7, &record);
	assert_true(trace_removed_take(&removed, 5, &taken));
	assert_int_equal(taken.waited_ns, 4 * MS);
	assert_false(trace_removed_take(&removed, 5, &taken));
	assert_false(trace_removed_take(&removed, 10, &taken));
	assert_int_equal(trace_sums_set(&sums, ids, records, GROUPS, 5), 0);
	for (size_t i = 0; i < removed.count; i++)
		trace_sums_add(&sums, removed.items[i].id, &removed.items[i].record, 5);
	assert_sum(&sums, 9, 4 * MS, 0);
	assert_sum(&sums, 7, 12 * MS, 0);
	assert_sum(&sums, 5, 0, 0);
	assert_sum(&sums, 3, 5 * MS, 1 * MS);
	assert_sum(&sums, 1, 21 * MS, 1 * MS);
	assert_int_equal(trace_sum_count(trace_sums_find(&sums, 7)), 3);
}

/* Sockets have counters instead of waits, and are added up, kept and inherited in the same way. */
static void test_counters_of_sockets(void **state)
{
	CLEANUP(trace_removed_done) struct trace_removed removed = {0};
	CLEANUP(trace_sums_done) struct trace_sums before = {0}, now = {0};
	struct trace_group records[GROUPS];

	reset(records);
	for (unsigned i = 0; i < TRACE_COUNTERS; i++) {
		records[NINE].counters[i] = 10 + i;
		records[THREE].counters[i] = 1;
	}
	assert_int_equal(trace_sums_set(&before, ids, records, GROUPS, 4), 0);
	records[NINE].counters[TRACE_RETRANSMITS]++;
	assert_int_equal(trace_sums_set(&now, ids, records, GROUPS, 5), 0);
	assert_int_equal(trace_removed_reserve(&removed), 0);
	trace_removed_add(&removed, 7, &records[THREE]);
	trace_sums_add(&now, 7, &removed.items[0].record, 5);
	for (unsigned i = 0; i < TRACE_COUNTERS; i++) {
		uint64_t own = 10 + i + (i == TRACE_RETRANSMITS);

		assert_int_equal(trace_sums_find(&now, 9)->counters[i], own);
		assert_int_equal(trace_sums_find(&now, 7)->counters[i], own + 1);
		assert_int_equal(trace_sums_find(&now, 5)->counters[i], 0);
		assert_int_equal(trace_sums_find(&now, 1)->counters[i], own + 2);
	}
	trace_sums_keep_changed(&now, &before);
	assert_true(trace_sums_find(&now, 9)->kept);
	assert_false(trace_sums_find(&now, 3)->kept);
}

/* The most CPU time of a group is its own record, not the sum or the maximum of those below. */
static void test_most_cpu_time_of_descendants(void **state)
{
	CLEANUP(trace_sums_done) struct trace_sums sums = {0};
	struct trace_group records[GROUPS];

	reset(records);
	records[NINE].waited_ns = records[FIVE].waited_ns = 8 * MS;
	records[NINE].peaks[0] = (struct trace_peak){4, 6 * MS};
	records[FIVE].peaks[0] = (struct trace_peak){4, 7 * MS};
	/* Their tasks ran in the same window, none of their own did. */
	records[SEVEN].peaks[0] = records[ONE].peaks[0] = (struct trace_peak){4, 10 * MS};
	assert_int_equal(trace_sums_set(&sums, ids, records, GROUPS, 4), 0);
	assert_int_equal(trace_sums_find(&sums, 9)->longest_ns, 6 * MS);
	assert_int_equal(trace_sums_find(&sums, 5)->longest_ns, 7 * MS);
	assert_int_equal(trace_sums_find(&sums, 7)->longest_ns, 10 * MS);
	assert_int_equal(trace_sums_find(&sums, 1)->longest_ns, 10 * MS);
	assert_int_equal(trace_sums_find(&sums, 3)->longest_ns, 0);
}

/* Also where the numbers begin at 0 again, and after up to 11 days without one. */
static void test_windows_of_slots(void **state)
{
	static const uint64_t idle_windows[] = {1, 3, 4, 100, 6000000, 100000000};
	const uint64_t most_ns = (UINT64_C(1) << TRACE_WINDOW_NS_BITS) - 1;

	for (uint64_t window = 1; window < UINT64_C(1) << 40; window = window * 3 + 1) {
		uint64_t start = window << TRACE_WINDOW_NS_BITS;

		assert_int_equal(trace_windows_ahead(start, window), 0);
		assert_int_equal(trace_windows_ahead(start + most_ns, window), 0);
		assert_int_equal(trace_windows_ahead(start + most_ns, window - 1), 1);
		for (size_t i = 0; i < ARRAY_SIZE(idle_windows); i++)
			assert_true(trace_windows_ahead(start + most_ns, window + idle_windows[i]) >
				    64);
	}
}

/* Tasks that were runnable all the time count, and those that became so. */
static void test_most_runnable_tasks(void **state)
{
	CLEANUP(trace_sums_done) struct trace_sums before = {0}, now = {0};
	struct trace_group records[GROUPS];

	reset(records);
	records[NINE].runnable = 2;
	records[SEVEN].runnable = records[ONE].runnable = 5;
	assert_int_equal(trace_sums_set(&before, ids, records, GROUPS, 4), 0);
	records[NINE].runnable = records[ONE].runnable = 3;
	records[NINE].peaks[1] = (struct trace_peak){5, 4};
	records[SEVEN].runnable = 0;
	assert_int_equal(trace_sums_set(&now, ids, records, GROUPS, 5), 0);
	for (size_t i = 0; i < GROUPS; i++) {
		static const uint64_t most[GROUPS] = {
			[NINE] = 4, [SEVEN] = 5, [ONE] = 5, [FIVE] = 0, [THREE] = 0};

		assert_int_equal(trace_sum_most(trace_sums_find(&before, ids[i]),
						trace_sums_find(&now, ids[i])),
				 most[i]);
	}
	assert_int_equal(trace_sum_most(NULL, trace_sums_find(&now, 1)), 4);
	/* Tasks that stay runnable cause no event, and yet their group needs its record. */
	trace_sums_keep_changed(&now, &before);
	assert_true(trace_sums_find(&now, 9)->kept);
	assert_false(trace_sums_find(&now, 5)->kept);
}

static void test_no_groups(void **state)
{
	CLEANUP(trace_sums_done) struct trace_sums sums = {0};

	assert_int_equal(trace_sums_set(&sums, NULL, NULL, 0, 1), 0);
	assert_null(trace_sums_find(&sums, 1));
}

/* Each wait is within its bucket's quarter, and longer waits are in no lower bucket. */
static void test_buckets(void **state)
{
	unsigned last = 0;

	for (uint64_t ns = 1; ns < 30 * S; ns += ns / 50 + 1) {
		struct trace_sum sum = {0};
		unsigned bucket = trace_bucket(ns);
		uint64_t median;

		assert_true(bucket >= last && bucket < TRACE_BUCKETS);
		last = bucket;
		sum.buckets[bucket] = 1;
		assert_true(trace_percentile(NULL, &sum, 50, &median));
		assert_true(median >= ns && median <= ns + ns / 4 + 1024);
	}
	assert_int_equal(trace_bucket(0), 0);
	assert_int_equal(trace_bucket(40 * S), TRACE_BUCKETS - 1);
	assert_int_equal(trace_bucket(UINT64_MAX), TRACE_BUCKETS - 1);
}

/* Exported bounds are starts of buckets, so that each counts exactly the shorter waits. */
static void test_bounds_of_histograms(void **state)
{
	struct trace_sum sum = {0};
	uint64_t shorter = 0;

	for (uint64_t ns = 1; ns < 60 * S; ns += ns / 7 + 1)
		sum.buckets[trace_bucket(ns)]++;
	for (size_t i = 0; i + 1 < TRACE_BOUND_COUNT; i++) {
		uint64_t bound_ns = (uint64_t)(strtod(trace_bound(i), NULL) * 1e9 + 0.5);

		shorter = 0;
		for (uint64_t ns = 1; ns < 60 * S; ns += ns / 7 + 1)
			shorter += ns < bound_ns;
		assert_int_equal(trace_sum_up_to(&sum, i), shorter);
	}
	assert_true(trace_sum_count(&sum) > shorter);
	assert_int_equal(trace_sum_up_to(&sum, TRACE_BOUND_COUNT - 1), trace_sum_count(&sum));
	assert_string_equal(trace_bound(TRACE_BOUND_COUNT - 1), "+Inf");
	/* More waits than 32 bits count. */
	sum.buckets[0] = UINT64_C(1) << 33;
	assert_true(trace_sum_count(&sum) > UINT32_MAX);
}

static void assert_percentile(const struct trace_sum *before, const struct trace_sum *now,
			      unsigned percent, uint64_t expected_ns)
{
	uint64_t ns;

	assert_true(trace_percentile(before, now, percent, &ns));
	if (ns < expected_ns - expected_ns / 4 || ns > expected_ns + expected_ns / 4)
		fail_msg("p%u: %llu, expected %llu", percent, (unsigned long long)ns,
			 (unsigned long long)expected_ns);
}

static void test_percentiles_of_the_interval(void **state)
{
	struct trace_sum before = {0}, now;
	uint64_t ns;

	before.buckets[trace_bucket(4 * S)] = 1000;
	now = before;
	assert_false(trace_percentile(&before, &now, 99, &ns));
	now.buckets[trace_bucket(20 * US)] += 94;
	now.buckets[trace_bucket(3 * MS)] += 5;
	now.buckets[trace_bucket(200 * MS)] += 1;
	assert_percentile(&before, &now, 50, 20 * US);
	assert_percentile(&before, &now, 94, 20 * US);
	assert_percentile(&before, &now, 95, 3 * MS);
	assert_percentile(&before, &now, 99, 3 * MS);
	assert_percentile(&before, &now, 100, 200 * MS);
	assert_percentile(NULL, &now, 50, 4 * S);
}

/* A percentile is never more than the longest wait, which is exact. */
static void test_percentiles_up_to_the_longest_wait(void **state)
{
	struct trace_sum sum = {.longest_ns = 8500 * US};
	uint64_t ns;

	sum.buckets[trace_bucket(sum.longest_ns)] = 1;
	assert_true(trace_percentile(NULL, &sum, 99, &ns));
	assert_int_equal(ns, sum.longest_ns);
	/* Longer than the buckets reach. */
	sum = (struct trace_sum){.longest_ns = 500 * S};
	sum.buckets[trace_bucket(sum.longest_ns)] = 1;
	assert_true(trace_percentile(NULL, &sum, 50, &ns));
	assert_int_equal(ns, sum.longest_ns);
}

/* The record of 5 was added after the read, before those of 7 and 1 were dropped. */
static void test_parents_that_were_dropped_meanwhile(void **state)
{
	static const struct trace_dropped list[] = {{1, 0, 0}, {3, 1, 0}, {7, 1, 0}};
	struct trace_dropped dropped[3];
	CLEANUP(trace_sums_done) struct trace_sums sums = {0};
	uint64_t read[4] = {5};
	struct trace_group records[4] = {{.parent_id = 7}};

	memcpy(dropped, list, sizeof(list));
	wait_of(&records[0], 4, 2 * MS);
	assert_int_equal(trace_sums_add_parents(dropped, 3, read, records, 1, 4), 3);
	assert_int_equal(trace_sums_set(&sums, read, records, 3, 4), 0);
	assert_sum(&sums, 5, 2 * MS, 2 * MS);
	assert_sum(&sums, 7, 2 * MS, 2 * MS);
	assert_sum(&sums, 1, 2 * MS, 2 * MS);
	assert_null(trace_sums_find(&sums, 3));
	/* Each once, also if a program has added it again, and as many as there is room for. */
	assert_int_equal(trace_sums_add_parents(dropped, 3, read, records, 3, 4), 3);
	memcpy(dropped, list, sizeof(list));
	assert_int_equal(trace_sums_add_parents(dropped, 3, read, records, 3, 4), 3);
	memcpy(dropped, list, sizeof(list));
	assert_int_equal(trace_sums_add_parents(dropped, 3, read, records, 1, 2), 2);
	assert_int_equal(trace_sums_add_parents(dropped, 0, read, records, 1, 4), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_include_their_descendants),
		cmocka_unit_test(test_groups_alone),
		cmocka_unit_test(test_parents_that_were_dropped_meanwhile),
		cmocka_unit_test(test_longest_wait_of_the_interval),
		cmocka_unit_test(test_which_records_are_needed),
		cmocka_unit_test(test_ancestors_count_removed_groups),
		cmocka_unit_test(test_counters_of_sockets),
		cmocka_unit_test(test_most_cpu_time_of_descendants),
		cmocka_unit_test(test_windows_of_slots),
		cmocka_unit_test(test_most_runnable_tasks),
		cmocka_unit_test(test_no_groups),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_bounds_of_histograms),
		cmocka_unit_test(test_percentiles_of_the_interval),
		cmocka_unit_test(test_percentiles_up_to_the_longest_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-probe.c - steps, bounds and the result of a probe, on a scripted kernel and clock. */
#include <errno.h>

#include "cmd/change/probe.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "test.h"

#define MIB (UINT64_C(1) << 20)

/* A group with memory in use and memory that it never touches again. */
struct group {
	uint64_t now_ns, cold_bytes, hot_bytes;
	uint64_t pressure_ns, refaults_bytes;
	uint64_t missing_bytes;     /* hot memory that was taken, to be read back */
	uint64_t pressure_ns_per_s; /* always */
	uint64_t cost_ns_per_mib;   /* pressure by reading back */
	unsigned blind_steps;       /* first steps that take hot memory */
	uint64_t unreclaimable_bytes;
	uint64_t growth_bytes;      /* per interval */
	unsigned waits, waits_max;  /* 0: unlimited; then the user interrupts */
	unsigned takes, removed_at; /* the take that fails because the group was removed */
	unsigned quiet_waits;       /* since the last take */
	uint64_t takes_bytes[64];
	unsigned waits_before[64]; /* since the take before */
};

static int group_read(void *context, struct probe_reading *ret_reading)
{
	const struct group *group = context;

	*ret_reading = (struct probe_reading){
		.time_ns = group->now_ns,
		.use_bytes = group->cold_bytes + group->hot_bytes,
		.pressure_ns = group->pressure_ns,
		.refaults_bytes = group->refaults_bytes,
	};
	return 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int group_take(void *context, uint64_t bytes)
{
	struct group *group = context;
	uint64_t use = group->cold_bytes + group->hot_bytes, cold, hot;
	uint64_t possible = least(
		bytes, use > group->unreclaimable_bytes ? use - group->unreclaimable_bytes : 0);

	if (group->takes < ARRAY_SIZE(group->takes_bytes)) {
		group->takes_bytes[group->takes] = bytes;
		group->waits_before[group->takes] = group->quiet_waits;
	}
	group->quiet_waits = 0;
	if (++group->takes == group->removed_at)
		return -ENODEV;
	cold = group->takes <= group->blind_steps ? 0 : least(possible, group->cold_bytes);
	hot = least(possible - cold, group->hot_bytes);
	group->cold_bytes -= cold;
	group->hot_bytes -= hot;
	group->missing_bytes += hot;
	return possible < bytes ? -EAGAIN : 0;
}

static int group_wait(void *context, uint64_t ns)
{
	struct group *group = context;

	if (group->waits_max != 0 && group->waits == group->waits_max)
		return -EINTR;
	group->waits++;
	group->quiet_waits++;
	group->now_ns += ns;
	group->hot_bytes += group->missing_bytes + group->growth_bytes;
	group->refaults_bytes += group->missing_bytes;
	group->pressure_ns += group->missing_bytes / MIB * group->cost_ns_per_mib +
			      ns / NS_PER_S * group->pressure_ns_per_s;
	group->missing_bytes = 0;
	return 0;
}

static const struct probe_options defaults = {
	.step_bytes = 8 * MIB,
	.interval_ns = 5 * NS_PER_S,
	.duration_ns = 600 * NS_PER_S,
	.minimum_bytes = MIB,
	.pressure_e2 = 100,
	.refaults_percent = 25,
};

static int run(const struct probe_options *options, struct group *group,
	       struct probe_result *ret_result)
{
	const struct probe_kernel kernel = {group_read, group_take, group_wait, group};

	return probe_run(options, &kernel, ret_result);
}

static void test_finds_the_working_set(void **state)
{
	struct group group = {.cold_bytes = 140 * MIB, .hot_bytes = 60 * MIB};
	struct probe_result result;

	assert_int_equal(run(&defaults, &group, &result), 0);
	assert_int_equal(result.end, PROBE_REFAULTS);
	assert_false(probe_is_upper_bound(&result));
	assert_int_equal(result.use_bytes, 200 * MIB);
	/* The last steps are an eighth: the boundary is found to 1 MiB. */
	assert_in_range(result.needs_bytes, 60 * MIB, 62 * MIB);
	/* All that was taken of the hot memory is back. */
	assert_int_equal(group.hot_bytes, 60 * MIB);
	assert_int_equal(result.steps[0].taken_bytes, 0);
	probe_result_done(&result);
}

/* The kernel has not found out yet which pages are used. */
static void test_first_steps_may_hit_used_memory(void **state)
{
	struct group group = {.cold_bytes = 140 * MIB, .hot_bytes = 60 * MIB, .blind_steps = 3};
	struct probe_result result;

	assert_int_equal(run(&defaults, &group, &result), 0);
	assert_in_range(result.needs_bytes, 60 * MIB, 62 * MIB);
	assert_int_equal(result.steps[1].exceeded, PROBE_REFAULTS);
	probe_result_done(&result);
}

/* After a miss, the group is left alone for an interval, and the next step is half as large. */
static void test_a_miss_halves_the_step(void **state)
{
	struct group group = {.cold_bytes = 140 * MIB, .hot_bytes = 60 * MIB, .blind_steps = 2};
	struct probe_result result;

	assert_int_equal(run(&defaults, &group, &result), 0);
	assert_int_equal(group.takes_bytes[0], 8 * MIB);
	assert_int_equal(group.takes_bytes[1], 4 * MIB);
	assert_int_equal(group.takes_bytes[2], 2 * MIB);
	assert_int_equal(group.takes_bytes[3], 4 * MIB); /* within the bounds: larger again */
	assert_int_equal(group.takes_bytes[4], 8 * MIB);
	assert_int_equal(group.waits_before[1], 2);
	assert_int_equal(group.waits_before[2], 2);
	assert_int_equal(group.waits_before[3], 1);
	probe_result_done(&result);
}

static void test_pressure_ends_the_probe(void **state)
{
	/* A miss of 1 MiB costs 100 ms, 2% of the interval; few pages are counted as refaults. */
	struct probe_options options = defaults;
	struct group group = {
		.cold_bytes = 32 * MIB, .hot_bytes = 60 * MIB, .cost_ns_per_mib = NS_PER_S / 10};
	struct probe_result result;

	options.refaults_percent = 100;
	assert_int_equal(run(&options, &group, &result), 0);
	assert_int_equal(result.end, PROBE_PRESSURE);
	assert_false(probe_is_upper_bound(&result));
	assert_in_range(result.needs_bytes, 60 * MIB, 68 * MIB);
	assert_int_equal(probe_pressure_e2(&result.steps[result.count - 1]), 200);
	probe_result_done(&result);
}

static void test_minimum(void **state)
{
	struct probe_options options = defaults;
	struct group group = {.cold_bytes = 140 * MIB, .hot_bytes = 60 * MIB};
	struct probe_result result;

	options.minimum_bytes = 150 * MIB;
	assert_int_equal(run(&options, &group, &result), 0);
	assert_int_equal(result.end, PROBE_MINIMUM);
	assert_int_equal(result.needs_bytes, 150 * MIB);
	assert_true(probe_is_upper_bound(&result));
	assert_int_equal(group.cold_bytes + group.hot_bytes, 150 * MIB);
	probe_result_done(&result);
}

static void test_duration(void **state)
{
	struct probe_options options = defaults;
	struct group group = {.cold_bytes = 140 * MIB, .hot_bytes = 60 * MIB};
	struct probe_result result;

	options.duration_ns = 32 * NS_PER_S;
	assert_int_equal(run(&options, &group, &result), 0);
	assert_int_equal(result.end, PROBE_DURATION);
	assert_true(probe_is_upper_bound(&result));
	assert_int_equal(group.now_ns, 30 * NS_PER_S);
	assert_int_equal(group.takes, 5);
	assert_int_equal(result.needs_bytes, 160 * MIB);
	probe_result_done(&result);
}

static void test_unreclaimable_memory(void **state)
{
	struct group group = {
		.cold_bytes = 140 * MIB, .hot_bytes = 60 * MIB, .unreclaimable_bytes = 180 * MIB};
	struct probe_result result;

	assert_int_equal(run(&defaults, &group, &result), 0);
	assert_int_equal(result.end, PROBE_UNRECLAIMABLE);
	assert_true(probe_is_upper_bound(&result));
	assert_int_equal(result.needs_bytes, 180 * MIB);
	probe_result_done(&result);
}

static void test_interrupt_keeps_the_result(void **state)
{
	struct group group = {.cold_bytes = 140 * MIB, .hot_bytes = 60 * MIB, .waits_max = 3};
	struct probe_result result;

	assert_int_equal(run(&defaults, &group, &result), 0);
	assert_int_equal(result.end, PROBE_INTERRUPTED);
	assert_true(probe_is_upper_bound(&result));
	assert_int_equal(result.count, 3);
	assert_int_equal(result.needs_bytes, 184 * MIB);
	probe_result_done(&result);
	group = (struct group){.hot_bytes = MIB, .waits_max = 1, .waits = 1};
	assert_int_equal(run(&defaults, &group, &result), -EINTR); /* nothing was measured */
	probe_result_done(&result);
}

static void test_removed_group(void **state)
{
	struct group group = {.cold_bytes = 140 * MIB, .hot_bytes = 60 * MIB, .removed_at = 3};
	struct probe_result result;

	assert_int_equal(run(&defaults, &group, &result), -ENODEV);
	probe_result_done(&result);
}

/* A group that is under pressure already is left alone. */
static void test_busy_group(void **state)
{
	struct group group = {
		.cold_bytes = 140 * MIB, .hot_bytes = 60 * MIB, .pressure_ns_per_s = NS_PER_S / 50};
	struct probe_result result;

	assert_int_equal(run(&defaults, &group, &result), 0);
	assert_true(result.busy);
	assert_int_equal(result.end, PROBE_PRESSURE);
	assert_int_equal(group.takes, 0);
	probe_result_done(&result);
	group = (struct group){.cold_bytes = MIB, .hot_bytes = 60 * MIB, .missing_bytes = 9 * MIB};
	assert_int_equal(run(&defaults, &group, &result), 0);
	assert_true(result.busy);
	assert_int_equal(result.end, PROBE_REFAULTS);
	assert_int_equal(group.takes, 0);
	probe_result_done(&result);
}

/* What the group allocates meanwhile is part of what it needs. */
static void test_growing_group(void **state)
{
	struct probe_options options = defaults;
	struct group group = {.cold_bytes = 32 * MIB, .hot_bytes = 60 * MIB, .growth_bytes = MIB};
	struct probe_result result;

	options.duration_ns = 25 * NS_PER_S;
	assert_int_equal(run(&options, &group, &result), 0);
	assert_int_equal(result.use_bytes, 93 * MIB);
	assert_int_equal(result.needs_bytes, group.cold_bytes + group.hot_bytes);
	probe_result_done(&result);
}

static void test_step_size(void **state)
{
	struct probe_options options = defaults;

	assert_int_equal(probe_step_bytes(&options, 200 * MIB, 0), 8 * MIB);
	assert_int_equal(probe_step_bytes(&options, 200 * MIB, 3), MIB);
	assert_int_equal(probe_step_bytes(&options, 5 * MIB, 0), 4 * MIB); /* to the minimum */
	assert_int_equal(probe_step_bytes(&options, MIB + 1, 0), 0);
	assert_int_equal(probe_step_bytes(&options, 0, 0), 0);
	options.step_bytes = 0;
	assert_int_equal(probe_step_bytes(&options, 320 * MIB, 0), 10 * MIB);
	assert_int_equal(probe_step_bytes(&options, 3 * MIB, 0), MIB); /* not smaller */
}

static void test_pressure_share(void **state)
{
	assert_int_equal(probe_pressure_e2(&(struct probe_step){0}), 0);
	assert_int_equal(probe_pressure_e2(&(struct probe_step){.length_ns = 5 * NS_PER_S,
								.pressure_ns = NS_PER_S / 20}),
			 100);
	assert_int_equal(probe_pressure_e2(&(struct probe_step){.length_ns = NS_PER_S,
								.pressure_ns = 2 * NS_PER_S}),
			 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_the_working_set),
		cmocka_unit_test(test_first_steps_may_hit_used_memory),
		cmocka_unit_test(test_a_miss_halves_the_step),
		cmocka_unit_test(test_pressure_ends_the_probe),
		cmocka_unit_test(test_minimum),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_unreclaimable_memory),
		cmocka_unit_test(test_interrupt_keeps_the_result),
		cmocka_unit_test(test_removed_group),
		cmocka_unit_test(test_busy_group),
		cmocka_unit_test(test_growing_group),
		cmocka_unit_test(test_step_size),
		cmocka_unit_test(test_pressure_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

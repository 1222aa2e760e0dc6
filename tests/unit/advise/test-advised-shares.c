/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-advised-shares.c - weights and IO limits for groups that share a parent and a disk. */
#include <stdlib.h>
#include <string.h>

#include <cgward/advise.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define MIB     (UINT64_C(1) << 20)
#define SAMPLES 200

/* Use per second. */
struct load {
	const char *path;
	uint64_t cpu_ms, weight, cpu_max_ms; /* cpu_max_ms 0: no limit */
	uint64_t read_mib, written_kib;
	uint64_t read_max_mib; /* 0: no limit */
	uint64_t peak_mib;     /* read in one of the intervals, if not 0 */
};

struct totals {
	uint64_t cpu_ns, read, written;
};

/* The values of a sample. */
struct sample {
	struct frame_value values[64];
	struct frame_instance instances[64];
	size_t value_count, instance_count;
};

static void add(struct sample *sample, const char *path, enum cgw_metric metric, uint64_t number,
		enum cgw_state state)
{
	sample->values[sample->value_count++] = (struct frame_value){path, metric, {number, state}};
}

static void add_disk(struct sample *sample, const char *path, enum cgw_metric metric,
		     uint64_t number)
{
	const struct frame_value value = {path, metric, {number, CGW_OK}};

	sample->instances[sample->instance_count++] = (struct frame_instance){value, "sda"};
}

static void add_load(struct sample *sample, const struct load *load, struct totals *totals,
		     size_t second)
{
	totals->cpu_ns += load->cpu_ms * NS_PER_MS;
	totals->read +=
		(second == 50 && load->peak_mib > 0 ? load->peak_mib : load->read_mib) * MIB;
	totals->written += load->written_kib << 10;
	add(sample, load->path, CGW_M_CPU_USAGE, totals->cpu_ns, CGW_OK);
	add(sample, load->path, CGW_M_CPU_WEIGHT, load->weight, CGW_OK);
	add(sample, load->path, CGW_M_CPU_MAX, load->cpu_max_ms * NS_PER_MS,
	    load->cpu_max_ms > 0 ? CGW_OK : CGW_MAX);
	add(sample, load->path, CGW_M_IO_RBYTES, totals->read, CGW_OK);
	add(sample, load->path, CGW_M_IO_WBYTES, totals->written, CGW_OK);
	add_disk(sample, load->path, CGW_M_IO_RBYTES, totals->read);
	add_disk(sample, load->path, CGW_M_IO_WBYTES, totals->written);
	if (load->read_max_mib > 0)
		add_disk(sample, load->path, CGW_M_IO_MAX_RBPS, load->read_max_mib * MIB);
}

/* Feeds SAMPLES seconds of the loads. */
static void feed(struct cgw_advisor *advisor, const struct load *loads, uint32_t count,
		 int (*each)(struct cgw_advisor *, const struct cgw_frame *))
{
	struct totals totals[8] = {0};
	struct frame_group groups[9] = {{"/", 1}};
	struct topology *topology;
	struct cgw_frame *frame;

	for (uint32_t i = 0; i < count; i++)
		groups[i + 1] = (struct frame_group){loads[i].path, i + 10};
	topology = frame_topology(groups, count + 1);
	assert_int_equal(cgw_frame_new(&frame), 0);
	for (size_t second = 1; second <= SAMPLES; second++) {
		struct sample sample = {0};
		struct cgw_snapshot *snapshot;

		for (uint32_t i = 0; i < count; i++)
			add_load(&sample, &loads[i], &totals[i], second);
		snapshot = frame_snapshot_instances(topology, second, sample.values,
						    sample.value_count, sample.instances,
						    sample.instance_count);
		snapshot->realtime_ns = second * NS_PER_S;
		snapshot->machine.cpu_count = 4;
		assert_int_equal(cgw_frame_update(frame, snapshot), 0);
		cgw_snapshot_unref(snapshot);
		assert_int_equal(each(advisor, frame), 0);
	}
	cgw_frame_free(frame);
	topology_unref(topology);
}

static bool selects_a(void *context, const char *path)
{
	return strcmp(path, "/p/a") == 0;
}

static struct cgw_advisor *advisor_for(const struct load *loads, uint32_t count,
				       bool (*selects)(void *, const char *))
{
	const struct cgw_advisor_options options = {
		.begin_ns = NS_PER_S, .end_ns = SAMPLES * NS_PER_S, .selects = selects};
	struct cgw_advisor *advisor = NULL;

	assert_int_equal(cgw_advisor_new(&options, &advisor), 0);
	feed(advisor, loads, count, cgw_advisor_add);
	return advisor;
}

static const struct cgw_advice *advice_on(struct cgw_advisor *advisor, const char *path,
					  enum cgw_control control)
{
	const struct cgw_advice *advice;
	size_t count;

	assert_int_equal(cgw_advisor_finish(advisor, &advice, &count), 0);
	for (size_t i = 0; i < count; i++)
		if (advice[i].control == control && strcmp(advice[i].usage->path, path) == 0)
			return &advice[i];
	return NULL;
}

/* 200 ms per second for both; the small one has a tenth of the weight. */
static const struct load competing[] = {
	{"/p", 200, 100, 200, 0, 0, 0, 0},
	{"/p/a", 50, 10, 0, 0, 0, 0, 0},
	{"/p/b", 150, 100, 0, 0, 0, 0, 0},
};

static void test_weight_guarantees_the_use_of_the_small_group(void **state)
{
	struct cgw_advisor *advisor = advisor_for(competing, 3, NULL);
	const struct cgw_advice *a = advice_on(advisor, "/p/a", CGW_C_CPU_WEIGHT), *b;
	struct cgw_metric_set needed = {0};

	assert_non_null(a);
	assert_int_equal(a->kind, CGW_ADVICE_SET);
	assert_int_equal(a->now.value, 10);
	assert_int_equal(a->usage->full_intervals, SAMPLES - 1);
	assert_in_range(a->guaranteed, 50 * NS_PER_MS, 75 * NS_PER_MS);
	assert_in_range(a->guaranteed_now, 18 * NS_PER_MS, 19 * NS_PER_MS);
	b = advice_on(advisor, "/p/b", CGW_C_CPU_WEIGHT);
	assert_in_range(a->guaranteed + b->guaranteed, 199 * NS_PER_MS, 200 * NS_PER_MS);
	assert_in_range(a->value + b->value, 199, 201);          /* 100 in the mean */
	assert_null(advice_on(advisor, "/p", CGW_C_CPU_WEIGHT)); /* has no siblings */

	a = advice_on(advisor, "/p/a", CGW_C_CPU_WEIGHT);
	b = advice_on(advisor, "/p/b", CGW_C_CPU_WEIGHT);
	cgw_advisor_trial_metrics(advisor, &needed);
	assert_true(cgw_metric_set_has(&needed, CGW_M_CPU_WEIGHT));
	assert_true(cgw_metric_set_has(&needed, CGW_M_CPU_MAX));
	cgw_advisor_trial_begin(advisor);
	feed(advisor, competing, 3, cgw_advisor_trial);
	assert_int_equal(a->trial.samples, SAMPLES - 1);
	assert_int_equal(a->trial.reached, 0);
	assert_int_equal(b->trial.reached, SAMPLES - 1); /* relies on what the other one left */
	assert_int_equal(b->trial.reached_ns, (SAMPLES - 1) * NS_PER_S);
	cgw_advisor_free(advisor);
}

/* The trial of limits is complete after the first pass, that of weights is not. */
static void test_second_pass_tries_weights_only(void **state)
{
	struct cgw_advisor *advisor = advisor_for(competing, 3, NULL);
	struct cgw_metric_set needed = {0};
	const struct cgw_advice *b = advice_on(advisor, "/p/b", CGW_C_CPU_WEIGHT);
	const struct cgw_advice *limit = advice_on(advisor, "/p/b", CGW_C_CPU_MAX);

	assert_int_equal(b->trial.samples, 0);
	assert_int_equal(limit->trial.samples, SAMPLES - 1);
	assert_true(cgw_advisor_trial_rest(advisor));
	cgw_advisor_trial_metrics(advisor, &needed);
	assert_true(cgw_metric_set_has(&needed, CGW_M_CPU_WEIGHT));
	assert_false(cgw_metric_set_has(&needed, CGW_M_MEMORY_CURRENT));
	feed(advisor, competing, 3, cgw_advisor_trial);
	assert_int_equal(b->trial.reached, SAMPLES - 1);
	assert_int_equal(limit->trial.samples, SAMPLES - 1);
	cgw_advisor_free(advisor);
}

static void test_weight_of_one_group_beside_those_that_stay(void **state)
{
	struct cgw_advisor *advisor = advisor_for(competing, 3, selects_a);
	const struct cgw_advice *a = advice_on(advisor, "/p/a", CGW_C_CPU_WEIGHT);

	assert_non_null(a);
	/* 100 for the rest of the 200 ms. */
	assert_in_range(a->value, 100 * 50 / 150, 100 * 75 / 125);
	assert_in_range(a->guaranteed, 50 * NS_PER_MS, 75 * NS_PER_MS);
	cgw_advisor_free(advisor);
}

static void test_no_weight_while_cpu_time_is_left(void **state)
{
	const struct load idle[] = {
		{"/p", 100, 100, 200, 0, 0, 0, 0},
		{"/p/a", 50, 10, 0, 0, 0, 0, 0},
		{"/p/b", 50, 100, 0, 0, 0, 0, 0},
	};
	const struct load machine[] = {
		{"/a", 3500, 100, 0, 0, 0, 0, 0},
		{"/b", 300, 100, 0, 0, 0, 0, 0},
		/* Uses less than its part of the full machine: its children need not compete. */
		{"/c", 200, 100, 0, 0, 0, 0, 0},
		{"/c/x", 100, 100, 0, 0, 0, 0, 0},
		{"/c/y", 100, 100, 0, 0, 0, 0, 0},
	};
	struct cgw_advisor *advisor = advisor_for(idle, 3, NULL);

	assert_null(advice_on(advisor, "/p/a", CGW_C_CPU_WEIGHT));
	cgw_advisor_free(advisor);
	advisor = advisor_for(machine, 5, NULL);
	assert_non_null(advice_on(advisor, "/a", CGW_C_CPU_WEIGHT));
	assert_int_equal(advice_on(advisor, "/b", CGW_C_CPU_WEIGHT)->usage->full_intervals,
			 SAMPLES - 1);
	assert_null(advice_on(advisor, "/c/x", CGW_C_CPU_WEIGHT));
	cgw_advisor_free(advisor);
}

static void test_limits_are_below_those_of_ancestors(void **state)
{
	struct cgw_advisor *advisor = advisor_for(competing, 3, selects_a);
	const struct load larger[] = {
		{"/p", 200, 100, 200, 0, 0, 0, 0},
		{"/p/a", 180, 10, 0, 0, 0, 0, 0},
	};
	const struct cgw_advice *a;

	assert_int_equal(advice_on(advisor, "/p/a", CGW_C_CPU_MAX)->kind, CGW_ADVICE_SET);
	cgw_advisor_free(advisor);
	/* 22.5% of a CPU, with 20% allowed to the parent, which stays as it is. */
	advisor = advisor_for(larger, 2, selects_a);
	a = advice_on(advisor, "/p/a", CGW_C_CPU_MAX);
	assert_int_equal(a->kind, CGW_ADVICE_WHOLE);
	assert_string_equal(a->bound_by, "/p");
	cgw_advisor_free(advisor);
	/* Together, the parent gets more. */
	advisor = advisor_for(larger, 2, NULL);
	a = advice_on(advisor, "/p/a", CGW_C_CPU_MAX);
	assert_int_equal(a->kind, CGW_ADVICE_SET);
	assert_int_equal(a->value, 230 * NS_PER_MS);
	assert_true(advice_on(advisor, "/p", CGW_C_CPU_MAX)->value >= a->value);
	cgw_advisor_free(advisor);
}

static void test_disk_is_limited_above_the_peak(void **state)
{
	const struct load loads[] = {{"/a", 0, 100, 0, 10, 500, 0, 20}};
	const struct load more[] = {{"/a", 0, 100, 0, 26, 0, 0, 20}};
	struct cgw_advisor *advisor = advisor_for(loads, 1, NULL);
	const struct cgw_advice *read = advice_on(advisor, "/a", CGW_C_IO_MAX_RBPS);
	struct cgw_metric_set needed = {0};
	char text[CGW_ADVICE_TEXT_SIZE];

	assert_non_null(read);
	assert_int_equal(read->kind, CGW_ADVICE_SET);
	(void)cgw_advice_format(read, text, sizeof(text));
	assert_string_equal(text, "sda 25M");
	assert_int_equal(read->device_peak, 20 * MIB);
	assert_in_range(read->device_p99, 10 * MIB, 12 * MIB);
	assert_int_equal(read->now.state, CGW_ABSENT); /* io.max was not recorded */
	/* Half a megabyte per second needs no limit. */
	assert_null(advice_on(advisor, "/a", CGW_C_IO_MAX_WBPS));

	read = advice_on(advisor, "/a", CGW_C_IO_MAX_RBPS);
	cgw_advisor_trial_metrics(advisor, &needed);
	assert_true(cgw_metric_set_has(&needed, CGW_M_IO_RBYTES));
	assert_false(cgw_metric_set_has(&needed, CGW_M_IO_WBYTES));
	cgw_advisor_trial_begin(advisor);
	feed(advisor, loads, 1, cgw_advisor_trial);
	assert_int_equal(read->trial.samples, SAMPLES - 1);
	assert_int_equal(read->trial.reached, 0);
	cgw_advisor_trial_begin(advisor);
	feed(advisor, more, 1, cgw_advisor_trial);
	assert_int_equal(read->trial.reached, SAMPLES - 2); /* but in the one with 20M */
	assert_int_equal(read->trial.reached_ns, (SAMPLES - 2) * NS_PER_S);
	cgw_advisor_free(advisor);
}

static void test_disk_limits_matter_to_large_readers_only(void **state)
{
	const struct load loads[] = {
		{"/a", 0, 100, 0, 10, 0, 0, 0},
		{"/b", 0, 100, 0, 150, 0, 0, 0},
		{"/c", 0, 100, 0, 20, 0, 20, 0},
	};
	struct cgw_advisor *advisor = advisor_for(loads, 3, NULL);
	const struct cgw_advice *limited = advice_on(advisor, "/c", CGW_C_IO_MAX_RBPS);

	assert_int_equal(limited->kind, CGW_ADVICE_LIMITED);
	assert_int_equal(limited->now.value, 20 * MIB);
	assert_int_equal(limited->device_at_limit, SAMPLES - 1);
	assert_int_equal(limited->device_busiest, 150 * MIB);
	assert_null(advice_on(advisor, "/a", CGW_C_IO_MAX_RBPS)); /* a fifteenth */
	assert_int_equal(advice_on(advisor, "/b", CGW_C_IO_MAX_RBPS)->now.state, CGW_MAX);
	cgw_advisor_free(advisor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weight_guarantees_the_use_of_the_small_group),
		cmocka_unit_test(test_second_pass_tries_weights_only),
		cmocka_unit_test(test_weight_of_one_group_beside_those_that_stay),
		cmocka_unit_test(test_no_weight_while_cpu_time_is_left),
		cmocka_unit_test(test_limits_are_below_those_of_ancestors),
		cmocka_unit_test(test_disk_is_limited_above_the_peak),
		cmocka_unit_test(test_disk_limits_matter_to_large_readers_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

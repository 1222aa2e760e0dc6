/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-advice.c - limits for groups whose needs are known. */
#include <stdlib.h>
#include <string.h>

#include <cgward/advise.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define MIB     (UINT64_C(1) << 20)
#define SAMPLES 200
#define VALUES  16

/* A program: its use at a second of the recording. */
struct load {
	const char *path;
	uint64_t cpu_ms;     /* per second */
	uint64_t anon, file; /* MiB; half of the file pages are in use */
	uint64_t throttled_ms, oom_kills, tasks;
};

struct recording {
	struct cgw_frame *frame;
	struct topology *topology;
	uint64_t cpu_ns[8], throttled_ns[8], oom_kills[8];
	size_t second;
};

static void add_value(struct frame_value *values, size_t *count, const char *path,
		      enum cgw_metric metric, uint64_t number, enum cgw_state state)
{
	values[(*count)++] = (struct frame_value){path, metric, {number, state}};
}

static void record(struct recording *recording, const struct load *loads, size_t load_count,
		   uint64_t id)
{
	struct frame_group groups[9] = {{"/", 1}};
	struct frame_value values[9 * VALUES];
	struct cgw_snapshot *snapshot;
	size_t count = 0;

	for (size_t i = 0; i < load_count; i++) {
		const struct load *load = &loads[i];

		groups[i + 1] = (struct frame_group){load->path, 10 * (i + 1) + id};
		recording->cpu_ns[i] += load->cpu_ms * NS_PER_MS;
		recording->throttled_ns[i] += load->throttled_ms * NS_PER_MS;
		recording->oom_kills[i] += load->oom_kills;
		add_value(values, &count, load->path, CGW_M_CPU_USAGE, recording->cpu_ns[i],
			  CGW_OK);
		add_value(values, &count, load->path, CGW_M_CPU_THROTTLED,
			  recording->throttled_ns[i], CGW_OK);
		add_value(values, &count, load->path, CGW_M_CPU_MAX, 0, CGW_MAX);
		add_value(values, &count, load->path, CGW_M_MEMORY_CURRENT,
			  (load->anon + load->file) * MIB, CGW_OK);
		add_value(values, &count, load->path, CGW_M_MEMORY_INACTIVE_FILE,
			  load->file * MIB / 2, CGW_OK);
		add_value(values, &count, load->path, CGW_M_MEMORY_ANON, load->anon * MIB, CGW_OK);
		add_value(values, &count, load->path, CGW_M_MEMORY_MAX, 0, CGW_MAX);
		add_value(values, &count, load->path, CGW_M_MEMORY_EVENTS_OOM_KILL,
			  recording->oom_kills[i], CGW_OK);
		add_value(values, &count, load->path, CGW_M_PIDS_CURRENT, load->tasks, CGW_OK);
	}
	topology_unref(recording->topology);
	recording->topology = frame_topology(groups, (uint32_t)load_count + 1);
	snapshot = frame_snapshot(recording->topology, ++recording->second, values, count);
	snapshot->realtime_ns = recording->second * NS_PER_S;
	snapshot->machine.cpu_count = 4;
	snapshot->machine.memory_total_bytes = (struct cgw_number){8192 * MIB, CGW_OK};
	assert_int_equal(cgw_frame_update(recording->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
}

static void recording_begin(struct recording *recording)
{
	*recording = (struct recording){0};
	assert_int_equal(cgw_frame_new(&recording->frame), 0);
}

static void recording_end(struct recording *recording)
{
	cgw_frame_free(recording->frame);
	topology_unref(recording->topology);
}

/* Feeds SAMPLES seconds, with a peak of `peak` times the CPU time in one of them. */
static void feed(struct cgw_advisor *advisor, struct load load, uint64_t peak, bool leaks,
		 int (*each)(struct cgw_advisor *, const struct cgw_frame *))
{
	struct recording recording;
	uint64_t usual = load.cpu_ms;

	recording_begin(&recording);
	for (size_t i = 0; i < SAMPLES; i++) {
		load.cpu_ms = i == 50 ? usual * peak : usual;
		load.anon += leaks;
		record(&recording, &load, 1, 0);
		assert_int_equal(each(advisor, recording.frame), 0);
	}
	recording_end(&recording);
}

static struct cgw_advisor *advisor_for(enum cgw_objective objective, bool memory_high)
{
	const struct cgw_advisor_options options = {.objective = objective,
						    .begin_ns = NS_PER_S,
						    .end_ns = SAMPLES * NS_PER_S,
						    .memory_high = memory_high};
	struct cgw_advisor *advisor = NULL;

	assert_int_equal(cgw_advisor_new(&options, &advisor), 0);
	return advisor;
}

static const struct cgw_advice *advice_on(struct cgw_advisor *advisor, enum cgw_control control)
{
	const struct cgw_advice *advice;
	size_t count;

	assert_int_equal(cgw_advisor_finish(advisor, &advice, &count), 0);
	for (size_t i = 0; i < count; i++)
		if (advice[i].control == control)
			return &advice[i];
	return NULL;
}

static void assert_advice(struct cgw_advisor *advisor, enum cgw_control control,
			  enum cgw_advice_kind kind, const char *expected)
{
	const struct cgw_advice *advice = advice_on(advisor, control);
	char text[32];

	assert_non_null(advice);
	assert_string_equal(cgw_advice_kind_name(advice->kind), cgw_advice_kind_name(kind));
	(void)cgw_advice_format(advice, text, sizeof(text));
	if (expected != NULL)
		assert_string_equal(text, expected);
}

static const struct load nightly = {"/web", 200, 100, 40, 0, 0, 20};

static void test_limits_leave_room_above_the_peak(void **state)
{
	struct cgw_advisor *advisor = advisor_for(CGW_OBJECTIVE_SAFE, true);

	feed(advisor, nightly, 3, false, cgw_advisor_add);
	assert_advice(advisor, CGW_C_CPU_MAX, CGW_ADVICE_SET, "75%");
	/* A working set of 120M; steps of 4M. */
	assert_advice(advisor, CGW_C_MEMORY_HIGH, CGW_ADVICE_SET, "140M");
	assert_advice(advisor, CGW_C_MEMORY_MAX, CGW_ADVICE_SET, "156M");
	assert_advice(advisor, CGW_C_PIDS_MAX, CGW_ADVICE_SET, "46");
	assert_int_equal(advice_on(advisor, CGW_C_CPU_MAX)->usage->cpu_peak, 600 * NS_PER_MS);
	assert_in_range(advice_on(advisor, CGW_C_CPU_MAX)->usage->cpu_p99, 200 * NS_PER_MS,
			224 * NS_PER_MS);
	cgw_advisor_free(advisor);
}

static void test_tight_limits_are_above_the_peak(void **state)
{
	struct cgw_advisor *advisor = advisor_for(CGW_OBJECTIVE_TIGHT, false);

	feed(advisor, nightly, 3, false, cgw_advisor_add);
	assert_advice(advisor, CGW_C_CPU_MAX, CGW_ADVICE_SET, "63%");
	assert_advice(advisor, CGW_C_MEMORY_MAX, CGW_ADVICE_SET, "132M");
	assert_advice(advisor, CGW_C_PIDS_MAX, CGW_ADVICE_SET, "32");
	assert_null(advice_on(advisor, CGW_C_MEMORY_HIGH));
	cgw_advisor_free(advisor);
}

static void test_group_that_never_stops_growing_is_not_sized(void **state)
{
	struct cgw_advisor *advisor = advisor_for(CGW_OBJECTIVE_SAFE, true);

	feed(advisor, nightly, 1, true, cgw_advisor_add);
	assert_advice(advisor, CGW_C_MEMORY_MAX, CGW_ADVICE_LEAK, NULL);
	assert_advice(advisor, CGW_C_MEMORY_HIGH, CGW_ADVICE_LEAK, NULL);
	assert_advice(advisor, CGW_C_CPU_MAX, CGW_ADVICE_SET, "25%");
	assert_in_range(advice_on(advisor, CGW_C_MEMORY_MAX)->usage->growth_bytes, 180 * MIB,
			200 * MIB);
	cgw_advisor_free(advisor);
}

/* Reads files until there is nothing more to read, with and without a limit. */
static void feed_cache(struct cgw_advisor *advisor,
		       int (*each)(struct cgw_advisor *, const struct cgw_frame *))
{
	struct load cache = {"/cache", 10, 20, 0, 0, 0, 1};
	struct recording recording;

	recording_begin(&recording);
	for (size_t i = 0; i < SAMPLES; i++) {
		cache.file = i < 40 ? 10 * i : 400;
		record(&recording, &cache, 1, 0);
		assert_int_equal(each(advisor, recording.frame), 0);
	}
	recording_end(&recording);
}

static void test_cache_is_reclaimed_and_not_killed(void **state)
{
	struct cgw_advisor *advisor = advisor_for(CGW_OBJECTIVE_SAFE, false);
	const struct cgw_advice *advice;

	feed_cache(advisor, cgw_advisor_add);
	/* A working set of 220M. */
	assert_advice(advisor, CGW_C_MEMORY_MAX, CGW_ADVICE_SET, "288M");
	advice = advice_on(advisor, CGW_C_MEMORY_MAX);
	cgw_advisor_trial_begin(advisor);
	feed_cache(advisor, cgw_advisor_trial);
	assert_int_equal(advice->trial.samples, SAMPLES);
	assert_int_equal(advice->trial.reached, 173); /* more than 268M of files */
	assert_int_equal(advice->trial.exceeded, 0);
	cgw_advisor_free(advisor);
}

/* Page cache of all sizes, on the steps of limits and between them. */
static void feed_sizes(struct cgw_advisor *advisor, uint64_t anon,
		       int (*each)(struct cgw_advisor *, const struct cgw_frame *))
{
	struct load load = {"/cache", 10, anon, 0, 0, 0, 1};
	struct recording recording;

	recording_begin(&recording);
	for (size_t i = 0; i < SAMPLES; i++) {
		load.file = i * i * (anon + 3) / SAMPLES / 20;
		record(&recording, &load, 1, i == SAMPLES / 3);
		assert_int_equal(each(advisor, recording.frame), 0);
	}
	recording_end(&recording);
}

static void test_one_pass_counts_as_a_second_one_would(void **state)
{
	uint64_t reached = 0;

	for (uint64_t anon = 1; anon < 700; anon += anon / 3 + 1) {
		struct cgw_advisor *advisor = advisor_for(CGW_OBJECTIVE_TIGHT, true);
		const struct cgw_advice *advice;
		struct cgw_trial first[4];
		size_t count;

		feed_sizes(advisor, anon, cgw_advisor_add);
		assert_int_equal(cgw_advisor_finish(advisor, &advice, &count), 0);
		assert_int_equal(count, ARRAY_SIZE(first));
		for (size_t i = 0; i < count; i++)
			first[i] = advice[i].trial;
		assert_false(cgw_advisor_trial_rest(advisor));
		cgw_advisor_trial_begin(advisor);
		feed_sizes(advisor, anon, cgw_advisor_trial);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(first[i].samples, advice[i].trial.samples);
			assert_int_equal(first[i].reached, advice[i].trial.reached);
			assert_int_equal(first[i].reached_ns, advice[i].trial.reached_ns);
			assert_int_equal(first[i].exceeded, advice[i].trial.exceeded);
			reached += first[i].reached;
		}
		cgw_advisor_free(advisor);
	}
	assert_true(reached > 0);
}

static void test_limited_groups_and_whole_machines(void **state)
{
	struct load throttled = {"/t", 200, 10, 0, 50, 0, 1}, killed = {"/k", 10, 100, 0, 0, 1, 1};
	struct load whole = {"/w", 3900, 7000, 0, 0, 0, 1};
	struct cgw_advisor *advisor = advisor_for(CGW_OBJECTIVE_SAFE, false);

	feed(advisor, throttled, 1, false, cgw_advisor_add);
	assert_advice(advisor, CGW_C_CPU_MAX, CGW_ADVICE_LIMITED, "25%");
	cgw_advisor_free(advisor);
	advisor = advisor_for(CGW_OBJECTIVE_SAFE, false);
	feed(advisor, killed, 1, false, cgw_advisor_add);
	assert_advice(advisor, CGW_C_MEMORY_MAX, CGW_ADVICE_LIMITED, "132M");
	assert_int_equal(advice_on(advisor, CGW_C_MEMORY_MAX)->usage->oom_kills, SAMPLES - 1);
	cgw_advisor_free(advisor);
	advisor = advisor_for(CGW_OBJECTIVE_SAFE, false);
	feed(advisor, whole, 1, false, cgw_advisor_add);
	assert_advice(advisor, CGW_C_CPU_MAX, CGW_ADVICE_WHOLE, NULL);
	assert_advice(advisor, CGW_C_MEMORY_MAX, CGW_ADVICE_WHOLE, NULL);
	cgw_advisor_free(advisor);
}

static void test_other_recording_reaches_the_limit(void **state)
{
	struct cgw_advisor *advisor = advisor_for(CGW_OBJECTIVE_SAFE, false);
	const struct cgw_advice *advice;
	struct load larger = nightly;
	size_t count;

	feed(advisor, nightly, 3, false, cgw_advisor_add);
	assert_int_equal(cgw_advisor_finish(advisor, &advice, &count), 0);
	assert_int_equal(count, 3);
	cgw_advisor_trial_begin(advisor);
	feed(advisor, nightly, 3, false, cgw_advisor_trial);
	assert_int_equal(advice[0].trial.samples, SAMPLES - 1); /* intervals */
	assert_int_equal(advice[0].trial.reached, 0);
	assert_int_equal(advice[1].trial.samples, SAMPLES);
	assert_int_equal(advice[1].trial.reached, 0);
	assert_int_equal(advice[1].trial.exceeded, 0);

	cgw_advisor_trial_begin(advisor);
	feed(advisor, nightly, 4, false, cgw_advisor_trial); /* 80% of a CPU */
	assert_int_equal(advice[0].trial.reached, 1);
	assert_int_equal(advice[0].trial.reached_ns, NS_PER_S);

	larger.file = 100; /* 200M with 156M allowed */
	cgw_advisor_trial_begin(advisor);
	feed(advisor, larger, 1, false, cgw_advisor_trial);
	assert_int_equal(advice[1].trial.reached, SAMPLES);
	assert_int_equal(advice[1].trial.exceeded, 0);
	larger.anon = 157;
	cgw_advisor_trial_begin(advisor);
	feed(advisor, larger, 1, false, cgw_advisor_trial);
	assert_int_equal(advice[1].trial.reached, 0);
	assert_int_equal(advice[1].trial.exceeded, SAMPLES);
	cgw_advisor_free(advisor);
}

/* A trial reads a recording again: only what it needs. */
static void test_trial_needs_the_metrics_of_the_limits(void **state)
{
	struct cgw_advisor *advisor = advisor_for(CGW_OBJECTIVE_SAFE, false);
	struct cgw_metric_set needed = {0};
	const struct cgw_advice *advice;
	size_t count;

	cgw_advisor_trial_metrics(advisor, &needed); /* no limit */
	for (size_t i = 0; i < cgw_metric_count(); i++)
		assert_false(cgw_metric_set_has(&needed, (enum cgw_metric)i));
	feed(advisor, nightly, 3, false, cgw_advisor_add);
	assert_int_equal(cgw_advisor_finish(advisor, &advice, &count), 0);
	cgw_advisor_trial_metrics(advisor, &needed);
	assert_true(cgw_metric_set_has(&needed, CGW_M_CPU_USAGE));
	assert_true(cgw_metric_set_has(&needed, CGW_M_MEMORY_CURRENT));
	assert_true(cgw_metric_set_has(&needed, CGW_M_MEMORY_ANON));
	assert_true(cgw_metric_set_has(&needed, CGW_M_MEMORY_SHMEM));
	assert_true(cgw_metric_set_has(&needed, CGW_M_MEMORY_KERNEL));
	assert_true(cgw_metric_set_has(&needed, CGW_M_PIDS_CURRENT));
	assert_false(cgw_metric_set_has(&needed, CGW_M_MEMORY_INACTIVE_FILE));
	assert_false(cgw_metric_set_has(&needed, CGW_M_CPU_WEIGHT));
	assert_false(cgw_metric_set_has(&needed, CGW_M_IO_WBYTES));
	cgw_advisor_free(advisor);
}

static void test_recreated_and_short_lived_groups(void **state)
{
	struct cgw_advisor *advisor = advisor_for(CGW_OBJECTIVE_SAFE, false);
	const struct load loads[] = {{"/a", 100, 10, 0, 0, 0, 1}, {"/b", 100, 10, 0, 0, 0, 1}};
	const struct cgw_advice *advice;
	struct recording recording;
	size_t count;

	recording_begin(&recording);
	for (size_t i = 0; i < SAMPLES; i++) {
		/* /a is created again half-way; /b exists in the last nine samples only. */
		record(&recording, loads, i < SAMPLES - 9 ? 1 : 2, i < SAMPLES / 2 ? 0 : 1);
		assert_int_equal(cgw_advisor_add(advisor, recording.frame), 0);
	}
	recording_end(&recording);
	assert_int_equal(cgw_advisor_finish(advisor, &advice, &count), 0);
	assert_int_equal(count, 6);
	assert_string_equal(advice[0].usage->path, "/a");
	assert_int_equal(advice[0].usage->lives, 2);
	assert_int_equal(advice[0].usage->samples, SAMPLES);
	assert_int_equal(advice[0].usage->intervals, SAMPLES - 2);
	assert_int_equal(advice[0].kind, CGW_ADVICE_SET);
	assert_string_equal(advice[3].usage->path, "/b");
	assert_int_equal(advice[3].usage->lives, 1);
	assert_int_equal(advice[3].kind, CGW_ADVICE_UNPROVEN);
	cgw_advisor_free(advisor);
}

/* The dashboard adds frames for as long as it runs, and asks in between. */
static void test_growth_is_found_without_a_known_end(void **state)
{
	struct cgw_advisor *advisor = NULL;
	const struct cgw_advice *advice;
	size_t count;

	assert_int_equal(cgw_advisor_new(&(struct cgw_advisor_options){0}, &advisor), 0);
	feed(advisor, nightly, 1, true, cgw_advisor_add);
	assert_advice(advisor, CGW_C_MEMORY_MAX, CGW_ADVICE_LEAK, NULL);
	assert_int_equal(cgw_advisor_finish(advisor, &advice, &count), 0);
	assert_in_range(advice->usage->growth_bytes, 180 * MIB, 200 * MIB);
	assert_in_range(advice->usage->growth_ns, 150 * NS_PER_S, SAMPLES * NS_PER_S);
	/* Shrinks then. */
	feed(advisor, nightly, 1, false, cgw_advisor_add);
	assert_int_equal(cgw_advisor_finish(advisor, &advice, &count), 0);
	assert_int_equal(advice->usage->samples, 2 * SAMPLES);
	cgw_advisor_free(advisor);
}

static bool selects_b(void *context, const char *path)
{
	return strcmp(path, "/b") == 0;
}

static void test_selected_groups_only(void **state)
{
	const struct cgw_advisor_options options = {.selects = selects_b};
	const struct load loads[] = {{"/a", 100, 10, 0, 0, 0, 1}, {"/b", 100, 10, 0, 0, 0, 1}};
	struct cgw_advisor *advisor = NULL;
	const struct cgw_advice *advice;
	struct recording recording;
	size_t count;

	assert_int_equal(cgw_advisor_new(&options, &advisor), 0);
	recording_begin(&recording);
	for (size_t i = 0; i < 12; i++) {
		record(&recording, loads, 2, 0);
		assert_int_equal(cgw_advisor_add(advisor, recording.frame), 0);
	}
	recording_end(&recording);
	assert_int_equal(cgw_advisor_finish(advisor, &advice, &count), 0);
	assert_int_equal(count, 3);
	assert_string_equal(advice[0].usage->path, "/b");
	assert_int_equal(advice[0].usage->growth_bytes, 0);
	cgw_advisor_free(advisor);
	cgw_advisor_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits_leave_room_above_the_peak),
		cmocka_unit_test(test_tight_limits_are_above_the_peak),
		cmocka_unit_test(test_group_that_never_stops_growing_is_not_sized),
		cmocka_unit_test(test_cache_is_reclaimed_and_not_killed),
		cmocka_unit_test(test_one_pass_counts_as_a_second_one_would),
		cmocka_unit_test(test_limited_groups_and_whole_machines),
		cmocka_unit_test(test_other_recording_reaches_the_limit),
		cmocka_unit_test(test_trial_needs_the_metrics_of_the_limits),
		cmocka_unit_test(test_recreated_and_short_lived_groups),
		cmocka_unit_test(test_growth_is_found_without_a_known_end),
		cmocka_unit_test(test_selected_groups_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-cause-waits.c - what the tasks of a group waited for, and which weight would help. */
#include <math.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include <cgward/inspect.h>

#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}
#define MAX                \
	{                  \
		0, CGW_MAX \
	}

static const struct frame_group groups[] = {{"/", 1}, {"/a", 2}, {"/a/x", 3}, {"/b", 4}};

struct traced_case {
	const char *group, *taker;
	uint64_t taker_ms, waited_ms; /* in 2 s */
	const char *weights[2][2];    /* path, weight */
	const char *sentence, *command;
};

static void set_weights(struct cgw_snapshot *snapshot, const struct traced_case *row)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(snapshot);

	for (size_t i = 0; i < 2 && row->weights[i][0] != NULL; i++) {
		uint32_t group = cgw_topology_find(topology, row->weights[i][0]);

		if (group != CGW_NO_GROUP)
			snapshot_set(snapshot, snapshot->column_of[CGW_M_CPU_WEIGHT], group,
				     (struct cgw_number){strtoull(row->weights[i][1], NULL, 10),
							 CGW_OK});
	}
}

/* /a was throttled, for the second time after the first sample. */
static void set_throttling(struct cgw_snapshot *snapshot, uint64_t second)
{
	const struct frame_value values[] = {
		{"/a", CGW_M_CPU_MAX, OK(500000000)},
		{"/a", CGW_M_CPU_NR_PERIODS, OK(90 + 10 * second)},
		{"/a", CGW_M_CPU_NR_THROTTLED, OK(6 + 4 * second)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		snapshot_set(snapshot, snapshot->column_of[values[i].metric], 1, values[i].number);
}

/* Two samples, 2 s apart, of what the tasks of a group waited for. */
static struct cgw_frame *new_traced_frame(struct topology *topology, const struct traced_case *row,
					  const struct cgw_source *source, bool throttled)
{
	uint32_t group = cgw_topology_find(&topology->view, row->group);
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	for (uint64_t second = 1; second <= 3; second += 2) {
		struct cgw_metric_set wanted = {0};
		struct cgw_snapshot *snapshot = NULL;
		int by;

		cgw_metric_set_add(&wanted, CGW_M_CPU_MAX);
		cgw_metric_set_add(&wanted, CGW_M_CPU_NR_PERIODS);
		cgw_metric_set_add(&wanted, CGW_M_CPU_NR_THROTTLED);
		cgw_explain_trace_metrics(&wanted);
		assert_int_equal(snapshot_begin(NULL, topology, &wanted, &snapshot), 0);
		snapshot->monotonic_ns = snapshot->boottime_ns = second * 1000000000;
		snapshot->source[CGW_M_CPU_RUN_DELAY] = source;
		by = snapshot->column_of[CGW_M_CPU_RUN_DELAY_BY];
		snapshot_set(snapshot, by, group,
			     (struct cgw_number){row->waited_ms * 1000000, CGW_OK});
		if (row->taker != NULL)
			assert_int_equal(
				snapshot_add_instance(
					snapshot, by, group, row->taker, strlen(row->taker),
					(struct cgw_number){row->taker_ms * 1000000, CGW_OK}),
				0);
		set_weights(snapshot, row);
		if (throttled)
			set_throttling(snapshot, second);
		snapshot_set(snapshot, snapshot->column_of[CGW_M_CPU_RUN_DELAY_THROTTLED], group,
			     (struct cgw_number){second * 100000000, CGW_OK});
		snapshot_set(snapshot, snapshot->column_of[CGW_M_MEMORY_DIRECT_RECLAIM], group,
			     (struct cgw_number){second * 50000000, CGW_OK});
		snapshot_set(snapshot, snapshot->column_of[CGW_M_MEMORY_DIRECT_RECLAIM_LIMIT],
			     group, (struct cgw_number){second * 25000000, CGW_OK});
		snapshot_set(snapshot, snapshot->column_of[CGW_M_IO_IOWAIT], group,
			     (struct cgw_number){second * 9000000, CGW_OK});
		assert_int_equal(snapshot_finish(snapshot), 0);
		assert_int_equal(cgw_frame_update(frame, snapshot), 0);
		cgw_snapshot_unref(snapshot);
	}
	return frame;
}

static void check_case(const struct traced_case *row, uint32_t count, bool with_taker)
{
	const struct cgw_source source = {.version = 1, .controller = CGW_CPU};
	struct topology *all = frame_topology(groups, ARRAY_SIZE(groups));
	struct topology *topology = frame_topology(groups, count);
	struct cgw_frame *frame = new_traced_frame(topology, row, &source, false);
	struct cgw_metric_set wanted = {0};
	struct cgw_snapshot *taker = NULL;
	CLEANUP(cleanup_free) char *command = NULL;
	struct cgw_cause causes[CGW_CAUSE_MAX];
	char text[CGW_SENTENCE_SIZE];
	size_t found;

	cgw_explain_trace_metrics(&wanted);
	assert_int_equal(snapshot_begin(NULL, all, &wanted, &taker), 0);
	set_weights(taker, row);
	assert_int_equal(snapshot_finish(taker), 0);
	found = cgw_explain_traced(frame, with_taker ? taker : NULL, 2, causes);
	/* 50 ms of reclaim per second; 9 ms of IO are too little. */
	assert_int_equal(found, row->sentence != NULL ? 2 : 1);
	cgw_cause_sentence(&causes[found - 1], text, sizeof(text));
	assert_string_equal(text, "reclaimed memory for 50 ms per second, 50.0% of it "
				  "because of a memory limit");
	if (row->sentence != NULL) {
		cgw_cause_sentence(&causes[0], text, sizeof(text));
		assert_string_equal(text, row->sentence);
		command = cgw_cause_command(&causes[0], causes[0].change_taker ? causes[0].taker
							: causes[0].group == 1 ? "/a"
									       : "/a/x");
	}
	if (strcmp(command != NULL ? command : "", row->command != NULL ? row->command : "") != 0)
		fail_msg("%s of %u groups: %s", row->taker, count, command);
	cgw_snapshot_unref(taker);
	cgw_frame_free(frame);
	topology_unref(topology);
	topology_unref(all);
}

static void test_waits_name_the_taker_and_a_weight_that_helps(void **state)
{
	static const struct traced_case rows[] = {
		{"/a/x",
		 "/b",
		 600,
		 800,
		 {{"/b", "100"}, {"/a", "100"}},
		 "waited 400 ms per second for a CPU; /b ran 75.0% of it",
		 "cgward set '/b' 'cpu.weight=50'"},
		/* The lowest weight: only a higher one on the other side is left. */
		{"/a/x",
		 "/b",
		 600,
		 800,
		 {{"/b", "1"}, {"/a", "100"}},
		 "waited 400 ms per second for a CPU; /b ran 75.0% of it",
		 "cgward set '/a' 'cpu.weight=200'"},
		/* Tasks of an ancestor compete with its children. */
		{"/a/x",
		 "/a",
		 800,
		 800,
		 {{"/a", "300"}, {"/a/x", "8000"}},
		 "waited 400 ms per second for a CPU; /a ran 100.0% of it",
		 "cgward set '/a/x' 'cpu.weight=10000'"},
		{"/a/x",
		 "/",
		 800,
		 800,
		 {{"/a", "100"}, {"/a/x", "100"}},
		 "waited 400 ms per second for a CPU; / ran 100.0% of it",
		 "cgward set '/a' 'cpu.weight=200'"},
		/* Without the controller, or for real-time tasks, no weight would help. */
		{"/a/x",
		 "/b",
		 600,
		 800,
		 {{NULL}},
		 "waited 400 ms per second for a CPU; /b ran 75.0% of it",
		 NULL},
		{"/a/x",
		 "realtime:/b",
		 600,
		 800,
		 {{"/b", "100"}, {"/a", "100"}},
		 "waited 400 ms per second for a CPU; real-time tasks of /b ran 75.0% of it",
		 NULL},
		{"/a/x",
		 "own",
		 600,
		 800,
		 {{"/b", "100"}, {"/a", "100"}},
		 "waited 400 ms per second for a CPU; its own tasks ran 75.0% of it",
		 NULL},
		{"/a/x",
		 "idle",
		 600,
		 800,
		 {{"/b", "100"}, {"/a", "100"}},
		 "waited 400 ms per second for a CPU that was idle 75.0% of it",
		 NULL},
		{"/a/x",
		 "unknown",
		 600,
		 800,
		 {{"/b", "100"}, {"/a", "100"}},
		 "waited 400 ms per second for a CPU",
		 NULL},
		{"/a/x", NULL, 0, 800, {{NULL}}, "waited 400 ms per second for a CPU", NULL},
		{"/a/x", "/b", 4, 6, {{"/b", "100"}, {"/a", "100"}}, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* All groups, or only the group and its ancestors, with the weight of the taker. */
		check_case(&rows[i], ARRAY_SIZE(groups), false);
		check_case(&rows[i], ARRAY_SIZE(groups) - 1, true);
	}
}

/* Weights of v2 or of another hierarchy do not apply to groups that were counted in cpuacct's. */
static void test_no_weight_for_another_hierarchy(void **state)
{
	static const struct traced_case row = {
		"/a/x", "/b", 600, 800, {{"/b", "100"}, {"/a", "100"}}, NULL, NULL};
	const struct cgw_source source = {.version = 1, .controller = CGW_CPUACCT};
	struct topology *topology = frame_topology(groups, 4);
	struct cgw_frame *frame = new_traced_frame(topology, &row, &source, false);
	struct cgw_cause causes[CGW_CAUSE_MAX];

	assert_int_equal(cgw_explain(frame, 2, causes), 2);
	assert_null(cgw_cause_command(&causes[0], "/b"));
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* With a trace, throttling counts what it cost the tasks of the group. */
static void test_throttling_costs_what_tasks_waited(void **state)
{
	static const struct traced_case row = {"/a/x", NULL, 0, 0, {{NULL}}, NULL, NULL};
	const struct cgw_source source = {.version = 1, .controller = CGW_CPU};
	struct topology *topology = frame_topology(groups, 4);
	struct cgw_frame *frame = new_traced_frame(topology, &row, &source, true);
	struct cgw_cause causes[CGW_CAUSE_MAX];

	assert_int_equal(cgw_explain(frame, 2, causes), 2);
	assert_int_equal(causes[0].kind, CGW_CAUSE_CPU_THROTTLED);
	assert_true(fabs(causes[0].lost_ns - 1e8) < 1);
	assert_int_equal(causes[1].kind, CGW_CAUSE_RECLAIM);
	cgw_frame_free(frame);
	topology_unref(topology);
}

struct burst_case {
	uint64_t period_ms, burst_ms; /* cpu.max.burst */
	uint64_t throttled_ms, ended_ms, covered_ms;
	uint64_t need_us, peak_ms; /* 0: not measured */
	const char *command;
};

/* /a may use half a CPU. */
static struct cgw_frame *new_burst_frame(struct topology *topology, const struct burst_case *row)
{
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	for (uint64_t second = 0; second < 2; second++) {
		const struct frame_value values[] = {
			{"/a", CGW_M_CPU_MAX, OK(500000000)},
			{"/a", CGW_M_CPU_PERIOD, OK(row->period_ms * 1000000)},
			{"/a", CGW_M_CPU_MAX_BURST, OK(row->burst_ms * 1000000)},
			{"/a", CGW_M_CPU_NR_PERIODS, OK(90 + 10 * second)},
			{"/a", CGW_M_CPU_NR_THROTTLED, OK(6 + 4 * second)},
			{"/a", CGW_M_CPU_USAGE, OK(second * 100000000)},
			{"/a", CGW_M_CPU_THROTTLED, OK(second * row->throttled_ms * 1000000)},
			{"/a", CGW_M_CPU_THROTTLED_BURSTS, OK(second * row->ended_ms * 1000000)},
			{"/a", CGW_M_CPU_THROTTLED_BURSTS_COVERED,
			 OK(second * row->covered_ms * 1000000)},
			{"/a", CGW_M_CPU_THROTTLED_BURSTS_MAX, OK(row->need_us * 1000)},
			{"/a", CGW_M_CPU_BURST_10MS_MAX, OK(row->peak_ms * 1000000)},
		};
		struct cgw_metric_set wanted = {0};
		struct cgw_snapshot *snapshot = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(values); i++)
			cgw_metric_set_add(&wanted, values[i].metric);
		assert_int_equal(snapshot_begin(NULL, topology, &wanted, &snapshot), 0);
		snapshot->monotonic_ns = snapshot->boottime_ns = (second + 1) * 1000000000;
		for (size_t i = 0; i < ARRAY_SIZE(values); i++)
			if (values[i].metric != CGW_M_CPU_THROTTLED_BURSTS_MAX || row->need_us > 0)
				snapshot_set(snapshot, snapshot->column_of[values[i].metric], 1,
					     values[i].number);
		assert_int_equal(snapshot_finish(snapshot), 0);
		assert_int_equal(cgw_frame_update(frame, snapshot), 0);
		cgw_snapshot_unref(snapshot);
	}
	return frame;
}

/* A burst is proposed only where what was measured shows that it would help. */
static void test_throttled_bursts_get_a_burst(void **state)
{
	static const struct burst_case rows[] = {
		/* and a slice for each CPU */
		{100, 0, 40, 40, 39, 8100, 8, "cgward set '/a' 'cpu.max.burst=14ms'"},
		{100, 0, 40, 40, 39, 8100, 18, "cgward set '/a' 'cpu.max.burst=19ms'"},
		/* at most the quota of a period */
		{20, 0, 40, 40, 39, 8100, 18, "cgward set '/a' 'cpu.max.burst=10ms'"},
		/* It has that burst. */
		{100, 20, 40, 40, 39, 8100, 8, "cgward set '/a' 'cpu.max=75%'"},
		/* Most bursts needed more than there was before them. */
		{100, 0, 40, 40, 19, 8100, 8, "cgward set '/a' 'cpu.max=75%'"},
		/* Most throttling is not that of bursts that have ended. */
		{100, 0, 400, 40, 39, 8100, 8, "cgward set '/a' 'cpu.max=75%'"},
		/* One that ended in this interval was throttled before it. */
		{100, 0, 10, 40, 30, 8100, 8, "cgward set '/a' 'cpu.max.burst=14ms'"},
		{100, 0, 40, 40, 0, 0, 8, "cgward set '/a' 'cpu.max=75%'"},
	};
	struct topology *topology = frame_topology(groups, 4);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_frame *frame = new_burst_frame(topology, &rows[i]);
		struct cgw_cause causes[CGW_CAUSE_MAX];
		CLEANUP(cleanup_free) char *command = NULL;

		/* The limit of the group above its own. */
		assert_int_equal(cgw_explain(frame, 2, causes), 1);
		assert_true(fabs(causes[0].peak_cpus - (double)rows[i].peak_ms / 10) < 1e-9);
		assert_true(fabs(causes[0].mean_cpus - 0.1) < 1e-9);
		command = cgw_cause_command(&causes[0], "/a");
		if (strcmp(command, rows[i].command) != 0)
			fail_msg("%zu: %s", i, command);
		cgw_frame_free(frame);
	}
	topology_unref(topology);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_name_the_taker_and_a_weight_that_helps),
		cmocka_unit_test(test_no_weight_for_another_hierarchy),
		cmocka_unit_test(test_throttling_costs_what_tasks_waited),
		cmocka_unit_test(test_throttled_bursts_get_a_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

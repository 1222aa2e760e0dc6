/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-causes.c - causes that hold a group back, their descriptions, and effective limits. */
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

/*
 * Current causes precede past ones, and lost time precedes what loses none; causes of an ancestor
 * count, those of a sibling do not.
 */
static void test_causes_are_ranked(void **state)
{
	static const struct frame_value first[] = {
		{"/a", CGW_M_CPU_MAX, OK(500000000)},
		{"/a", CGW_M_CPU_NR_PERIODS, OK(100)},
		{"/a", CGW_M_CPU_NR_THROTTLED, OK(10)},
		{"/a", CGW_M_CPU_THROTTLED, OK(1000)},
		{"/a/x", CGW_M_MEMORY_EVENTS_OOM_KILL, OK(3)},
	};
	static const struct frame_value second[] = {
		{"/a", CGW_M_CPU_MAX, OK(500000000)},
		{"/a", CGW_M_CPU_NR_PERIODS, OK(120)},
		{"/a", CGW_M_CPU_NR_THROTTLED, OK(18)},
		{"/a", CGW_M_CPU_THROTTLED, OK(400001000)},
		{"/a/x", CGW_M_MEMORY_EVENTS_OOM_KILL, OK(3)},
		{"/a/x", CGW_M_MEMORY_MAX, OK(100 << 20)},
		{"/a/x", CGW_M_PIDS_CURRENT, OK(19)},
		{"/a/x", CGW_M_PIDS_MAX, OK(20)},
		{"/b", CGW_M_CGROUP_FREEZE, OK(1)},
	};
	struct topology *topology = frame_topology(groups, 4);
	struct cgw_frame *frame =
		frame_of_two(topology, first, ARRAY_SIZE(first), second, ARRAY_SIZE(second));
	struct cgw_cause causes[CGW_CAUSE_MAX];

	assert_int_equal(cgw_explain(frame, 2, causes), 3);
	assert_int_equal(causes[1].kind, CGW_CAUSE_PIDS_MAX);
	assert_true(causes[1].current);
	assert_true(fabs(causes[1].percent - 95) < 1e-9);
	assert_string_equal(causes[1].key, "pids.max");
	assert_string_equal(causes[1].value, "30");
	assert_int_equal(causes[0].kind, CGW_CAUSE_CPU_THROTTLED);
	assert_int_equal(causes[0].group, 1); /* the group above */
	assert_true(causes[0].current);
	assert_true(fabs(causes[0].percent - 40) < 1e-9);
	assert_true(fabs(causes[0].amount - 2e8) < 1);
	assert_true(fabs(causes[0].lost_ns - 2e8) < 1);
	assert_string_equal(causes[0].value, "75%");
	assert_int_equal(causes[2].kind, CGW_CAUSE_OOM_KILLED);
	assert_false(causes[2].current);
	assert_true(fabs(causes[2].count - 3) < 1e-9);
	assert_string_equal(causes[2].key, "memory.max");
	assert_string_equal(causes[2].value, "150M");
	/* Only the sibling is frozen. */
	assert_int_equal(cgw_explain(frame, 3, causes), 1);
	assert_int_equal(causes[0].kind, CGW_CAUSE_FROZEN);
	assert_string_equal(causes[0].key, "thaw");
	/* The causes of its descendants do not hold the root back. */
	assert_int_equal(cgw_explain(frame, 0, causes), 0);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* A limit is close only if the working set is: page cache can be reclaimed. */
static void test_working_set_near_limit(void **state)
{
	static const struct frame_value cached[] = {{"/a", CGW_M_MEMORY_CURRENT, OK(1000)},
						    {"/a", CGW_M_MEMORY_INACTIVE_FILE, OK(600)},
						    {"/a", CGW_M_MEMORY_MAX, OK(1000)}};
	static const struct frame_value needed[] = {{"/a", CGW_M_MEMORY_CURRENT, OK(1000)},
						    {"/a", CGW_M_MEMORY_INACTIVE_FILE, OK(50)},
						    {"/a", CGW_M_MEMORY_MAX, OK(1000)}};
	struct topology *topology = frame_topology(groups, 4);
	struct cgw_cause causes[CGW_CAUSE_MAX];
	struct cgw_frame *frame =
		frame_of_two(topology, cached, ARRAY_SIZE(cached), cached, ARRAY_SIZE(cached));

	assert_int_equal(cgw_explain(frame, 1, causes), 0);
	cgw_frame_free(frame);
	frame = frame_of_two(topology, cached, ARRAY_SIZE(cached), needed, ARRAY_SIZE(needed));
	assert_int_equal(cgw_explain(frame, 2, causes), 1);
	assert_int_equal(causes[0].kind, CGW_CAUSE_MEMORY_MAX);
	assert_int_equal(causes[0].group, 1);
	assert_true(fabs(causes[0].percent - 95) < 1e-9);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* The remedy for pressure is twice the weight; for the root there is none. */
static void test_pressure(void **state)
{
	static const struct frame_value values[] = {
		{"/", CGW_M_CPU_PRESSURE_SOME_AVG10, OK(4200)},
		{"/a", CGW_M_CPU_PRESSURE_SOME_AVG10, OK(4250)},
		{"/a", CGW_M_CPU_WEIGHT, OK(100)},
		{"/b", CGW_M_CPU_PRESSURE_SOME_AVG10, OK(99)},
	};
	struct topology *topology = frame_topology(groups, 4);
	struct cgw_cause causes[CGW_CAUSE_MAX];
	struct cgw_frame *frame =
		frame_of_two(topology, values, ARRAY_SIZE(values), values, ARRAY_SIZE(values));

	assert_int_equal(cgw_explain(frame, 1, causes), 1);
	assert_int_equal(causes[0].kind, CGW_CAUSE_CPU_PRESSURE);
	assert_false(causes[0].system_wide);
	assert_true(fabs(causes[0].percent - 42.5) < 1e-9);
	assert_string_equal(causes[0].key, "cpu.weight");
	assert_string_equal(causes[0].value, "200");
	assert_int_equal(cgw_explain(frame, 0, causes), 1);
	assert_true(causes[0].system_wide);
	assert_string_equal(causes[0].key, "");
	assert_int_equal(cgw_explain(frame, 3, causes), 0); /* less than one percent */
	cgw_frame_free(frame);
	topology_unref(topology);
}

static const struct cgw_bound *bound_of(const struct cgw_bound *bounds, size_t count,
					const char *resource)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(bounds[i].resource, resource) == 0)
			return &bounds[i];
	fail_msg("no bound of %s", resource);
	return NULL;
}

/* The remedy for /a/x, or for the group above it: computed from the use, and accepted. */
static void test_remedies(void **state)
{
#define M(n) OK((uint64_t)(n) << 20)
	static const struct {
		struct frame_value values[5];
		const char *command; /* of the first cause; NULL: there is no cause */
		unsigned version;
	} cases[] = {
		{{{"/a/x", CGW_M_PIDS_MAX, OK(0)}, {"/a/x", CGW_M_PIDS_CURRENT, OK(3)}},
		 "cgward set '/a/x' 'pids.max=5'",
		 2},
		{{{"/a/x", CGW_M_PIDS_MAX, OK(10)}, {"/a/x", CGW_M_PIDS_CURRENT, OK(25)}},
		 "cgward set '/a/x' 'pids.max=38'",
		 2},
		{{{"/a/x", CGW_M_PIDS_MAX, OK(1)}, {"/a/x", CGW_M_PIDS_CURRENT, OK(1)}},
		 "cgward set '/a/x' 'pids.max=2'",
		 2},
		{{{"/a/x", CGW_M_PIDS_MAX, OK(0)}, {"/a/x", CGW_M_PIDS_CURRENT, OK(0)}}, NULL, 2},
		{{{"/a/x", CGW_M_PIDS_MAX, OK(0)},
		  {"/a/x", CGW_M_PIDS_CURRENT, OK(0)},
		  {"/a/x", CGW_M_PIDS_EVENTS_MAX, OK(4)}},
		 "cgward set '/a/x' 'pids.max=1'",
		 2},
		{{{"/a/x", CGW_M_PIDS_MAX, OK(4000000)}, {"/a/x", CGW_M_PIDS_CURRENT, OK(4000000)}},
		 "",
		 2},
		{{{"/a/x", CGW_M_MEMORY_HIGH, OK(0)}, {"/a/x", CGW_M_MEMORY_CURRENT, M(10)}},
		 "cgward set '/a/x' 'memory.high=15M'",
		 2},
		{{{"/a/x", CGW_M_MEMORY_MAX, M(10)}, {"/a/x", CGW_M_MEMORY_CURRENT, M(30)}},
		 "cgward set '/a/x' 'memory.max=45M'",
		 2},
		{{{"/a/x", CGW_M_MEMORY_MAX, OK(0)}, {"/a/x", CGW_M_MEMORY_CURRENT, OK(0)}},
		 NULL,
		 2},
		/* v1: never above the limit of memory and swap */
		{{{"/a/x", CGW_M_MEMORY_MAX, M(10)},
		  {"/a/x", CGW_M_MEMORY_CURRENT, M(10)},
		  {"/a/x", CGW_M_MEMORY_MEMSW_MAX, M(12)}},
		 "cgward set '/a/x' 'memory.max=15M' 'memory.memsw.max=18M'",
		 1},
		{{{"/a/x", CGW_M_MEMORY_MAX, M(10)},
		  {"/a/x", CGW_M_MEMORY_CURRENT, M(10)},
		  {"/a/x", CGW_M_MEMORY_MEMSW_MAX, M(100)}},
		 "cgward set '/a/x' 'memory.max=15M'",
		 1},
		/* v1: never above the share of an ancestor */
		{{{"/a/x", CGW_M_CPU_MAX, OK(1000000000)},
		  {"/a/x", CGW_M_CPU_NR_PERIODS, OK(10)},
		  {"/a/x", CGW_M_CPU_NR_THROTTLED, OK(10)},
		  {"/a", CGW_M_CPU_MAX, OK(1200000000)}},
		 "cgward set '/a/x' 'cpu.max=120%'",
		 1},
		{{{"/a/x", CGW_M_CPU_MAX, OK(1000000000)},
		  {"/a/x", CGW_M_CPU_NR_PERIODS, OK(10)},
		  {"/a/x", CGW_M_CPU_NR_THROTTLED, OK(10)},
		  {"/a", CGW_M_CPU_MAX, OK(1200000000)}},
		 "cgward set '/a/x' 'cpu.max=150%'",
		 2},
		{{{"/a/x", CGW_M_CPU_MAX, OK(1000000000)},
		  {"/a/x", CGW_M_CPU_NR_PERIODS, OK(10)},
		  {"/a/x", CGW_M_CPU_NR_THROTTLED, OK(10)},
		  {"/a", CGW_M_CPU_MAX, OK(1000000000)}},
		 "",
		 1},
		/* no weight is above 10000, and an idle group has none */
		{{{"/a/x", CGW_M_CPU_PRESSURE_SOME_AVG10, OK(4250)},
		  {"/a/x", CGW_M_CPU_WEIGHT, OK(10000)}},
		 "",
		 2},
		{{{"/a/x", CGW_M_CPU_PRESSURE_SOME_AVG10, OK(4250)},
		  {"/a/x", CGW_M_CPU_WEIGHT, OK(0)}},
		 "",
		 2},
		{{{"/a/x", CGW_M_MEMORY_PRESSURE_SOME_AVG10, OK(4250)},
		  {"/a/x", CGW_M_MEMORY_CURRENT, M(10)}}, /* v1 has no memory.low */
		 "",
		 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct cgw_source source = {.version = (uint8_t)cases[i].version};
		struct topology *topology = frame_topology(groups, 4);
		CLEANUP(cleanup_free) char *command = NULL;
		struct cgw_cause causes[CGW_CAUSE_MAX];
		struct cgw_snapshot *now;
		struct cgw_frame *frame;
		size_t count = 0;

		while (count < 5 && cases[i].values[count].path != NULL)
			count++;
		now = frame_snapshot(topology, 100, cases[i].values, count);
		now->source[CGW_M_CPU_MAX] = &source;
		assert_int_equal(cgw_frame_new(&frame), 0);
		assert_int_equal(cgw_frame_update(frame, now), 0);
		count = cgw_explain(frame, 2, causes);
		command = count > 0 ? cgw_cause_command(&causes[0], "/a/x") : NULL;
		if (count != (cases[i].command != NULL) ||
		    strcmp(command != NULL ? command : "",
			   cases[i].command != NULL ? cases[i].command : "") != 0)
			fail_msg("case %zu: %zu causes, %s", i, count, command);
		cgw_frame_free(frame);
		cgw_snapshot_unref(now);
		topology_unref(topology);
	}
}

/* A cpuset on an ancestor: one CPU of four, of two that its parent has. */
static void test_cpusets_are_limits(void **state)
{
	static const struct {
		const char *path, *list;
	} lists[] = {{"/", "0-3"}, {"/a", "1-2"}, {"/a/x", "2"}, {"/a/x/y", "2"}};
	static const struct frame_group deep[] = {
		{"/", 1}, {"/a", 2}, {"/a/x", 3}, {"/a/x/y", 4}, {"/a/x/y/z", 5}};
	struct topology *topology = frame_topology(deep, 5);
	struct cgw_metric_set metrics = {0};
	struct cgw_bound bounds[CGW_BOUND_MAX];
	struct cgw_cause causes[CGW_CAUSE_MAX];
	const struct cgw_bound *bound;
	struct cgw_frame *frame;

	cgw_metric_set_add(&metrics, CGW_M_CPUSET_CPUS_EFFECTIVE);
	cgw_metric_set_add(&metrics, CGW_M_CPU_USAGE);
	assert_int_equal(cgw_frame_new(&frame), 0);
	for (uint64_t seconds = 100; seconds <= 101; seconds++) {
		struct cgw_snapshot *snapshot = NULL;

		assert_int_equal(snapshot_begin(NULL, topology, &metrics, &snapshot), 0);
		snapshot->monotonic_ns = snapshot->boottime_ns = seconds * 1000000000;
		snapshot->machine.cpu_count = 4;
		for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
			uint32_t group = cgw_topology_find(&topology->view, lists[i].path);
			int column = snapshot->column_of[CGW_M_CPUSET_CPUS_EFFECTIVE];

			assert_int_equal(snapshot_add_text(snapshot, column, group, lists[i].list,
							   strlen(lists[i].list)),
					 0);
			snapshot->columns[column].state[group] = CGW_OK;
		}
		for (uint32_t group = 0; group < 5; group++) {
			snapshot->read_ns[group] = snapshot->monotonic_ns;
			snapshot_set(snapshot, snapshot->column_of[CGW_M_CPU_USAGE], group,
				     (struct cgw_number){seconds * 990000000, CGW_OK});
		}
		assert_int_equal(snapshot_finish(snapshot), 0);
		assert_int_equal(cgw_frame_update(frame, snapshot), 0);
		cgw_snapshot_unref(snapshot);
	}
	bound = bound_of(bounds, cgw_bounds(frame, 4, bounds), "cpu");
	assert_int_equal(bound->bound.state, CGW_OK);
	assert_int_equal(bound->bound.value, 1000000000);
	assert_int_equal(bound->unit, CGW_UNIT_CPU);
	assert_int_equal(bound->limit, CGW_M_CPUSET_CPUS_EFFECTIVE);
	assert_int_equal(bound->set_by, 2);
	assert_int_equal(cgw_explain(frame, 4, causes), 1);
	assert_int_equal(causes[0].kind, CGW_CAUSE_CPUSET_FULL);
	assert_int_equal(causes[0].group, 2);
	assert_string_equal(causes[0].key, "cpuset.cpus");
	assert_string_equal(causes[0].value, "1-2");
	bound = bound_of(bounds, cgw_bounds(frame, 0, bounds), "cpu");
	assert_int_equal(bound->bound.state, CGW_ABSENT); /* all CPUs */
	cgw_frame_free(frame);
	topology_unref(topology);
}

static void test_bounds(void **state)
{
	static const struct frame_value values[] = {
		{"/a", CGW_M_MEMORY_MAX, OK(1000)},    {"/a/x", CGW_M_MEMORY_MAX, MAX},
		{"/a/x", CGW_M_MEMORY_HIGH, OK(900)},  {"/a", CGW_M_PIDS_MAX, MAX},
		{"/a/x", CGW_M_PIDS_MAX, MAX},         {"/a/x", CGW_M_CPU_MAX, {0, CGW_DENIED}},
		{"/a/x", CGW_M_MEMORY_CURRENT, OK(7)},
	};
	struct topology *topology = frame_topology(groups, 4);
	struct cgw_bound found[CGW_BOUND_MAX];
	const struct cgw_bound *bound;
	struct cgw_frame *frame =
		frame_of_two(topology, values, ARRAY_SIZE(values), values, ARRAY_SIZE(values));
	size_t count = cgw_bounds(frame, 2, found);

	bound = bound_of(found, count, "memory");
	assert_int_equal(bound->bound.value, 900); /* tighter than that of the parent */
	assert_int_equal(bound->limit, CGW_M_MEMORY_HIGH);
	assert_int_equal(bound->set_by, 2);
	assert_int_equal(bound->use.value, 7);
	assert_int_equal(bound_of(found, count, "pids")->bound.state, CGW_MAX);
	/* A denied or absent limit is not the same as no limit. */
	assert_int_equal(bound_of(found, count, "cpu")->bound.state, CGW_DENIED);
	assert_int_equal(bound_of(found, count, "swap")->bound.state, CGW_ABSENT);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* Every kind of cause has a description; the command quotes any path. */
static void test_descriptions_and_commands(void **state)
{
	static const struct {
		struct cgw_cause cause;
		const char *sentence;
	} rows[] = {
		{{.kind = CGW_CAUSE_FROZEN, .percent = 100}, "frozen: nothing runs"},
		{{.kind = CGW_CAUSE_FROZEN, .percent = 99}, "freezing: some tasks may still run"},
		{{.kind = CGW_CAUSE_CPU_THROTTLED,
		  .current = true,
		  .percent = 90,
		  .amount = 954.4e6,
		  .bound = 1e8},
		 "throttled 954 ms per second by cpu.max, in 90.0% of periods; limit 10.0%"},
		{{.kind = CGW_CAUSE_CPU_THROTTLED,
		  .current = true,
		  .percent = 20,
		  .amount = 41e6,
		  .bound = 2e8,
		  .peak_cpus = 1.5,
		  .mean_cpus = 0.04,
		  .covered_percent = 97},
		 "throttled 41 ms per second by cpu.max, in 20.0% of periods; limit 20.0%; used up "
		 "to 1.50 CPUs within 10 ms, 0.04 on average; earlier unused quota would cover "
		 "97.0% of it"},
		/* Its average use is at the limit. */
		{{.kind = CGW_CAUSE_CPU_THROTTLED,
		  .current = true,
		  .percent = 100,
		  .amount = 800e6,
		  .bound = 2e8,
		  .peak_cpus = 1,
		  .mean_cpus = 0.199},
		 "throttled 800 ms per second by cpu.max, in 100.0% of periods; limit 20.0%"},
		{{.kind = CGW_CAUSE_CPU_THROTTLED, .percent = 40, .bound = 1e8},
		 "was throttled by cpu.max in 40.0% of all periods; limit 10.0%"},
		{{.kind = CGW_CAUSE_CPUSET_FULL, .amount = 1.97, .bound = 2},
		 "uses 1.97 of 2 allowed CPUs (cpuset.cpus)"},
		{{.kind = CGW_CAUSE_CPU_PRESSURE, .percent = 7},
		 "CPU pressure: some tasks stalled 7.0% of the last 10 s"},
		{{.kind = CGW_CAUSE_IO_PRESSURE, .percent = 7, .system_wide = true},
		 "IO pressure: some tasks stalled 7.0% of the last 10 s (system-wide)"},
		{{.kind = CGW_CAUSE_MEMORY_PRESSURE, .percent = 7},
		 "memory pressure: some tasks stalled 7.0% of the last 10 s"},
		{{.kind = CGW_CAUSE_MEMORY_HIGH, .amount = 1 << 20, .bound = 2 << 20, .count = 1},
		 "exceeded memory.high 1 time and was slowed down; limit 2.0M, working set 1.0M"},
		{{.kind = CGW_CAUSE_MEMORY_MAX, .amount = 1 << 20, .bound = 2 << 20, .count = 3},
		 "reached memory.max 3 times; limit 2.0M, working set 1.0M"},
		{{.kind = CGW_CAUSE_MEMORY_MAX, .amount = 1 << 20, .bound = 1 << 20},
		 "working set 1.0M is close to memory.max; limit 1.0M"},
		{{.kind = CGW_CAUSE_OOM_KILLED,
		  .count = 1,
		  .limit = CGW_M_MEMORY_MAX,
		  .bound = 1 << 20},
		 "1 process OOM-killed; limit 1.0M (memory.max)"},
		{{.kind = CGW_CAUSE_OOM_KILLED, .count = 2, .limit = -1}, "2 processes OOM-killed"},
		{{.kind = CGW_CAUSE_SWAPPING, .amount = 3 << 20, .count = 12},
		 "3.0M in swap; 12 major page faults per second"},
		{{.kind = CGW_CAUSE_SYSTEM_MEMORY, .amount = 1 << 20, .bound = 64 << 20},
		 "low memory: 1.0M of 64M available (system-wide)"},
		{{.kind = CGW_CAUSE_IO_LIMIT,
		  .limit = CGW_M_IO_MAX_WBPS,
		  .amount = 1 << 20,
		  .bound = 1 << 20,
		  .device = "vd\na"},
		 "1.0M per second on vd\\x0aa, close to io.max.wbps; limit 1.0M"},
		{{.kind = CGW_CAUSE_PIDS_MAX, .amount = 19, .bound = 20},
		 "19 of 20 tasks (pids.max); 0 forks refused"},
		{{.kind = CGW_CAUSE_CPU_WAIT, .lost_ns = 412e6, .percent = 71, .taker = "/b\nc"},
		 "waited 412 ms per second for a CPU; /b\\x0ac ran 71.0% of it"},
		{{.kind = CGW_CAUSE_RECLAIM, .lost_ns = 34e6},
		 "reclaimed memory for 34 ms per second, 0.0% of it because of a memory limit"},
		{{.kind = CGW_CAUSE_IO_WAIT, .lost_ns = 2e9}, "waited 2000 ms per second for IO"},
	};
	struct cgw_cause thaw = {.key = "thaw"}, raise = {.key = "pids.max", .value = "30"};
	struct cgw_cause nothing = {.kind = CGW_CAUSE_CPU_PRESSURE};
	char text[CGW_SENTENCE_SIZE], *line;
	bool described[CGW_CAUSE_KIND_COUNT] = {false};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cgw_cause_sentence(&rows[i].cause, text, sizeof(text));
		assert_string_equal(text, rows[i].sentence);
		described[rows[i].cause.kind] = true;
	}
	for (size_t i = 0; i < CGW_CAUSE_KIND_COUNT; i++)
		assert_true(described[i]);
	line = cgw_cause_command(&raise, "/it's $HOME");
	assert_string_equal(line, "cgward set '/it'\\''s $HOME' 'pids.max=30'");
	free(line);
	line = cgw_cause_command(&thaw, "/a");
	assert_string_equal(line, "cgward thaw '/a'");
	free(line);
	assert_null(cgw_cause_command(&nothing, "/a"));
}

/* Two samples of one second in which /a used this many percent of one CPU, bound to these CPUs. */
static size_t explain_cpus(const char *list, unsigned cpu_count, uint64_t percent,
			   struct cgw_cause *causes)
{
	struct topology *topology = frame_topology(groups, 4);
	struct cgw_metric_set wanted = {0};
	struct cgw_frame *frame;
	size_t count;

	cgw_metric_set_add(&wanted, CGW_M_CPU_USAGE);
	cgw_metric_set_add(&wanted, CGW_M_CPUSET_CPUS_EFFECTIVE);
	assert_int_equal(cgw_frame_new(&frame), 0);
	for (uint64_t second = 1; second <= 2; second++) {
		struct cgw_snapshot *snapshot = NULL;
		int column;

		assert_int_equal(snapshot_begin(NULL, topology, &wanted, &snapshot), 0);
		snapshot->monotonic_ns = snapshot->boottime_ns = second * 1000000000;
		snapshot->machine.cpu_count = cpu_count;
		for (uint32_t i = 0; i < 4; i++)
			snapshot->read_ns[i] = snapshot->monotonic_ns;
		snapshot_set(snapshot, snapshot->column_of[CGW_M_CPU_USAGE], 1,
			     (struct cgw_number){second * percent * 10000000, CGW_OK});
		column = snapshot->column_of[CGW_M_CPUSET_CPUS_EFFECTIVE];
		assert_int_equal(snapshot_add_text(snapshot, column, 0, "0-15", 4), 0);
		assert_int_equal(snapshot_add_text(snapshot, column, 1, list, strlen(list)), 0);
		snapshot->columns[column].state[0] = snapshot->columns[column].state[1] = CGW_OK;
		assert_int_equal(snapshot_finish(snapshot), 0);
		assert_int_equal(cgw_frame_update(frame, snapshot), 0);
		cgw_snapshot_unref(snapshot);
	}
	count = cgw_explain(frame, 1, causes);
	cgw_frame_free(frame);
	topology_unref(topology);
	return count;
}

static void test_cpus_of_cpuset(void **state)
{
	static const struct {
		const char *list;
		unsigned cpus; /* 0: not a bound */
	} rows[] = {
		{"0-3", 4},     {"0", 1},     {"7", 1},       {"0-1,4", 3},
		{"1,3,5,7", 4}, {"1-1", 1},   {"0-2,4-6", 6}, {"0,2-4,6", 5},
		{"10-13", 4},   {"0-3\n", 4}, {"0-15", 0}, /* all CPUs of the machine */
		{"3-1", 0},     {"", 0},      {"all", 0},
	};
	struct cgw_cause causes[CGW_CAUSE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* 95 % of the CPUs that it may use; of any number that is not a bound. */
		uint64_t percent = (rows[i].cpus > 0 ? rows[i].cpus : 16) * 95;
		size_t count = explain_cpus(rows[i].list, 16, percent, causes);

		if (count != (rows[i].cpus > 0))
			fail_msg("'%s': %zu causes", rows[i].list, count);
		if (count == 0)
			continue;
		assert_int_equal(causes[0].kind, CGW_CAUSE_CPUSET_FULL);
		if (fabs(causes[0].bound - rows[i].cpus) > 1e-9 ||
		    fabs(causes[0].percent - 95) > 1e-6)
			fail_msg("'%s': %f CPUs, %f percent", rows[i].list, causes[0].bound,
				 causes[0].percent);
		assert_string_equal(causes[0].value, "0-15");
	}
	/* Below 90 % of its CPUs the group is not slowed down by their number. */
	assert_int_equal(explain_cpus("0-3", 16, 355, causes), 0);
	assert_int_equal(explain_cpus("0-3", 16, 365, causes), 1);
}

/* The counters of a group that replaced another of its name are not compared with the other's. */
static void test_recreated_group_has_no_present_cause(void **state)
{
	static const struct frame_group again[] = {{"/", 1}, {"/a", 9}, {"/b", 4}};
	static const struct frame_value first[] = {{"/a", CGW_M_PIDS_EVENTS_MAX, OK(5)}};
	static const struct frame_value second[] = {
		{"/a", CGW_M_PIDS_EVENTS_MAX, OK(9)},
		{"/a", CGW_M_PIDS_CURRENT, OK(1)},
		{"/a", CGW_M_PIDS_MAX, OK(20)},
	};

	for (int recreated = 0; recreated < 2; recreated++) {
		struct topology *before = frame_topology(groups, 4);
		struct topology *after =
			recreated ? frame_topology(again, 3) : topology_ref(before);
		struct cgw_snapshot *old = frame_snapshot(before, 100, first, ARRAY_SIZE(first));
		struct cgw_snapshot *new = frame_snapshot(after, 102, second, ARRAY_SIZE(second));
		struct cgw_cause causes[CGW_CAUSE_MAX];
		struct cgw_frame *frame;

		assert_int_equal(cgw_frame_new(&frame), 0);
		assert_int_equal(cgw_frame_update(frame, old), 0);
		assert_int_equal(cgw_frame_update(frame, new), 0);
		assert_int_equal(cgw_explain(frame, 1, causes), 1);
		assert_int_equal(causes[0].kind, CGW_CAUSE_PIDS_MAX);
		assert_int_equal(causes[0].current, !recreated);
		assert_true(fabs(causes[0].count - (recreated ? 9 : 4)) < 1e-9);
		cgw_frame_free(frame);
		cgw_snapshot_unref(old);
		cgw_snapshot_unref(new);
		topology_unref(before);
		topology_unref(after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes_are_ranked),
		cmocka_unit_test(test_working_set_near_limit),
		cmocka_unit_test(test_remedies),
		cmocka_unit_test(test_cpusets_are_limits),
		cmocka_unit_test(test_pressure),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_descriptions_and_commands),
		cmocka_unit_test(test_cpus_of_cpuset),
		cmocka_unit_test(test_recreated_group_has_no_present_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

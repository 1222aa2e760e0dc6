/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-recording-metrics.c - which metrics a recording has. */
#include <errno.h>

#include "shared/cli/recording-common.h"
#include "test.h"

static void test_metrics_of_columns(void **state)
{
	static const struct {
		const char *columns;
		bool memory, usage, per_cpu, processes; /* a file, a counter, and two long lists */
	} rows[] = {
		{NULL, true, true, false, false},
		{"+", true, true, false, false},
		{"+cpu.usage_percpu", true, true, true, false},
		{"+cgroup.procs", true, true, false, true},
		{"+cpu.usage_percpu,cgroup.procs", true, true, true, true},
		{"all", true, true, true, true},
		{"memory.current", true, false, false, false},
		{"cpu,memory.current", true, true, false, false},
		{"cpu.usage_percpu", false, false, true, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cgw_metric_set set = {0};
		struct cgw_diag diag = {0};

		if (recording_metrics(rows[i].columns, &set, &diag) != 0)
			fail_msg("row %zu: %s", i, diag.text);
		if (cgw_metric_set_has(&set, CGW_M_MEMORY_CURRENT) != rows[i].memory ||
		    cgw_metric_set_has(&set, CGW_M_CPU_USAGE) != rows[i].usage ||
		    cgw_metric_set_has(&set, CGW_M_CPU_USAGE_PERCPU) != rows[i].per_cpu ||
		    cgw_metric_set_has(&set, CGW_M_CGROUP_PROCS) != rows[i].processes)
			fail_msg("row %zu", i);
	}
}

/* The kernel is slowed down only for who names such a metric. */
static void test_traced_metrics_are_named(void **state)
{
	static const struct {
		const char *columns;
		bool traced;
	} rows[] = {
		{NULL, false},
		{"+", false},
		{"all", false},
		{"+all", false},
		{"cpu.run_delay", true},
		{"cpu.run_delay.p99", true},
		{"+cpu.run_delay_percent", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cgw_metric_set set = {0};
		struct cgw_diag diag = {0};
		bool traced = false;

		assert_int_equal(recording_metrics(rows[i].columns, &set, &diag), 0);
		for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++)
			traced |= cgw_metric_set_has(&set, metric) &&
				  cgw_metric_info(metric)->cost == CGW_TRACE;
		if (traced != rows[i].traced)
			fail_msg("row %zu", i);
	}
}

static void test_unknown_column(void **state)
{
	struct cgw_metric_set set = {0};
	struct cgw_diag diag = {0};

	assert_int_equal(recording_metrics("memory.current,nothing", &set, &diag), -ENOENT);
	assert_true(diag.text[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metrics_of_columns),
		cmocka_unit_test(test_traced_metrics_are_named),
		cmocka_unit_test(test_unknown_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

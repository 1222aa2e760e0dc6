/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-self-metrics.c - what cgward reports about itself. */
#include <sys/resource.h>

#include "cmd/serve/self-metrics.h"
#include "exposition-reader.h"
#include "frames.h"
#include "lib/base/cleanup.h"
#include "tree.h"

static int put(void *context, const char *piece, size_t length)
{
	return fwrite(piece, 1, length, context) == length ? 0 : -1;
}

static void expose(const struct health *health, struct exposition_reader *reader)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct cgw_exposition *exposition;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(cgw_exposition_new(CGW_EXPOSITION_OPENMETRICS, put, out, &exposition), 0);
	health_expose(health, exposition);
	assert_int_equal(cgw_exposition_end(exposition), 0);
	assert_int_equal(fclose(out), 0);
	exposition_read(text, true, reader);
}

static double value_of(const struct exposition_reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->series_count; i++)
		if (strcmp(reader->series[i].name, name) == 0)
			return strtod(reader->series[i].number, NULL);
	fail_msg("%s is missing", name);
	return 0;
}

static double cpu_seconds(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void test_use_and_samples(void **state)
{
	static const struct frame_group groups[] = {{"/", 1}};
	static const struct frame_value values[] = {{"/", CGW_M_PIDS_CURRENT, {1, CGW_OK}}};
	struct topology *topology = frame_topology(groups, 1);
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 5, values, 1);
	struct tree_dir *dir = tree_new();
	char cgroup[300], proc[300];
	const struct cgw_roots roots = {.cgroup = tree_at(dir, "cgroup", cgroup, sizeof(cgroup)),
					.proc = tree_at(dir, "proc", proc, sizeof(proc))};
	struct cgw_layout *layout = NULL;
	struct health health = {.started_ns = UINT64_C(1700000000500000000)};
	struct exposition_reader reader;
	double before, after;

	tree_machine_v2(dir);
	tree_file(dir, "proc/self/statm", "100 50 10 1 0 30 0\n");
	assert_int_equal(cgw_layout_open(&roots, &layout, NULL), 0);
	health.layout = layout;
	snapshot->cost_ns = 250000000;
	snapshot->realtime_ns = UINT64_C(1700000009250000000);
	health_count(&health, snapshot);
	health_count(&health, NULL);
	health_count(&health, snapshot);
	/* Less than a second, but not zero. */
	while (cpu_seconds() < 0.02)
		;
	before = cpu_seconds();
	expose(&health, &reader);
	after = cpu_seconds();
	assert_true(value_of(&reader, "cgward_samples_total") == 2);
	assert_true(value_of(&reader, "cgward_sample_errors_total") == 1);
	assert_true(value_of(&reader, "cgward_sample_cpu_seconds_total") == 0.5);
	assert_true(value_of(&reader, "cgward_sample_time_seconds") == 1700000009.25);
	assert_true(value_of(&reader, "process_start_time_seconds") == 1700000000.5);
	assert_true(value_of(&reader, "process_resident_memory_bytes") ==
		    50.0 * (double)sysconf(_SC_PAGESIZE));
	assert_true(value_of(&reader, "process_cpu_seconds_total") > before - 1e-6);
	assert_true(value_of(&reader, "process_cpu_seconds_total") < after + 1e-6);
	exposition_reader_free(&reader);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	cgw_layout_free(layout);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_use_and_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

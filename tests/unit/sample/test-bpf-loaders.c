/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-bpf-loaders.c - the committed loaders match the records that the collector reads. */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/sample/bpf/bpf-loader.h"
#include "lib/sample/bpf/programs/records.h"
#include "lib/sample/bpf/programs/trace-records.h"
#include "test.h"

#define NUMBERS(count) ((count) * sizeof(uint64_t))

struct expected_map {
	const char *map;
	size_t value_bytes;
};

static const struct expected_map expected[] = {
	{"control", sizeof(struct bpf_control)},
	{"groups", sizeof(struct bpf_group_record)},
	{"names", BPF_NAMES_SIZE},
	{"learned", sizeof(struct bpf_learned)},
	{"cpu_addresses", sizeof(struct bpf_cpu_addresses)},
	{"percpu", NUMBERS(1)},
	{"percpu_probe", NUMBERS(1)},
	{"states", NUMBERS(1)},
	{"devices", NUMBERS(BPF_DEVICE_SIZE)},
	{"core", NUMBERS(BPF_CORE_SIZE)},
	{"core_states", NUMBERS(BPF_CORE_STATES_SIZE)},
	{"cpu", NUMBERS(BPF_CPU_SIZE)},
	{"cpuacct", NUMBERS(BPF_CPUACCT_SIZE)},
	{"memory", NUMBERS(BPF_MEMORY_SIZE)},
	{"limits", NUMBERS(BPF_LIMITS_SIZE)},
	{"stat", NUMBERS(BPF_STAT_SIZE)},
	{"pids", NUMBERS(BPF_PIDS_SIZE)},
	{"pids_limits", NUMBERS(BPF_PIDS_LIMITS_SIZE)},
	{"freezer", NUMBERS(BPF_FREEZER_SIZE)},
	{"io", NUMBERS(BPF_IO_SIZE)},
	{"weight", NUMBERS(BPF_WEIGHT_SIZE)},
	{"device", NUMBERS(BPF_LIST_SIZE)},
};

/* Those of the traces: every loader has the first two. */
#define TRACE_MAPS                                            \
	{"trace_groups", sizeof(struct trace_group)},         \
	{                                                     \
		"trace_control", sizeof(struct trace_control) \
	}
static const struct expected_map expected_run_delay[] = {
	TRACE_MAPS,
	{"waits", NUMBERS(4)},
	{"trace_pairs", NUMBERS(1)},
	{"trace_cpus", sizeof(struct trace_cpu)},
};
static const struct expected_map expected_reclaim[] = {TRACE_MAPS, {"reclaims", NUMBERS(1)}};
static const struct expected_map expected_reclaim_alone[] = {
	TRACE_MAPS,
	{"reclaims_alone", NUMBERS(4)},
};
static const struct expected_map expected_io_wait[] = {TRACE_MAPS, {"io_waits", NUMBERS(2)}};
static const struct expected_map expected_io_queue[] = {TRACE_MAPS};
static const struct expected_map expected_io_device[] = {TRACE_MAPS, {"requests", NUMBERS(1)}};
static const struct expected_map expected_socket[] = {TRACE_MAPS, {"connections", NUMBERS(3)}};
static const struct expected_map expected_cpu_burst[] = {TRACE_MAPS};
static const struct expected_map expected_quota[] = {TRACE_MAPS};
static const struct expected_map expected_runnable[] = {TRACE_MAPS, {"counted", NUMBERS(1)}};

static void check_loader(const struct bpf_loader *loader, size_t program_count,
			 const struct expected_map *maps, size_t map_count)
{
	assert_int_equal(loader->map_count, map_count);
	for (size_t i = 0; i < map_count; i++) {
		size_t map = 0;

		while (map < loader->map_count && strcmp(loader->maps[map].name, maps[i].map) != 0)
			map++;
		assert_true(map < loader->map_count);
		assert_int_equal(loader->maps[map].value_bytes, maps[i].value_bytes);
	}
	assert_int_equal(loader->program_count, program_count);
	assert_int_equal(loader->instruction_bytes % sizeof(uint64_t), 0);
}

static void test_loaders_create_the_arrays_that_are_read(void **state)
{
	check_loader(&bpf_loader_css_direct, 2, expected, ARRAY_SIZE(expected));
	check_loader(&bpf_loader_cgroup_direct, 2, expected, ARRAY_SIZE(expected));
	check_loader(&bpf_loader_cgroup_probe, 2, expected, ARRAY_SIZE(expected));
	check_loader(&bpf_loader_run_delay, 3, expected_run_delay, ARRAY_SIZE(expected_run_delay));
	check_loader(&bpf_loader_reclaim, 4, expected_reclaim, ARRAY_SIZE(expected_reclaim));
	check_loader(&bpf_loader_reclaim_alone, 6, expected_reclaim_alone,
		     ARRAY_SIZE(expected_reclaim_alone));
	check_loader(&bpf_loader_io_wait, 2, expected_io_wait, ARRAY_SIZE(expected_io_wait));
	check_loader(&bpf_loader_io_queue, 1, expected_io_queue, ARRAY_SIZE(expected_io_queue));
	check_loader(&bpf_loader_io_device, 2, expected_io_device, ARRAY_SIZE(expected_io_device));
	check_loader(&bpf_loader_socket, 4, expected_socket, ARRAY_SIZE(expected_socket));
	check_loader(&bpf_loader_cpu_burst, 1, expected_cpu_burst, ARRAY_SIZE(expected_cpu_burst));
	check_loader(&bpf_loader_quota, 1, expected_quota, ARRAY_SIZE(expected_quota));
	check_loader(&bpf_loader_runnable, 3, expected_runnable, ARRAY_SIZE(expected_runnable));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loaders_create_the_arrays_that_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-idle.c - tests of idle groups, and of the first group of a hierarchy. */
#include "sample-machine.h"

#define IDLE_KEYS "cpu.usage cpu.user memory.current io.rbytes cgroup.type"

static struct machine *new_idle_machine(unsigned interval)
{
	const struct cgw_sampler_options options = {.idle_interval = interval};
	struct machine *machine = machine_new(tree_machine_v2);

	tree_file(machine->dir, "cgroup/a/cpu.stat", "usage_usec 7\nuser_usec 3\n");
	tree_file(machine->dir, "cgroup/a/memory.current", "4096\n");
	tree_file(machine->dir, "cgroup/a/io.stat", "8:0 rbytes=5\n8:16 rbytes=10\n");
	tree_file(machine->dir, "cgroup/a/cgroup.type", "domain\n");
	machine_open(machine, IDLE_KEYS);
	cgw_sampler_free(machine->sampler);
	assert_int_equal(cgw_sampler_new(machine->layout, &options, &machine->sampler, NULL), 0);
	request_keys(machine->sampler, IDLE_KEYS);
	cgw_snapshot_unref(sample(machine));
	return machine;
}

static void assert_memory(struct machine *machine, uint64_t bytes)
{
	struct cgw_snapshot *snapshot = sample(machine);

	assert_number(snapshot, "/a", CGW_M_MEMORY_CURRENT, CGW_OK, bytes);
	cgw_snapshot_unref(snapshot);
}

/* The files of an idle group are read again every few samples. */
static void test_idle_group_is_read_in_turn(void **state)
{
	struct machine *machine = new_idle_machine(4);
	const struct cgw_instance *instances;
	uint64_t memory_bytes = 4096;
	unsigned samples = 0;
	enum cgw_state text_state;
	size_t count;

	tree_file(machine->dir, "cgroup/a/memory.current", "8192\n");
	tree_file(machine->dir, "cgroup/a/cpu.stat", "usage_usec 7\nuser_usec 4\n");
	for (; memory_bytes == 4096 && samples < 4; samples++) {
		struct cgw_snapshot *snapshot = sample(machine);

		/*
		 * The file with the CPU usage is read in each sample; the other values are
		 * copied.
		 */
		assert_number(snapshot, "/a", CGW_M_CPU_USAGE, CGW_OK, 7000);
		assert_number(snapshot, "/a", CGW_M_CPU_USER, CGW_OK, 4000);
		assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 15);
		instances = cgw_snapshot_instances(snapshot, CGW_M_IO_RBYTES, 1, &count);
		assert_int_equal(count, 2);
		assert_int_equal(instances[1].number.value, 10);
		assert_string_equal(cgw_snapshot_text(snapshot, CGW_M_CGROUP_TYPE, 1, &text_state),
				    "domain");
		memory_bytes = read_number(snapshot, "/a", CGW_M_MEMORY_CURRENT).value;
		cgw_snapshot_unref(snapshot);
	}
	assert_int_equal(memory_bytes, 8192);
	assert_true(samples > 1);
	machine_free(machine);
}

/* The first group of a hierarchy is read in the same sample. */
static void test_first_group_is_read_at_once(void **state)
{
	struct machine *machine = machine_new(tree_machine_v1);
	struct cgw_snapshot *snapshot;

	tree_file(machine->dir, "cgroup/memory/a/memory.usage_in_bytes", "1\n");
	machine_open(machine, "memory.current");
	machine->layout->recorded = false; /* inotify reports new groups, as for cgroupfs */
	cgw_sampler_free(machine->sampler);
	assert_int_equal(cgw_sampler_new(machine->layout, NULL, &machine->sampler, NULL), 0);
	request_keys(machine->sampler, "memory.current pids.max");
	cgw_snapshot_unref(sample(machine));
	tree_file(machine->dir, "cgroup/pids/b/pids.max", "77\n");
	snapshot = sample(machine);
	assert_number(snapshot, "/b", CGW_M_PIDS_MAX, CGW_OK, 77);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

/* An idle group is read when its CPU usage changes, on request, and correctly when rows shift. */
static void test_active_group_is_read_at_once(void **state)
{
	struct machine *machine = new_idle_machine(1000);

	tree_file(machine->dir, "cgroup/a/memory.current", "100\n");
	assert_memory(machine, 4096);
	tree_file(machine->dir, "cgroup/a/cpu.stat", "usage_usec 8\nuser_usec 3\n");
	assert_memory(machine, 100);
	tree_file(machine->dir, "cgroup/a/memory.current", "200\n");
	cgw_sampler_read_idle(machine->sampler);
	assert_memory(machine, 200);
	tree_file(machine->dir, "cgroup/Z/memory.current", "55\n");
	tree_file(machine->dir, "cgroup/Z/cpu.stat", "usage_usec 8\n");
	tree_file(machine->dir, "cgroup/a/memory.current", "300\n");
	for (unsigned i = 0; i < 3; i++)
		assert_memory(machine, 200);
	tree_file(machine->dir, "cgroup/a/cpu.stat", "usage_usec 9\n");
	assert_memory(machine, 300);
	machine_free(machine);
}

/* CPU usage is hierarchical: the descendants of an idle group are not read. */
static void test_descendants_of_idle_group_are_not_read(void **state)
{
	struct machine *machine = new_idle_machine(1000);
	struct cgw_snapshot *snapshot;

	tree_file(machine->dir, "cgroup/a/b/cpu.stat", "usage_usec 5\n");
	cgw_snapshot_unref(sample(machine));
	/* Impossible on a kernel; the old value shows that the file was not read. */
	tree_file(machine->dir, "cgroup/a/b/cpu.stat", "usage_usec 6\n");
	snapshot = sample(machine);
	assert_number(snapshot, "/a/b", CGW_M_CPU_USAGE, CGW_OK, 5000);
	cgw_snapshot_unref(snapshot);
	tree_file(machine->dir, "cgroup/a/cpu.stat", "usage_usec 8\nuser_usec 3\n");
	snapshot = sample(machine);
	assert_number(snapshot, "/a/b", CGW_M_CPU_USAGE, CGW_OK, 6000);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_group_is_read_in_turn),
		cmocka_unit_test(test_active_group_is_read_at_once),
		cmocka_unit_test(test_descendants_of_idle_group_are_not_read),
		cmocka_unit_test(test_first_group_is_read_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-idle-replaced.c - values copied for idle groups, or read late, are of the same group. */
#include <stdio.h>

#include "lib/kernel/kernel-ops.h"
#include "sample-machine.h"

#define KEYS  "cpu.usage memory.current pids.max"
#define NEVER 100000 /* samples until an idle group would be read in its turn */

static unsigned replaced;

/* Renames a group instead of removing it, so that its inode number is not reused. */
static void set_aside(struct machine *machine, const char *path)
{
	char to[32];

	snprintf(to, sizeof(to), "removed-%u", replaced++);
	tree_move(machine->dir, path, to);
}

/* The files of a group, under the names of its version. */
static void write_group(struct machine *machine, unsigned version, const char *group,
			unsigned usage, unsigned memory)
{
	char path[128], text[64];

	snprintf(path, sizeof(path),
		 version == 1 ? "cgroup/cpu,cpuacct/%s/cpuacct.usage" : "cgroup/%s/cpu.stat",
		 group);
	snprintf(text, sizeof(text), version == 1 ? "%u\n" : "usage_usec %u\n", usage);
	tree_file(machine->dir, path, text);
	snprintf(path, sizeof(path),
		 version == 1 ? "cgroup/memory/%s/memory.usage_in_bytes"
			      : "cgroup/%s/memory.current",
		 group);
	snprintf(text, sizeof(text), "%u\n", memory);
	tree_file(machine->dir, path, text);
}

static void remove_group(struct machine *machine, unsigned version, const char *group)
{
	static const char *const hierarchies[] = {"cpu,cpuacct/", "memory/"};
	char path[128];

	for (size_t i = 0; i < (version == 1 ? ARRAY_SIZE(hierarchies) : 1); i++) {
		snprintf(path, sizeof(path), "cgroup/%s%s", version == 1 ? hierarchies[i] : "",
			 group);
		set_aside(machine, path);
	}
}

/* An idle group /a (usage 7, memory 4096) with a child /a/b, both sampled already. */
static struct machine *new_machine(unsigned version, unsigned interval)
{
	const struct cgw_sampler_options options = {.idle_interval = interval};
	struct machine *machine = machine_new(version == 1 ? tree_machine_v1 : tree_machine_v2);

	write_group(machine, version, "a", 7, 4096);
	write_group(machine, version, "a/b", 5, 1024);
	assert_int_equal(cgw_layout_open(&machine->roots, &machine->layout, NULL), 0);
	assert_int_equal(cgw_sampler_new(machine->layout, &options, &machine->sampler, NULL), 0);
	request_keys(machine->sampler, KEYS);
	/* Idle is a group whose usage is the same in two samples. */
	for (int i = 0; i < 3; i++)
		cgw_snapshot_unref(sample(machine));
	return machine;
}

static void assert_memory(struct machine *machine, const char *path, uint64_t bytes)
{
	struct cgw_snapshot *snapshot = sample(machine);

	assert_number(snapshot, path, CGW_M_MEMORY_CURRENT, CGW_OK, bytes);
	cgw_snapshot_unref(snapshot);
}

/* What the tests below rely on: without a reason an idle group is not read. */
static void test_idle_group_is_not_read(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine *machine = new_machine(version, NEVER);

		write_group(machine, version, "a", 7, 1);
		write_group(machine, version, "a/b", 5, 1);
		assert_memory(machine, "/a", 4096);
		assert_memory(machine, "/a/b", 1024);
		machine_free(machine);
	}
}

/* By chance the new group has used as much CPU time as the old one. */
static void test_recreated_group_is_read_at_once(void **state)
{
	for (unsigned version = 1; version <= 2; version++)
		for (unsigned interval = 0; interval <= NEVER; interval += NEVER) {
			struct machine *machine = new_machine(version, interval);

			remove_group(machine, version, "a");
			write_group(machine, version, "a", 7, 55);
			assert_memory(machine, "/a", 55);
			write_group(machine, version, "a", 8, 56);
			assert_memory(machine, "/a", 56);
			machine_free(machine);
		}
}

static void test_recreated_child_of_idle_group_is_read_at_once(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine *machine = new_machine(version, NEVER);
		struct cgw_snapshot *snapshot;

		remove_group(machine, version, "a/b");
		write_group(machine, version, "a/b", 3, 55);
		snapshot = sample(machine);
		assert_number(snapshot, "/a/b", CGW_M_MEMORY_CURRENT, CGW_OK, 55);
		assert_number(snapshot, "/a/b", CGW_M_CPU_USAGE, CGW_OK, version == 1 ? 3 : 3000);
		cgw_snapshot_unref(snapshot);
		machine_free(machine);
	}
}

/* v1: recreated, added or removed in one hierarchy, while the CPU usage is that of another. */
static void test_change_of_one_hierarchy_is_read_at_once(void **state)
{
	struct machine *machine = new_machine(1, NEVER);
	struct cgw_snapshot *snapshot;

	/* Another group is in all hierarchies: without one, the files to read would change too. */
	write_group(machine, 1, "z", 1, 1);
	tree_file(machine->dir, "cgroup/pids/z/pids.max", "1\n");
	for (int i = 0; i < 3; i++)
		cgw_snapshot_unref(sample(machine));
	set_aside(machine, "cgroup/memory/a/b");
	tree_file(machine->dir, "cgroup/memory/a/b/memory.usage_in_bytes", "55\n");
	assert_memory(machine, "/a/b", 55);
	set_aside(machine, "cgroup/memory/a");
	tree_file(machine->dir, "cgroup/memory/a/memory.usage_in_bytes", "66\n");
	assert_memory(machine, "/a", 66);
	assert_memory(machine, "/a", 66);
	tree_file(machine->dir, "cgroup/pids/a/pids.max", "77\n");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_PIDS_MAX, CGW_OK, 77);
	assert_number(snapshot, "/a", CGW_M_MEMORY_CURRENT, CGW_OK, 66);
	cgw_snapshot_unref(snapshot);
	set_aside(machine, "cgroup/memory/a");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_MEMORY_CURRENT, CGW_ABSENT, 0);
	assert_number(snapshot, "/a", CGW_M_PIDS_MAX, CGW_OK, 77);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

/* Rows of the last sample move when a group before them is removed or added. */
static void test_values_follow_their_rows(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine *machine = new_machine(version, NEVER);
		struct cgw_snapshot *snapshot;

		write_group(machine, version, "c", 9, 300);
		for (int i = 0; i < 3; i++)
			cgw_snapshot_unref(sample(machine));
		remove_group(machine, version, "a");
		assert_memory(machine, "/c", 300);
		write_group(machine, version, "A", 1, 100);
		write_group(machine, version, "B", 1, 200);
		for (int i = 0; i < 3; i++) {
			snapshot = sample(machine);
			assert_number(snapshot, "/A", CGW_M_MEMORY_CURRENT, CGW_OK, 100);
			assert_number(snapshot, "/B", CGW_M_MEMORY_CURRENT, CGW_OK, 200);
			assert_number(snapshot, "/c", CGW_M_MEMORY_CURRENT, CGW_OK, 300);
			assert_number(snapshot, "/c", CGW_M_CPU_USAGE, CGW_OK,
				      version == 1 ? 9 : 9000);
			cgw_snapshot_unref(snapshot);
		}
		machine_free(machine);
	}
}

/* The usage of a group is compared with its own last one, not with that of its new row. */
static void test_usage_of_another_row_is_not_compared(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine *machine = new_machine(version, NEVER);

		write_group(machine, version, "c", 9, 300);
		for (int i = 0; i < 3; i++)
			cgw_snapshot_unref(sample(machine));
		/* "/c" gets the row of "/a", whose usage was 7. */
		remove_group(machine, version, "a");
		write_group(machine, version, "c", 7, 301);
		assert_memory(machine, "/c", 301);
		machine_free(machine);
	}
}

/* Two samples without a CPU usage do not have the same usage. */
static void test_group_without_usage_is_read(void **state)
{
	static const char *const texts[] = {"usage_usec x\n", "user_usec 3\n", ""};

	/* Of both groups, or only of the child of an idle group. */
	for (size_t i = 0; i < 2 * ARRAY_SIZE(texts); i++) {
		struct machine *machine = new_machine(2, NEVER);

		tree_file(machine->dir, "cgroup/a/b/cpu.stat", texts[i / 2]);
		if (i % 2 == 0)
			tree_file(machine->dir, "cgroup/a/cpu.stat", texts[i / 2]);
		else /* it is idle from the next sample on */
			tree_file(machine->dir, "cgroup/a/cpu.stat", "usage_usec 8\n");
		for (int k = 0; k < 3; k++)
			cgw_snapshot_unref(sample(machine));
		for (unsigned memory = 1; memory <= 4; memory++) {
			char text[16];

			snprintf(text, sizeof(text), "%u\n", memory);
			tree_file(machine->dir, "cgroup/a/memory.current", text);
			tree_file(machine->dir, "cgroup/a/b/memory.current", text);
			if (i % 2 == 0)
				assert_memory(machine, "/a", memory);
			assert_memory(machine, "/a/b", memory);
		}
		machine_free(machine);
	}
}

/* Hybrid: the usage of /a is read from v1, which does not include /a/b of v2 only. */
static void test_child_of_another_hierarchy_is_read(void **state)
{
	const struct cgw_sampler_options options = {.idle_interval = NEVER};
	struct machine *machine = machine_new(tree_machine_v1);
	struct cgw_snapshot *snapshot;

	tree_file(machine->dir, "proc/self/mountinfo",
		  "25 22 0:20 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
		  "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		  "36 25 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	tree_file(machine->dir, "cgroup/unified/cgroup.controllers", "memory\n");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/a/cpuacct.usage", "7\n");
	tree_file(machine->dir, "cgroup/unified/a/cpu.stat", "usage_usec 7\n");
	tree_file(machine->dir, "cgroup/unified/a/b/cpu.stat", "usage_usec 5\n");
	tree_file(machine->dir, "cgroup/unified/a/b/memory.current", "1024\n");
	assert_int_equal(cgw_layout_open(&machine->roots, &machine->layout, NULL), 0);
	assert_int_equal(cgw_sampler_new(machine->layout, &options, &machine->sampler, NULL), 0);
	request_keys(machine->sampler, KEYS);
	for (int i = 0; i < 3; i++)
		cgw_snapshot_unref(sample(machine));
	tree_file(machine->dir, "cgroup/unified/a/b/cpu.stat", "usage_usec 6\n");
	tree_file(machine->dir, "cgroup/unified/a/b/memory.current", "2048\n");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_CPU_USAGE, CGW_OK, 7);
	assert_number(snapshot, "/a/b", CGW_M_CPU_USAGE, CGW_OK, 6000);
	assert_number(snapshot, "/a/b", CGW_M_MEMORY_CURRENT, CGW_OK, 2048);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

static struct machine *replacing; /* by replace_after_walk() */
static unsigned replacing_version;

/* The machine's own files are read after the groups have been listed, and before they are read. */
static ssize_t replace_after_walk(int fd, void *buffer, size_t size, off_t offset)
{
	char link[64], path[4096];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	if (replacing != NULL && strstr(path, "/proc/stat") != NULL) {
		remove_group(replacing, replacing_version, "a");
		write_group(replacing, replacing_version, "a", 1, 55);
		replacing = NULL;
	}
	return kernel_ops_real.read_at(fd, buffer, size, offset);
}

/* A group that is replaced during the sample: no value of the new group under the ID of the old. */
static void test_group_replaced_during_sample(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine *machine =
			machine_new(version == 1 ? tree_machine_v1 : tree_machine_v2);
		struct kernel_ops ops = kernel_ops_real;
		struct cgw_snapshot *snapshot;

		write_group(machine, version, "a", 7, 4096);
		ops.read_at = replace_after_walk;
		assert_int_equal(layout_open_with(&machine->roots, &ops, &machine->layout, NULL),
				 0);
		assert_int_equal(cgw_sampler_new(machine->layout, NULL, &machine->sampler, NULL),
				 0);
		request_keys(machine->sampler, KEYS);
		replacing = machine;
		replacing_version = version;
		snapshot = sample(machine);
		assert_null(replacing);
		assert_number(snapshot, "/a", CGW_M_MEMORY_CURRENT, CGW_GONE, 0);
		assert_number(snapshot, "/a", CGW_M_CPU_USAGE, CGW_GONE, 0);
		cgw_snapshot_unref(snapshot);
		assert_memory(machine, "/a", 55);
		machine_free(machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_group_is_not_read),
		cmocka_unit_test(test_recreated_group_is_read_at_once),
		cmocka_unit_test(test_recreated_child_of_idle_group_is_read_at_once),
		cmocka_unit_test(test_change_of_one_hierarchy_is_read_at_once),
		cmocka_unit_test(test_values_follow_their_rows),
		cmocka_unit_test(test_usage_of_another_row_is_not_compared),
		cmocka_unit_test(test_group_without_usage_is_read),
		cmocka_unit_test(test_child_of_another_hierarchy_is_read),
		cmocka_unit_test(test_group_replaced_during_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

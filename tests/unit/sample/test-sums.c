/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-sums.c - values that depend on other groups, devices or files of the machine. */
#include <stdio.h>
#include <unistd.h>

#include "sample-machine.h"

static void open_with(struct machine *machine, const struct cgw_sampler_options *options,
		      const char *keys)
{
	assert_int_equal(cgw_layout_open(&machine->roots, &machine->layout, NULL), 0);
	assert_int_equal(cgw_sampler_new(machine->layout, options, &machine->sampler, NULL), 0);
	request_keys(machine->sampler, keys);
}

static void assert_instance(const struct cgw_snapshot *snapshot, const char *path,
			    enum cgw_metric metric, size_t which, const char *name, uint64_t value)
{
	uint32_t group = cgw_topology_find(cgw_snapshot_topology(snapshot), path);
	size_t count;
	const struct cgw_instance *instances =
		cgw_snapshot_instances(snapshot, metric, group, &count);

	assert_true(which < count);
	assert_string_equal(instances[which].name, name);
	assert_int_equal(instances[which].number.state, CGW_OK);
	assert_int_equal(instances[which].number.value, value);
}

static size_t count_instances(const struct cgw_snapshot *snapshot, const char *path,
			      enum cgw_metric metric)
{
	size_t count;

	(void)cgw_snapshot_instances(
		snapshot, metric, cgw_topology_find(cgw_snapshot_topology(snapshot), path), &count);
	return count;
}

static void add_device(struct tree_dir *dir, const char *number, const char *name)
{
	char path[128], text[128];

	snprintf(path, sizeof(path), "sys/dev/block/%s/uevent", number);
	snprintf(text, sizeof(text), "MAJOR=8\nDEVNAME=%s\nDEVTYPE=disk\n", name);
	tree_file(dir, path, text);
	snprintf(path, sizeof(path), "sys/block/%s/uevent", name);
	tree_file(dir, path, text);
}

/* LVM (dm-1) on LUKS (dm-0) on a partition of sda, as in /sys: partitions are below their disk. */
static void add_stack(struct tree_dir *dir)
{
	char target[400], link[400];

	add_device(dir, "8:0", "sda");
	add_device(dir, "8:16", "sdb");
	add_device(dir, "253:0", "dm-0");
	add_device(dir, "253:1", "dm-1");
	tree_file(dir, "sys/block/sda/sda3/partition", "3\n");
	tree_directory(dir, "sys/block/sda/slaves");
	tree_directory(dir, "sys/block/dm-0/slaves");
	tree_directory(dir, "sys/block/dm-1/slaves");
	assert_int_equal(symlink(tree_at(dir, "sys/block/sda/sda3", target, sizeof(target)),
				 tree_at(dir, "sys/block/dm-0/slaves/sda3", link, sizeof(link))),
			 0);
	assert_int_equal(symlink(tree_at(dir, "sys/block/dm-0", target, sizeof(target)),
				 tree_at(dir, "sys/block/dm-1/slaves/dm-0", link, sizeof(link))),
			 0);
}

static void test_stacked_devices_are_counted_once(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	struct cgw_snapshot *snapshot;

	add_stack(machine->dir);
	tree_file(machine->dir, "cgroup/a/io.stat",
		  "253:1 rbytes=1000 wbytes=70\n253:0 rbytes=1000 wbytes=70\n"
		  "8:16 rbytes=5 wbytes=0\n8:0 rbytes=1000 wbytes=70\n");
	/* Not listed with its disk: the only count of these bytes. */
	tree_file(machine->dir, "cgroup/b/io.stat", "253:0 rbytes=3\n8:16 rbytes=5\n");
	/* A level is missing between the two. */
	tree_file(machine->dir, "cgroup/c/io.stat", "8:0 rbytes=4\n253:1 rbytes=4\n");
	/* Most bytes are of another partition of the disk. */
	tree_file(machine->dir, "cgroup/d/io.stat", "253:0 rbytes=3\n8:0 rbytes=50\n");
	machine_open(machine, "io.rbytes io.wbytes");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 1005);
	assert_number(snapshot, "/a", CGW_M_IO_WBYTES, CGW_OK, 70);
	assert_int_equal(count_instances(snapshot, "/a", CGW_M_IO_RBYTES), 4);
	assert_number(snapshot, "/b", CGW_M_IO_RBYTES, CGW_OK, 8);
	assert_number(snapshot, "/c", CGW_M_IO_RBYTES, CGW_OK, 4);
	assert_number(snapshot, "/d", CGW_M_IO_RBYTES, CGW_OK, 50);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

static void test_instances_of_one_name_are_joined(void **state)
{
	struct machine *machine = machine_new(tree_machine_v1);
	struct cgw_snapshot *snapshot;

	tree_file(machine->dir, "cgroup/blkio/a/blkio.throttle.io_service_bytes_recursive",
		  "(unknown) Read 1000\n(unknown) Write 1\n(unknown) Read 700\n8:0 Read 30\n"
		  "(unknown) Read 7\nTotal 1738\n");
	tree_file(machine->dir, "cgroup/blkio/b/blkio.throttle.io_service_bytes_recursive",
		  "8:0 Read 40\n8:0 Write 2\nTotal 42\n");
	tree_file(machine->dir, "cgroup/blkio/a/blkio.throttle.read_bps_device",
		  "(unknown) 500\n(unknown) 300\n");
	machine_open(machine, "io.rbytes io.wbytes io.max.rbps");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 1737);
	assert_int_equal(count_instances(snapshot, "/a", CGW_M_IO_RBYTES), 2);
	assert_instance(snapshot, "/a", CGW_M_IO_RBYTES, 0, "(unknown)", 1707);
	assert_instance(snapshot, "/a", CGW_M_IO_RBYTES, 1, "8:0", 30);
	assert_instance(snapshot, "/b", CGW_M_IO_RBYTES, 0, "8:0", 40);
	assert_instance(snapshot, "/b", CGW_M_IO_WBYTES, 0, "8:0", 2);
	/* The tighter limit applies, not the sum. */
	assert_int_equal(count_instances(snapshot, "/a", CGW_M_IO_MAX_RBPS), 1);
	assert_instance(snapshot, "/a", CGW_M_IO_MAX_RBPS, 0, "(unknown)", 300);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

/* Current kernels count IO on v1 only on disks for which a throttle limit was set. */
static void test_uncounted_io_is_not_zero(void **state)
{
	static const char root[] = "cgroup/blkio/blkio.throttle.io_service_bytes_recursive";
	struct machine *machine = machine_new(tree_machine_v1);
	struct cgw_snapshot *snapshot;

	tree_file(machine->dir, "proc/diskstats", "8 0 sda 1 0 2 0 1 0 4 0 0 0 0\n");
	tree_directory(machine->dir, "sys/block/sda");
	tree_file(machine->dir, root, "Total 0\n");
	tree_file(machine->dir, "cgroup/blkio/a/blkio.throttle.io_service_bytes_recursive",
		  "Total 0\n");
	tree_file(machine->dir, "cgroup/blkio/b/blkio.throttle.io_service_bytes_recursive",
		  "8:16 Read 40\nTotal 40\n");
	machine_open(machine, "io.rbytes");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_ABSENT, 0);
	assert_number(snapshot, "/b", CGW_M_IO_RBYTES, CGW_OK, 40);
	assert_number(snapshot, "/", CGW_M_IO_RBYTES, CGW_OK, 1024);
	assert_true(cgw_snapshot_is_system_wide(snapshot, CGW_M_IO_RBYTES));
	cgw_snapshot_unref(snapshot);
	tree_file(machine->dir, root, "8:0 Read 0\n8:0 Write 0\nTotal 0\n");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 0);
	assert_number(snapshot, "/", CGW_M_IO_RBYTES, CGW_OK, 0);
	cgw_snapshot_unref(snapshot);
	/* A second disk, which is not counted: what a group did there is not known. */
	tree_file(machine->dir, "proc/diskstats",
		  "8 0 sda 1 0 2 0 1 0 4 0 0 0 0\n8 16 sdb 1 0 8 0 1 0 4 0 0 0 0\n"
		  "8 32 sdc 0 0 0 0 0 0 0 0 0 0 0\n");
	tree_directory(machine->dir, "sys/block/sdb");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_ABSENT, 0);
	assert_number(snapshot, "/b", CGW_M_IO_RBYTES, CGW_OK, 40);
	assert_number(snapshot, "/", CGW_M_IO_RBYTES, CGW_OK, 5120);
	assert_true(cgw_snapshot_is_system_wide(snapshot, CGW_M_IO_RBYTES));
	cgw_snapshot_unref(snapshot);
	tree_file(machine->dir, root, "8:0 Read 0\n8:16 Read 0\nTotal 0\n");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 0);
	assert_number(snapshot, "/", CGW_M_IO_RBYTES, CGW_OK, 0);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

/* v1 without the "_recursive" files, and v1 counters that exist only without descendants. */
static void make_v1_alone(struct tree_dir *dir)
{
	static const struct {
		const char *path, *bytes, *failcnt;
	} groups[] = {
		{"", "8:0 Read 0\nTotal 0\n", "1\n"},
		{"/a", "8:0 Read 10\nTotal 10\n", "2\n"},
		{"/a/x", "8:0 Read 5\n8:16 Read 7\nTotal 12\n", "3\n"},
		{"/a/x/deep", "8:16 Read 100\nTotal 100\n", "4\n"},
		{"/a/y", "Total 0\n", "0\n"},
		{"/b", "8:0 Read 1\nTotal 1\n", "5\n"},
	};

	tree_machine_v1(dir);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		char path[128];

		snprintf(path, sizeof(path), "cgroup/blkio%s/blkio.throttle.io_service_bytes",
			 groups[i].path);
		tree_file(dir, path, groups[i].bytes);
		snprintf(path, sizeof(path), "cgroup/memory%s/memory.failcnt", groups[i].path);
		tree_file(dir, path, groups[i].failcnt);
		snprintf(path, sizeof(path), "cgroup/cpu,cpuacct%s/cpuacct.usage", groups[i].path);
		tree_file(dir, path, "1\n");
	}
}

static void test_descendants_are_added(void **state)
{
	struct machine *machine = machine_new(make_v1_alone);
	struct cgw_snapshot *snapshot;

	machine_open(machine, "io.rbytes memory.events.max");
	snapshot = sample(machine);
	assert_number(snapshot, "/a/x/deep", CGW_M_IO_RBYTES, CGW_OK, 100);
	assert_number(snapshot, "/a/x", CGW_M_IO_RBYTES, CGW_OK, 112);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 122);
	assert_number(snapshot, "/a/y", CGW_M_IO_RBYTES, CGW_OK, 0);
	assert_number(snapshot, "/", CGW_M_IO_RBYTES, CGW_OK, 123);
	assert_instance(snapshot, "/a", CGW_M_IO_RBYTES, 0, "8:0", 15);
	assert_instance(snapshot, "/a", CGW_M_IO_RBYTES, 1, "8:16", 107);
	assert_int_equal(count_instances(snapshot, "/a/x/deep", CGW_M_IO_RBYTES), 1);
	assert_number(snapshot, "/a/x", CGW_M_MEMORY_EVENTS_MAX, CGW_OK, 7);
	assert_number(snapshot, "/", CGW_M_MEMORY_EVENTS_MAX, CGW_OK, 15);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

/* Without all descendants there is no sum. */
static void test_incomplete_sums_are_absent(void **state)
{
	const struct cgw_sampler_options shallow = {.depth_max = 2};
	const struct cgw_sampler_options below = {.below = "/a/x"};
	struct machine *machine = machine_new(make_v1_alone);
	struct cgw_snapshot *snapshot;

	open_with(machine, &shallow, "io.rbytes memory.events.max");
	snapshot = sample(machine);
	assert_number(snapshot, "/a/x", CGW_M_IO_RBYTES, CGW_ABSENT, 0);
	assert_int_equal(count_instances(snapshot, "/a/x", CGW_M_IO_RBYTES), 0);
	assert_number(snapshot, "/a", CGW_M_MEMORY_EVENTS_MAX, CGW_ABSENT, 0);
	assert_number(snapshot, "/a/y", CGW_M_MEMORY_EVENTS_MAX, CGW_OK, 0);
	assert_number(snapshot, "/b", CGW_M_IO_RBYTES, CGW_OK, 1);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
	machine = machine_new(make_v1_alone);
	open_with(machine, &below, "memory.events.max");
	snapshot = sample(machine);
	assert_number(snapshot, "/a/x", CGW_M_MEMORY_EVENTS_MAX, CGW_OK, 7);
	assert_number(snapshot, "/a", CGW_M_MEMORY_EVENTS_MAX, CGW_ABSENT, 0);
	assert_number(snapshot, "/", CGW_M_MEMORY_EVENTS_MAX, CGW_ABSENT, 0);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

/* How often an ancestor's own limit was reached does not depend on the rest of its sub-tree. */
static void test_ancestors_alone(void **state)
{
	const struct cgw_sampler_options options = {.below = "/a/x", .ancestors_alone = true};
	struct machine *machine = machine_new(make_v1_alone);
	struct cgw_snapshot *snapshot;

	open_with(machine, &options, "io.rbytes memory.events.max");
	snapshot = sample(machine);
	assert_number(snapshot, "/a/x", CGW_M_MEMORY_EVENTS_MAX, CGW_OK, 7);
	assert_number(snapshot, "/a", CGW_M_MEMORY_EVENTS_MAX, CGW_OK, 2);
	assert_number(snapshot, "/a/x", CGW_M_IO_RBYTES, CGW_OK, 112);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 10);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

/* Sums of the only group are complete; its descendants have no other values. */
static void test_sums_of_only_group(void **state)
{
	static const struct {
		const char *below;
		uint64_t events, read_bytes;
	} rows[] = {{NULL, 15, 123}, {"/", 15, 123}, {"/a", 9, 122}, {"/a/x", 7, 112}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cgw_sampler_options options = {.below = rows[i].below,
							    .only_group = true};
		const char *path = rows[i].below != NULL ? rows[i].below : "/";
		struct machine *machine = machine_new(make_v1_alone);
		struct cgw_snapshot *snapshot;

		tree_file(machine->dir, "cgroup/memory/a/memory.usage_in_bytes", "4096\n");
		tree_file(machine->dir, "cgroup/memory/a/x/deep/memory.usage_in_bytes", "4096\n");
		open_with(machine, &options, "io.rbytes memory.events.max memory.current");
		snapshot = sample(machine);
		assert_number(snapshot, path, CGW_M_MEMORY_EVENTS_MAX, CGW_OK, rows[i].events);
		assert_number(snapshot, path, CGW_M_IO_RBYTES, CGW_OK, rows[i].read_bytes);
		assert_number(snapshot, "/a/x/deep", CGW_M_MEMORY_CURRENT, CGW_ABSENT, 0);
		if (strcmp(path, "/a") == 0)
			assert_number(snapshot, path, CGW_M_MEMORY_CURRENT, CGW_OK, 4096);
		cgw_snapshot_unref(snapshot);
		machine_free(machine);
	}
}

/* What is in the group alone is computed from its children, and from no deeper groups. */
static void test_children_of_only_group(void **state)
{
	for (int with_children = 0; with_children <= 1; with_children++) {
		const struct cgw_sampler_options options = {
			.below = "/a", .only_group = true, .with_children = with_children != 0};
		struct machine *machine = machine_new(make_v1_alone);
		struct cgw_snapshot *snapshot;

		tree_file(machine->dir, "cgroup/memory/a/memory.usage_in_bytes", "4096\n");
		tree_file(machine->dir, "cgroup/memory/a/x/memory.usage_in_bytes", "1024\n");
		tree_file(machine->dir, "cgroup/memory/a/x/deep/memory.usage_in_bytes", "512\n");
		open_with(machine, &options, "memory.current");
		snapshot = sample(machine);
		assert_number(snapshot, "/a", CGW_M_MEMORY_CURRENT, CGW_OK, 4096);
		assert_int_equal(cgw_topology_find(cgw_snapshot_topology(snapshot), "/a/x") !=
					 CGW_NO_GROUP,
				 with_children);
		if (with_children)
			assert_number(snapshot, "/a/x", CGW_M_MEMORY_CURRENT, CGW_OK, 1024);
		assert_int_equal(cgw_topology_find(cgw_snapshot_topology(snapshot), "/a/x/deep"),
				 CGW_NO_GROUP);
		cgw_snapshot_unref(snapshot);
		machine_free(machine);
	}
}

/* A number that cannot be read makes the sums above it unknown, not too small. */
static void test_unreadable_descendant(void **state)
{
	struct machine *machine = machine_new(make_v1_alone);
	struct cgw_snapshot *snapshot;

	tree_file(machine->dir, "cgroup/memory/a/x/memory.failcnt", "many\n");
	machine_open(machine, "memory.events.max");
	snapshot = sample(machine);
	assert_number(snapshot, "/a/x/deep", CGW_M_MEMORY_EVENTS_MAX, CGW_OK, 4);
	assert_number(snapshot, "/a/x", CGW_M_MEMORY_EVENTS_MAX, CGW_BAD, 0);
	assert_number(snapshot, "/a", CGW_M_MEMORY_EVENTS_MAX, CGW_BAD, 0);
	assert_number(snapshot, "/b", CGW_M_MEMORY_EVENTS_MAX, CGW_OK, 5);
	assert_number(snapshot, "/", CGW_M_MEMORY_EVENTS_MAX, CGW_BAD, 0);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

/* Repeated values of idle groups include their descendants already. */
static void test_sums_of_idle_groups(void **state)
{
	const struct cgw_sampler_options options = {.idle_interval = 4};
	struct machine *machine = machine_new(make_v1_alone);

	open_with(machine, &options, "cpu.usage io.rbytes memory.events.max");
	for (int i = 0; i < 10; i++) {
		struct cgw_snapshot *snapshot = sample(machine);

		assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 122);
		assert_number(snapshot, "/", CGW_M_IO_RBYTES, CGW_OK, 123);
		assert_instance(snapshot, "/a", CGW_M_IO_RBYTES, 0, "8:0", 15);
		assert_number(snapshot, "/", CGW_M_MEMORY_EVENTS_MAX, CGW_OK, 15);
		cgw_snapshot_unref(snapshot);
	}
	machine_free(machine);
}

/* v1 estimates the root's usage without kernel memory, which all other groups include. */
static void test_root_includes_its_children(void **state)
{
	struct machine *machine = machine_new(tree_machine_v1);
	struct cgw_snapshot *snapshot;

	tree_file(machine->dir, "cgroup/memory/memory.usage_in_bytes", "4096\n");
	tree_file(machine->dir, "cgroup/memory/a/memory.usage_in_bytes", "8192\n");
	machine_open(machine, "memory.current");
	snapshot = sample(machine);
	assert_number(snapshot, "/", CGW_M_MEMORY_CURRENT, CGW_OK, 600 * 1024);
	assert_true(cgw_snapshot_is_system_wide(snapshot, CGW_M_MEMORY_CURRENT));
	assert_number(snapshot, "/a", CGW_M_MEMORY_CURRENT, CGW_OK, 8192);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

#define MOUNT_V2                                \
	"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" \
	"30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"

/* Whether a file includes descendants depends on the mount and on the age of the kernel. */
static void test_events_that_exclude_descendants(void **state)
{
	static const struct {
		const char *mount;
		bool newer;            /* the kernel has pids.events.local */
		uint64_t kills, forks; /* of /a; its file has 3, that of its child 4 */
	} rows[] = {
		{MOUNT_V2 "\n", true, 3, 3},
		{MOUNT_V2 "\n", false, 3, 7},
		{MOUNT_V2 ",memory_localevents\n", true, 7, 3},
		{MOUNT_V2 ",nsdelegate,pids_localevents\n", true, 3, 7},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine *machine = machine_new(tree_machine_v2);
		struct cgw_snapshot *snapshot;

		tree_file(machine->dir, "proc/self/mountinfo", rows[i].mount);
		tree_file(machine->dir, "cgroup/a/memory.events", "oom_kill 3\n");
		tree_file(machine->dir, "cgroup/a/b/memory.events", "oom_kill 4\n");
		tree_file(machine->dir, "cgroup/a/pids.events", "max 3\n");
		tree_file(machine->dir, "cgroup/a/b/pids.events", "max 4\n");
		if (rows[i].newer)
			tree_file(machine->dir, "cgroup/a/pids.events.local", "max 3\n");
		machine_open(machine, "memory.events.oom_kill pids.events.max");
		snapshot = sample(machine);
		assert_number(snapshot, "/a", CGW_M_MEMORY_EVENTS_OOM_KILL, CGW_OK, rows[i].kills);
		assert_number(snapshot, "/a", CGW_M_PIDS_EVENTS_MAX, CGW_OK, rows[i].forks);
		cgw_snapshot_unref(snapshot);
		machine_free(machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stacked_devices_are_counted_once),
		cmocka_unit_test(test_instances_of_one_name_are_joined),
		cmocka_unit_test(test_uncounted_io_is_not_zero),
		cmocka_unit_test(test_descendants_are_added),
		cmocka_unit_test(test_incomplete_sums_are_absent),
		cmocka_unit_test(test_ancestors_alone),
		cmocka_unit_test(test_sums_of_only_group),
		cmocka_unit_test(test_children_of_only_group),
		cmocka_unit_test(test_unreadable_descendant),
		cmocka_unit_test(test_sums_of_idle_groups),
		cmocka_unit_test(test_events_that_exclude_descendants),
		cmocka_unit_test(test_root_includes_its_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

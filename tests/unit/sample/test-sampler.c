/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-sampler.c - tests of samples: v1, v2, changes between samples, failing system calls. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault-ops.h"
#include "lib/base/cleanup.h"
#include "lib/sample/group-tree.h"
#include "lib/sample/snapshot.h"
#include "sample-machine.h"
#include "test.h"
#include "tree.h"

static void test_sample_of_v2(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	struct cgw_snapshot *snapshot;
	const struct cgw_instance *instances;
	uint32_t group;
	size_t count;

	tree_file(machine->dir, "cgroup/a/cpu.stat", "usage_usec 7\nuser_usec 3\nsystem_usec 4\n");
	tree_file(machine->dir, "cgroup/a/cpu.max", "50000 100000\n");
	tree_file(machine->dir, "cgroup/a/memory.current", "4096\n");
	tree_file(machine->dir, "cgroup/a/memory.max", "max\n");
	tree_file(machine->dir, "cgroup/a/io.stat",
		  "8:0 rbytes=5 wbytes=6 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=10 wbytes=0\n");
	tree_file(machine->dir, "cgroup/a/b/cpu.stat", "usage_usec 1\n");
	tree_file(machine->dir, "cgroup/a/cpuset.cpus", "0-3\n");
	tree_file(machine->dir, "sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
	machine_open(machine, "cpu.usage cpu.max memory.current memory.max io.rbytes pids.current "
			      "cgroup.type io.max.rbps");
	snapshot = sample(machine);
	assert_int_equal(cgw_snapshot_topology(snapshot)->count, 3);
	assert_number(snapshot, "/a", CGW_M_CPU_USAGE, CGW_OK, 7000);
	assert_number(snapshot, "/a", CGW_M_CPU_MAX, CGW_OK, 500000000);
	assert_number(snapshot, "/a", CGW_M_MEMORY_CURRENT, CGW_OK, 4096);
	assert_number(snapshot, "/a", CGW_M_MEMORY_MAX, CGW_MAX, 0);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 15);
	assert_number(snapshot, "/a/b", CGW_M_CPU_USAGE, CGW_OK, 1000);
	assert_number(snapshot, "/a/b", CGW_M_MEMORY_CURRENT, CGW_ABSENT, 0);
	assert_number(snapshot, "/a", CGW_M_PIDS_CURRENT, CGW_ABSENT, 0);
	/* The root has no memory.current: the value of the machine is used and marked. */
	assert_number(snapshot, "/", CGW_M_MEMORY_CURRENT, CGW_OK, 600 * 1024);
	assert_true(cgw_snapshot_is_system_wide(snapshot, CGW_M_MEMORY_CURRENT));
	assert_number(snapshot, "/", CGW_M_CPU_USAGE, CGW_OK, UINT64_C(5000000000));
	assert_false(cgw_snapshot_is_system_wide(snapshot, CGW_M_CPU_USAGE));
	assert_number(snapshot, "/", CGW_M_PIDS_CURRENT, CGW_OK, 234);
	group = cgw_topology_find(cgw_snapshot_topology(snapshot), "/a");
	instances = cgw_snapshot_instances(snapshot, CGW_M_IO_RBYTES, group, &count);
	assert_int_equal(count, 2);
	assert_string_equal(instances[0].name, "sda");
	assert_int_equal(instances[0].number.value, 5);
	assert_string_equal(instances[1].name, "8:16");
	assert_null(cgw_snapshot_instances(snapshot, CGW_M_IO_RBYTES, 0, &count));
	/* Not requested: not read. */
	assert_number(snapshot, "/a", CGW_M_MEMORY_ANON, CGW_ABSENT, 0);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

static void test_sample_of_v1(void **state)
{
	struct machine *machine = machine_new(tree_machine_v1);
	struct cgw_snapshot *snapshot;
	const struct cgw_topology *topology;
	uint32_t group;
	char path[64];

	tree_file(machine->dir, "cgroup/cpu,cpuacct/a/cpuacct.usage", "123\n");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/a/cpuacct.stat", "user 1\nsystem 2\n");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/b/cpu.cfs_quota_us", "150000\n");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/b/cpu.cfs_period_us", "100000\n");
	tree_file(machine->dir, "cgroup/memory/a/memory.usage_in_bytes", "4096\n");
	tree_file(machine->dir, "cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n");
	tree_file(machine->dir, "cgroup/memory/a/memory.stat",
		  "rss 1\ntotal_rss 5\ntotal_cache 6\n");
	tree_file(machine->dir, "cgroup/memory/a/cgroup.procs", "10\n11\n");
	tree_file(machine->dir, "cgroup/pids/a/cgroup.procs", "10\n11\n12\n12\n");
	tree_file(machine->dir, "cgroup/blkio/a/blkio.throttle.io_service_bytes",
		  "8:0 Read 3\nTotal 3\n");
	tree_file(machine->dir, "cgroup/blkio/a/blkio.throttle.io_service_bytes_recursive",
		  "8:0 Read 9\nTotal 9\n");
	tree_file(machine->dir, "cgroup/freezer/a/freezer.state", "FROZEN\n");
	machine_open(machine, "cpu.usage cpu.user cpu.max memory.current memory.max memory.anon "
			      "cgroup.procs cgroup.split_processes io.rbytes frozen");
	snapshot = sample(machine);
	topology = cgw_snapshot_topology(snapshot);
	assert_int_equal(topology->count, 3); /* one group per path, in any hierarchies */
	group = cgw_topology_find(topology, "/a");
	assert_int_equal(cgw_topology_path(topology, group, path, sizeof(path)), 2);
	assert_string_equal(path, "/a");
	assert_int_equal(topology->present[group], 0x1f);
	assert_number(snapshot, "/a", CGW_M_CPU_USAGE, CGW_OK, 123);
	assert_number(snapshot, "/a", CGW_M_CPU_USER, CGW_OK, 10000000); /* no usage_user: ticks */
	assert_number(snapshot, "/a", CGW_M_CPU_MAX, CGW_MAX, 0);
	assert_number(snapshot, "/b", CGW_M_CPU_MAX, CGW_OK, 1500000000);
	assert_number(snapshot, "/a", CGW_M_MEMORY_MAX, CGW_MAX, 0);
	assert_number(snapshot, "/a", CGW_M_MEMORY_ANON, CGW_OK, 5);
	assert_number(snapshot, "/a", CGW_M_IO_RBYTES, CGW_OK, 9); /* the recursive file */
	assert_number(snapshot, "/a", CGW_M_CGROUP_PROCS, CGW_OK, 4);
	assert_number(snapshot, "/a", CGW_M_CGROUP_FROZEN, CGW_OK, 1);
	assert_number(snapshot, "/b", CGW_M_MEMORY_CURRENT, CGW_ABSENT, 0);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

static void test_sample_after_changes(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	struct cgw_snapshot *first, *second, *third;

	tree_file(machine->dir, "cgroup/a/memory.current", "1\n");
	tree_file(machine->dir, "cgroup/gone/memory.current", "2\n");
	machine_open(machine, "memory.current");
	first = sample(machine);
	second = sample(machine);
	assert_ptr_equal(cgw_snapshot_topology(first), cgw_snapshot_topology(second));
	cgw_snapshot_unref(second);
	tree_remove(machine->dir, "cgroup/gone");
	tree_file(machine->dir, "cgroup/new/memory.current", "3\n");
	tree_file(machine->dir, "cgroup/a/memory.current", "99999\n");
	third = sample(machine);
	assert_ptr_not_equal(cgw_snapshot_topology(first), cgw_snapshot_topology(third));
	assert_number(first, "/a", CGW_M_MEMORY_CURRENT, CGW_OK, 1); /* immutable */
	assert_number(third, "/a", CGW_M_MEMORY_CURRENT, CGW_OK, 99999);
	assert_number(third, "/new", CGW_M_MEMORY_CURRENT, CGW_OK, 3);
	assert_int_equal(cgw_topology_find(cgw_snapshot_topology(third), "/gone"), CGW_NO_GROUP);
	assert_int_not_equal(cgw_topology_find(cgw_snapshot_topology(first), "/gone"),
			     CGW_NO_GROUP);
	cgw_snapshot_unref(first);
	/* A snapshot may outlive its sampler. */
	machine->sampler = cgw_sampler_free(machine->sampler);
	assert_number(third, "/new", CGW_M_MEMORY_CURRENT, CGW_OK, 3);
	cgw_snapshot_unref(third);
	machine_free(machine);
}

/* A memory.stat larger than the buffer with the key at its end, a truncated and an empty one. */
static void test_large_files(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	size_t size = 300000, used = 0;
	char *text = malloc(size + 64);
	struct cgw_snapshot *snapshot;

	while (used < size)
		used += (size_t)snprintf(text + used, 64, "unknown_%zu 1\n", used);
	snprintf(text + used, 64, "anon 4242\n");
	tree_file(machine->dir, "cgroup/a/memory.stat", text);
	tree_file(machine->dir, "cgroup/b/memory.stat", "file 7\nanon");
	tree_file(machine->dir, "cgroup/c/memory.stat", "");
	free(text);
	machine_open(machine, "memory.anon memory.file");
	snapshot = sample(machine);
	assert_number(snapshot, "/a", CGW_M_MEMORY_ANON, CGW_OK, 4242);
	assert_number(snapshot, "/a", CGW_M_MEMORY_FILE, CGW_ABSENT, 0);
	assert_number(snapshot, "/b", CGW_M_MEMORY_FILE, CGW_OK, 7);
	assert_number(snapshot, "/b", CGW_M_MEMORY_ANON, CGW_ABSENT, 0);
	assert_number(snapshot, "/c", CGW_M_MEMORY_ANON, CGW_ABSENT, 0);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

static void test_sample_of_subtree(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	const struct cgw_sampler_options options = {.below = "/a/b", .depth_max = 3};
	struct cgw_snapshot *snapshot;
	const struct cgw_topology *topology;

	tree_directory(machine->dir, "cgroup/a/b/c/d");
	tree_directory(machine->dir, "cgroup/a/bc");
	tree_directory(machine->dir, "cgroup/x");
	assert_int_equal(cgw_layout_open(&machine->roots, &machine->layout, NULL), 0);
	assert_int_equal(cgw_sampler_new(machine->layout, &options, &machine->sampler, NULL), 0);
	snapshot = sample(machine);
	topology = cgw_snapshot_topology(snapshot);
	assert_int_equal(topology->count, 4); /* the root, /a, /a/b, /a/b/c */
	assert_int_not_equal(cgw_topology_find(topology, "/a/b/c"), CGW_NO_GROUP);
	assert_int_equal(cgw_topology_find(topology, "/a/bc"), CGW_NO_GROUP);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;
	DIR *directory = opendir("/proc/self/fd");

	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

/* Each system call of two samples fails in turn: the result is an error, or values marked so. */
static void test_every_system_call_fails(void **state)
{
	static const int errors[] = {-ENOENT, -ENODEV, -EACCES, -EIO, -ENOMEM, -EMFILE};
	struct machine *machine = machine_new(tree_machine_v2);
	struct cgw_metric_set metrics = {0};

	tree_file(machine->dir, "cgroup/a/memory.current", "4096\n");
	tree_file(machine->dir, "cgroup/a/b/memory.current", "4096\n");
	tree_file(machine->dir, "cgroup/a/hugetlb.2MB.current", "0\n");
	cgw_metric_set_add(&metrics, CGW_M_MEMORY_CURRENT);
	cgw_metric_set_add(&metrics, CGW_M_HUGETLB_CURRENT);
	assert_int_equal(layout_open_with(&machine->roots, &fault_ops, &machine->layout, NULL), 0);
	for (size_t e = 0; e < ARRAY_SIZE(errors); e++)
		for (unsigned at = 1;; at++) {
			unsigned before = open_descriptors();
			struct cgw_sampler *sampler;

			assert_true(at < 1000);
			fault_arm(at, errors[e]);
			assert_int_equal(cgw_sampler_new(machine->layout, NULL, &sampler, NULL), 0);
			assert_int_equal(cgw_sampler_set_metrics(sampler, &metrics), 0);
			for (int tick = 0; tick < 2; tick++) {
				struct cgw_snapshot *snapshot;
				const struct cgw_topology *topology;

				if (cgw_sampler_sample(sampler, &snapshot) < 0)
					continue;
				topology = cgw_snapshot_topology(snapshot);
				/* All groups, unless the error means removed or denied. */
				if (errors[e] == -EIO || errors[e] == -EMFILE)
					assert_int_equal(topology->count, 3);
				for (uint32_t i = 1; i < topology->count; i++) {
					struct cgw_number number = cgw_snapshot_number(
						snapshot, CGW_M_MEMORY_CURRENT, i);

					if (number.state == CGW_OK)
						assert_int_equal(number.value, 4096);
				}
				cgw_snapshot_unref(snapshot);
			}
			cgw_sampler_free(sampler);
			assert_int_equal(open_descriptors(), before);
			if (fault_calls < at)
				break;
		}
	fault_arm(0, 0);
	machine_free(machine);
}

/* System calls of a sample of /top/group, its values, and the groups found. */
static unsigned count_calls(struct machine *machine, bool only_group)
{
	const struct cgw_sampler_options options = {
		.below = "/top/group", .once = true, .only_group = only_group};
	struct cgw_sampler *sampler;
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot;
	unsigned calls;

	cgw_metric_set_add(&metrics, CGW_M_MEMORY_CURRENT);
	fault_arm(0, 0);
	assert_int_equal(cgw_sampler_new(machine->layout, &options, &sampler, NULL), 0);
	assert_int_equal(cgw_sampler_set_metrics(sampler, &metrics), 0);
	assert_int_equal(cgw_sampler_sample(sampler, &snapshot), 0);
	calls = fault_calls;
	assert_number(snapshot, "/top/group", CGW_M_MEMORY_CURRENT, CGW_OK, 4096);
	assert_int_equal(cgw_snapshot_topology(snapshot)->count, only_group ? 3 : 4);
	cgw_snapshot_unref(snapshot);
	cgw_sampler_free(sampler);
	return calls;
}

static void test_cost_of_one_group_without_siblings(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	unsigned below, only;

	tree_file(machine->dir, "cgroup/top/group/memory.current", "4096\n");
	tree_directory(machine->dir, "cgroup/top/group/child");
	assert_int_equal(layout_open_with(&machine->roots, &fault_ops, &machine->layout, NULL), 0);
	below = count_calls(machine, false);
	only = count_calls(machine, true);
	assert_true(only < below);
	for (int i = 0; i < 100; i++) {
		char path[64];

		snprintf(path, sizeof(path), "cgroup/top/sibling%d", i);
		tree_directory(machine->dir, path);
		snprintf(path, sizeof(path), "cgroup/other%d", i);
		tree_directory(machine->dir, path);
	}
	assert_int_equal(count_calls(machine, false), below);
	assert_int_equal(count_calls(machine, true), only);
	for (int i = 0; i < 100; i++) {
		char path[64];

		snprintf(path, sizeof(path), "cgroup/top/group/child%d", i);
		tree_directory(machine->dir, path);
	}
	assert_int_equal(count_calls(machine, true), only);
	machine_free(machine);
}

static void test_descriptor_limit(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	const struct cgw_sampler_options options = {.descriptors_max = 3};
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot;
	unsigned before;

	for (int i = 0; i < 20; i++) {
		char path[64];

		snprintf(path, sizeof(path), "cgroup/g%d/memory.current", i);
		tree_file(machine->dir, path, "7\n");
	}
	assert_int_equal(cgw_layout_open(&machine->roots, &machine->layout, NULL), 0);
	before = open_descriptors();
	assert_int_equal(cgw_sampler_new(machine->layout, &options, &machine->sampler, NULL), 0);
	cgw_metric_set_add(&metrics, CGW_M_MEMORY_CURRENT);
	(void)cgw_sampler_set_metrics(machine->sampler, &metrics);
	for (int tick = 0; tick < 3; tick++) {
		snapshot = sample(machine);
		for (uint32_t i = 1; i < 21; i++)
			assert_int_equal(
				cgw_snapshot_number(snapshot, CGW_M_MEMORY_CURRENT, i).value, 7);
		cgw_snapshot_unref(snapshot);
		assert_true(open_descriptors() <= before + 4);
	}
	machine_free(machine);
}

/* Compares the tree with a simple model, under random additions and removals. */
static void test_tree_joins_groups_by_path(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	struct {
		uint32_t present;
		uint64_t id[2];
	} expected[4][4] = {0};
	struct topology *topology;
	struct group_tree tree;
	unsigned seed = 7;

	assert_int_equal(group_tree_init(&tree, 2), 0);
	for (int step = 0; step < 4000; step++) {
		unsigned i = (unsigned)rand_r(&seed) % 4, j = (unsigned)rand_r(&seed) % 4;
		uint32_t h = (uint32_t)rand_r(&seed) % 2;
		struct tree_group *root, *parent, *child;
		uint64_t id = 100 + (uint64_t)rand_r(&seed) % 3;

		assert_int_equal(group_tree_add(&tree, NULL, "", 0, h, 1, &root), 0);
		assert_int_equal(group_tree_add(&tree, root, names[i], 1, h, 50, &parent), 0);
		if (rand_r(&seed) % 2 == 0) {
			assert_int_equal(group_tree_add(&tree, parent, names[j], 1, h, id, &child),
					 0);
			expected[i][j].present |= 1U << h;
			expected[i][j].id[h] = id;
		} else {
			child = group_tree_find_child(&tree, parent, names[j], 1);
			if (child != NULL)
				group_tree_remove(&tree, child, 1U << h);
			expected[i][j].present &= ~(1U << h);
		}
	}
	assert_int_equal(group_tree_topology(&tree, &topology), 0);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++) {
			char path[8];
			uint32_t group;

			snprintf(path, sizeof(path), "/%s/%s", names[i], names[j]);
			group = cgw_topology_find(&topology->view, path);
			assert_int_equal(group == CGW_NO_GROUP ? 0 : topology->view.present[group],
					 expected[i][j].present);
			for (uint32_t h = 0; h < 2 && group != CGW_NO_GROUP; h++)
				if (expected[i][j].present & 1U << h)
					assert_int_equal(topology->view.id[h][group],
							 expected[i][j].id[h]);
		}
	for (uint32_t i = 2; i < topology->view.count; i++)
		if (topology->view.parent[i] == topology->view.parent[i - 1])
			assert_true(strcmp(topology->view.name[i - 1], topology->view.name[i]) < 0);
	topology_unref(topology);
	group_tree_done(&tree);
}

static void link_network(struct machine *machine, const char *pid, const char *target)
{
	char path[512], directory[128];

	snprintf(directory, sizeof(directory), "proc/%s/ns", pid);
	tree_directory(machine->dir, directory);
	snprintf(path, sizeof(path), "%s/proc/%s/ns/net", machine->dir->path, pid);
	assert_int_equal(symlink(target, path), 0);
}

/* Each namespace is counted once; the host's namespace and loopback are not counted. */
static void test_network_traffic(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	struct cgw_snapshot *snapshot;

	tree_file(machine->dir, "cgroup/box/cgroup.procs", "41\n42\n43\n99\n");
	tree_file(machine->dir, "cgroup/host/cgroup.procs", "43\n");
	tree_file(machine->dir, "cgroup/empty/cgroup.procs", "");
	link_network(machine, "1", "net:[100]");
	link_network(machine, "41", "net:[200]");
	link_network(machine, "42", "net:[200]");
	link_network(machine, "43", "net:[100]");
	tree_file(
		machine->dir, "proc/41/net/dev",
		"Inter-|   Receive      |  Transmit\n"
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes packets\n"
		"    lo:    1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0\n"
		"  eth0: 5000000000 7 0 0 0 0 0 0 300 3 0 0 0 0 0 0\n"
		"  eth1:11 1 0 0 0 0 0 0 22 1 0 0 0 0 0 0\n");
	tree_file(machine->dir, "proc/43/net/dev", "eth0: 70 1 0 0 0 0 0 0 70 1 0 0 0 0 0 0\n");
	machine_open(machine, "net.rx net.tx net.namespace");
	snapshot = sample(machine);
	assert_number(snapshot, "/box", CGW_M_NET_RX, CGW_OK, 5000000011);
	assert_number(snapshot, "/box", CGW_M_NET_TX, CGW_OK, 322);
	assert_number(snapshot, "/box", CGW_M_NET_NAMESPACE, CGW_OK, 200);
	assert_number(snapshot, "/host", CGW_M_NET_RX, CGW_ABSENT, 0);
	assert_number(snapshot, "/empty", CGW_M_NET_TX, CGW_ABSENT, 0);
	cgw_snapshot_unref(snapshot);
	/* Without the host's namespace the values are denied. */
	tree_remove(machine->dir, "proc/1/ns");
	snapshot = sample(machine);
	assert_number(snapshot, "/box", CGW_M_NET_RX, CGW_DENIED, 0);
	cgw_snapshot_unref(snapshot);
	machine_free(machine);
}

/* The snapshot outlives its sampler; without a hierarchy the error has a text. */
static void test_sample_once(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot = NULL;
	struct cgw_diag diag = {0};
	struct cgw_layout none = {.kind = CGW_LAYOUT_NONE};

	tree_file(machine->dir, "cgroup/web/memory.current", "4096\n");
	cgw_metric_set_add(&metrics, CGW_M_MEMORY_CURRENT);
	assert_int_equal(cgw_layout_open(&machine->roots, &machine->layout, NULL), 0);
	assert_int_equal(cgw_sample_once(machine->layout, &metrics, &snapshot, &diag), 0);
	assert_number(snapshot, "/web", CGW_M_MEMORY_CURRENT, CGW_OK, 4096);
	snapshot = cgw_snapshot_unref(snapshot);
	none.ops = machine->layout->ops;
	none.proc_fd = none.sys_fd = -1;
	assert_true(cgw_sample_once(&none, &metrics, &snapshot, &diag) < 0);
	assert_null(snapshot);
	assert_true(diag.text[0] != '\0');
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample_of_v2),
		cmocka_unit_test(test_sample_of_v1),
		cmocka_unit_test(test_sample_after_changes),
		cmocka_unit_test(test_sample_of_subtree),
		cmocka_unit_test(test_large_files),
		cmocka_unit_test(test_network_traffic),
		cmocka_unit_test(test_every_system_call_fails),
		cmocka_unit_test(test_cost_of_one_group_without_siblings),
		cmocka_unit_test(test_descriptor_limit),
		cmocka_unit_test(test_tree_joins_groups_by_path),
		cmocka_unit_test(test_sample_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-hidden.c - tests of unreadable hierarchies: values that may exist are denied, not absent. */
#include <errno.h>
#include <string.h>

#include "lib/kernel/kernel-ops.h"
#include "lib/sample/snapshot.h"
#include "test.h"
#include "tree.h"

static int closed_hierarchy = -1; /* its root, which cannot be opened or listed the next time */
static bool opened_unlisted;      /* it can be opened but not listed */
static int unlisted_directory = -1;

static int open_beneath_denied(int directory, const char *path, int flags)
{
	if (directory != closed_hierarchy)
		return kernel_ops_real.open_beneath(directory, path, flags);
	closed_hierarchy = -1;
	if (!opened_unlisted)
		return -EACCES;
	unlisted_directory = kernel_ops_real.open_beneath(directory, path, flags);
	return unlisted_directory;
}

static int open_at_denied(int directory, const char *path, int flags)
{
	if (directory != unlisted_directory)
		return kernel_ops_real.open_at(directory, path, flags);
	unlisted_directory = -1;
	return -EACCES;
}

static void close_hierarchy(const struct cgw_layout *layout, const char *name)
{
	for (size_t h = 0; h < layout->hierarchy_count; h++)
		if (strcmp(strrchr(layout->hierarchies[h].mountpoint, '/') + 1, name) == 0)
			closed_hierarchy = layout->hierarchies[h].fd;
	assert_int_not_equal(closed_hierarchy, -1);
}

static struct cgw_number number_of(const struct cgw_snapshot *snapshot, enum cgw_metric metric)
{
	uint32_t group = cgw_topology_find(cgw_snapshot_topology(snapshot), "/a");

	assert_int_not_equal(group, CGW_NO_GROUP);
	return cgw_snapshot_number(snapshot, metric, group);
}

static void check_denied_values(void)
{
	struct tree_dir *dir = tree_new();
	char cgroup[300], proc[300], sys[300];
	const struct cgw_roots roots = {
		.cgroup = tree_at(dir, "cgroup", cgroup, 300),
		.proc = tree_at(dir, "proc", proc, 300),
		.sys = tree_at(dir, "sys", sys, 300),
	};
	struct kernel_ops ops = kernel_ops_real;
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot;
	struct cgw_sampler *sampler;
	struct cgw_layout *layout;

	tree_machine_v1(dir);
	tree_file(dir, "cgroup/pids/a/pids.max", "33\n");
	tree_file(dir, "cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
	tree_file(dir, "cgroup/memory/a/memory.limit_in_bytes", "4096\n");
	cgw_metric_set_add(&metrics, CGW_M_PIDS_MAX);
	cgw_metric_set_add(&metrics, CGW_M_MEMORY_MAX);
	cgw_metric_set_add(&metrics, CGW_M_CPU_WEIGHT);
	assert_int_equal(cgw_layout_open(&roots, &layout, NULL), 0);
	ops.open_beneath = open_beneath_denied;
	ops.open_at = open_at_denied;
	layout->ops = &ops;
	assert_int_equal(cgw_sampler_new(layout, NULL, &sampler, NULL), 0);
	assert_int_equal(cgw_sampler_set_metrics(sampler, &metrics), 0);
	close_hierarchy(layout, "memory");

	assert_int_equal(cgw_sampler_sample(sampler, &snapshot), 0);
	assert_int_equal(number_of(snapshot, CGW_M_PIDS_MAX).value, 33);
	assert_int_equal(number_of(snapshot, CGW_M_MEMORY_MAX).state, CGW_DENIED);
	assert_int_equal(number_of(snapshot, CGW_M_CPU_WEIGHT).state, CGW_ABSENT);
	cgw_snapshot_unref(snapshot);

	assert_int_equal(cgw_sampler_sample(sampler, &snapshot), 0);
	assert_int_equal(number_of(snapshot, CGW_M_MEMORY_MAX).value, 4096);
	cgw_snapshot_unref(snapshot);
	cgw_sampler_free(sampler);
	cgw_layout_free(layout);
	tree_free(dir);
}

static void test_unopenable_hierarchy_is_denied(void **state)
{
	opened_unlisted = false;
	check_denied_values();
}

static void test_unlistable_hierarchy_is_denied(void **state)
{
	opened_unlisted = true;
	check_denied_values();
	assert_int_equal(unlisted_directory, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unopenable_hierarchy_is_denied),
		cmocka_unit_test(test_unlistable_hierarchy_is_denied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

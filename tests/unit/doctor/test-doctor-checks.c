/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-doctor-checks.c - findings about machines that are simulated by files. */
#include <string.h>

#include "cmd/doctor/doctor-checks.h"
#include "lib/base/cleanup.h"
#include "shared/cli/build-features.h"
#include "test.h"
#include "tree.h"

static struct finding find(struct tree_dir *dir, const char *name)
{
	char cgroup[300], proc[300], sys[300];
	const struct cgw_roots roots = {
		.cgroup = tree_at(dir, "cgroup", cgroup, sizeof(cgroup)),
		.proc = tree_at(dir, "proc", proc, sizeof(proc)),
		.sys = tree_at(dir, "sys", sys, sizeof(sys)),
	};
	struct finding finding = {.verdict = VERDICT_WORKS};
	struct cgw_layout *layout;

	assert_int_equal(cgw_layout_open(&roots, &layout, NULL), 0);
	for (const struct check *check = checks; check->name != NULL; check++)
		if (strcmp(check->name, name) == 0)
			check->run(layout, &finding);
	cgw_layout_free(layout);
	return finding;
}

static void test_disks_without_counted_io_are_listed(void **state)
{
	struct tree_dir *dir = tree_new();
	struct finding finding;

	tree_machine_v1(dir);
	tree_file(dir, "proc/diskstats",
		  "8 0 sda 1 0 8 0 2 0 16 0 0 0 0\n8 1 sda1 1 0 8 0 2 0 16 0 0 0 0\n"
		  "8 16 sdb 0 0 0 0 0 0 0 0 0 0 0\n253 0 dm-0 1 0 8 0 2 0 16 0 0 0 0\n");
	for (const char *name = "sda\0sdb\0dm-0\0"; *name != '\0'; name += strlen(name) + 1) {
		char path[64] = "sys/block/";

		tree_directory(dir, strcat(path, name));
	}
	tree_file(dir, "sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
	tree_file(dir, "cgroup/blkio/blkio.throttle.io_service_bytes_recursive", "Total 0\n");
	finding = find(dir, "io");
	assert_int_equal(finding.verdict, VERDICT_LIMITED);
	assert_string_equal(finding.state, "not counted for groups: sda");
	assert_non_null(strstr(finding.hint, "echo '8:0 0' >"));
	assert_non_null(strstr(finding.hint, "/blkio.throttle.read_bps_device"));
	tree_file(dir, "cgroup/blkio/blkio.throttle.io_service_bytes_recursive",
		  "8:0 Read 0\n8:0 Write 0\nTotal 0\n");
	finding = find(dir, "io");
	assert_int_equal(finding.verdict, VERDICT_WORKS);
	tree_free(dir);
}

static void test_v2_counts_io(void **state)
{
	struct tree_dir *dir = tree_new();

	tree_machine_v2(dir);
	tree_file(dir, "cgroup/a/io.stat", "");
	assert_int_equal(find(dir, "io").verdict, VERDICT_WORKS);
	assert_string_equal(find(dir, "io").state, "counted in io.stat");
	tree_free(dir);
}

static void test_mount_options_are_explained(void **state)
{
	struct tree_dir *dir = tree_new();

	tree_machine_v2(dir);
	assert_string_equal(find(dir, "options").state,
			    "nsdelegate (cgroup namespaces are delegation boundaries)");
	tree_file(dir, "proc/self/mountinfo",
		  "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,memory_localevents\n");
	assert_string_equal(find(dir, "options").state,
			    "memory_localevents (memory.events counts each group without its "
			    "descendants)");
	tree_free(dir);
}

static void test_unused_controllers_are_listed(void **state)
{
	struct tree_dir *dir = tree_new();

	tree_machine_v2(dir);
	tree_file(dir, "proc/cgroups",
		  "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t5\t1\n"
		  "hugetlb\t0\t5\t1\nrdma\t0\t5\t0\n");
	assert_non_null(strstr(find(dir, "controllers").state,
			       "; built in, but not available: hugetlb (not in a mounted "
			       "hierarchy), rdma (disabled at boot)"));
	tree_free(dir);
}

static void test_weights_without_effect(void **state)
{
	struct tree_dir *dir = tree_new();

	tree_machine_v2(dir);
	tree_file(dir, "sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
	assert_string_equal(find(dir, "weights").state,
			    "only with the scheduler bfq: no IO cost model");
	tree_file(dir, "cgroup/io.cost.qos", "");
	assert_int_equal(find(dir, "weights").verdict, VERDICT_LIMITED);
	assert_non_null(strstr(find(dir, "weights").state, "io.weight has no effect"));
	tree_file(dir, "cgroup/io.cost.qos", "8:0 enable=0 ctrl=auto\n");
	assert_int_equal(find(dir, "weights").verdict, VERDICT_LIMITED);
	tree_file(dir, "cgroup/io.cost.qos", "8:0 enable=1 ctrl=auto rpct=0.00\n");
	assert_int_equal(find(dir, "weights").verdict, VERDICT_WORKS);
	assert_string_equal(find(dir, "weights").state, "by the IO cost model on sda");
	tree_free(dir);
}

static void test_groups_without_pressure_are_counted(void **state)
{
	struct tree_dir *dir = tree_new();

	tree_machine_v2(dir);
	tree_file(dir, "proc/pressure/memory", "some avg10=0.00\n");
	tree_file(dir, "cgroup/a/cgroup.pressure", "1\n");
	tree_file(dir, "cgroup/b/cgroup.pressure", "0\n");
	assert_string_equal(find(dir, "pressure").state,
			    "PSI of the machine and of each group except 1 whose cgroup.pressure "
			    "is 0");
	tree_free(dir);
}

static void test_collectors_that_do_not_work_have_a_reason(void **state)
{
	struct tree_dir *dir = tree_new();
	struct finding finding;

	tree_machine_v2(dir);
	finding = find(dir, "collectors");
	assert_int_equal(finding.verdict, VERDICT_LIMITED);
	assert_non_null(strstr(finding.state, "files only: cannot use the BPF collector: "));
	tree_free(dir);
}

static void test_what_cannot_be_traced_has_a_reason(void **state)
{
	static const char *const traced[] = {"run delay", "sockets", "CPU bursts", "CPU limits",
					     "runnable"};
	struct tree_dir *dir = tree_new();

	tree_machine_v2(dir);
	tree_file(dir, "cgroup/a/cgroup.procs", "");
	for (size_t i = 0; i < ARRAY_SIZE(traced); i++) {
		struct finding finding = find(dir, traced[i]);

		assert_int_equal(finding.verdict, VERDICT_LIMITED);
		assert_string_equal(finding.state,
				    "unavailable: a recorded machine cannot run BPF programs");
	}
	tree_free(dir);
}

static void test_parts_left_out_of_the_build_have_a_reason(void **state)
{
	struct tree_dir *dir = tree_new();
	struct finding finding;
	size_t left_out = 0;

	tree_machine_v2(dir);
	finding = find(dir, "build");
	for (const struct build_feature *feature = build_features; feature->name != NULL;
	     feature++) {
		if (feature->left_out == NULL)
			continue;
		left_out++;
		assert_non_null(strstr(finding.state, feature->name));
		assert_non_null(strstr(finding.state, feature->left_out));
	}
	assert_int_equal(finding.verdict, left_out > 0 ? VERDICT_LIMITED : VERDICT_WORKS);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disks_without_counted_io_are_listed),
		cmocka_unit_test(test_mount_options_are_explained),
		cmocka_unit_test(test_unused_controllers_are_listed),
		cmocka_unit_test(test_weights_without_effect),
		cmocka_unit_test(test_groups_without_pressure_are_counted),
		cmocka_unit_test(test_v2_counts_io),
		cmocka_unit_test(test_collectors_that_do_not_work_have_a_reason),
		cmocka_unit_test(test_what_cannot_be_traced_has_a_reason),
		cmocka_unit_test(test_parts_left_out_of_the_build_have_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

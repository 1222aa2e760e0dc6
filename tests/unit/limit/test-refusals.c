/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-refusals.c - unit tests of the reasons for refused changes, and of ways past refusals. */
#include "limit-machine.h"

/* Fails unless the change fails with the error and a message that contains the text. */
static void expect(const struct machine *machine, struct cgw_step step, int error, const char *text)
{
	const struct cgw_limit_options options = options_of(machine);
	struct cgw_result result = {0};

	assert_int_equal(apply(machine, &options, &step, 1, &result), error);
	if (strstr(result.diag.text, text) == NULL)
		fail_msg("'%s' is not in: %s", text, result.diag.text);
}

/* The kernel rejects the first write. */
static void expect_rejected(const struct machine *machine, struct cgw_step step, int error,
			    const char *text)
{
	fake_reset();
	fake_fail_at = 1;
	fake_fail_with = error;
	expect(machine, step, error, text);
	fake_reset();
}

static struct cgw_step on(const char *path, enum cgw_control control, const char *value)
{
	return (struct cgw_step){
		.kind = CGW_STEP_SET, .path = path, .control = control, .value = value};
}

/* A missing file: no controller in the kernel, not enabled here, or no such file. */
static void test_missing_file_of_v2(void **state)
{
	const struct machine *machine = *state;

	expect(machine, set(CGW_C_MEMORY_SWAP_MAX, "1G"), -ENOENT,
	       "cannot set memory.swap.max=1G on /web: this kernel has no memory.swap.max");
	expect(machine, on("/web/none", CGW_C_PIDS_MAX, "5"), -ENOENT, "no such group in the v2");
	/* Enabled in the parent, or not even there. */
	tree_file(machine->dir, "cgroup/web/job/cgroup.controllers", "cpu\n");
	expect(machine, on("/web/job", CGW_C_PIDS_MAX, "5"), -ENOENT,
	       "with `cgward set '/web' cgroup.subtree_control=+pids`");
	tree_file(machine->dir, "cgroup/web/job/task/cgroup.controllers", "\n");
	expect(machine, on("/web/job/task", CGW_C_PIDS_MAX, "5"), -ENOENT,
	       "is not enabled for the group or its parent; enable it on all levels with --enable");
	tree_file(machine->dir, "cgroup/web/job/cgroup.type", "threaded\n");
	expect(machine, on("/web/job", CGW_C_MEMORY_MAX, "1G"), -EOPNOTSUPP,
	       "the group is threaded, and the memory controller is for whole processes; /web is");
	tree_file(machine->dir, "cgroup/cgroup.controllers", "cpu memory\n");
	expect(machine, on("/web/job", CGW_C_PIDS_MAX, "5"), -ENOENT,
	       "cgroup v2 does not have the pids controller on this machine");
}

/* EINVAL is explained by the value that forbids it, or not at all. */
static void test_rejected_value_names_companion(void **state)
{
	const struct machine *machine = *state;

	tree_file(machine->dir, "cgroup/cpu,cpuacct/web/cpu.cfs_burst_us", "200000\n");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/web/cpu.idle", "0\n");
	expect_rejected(
		machine, set(CGW_C_CPU_MAX, "100%"), -EINVAL,
		"the value is below cpu.max.burst, which is 200ms; set both in one command");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/web/cpu.cfs_burst_us", "0\n");
	expect_rejected(machine, set(CGW_C_CPU_MAX, "100%"), -EINVAL,
			"on /web: the kernel rejected the value 100ms/100ms");
	expect_rejected(machine, set(CGW_C_MEMORY_MAX, "3G"), -EINVAL,
			"the value is above memory.memsw.max, which is 2G");
	expect_rejected(machine, set(CGW_C_MEMORY_MEMSW_MAX, "900M"), -EINVAL,
			"the value is below memory.max, which is 1G");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/web/cpu.idle", "1\n");
	expect_rejected(machine, set(CGW_C_CPU_WEIGHT, "300"), -EINVAL,
			"rejects the value as long as cpu.idle of the group is 1");
}

static void test_rejected_value_names_relative(void **state)
{
	const struct machine *machine = *state;

	group_files_v1(machine->dir, "web/a");
	group_files_v1(machine->dir, "web/b");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/web/cpu.cfs_quota_us", "50000\n");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/web/b/cpu.cfs_quota_us", "40000\n");
	expect_rejected(machine, on("/web/a", CGW_C_CPU_MAX, "60%"), -EINVAL,
			"the value exceeds that of the ancestor /web, which is 50ms/100ms");
	expect_rejected(machine, set(CGW_C_CPU_MAX, "30%"), -EINVAL,
			"the value is below that of the child /web/b, which is 40ms/100ms");
	expect_rejected(machine, on("/web/a", CGW_C_CPU_MAX, "45%"), -EINVAL,
			"/web/a: the kernel rejected the value 45ms/100ms");
	/* A child that has less is not the reason. */
	expect_rejected(machine, set(CGW_C_CPU_MAX, "70%"), -EINVAL,
			"/web: the kernel rejected the value 70ms/100ms");
	/* A memory limit of v1 may exceed that of an ancestor: that is not the reason. */
	expect_rejected(machine, on("/web/a", CGW_C_MEMORY_MAX, "2G"), -EINVAL,
			"/web/a: the kernel rejected the value 2G");
}

static void test_error_of_the_process_is_named(void **state)
{
	const struct machine *machine = *state;

	expect_rejected(machine, set(CGW_C_PIDS_MAX, "64"), -EMFILE,
			"this process has reached its limit of ");
	expect_rejected(machine, set(CGW_C_PIDS_MAX, "64"), -EROFS, "mounted read-only");
	expect_rejected(machine, set(CGW_C_PIDS_MAX, "64"), -ENOSPC, "No space left on device");
	expect_rejected(machine, set(CGW_C_PIDS_MAX, "64"), -EBUSY, "on /web: Device or resource");
	expect_rejected(machine, set(CGW_C_MEMORY_MAX, "700M"), -EBUSY, "--reclaim");
}

/* The file of another instance is not that of another directory. */
static void test_region_with_slashes_is_written(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_DMEM_MAX, "drm/0000:03:00.0/vram0 1G");
	struct cgw_result result;

	tree_file(machine->dir, "cgroup/cgroup.controllers", "cpu dmem memory pids\n");
	tree_file(machine->dir, "cgroup/web/dmem.max", "drm/0000:03:00.0/vram0 max\n");
	cgw_layout_free(machine->layout);
	((struct machine *)*state)->layout = fake_layout(machine->dir);
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_string_equal(fake_log, "dmem.max=drm/0000:03:00.0/vram0 1073741824\n");
}

/* "max" also resets the period: the dry run lists both writes, and both are reported. */
static void test_period_is_reported(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_CPU_MAX, "max");
	struct cgw_result result;

	tree_file(machine->dir, "cgroup/cpu,cpuacct/web/cpu.cfs_quota_us", "500000\n");
	tree_file(machine->dir, "cgroup/cpu,cpuacct/web/cpu.cfs_period_us", "1000000\n");
	options.dry_run = true;
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_non_null(strstr(result.how, "write '100000' to "));
	assert_non_null(strstr(result.how, "/web/cpu.cfs_period_us; write '-1' to "));
	assert_string_equal(result.diag.text, "the period is now 100ms (was 1s)");
	options.dry_run = false;
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_string_equal(fake_log, "cpu.cfs_period_us=100000\ncpu.cfs_quota_us=-1\n");
	assert_string_equal(result.diag.text, "the period is now 100ms (was 1s)");
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), 0);
	assert_string_equal(content(machine, "cgroup/cpu,cpuacct/web/cpu.cfs_period_us"),
			    "1000000");
	assert_string_equal(content(machine, "cgroup/cpu,cpuacct/web/cpu.cfs_quota_us"), "500000");
}

/* LVM on LUKS on a partition: the disk is named, and --force sets it anyway. */
static void test_stacked_device_requires_force(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_IO_MAX_RBPS, "253:5 10M");
	struct cgw_result result;
	char value[64];

	tree_file(machine->dir, "cgroup/cgroup.controllers", "cpu io memory pids\n");
	tree_file(machine->dir, "cgroup/web/io.max", "");
	tree_file(machine->dir, "sys/dev/block/253:5/slaves/dm-4", "");
	tree_file(machine->dir, "sys/dev/block/253:5/uevent", "DEVNAME=dm-5\n");
	tree_file(machine->dir, "sys/class/block/dm-4/dev", "253:4\n");
	tree_file(machine->dir, "sys/dev/block/253:4/slaves/sdb1", "");
	tree_file(machine->dir, "sys/class/block/sdb1/dev", "8:33\n");
	tree_file(machine->dir, "sys/dev/block/8:33/partition", "1\n");
	tree_file(machine->dir, "sys/dev/block/dev", "8:32\n"); /* 8:33/.. is the disk */
	tree_file(machine->dir, "sys/dev/block/8:32/uevent", "DEVNAME=sdb\n");
	assert_int_equal(apply(machine, &options, &step, 1, &result), -ENOTUNIQ);
	assert_int_equal(result.outcome, CGW_OUTCOME_REFUSED);
	assert_non_null(strstr(result.diag.text, "253:5 is built from sdb; "));
	assert_non_null(strstr(result.diag.text, "use --force to set it on 253:5 anyway"));
	options.force = true;
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_string_equal(fake_log, "io.max=253:5 rbps=10485760\n");
	assert_non_null(strstr(result.diag.text, "is built from sdb"));
	assert_int_equal(cgw_control_read(machine->layout, "/web", CGW_C_IO_MAX_RBPS, "253:5",
					  value, sizeof(value), NULL),
			 0);
	assert_string_equal(value, "dm-5 10M");
}

/* Missing rights are found by the dry run, and before an earlier step of the plan is made. */
static void test_missing_rights_are_refused_first(void **state)
{
	const struct machine *machine = *state;
	const struct {
		const char *denied;
		struct cgw_step step;
	} cases[] = {
		{"pids.max", set(CGW_C_PIDS_MAX, "64")},
		{"cpu.cfs_quota_us", set(CGW_C_CPU_MAX, "50%")},
		{"cpu.cfs_period_us", set(CGW_C_CPU_MAX, "50ms/200ms")},
		{"freezer.state", {.kind = CGW_STEP_FREEZE, .path = "/web"}},
		{"cgroup.procs", {.kind = CGW_STEP_MOVE, .path = "/web", .pid = 4711}},
		{".", {.kind = CGW_STEP_CREATE, .path = "/web/new"}},
		{".", {.kind = CGW_STEP_DELETE, .path = "/web/empty"}},
		{".", {.kind = CGW_STEP_DELETE, .path = "/full", .recursive = true}},
	};

	machine_process(machine, 4711, "/other", 100);
	tree_file(machine->dir, "cgroup/memory/web/empty/cgroup.procs", "");
	tree_file(machine->dir, "cgroup/memory/full/a/b/cgroup.procs", "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int dry_run = 0; dry_run <= 1; dry_run++) {
			struct cgw_limit_options options = options_of(machine);
			const struct cgw_step steps[] = {set(CGW_C_MEMORY_MAX, "700M"),
							 cases[i].step};
			struct cgw_result results[2];

			options.dry_run = dry_run;
			fake_reset();
			fake_denied = cases[i].denied;
			if (apply(machine, &options, steps, 2, results) != -EACCES)
				fail_msg("%s is written without rights", cases[i].denied);
			assert_int_equal(results[0].outcome, CGW_OUTCOME_NOT_TRIED);
			assert_int_equal(fake_writes, 0);
			fake_denied = NULL;
			options.dry_run = true;
			if (apply(machine, &options, steps, 2, results) != 0)
				fail_msg("%s is refused: %s", cases[i].denied,
					 results[1].diag.text);
		}
}

static void test_invalid_arguments_of_the_library(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	struct cgw_diag diag = {0};
	struct cgw_plan *plan;
	char small[3] = "??";

	assert_int_equal(cgw_plan_new(machine->layout, &options, &plan), 0);
	assert_int_equal(cgw_plan_add(plan, &(struct cgw_step){.kind = 99, .path = "/web"}, &diag),
			 -EINVAL);
	assert_string_equal(diag.text, "invalid kind of step 99");
	assert_int_equal(
		cgw_plan_add(plan,
			     &(struct cgw_step){.control = 9999, .path = "/web", .value = "1"},
			     &diag),
		-EINVAL);
	assert_string_equal(diag.text, "invalid control 9999");
	assert_int_equal(cgw_plan_add(plan, &(struct cgw_step){.kind = CGW_STEP_FREEZE}, &diag),
			 -EINVAL);
	assert_int_equal(cgw_plan_count(plan), 0);
	cgw_plan_free(plan);
	assert_int_equal(cgw_value_check(9999, "1", &diag), -EINVAL);
	assert_int_equal(cgw_control_available(machine->layout, 9999, &diag), -EINVAL);
	assert_int_equal(
		cgw_control_read(machine->layout, "/web", 9999, NULL, small, sizeof(small), &diag),
		-EINVAL);
	/* A value that is cut would be another one. */
	assert_int_equal(cgw_control_read(machine->layout, "/web", CGW_C_PIDS_MAX, NULL, small,
					  sizeof(small), &diag),
			 -ENOBUFS);
	assert_string_equal(small, "??");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(2, test_missing_file_of_v2),
		ON(1, test_rejected_value_names_companion),
		ON(1, test_rejected_value_names_relative),
		ON(1, test_error_of_the_process_is_named),
		ON(2, test_region_with_slashes_is_written),
		ON(1, test_period_is_reported),
		ON(2, test_stacked_device_requires_force),
		ON(1, test_missing_rights_are_refused_first),
		ON(2, test_invalid_arguments_of_the_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

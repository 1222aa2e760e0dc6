/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-plan.c - unit tests of plans on a fake kernel: order of writes, atomicity and undo. */
#include "lib/base/cleanup.h"
#include "lib/limit/plan.h"
#include "limit-machine.h"

static void test_set_reads_value_back(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_MEMORY_MAX, "100000000");
	struct cgw_result result;

	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_string_equal(fake_log, "memory.max=100000000\n");
	assert_int_equal(result.outcome, CGW_OUTCOME_ADJUSTED);
	assert_string_equal(result.old_value, "max");
	assert_string_equal(result.new_value, "97656K");
	assert_string_equal(result.diag.text, "requested 100000000, the kernel kept 97656K");
	assert_true(result.change_id > 0);
	/* Setting the same value again writes nothing. */
	const struct cgw_step again = set(CGW_C_MEMORY_MAX, "99999744");
	fake_reset();
	assert_int_equal(apply(machine, &options, &again, 1, &result), 0);
	assert_int_equal(result.outcome, CGW_OUTCOME_UNCHANGED);
	assert_string_equal(fake_log, "");
}

static void test_dry_run_writes_nothing(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_CPU_MAX, "150%");
	struct cgw_result result;

	options.dry_run = true;
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_int_equal(result.outcome, CGW_OUTCOME_PENDING);
	assert_non_null(strstr(result.how, "write '150000 100000' to "));
	assert_non_null(strstr(result.how, "/web/cpu.max"));
	assert_int_equal(fake_writes, 0);
	assert_int_not_equal(access(machine->journal, F_OK), 0);
}

/* What a dry run prints is what is written then, in that order. */
static void test_dry_run_lists_each_write(void **state)
{
	static const struct cgw_step enable = {
		.kind = CGW_STEP_SET, .path = "/web/job", .control = CGW_C_PIDS_MAX, .value = "8"};
	const struct cgw_step steps[] = {set(CGW_C_CPU_MAX, "50ms/200ms"),
					 set(CGW_C_MEMORY_MAX, "900000"), enable};
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	struct cgw_result result;

	options.reclaim = options.enable = true;
	tree_file(machine->dir, "cgroup/web/memory.reclaim", "");
	tree_file(machine->dir, "cgroup/web/cgroup.subtree_control", "\n");
	tree_file(machine->dir, "cgroup/web/job/cgroup.procs", "");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char how[sizeof(result.how)], list[512] = "", *rest = how, *line;

		options.dry_run = true;
		assert_int_equal(apply(machine, &options, &steps[i], 1, &result), 0);
		memcpy(how, result.how, sizeof(how));
		while ((line = strsep(&rest, ";")) != NULL) {
			const char *text = strchr(line, '\'') + 1, *file = strrchr(line, '/') + 1;

			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s=%.*s\n",
				 file, (int)strcspn(text, "'"), text);
		}
		options.dry_run = false;
		fake_reset();
		/* The fake kernel reclaims nothing, and creates no file of a controller. */
		assert_int_equal(apply(machine, &options, &steps[i], 1, &result) == 0, i == 0);
		if (strncmp(list, fake_log, strcspn(fake_log, "\n") + 1) != 0 ||
		    (i == 0 && strcmp(list, fake_log) != 0))
			fail_msg("step %zu: %s instead of %s", i, list, fake_log);
	}
}

/* A list that does not fit ends with a mark, not in the middle of a path. */
static void test_long_dry_run_is_marked(void **state)
{
	const struct machine *machine = *state;
	struct step step = {0};
	char path[200] = "/";

	memset(path + 1, 'a', sizeof(path) - 2);
	for (int i = 0; i < 9; i++)
		step_describe_write(&step, machine->layout, 0, path, "cgroup.procs", "1");
	assert_true(strlen(step.result.how) < sizeof(step.result.how));
	assert_non_null(strstr(step.result.how, "/cgroup.procs; ..."));
	assert_string_equal(strstr(step.result.how, "..."), "...");
}

static void test_limit_below_use_is_refused(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_MEMORY_MAX, "1040000"),
			      pids = set(CGW_C_PIDS_MAX, "2"),
			      enough = set(CGW_C_MEMORY_MAX, "1056768");
	struct cgw_result result;

	/* 1,000,000 bytes are in use: the lowest allowed limit is 5 % above. */
	assert_int_equal(apply(machine, &options, &step, 1, &result), -EBUSY);
	assert_int_equal(result.outcome, CGW_OUTCOME_REFUSED);
	assert_non_null(strstr(result.diag.text, "--force"));
	assert_int_equal(apply(machine, &options, &pids, 1, &result), -EBUSY);
	assert_int_equal(fake_writes, 0);
	assert_int_equal(apply(machine, &options, &enough, 1, &result), 0);
	options.force = true;
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
}

static void test_replaced_group_is_refused(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	struct cgw_step step = set(CGW_C_PIDS_MAX, "64");
	struct cgw_result result;
	uint64_t id;
	int fd;

	assert_int_equal(cgw_group_open(machine->layout, 0, "/web", &fd, &id), 0);
	close(fd);
	step.expected_id = id;
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	step.expected_id = id + 1;
	step.value = "65";
	assert_int_equal(apply(machine, &options, &step, 1, &result), -ESTALE);
	assert_string_equal(content(machine, "cgroup/web/pids.max"), "64");
}

/* A plan that is used again has the new options and none of the old steps. */
static void test_reset_plan_starts_afresh(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step low = set(CGW_C_PIDS_MAX, "5"), high = set(CGW_C_PIDS_MAX, "64");
	struct cgw_plan *plan;

	assert_int_equal(cgw_plan_new(machine->layout, &options, &plan), 0);
	assert_int_equal(cgw_plan_add(plan, &low, NULL), 0);
	assert_int_equal(cgw_plan_apply(plan), -EBUSY); /* ten are in use */
	options.force = true;
	assert_int_equal(cgw_plan_reset(plan, &options), 0);
	assert_int_equal(cgw_plan_count(plan), 0);
	assert_null(cgw_plan_failure(plan));
	assert_int_equal(cgw_plan_add(plan, &low, NULL), 0);
	assert_int_equal(cgw_plan_apply(plan), 0);
	options.dry_run = true;
	options.journal = "/nowhere";
	assert_int_equal(cgw_plan_reset(plan, &options), 0);
	assert_int_equal(cgw_plan_add(plan, &high, NULL), 0);
	assert_int_equal(cgw_plan_apply(plan), 0);
	assert_int_equal(cgw_plan_result(plan, 0)->outcome, CGW_OUTCOME_PENDING);
	assert_string_equal(content(machine, "cgroup/pids/web/pids.max"), "5");
	cgw_plan_free(plan);
}

static void test_root_is_protected(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = {.kind = CGW_STEP_FREEZE, .path = "/"};
	struct cgw_result result;

	options.yes_really = true;
	assert_int_equal(apply(machine, &options, &step, 1, &result), -EPERM);
	assert_int_equal(result.outcome, CGW_OUTCOME_REFUSED);
	assert_int_equal(fake_writes, 0);
}

/* In a cgroup namespace whose place in the mounted tree is not known, any group may be our own. */
static void test_groups_that_may_be_ours_are_protected(void **state)
{
	struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = {.kind = CGW_STEP_FREEZE, .path = "/web"};
	struct cgw_result result;

	tree_file(machine->dir, "proc/self/mountinfo",
		  "30 1 0:26 /.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	tree_file(machine->dir, "proc/1/cgroup", "0::/init\n");
	cgw_layout_free(machine->layout);
	machine->layout = fake_layout(machine->dir);
	options.yes_really = true;
	assert_int_equal(apply(machine, &options, &step, 1, &result), -EPERM);
	assert_int_equal(fake_writes, 0);
	tree_file(machine->dir, "cgroup/ns/init/cgroup.procs", "1\n");
	cgw_layout_free(machine->layout);
	machine->layout = fake_layout(machine->dir);
	(void)apply(machine, &options, &step, 1, &result);
	assert_int_not_equal(result.outcome, CGW_OUTCOME_REFUSED);
}

/* memory.max must not exceed memory.memsw.max at any time. */
static void test_order_of_memsw(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step up[] = {set(CGW_C_MEMORY_MAX, "4G"),
				      set(CGW_C_MEMORY_MEMSW_MAX, "8G")};
	const struct cgw_step down[] = {set(CGW_C_MEMORY_MEMSW_MAX, "1G"),
					set(CGW_C_MEMORY_MAX, "1G")};
	struct cgw_result results[2];

	assert_int_equal(apply(machine, &options, up, 2, results), 0);
	assert_string_equal(fake_log, "memory.memsw.limit_in_bytes=8589934592\n"
				      "memory.limit_in_bytes=4294967296\n");
	fake_reset();
	assert_int_equal(apply(machine, &options, down, 2, results), 0);
	assert_string_equal(fake_log, "memory.limit_in_bytes=1073741824\n"
				      "memory.memsw.limit_in_bytes=1073741824\n");
}

/* The burst must not exceed the quota at any time, in whichever order they are given. */
static void test_order_of_burst(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step up[] = {set(CGW_C_CPU_MAX_BURST, "40ms"),
				      set(CGW_C_CPU_MAX, "50ms/100ms")};
	const struct cgw_step down[] = {set(CGW_C_CPU_MAX, "10ms/100ms"),
					set(CGW_C_CPU_MAX_BURST, "5ms")};
	struct cgw_result results[2];

	assert_int_equal(apply(machine, &options, up, 2, results), 0);
	assert_string_equal(fake_log, "cpu.max.burst=40000\ncpu.max=50000 100000\n");
	fake_reset();
	assert_int_equal(apply(machine, &options, down, 2, results), 0);
	assert_string_equal(fake_log, "cpu.max.burst=5000\ncpu.max=10000 100000\n");
	fake_reset();
	const struct cgw_step again[] = {set(CGW_C_CPU_MAX_BURST, "60ms"),
					 set(CGW_C_CPU_MAX, "80ms/100ms")};
	assert_int_equal(apply(machine, &options, again, 2, results), 0);
	assert_string_equal(fake_log, "cpu.max=80000 100000\ncpu.max.burst=60000\n");
}

static void test_order_of_period_and_quota(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_CPU_MAX, "25ms/50ms"),
			      wide = set(CGW_C_CPU_MAX, "max");
	struct cgw_result result;

	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_string_equal(fake_log, "cpu.cfs_period_us=50000\ncpu.cfs_quota_us=25000\n");
	assert_string_equal(result.new_value, "25ms/50ms");
	/* If the kernel rejects the period, the quota is written first. */
	const struct cgw_step other = set(CGW_C_CPU_MAX, "10ms/100ms");
	fake_reset();
	fake_fail_at = 1;
	fake_fail_with = -EINVAL;
	assert_int_equal(apply(machine, &options, &other, 1, &result), 0);
	assert_string_equal(fake_log, "cpu.cfs_quota_us=10000\ncpu.cfs_period_us=100000\n");
	assert_int_equal(apply(machine, &options, &wide, 1, &result), 0);
	assert_string_equal(content(machine, "cgroup/cpu,cpuacct/web/cpu.cfs_quota_us"), "-1");
}

/* If the k-th write fails with any error, either all steps or none are applied. */
static void test_all_or_nothing(void **state)
{
	static const int errors[] = {-EACCES, -EBUSY,  -EINVAL, -ENODEV,
				     -EIO,    -ENOSPC, -EROFS,  -EINTR};
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step steps[] = {
		set(CGW_C_CPU_WEIGHT, "200"),
		set(CGW_C_MEMORY_MAX, "800M"),
		set(CGW_C_PIDS_MAX, "64"),
		set(CGW_C_CPU_MAX, "50ms/200ms"),
	};
	static const char *const files[] = {
		"cgroup/cpu,cpuacct/web/cpu.shares",
		"cgroup/memory/web/memory.limit_in_bytes",
		"cgroup/pids/web/pids.max",
		"cgroup/cpu,cpuacct/web/cpu.cfs_quota_us",
		"cgroup/cpu,cpuacct/web/cpu.cfs_period_us",
	};
	static const char *const before[] = {"1024", "1073741824", "max", "-1", "100000"};
	unsigned failures = 0;

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++)
		for (unsigned k = 1; k <= 8; k++) {
			struct cgw_result results[4];
			int r;

			fake_reset();
			fake_fail_at = k;
			fake_fail_with = errors[e];
			r = apply(machine, &options, steps, 4, results);
			if (r == 0) {
				/* No failure, or the period was written second: undo. */
				struct cgw_result undone;

				fake_reset();
				assert_int_equal(
					cgw_journal_undo(machine->layout, &options, 0, &undone), 0);
			} else {
				failures++;
				assert_int_equal(r, errors[e]);
				for (size_t i = 0; i < 4; i++)
					assert_true(results[i].outcome == CGW_OUTCOME_ROLLED_BACK ||
						    results[i].outcome == CGW_OUTCOME_FAILED ||
						    results[i].outcome == CGW_OUTCOME_NOT_TRIED);
			}
			for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
				if (strcmp(content(machine, files[i]), before[i]) != 0)
					fail_msg("write %u failed with %d: %s is %s", k, errors[e],
						 files[i], content(machine, files[i]));
		}
	assert_true(failures >= 8 * 4);
}

/* Assignments as text, and the reason of the failed step, as in the example program. */
static void test_assignments(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	struct cgw_diag diag = {0};
	struct cgw_plan *plan = NULL;

	fake_reset();
	assert_int_equal(cgw_plan_new(machine->layout, &options, &plan), 0);
	assert_int_equal(cgw_plan_assign(plan, "/web", "memroy.max=1G", &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "memory.max"));
	assert_int_equal(cgw_plan_assign(plan, "/web", "memory.max", &diag), -EINVAL);
	assert_int_equal(cgw_plan_assign(plan, "/web", "memory.max=lots", &diag), -EINVAL);
	assert_int_equal(cgw_plan_assign(plan, "web", "memory.max=800M", &diag), -EINVAL);
	assert_int_equal(cgw_plan_count(plan), 0);
	assert_int_equal(cgw_plan_assign(plan, "/web", "memory.max=800M", &diag), 0);
	assert_int_equal(cgw_plan_assign(plan, "/web", "pids.max=64", &diag), 0);
	assert_null(cgw_plan_failure(plan));
	fake_fail_at = 2;
	fake_fail_with = -EBUSY;
	assert_int_equal(cgw_plan_apply(plan), -EBUSY);
	assert_ptr_equal(cgw_plan_failure(plan), cgw_plan_result(plan, 1));
	assert_int_equal(cgw_plan_failure(plan)->outcome, CGW_OUTCOME_FAILED);
	assert_true(cgw_plan_failure(plan)->diag.text[0] != '\0');
	cgw_plan_free(plan);
	assert_string_equal(content(machine, "cgroup/memory/web/memory.limit_in_bytes"),
			    "1073741824");
}

static void test_undo_restores_previous_value(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_MEMORY_MAX, "512M"),
			      pids = set(CGW_C_PIDS_MAX, "64");
	struct cgw_result result;

	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_int_equal(apply(machine, &options, &pids, 1, &result), 0);
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), 0);
	assert_string_equal(content(machine, "cgroup/pids/web/pids.max"), "max");
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), 0);
	assert_string_equal(content(machine, "cgroup/memory/web/memory.limit_in_bytes"),
			    "1073741824");
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), -ENOENT);
	assert_int_equal(result.outcome, CGW_OUTCOME_REFUSED);
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 1, &result), -EALREADY);
}

static void test_undo_refuses_changed_value(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step pids = set(CGW_C_PIDS_MAX, "64");
	struct cgw_result result;

	assert_int_equal(apply(machine, &options, &pids, 1, &result), 0);
	tree_file(machine->dir, "cgroup/pids/web/pids.max", "99\n");
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), -EBUSY);
	assert_non_null(strstr(result.diag.text, "99"));
	assert_string_equal(content(machine, "cgroup/pids/web/pids.max"), "99");
	options.force = true;
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), 0);
	assert_string_equal(content(machine, "cgroup/pids/web/pids.max"), "max");
	/* Undo fails if the group has been removed. */
	options.force = false;
	assert_int_equal(apply(machine, &options, &pids, 1, &result), 0);
	for (const char *name = "memory\0cpu,cpuacct\0pids\0freezer\0"; *name != '\0';
	     name += strlen(name) + 1) {
		char path[64];

		snprintf(path, sizeof(path), "cgroup/%s/web", name);
		tree_remove(machine->dir, path);
	}
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), -ENOENT);
}

static void test_freeze_and_thaw(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	struct cgw_step step = {.kind = CGW_STEP_FREEZE, .path = "/web", .timeout_ns = 50000000};
	struct cgw_result result;

	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_string_equal(content(machine, "cgroup/freezer/web/freezer.state"), "FROZEN");
	tree_file(machine->dir, "cgroup/freezer/web/freezer.self_freezing", "1\n");
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), 0);
	assert_string_equal(content(machine, "cgroup/freezer/web/freezer.state"), "THAWED");
	tree_file(machine->dir, "cgroup/freezer/web/freezer.self_freezing", "0\n");
	/* A group that stays in FREEZING is thawed after the timeout. */
	fake_stuck = true;
	assert_int_equal(apply(machine, &options, &step, 1, &result), -ETIMEDOUT);
	assert_string_equal(content(machine, "cgroup/freezer/web/freezer.state"), "THAWED");
	/* A group below a frozen parent cannot be thawed. */
	fake_stuck = false;
	tree_file(machine->dir, "cgroup/freezer/web/freezer.state", "FROZEN\n");
	tree_file(machine->dir, "cgroup/freezer/web/freezer.parent_freezing", "1\n");
	step.kind = CGW_STEP_THAW;
	assert_int_equal(apply(machine, &options, &step, 1, &result), -EBUSY);
}

static void test_enable_controller(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = {
		.kind = CGW_STEP_SET, .path = "/web/job", .control = CGW_C_PIDS_MAX, .value = "8"};
	struct cgw_result result;

	tree_file(machine->dir, "cgroup/web/cgroup.subtree_control", "\n");
	tree_file(machine->dir, "cgroup/web/job/cgroup.procs", "");
	assert_int_equal(apply(machine, &options, &step, 1, &result), -ENOENT);
	assert_non_null(strstr(result.diag.text, "--enable"));
	assert_non_null(strstr(result.diag.text, "cgward set '/web' cgroup.subtree_control=+pids"));
	options.enable = true;
	/* From the root down, also in the root. */
	tree_file(machine->dir, "cgroup/cgroup.subtree_control", "cpu memory\n");
	options.dry_run = true;
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_non_null(strstr(result.how, "cgroup/cgroup.subtree_control; write '+pids' to "));
	assert_non_null(strstr(result.how, "/web/cgroup.subtree_control; write '8' to "));
	tree_file(machine->dir, "cgroup/cgroup.subtree_control", "cpu memory pids\n");
	options.dry_run = false;
	/* The fake kernel creates no file, so that enabling is rolled back. */
	assert_true(apply(machine, &options, &step, 1, &result) < 0);
	assert_string_equal(fake_log,
			    "cgroup.subtree_control=+pids\ncgroup.subtree_control=-pids\n");
}

static void test_invalid_kernel_text_fails(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_MEMORY_HIGH, "1G");
	struct cgw_result result;

	tree_file(machine->dir, "cgroup/web/memory.high", "what\n");
	assert_int_equal(apply(machine, &options, &step, 1, &result), -EBADMSG);
	assert_int_equal(fake_writes, 0);
}

/* Without a journal nothing is changed, and the error is not that of a missing group. */
static void test_missing_journal_directory_fails(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_PIDS_MAX, "8");
	struct cgw_result result;
	char path[4096];

	options.journal = tree_at(machine->dir, "not/there", path, sizeof(path));
	assert_int_equal(apply(machine, &options, &step, 1, &result), -ENOTDIR);
	assert_non_null(strstr(result.diag.text, path));
	assert_int_equal(fake_writes, 0);
	options.no_undo = true;
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(2, test_set_reads_value_back),
		ON(2, test_dry_run_writes_nothing),
		ON(2, test_dry_run_lists_each_write),
		ON(2, test_long_dry_run_is_marked),
		ON(2, test_limit_below_use_is_refused),
		ON(2, test_replaced_group_is_refused),
		ON(2, test_root_is_protected),
		ON(2, test_groups_that_may_be_ours_are_protected),
		ON(2, test_enable_controller),
		ON(2, test_invalid_kernel_text_fails),
		ON(2, test_missing_journal_directory_fails),
		ON(1, test_reset_plan_starts_afresh),
		ON(1, test_order_of_memsw),
		ON(2, test_order_of_burst),
		ON(1, test_order_of_period_and_quota),
		ON(1, test_all_or_nothing),
		ON(1, test_assignments),
		ON(1, test_undo_restores_previous_value),
		ON(1, test_undo_refuses_changed_value),
		ON(1, test_freeze_and_thaw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-rollback.c - what the steps before a failed one have changed is undone, and nothing else. */
#include "limit-machine.h"

static const struct machine *changed_machine;

static void change_pids_max(const char *file)
{
	if (strcmp(file, "memory.limit_in_bytes") == 0)
		tree_file(changed_machine->dir, "cgroup/pids/web/pids.max", "77\n");
}

/* The second step fails after another process has changed what the first one has set. */
static void test_rollback_keeps_values_of_others(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step steps[] = {
		{.kind = CGW_STEP_SET, .path = "/web", .control = CGW_C_PIDS_MAX, .value = "55"},
		{.kind = CGW_STEP_SET, .path = "/web", .control = CGW_C_MEMORY_MAX, .value = "2G"},
	};
	struct cgw_result results[2];

	fake_reset();
	changed_machine = machine;
	fake_before_write = change_pids_max;
	fake_fail_at = 2;
	fake_fail_with = -EBUSY;
	assert_true(apply(machine, &options, steps, 2, results) < 0);
	assert_string_equal(content(machine, "cgroup/pids/web/pids.max"), "77");
	assert_int_equal(results[0].outcome, CGW_OUTCOME_INCONSISTENT);
	assert_non_null(
		strstr(results[0].diag.text,
		       "not rolled back, because another process has set it to 77 meanwhile"));
	fake_reset();
}

static void test_create_is_rolled_back(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step steps[] = {
		{.kind = CGW_STEP_CREATE, .path = "/a/b"},
		{.kind = CGW_STEP_SET, .path = "/a/b", .control = CGW_C_PIDS_MAX, .value = "8"},
	};
	struct cgw_result results[2];
	char path[4096];

	/* The fake kernel creates no files in new groups, so that the second step fails. */
	assert_int_equal(apply(machine, &options, steps, 2, results), -ENOENT);
	assert_int_equal(results[0].outcome, CGW_OUTCOME_ROLLED_BACK);
	assert_int_not_equal(
		access(tree_at(machine->dir, "cgroup/pids/a", path, sizeof(path)), F_OK), 0);
	assert_int_equal(apply(machine, &options, steps, 1, results), 0);
	assert_int_equal(
		access(tree_at(machine->dir, "cgroup/memory/a/b", path, sizeof(path)), F_OK), 0);
	/* No group is created in the systemd hierarchy. */
	assert_int_not_equal(
		access(tree_at(machine->dir, "cgroup/systemd/a", path, sizeof(path)), F_OK), 0);
}

/* The kernel keeps a rounded value, which is not the change of another process. */
static void test_rounded_value_is_rolled_back(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step steps[] = {set(CGW_C_MEMORY_HIGH, "100000000"),
					 set(CGW_C_PIDS_MAX, "64")};
	struct cgw_result results[2];

	fake_fail_at = 2;
	fake_fail_with = -EIO;
	assert_int_equal(apply(machine, &options, steps, 2, results), -EIO);
	assert_int_equal(results[0].outcome, CGW_OUTCOME_ROLLED_BACK);
	assert_string_equal(content(machine, "cgroup/web/memory.high"), "max");
}

static void replace_groups(const char *file)
{
	if (strcmp(file, "pids.max") == 0)
		fake_id = 99;
}

/* The old value is not that of a group which was created again. */
static void test_replaced_group_is_not_rolled_back(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step steps[] = {set(CGW_C_MEMORY_HIGH, "100M"), set(CGW_C_PIDS_MAX, "64")};
	struct cgw_result results[2];

	fake_before_write = replace_groups;
	fake_fail_at = 2;
	fake_fail_with = -EIO;
	assert_int_equal(apply(machine, &options, steps, 2, results), -EIO);
	assert_string_equal(content(machine, "cgroup/web/memory.high"), "104857600");
	fake_reset();
}

/* A part of a value is another value. */
static void test_short_write_is_an_error(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step steps[] = {set(CGW_C_MEMORY_HIGH, "100M"), set(CGW_C_PIDS_MAX, "64")};
	struct cgw_result results[2];

	fake_fail_at = 2;
	fake_fail_with = 1; /* bytes */
	assert_int_equal(apply(machine, &options, steps, 2, results), -EIO);
	assert_int_equal(results[0].outcome, CGW_OUTCOME_ROLLED_BACK);
	assert_string_equal(content(machine, "cgroup/web/memory.high"), "max");
}

/* Another process has frozen the group, but not all of its processes have stopped yet. */
static void test_freeze_of_another_process_is_not_rolled_back(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step steps[] = {{.kind = CGW_STEP_FREEZE, .path = "/web"},
					 set(CGW_C_PIDS_MAX, "64")};
	struct cgw_result results[2];

	tree_file(machine->dir, "cgroup/freezer/web/freezer.state", "FREEZING\n");
	tree_file(machine->dir, "cgroup/freezer/web/freezer.self_freezing", "1\n");
	fake_fail_at = 2;
	fake_fail_with = -EIO;
	assert_int_equal(apply(machine, &options, steps, 2, results), -EIO);
	assert_string_equal(content(machine, "cgroup/freezer/web/freezer.state"), "FROZEN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(1, test_rollback_keeps_values_of_others),
		ON(1, test_create_is_rolled_back),
		ON(2, test_rounded_value_is_rolled_back),
		ON(2, test_replaced_group_is_not_rolled_back),
		ON(2, test_short_write_is_an_error),
		ON(1, test_freeze_of_another_process_is_not_rolled_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

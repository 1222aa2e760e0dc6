/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-step-group.c - groups that another process created or uses are not removed. */
#include "replaced-machine.h"

static const struct cgw_step create_new = {.kind = CGW_STEP_CREATE, .path = "/new"};

static bool exists(const struct machine *machine, const char *path)
{
	char full[600];

	return access(tree_at(machine->dir, path, full, sizeof(full)), F_OK) == 0;
}

/* The directory of a group: on v1 that of the memory hierarchy. */
static const char *directory_of(const struct machine *machine, const char *group)
{
	static char path[256];

	snprintf(path, sizeof(path), "cgroup%s%s", machine->version == 1 ? "/memory" : "", group);
	return path;
}

/* A group is created, and then the plan fails on /other. */
static int create_and_fail(struct machine *machine)
{
	const struct cgw_limit_options options = machine_options(machine);
	const struct cgw_step steps[] = {
		create_new,
		{.kind = CGW_STEP_SET, .path = "/other", .control = CGW_C_PIDS_MAX, .value = "7"},
	};
	struct cgw_result result;

	fake_fail_at = 1;
	fake_fail_with = -EIO;
	return machine_apply(machine, &options, steps, 2, &result);
}

static void test_created_group_is_rolled_back(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);

		assert_int_equal(create_and_fail(&machine), -EIO);
		assert_false(exists(&machine, directory_of(&machine, "/new")));
		assert_int_equal(machine_end(&machine), 0);
	}
}

static int make_directory_after_another(int directory, const char *name)
{
	assert_int_equal(kernel_ops_real.make_directory(directory, name), 0);
	return kernel_ops_real.make_directory(directory, name);
}

/* Between the check and mkdir() another process creates the group: it is not ours to remove. */
static void test_group_of_another_process_is_not_rolled_back(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);
		struct kernel_ops ops = *machine.layout->ops;

		ops.make_directory = make_directory_after_another;
		machine.layout->ops = &ops;
		assert_int_equal(create_and_fail(&machine), -EIO);
		assert_true(exists(&machine, directory_of(&machine, "/new")));
		assert_int_equal(machine_end(&machine), 0);
	}
}

static struct machine *replacing; /* by replace_new() */

static void replace_new(const char *file)
{
	fake_before_write = NULL;
	tree_move(replacing->dir, directory_of(replacing, "/new"), "removed-new");
	tree_directory(replacing->dir, directory_of(replacing, "/new"));
}

/* While the plan is applied, the created group is removed and created again by another process. */
static void test_replacement_of_created_group_is_not_rolled_back(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);

		replacing = &machine;
		fake_before_write = replace_new;
		assert_int_equal(create_and_fail(&machine), -EIO);
		assert_true(exists(&machine, directory_of(&machine, "/new")));
		assert_int_equal(machine_end(&machine), 0);
	}
}

static int delete_web(struct machine *machine, bool recursive, struct cgw_result *ret_result)
{
	const struct cgw_limit_options options = machine_options(machine);
	const struct cgw_step step = {
		.kind = CGW_STEP_DELETE, .path = "/web", .recursive = recursive};

	return machine_apply(machine, &options, &step, 1, ret_result);
}

/* v1: a process in one hierarchy keeps the group in all of them. */
static void test_populated_group_is_not_deleted(void **state)
{
	struct cgw_result result;

	for (size_t i = 0; i < ARRAY_SIZE(v1_hierarchies); i++) {
		struct machine machine = machine_begin(1, false, false);

		machine_file(&machine, v1_hierarchies[i], "/web", "cgroup.procs", "4711\n");
		assert_int_equal(delete_web(&machine, true, &result), -EBUSY);
		assert_int_equal(result.outcome, CGW_OUTCOME_REFUSED);
		for (size_t k = 0; k < ARRAY_SIZE(v1_hierarchies); k++) {
			char path[64];

			snprintf(path, sizeof(path), "cgroup/%s/web", v1_hierarchies[k]);
			assert_true(exists(&machine, path));
		}
		assert_int_equal(machine_end(&machine), 0);
	}
}

static void test_descendants_are_deleted_on_request(void **state)
{
	struct cgw_result result;

	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);

		machine_add_group(&machine, "/web/child");
		machine_add_group(&machine, "/webmail");
		assert_int_equal(delete_web(&machine, false, &result), -ENOTEMPTY);
		assert_true(exists(&machine, directory_of(&machine, "/web/child")));
		/* A process of a descendant is one of the group. */
		machine_file(&machine, "pids", "/web/child", "cgroup.procs", "4711\n");
		assert_int_equal(delete_web(&machine, true, &result), -EBUSY);
		machine_file(&machine, "pids", "/web/child", "cgroup.procs", "");
		assert_int_equal(delete_web(&machine, true, &result), 0);
		assert_false(exists(&machine, directory_of(&machine, "/web")));
		assert_true(exists(&machine, directory_of(&machine, "/webmail")));
		assert_true(exists(&machine, directory_of(&machine, "/other")));
		assert_int_equal(machine_end(&machine), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_created_group_is_rolled_back),
		cmocka_unit_test(test_group_of_another_process_is_not_rolled_back),
		cmocka_unit_test(test_replacement_of_created_group_is_not_rolled_back),
		cmocka_unit_test(test_populated_group_is_not_deleted),
		cmocka_unit_test(test_descendants_are_deleted_on_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

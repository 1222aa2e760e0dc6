/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-journal-undo.c - undo changes only the group and the process that the change was made to. */
#include "replaced-machine.h"

static struct cgw_step set_pids_max(const char *value)
{
	return (struct cgw_step){
		.kind = CGW_STEP_SET, .path = "/web", .control = CGW_C_PIDS_MAX, .value = value};
}

static void apply(struct machine *machine, const struct cgw_step *step)
{
	const struct cgw_limit_options options = machine_options(machine);
	struct cgw_result result;

	if (machine_apply(machine, &options, step, 1, &result) < 0)
		fail_msg("%s", result.diag.text);
	fake_log[0] = '\0';
	fake_writes = 0;
}

/* Fails unless undo returns `error` with this reason, and, on an error, has written nothing. */
static void undo(struct machine *machine, bool force, int error, const char *reason)
{
	struct cgw_limit_options options = machine_options(machine);
	struct cgw_result result;
	int r;

	options.force = force;
	r = cgw_journal_undo(machine->layout, &options, 0, &result);
	if (r != error || strstr(result.diag.text, reason) == NULL)
		fail_msg("v%u: %d %s", machine->version, r, result.diag.text);
	assert_int_equal(result.outcome, error < 0 ? CGW_OUTCOME_REFUSED : CGW_OUTCOME_DONE);
	if (error < 0)
		assert_int_equal(fake_writes, 0);
}

/* Not even --force: it restores a value that was changed, not that of another group. */
static void test_value_of_replaced_group_is_left(void **state)
{
	const struct cgw_step step = set_pids_max("64");

	for (unsigned version = 1; version <= 2; version++)
		for (int force = 0; force <= 1; force++) {
			struct machine machine = machine_begin(version, false, false);

			apply(&machine, &step);
			machine_replace(&machine);
			machine_file(&machine, "pids", "/web", "pids.max", "64\n");
			undo(&machine, force, -ESTALE, "another group now has the name /web");
			machine_assert_file(&machine, "pids", "/web", "pids.max", "64");
			assert_int_equal(machine_end(&machine), 0);
		}
}

static void test_frozen_state_of_replaced_group_is_left(void **state)
{
	const struct cgw_step step = {.kind = CGW_STEP_FREEZE, .path = "/web"};

	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);

		apply(&machine, &step);
		machine.is_frozen = true;
		machine_replace(&machine);
		undo(&machine, true, -ESTALE, "another group now has the name /web");
		assert_int_equal(machine_end(&machine), 0);
	}
}

/*
 * Inode numbers are unique within a hierarchy only: the group of the same name in another
 * hierarchy may even have the number of the removed one.
 */
static void test_group_of_another_hierarchy_is_left(void **state)
{
	struct machine machine = machine_begin(1, false, false);
	const struct cgw_step step = set_pids_max("64");

	fake_id = 4711;
	apply(&machine, &step);
	machine_set_aside(&machine, "pids");
	undo(&machine, true, -ENOENT, "/web no longer exists in the pids hierarchy");
	assert_int_equal(machine_end(&machine), 0);
}

static void test_value_changed_by_another_process_is_left(void **state)
{
	const struct cgw_step step = set_pids_max("64");

	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);

		apply(&machine, &step);
		machine_file(&machine, "pids", "/web", "pids.max", "77\n");
		undo(&machine, false, -EBUSY, "has since been changed to 77");
		machine_assert_file(&machine, "pids", "/web", "pids.max", "77");
		undo(&machine, true, 0, "");
		machine_assert_file(&machine, "pids", "/web", "pids.max", "max");
		assert_int_equal(machine_end(&machine), 0);
	}
}

static bool group_exists(const struct machine *machine, const char *path)
{
	uint64_t id;
	bool found = false;

	for (size_t h = 0; h < machine->layout->hierarchy_count; h++) {
		int fd;

		if (cgw_group_open(machine->layout, h, path, &fd, &id) < 0)
			continue;
		close(fd);
		found = true;
	}
	return found;
}

static void test_created_group_is_deleted(void **state)
{
	const struct cgw_step step = {.kind = CGW_STEP_CREATE, .path = "/new/group"};

	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);

		apply(&machine, &step);
		/* The fake kernel creates no files, but delete reads the processes. */
		for (const char *name = "memory\0pids\0freezer\0cpu,cpuacct\0blkio\0";
		     *name != '\0'; name += strlen(name) + 1)
			machine_file(&machine, name, "/new/group", "cgroup.procs", "");
		undo(&machine, false, 0, "");
		assert_false(group_exists(&machine, "/new/group"));
		assert_int_equal(machine_end(&machine), 0);
	}
}

/* Another group of that name, created after ours was removed, is not deleted. */
static void test_replacement_of_created_group_is_left(void **state)
{
	const struct cgw_step step = {.kind = CGW_STEP_CREATE, .path = "/web"};

	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);

		for (size_t i = 0; i < (version == 1 ? ARRAY_SIZE(v1_hierarchies) : 1); i++)
			machine_set_aside(&machine, v1_hierarchies[i]);
		apply(&machine, &step);
		machine_replace(&machine);
		if (version == 1) { /* the other hierarchies of that machine */
			machine_set_aside(&machine, "cpu,cpuacct");
			machine_set_aside(&machine, "blkio");
		}
		undo(&machine, true, -ESTALE, "another group now has the name /web");
		assert_true(group_exists(&machine, "/web"));
		assert_int_equal(machine_end(&machine), 0);
	}
}

/* The change created the group in some hierarchies only: these decide whether it was replaced. */
static void test_replacement_in_created_hierarchy_is_left(void **state)
{
	const struct cgw_step step = {.kind = CGW_STEP_CREATE, .path = "/web"};
	struct machine machine = machine_begin(1, false, false);

	machine_file(&machine, "cpu,cpuacct", "/web", "cgroup.procs", "");
	machine_set_aside(&machine, "memory");
	apply(&machine, &step);
	machine_set_aside(&machine, "memory");
	machine_file(&machine, "memory", "/web", "cgroup.procs", "");
	undo(&machine, false, -ESTALE, "another group now has the name /web");
	assert_int_equal(machine_end(&machine), 0);
}

static struct cgw_step move(const struct machine *machine)
{
	return (struct cgw_step){
		.kind = CGW_STEP_MOVE, .path = "/web", .pid = machine->process.pid};
}

static void list_process(struct machine *machine, const char *group)
{
	char groups[256];

	snprintf(groups, sizeof(groups), "3:pids:%s\n2:memory:%s\n4:freezer:%s\n0::%s\n", group,
		 group, group, group);
	test_process_list(machine->dir, machine->process.pid, groups, false);
}

static void test_moved_process_is_moved_back(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);
		struct cgw_step step = move(&machine);

		list_process(&machine, "/other");
		apply(&machine, &step);
		list_process(&machine, "/web");
		undo(&machine, false, 0, "");
		assert_true(fake_writes > 0);
		assert_int_equal(machine_end(&machine), 0);
	}
}

/* Another process may have moved it since, or its PID belongs to another process by now. */
static void test_process_of_another_group_is_not_moved(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);
		struct cgw_step step = move(&machine);

		list_process(&machine, "/other");
		apply(&machine, &step);
		list_process(&machine, "/webmail");
		undo(&machine, false, -EBUSY, "is no longer in /web");
		list_process(&machine, "/other");
		undo(&machine, false, -EBUSY, "is no longer in /web");
		assert_int_equal(machine_end(&machine), 0);
	}
}

static void test_exited_process_is_not_moved(void **state)
{
	struct machine machine = machine_begin(2, false, false);
	struct cgw_step step = move(&machine);
	char path[64];

	list_process(&machine, "/other");
	apply(&machine, &step);
	snprintf(path, sizeof(path), "proc/%d", (int)machine.process.pid);
	tree_remove(machine.dir, path);
	undo(&machine, false, -ESRCH, "has exited");
	assert_int_equal(machine_end(&machine), 0);
}

static int refuse_all(void *context, const char *path, enum cgw_step_kind kind,
		      struct cgw_diag *diag)
{
	return cgw_diag_set(diag, -EPERM, "protected by the policy");
}

/* A group that has become protected since is not even restored. */
static void test_protected_group_is_left(void **state)
{
	const struct cgw_step step = set_pids_max("64");

	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);
		struct cgw_limit_options options = machine_options(&machine);
		struct cgw_result result;

		apply(&machine, &step);
		options.protect = refuse_all;
		options.force = options.yes_really = true;
		assert_int_equal(cgw_journal_undo(machine.layout, &options, 0, &result), -EPERM);
		assert_int_equal(fake_writes, 0);
		/* The refused undo does not use up the change. */
		undo(&machine, false, 0, "");
		machine_assert_file(&machine, "pids", "/web", "pids.max", "max");
		assert_int_equal(machine_end(&machine), 0);
	}
}

static void test_failed_undo_can_be_repeated(void **state)
{
	const struct cgw_step step = set_pids_max("64");
	struct machine machine = machine_begin(2, false, false);
	const struct cgw_limit_options options = machine_options(&machine);
	struct cgw_result result;

	apply(&machine, &step);
	fake_fail_at = 1;
	fake_fail_with = -EIO;
	assert_int_equal(cgw_journal_undo(machine.layout, &options, 0, &result), -EIO);
	undo(&machine, false, 0, "");
	machine_assert_file(&machine, "pids", "/web", "pids.max", "max");
	assert_int_equal(machine_end(&machine), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_of_replaced_group_is_left),
		cmocka_unit_test(test_frozen_state_of_replaced_group_is_left),
		cmocka_unit_test(test_group_of_another_hierarchy_is_left),
		cmocka_unit_test(test_value_changed_by_another_process_is_left),
		cmocka_unit_test(test_created_group_is_deleted),
		cmocka_unit_test(test_replacement_of_created_group_is_left),
		cmocka_unit_test(test_replacement_in_created_hierarchy_is_left),
		cmocka_unit_test(test_moved_process_is_moved_back),
		cmocka_unit_test(test_process_of_another_group_is_not_moved),
		cmocka_unit_test(test_exited_process_is_not_moved),
		cmocka_unit_test(test_protected_group_is_left),
		cmocka_unit_test(test_failed_undo_can_be_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

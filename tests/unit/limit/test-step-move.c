/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-step-move.c - a process is moved in each hierarchy, and back if the plan fails. */
#include "replaced-machine.h"

static void list_process(struct machine *machine, const char *groups)
{
	test_process_list(machine->dir, machine->process.pid, groups, false);
}

static struct cgw_step move_to(const struct machine *machine, const char *path)
{
	return (struct cgw_step){.kind = CGW_STEP_MOVE, .path = path, .pid = machine->process.pid};
}

static char pid_text[16];

static const char *pid_of(const struct machine *machine)
{
	snprintf(pid_text, sizeof(pid_text), "%d", (int)machine->process.pid);
	return pid_text;
}

static unsigned count_moves(void)
{
	unsigned moves = 0;

	for (const char *at = fake_log; (at = strstr(at, "cgroup.procs=")) != NULL; at++)
		moves++;
	return moves;
}

/* v1: only the hierarchies that have the group, without those in which the process is already. */
static void test_process_is_moved_in_each_hierarchy(void **state)
{
	struct machine machine = machine_begin(1, false, false);
	const struct cgw_limit_options options = machine_options(&machine);
	const struct cgw_step step = move_to(&machine, "/web");
	struct cgw_result result;

	machine_set_aside(&machine, "freezer");
	list_process(&machine, "4:freezer:/\n3:pids:/other\n2:memory:/web\n1:cpu,cpuacct:/\n");
	assert_int_equal(machine_apply(&machine, &options, &step, 1, &result), 0);
	assert_int_equal(count_moves(), 1);
	machine_assert_file(&machine, "pids", "/web", "cgroup.procs", pid_of(&machine));
	machine_assert_file(&machine, "memory", "/web", "cgroup.procs", "");
	/* There already: nothing to do. */
	fake_log[0] = '\0';
	list_process(&machine, "4:freezer:/\n3:pids:/web\n2:memory:/web\n1:cpu,cpuacct:/\n");
	assert_int_equal(machine_apply(&machine, &options, &step, 1, &result), 0);
	assert_int_equal(result.outcome, CGW_OUTCOME_UNCHANGED);
	assert_string_equal(fake_log, "");
	assert_int_equal(machine_end(&machine), 0);
}

/* The second or third hierarchy refuses: the process goes back to where it was in the others. */
static void test_partial_move_is_rolled_back(void **state)
{
	for (unsigned at = 2; at <= 3; at++) {
		struct machine machine = machine_begin(1, false, false);
		const struct cgw_limit_options options = machine_options(&machine);
		const struct cgw_step step = move_to(&machine, "/web");
		struct cgw_result result;

		list_process(&machine, "4:freezer:/other\n3:pids:/other\n2:memory:/other\n");
		fake_fail_at = at;
		fake_fail_with = -EBUSY;
		assert_int_equal(machine_apply(&machine, &options, &step, 1, &result), -EBUSY);
		for (size_t i = 0; i + 1 < at; i++)
			machine_assert_file(&machine, v1_hierarchies[i], "/other", "cgroup.procs",
					    pid_of(&machine));
		assert_int_equal(machine_end(&machine), 0);
	}
}

static void test_move_is_rolled_back_with_its_plan(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);
		const struct cgw_limit_options options = machine_options(&machine);
		const struct cgw_step steps[] = {
			move_to(&machine, "/web"),
			{.kind = CGW_STEP_SET,
			 .path = "/other",
			 .control = CGW_C_PIDS_MAX,
			 .value = "7"},
		};
		unsigned hierarchies = version == 1 ? 3 : 1;
		struct cgw_result result;

		list_process(&machine,
			     "4:freezer:/other\n3:pids:/other\n2:memory:/other\n0::/other\n");
		fake_fail_at = hierarchies + 1;
		fake_fail_with = -EIO;
		assert_int_equal(machine_apply(&machine, &options, steps, 2, &result), -EIO);
		assert_int_equal(count_moves(), 2 * hierarchies);
		machine_assert_file(&machine, "pids", "/other", "cgroup.procs", pid_of(&machine));
		assert_int_equal(machine_end(&machine), 0);
	}
}

static void test_process_that_cannot_be_moved_is_refused(void **state)
{
	struct cgw_result result;

	for (int is_gone = 0; is_gone <= 1; is_gone++) {
		struct machine machine = machine_begin(2, false, false);
		const struct cgw_limit_options options = machine_options(&machine);
		const struct cgw_step step = move_to(&machine, "/web");
		char path[64];

		test_process_list(machine.dir, machine.process.pid, "0::/other\n", true);
		snprintf(path, sizeof(path), "proc/%s", pid_of(&machine));
		if (is_gone)
			tree_remove(machine.dir, path);
		assert_int_equal(machine_apply(&machine, &options, &step, 1, &result),
				 is_gone ? -ESRCH : -EPERM);
		assert_int_equal(fake_writes, 0);
		assert_int_equal(machine_end(&machine), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process_is_moved_in_each_hierarchy),
		cmocka_unit_test(test_partial_move_is_rolled_back),
		cmocka_unit_test(test_move_is_rolled_back_with_its_plan),
		cmocka_unit_test(test_process_that_cannot_be_moved_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

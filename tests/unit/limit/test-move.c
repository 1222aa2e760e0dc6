/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-move.c - unit tests of moving processes: what is refused, and where a process may go. */
#include "limit-machine.h"

#define PID 77

static int move(const struct machine *machine, struct cgw_limit_options options, pid_t pid,
		const char *path, struct cgw_result *ret_result)
{
	const struct cgw_step step = {.kind = CGW_STEP_MOVE, .path = path, .pid = pid};

	fake_reset();
	options.yes_really = true;
	options.force = true;
	return apply(machine, &options, &step, 1, ret_result);
}

static void test_init_process_is_never_moved(void **state)
{
	const struct machine *machine = *state;
	struct cgw_result result;

	machine_process(machine, 1, "/", 1);
	assert_int_equal(move(machine, options_of(machine), 1, "/web", &result), -EPERM);
	assert_int_equal(result.outcome, CGW_OUTCOME_REFUSED);
	assert_int_equal(fake_writes, 0);
	/* Nor by one of its threads. */
	machine_process(machine, 5, "/", 1);
	tree_file(machine->dir, "proc/5/status", "Name:\tinit\nTgid:\t1\nPid:\t5\n");
	assert_int_equal(move(machine, options_of(machine), 5, "/web", &result), -EPERM);
	assert_int_equal(fake_writes, 0);
}

/* This process would stop, or could not start the command that moves it back. */
static void test_own_process_is_not_moved_into_a_trap(void **state)
{
	static const struct {
		const char *file, *value, *usual, *reason;
	} traps[] = {
		{"freezer/web/freezer.self_freezing", "1\n", "0\n", "the group is frozen"},
		{"freezer/web/freezer.parent_freezing", "1\n", "0\n", "the group is frozen"},
		{"freezer/web/freezer.state", "FROZEN\n", "THAWED\n", "the group is frozen"},
		{"pids/web/pids.max", "11\n", "max\n", "/web is at its pids.max"},
		{"pids/web/pids.max", "0\n", "max\n", "/web is at its pids.max"},
		{"memory/web/memory.limit_in_bytes", "536870912\n", "1073741824\n",
		 "/web is at its memory.max"},
	};
	const struct machine *machine = *state;
	struct cgw_result result;

	machine_process(machine, getpid(), "/", 1);
	machine_process(machine, PID, "/", 1);
	group_files_v1(machine->dir, "web/below");
	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
		char file[128];

		snprintf(file, sizeof(file), "cgroup/%s", traps[i].file);
		tree_file(machine->dir, file, traps[i].value);
		assert_int_equal(move(machine, options_of(machine), getpid(), "/web", &result),
				 -EPERM);
		assert_non_null(strstr(result.diag.text, "is this process"));
		assert_non_null(strstr(result.diag.text, traps[i].reason));
		assert_int_equal(fake_writes, 0);
		/* A limit also holds for the groups below. */
		if (i >= 3)
			assert_int_equal(
				move(machine, options_of(machine), getpid(), "/web/below", &result),
				-EPERM);
		/* Other processes may be moved there. */
		assert_int_equal(move(machine, options_of(machine), PID, "/web", &result), 0);
		tree_file(machine->dir, file, traps[i].usual);
	}
	tree_file(machine->dir, "cgroup/freezer/web/freezer.state", "THAWED\n");
	assert_int_equal(move(machine, options_of(machine), getpid(), "/web", &result), 0);
}

static int protect_db(void *context, const char *path, enum cgw_step_kind kind,
		      struct cgw_diag *diag)
{
	assert_int_equal(kind, CGW_STEP_MOVE);
	return strcmp(path, "/db") == 0 ? cgw_diag_set(diag, -EPERM, "protected by [protect db]")
					: 0;
}

/* Neither into a protected group nor out of one. */
static void test_protected_group_keeps_its_processes(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	struct cgw_result result;

	group_files_v1(machine->dir, "db");
	options.protect = protect_db;
	machine_process(machine, PID, "/db", 1);
	assert_int_equal(move(machine, options, PID, "/web", &result), -EPERM);
	assert_non_null(strstr(result.diag.text, "[protect db]"));
	machine_process(machine, PID, "/web", 1);
	assert_int_equal(move(machine, options, PID, "/db", &result), -EPERM);
	assert_int_equal(fake_writes, 0);
	/* A service that others depend on: only with --yes-really, which move() sets. */
	group_files_v1(machine->dir, "system.slice/dbus.service");
	machine_process(machine, PID, "/system.slice/dbus.service", 1);
	assert_int_equal(move(machine, options, PID, "/web", &result), 0);
	const struct cgw_step step = {.kind = CGW_STEP_MOVE, .path = "/web", .pid = PID};
	assert_int_equal(apply(machine, &options, &step, 1, &result), -EPERM);
	assert_non_null(strstr(result.diag.text, "--yes-really"));
}

/* Another process gets the PID between the check and the write. */
static int reuse_pid(void *context, const char *path, enum cgw_step_kind kind,
		     struct cgw_diag *diag)
{
	if (strcmp(path, "/db") == 0)
		machine_process(context, PID, "/db", 2);
	return 0;
}

static void test_process_with_a_reused_pid_is_not_moved(void **state)
{
	struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	struct cgw_result result;

	group_files_v1(machine->dir, "db");
	machine_process(machine, PID, "/db", 1);
	options.protect = reuse_pid;
	options.protect_context = machine;
	assert_int_equal(move(machine, options, PID, "/web", &result), -ESRCH);
	assert_int_equal(fake_writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(1, test_init_process_is_never_moved),
		ON(1, test_own_process_is_not_moved_into_a_trap),
		ON(1, test_protected_group_keeps_its_processes),
		ON(1, test_process_with_a_reused_pid_is_not_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

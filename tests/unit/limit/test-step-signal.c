/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-step-signal.c - a signal to one process reaches that process only, and is in the journal. */
#include <errno.h>

#include "replaced-machine.h"

#define START_TICKS 4711 /* see test_process_list() */

static struct cgw_step step_of(const struct machine *machine)
{
	return (struct cgw_step){.kind = CGW_STEP_KILL,
				 .path = "/web",
				 .signal = SIGTERM,
				 .pid = machine->process.pid,
				 .process_start = START_TICKS};
}

static int apply(const struct machine *machine, const struct cgw_step *step,
		 struct cgw_result *ret_result)
{
	const struct cgw_limit_options options = machine_options(machine);

	return machine_apply(machine, &options, step, 1, ret_result);
}

/* The only change in the journal. */
struct recorded {
	unsigned count;
	struct cgw_change change;
	char path[64];
};

static int record(void *context, const struct cgw_change *change)
{
	struct recorded *recorded = context;

	recorded->count++;
	recorded->change = *change;
	snprintf(recorded->path, sizeof(recorded->path), "%s", change->path);
	return 0;
}

static void test_signal_is_in_the_journal(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, true, false);
		const struct cgw_step step = step_of(&machine);
		struct recorded recorded = {0};
		struct cgw_result result;
		char expected[64];

		assert_int_equal(apply(&machine, &step, &result), 0);
		assert_false(result.reversible);
		assert_int_equal(cgw_journal_read(machine.journal, record, &recorded, NULL), 0);
		assert_int_equal(recorded.count, 1);
		assert_int_equal(recorded.change.id, result.change_id);
		assert_int_equal(recorded.change.kind, CGW_STEP_KILL);
		assert_string_equal(recorded.path, "/web");
		assert_int_equal(recorded.change.process, machine.process.pid);
		assert_int_equal(recorded.change.process_start, START_TICKS);
		assert_int_equal(recorded.change.signal, SIGTERM);
		assert_true(recorded.change.group_id != 0);
		snprintf(expected, sizeof(expected), "process %d (test)", (int)machine.process.pid);
		assert_string_equal(recorded.change.old_value, expected);
		assert_string_equal(recorded.change.new_value, "signal 15");
		assert_int_equal(machine_end(&machine), SIGTERM);
	}
}

static void test_process_of_a_group_below_is_signalled(void **state)
{
	struct machine machine = machine_begin(2, true, false);
	const struct cgw_step step = step_of(&machine);
	struct cgw_result result;

	test_process_list(machine.dir, machine.process.pid, "0::/web/worker\n", false);
	assert_int_equal(apply(&machine, &step, &result), 0);
	assert_non_null(strstr(result.old_value, " (test) in /web/worker"));
	assert_int_equal(machine_end(&machine), SIGTERM);
}

/* The path of its group is longer than the kernel reports: the list of the group has it. */
static void test_process_with_unreadable_group_is_signalled(void **state)
{
	struct machine machine = machine_begin(2, true, false);
	const struct cgw_step step = step_of(&machine);
	struct cgw_result result;
	char path[64];

	snprintf(path, sizeof(path), "proc/%d/cgroup", (int)machine.process.pid);
	tree_remove(machine.dir, path);
	assert_int_equal(apply(&machine, &step, &result), 0);
	assert_int_equal(machine_end(&machine), SIGTERM);
}

static void let_exit(struct machine *machine)
{
	char path[64], text[256];

	/* Another process has its PID. */
	snprintf(path, sizeof(path), "proc/%d/stat", (int)machine->process.pid);
	snprintf(text, sizeof(text), "%d (test) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4712 0 0\n",
		 (int)machine->process.pid);
	tree_file(machine->dir, path, text);
}

static void let_move(struct machine *machine)
{
	test_process_list(machine->dir, machine->process.pid,
			  "3:pids:/other\n2:memory:/other\n0::/other\n", false);
}

/* "/website" is not below "/web". */
static void let_move_beside(struct machine *machine)
{
	test_process_list(machine->dir, machine->process.pid,
			  "3:pids:/website\n2:memory:/website\n0::/website\n", false);
}

static void become_kernel_thread(struct machine *machine)
{
	test_process_list(machine->dir, machine->process.pid,
			  "3:pids:/web\n2:memory:/web\n0::/web\n", true);
}

static const struct {
	void (*change)(struct machine *machine);
	int error;
	const char *reason;
	bool is_race; /* can happen while the step is applied */
} others[] = {
	{let_exit, -ESRCH, ": it has exited", true},
	{let_move, -ESRCH, ": it is no longer in the group", true},
	{let_move_beside, -ESRCH, ": it is no longer in the group", true},
	{become_kernel_thread, -EPERM, ": it is a kernel thread", false},
	{machine_replace, -ESTALE, "another group now", false},
};

static void test_other_process_is_not_signalled(void **state)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(others); i++) {
		struct machine machine = machine_begin(1 + (unsigned)i % 2, true, false);
		struct cgw_step step = step_of(&machine);
		struct cgw_result result;

		machine_expect_group(&machine, &step);
		others[i / 2].change(&machine);
		assert_int_equal(apply(&machine, &step, &result), others[i / 2].error);
		assert_non_null(strstr(result.diag.text, "cannot signal process "));
		if (strstr(result.diag.text, others[i / 2].reason) == NULL)
			fail_msg("%s", result.diag.text);
		assert_int_equal(machine_end(&machine), 0);
	}
}

static struct machine *changed;
static unsigned opens, changed_at;
static void (*change)(struct machine *machine);

static void change_at_open(void)
{
	if (++opens == changed_at)
		change(changed);
}

/* Whenever it happens before the signal, another process does not get it. */
static void test_process_that_changes_meanwhile_is_not_signalled(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		bool was_late = false;

		for (changed_at = 1; others[i].is_race && !was_late; changed_at++) {
			struct machine machine = machine_begin(2, true, false);
			const struct cgw_step step = step_of(&machine);
			struct cgw_result result;
			int r;

			changed = &machine;
			change = others[i].change;
			opens = 0;
			fake_before_open = change_at_open;
			r = apply(&machine, &step, &result);
			fake_before_open = NULL;
			was_late = opens < changed_at;
			/* A change after the last check is late. */
			assert_int_equal(machine_end(&machine), r == 0 ? SIGTERM : 0);
			if (r == 0)
				break;
			assert_int_equal(r, others[i].error);
		}
		assert_true(!others[i].is_race || changed_at > 3);
	}
}

static void test_own_and_init_process_are_refused(void **state)
{
	const pid_t pids[] = {1, getpid()};

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		struct machine machine = machine_begin(2, false, false);
		struct cgw_step step = step_of(&machine);
		struct cgw_result result;

		test_process_list(machine.dir, pids[i], "0::/web\n", false);
		step.pid = pids[i];
		assert_int_equal(apply(&machine, &step, &result), -EPERM);
		assert_int_equal(result.outcome, CGW_OUTCOME_REFUSED);
		assert_non_null(strstr(result.diag.text, "it is protected"));
		assert_int_equal(machine_end(&machine), 0);
	}
}

/* The same identity guards a move. */
static void test_move_of_another_process_is_refused(void **state)
{
	struct machine machine = machine_begin(2, true, false);
	struct cgw_step step = step_of(&machine);
	struct cgw_result result;

	step.kind = CGW_STEP_MOVE;
	step.path = "/other";
	let_exit(&machine);
	assert_int_equal(apply(&machine, &step, &result), -ESRCH);
	assert_string_equal(fake_log, "");
	step.process_start++;
	assert_int_equal(apply(&machine, &step, &result), 0);
	assert_non_null(strstr(fake_log, "cgroup.procs="));
	assert_int_equal(machine_end(&machine), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signal_is_in_the_journal),
		cmocka_unit_test(test_process_of_a_group_below_is_signalled),
		cmocka_unit_test(test_process_with_unreadable_group_is_signalled),
		cmocka_unit_test(test_other_process_is_not_signalled),
		cmocka_unit_test(test_process_that_changes_meanwhile_is_not_signalled),
		cmocka_unit_test(test_own_and_init_process_are_refused),
		cmocka_unit_test(test_move_of_another_process_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

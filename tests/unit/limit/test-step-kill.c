/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-step-kill.c - only processes that are still in the group get the signal. */
#include "lib/base/clock.h"
#include "replaced-machine.h"

static struct machine *watched;
static unsigned stat_count;
static void (*on_list)(void);  /* called when the process is about to be looked up again */
static void (*on_check)(void); /* called when it has been found in the list again */

/* The second time that its state is read, the pidfd of the process is about to be opened. */
static ssize_t watch_read(int fd, void *buffer, size_t size, off_t offset)
{
	ssize_t length = kernel_ops_real.read_at(fd, buffer, size, offset);
	char link[64], path[4096], file[64];
	ssize_t path_length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	path_length = readlink(link, path, sizeof(path) - 1);
	path[path_length > 0 ? path_length : 0] = '\0';
	snprintf(file, sizeof(file), "/%d/stat", (int)watched->process.pid);
	if (strstr(path, file) != NULL && offset == 0 && ++stat_count == 2 && on_list != NULL)
		on_list();
	if (on_check != NULL && stat_count >= 2 && offset == 0 &&
	    strstr(path, "/web/cgroup.procs") != NULL)
		on_check();
	return length;
}

static void list_members(const char *procs)
{
	for (size_t i = 0; i < ARRAY_SIZE(v1_hierarchies); i++)
		machine_file(watched, v1_hierarchies[i], "/web", "cgroup.procs", procs);
}

/* SIGKILL is repeated until the list is empty. */
static void empty_web(void)
{
	list_members("");
}

/* Applies a kill of /web; returns the signal that the process of /web got. */
static int kill_web(struct machine *machine, int signal, struct cgw_result *ret_result)
{
	const struct cgw_limit_options options = machine_options(machine);
	const struct cgw_step step = {.kind = CGW_STEP_KILL, .path = "/web", .signal = signal};
	struct kernel_ops ops = *machine->layout->ops;

	watched = machine;
	stat_count = 0;
	ops.read_at = watch_read;
	machine->layout->ops = &ops;
	if (signal == SIGKILL)
		on_check = empty_web;
	if (machine_apply(machine, &options, &step, 1, ret_result) < 0)
		fail_msg("v%u: %s", machine->version, ret_result->diag.text);
	on_check = NULL;
	on_list = NULL;
	return machine_end(machine);
}

static void list_process(struct machine *machine, const char *groups)
{
	test_process_list(machine->dir, machine->process.pid, groups, false);
}

static void test_member_is_signalled(void **state)
{
	static const int signals[] = {SIGTERM, SIGKILL};
	struct cgw_result result;

	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
			struct machine machine = machine_begin(version, true, false);

			assert_int_equal(kill_web(&machine, signals[i], &result), signals[i]);
		}
}

static void test_member_of_descendant_is_signalled(void **state)
{
	struct cgw_result result;

	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, true, false);
		char procs[32];

		snprintf(procs, sizeof(procs), "%d\n", (int)machine.process.pid);
		for (size_t i = 0; i < ARRAY_SIZE(v1_hierarchies); i++)
			machine_file(&machine, v1_hierarchies[i], "/web", "cgroup.procs", "");
		machine_file(&machine, "pids", "/web/worker", "cgroup.procs", procs);
		list_process(&machine, "3:pids:/web/worker\n0::/web/worker\n");
		assert_int_equal(kill_web(&machine, SIGTERM, &result), SIGTERM);
		assert_non_null(strstr(result.new_value, "1 signalled"));
	}
}

static void list_other(void)
{
	char procs[32];

	snprintf(procs, sizeof(procs), "%d7\n", (int)watched->process.pid);
	list_members(procs);
}

/*
 * Between the list of processes and the signal the process can leave the group, or exit while its
 * PID is reused: the list, read after its pidfd was opened, does not have it any more.
 */
static void test_process_that_left_is_not_signalled(void **state)
{
	static void (*const left[])(void) = {empty_web, list_other};
	struct cgw_result result;

	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
			struct machine machine = machine_begin(version, true, false);

			on_list = left[i];
			assert_int_equal(kill_web(&machine, SIGTERM, &result), 0);
			assert_non_null(strstr(result.new_value, "0 signalled"));
		}
}

/*
 * The kernel does not report the group of a process below a path longer than PATH_MAX, nor does
 * /proc show processes of others with hidepid: the list of the group has it, which is enough.
 */
static void test_process_with_unreadable_group_is_signalled(void **state)
{
	static const char *const missing[] = {"", "/cgroup", "/stat"};

	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
			struct machine machine = machine_begin(version, true, false);
			struct cgw_result result;
			char path[64];

			snprintf(path, sizeof(path), "proc/%d%s", (int)machine.process.pid,
				 missing[i]);
			tree_remove(machine.dir, path);
			assert_int_equal(kill_web(&machine, SIGTERM, &result), SIGTERM);
			assert_non_null(strstr(result.new_value, "1 signalled"));
		}
}

static void test_kernel_thread_is_not_signalled(void **state)
{
	struct machine machine = machine_begin(2, true, false);
	struct cgw_result result;

	test_process_list(machine.dir, machine.process.pid, "0::/web\n", true);
	assert_int_equal(kill_web(&machine, SIGTERM, &result), 0);
	assert_non_null(strstr(result.new_value, "0 signalled"));
}

static struct test_process forked; /* by fork_into_web() */

static void fork_into_web(void)
{
	char procs[64];

	on_check = NULL;
	forked = test_process_start();
	test_process_list(watched->dir, forked.pid, "0::/web\n", false);
	snprintf(procs, sizeof(procs), "%d\n%d\n", (int)watched->process.pid, (int)forked.pid);
	list_members(procs);
}

/* A process that is forked while the others are signalled gets the signal too. */
static void test_forked_process_is_signalled(void **state)
{
	struct machine machine = machine_begin(2, true, false);
	struct cgw_result result;

	on_check = fork_into_web;
	assert_int_equal(kill_web(&machine, SIGTERM, &result), SIGTERM);
	assert_int_equal(test_process_end(&forked), SIGTERM);
	assert_non_null(strstr(result.new_value, "2 signalled"));
}

/* The state of the process in /proc becomes "Z": it has died, but is still listed. */
static void let_die(void)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "proc/%d/stat", (int)watched->process.pid);
	snprintf(text, sizeof(text), "%d (test) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n",
		 (int)watched->process.pid);
	tree_file(watched->dir, path, text);
}

/* It has left the list too. */
static void let_vanish(void)
{
	let_die();
	empty_web();
}

/* Kills /web, which is still populated at the timeout. */
static void kill_late(unsigned version, uint64_t timeout_ns, void (*check)(void),
		      struct cgw_result *ret_result)
{
	const struct cgw_step step = {
		.kind = CGW_STEP_KILL, .path = "/web", .signal = SIGKILL, .timeout_ns = timeout_ns};
	struct machine machine = machine_begin(version, true, true);
	const struct cgw_limit_options options = machine_options(&machine);
	struct kernel_ops ops = *machine.layout->ops;

	watched = &machine;
	stat_count = 0;
	ops.read_at = watch_read;
	machine.layout->ops = &ops;
	on_check = check;
	(void)machine_apply(&machine, &options, &step, 1, ret_result);
	on_check = NULL;
	assert_int_equal(machine_end(&machine), SIGKILL);
}

/* A walk that takes longer than the timeout may have killed all: dead processes do not remain. */
static void test_dead_process_is_not_reported_as_remaining(void **state)
{
	struct cgw_result result = {0};

	for (unsigned version = 1; version <= 2; version++) {
		kill_late(version, 1, NULL, &result);
		assert_non_null(strstr(result.diag.text, "processes remain after SIGKILL"));
		kill_late(version, 1, let_die, &result);
		assert_null(strstr(result.diag.text, "remain"));
		assert_non_null(strstr(result.diag.text, "each that was found is dead"));
		kill_late(version, 1, let_vanish, &result);
		assert_string_equal(result.diag.text, "");
		assert_int_equal(result.outcome, CGW_OUTCOME_DONE);
	}
}

/* Freezing keeps processes from forking while they are signalled; the group is not left frozen. */
static void test_killed_group_is_not_left_frozen(void **state)
{
	struct machine machine = machine_begin(1, true, false);
	struct cgw_result result;
	const char *frozen = NULL;

	assert_int_equal(kill_web(&machine, SIGKILL, &result), SIGKILL);
	assert_null(strstr(fake_log, "FROZEN"));
	/* A busy machine may need long for the first passes, which do not freeze. */
	for (uint64_t timeout_ns = 50 * NS_PER_MS; frozen == NULL; timeout_ns *= 2) {
		assert_true(timeout_ns < 600 * NS_PER_S);
		kill_late(1, timeout_ns, NULL, &result);
		assert_non_null(strstr(result.diag.text, "remain"));
		frozen = strstr(fake_log, "freezer.state=FROZEN");
	}
	while (strstr(frozen + 1, "freezer.state=FROZEN") != NULL)
		frozen = strstr(frozen + 1, "freezer.state=FROZEN");
	assert_non_null(strstr(frozen, "freezer.state=THAWED"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_member_is_signalled),
		cmocka_unit_test(test_member_of_descendant_is_signalled),
		cmocka_unit_test(test_process_that_left_is_not_signalled),
		cmocka_unit_test(test_process_with_unreadable_group_is_signalled),
		cmocka_unit_test(test_kernel_thread_is_not_signalled),
		cmocka_unit_test(test_forked_process_is_signalled),
		cmocka_unit_test(test_dead_process_is_not_reported_as_remaining),
		cmocka_unit_test(test_killed_group_is_not_left_frozen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

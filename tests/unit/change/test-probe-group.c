/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-probe-group.c - how a probe takes memory, what it leaves behind, and what it refuses. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/change/change.h"
#include "cmd/change/probe-group.h"
#include "command-run.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "limit-machine.h"

static int setup(void **state)
{
	struct machine *machine;

	setup_v2(state);
	machine = *state;
	tree_file(machine->dir, "cgroup/web/memory.current", "104857600\n");
	tree_file(machine->dir, "cgroup/web/memory.reclaim", "");
	tree_file(machine->dir, "cgroup/web/memory.swap.max", "max\n");
	tree_file(machine->dir, "cgroup/web/memory.swap.current", "0\n");
	tree_file(machine->dir, "cgroup/web/memory.stat",
		  "anon 4096\nworkingset_refault_anon 3\nworkingset_refault_file 4\n");
	tree_file(machine->dir, "cgroup/web/memory.pressure",
		  "some avg10=0.50 avg60=0.00 avg300=0.00 total=7\n"
		  "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	tree_file(machine->dir, "cgroup/web/cgroup.freeze", "0\n");
	tree_file(machine->dir, "cgroup/web/cgroup.events", "populated 1\nfrozen 0\n");
	return 0;
}

static struct probe_group group_of(const struct machine *machine)
{
	struct probe_group group = PROBE_GROUP_NONE;

	group.layout = machine->layout;
	group.path = "/web";
	group.options = options_of(machine);
	return group;
}

static void test_reading(void **state)
{
	const struct machine *machine = *state;
	struct probe_group group = group_of(machine);
	struct probe_reading reading;

	assert_int_equal(probe_group_open(&group, 100), 0);
	assert_int_equal(group.method, PROBE_BY_RECLAIM);
	assert_int_equal(probe_group_read(&group, &reading), 0);
	assert_int_equal(reading.use_bytes, 104857600);
	assert_int_equal(reading.pressure_ns, 7000);
	assert_int_equal(reading.refaults_bytes, 7 * sysconf(_SC_PAGESIZE));
	assert_int_equal(probe_group_anon_bytes(&group), 4096);
	/* A group that is frozen meanwhile misses nothing. */
	tree_file(machine->dir, "cgroup/web/cgroup.events", "populated 1\nfrozen 1\n");
	assert_int_equal(probe_group_read(&group, &reading), -EBUSY);
	probe_group_close(&group);
}

static void test_reclaim_writes_no_limit(void **state)
{
	const struct machine *machine = *state;
	struct probe_group group = group_of(machine);

	assert_int_equal(probe_group_open(&group, 100), 0);
	assert_int_equal(probe_group_start(&group), 0);
	assert_int_equal(group.cleanup.pid, -1);
	assert_int_equal(probe_group_take(&group, 1048576), 0);
	assert_string_equal(fake_log, "memory.reclaim=1048576\n");
	fake_fail_at = 2;
	fake_fail_with = -EAGAIN;
	assert_int_equal(probe_group_take(&group, 1048576), -EAGAIN);
	/* More than the group uses. */
	assert_int_equal(probe_group_take(&group, 104857601), -EAGAIN);
	probe_group_close(&group);
}

static void test_high_is_restored_after_each_step(void **state)
{
	const struct machine *machine = *state;
	struct probe_group group = group_of(machine);

	tree_remove(machine->dir, "cgroup/web/memory.reclaim");
	tree_file(machine->dir, "cgroup/web/memory.high", "209715200\n");
	assert_int_equal(probe_group_open(&group, 100), 0);
	assert_int_equal(group.method, PROBE_BY_HIGH);
	assert_int_equal(probe_group_start(&group), 0);
	for (int i = 0; i < 2; i++) {
		fake_log[0] = '\0';
		assert_int_equal(probe_group_take(&group, 4857600), -EAGAIN);
		assert_string_equal(fake_log, "memory.high=99999744\nmemory.high=99999744\n"
					      "memory.high=209715200\n");
	}
	assert_string_equal(content(machine, "cgroup/web/memory.high"), "209715200");
	/* A limit that is lower already is not raised. */
	tree_file(machine->dir, "cgroup/web/memory.high", "1048576\n");
	fake_log[0] = '\0';
	assert_int_equal(probe_group_take(&group, 4857600), -EAGAIN);
	assert_string_equal(fake_log, "");
	probe_group_close(&group);
	assert_string_equal(content(machine, "cgroup/web/memory.high"), "1048576");
}

static int report_fd;
static unsigned held_write;

/* Holds the probe before a write, until it is killed. */
static void hold_write(const char *file)
{
	if (fake_writes != held_write || report_fd < 0)
		return;
	if (write(report_fd, "w", 1) == 1)
		for (;;)
			pause();
}

static void kill_at_write(const struct machine *machine, unsigned number)
{
	uint64_t end_ns = clock_now_ns() + 60 * NS_PER_S;
	int ends[2], status;
	char byte;
	pid_t pid;

	held_write = number;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct probe_group group = group_of(machine);

		group.method = PROBE_BY_HIGH;
		close(ends[0]);
		report_fd = -1;
		fake_before_write = hold_write;
		if (probe_group_open(&group, 100) < 0 || probe_group_start(&group) < 0)
			_exit(1);
		report_fd = ends[1]; /* only here, not in the process that cleans up */
		(void)probe_group_take(&group, 4857600);
		_exit(2);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_string_equal(content(machine, "cgroup/web/memory.high"), "99999744");
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (strcmp(content(machine, "cgroup/web/memory.high"), "max") != 0 &&
	       clock_now_ns() < end_ns)
		clock_sleep_ms(10);
	assert_string_equal(content(machine, "cgroup/web/memory.high"), "max");
	/* The process that cleans up has the write end, too, and ends. */
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

static void test_kill_restores_high(void **state)
{
	kill_at_write(*state, 2); /* while the kernel reclaims */
	kill_at_write(*state, 3); /* when the journal has the intent to restore the limit */
}

/* The journal may have changes of an earlier process with the same PID, and of this one. */
static void test_other_changes_stay(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step step = set(CGW_C_MEMORY_HIGH, "512M");
	struct probe_group group = group_of(machine);
	struct cgw_result result;

	group.method = PROBE_BY_HIGH;
	assert_int_equal(apply(machine, &options, &step, 1, &result), 0);
	assert_int_equal(probe_group_open(&group, 100), 0);
	assert_int_equal(probe_group_start(&group), 0);
	probe_group_restore(&group);
	assert_string_equal(content(machine, "cgroup/web/memory.high"), "536870912");
	assert_int_equal(probe_group_take(&group, 4857600), -EAGAIN);
	probe_group_close(&group);
	assert_string_equal(content(machine, "cgroup/web/memory.high"), "536870912");
}

static void expect_refusal(const struct machine *machine, int error, const char *reason)
{
	struct probe_group group = group_of(machine);
	int r = probe_group_open(&group, 100);

	probe_group_close(&group);
	if (r != error || strstr(group.diag.text, reason) == NULL)
		fail_msg("%d: %s", r, group.diag.text);
	assert_string_equal(fake_log, "");
}

static void test_refusals(void **state)
{
	const struct machine *machine = *state;

	tree_file(machine->dir, "cgroup/web/memory.pressure",
		  "some avg10=1.00 avg60=0.00 avg300=0.00 total=7\n"
		  "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	expect_refusal(machine, -EBUSY, "under memory pressure already: 1.00%");
	tree_file(machine->dir, "cgroup/web/cgroup.events", "populated 1\nfrozen 1\n");
	expect_refusal(machine, -EBUSY, "frozen");
	tree_file(machine->dir, "cgroup/web/cgroup.events", "populated 1\nfrozen 0\n");
	tree_file(machine->dir, "cgroup/web/memory.pressure",
		  "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
		  "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	tree_file(machine->dir, "cgroup/web/memory.stat", "anon 4096\nworkingset_refault 3\n");
	expect_refusal(machine, -EOPNOTSUPP, "does not report workingset_refault_file");
	tree_remove(machine->dir, "cgroup/web/memory.pressure");
	expect_refusal(machine, -EOPNOTSUPP, "no memory.pressure");
	tree_remove(machine->dir, "cgroup/web/memory.high");
	expect_refusal(machine, -EOPNOTSUPP, "not enabled");
	tree_remove(machine->dir, "cgroup/web");
	expect_refusal(machine, -ENOENT, "No such file");
}

static void test_v1_is_refused(void **state)
{
	expect_refusal(*state, -EOPNOTSUPP, "requires cgroup v2");
}

static void test_command(void **state)
{
	static const struct {
		const char *words[6];
		int status;
		const char *output, *errors;
	} cases[] = {
		{{"probe", "--dry-run", "web", NULL},
		 CLI_WOULD_CHANGE,
		 "/web: would take up to 3.1M of 100M from the group every 5.00s, for at most "
		 "10m00s, by memory.reclaim\n",
		 ""},
		{{"probe", "--dry-run", "--json", "web", NULL},
		 CLI_WOULD_CHANGE,
		 "\"needs\": null",
		 ""},
		{{"probe", "--dry-run", "--pressure", "0.5", "web", NULL},
		 CLI_REFUSED,
		 "",
		 "under memory pressure already: 0.50% of the last 10 seconds (bound 0.50%)"},
		{{"probe", "--pressure", "100.01%", "web", NULL},
		 CLI_USAGE,
		 "",
		 "invalid --pressure"},
		{{"probe", "--pressure", "0", "web", NULL}, CLI_USAGE, "", "invalid --pressure"},
		{{"probe", "--pressure", "1.", "web", NULL}, CLI_USAGE, "", "invalid --pressure"},
		{{"probe", "--pressure", "-1", "web", NULL}, CLI_USAGE, "", "invalid --pressure"},
		{{"probe", "--refaults", "101", "web", NULL}, CLI_USAGE, "", "invalid --refaults"},
		{{"probe", "--dry-run", "/", NULL}, CLI_REFUSED, "", "cannot probe /"},
	};
	const struct machine *machine = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(command_run_free) struct command_run run = {0};

		command_run(change_commands, machine->dir, cases[i].words, &run);
		if (run.status != cases[i].status ||
		    strstr(run.capture.out, cases[i].output) == NULL ||
		    strstr(run.capture.err, cases[i].errors) == NULL)
			fail_msg("case %zu: %d\n%s\n%s", i, run.status, run.capture.out,
				 run.capture.err);
	}
	assert_string_equal(fake_log, "");
}

#define ON_V2(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_V2(test_reading),
		ON_V2(test_reclaim_writes_no_limit),
		ON_V2(test_high_is_restored_after_each_step),
		ON_V2(test_kill_restores_high),
		ON_V2(test_other_changes_stay),
		ON_V2(test_refusals),
		ON(1, test_v1_is_refused),
		ON_V2(test_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

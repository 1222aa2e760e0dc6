/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-place-processes.c - which processes are moved by [place], and which are left alone. */
#include "applier-fixture.h"
#include "cmd/enforce/place-processes.h"

static const char policy_text[] = "[policy]\n"
				  "backend = direct\n"
				  "[protect guarded]\n"
				  "match = /guarded\n"
				  "[place jobs]\n"
				  "command = job\n"
				  "to = /web\n"
				  "create = no\n";

struct placing {
	struct fixture fixture;
	struct enforcement enforcement;
};

static void report_problem(void *context, const struct cgw_policy_problem *problem)
{
	if (!problem->warning)
		fail_msg("%u: %s", problem->diag.line, problem->diag.text);
}

/* A sample without metrics: [protect] needs to know the groups. */
static struct cgw_frame *sample(const struct cgw_layout *layout)
{
	const struct cgw_sampler_options options = {.once = true};
	struct cgw_sampler *sampler = NULL;
	struct cgw_snapshot *snapshot = NULL;
	struct cgw_frame *frame = NULL;

	assert_int_equal(cgw_sampler_new(layout, &options, &sampler, NULL), 0);
	assert_int_equal(cgw_sampler_sample(sampler, &snapshot), 0);
	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	cgw_sampler_free(sampler);
	return frame;
}

static void begin_placing(struct placing *placing, unsigned version, const char *text)
{
	static const struct cgw_policy_reporter reporter = {report_problem, NULL};
	struct enforcement *enforcement = &placing->enforcement;

	begin(&placing->fixture, version);
	machine_add_group(&placing->fixture.machine, "/guarded");
	*enforcement = (struct enforcement){.layout = placing->fixture.machine.layout,
					    .store = placing->fixture.applier.store};
	assert_int_equal(
		cgw_policy_parse("test", text, strlen(text), &reporter, &enforcement->policy), 0);
	enforcement->frame = sample(enforcement->layout);
	enforcement->facts = facts_of(&enforcement->facts_state, enforcement->layout);
}

static void end_placing(struct placing *placing)
{
	place_done(&placing->enforcement);
	facts_done(&placing->enforcement.facts_state);
	cgw_frame_free(placing->enforcement.frame);
	cgw_policy_free(placing->enforcement.policy);
	end(&placing->fixture);
}

struct process {
	int pid;
	const char *command, *group;
	unsigned start; /* time in ticks */
	bool is_kernel_thread;
};

static void list_process(struct placing *placing, const struct process *process)
{
	struct tree_dir *dir = placing->fixture.machine.dir;
	char path[64], text[256];

	snprintf(text, sizeof(text),
		 "4:freezer:%s\n3:pids:%s\n2:memory:%s\n1:cpu,cpuacct:/\n0::%s\n", process->group,
		 process->group, process->group, process->group);
	test_process_list(dir, process->pid, text, false);
	snprintf(path, sizeof(path), "proc/%d/stat", process->pid);
	snprintf(text, sizeof(text), "%d (%s) S 1 1 1 0 -1 %u 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 0\n",
		 process->pid, process->command, process->is_kernel_thread ? 0x00200000U : 0U,
		 process->start);
	tree_file(dir, path, text);
	snprintf(path, sizeof(path), "proc/%d/comm", process->pid);
	snprintf(text, sizeof(text), "%s\n", process->command);
	tree_file(dir, path, text);
	snprintf(path, sizeof(path), "proc/%d/status", process->pid);
	snprintf(text, sizeof(text), "Name:\t%s\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
		 process->command);
	tree_file(dir, path, text);
}

/* Scans once; returns how many processes were moved. */
static unsigned place(struct placing *placing)
{
	unsigned moved = 0;

	fake_log[0] = '\0';
	assert_int_equal(place_processes(&placing->enforcement), 0);
	for (const char *at = fake_log; (at = strstr(at, "cgroup.procs=")) != NULL; at++)
		moved++;
	/* On v1, /web is in three hierarchies. */
	return placing->fixture.machine.version == 1 ? moved / 3 : moved;
}

static void test_matching_process_is_moved(void **state)
{
	static const char *const groups[] = {"/", "/other", "/webmail", "/web/child", "/other/web"};

	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
			const struct process job = {41, "job", groups[i], 5, false};
			struct placing placing;

			begin_placing(&placing, version, policy_text);
			list_process(&placing, &job);
			assert_int_equal(place(&placing), 1);
			machine_assert_file(&placing.fixture.machine, "pids", "/web",
					    "cgroup.procs", "41");
			end_placing(&placing);
		}
}

static void test_other_processes_are_left(void **state)
{
	static const struct process others[] = {
		{41, "jobs", "/", 5, false},       {41, "job", "/web", 5, false},
		{41, "job", "/guarded", 5, false}, {41, "job", "/", 5, true},
		{1, "job", "/", 5, false},
	};

	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			struct placing placing;

			begin_placing(&placing, version, policy_text);
			list_process(&placing, &others[i]);
			if (place(&placing) != 0)
				fail_msg("v%u: moved process %zu: %s", version, i, fake_log);
			assert_string_equal(fake_log, "");
			end_placing(&placing);
		}
}

/* A process that another one has moved on is not moved again, until it executes another program. */
static void test_process_moved_by_another_is_left(void **state)
{
	struct process job = {41, "job", "/", 5, false};
	struct placing placing;

	begin_placing(&placing, 2, policy_text);
	list_process(&placing, &job);
	assert_int_equal(place(&placing), 1);
	job.group = "/other";
	list_process(&placing, &job);
	assert_int_equal(place(&placing), 0);
	job.command = "shell";
	list_process(&placing, &job);
	assert_int_equal(place(&placing), 0);
	job.command = "job";
	list_process(&placing, &job);
	assert_int_equal(place(&placing), 1);
	end_placing(&placing);
}

/* A PID that has been seen before can be another process by the next scan. */
static void test_reused_pid_is_checked_again(void **state)
{
	struct process job = {41, "job", "/", 5, false};
	struct placing placing;

	begin_placing(&placing, 2, policy_text);
	list_process(&placing, &job);
	assert_int_equal(place(&placing), 1);
	job.start = 6;
	list_process(&placing, &job);
	assert_int_equal(place(&placing), 1);
	assert_int_equal(place(&placing), 0);
	job.start = 7;
	job.group = "/guarded";
	list_process(&placing, &job);
	assert_int_equal(place(&placing), 0);
	end_placing(&placing);
}

static void test_removed_target_is_not_created(void **state)
{
	const struct process job = {41, "job", "/", 5, false};
	struct placing placing;
	int fd;
	uint64_t id;

	begin_placing(&placing, 2, policy_text);
	machine_set_aside(&placing.fixture.machine, "");
	list_process(&placing, &job);
	assert_int_equal(place(&placing), 0);
	assert_int_equal(cgw_group_open(placing.enforcement.layout, 0, "/web", &fd, &id), -ENOENT);
	end_placing(&placing);
}

static void test_dry_run_moves_nothing(void **state)
{
	static const char *const modes[] = {"dry-run", "observe", "enforce"};
	const struct process job = {41, "job", "/", 5, false};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct placing placing;
		char text[512];

		snprintf(text, sizeof(text), "[policy]\nmode = %s\n%s", modes[i],
			 policy_text + strlen("[policy]\n"));
		begin_placing(&placing, 2, text);
		if (i == 2)
			placing.enforcement.store = NULL; /* --dry-run opens no store */
		list_process(&placing, &job);
		assert_int_equal(place(&placing), 0);
		assert_int_equal(fake_writes, 0);
		end_placing(&placing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matching_process_is_moved),
		cmocka_unit_test(test_other_processes_are_left),
		cmocka_unit_test(test_process_moved_by_another_is_left),
		cmocka_unit_test(test_reused_pid_is_checked_again),
		cmocka_unit_test(test_removed_target_is_not_created),
		cmocka_unit_test(test_dry_run_moves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

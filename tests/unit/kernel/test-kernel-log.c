/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-kernel-log.c - reports of the OOM killer, also with names made to be misread. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-log.h"
#include "test.h"

static bool add(struct kernel_log *log, const char *line, uint64_t now_ns)
{
	char record[9000];
	int length =
		snprintf(record, sizeof(record), "6,18017,34748779951,-;%s\n SUBSYSTEM=x\n", line);

	return kernel_log_add(log, record, (size_t)length, now_ns);
}

static bool add_report(struct kernel_log *log, const char *group, const char *name, int pid,
		       uint64_t now_ns)
{
	char line[600];

	assert_false(
		add(log, "eater invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0", now_ns));
	assert_false(add(log, "memory: usage 64kB, limit 64kB, failcnt 4", now_ns));
	assert_false(add(log, "Tasks state (memory values in pages):", now_ns));
	assert_false(add(log,
			 "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem "
			 "pgtables_bytes swapents oom_score_adj name",
			 now_ns));
	assert_false(add(log,
			 "[     17]     0    17    54646       60       50       10         0 "
			 "  479232        0             0 small one",
			 now_ns));
	assert_false(add(log,
			 "[  18705]     0 18705    54646    52360    51072     1288         0 "
			 "  479232        0             0 python3",
			 now_ns));
	snprintf(line, sizeof(line),
		 "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
		 "oom_memcg=/a,task_memcg=%s,task=%s,pid=%d,uid=0",
		 group, name, pid);
	assert_false(add(log, line, now_ns));
	assert_false(add(log, "eth0: link is up", now_ns));
	snprintf(line, sizeof(line),
		 "Memory cgroup out of memory: Killed process %d (%s) total-vm:1kB", pid, name);
	return add(log, line, now_ns);
}

static void test_report_is_found_by_group_and_time(void **state)
{
	struct kernel_log *log;
	struct oom_decision decision = {0};
	const struct oom_report *report;

	assert_int_equal(kernel_log_new(&log), 0);
	assert_true(add_report(log, "/a/b", "python3", 18705, 100));
	assert_true(add_report(log, "/a/b", "python3", 18706, 200));
	assert_true(add_report(log, "/a/c", "sh", 7, 300));
	report = kernel_log_find(log, "/a/b", 0, &decision);
	assert_non_null(report);
	assert_int_equal(decision.pid, 18706); /* the newest */
	assert_string_equal(decision.name, "python3");
	assert_int_equal(decision.limit_length, strlen("/a"));
	assert_false(decision.machine);
	assert_non_null(strstr(report->text, "memory: usage 64kB"));
	assert_non_null(strstr(report->text, "Killed process 18706"));
	assert_null(strstr(report->text, "eth0")); /* of another part of the kernel */
	assert_null(kernel_log_find(log, "/a/b", 201, &decision));
	assert_null(kernel_log_find(log, "/a", 0, &decision));
	assert_null(kernel_log_find(log, "/b", 0, &decision));
	kernel_log_free(log);
}

static void test_old_reports_are_replaced(void **state)
{
	struct kernel_log *log;
	struct oom_decision decision;

	assert_int_equal(kernel_log_new(&log), 0);
	assert_true(add_report(log, "/a/first", "sh", 1, 1));
	for (int i = 0; i < 8; i++)
		assert_true(add_report(log, "/a/later", "sh", 2, 2));
	assert_null(kernel_log_find(log, "/a/first", 0, &decision));
	assert_non_null(kernel_log_find(log, "/a/later", 0, &decision));
	kernel_log_free(log);
}

static void test_long_report_keeps_the_decision(void **state)
{
	struct kernel_log *log;
	struct oom_decision decision;
	const struct oom_report *report;

	assert_int_equal(kernel_log_new(&log), 0);
	assert_false(add(log, "x invoked oom-killer: gfp_mask=0", 1));
	for (int i = 0; i < 2000; i++)
		assert_false(add(log, "[     17]     0    17    54646       60 sh", 1));
	assert_false(add(log,
			 "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,"
			 "mems_allowed=0,global_oom,task_memcg=/a,task=sh,pid=5,uid=1000",
			 1));
	report = kernel_log_find(log, "/a", 0, &decision);
	assert_non_null(report);
	assert_true(report->omitted > 1000);
	assert_true(decision.machine);
	assert_int_equal(decision.limit_length, 0);
	kernel_log_free(log);
}

static void test_programs_cannot_write_reports(void **state)
{
	static const char first[] = "12,1,1,-;x invoked oom-killer: gfp_mask=0\n";
	struct kernel_log *log;
	struct oom_decision decision;

	assert_int_equal(kernel_log_new(&log), 0);
	assert_false(kernel_log_add(log, first, strlen(first), 1)); /* facility 1: a program */
	assert_false(add(
		log, "oom-kill:constraint=X,oom_memcg=/a,task_memcg=/a,task=sh,pid=5,uid=0", 1));
	assert_null(kernel_log_find(log, "/a", 0, &decision));
	/* Nor by the name of a group in another message. */
	assert_false(add(
		log,
		"cgroup: fork rejected by pids controller in /x invoked oom-killer: gfp_mask=", 1));
	assert_false(add(
		log, "oom-kill:constraint=X,oom_memcg=/a,task_memcg=/a,task=sh,pid=5,uid=0", 1));
	assert_null(kernel_log_find(log, "/a", 0, &decision));
	kernel_log_free(log);
}

static void test_decision_with_misleading_names(void **state)
{
	static const struct {
		const char *line, *path;
		bool found;
		int pid;
		const char *name;
		size_t limit_length;
	} cases[] = {
		{"oom-kill:x,oom_memcg=/,task_memcg=/a/b,task=sh,pid=5,uid=0", "/a/b", true, 5,
		 "sh", 1},
		{"oom-kill:x,oom_memcg=/a/b,task_memcg=/a/b,task=sh,pid=5,uid=0", "/a/b", true, 5,
		 "sh", 4},
		{"oom-kill:x,oom_memcg=/ab,task_memcg=/a/b,task=sh,pid=5,uid=0", "/a/b", true, 5,
		 "sh", 0},
		{"oom-kill:x,oom_memcg=/,task_memcg=/,task=sh,pid=5,uid=0", "/", true, 5, "sh", 1},
		{"oom-kill:x,oom_memcg=/a,task_memcg=/a,task=,task=x,pid=1,pid=5,uid=0", "/a", true,
		 5, ",task=x,pid=1", 2},
		/* A group named as if it were another one. */
		{"oom-kill:x,oom_memcg=/e,task_memcg=/e,task_memcg=/a,task=sh,pid=5,uid=0", "/b",
		 false, 0, "", 0},
		{"oom-kill:x,oom_memcg=/a,task_memcg=/a/bb,task=sh,pid=5,uid=0", "/a/b", false, 0,
		 "", 0},
		{"oom-kill:x,oom_memcg=/a,task_memcg=/a,task=sh,pid=,uid=0", "/a", false, 0, "", 0},
		{"oom-kill:", "/a", false, 0, "", 0},
		{"", "/", false, 0, "", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oom_decision decision = {0};

		if (oom_decision_parse(cases[i].line, cases[i].path, &decision) != cases[i].found)
			fail_msg("%s", cases[i].line);
		assert_int_equal(decision.pid, cases[i].pid);
		assert_string_equal(decision.name, cases[i].name);
		assert_int_equal(decision.limit_length, cases[i].limit_length);
	}
}

static void test_largest_processes(void **state)
{
	struct kernel_log *log;
	struct oom_decision decision;
	const struct oom_report *report;
	struct oom_task tasks[2];

	assert_int_equal(kernel_log_new(&log), 0);
	assert_true(add_report(log, "/a", "python3", 18705, 1));
	report = kernel_log_find(log, "/a", 0, &decision);
	assert_int_equal(oom_report_largest(report, tasks, 2), 2);
	assert_int_equal(tasks[0].pid, 18705);
	assert_int_equal(tasks[0].resident_pages, 52360);
	assert_string_equal(tasks[0].name, "python3");
	assert_int_equal(tasks[1].pid, 17);
	assert_string_equal(tasks[1].name, "small one");
	assert_int_equal(oom_report_largest(report, tasks, 1), 1);
	assert_int_equal(tasks[0].pid, 18705);
	kernel_log_free(log);
}

static void test_names_are_unescaped(void **state)
{
	struct kernel_log *log;
	struct oom_decision decision;

	assert_int_equal(kernel_log_new(&log), 0);
	assert_true(add_report(log, "/a/\\x1bb\\x5c", "s\\x0ah", 3, 1));
	assert_non_null(kernel_log_find(log,
					"/a/\x1b"
					"b\\",
					0, &decision));
	assert_string_equal(decision.name, "s?h");
	kernel_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report_is_found_by_group_and_time),
		cmocka_unit_test(test_old_reports_are_replaced),
		cmocka_unit_test(test_long_report_keeps_the_decision),
		cmocka_unit_test(test_programs_cannot_write_reports),
		cmocka_unit_test(test_decision_with_misleading_names),
		cmocka_unit_test(test_largest_processes),
		cmocka_unit_test(test_names_are_unescaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

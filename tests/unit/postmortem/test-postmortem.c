/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-postmortem.c - pages about events of a simulated machine, with a kernel log in a FIFO. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/json-cleanup.h"
#include "proc-files.h"
#include "shared/postmortem/postmortem.h"
#include "test.h"
#include "tree.h"

#define DEADLINE_NS (60 * NS_PER_S)

struct fixture {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	struct postmortem *postmortem;
	char pages[300], state[300], log[300];
	int log_fd;
	int kills, forks;
};

static void ignore_page(void *context, const char *directory, const char *id, const char *group,
			const char *summary)
{
}

static void print_problem(void *context, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

/* In place and at once: the sampler keeps the file open. */
static void overwrite(struct fixture *fixture, const char *file, const char *text)
{
	char path[400];
	int fd = open(tree_at(fixture->dir, file, path, sizeof(path)), O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
	close(fd);
}

static void write_counters(struct fixture *fixture)
{
	char text[100];

	snprintf(text, sizeof(text), "max 9\noom 9\noom_kill %03d\n", fixture->kills);
	/* The child first: the parent counts its kills too. */
	overwrite(fixture, "cgroup/top/web/memory.events", text);
	overwrite(fixture, "cgroup/top/memory.events", text);
	snprintf(text, sizeof(text), "max %03d\n", fixture->forks);
	overwrite(fixture, "cgroup/top/web/pids.events", text);
}

static void add_files(struct fixture *fixture)
{
	static const struct proc_process process = {
		.pid = 10, .name = "we\x1b", .groups = "0::/top/web\n"};
	struct tree_dir *dir = fixture->dir;

	tree_machine_v2(dir);
	proc_add(dir, &process);
	tree_file(dir, "cgroup/top/cgroup.procs", "");
	tree_file(dir, "cgroup/top/memory.max", "1048576\n");
	tree_file(dir, "cgroup/top/web/cgroup.procs", "10\n");
	tree_file(dir, "cgroup/top/web/memory.max", "max\n");
	tree_file(dir, "cgroup/top/web/memory.current", "1000000\n");
	tree_file(dir, "cgroup/top/web/memory.stat", "anon 900000\nfile 1000\n");
	tree_file(dir, "cgroup/top/web/pids.max", "7\n");
	tree_file(dir, "cgroup/top/web/pids.current", "7\n");
	write_counters(fixture);
}

static void start_every(struct fixture *fixture, uint64_t interval_ns)
{
	struct cgw_policy_postmortem settings = postmortem_defaults(fixture->pages);
	const struct postmortem_options options = {
		.layout = fixture->layout,
		.state = fixture->state,
		.kernel_log = fixture->log,
		.on_page = ignore_page,
		.on_problem = print_problem,
	};

	settings.interval_ns = interval_ns;
	assert_int_equal(postmortem_start(&settings, &options, &fixture->postmortem, NULL), 0);
}

static void start(struct fixture *fixture)
{
	start_every(fixture, 20 * NS_PER_MS);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char cgroup[300], proc[300];
	struct cgw_roots roots = {.cgroup = cgroup, .proc = proc};

	assert_non_null(fixture);
	fixture->dir = tree_new();
	tree_at(fixture->dir, "cgroup", cgroup, sizeof(cgroup));
	tree_at(fixture->dir, "proc", proc, sizeof(proc));
	tree_at(fixture->dir, "pages", fixture->pages, sizeof(fixture->pages));
	tree_at(fixture->dir, "state", fixture->state, sizeof(fixture->state));
	tree_at(fixture->dir, "kmsg", fixture->log, sizeof(fixture->log));
	add_files(fixture);
	assert_int_equal(mkfifo(fixture->log, 0600), 0);
	/* Each write is read on its own, as records of the log are. */
	fixture->log_fd = open(fixture->log, O_RDWR | O_CLOEXEC);
	assert_true(fixture->log_fd >= 0);
	assert_int_equal(fcntl(fixture->log_fd, F_SETFL, O_DIRECT), 0);
	assert_int_equal(cgw_layout_open(&roots, &fixture->layout, NULL), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	postmortem_stop(fixture->postmortem);
	cgw_layout_free(fixture->layout);
	close(fixture->log_fd);
	tree_free(fixture->dir);
	free(fixture);
	return 0;
}

static void log_line(const struct fixture *fixture, const char *line)
{
	char record[600];
	int length = snprintf(record, sizeof(record), "6,1,1,-;%s\n", line);

	assert_int_equal(write(fixture->log_fd, record, (size_t)length), length);
}

static void log_kill(const struct fixture *fixture)
{
	log_line(fixture, "eater invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0");
	log_line(fixture, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,"
			  "mems_allowed=0,oom_memcg=/top,task_memcg=/top/web,task=ea ter,pid=77,"
			  "uid=0");
	log_line(fixture, "Memory cgroup out of memory: Killed process 77 (ea ter) total-vm:1kB");
}

/* The newest page about the group, once there is one. The first sample may come late. */
static json_t *wait_for_page(struct fixture *fixture, const char *path, int kills, int forks)
{
	uint64_t end_ns = clock_now_ns() + DEADLINE_NS;
	json_t *page = NULL;

	while (page_store_newest(fixture->pages, path, &page) < 0) {
		assert_true(clock_now_ns() < end_ns);
		fixture->kills += kills;
		fixture->forks += forks;
		if (kills > 0)
			log_kill(fixture);
		if (kills > 0 || forks > 0)
			write_counters(fixture);
		clock_sleep_ms(400);
	}
	return page;
}

static const char *text_of(const json_t *page, const char *key)
{
	return json_string_value(json_object_get(page, key));
}

/* Only an action and the kernel log cause samples, so that none sees half of a kill. */
static void start_without_interval(struct fixture *fixture)
{
	const struct cgw_action action = {
		.kind = CGW_ACTION_FREEZE, .rule = "rule", .path = "/", .reason = "reason"};
	const struct cgw_action_result result = {.outcome = CGW_OUTCOME_DONE};

	start_every(fixture, 3600 * NS_PER_S);
	postmortem_add_action(fixture->postmortem, &action, &result);
	json_decref(wait_for_page(fixture, "/", 0, 0));
}

static void test_oom_kill(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(cleanup_json) json_t *page = NULL;
	const json_t *log, *processes, *limit;
	json_t *other;

	start_without_interval(fixture);
	fixture->kills++;
	write_counters(fixture);
	log_kill(fixture);
	page = wait_for_page(fixture, "/top/web", 0, 0);
	assert_string_equal(text_of(page, "event"), "oom-kill");
	assert_int_equal(json_integer_value(json_object_get(page, "count")), 1);
	assert_string_equal(text_of(page, "summary"),
			    "1 process was OOM-killed; the last one: 77 (ea ter); the memory limit "
			    "of /top was reached; memory.max=1.0M of /top");
	log = json_object_get(page, "kernel_log");
	assert_string_equal(text_of(log, "limit_of"), "/top");
	assert_int_equal(json_integer_value(json_object_get(log, "killed_pid")), 77);
	processes = json_object_get(page, "processes");
	assert_int_equal(json_array_size(processes), 1);
	assert_string_equal(text_of(json_array_get(processes, 0), "name"), "we\\x1b");
	limit = json_array_get(json_object_get(page, "limits"), 1);
	assert_string_equal(text_of(limit, "resource"), "memory");
	assert_string_equal(text_of(limit, "set_by"), "/top");
	assert_int_equal(json_integer_value(json_object_get(limit, "limit")), 1048576);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(page, "memory"), "memory.anon")),
		900000);
	assert_true(json_is_null(json_object_get(page, "policy")));
	assert_int_equal(json_array_size(json_object_get(json_object_get(page, "history"), "pids")),
			 60);
	/* The parent counts the kill as well, but it was in the child. */
	assert_true(page_store_newest(fixture->pages, "/top", &other) < 0);
}

static void *allocate_nothing(size_t size)
{
	return NULL;
}

/* The whole page cannot be made: a short one is written from memory that was allocated before. */
static void test_oom_kill_without_memory(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(string_list_free) struct string_list ids = {0};
	CLEANUP(cleanup_json) json_t *page = NULL;
	uint64_t end_ns = clock_now_ns() + DEADLINE_NS;

	json_set_alloc_funcs(allocate_nothing, free);
	start(fixture);
	while (ids.count == 0) {
		assert_true(clock_now_ns() < end_ns);
		fixture->kills++;
		log_kill(fixture);
		write_counters(fixture);
		clock_sleep_ms(400);
		(void)page_store_list(fixture->pages, &ids);
	}
	fixture->postmortem = postmortem_stop(fixture->postmortem);
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(page_store_read(fixture->pages, ids.items[0], &page), 0);
	assert_string_equal(text_of(page, "group"), "/top/web");
	assert_non_null(strstr(text_of(page, "summary"), "OOM-killed; the last one: 77 (ea ter)"));
	assert_non_null(text_of(page, "incomplete"));
	assert_string_equal(text_of(json_object_get(page, "kernel_log"), "limit_of"), "/top");
}

static void test_kill_in_a_removed_group(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(cleanup_json) json_t *page = NULL;
	json_t *other;

	start_without_interval(fixture);
	tree_move(fixture->dir, "cgroup/top/web", "removed");
	fixture->kills++;
	overwrite(fixture, "cgroup/top/memory.events", "max 9\noom 9\noom_kill 001\n");
	log_kill(fixture);
	page = wait_for_page(fixture, "/top/web", 0, 0);
	assert_true(json_is_true(json_object_get(page, "removed")));
	assert_true(json_is_null(json_object_get(page, "processes")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(page, "memory"),
							    "memory.current")),
			 1000000);
	fixture->postmortem = postmortem_stop(fixture->postmortem);
	assert_true(page_store_newest(fixture->pages, "/top", &other) < 0);
}

static void test_refused_fork(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(cleanup_json) json_t *page = NULL;

	start(fixture);
	page = wait_for_page(fixture, "/top/web", 0, 2);
	assert_string_equal(text_of(page, "event"), "fork-refused");
	assert_string_equal(text_of(page, "summary"),
			    "2 forks were refused; effective limit: pids.max=7 of /top/web");
	assert_true(json_is_null(json_object_get(page, "kernel_log")));
}

static void test_action_of_a_rule(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_action action = {.kind = CGW_ACTION_KILL,
				    .rule = "stop",
				    .path = "/top/web",
				    .reason = "pids.current 7 > 5"};
	struct cgw_action_result result = {.outcome = CGW_OUTCOME_DONE};
	CLEANUP(cleanup_json) json_t *page = NULL;
	uint64_t end_ns = clock_now_ns() + DEADLINE_NS;

	start(fixture);
	action.dry_run = true;
	postmortem_add_action(fixture->postmortem, &action, &result);
	action.dry_run = false;
	result.error = -EPERM;
	postmortem_add_action(fixture->postmortem, &action, &result);
	result.error = 0;
	action.kind = CGW_ACTION_LIMIT;
	postmortem_add_action(fixture->postmortem, &action, &result);
	action.kind = CGW_ACTION_KILL;
	action.rule = "other";
	while (page_store_newest(fixture->pages, "/top/web", &page) < 0) {
		assert_true(clock_now_ns() < end_ns);
		postmortem_add_action(fixture->postmortem, &action, &result);
		clock_sleep_ms(100);
	}
	assert_string_equal(text_of(page, "event"), "kill");
	assert_string_equal(text_of(page, "rule"), "other");
	assert_string_equal(text_of(page, "reason"), "pids.current 7 > 5");
}

static void test_without_the_kernel_log(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(cleanup_json) json_t *page = NULL;
	const char *missing;

	strcat(fixture->log, "-none");
	start(fixture);
	page = wait_for_page(fixture, "/top/web", 1, 0);
	missing = text_of(json_object_get(page, "kernel_log"), "missing");
	assert_non_null(missing);
	assert_non_null(strstr(missing, "not readable: No such file or directory"));
	assert_string_equal(text_of(page, "summary"),
			    "1 process was OOM-killed; effective limit: memory.max=1.0M of /top");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_oom_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_oom_kill_without_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kill_in_a_removed_group, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_fork, setup, teardown),
		cmocka_unit_test_setup_teardown(test_action_of_a_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_the_kernel_log, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

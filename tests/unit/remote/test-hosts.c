/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-hosts.c - several hosts with a fake ssh: connected, slow, lost and reconnected hosts. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "shared/remote/hosts.h"
#include "shared/remote/ssh.h"
#include "streams.h"
#include "test.h"
#include "tree.h"
#include <cgward/model.h>

#define NS_IN_S UINT64_C(1000000000)

/*
 * A fake ssh: its last argument is the command, the one before it the host. Each host name selects
 * a behaviour; the output is that of cgward. This program writes the samples.
 */
static const char script[] = "#!/bin/sh\n"
			     "for last; do host=$before before=$last; done\n"
			     "echo \"$last\" >>\"$0.commands\"\n"
			     "send() { \"$(cat \"$0.self\")\" send \"$@\"; }\n"
			     "case $host in\n"
			     "good*) exec \"$(cat \"$0.self\")\" send 0 100 ;;\n"
			     "two) send 2 0 ;;\n"
			     "one) send 1 0 ;;\n"
			     "stuck) send 1 0; exec sleep 1000 ;;\n"
			     "silent) exec sleep 1000 ;;\n"
			     "flood) exec \"$(cat \"$0.self\")\" send 0 0 ;;\n"
			     "talk) send 1 0; while :; do echo noise >&2; done ;;\n"
			     "deep) send deep 0; exec sleep 1000 ;;\n"
			     "endless) tr '\\0' x </dev/zero ;;\n"
			     "dies) send 1 0; echo 'it was \033[31mkilled' >&2; exit 3 ;;\n"
			     "back) send 1 0; sleep 0.3; exit 255 ;;\n"
			     "missing) echo 'sh: cgward: not found' >&2; exit 127 ;;\n"
			     "old) echo 'unknown option' >&2; exit 2 ;;\n"
			     "newer) echo 'cgward stream 99'; exec sleep 1000 ;;\n"
			     "esac\n";

/* Writes a sample of a chain of groups, the last seven of which are too deep. */
static int send_deep_sample(void)
{
	static struct frame_group groups[REMOTE_DEPTH_MAX + 8] = {{"/", 1}};
	const uint32_t count = REMOTE_DEPTH_MAX + 8;
	char *path = calloc(1, 2 * (size_t)count);
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	for (uint32_t i = 1; i < count; i++) {
		memcpy(path + 2 * (size_t)(i - 1), "/d", 3);
		groups[i] = (struct frame_group){strdup(path), i + 1};
	}
	send_sample(frame, groups, count, 1, CGW_M_CPU_USAGE, 1, stdout);
	for (uint32_t i = 1; i < count; i++)
		free((void *)(uintptr_t)groups[i].path);
	free(path);
	cgw_frame_free(frame);
	return fflush(stdout);
}

/* Writes COUNT samples (0: endlessly), one every INTERVAL ms. */
static int send_samples(uint64_t count, long interval_ms)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/a", 5}};
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	for (uint64_t i = 1; (count == 0 || i <= count) && !ferror(stdout); i++) {
		send_sample(frame, groups, 2, i, CGW_M_CPU_USAGE, i * 100000000, stdout);
		(void)fflush(stdout);
		if (interval_ms > 0)
			clock_sleep_ms((unsigned)interval_ms);
	}
	cgw_frame_free(frame);
	return 0;
}

/* How long to wait for what happens at all, also on a busy machine. */
#define PATIENT_NS (600 * NS_IN_S)

struct fixture {
	struct tree_dir *tree;
	struct remote_hosts *hosts;
	const char *ssh[2];
	char program[300];
	struct cgw_frame *frame;
};

static void open_hosts(struct fixture *fixture, const char *const *names, uint64_t samples)
{
	struct remote_hosts_options options = {.hosts = names,
					       .ssh = fixture->ssh,
					       .interval_ns = NS_IN_S / 10,
					       .samples = samples};
	struct cgw_metric_set metrics = {0};
	struct cgw_diag diag = {0};
	char self[4096] = "";

	*fixture = (struct fixture){.tree = tree_new()};
	tree_file(fixture->tree, "ssh", script);
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	tree_file(fixture->tree, "ssh.self", self);
	snprintf(fixture->program, sizeof(fixture->program), "%s/ssh", fixture->tree->path);
	assert_int_equal(chmod(fixture->program, 0755), 0);
	fixture->ssh[0] = fixture->program;
	while (names[options.count] != NULL)
		options.count++;
	assert_int_equal(remote_hosts_new(&options, &fixture->hosts, &diag), 0);
	assert_int_equal(cgw_frame_new(&fixture->frame), 0);
	cgw_metric_set_add(&metrics, CGW_M_CPU_USAGE);
	assert_int_equal(remote_hosts_request(fixture->hosts, &metrics), 0);
}
#define OPEN(fixture, samples, ...) \
	open_hosts(fixture, (const char *const[]){__VA_ARGS__, NULL}, samples)

static void close_hosts(struct fixture *fixture)
{
	cgw_frame_free(fixture->frame);
	remote_hosts_free(fixture->hosts);
	tree_free(fixture->tree);
}

static struct remote_host_status status_of(const struct fixture *fixture, const char *name)
{
	for (size_t i = 0; i < remote_hosts_count(fixture->hosts); i++)
		if (strcmp(remote_hosts_status(fixture->hosts, i).name, name) == 0)
			return remote_hosts_status(fixture->hosts, i);
	fail_msg("no host %s", name);
	return (struct remote_host_status){0};
}

/* Collects samples for 50 ms; fails after `end_ns`. */
static void collect(struct fixture *fixture, const char *name, uint64_t end_ns)
{
	struct cgw_snapshot *snapshot = NULL;

	if (clock_now_ns() > end_ns)
		fail_msg("%s is %s: \"%s\"", name,
			 remote_state_name(status_of(fixture, name).state),
			 status_of(fixture, name).reason);
	(void)remote_hosts_wait(fixture->hosts, clock_now_ns() + NS_IN_S / 20, -1);
	if (remote_hosts_collect(fixture->hosts, &snapshot) > 0) {
		assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
		cgw_snapshot_unref(snapshot);
	}
}

/* Waits until a host has that state, which may take long on a busy machine. */
static void wait_for_state(struct fixture *fixture, const char *name, enum remote_state expected)
{
	uint64_t end_ns = clock_now_ns() + PATIENT_NS;

	while (status_of(fixture, name).state != expected)
		collect(fixture, name, end_ns);
}

/* Waits until the reason of a host contains that text. */
static void wait_for_reason(struct fixture *fixture, const char *name, const char *expected)
{
	uint64_t end_ns = clock_now_ns() + PATIENT_NS;

	while (strstr(status_of(fixture, name).reason, expected) == NULL)
		collect(fixture, name, end_ns);
}

static struct cgw_value cpu_of(const struct fixture *fixture, const char *path)
{
	struct cgw_field cpu;
	uint32_t group =
		cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(fixture->frame)), path);

	assert_int_equal(cgw_field_parse("cpu", &cpu, NULL), 0);
	if (group == CGW_NO_GROUP)
		return (struct cgw_value){.state = CGW_GONE, .real = -1};
	return cgw_frame_value(fixture->frame, cpu, group);
}

static void test_single_host(void **state)
{
	struct fixture fixture;

	OPEN(&fixture, 2, "two");
	wait_for_state(&fixture, "two", REMOTE_ENDED);
	/* The paths and the system-wide values are those of the host. */
	assert_int_equal(
		cgw_snapshot_system(cgw_frame_now(fixture.frame))->memory_total_bytes.value, 1000);
	assert_int_equal(cgw_snapshot_topology(cgw_frame_now(fixture.frame))->count, 2);
	assert_false(remote_hosts_are_alive(fixture.hosts));
	close_hosts(&fixture);
}

/* There is nothing to wait for. */
static void test_ssh_that_cannot_be_started(void **state)
{
	static const char *const names[] = {"one"}, *const ssh[] = {"/nonexistent", NULL};
	const struct remote_hosts_options options = {
		.hosts = names, .count = 1, .ssh = ssh, .interval_ns = NS_IN_S, .samples = 1};
	struct cgw_metric_set metrics = {0};
	struct remote_hosts *hosts;
	uint64_t from_ns = clock_now_ns();

	assert_int_equal(remote_hosts_new(&options, &hosts, NULL), 0);
	assert_int_equal(remote_hosts_request(hosts, &metrics), 0);
	assert_false(remote_hosts_wait(hosts, from_ns + 60 * NS_IN_S, -1));
	assert_true(clock_now_ns() - from_ns < 10 * NS_IN_S);
	assert_string_equal(remote_hosts_status(hosts, 0).reason,
			    "cannot start '/nonexistent': No such file or directory");
	remote_hosts_free(hosts);
}

/* A killed process cannot end its ssh, and a host that sends nothing would keep it. */
static void test_ssh_ends_with_its_process(void **state)
{
	const char *const words[] = {"sh", "-c", "exec sleep 1000", NULL};
	uint64_t end_ns = clock_now_ns() + PATIENT_NS;
	struct remote_ssh ssh = {0};
	pid_t process, ended = 0;
	int pipes[2], status = 0;

	assert_int_equal(pipe(pipes), 0);
	/* The orphan becomes a child of this process. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	process = fork();
	if (process == 0) {
		int r = remote_ssh_start(words, "host", "command", &ssh);

		(void)!write(pipes[1], r < 0 ? &r : &ssh.pid, sizeof(ssh.pid));
		pause();
	}
	assert_int_equal(read(pipes[0], &ssh.pid, sizeof(ssh.pid)), sizeof(ssh.pid));
	assert_true(ssh.pid > 0);
	assert_int_equal(kill(process, SIGKILL), 0);
	assert_int_equal(waitpid(process, &status, 0), process);
	while (ended == 0 && clock_now_ns() < end_ns) {
		ended = waitpid(ssh.pid, &status, WNOHANG);
		(void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	if (ended == 0)
		(void)kill(ssh.pid, SIGKILL);
	assert_int_equal(ended, ssh.pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	close(pipes[0]);
	close(pipes[1]);
}

/* A connection that ends early is lost, even if all went well: the last samples are missing. */
static void test_missing_samples(void **state)
{
	struct fixture fixture;
	uint64_t end_ns = clock_now_ns() + PATIENT_NS;

	OPEN(&fixture, 2, "one");
	while (status_of(&fixture, "one").state == REMOTE_CONNECTING ||
	       status_of(&fixture, "one").state == REMOTE_CONNECTED)
		collect(&fixture, "one", end_ns);
	assert_int_equal(status_of(&fixture, "one").state, REMOTE_LOST);
	assert_string_equal(status_of(&fixture, "one").reason, "connection ended");
	close_hosts(&fixture);
}

/* A host with groups that are too deep is read without them, and they are counted. */
static void test_omitted_groups_are_reported(void **state)
{
	struct fixture fixture;

	OPEN(&fixture, 0, "deep", "good");
	wait_for_reason(&fixture, "deep", "7 groups are not shown");
	assert_int_equal(status_of(&fixture, "deep").state, REMOTE_CONNECTED);
	assert_true(status_of(&fixture, "deep").changed);
	assert_string_equal(status_of(&fixture, "good").reason, "");
	close_hosts(&fixture);
}

/* Good hosts have rates regardless of the others, which do not delay a call. */
static void test_bad_hosts_do_not_delay_good_ones(void **state)
{
	struct fixture fixture;
	uint64_t end_ns = clock_now_ns() + PATIENT_NS;

	OPEN(&fixture, 0, "good2", "silent", "flood", "talk", "endless", "missing", "old", "newer",
	     "dies", "good1", "stuck");
	/* Waiting for a silent host would never end. */
	wait_for_state(&fixture, "good1", REMOTE_CONNECTED);
	while (cpu_of(&fixture, "/good1/a").state != CGW_OK)
		collect(&fixture, "good1", end_ns);
	wait_for_reason(&fixture, "endless", "the first line is not that of cgward");
	wait_for_reason(&fixture, "missing", "cgward not found on the host");
	wait_for_reason(&fixture, "old", "incompatible cgward on the host");
	wait_for_reason(&fixture, "newer", "stream schema 99 is not supported");
	/* The last line of standard error is reported, escaped. */
	wait_for_reason(&fixture, "dies",
			"cgward on the host exited with status 3: it was \\x1b[31mkilled");
	/* A lost host has its own group, without descendants. */
	assert_int_equal(cpu_of(&fixture, "/missing").state, CGW_GONE);
	assert_true(cpu_of(&fixture, "/missing").real > -1);
	assert_true(cpu_of(&fixture, "/missing/a").real < 0);
	close_hosts(&fixture);
}

static void test_slow_host(void **state)
{
	struct fixture fixture;
	uint32_t group;

	OPEN(&fixture, 0, "good", "stuck");
	wait_for_state(&fixture, "stuck", REMOTE_SLOW);
	assert_non_null(strstr(status_of(&fixture, "stuck").reason, "no sample for "));
	wait_for_state(&fixture, "good", REMOTE_CONNECTED);
	/* Its last values remain, without rates; the other host is still sampled. */
	group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(fixture.frame)), "/stuck/a");
	assert_int_not_equal(group, CGW_NO_GROUP);
	assert_int_equal(
		cgw_snapshot_number(cgw_frame_now(fixture.frame), CGW_M_CPU_USAGE, group).value,
		100000000);
	assert_int_equal(cpu_of(&fixture, "/stuck/a").state, CGW_WARMUP);
	close_hosts(&fixture);
}

static void test_lost_host_is_reconnected(void **state)
{
	struct fixture fixture;

	OPEN(&fixture, 0, "back", "good");
	wait_for_state(&fixture, "back", REMOTE_CONNECTED);
	wait_for_state(&fixture, "back", REMOTE_LOST);
	assert_string_equal(status_of(&fixture, "back").reason, "connection ended");
	wait_for_state(&fixture, "back", REMOTE_CONNECTED);
	assert_string_equal(status_of(&fixture, "back").reason, "");
	close_hosts(&fixture);
}

/* Requesting new metrics reconnects; requesting the same or fewer does not. */
static void test_new_metrics_reconnect(void **state)
{
	struct fixture fixture;
	struct cgw_metric_set metrics = {0};
	char path[320], line[512];
	FILE *commands;
	int count = 0;

	OPEN(&fixture, 0, "good");
	wait_for_state(&fixture, "good", REMOTE_CONNECTED);
	cgw_metric_set_add(&metrics, CGW_M_CPU_USAGE);
	assert_int_equal(remote_hosts_request(fixture.hosts, &metrics), 0);
	metrics = (struct cgw_metric_set){0};
	cgw_metric_set_add(&metrics, CGW_M_PIDS_CURRENT);
	assert_int_equal(remote_hosts_request(fixture.hosts, &metrics), 0);
	wait_for_state(&fixture, "good", REMOTE_CONNECTED);
	clock_sleep_ms(500);
	snprintf(path, sizeof(path), "%s.commands", fixture.program);
	commands = fopen(path, "re");
	assert_non_null(commands);
	while (fgets(line, sizeof(line), commands) != NULL)
		count++;
	(void)fclose(commands);
	assert_int_equal(count, 2);
	assert_string_equal(line, "cgward dump --stream 1 --interval 100000us -o "
				  "group,id,cpu.usage,pids.current\n");
	close_hosts(&fixture);
}

static void test_host_names(void **state)
{
	static const char *const ssh[] = {"ssh", NULL};
	static const struct {
		const char *names[3];
		int expected;
	} cases[] = {
		{{"a", "b"}, 0},       {{"user@a"}, 0},    {{"-oProxyCommand=x"}, -EINVAL},
		{{"a", "a"}, -EINVAL}, {{""}, -EINVAL},    {{"a b"}, -EINVAL},
		{{"a/../b"}, -EINVAL}, {{"a\n"}, -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct remote_hosts_options options = {.hosts = cases[i].names, .ssh = ssh};
		struct remote_hosts *hosts = NULL;
		struct cgw_diag diag = {0};

		while (cases[i].names[options.count] != NULL)
			options.count++;
		assert_int_equal(remote_hosts_new(&options, &hosts, &diag), cases[i].expected);
		assert_true((cases[i].expected < 0) == (diag.text[0] != '\0'));
		remote_hosts_free(hosts);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single_host),
		cmocka_unit_test(test_ssh_that_cannot_be_started),
		cmocka_unit_test(test_ssh_ends_with_its_process),
		cmocka_unit_test(test_missing_samples),
		cmocka_unit_test(test_omitted_groups_are_reported),
		cmocka_unit_test(test_bad_hosts_do_not_delay_good_ones),
		cmocka_unit_test(test_slow_host),
		cmocka_unit_test(test_lost_host_is_reconnected),
		cmocka_unit_test(test_new_metrics_reconnect),
		cmocka_unit_test(test_host_names),
	};

	if (argc == 4 && strcmp(argv[2], "deep") == 0)
		return send_deep_sample();
	if (argc == 4 && strcmp(argv[1], "send") == 0)
		return send_samples(strtoull(argv[2], NULL, 10), strtol(argv[3], NULL, 10));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

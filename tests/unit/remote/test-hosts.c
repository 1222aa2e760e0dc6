/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-hosts.c - several hosts over what stands in for ssh: there, slow, lost, back again; none in the way. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "shared/remote/hosts.h"
#include "test.h"
#include "tree.h"
#include <cgward/model.h>

#define NS_IN_S UINT64_C(1000000000)

/*
 * Stands in for ssh: the word before the last is the host, the last one the command. Each host is a
 * way to behave; what it writes is what a cgward would.
 */
static const char script[] =
	"#!/bin/sh\n"
	"for last; do host=$before before=$last; done\n"
	"echo \"$last\" >>\"$0.commands\"\n"
	"head() { echo '{\"stream\":1,\"host\":\"x\",\"layout\":\"v2\"}'; }\n"
	"sample() { echo '{\"sample\":2,\"realtime_ns\":1,\"boottime_ns\":1,\"monotonic_ns\":'$1"
	"',\"cost_ns\":1,\"machine\":{\"memory_total_bytes\":1000}}'\n"
	"echo '{\"group\":\"/\",\"id\":1,\"cpu.usage\":'$2'}'\n"
	"echo '{\"group\":\"/a\",\"id\":'$3',\"cpu.usage\":'$2'}'; }\n"
	"case $host in\n"
	"good*) head; i=1; while :; do sample ${i}000000000 ${i}00000000 5; i=$((i + 1)); sleep "
	"0.1; "
	"done ;;\n"
	"two) head; sample 1000000000 1 5; sample 2000000000 500000001 5 ;;\n"
	"stuck) head; sample 1000000000 1 5; exec sleep 1000 ;;\n"
	"silent) exec sleep 1000 ;;\n"
	"flood) head; while :; do sample 1000000000 1 5; done ;;\n"
	"talk) head; sample 1000000000 1 5; while :; do echo noise >&2; done ;;\n"
	"endless) tr '\\0' x </dev/zero ;;\n"
	"dies) head; sample 1000000000 1 5; echo 'it was \033[31mkilled' >&2; exit 3 ;;\n"
	"back) head; sample 1000000000 1 5; sleep 0.3; exit 255 ;;\n"
	"missing) echo 'sh: cgward: not found' >&2; exit 127 ;;\n"
	"old) echo 'unknown option' >&2; exit 2 ;;\n"
	"newer) echo '{\"stream\":99,\"layout\":\"v2\"}'; exec sleep 1000 ;;\n"
	"esac\n";

struct far {
	struct tree_dir *tree;
	struct remote_hosts *hosts;
	const char *ssh[2];
	char program[300];
	struct cgw_frame *frame;
};

static void open_hosts(struct far *far, const char *const *names, uint64_t samples)
{
	struct remote_hosts_options options = {
		.hosts = names, .ssh = far->ssh, .interval_ns = NS_IN_S / 10, .samples = samples};
	struct cgw_metric_set wanted = {0};
	struct cgw_diag diag = {0};

	*far = (struct far){.tree = tree_new()};
	tree_file(far->tree, "ssh", script);
	(void)snprintf(far->program, sizeof(far->program), "%s/ssh", far->tree->path);
	assert_int_equal(chmod(far->program, 0755), 0);
	far->ssh[0] = far->program;
	while (names[options.count] != NULL)
		options.count++;
	assert_int_equal(remote_hosts_new(&options, &far->hosts, &diag), 0);
	assert_int_equal(cgw_frame_new(&far->frame), 0);
	cgw_metric_set_add(&wanted, CGW_M_CPU_USAGE);
	assert_int_equal(remote_hosts_request(far->hosts, &wanted), 0);
}
#define OPEN(far, samples, ...) open_hosts(far, (const char *const[]){__VA_ARGS__, NULL}, samples)

static void close_hosts(struct far *far)
{
	cgw_frame_free(far->frame);
	remote_hosts_free(far->hosts);
	tree_free(far->tree);
}

static struct remote_host_status status_of(const struct far *far, const char *name)
{
	for (size_t i = 0; i < remote_hosts_count(far->hosts); i++)
		if (strcmp(remote_hosts_status(far->hosts, i).name, name) == 0)
			return remote_hosts_status(far->hosts, i);
	fail_msg("no host %s", name);
	return (struct remote_host_status){0};
}

/* Takes what comes within a twentieth of a second; fails when it is past the end. */
static void take(struct far *far, const char *name, uint64_t end_ns)
{
	struct cgw_snapshot *snapshot = NULL;

	if (clock_now_ns() > end_ns)
		fail_msg("%s is %s: \"%s\"", name, remote_state_name(status_of(far, name).state),
			 status_of(far, name).reason);
	(void)remote_hosts_wait(far->hosts, clock_now_ns() + NS_IN_S / 20, -1);
	if (remote_hosts_collect(far->hosts, &snapshot) > 0) {
		assert_int_equal(cgw_frame_update(far->frame, snapshot), 0);
		cgw_snapshot_unref(snapshot);
	}
}

/* Until a host is in that state; a busy machine may need a while. */
static void until(struct far *far, const char *name, enum remote_state wanted)
{
	uint64_t end_ns = clock_now_ns() + 60 * NS_IN_S;

	while (status_of(far, name).state != wanted)
		take(far, name, end_ns);
}

/* Until that is told of it. */
static void until_told(struct far *far, const char *name, const char *wanted)
{
	uint64_t end_ns = clock_now_ns() + 60 * NS_IN_S;

	while (strstr(status_of(far, name).reason, wanted) == NULL)
		take(far, name, end_ns);
}

static struct cgw_value cpu_of(const struct far *far, const char *path)
{
	struct cgw_field cpu;
	uint32_t group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(far->frame)), path);

	assert_int_equal(cgw_field_parse("cpu", &cpu, NULL), 0);
	if (group == CGW_NO_GROUP)
		return (struct cgw_value){.state = CGW_GONE, .real = -1};
	return cgw_frame_value(far->frame, cpu, group);
}

static void one(void **state)
{
	struct far far;

	(void)state;
	OPEN(&far, 2, "two");
	until(&far, "two", REMOTE_ENDED);
	/* Its own paths, and its own machine. */
	assert_int_equal(cgw_snapshot_system(cgw_frame_now(far.frame))->memory_total_bytes.value,
			 1000);
	assert_int_equal(cgw_snapshot_topology(cgw_frame_now(far.frame))->count, 2);
	assert_false(remote_hosts_are_alive(far.hosts));
	close_hosts(&far);
}

/* Whatever the others do, the good ones have rates, and a turn takes no longer than it may. */
static void none_in_the_way(void **state)
{
	struct far far;
	uint64_t longest_ns = 0, end_ns = clock_now_ns() + 4 * NS_IN_S;

	(void)state;
	OPEN(&far, 0, "good2", "silent", "flood", "talk", "endless", "missing", "old", "newer",
	     "dies", "good1", "stuck");
	while (clock_now_ns() < end_ns) {
		uint64_t before_ns = clock_now_ns();
		struct cgw_snapshot *snapshot = NULL;

		(void)remote_hosts_wait(far.hosts, before_ns + NS_IN_S / 10, -1);
		if (remote_hosts_collect(far.hosts, &snapshot) > 0) {
			assert_int_equal(cgw_frame_update(far.frame, snapshot), 0);
			cgw_snapshot_unref(snapshot);
		}
		if (clock_now_ns() - before_ns > longest_ns)
			longest_ns = clock_now_ns() - before_ns;
	}
	/* Who waits for a silent one waits for ever: what is less is only a busy machine's doing. */
	if (longest_ns > 30 * NS_IN_S)
		fail_msg("a turn took %f s", (double)longest_ns / 1e9);
	until(&far, "good1", REMOTE_THERE);
	assert_true(cpu_of(&far, "/good1/a").state == CGW_OK ||
		    cpu_of(&far, "/good1/a").state == CGW_WARMUP);
	until_told(&far, "endless", "a line of more than 1048576 bytes");
	until_told(&far, "missing", "there is no cgward");
	until_told(&far, "old", "too old");
	until_told(&far, "newer", "schema 99");
	/* What it said last is told, and no terminal obeys it. */
	until_told(&far, "dies", "the connection ended: it was \\x1b[31mkilled");
	/* A lost one keeps its group, and nothing below it. */
	assert_int_equal(cpu_of(&far, "/missing").state, CGW_GONE);
	assert_true(cpu_of(&far, "/missing").real > -1);
	assert_true(cpu_of(&far, "/missing/a").real < 0);
	close_hosts(&far);
}

static void slow(void **state)
{
	struct far far;
	uint32_t group;

	(void)state;
	OPEN(&far, 0, "good", "stuck");
	until(&far, "stuck", REMOTE_SLOW);
	assert_non_null(strstr(status_of(&far, "stuck").reason, "no sample for 2 s"));
	until(&far, "good", REMOTE_THERE);
	/* Its last figures stay, without rates; the other goes on. */
	group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(far.frame)), "/stuck/a");
	assert_int_not_equal(group, CGW_NO_GROUP);
	assert_int_equal(
		cgw_snapshot_number(cgw_frame_now(far.frame), CGW_M_CPU_USAGE, group).value, 1);
	assert_int_equal(cpu_of(&far, "/stuck/a").state, CGW_WARMUP);
	close_hosts(&far);
}

static void back_again(void **state)
{
	struct far far;

	(void)state;
	OPEN(&far, 0, "back", "good");
	until(&far, "back", REMOTE_THERE);
	until(&far, "back", REMOTE_LOST);
	assert_string_equal(status_of(&far, "back").reason, "the connection ended");
	until(&far, "back", REMOTE_THERE);
	assert_string_equal(status_of(&far, "back").reason, "");
	close_hosts(&far);
}

/* More is asked for over connections of their own; the same, or less, over those that stand. */
static void more(void **state)
{
	struct far far;
	struct cgw_metric_set wanted = {0};
	char path[320], line[512];
	FILE *commands;
	int count = 0;

	(void)state;
	OPEN(&far, 0, "good");
	until(&far, "good", REMOTE_THERE);
	cgw_metric_set_add(&wanted, CGW_M_CPU_USAGE);
	assert_int_equal(remote_hosts_request(far.hosts, &wanted), 0);
	wanted = (struct cgw_metric_set){0};
	cgw_metric_set_add(&wanted, CGW_M_PIDS_CURRENT);
	assert_int_equal(remote_hosts_request(far.hosts, &wanted), 0);
	until(&far, "good", REMOTE_THERE);
	clock_sleep_ms(500);
	(void)snprintf(path, sizeof(path), "%s.commands", far.program);
	commands = fopen(path, "re");
	assert_non_null(commands);
	while (fgets(line, sizeof(line), commands) != NULL)
		count++;
	(void)fclose(commands);
	assert_int_equal(count, 2);
	assert_string_equal(line, "cgward dump --ndjson --stream 1 --interval 100000us -o "
				  "group,id,cpu.usage,pids.current\n");
	close_hosts(&far);
}

static void names(void **state)
{
	static const char *const ssh[] = {"ssh", NULL};
	static const struct {
		const char *names[3];
		int wanted;
	} cases[] = {
		{{"a", "b"}, 0},       {{"user@a"}, 0},    {{"-oProxyCommand=x"}, -EINVAL},
		{{"a", "a"}, -EINVAL}, {{""}, -EINVAL},    {{"a b"}, -EINVAL},
		{{"a/../b"}, -EINVAL}, {{"a\n"}, -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct remote_hosts_options options = {.hosts = cases[i].names, .ssh = ssh};
		struct remote_hosts *hosts = NULL;
		struct cgw_diag diag = {0};

		while (cases[i].names[options.count] != NULL)
			options.count++;
		assert_int_equal(remote_hosts_new(&options, &hosts, &diag), cases[i].wanted);
		assert_true((cases[i].wanted < 0) == (diag.text[0] != '\0'));
		remote_hosts_free(hosts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),  cmocka_unit_test(none_in_the_way),
		cmocka_unit_test(slow), cmocka_unit_test(back_again),
		cmocka_unit_test(more), cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

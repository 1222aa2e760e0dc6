/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-stream.c - parsing of streams from other hosts: valid, invalid and oversized input. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/remote/stream.h"
#include "test.h"
#include <cgward/model.h>

#define HEAD                                                                                \
	"{\"stream\":1,\"cgward\":\"9.9\",\"host\":\"web1\",\"layout\":\"v1\",\"sources\":" \
	"{\"memory.events.max\":[1,\"memory.failcnt\",\"\"],\"cpu.usage\":[3,\"x\",\"\"]}," \
	"\"stands_in\":[\"cpu.usage\",\"no.such\",7]}"
#define SAMPLE(groups, at)                                                                \
	"{\"sample\":" groups ",\"realtime_ns\":5,\"boottime_ns\":6,\"monotonic_ns\":" at \
	",\"cost_ns\":7,\"collector\":\"bpf\",\"machine\":{\"cpu_count\":4,"              \
	"\"memory_total_bytes\":1024,\"swap_free_bytes\":null,\"load_e2\":[1,2]}}"
#define GROUP(path) "{\"group\":\"" path "\",\"id\":1}"

struct fixture {
	struct remote_layouts layouts;
	struct remote_stream *stream;
	struct cgw_snapshot *snapshot;
	struct cgw_diag diag;
};

static const enum cgw_metric tested_metrics[] = {
	CGW_M_CPU_USAGE,
	CGW_M_MEMORY_CURRENT,
	CGW_M_MEMORY_MAX,
	CGW_M_IO_RBYTES,
	CGW_M_MEMORY_PRESSURE_SOME_AVG10,
	CGW_M_CGROUP_FROZEN,
	CGW_M_CPUSET_CPUS,
	CGW_M_MEMORY_EVENTS_MAX,
};

static void open_stream(struct fixture *fixture)
{
	struct cgw_metric_set metrics = {0};

	*fixture = (struct fixture){0};
	for (size_t i = 0; i < ARRAY_SIZE(tested_metrics); i++)
		cgw_metric_set_add(&metrics, tested_metrics[i]);
	assert_int_equal(remote_stream_new(&metrics, &fixture->layouts, &fixture->stream), 0);
}

static void close_stream(struct fixture *fixture)
{
	cgw_snapshot_unref(fixture->snapshot);
	remote_stream_free(fixture->stream);
	remote_layouts_done(&fixture->layouts);
}

/* Parses lines up to NULL. Returns the result of the last; the others must succeed. */
static int feed(struct fixture *fixture, const char *const *lines)
{
	int r = 0;

	for (; *lines != NULL; lines++) {
		struct cgw_snapshot *snapshot = NULL;

		if (r < 0)
			fail_msg("an earlier line was refused: %s", fixture->diag.text);
		r = remote_stream_parse_line(fixture->stream, *lines, strlen(*lines), &snapshot,
					     &fixture->diag);
		if (r > 0) {
			cgw_snapshot_unref(fixture->snapshot);
			fixture->snapshot = snapshot;
		}
	}
	return r;
}
#define FEED(fixture, ...) feed(fixture, (const char *const[]){__VA_ARGS__, NULL})

static void expect(const struct cgw_snapshot *now, enum cgw_metric metric, uint32_t group,
		   enum cgw_state state, uint64_t value)
{
	struct cgw_number number = cgw_snapshot_number(now, metric, group);

	assert_int_equal(number.state, state);
	if (state == CGW_OK)
		assert_int_equal(number.value, value);
}

static void test_all_kinds_of_values(void **state)
{
	struct fixture fixture;
	const struct cgw_instance *instances;
	const struct cgw_system_stat *system;
	enum cgw_state why;
	size_t count;
	char path[64];

	(void)state;
	open_stream(&fixture);
	assert_int_equal(
		FEED(&fixture, HEAD, SAMPLE("3", "1000"),
		     "{\"group\":\"/\",\"id\":1,\"cpu.usage\":5000,\"memory.max\":null,"
		     "\"reasons\":{\"memory.max\":\"max\"},\"unknown\":[{}]}",
		     "{\"group\":\"/a\\\\x0ab\",\"id\":77,\"bytes\":{\"group\":\"2f610a62\"},"
		     "\"memory.current\":1.8446744073709550e19,\"cgroup.frozen\":true,"
		     "\"memory.pressure.some.avg10\":12.34,\"cpuset.cpus\":\"0-3\","
		     "\"io.rbytes\":30,\"instances\":{\"io.rbytes\":{\"vda\":10,\"vdb\":20}}}",
		     "{\"group\":\"/a\\\\x0ab/c\",\"bytes\":{\"group\":\"2f610a622f63\"},"
		     "\"memory.current\":-5,\"cpu.usage\":null,\"memory.max\":\"much\","
		     "\"reasons\":{\"cpu.usage\":\"denied\",\"cgroup.frozen\":\"nonsense\"}}"),
		1);
	assert_string_equal(remote_stream_host(fixture.stream), "web1");
	assert_int_equal(remote_stream_layout(fixture.stream)->kind, CGW_LAYOUT_V1);
	assert_int_equal(cgw_snapshot_topology(fixture.snapshot)->count, 3);
	(void)cgw_topology_path(cgw_snapshot_topology(fixture.snapshot), 2, path, sizeof(path));
	assert_string_equal(path, "/a\nb/c");
	assert_int_equal(cgw_snapshot_topology(fixture.snapshot)->id[0][1], 77);
	assert_int_equal(cgw_snapshot_topology(fixture.snapshot)->below[0], 2);
	expect(fixture.snapshot, CGW_M_CPU_USAGE, 0, CGW_OK, 5000);
	expect(fixture.snapshot, CGW_M_MEMORY_MAX, 0, CGW_MAX, 0);
	expect(fixture.snapshot, CGW_M_MEMORY_CURRENT, 0, CGW_ABSENT, 0);
	expect(fixture.snapshot, CGW_M_MEMORY_CURRENT, 1, CGW_OK, UINT64_C(18446744073709549568));
	expect(fixture.snapshot, CGW_M_CGROUP_FROZEN, 1, CGW_OK, 1);
	expect(fixture.snapshot, CGW_M_MEMORY_PRESSURE_SOME_AVG10, 1, CGW_OK, 1234);
	expect(fixture.snapshot, CGW_M_IO_RBYTES, 1, CGW_OK, 30);
	instances = cgw_snapshot_instances(fixture.snapshot, CGW_M_IO_RBYTES, 1, &count);
	assert_int_equal(count, 2);
	assert_string_equal(instances[1].name, "vdb");
	assert_int_equal(instances[1].number.value, 20);
	assert_string_equal(cgw_snapshot_text(fixture.snapshot, CGW_M_CPUSET_CPUS, 1, &why), "0-3");
	assert_null(cgw_snapshot_text(fixture.snapshot, CGW_M_CPUSET_CPUS, 2, &why));
	expect(fixture.snapshot, CGW_M_MEMORY_CURRENT, 2, CGW_BAD, 0);
	expect(fixture.snapshot, CGW_M_CPU_USAGE, 2, CGW_DENIED, 0);
	expect(fixture.snapshot, CGW_M_MEMORY_MAX, 2, CGW_BAD, 0);
	expect(fixture.snapshot, CGW_M_CGROUP_FROZEN, 2, CGW_BAD, 0);
	system = cgw_snapshot_system(fixture.snapshot);
	assert_int_equal(system->cpu_count, 4);
	assert_int_equal(system->memory_total_bytes.value, 1024);
	assert_int_equal(system->swap_free_bytes.state, CGW_ABSENT);
	assert_int_equal(system->load_e2[1].value, 2);
	assert_int_equal(system->load_e2[2].state, CGW_ABSENT);
	assert_string_equal(cgw_snapshot_collector(fixture.snapshot), "bpf");
	/* Sources are looked up in the metric table; others are unknown. */
	assert_true(cgw_snapshot_source(fixture.snapshot, CGW_M_MEMORY_EVENTS_MAX)->own);
	assert_null(cgw_snapshot_source(fixture.snapshot, CGW_M_CPU_USAGE));
	assert_true(cgw_snapshot_is_system_wide(fixture.snapshot, CGW_M_CPU_USAGE));
	close_stream(&fixture);
}

/* Two samples produce rates, and share a topology while the groups are the same. */
static void test_rates(void **state)
{
	struct fixture fixture;
	struct cgw_frame *frame;
	const struct cgw_topology *topology;
	struct cgw_field cpu;

	(void)state;
	open_stream(&fixture);
	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_field_parse("cpu", &cpu, NULL), 0);
	assert_int_equal(FEED(&fixture, HEAD, SAMPLE("2", "1000000000"),
			      "{\"group\":\"/\",\"cpu.usage\":0}",
			      "{\"group\":\"/a\",\"id\":9,\"cpu.usage\":100000000}"),
			 1);
	assert_int_equal(cgw_frame_update(frame, fixture.snapshot), 0);
	topology = cgw_snapshot_topology(fixture.snapshot);
	assert_int_equal(FEED(&fixture, SAMPLE("2", "3000000000"),
			      "{\"group\":\"/\",\"cpu.usage\":0}",
			      "{\"group\":\"/a\",\"id\":9,\"cpu.usage\":600000000}"),
			 1);
	assert_ptr_equal(cgw_snapshot_topology(fixture.snapshot), topology);
	assert_int_equal(cgw_frame_update(frame, fixture.snapshot), 0);
	assert_true(cgw_frame_value(frame, cpu, 1).real > 24.9 &&
		    cgw_frame_value(frame, cpu, 1).real < 25.1);
	/* Another group with the same name. */
	assert_int_equal(FEED(&fixture, SAMPLE("2", "4000000000"), "{\"group\":\"/\"}",
			      "{\"group\":\"/a\",\"id\":10,\"cpu.usage\":5}"),
			 1);
	assert_ptr_not_equal(cgw_snapshot_topology(fixture.snapshot), topology);
	assert_int_equal(cgw_frame_update(frame, fixture.snapshot), 0);
	assert_int_equal(cgw_frame_flags(frame, 1), CGW_ROW_RECREATED);
	cgw_frame_free(frame);
	close_stream(&fixture);
}

/* The last line of each case is refused with a reason, and so are all further lines. */
static void test_invalid_streams(void **state)
{
	static const struct {
		int expected;
		const char *lines[6];
	} cases[] = {
		{-EBADMSG, {""}},
		{-EBADMSG, {"hello"}},
		{-EBADMSG, {"[]"}},
		{-EBADMSG, {"{\"stream\":1}{"}},
		{-EBADMSG, {"{}"}},
		{-EBADMSG, {"{\"stream\":\"1\"}"}},
		{-EPROTONOSUPPORT, {"{\"stream\":2,\"layout\":\"v2\"}"}},
		{-EBADMSG, {"{\"stream\":1,\"layout\":\"v3\"}"}},
		{-EBADMSG, {"{\"stream\":1,\"layout\":\"none\"}"}},
		{-EBADMSG, {HEAD, HEAD}},
		{-EBADMSG, {HEAD, GROUP("/")}},
		{-EBADMSG, {HEAD, SAMPLE("0", "1")}},
		{-EBADMSG, {HEAD, SAMPLE("-1", "1")}},
		{-EBADMSG, {HEAD, SAMPLE("1e3", "1")}},
		{-EBADMSG, {HEAD, SAMPLE("100001", "1")}},
		{-EBADMSG, {HEAD, SAMPLE("1", "-1")}},
		{-EBADMSG, {HEAD, SAMPLE("1", "1"), GROUP("")}},
		{-EBADMSG, {HEAD, SAMPLE("1", "1"), GROUP("/a")}},
		{-EBADMSG, {HEAD, SAMPLE("1", "1"), "{\"id\":1}"}},
		{-EBADMSG, {HEAD, SAMPLE("1", "1"), SAMPLE("1", "1")}},
		{-EBADMSG, {HEAD, SAMPLE("3", "1"), GROUP("/"), GROUP("/")}},
		{-EBADMSG, {HEAD, SAMPLE("3", "1"), GROUP("/"), GROUP("a")}},
		{-EBADMSG, {HEAD, SAMPLE("3", "1"), GROUP("/"), GROUP("/a/b")}},
		{-EBADMSG, {HEAD, SAMPLE("3", "1"), GROUP("/"), GROUP("/b"), GROUP("/a")}},
		{-EBADMSG, {HEAD, SAMPLE("3", "1"), GROUP("/"), GROUP("/a"), GROUP("/a")}},
		{-EBADMSG, {HEAD, SAMPLE("4", "1"), GROUP("/"), GROUP("/a"), GROUP("/a/")}},
		{-EBADMSG, {HEAD, SAMPLE("4", "1"), GROUP("/"), GROUP("/a"), GROUP("/a/..")}},
		{-EBADMSG, {HEAD, SAMPLE("4", "1"), GROUP("/"), GROUP("/.")}},
		{-EBADMSG, {HEAD, SAMPLE("4", "1"), GROUP("/"), GROUP("//a")}},
		{-EBADMSG, {HEAD, SAMPLE("4", "1"), GROUP("/"), GROUP("/a\\u0000b")}},
		{-EBADMSG,
		 {HEAD, SAMPLE("4", "1"), GROUP("/"),
		  "{\"group\":\"/a\",\"bytes\":{\"group\":\"2f6100\"}}"}},
		{-EBADMSG,
		 {HEAD, SAMPLE("4", "1"), GROUP("/"),
		  "{\"group\":\"/a\",\"bytes\":{\"group\":\"2f6\"}}"}},
		{-EBADMSG,
		 {HEAD, SAMPLE("4", "1"), GROUP("/"),
		  "{\"group\":\"/a\",\"bytes\":{\"group\":\"2fZZ\"}}"}},
		{-EBADMSG, {HEAD, SAMPLE("2", "1"), "{\"group\":\"/\",\"cpuset.cpus\":5}"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cgw_snapshot *snapshot = NULL;
		struct fixture fixture;
		int r;

		open_stream(&fixture);
		r = feed(&fixture, cases[i].lines);
		if (r != cases[i].expected || fixture.diag.text[0] == '\0')
			fail_msg("case %zu: %d %s", i, r, fixture.diag.text);
		assert_int_equal(remote_stream_parse_line(fixture.stream, HEAD, strlen(HEAD),
							  &snapshot, &fixture.diag),
				 -EBADMSG);
		assert_null(fixture.snapshot);
		close_stream(&fixture);
	}
}

static void test_limits(void **state)
{
	size_t size = REMOTE_LINE_MAX + 2;
	char *line = malloc(size), *path = malloc(2 * (REMOTE_DEPTH_MAX + 2) + 64);
	struct cgw_snapshot *snapshot = NULL;
	struct fixture fixture;
	int r = 0;

	(void)state;
	assert_non_null(line);
	assert_non_null(path);
	memset(line, ' ', size);
	open_stream(&fixture);
	assert_int_equal(
		remote_stream_parse_line(fixture.stream, line, size - 1, &snapshot, &fixture.diag),
		-EBADMSG);
	close_stream(&fixture);

	/* Too deep. */
	open_stream(&fixture);
	assert_int_equal(FEED(&fixture, HEAD, SAMPLE("100000", "1"), GROUP("/")), 0);
	for (size_t depth = 1; depth <= REMOTE_DEPTH_MAX + 1 && r == 0; depth++) {
		size_t used = (size_t)sprintf(path, "{\"group\":\"");

		for (size_t i = 0; i < depth; i++) {
			path[used++] = '/';
			path[used++] = 'd';
		}
		(void)strcpy(path + used, "\"}");
		r = remote_stream_parse_line(fixture.stream, path, strlen(path), &snapshot,
					     &fixture.diag);
		assert_true(r == 0 || depth == REMOTE_DEPTH_MAX + 1);
	}
	assert_int_equal(r, -EBADMSG);
	assert_non_null(strstr(fixture.diag.text, "1000 levels"));
	close_stream(&fixture);

	/* A name longer than any file system allows. */
	open_stream(&fixture);
	assert_int_equal(FEED(&fixture, HEAD, SAMPLE("3", "1"), GROUP("/")), 0);
	(void)sprintf(line, "{\"group\":\"/%0256d\"}", 7);
	assert_int_equal(remote_stream_parse_line(fixture.stream, line, strlen(line), &snapshot,
						  &fixture.diag),
			 -EBADMSG);
	close_stream(&fixture);
	free(line);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds_of_values),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_invalid_streams),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

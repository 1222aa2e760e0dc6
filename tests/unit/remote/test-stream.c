/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-stream.c - lines of another cgward as snapshots, and what is no line of one. */
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

struct fed {
	struct remote_layouts layouts;
	struct remote_stream *stream;
	struct cgw_snapshot *snapshot;
	struct cgw_diag diag;
};

static const enum cgw_metric some[] = {
	CGW_M_CPU_USAGE,
	CGW_M_MEMORY_CURRENT,
	CGW_M_MEMORY_MAX,
	CGW_M_IO_RBYTES,
	CGW_M_MEMORY_PRESSURE_SOME_AVG10,
	CGW_M_CGROUP_FROZEN,
	CGW_M_CPUSET_CPUS,
	CGW_M_MEMORY_EVENTS_MAX,
};

static void open_stream(struct fed *fed)
{
	struct cgw_metric_set wanted = {0};

	*fed = (struct fed){0};
	for (size_t i = 0; i < ARRAY_SIZE(some); i++)
		cgw_metric_set_add(&wanted, some[i]);
	assert_int_equal(remote_stream_new(&wanted, &fed->layouts, &fed->stream), 0);
}

static void close_stream(struct fed *fed)
{
	cgw_snapshot_unref(fed->snapshot);
	remote_stream_free(fed->stream);
	remote_layouts_done(&fed->layouts);
}

/* Lines up to NULL: the result of the last, where those before were taken. */
static int feed(struct fed *fed, const char *const *lines)
{
	int r = 0;

	for (; *lines != NULL; lines++) {
		struct cgw_snapshot *snapshot = NULL;

		if (r < 0)
			fail_msg("an earlier line was refused: %s", fed->diag.text);
		r = remote_stream_line(fed->stream, *lines, strlen(*lines), &snapshot, &fed->diag);
		if (r > 0) {
			cgw_snapshot_unref(fed->snapshot);
			fed->snapshot = snapshot;
		}
	}
	return r;
}
#define FEED(fed, ...) feed(fed, (const char *const[]){__VA_ARGS__, NULL})

static void expect(const struct cgw_snapshot *now, enum cgw_metric metric, uint32_t group,
		   enum cgw_state state, uint64_t value)
{
	struct cgw_number number = cgw_snapshot_number(now, metric, group);

	assert_int_equal(number.state, state);
	if (state == CGW_OK)
		assert_int_equal(number.value, value);
}

static void figures(void **state)
{
	struct fed fed;
	const struct cgw_instance *instances;
	const struct cgw_system_stat *machine;
	enum cgw_state why;
	size_t count;
	char path[64];

	(void)state;
	open_stream(&fed);
	assert_int_equal(
		FEED(&fed, HEAD, SAMPLE("3", "1000"),
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
	assert_string_equal(remote_stream_host(fed.stream), "web1");
	assert_int_equal(remote_stream_layout(fed.stream)->kind, CGW_LAYOUT_V1);
	assert_int_equal(cgw_snapshot_topology(fed.snapshot)->count, 3);
	(void)cgw_topology_path(cgw_snapshot_topology(fed.snapshot), 2, path, sizeof(path));
	assert_string_equal(path, "/a\nb/c");
	assert_int_equal(cgw_snapshot_topology(fed.snapshot)->id[0][1], 77);
	assert_int_equal(cgw_snapshot_topology(fed.snapshot)->below[0], 2);
	expect(fed.snapshot, CGW_M_CPU_USAGE, 0, CGW_OK, 5000);
	expect(fed.snapshot, CGW_M_MEMORY_MAX, 0, CGW_MAX, 0);
	expect(fed.snapshot, CGW_M_MEMORY_CURRENT, 0, CGW_ABSENT, 0);
	expect(fed.snapshot, CGW_M_MEMORY_CURRENT, 1, CGW_OK, UINT64_C(18446744073709549568));
	expect(fed.snapshot, CGW_M_CGROUP_FROZEN, 1, CGW_OK, 1);
	expect(fed.snapshot, CGW_M_MEMORY_PRESSURE_SOME_AVG10, 1, CGW_OK, 1234);
	expect(fed.snapshot, CGW_M_IO_RBYTES, 1, CGW_OK, 30);
	instances = cgw_snapshot_instances(fed.snapshot, CGW_M_IO_RBYTES, 1, &count);
	assert_int_equal(count, 2);
	assert_string_equal(instances[1].name, "vdb");
	assert_int_equal(instances[1].number.value, 20);
	assert_string_equal(cgw_snapshot_text(fed.snapshot, CGW_M_CPUSET_CPUS, 1, &why), "0-3");
	assert_null(cgw_snapshot_text(fed.snapshot, CGW_M_CPUSET_CPUS, 2, &why));
	expect(fed.snapshot, CGW_M_MEMORY_CURRENT, 2, CGW_BAD, 0);
	expect(fed.snapshot, CGW_M_CPU_USAGE, 2, CGW_DENIED, 0);
	expect(fed.snapshot, CGW_M_MEMORY_MAX, 2, CGW_BAD, 0);
	expect(fed.snapshot, CGW_M_CGROUP_FROZEN, 2, CGW_BAD, 0);
	machine = cgw_snapshot_system(fed.snapshot);
	assert_int_equal(machine->cpu_count, 4);
	assert_int_equal(machine->memory_total_bytes.value, 1024);
	assert_int_equal(machine->swap_free_bytes.state, CGW_ABSENT);
	assert_int_equal(machine->load_e2[1].value, 2);
	assert_int_equal(machine->load_e2[2].state, CGW_ABSENT);
	assert_string_equal(cgw_snapshot_collector(fed.snapshot), "bpf");
	/* What its numbers include, by our own table; what is not in it is not known. */
	assert_true(cgw_snapshot_source(fed.snapshot, CGW_M_MEMORY_EVENTS_MAX)->own);
	assert_null(cgw_snapshot_source(fed.snapshot, CGW_M_CPU_USAGE));
	assert_true(cgw_snapshot_is_system_wide(fed.snapshot, CGW_M_CPU_USAGE));
	close_stream(&fed);
}

/* Two samples make a frame with rates; groups that stay share a topology. */
static void rates(void **state)
{
	struct fed fed;
	struct cgw_frame *frame;
	const struct cgw_topology *topology;
	struct cgw_field cpu;

	(void)state;
	open_stream(&fed);
	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_field_parse("cpu", &cpu, NULL), 0);
	assert_int_equal(FEED(&fed, HEAD, SAMPLE("2", "1000000000"),
			      "{\"group\":\"/\",\"cpu.usage\":0}",
			      "{\"group\":\"/a\",\"id\":9,\"cpu.usage\":100000000}"),
			 1);
	assert_int_equal(cgw_frame_update(frame, fed.snapshot), 0);
	topology = cgw_snapshot_topology(fed.snapshot);
	assert_int_equal(FEED(&fed, SAMPLE("2", "3000000000"), "{\"group\":\"/\",\"cpu.usage\":0}",
			      "{\"group\":\"/a\",\"id\":9,\"cpu.usage\":600000000}"),
			 1);
	assert_ptr_equal(cgw_snapshot_topology(fed.snapshot), topology);
	assert_int_equal(cgw_frame_update(frame, fed.snapshot), 0);
	assert_true(cgw_frame_value(frame, cpu, 1).real > 24.9 &&
		    cgw_frame_value(frame, cpu, 1).real < 25.1);
	/* Another group under the same name. */
	assert_int_equal(FEED(&fed, SAMPLE("2", "4000000000"), "{\"group\":\"/\"}",
			      "{\"group\":\"/a\",\"id\":10,\"cpu.usage\":5}"),
			 1);
	assert_ptr_not_equal(cgw_snapshot_topology(fed.snapshot), topology);
	assert_int_equal(cgw_frame_update(frame, fed.snapshot), 0);
	assert_int_equal(cgw_frame_flags(frame, 1), CGW_ROW_RECREATED);
	cgw_frame_free(frame);
	close_stream(&fed);
}

/* What ends a stream: each case is refused at its last line, with a reason, and nothing comes after. */
static void hostile(void **state)
{
	static const struct {
		int wanted;
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
		struct fed fed;
		int r;

		open_stream(&fed);
		r = feed(&fed, cases[i].lines);
		if (r != cases[i].wanted || fed.diag.text[0] == '\0')
			fail_msg("case %zu: %d %s", i, r, fed.diag.text);
		assert_int_equal(
			remote_stream_line(fed.stream, HEAD, strlen(HEAD), &snapshot, &fed.diag),
			-EBADMSG);
		assert_null(fed.snapshot);
		close_stream(&fed);
	}
}

static void bounds(void **state)
{
	size_t size = REMOTE_LINE_MAX + 2;
	char *line = malloc(size), *path = malloc(2 * (REMOTE_DEPTH_MAX + 2) + 64);
	struct cgw_snapshot *snapshot = NULL;
	struct fed fed;
	int r = 0;

	(void)state;
	assert_non_null(line);
	assert_non_null(path);
	memset(line, ' ', size);
	open_stream(&fed);
	assert_int_equal(remote_stream_line(fed.stream, line, size - 1, &snapshot, &fed.diag),
			 -EBADMSG);
	close_stream(&fed);

	/* Too deep. */
	open_stream(&fed);
	assert_int_equal(FEED(&fed, HEAD, SAMPLE("100000", "1"), GROUP("/")), 0);
	for (size_t depth = 1; depth <= REMOTE_DEPTH_MAX + 1 && r == 0; depth++) {
		size_t used = (size_t)sprintf(path, "{\"group\":\"");

		for (size_t i = 0; i < depth; i++) {
			path[used++] = '/';
			path[used++] = 'd';
		}
		(void)strcpy(path + used, "\"}");
		r = remote_stream_line(fed.stream, path, strlen(path), &snapshot, &fed.diag);
		assert_true(r == 0 || depth == REMOTE_DEPTH_MAX + 1);
	}
	assert_int_equal(r, -EBADMSG);
	assert_non_null(strstr(fed.diag.text, "1000 levels"));
	close_stream(&fed);

	/* A name longer than any file system's. */
	open_stream(&fed);
	assert_int_equal(FEED(&fed, HEAD, SAMPLE("3", "1"), GROUP("/")), 0);
	(void)sprintf(line, "{\"group\":\"/%0256d\"}", 7);
	assert_int_equal(remote_stream_line(fed.stream, line, strlen(line), &snapshot, &fed.diag),
			 -EBADMSG);
	close_stream(&fed);
	free(line);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures),
		cmocka_unit_test(rates),
		cmocka_unit_test(hostile),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

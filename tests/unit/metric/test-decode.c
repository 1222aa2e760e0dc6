/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-decode.c - decode valid and invalid kernel files; check the table of metrics. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/metric/decode.h"
#include "test.h"

#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}
#define STATE(s)           \
	{                  \
		0, CGW_##s \
	}

struct row {
	enum cgw_format format;
	const char *text, *key;
	uint64_t scale;
	enum cgw_conversion conversion;
	struct cgw_number expected;
};

static void check(const struct row *row)
{
	const struct decode_request request = {
		.key = row->key,
		.key_length = row->key != NULL ? (uint32_t)strlen(row->key) : 0,
		.scale = row->scale,
		.conversion = (uint8_t)row->conversion,
	};
	struct cgw_number number = {99, CGW_DENIED};

	assert_int_equal(
		decode(row->format, row->text, strlen(row->text), &request, 1, &number, NULL), 0);
	if (number.state != row->expected.state ||
	    (number.state == CGW_OK && number.value != row->expected.value))
		fail_msg("format %d, \"%s\", key %s: %s %llu", (int)row->format, row->text,
			 row->key != NULL ? row->key : "-", cgw_state_name(number.state),
			 (unsigned long long)number.value);
}

#define ROW(format, text, key, scale, conversion, ...)                                       \
	{                                                                                    \
		CGW_FORMAT_##format, text, key, scale, CGW_CONVERT_##conversion, __VA_ARGS__ \
	}

static void test_number_format(void **state)
{
	static const struct row rows[] = {
		ROW(NUMBER, "0\n", NULL, 1, SCALE, OK(0)),
		ROW(NUMBER, "123\n", NULL, 1, SCALE, OK(123)),
		ROW(NUMBER, "123", NULL, 1000, SCALE, OK(123000)),
		ROW(NUMBER, "max\n", NULL, 1, SCALE, STATE(MAX)),
		ROW(NUMBER, "-1\n", NULL, 1000, SCALE, STATE(MAX)),
		ROW(NUMBER, "18446744073709551615\n", NULL, 1, SCALE, OK(UINT64_MAX)),
		ROW(NUMBER, "9223372036854771712\n", NULL, 1, MEMORY_LIMIT, STATE(MAX)),
		ROW(NUMBER, "9223372036854710272\n", NULL, 1, MEMORY_LIMIT,
		    STATE(MAX)), /* 64 KiB */
		ROW(NUMBER, "9223372036852678656\n", NULL, 1, MEMORY_LIMIT, STATE(MAX)), /* 2 MiB */
		ROW(NUMBER, "9223372035781033984\n", NULL, 1, MEMORY_LIMIT, STATE(MAX)), /* 1 GiB */
		ROW(NUMBER, "9223372036854771712\n", NULL, 1, SCALE,
		    OK(UINT64_C(9223372036854771712))),
		ROW(NUMBER, "1024\n", NULL, 1, SHARES, OK(100)),
		ROW(NUMBER, "2\n", NULL, 1, SHARES, OK(1)),
		ROW(NUMBER, "512\n", NULL, 1, SHARES, OK(50)),
		ROW(NUMBER, "262144\n", NULL, 1, SHARES, OK(10000)),
		ROW(NUMBER, "100\n", NULL, 1, BFQ_WEIGHT, OK(100)),
		ROW(NUMBER, "1000\n", NULL, 1, BFQ_WEIGHT, OK(10000)),
		ROW(NUMBER, "12.34\n", NULL, 1, DECIMAL_E2, OK(1234)),
		ROW(NUMBER, "12.349\n", NULL, 1, DECIMAL_E2, OK(1234)),
		ROW(NUMBER, "7\n", NULL, 1, DECIMAL_E2, OK(700)),
		/* invalid numbers */
		ROW(NUMBER, "", NULL, 1, SCALE, STATE(ABSENT)),
		ROW(NUMBER, "\n", NULL, 1, SCALE, STATE(BAD)),
		ROW(NUMBER, "abc\n", NULL, 1, SCALE, STATE(BAD)),
		ROW(NUMBER, "12x\n", NULL, 1, SCALE, STATE(BAD)),
		ROW(NUMBER, "12\r\n", NULL, 1, SCALE, STATE(BAD)),
		ROW(NUMBER, "-2\n", NULL, 1, SCALE, STATE(BAD)),
		ROW(NUMBER, " 5\n", NULL, 1, SCALE, STATE(BAD)),
		ROW(NUMBER, "18446744073709551616\n", NULL, 1, SCALE, STATE(BAD)),
		ROW(NUMBER, "99999999999999999999999999\n", NULL, 1, SCALE, STATE(BAD)),
		ROW(NUMBER, "18446744073709551615\n", NULL, 1000, SCALE, STATE(BAD)),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
}

static void test_keyed_formats(void **state)
{
	static const struct row rows[] = {
		ROW(WORDS, "50000 100000\n", "0", 1000, SCALE, OK(50000000)),
		ROW(WORDS, "50000 100000\n", "1", 1000, SCALE, OK(100000000)),
		ROW(WORDS, "max 100000\n", "0", 1000, SCALE, STATE(MAX)),
		ROW(WORDS, "max 100000\n", "2", 1, SCALE, STATE(ABSENT)),
		ROW(WORDS, "", "0", 1, SCALE, STATE(ABSENT)),
		ROW(WORDS, "x y\n", "1", 1, SCALE, STATE(BAD)),
		ROW(FLAT, "a 1\nusage_usec 7\nb 2\n", "usage_usec", 1000, SCALE, OK(7000)),
		ROW(FLAT, "usage_usec2 1\nusage 2\n", "usage_usec", 1, SCALE, STATE(ABSENT)),
		ROW(FLAT, "usage_usec 5", "usage_usec", 1, SCALE, OK(5)), /* truncated */
		ROW(FLAT, "usage_usec\n", "usage_usec", 1, SCALE, STATE(ABSENT)),
		ROW(FLAT, "usage_usec x\n", "usage_usec", 1, SCALE, STATE(BAD)),
		ROW(FLAT, "", "usage_usec", 1, SCALE, STATE(ABSENT)),
		ROW(FLAT, "user 250\n", "user", 1, TICKS, OK(UINT64_C(2500000000))),
		ROW(STATE_WORD, "FROZEN\n", "FROZEN", 1, SCALE, OK(1)),
		ROW(STATE_WORD, "FREEZING\n", "FROZEN", 1, SCALE, OK(0)),
		ROW(STATE_WORD, "", "FROZEN", 1, SCALE, STATE(ABSENT)),
		ROW(LINE_COUNT, "1\n2\n3\n", NULL, 1, SCALE, OK(3)),
		ROW(LINE_COUNT, "1\n2", NULL, 1, SCALE, OK(2)),
		ROW(LINE_COUNT, "", NULL, 1, SCALE, OK(0)),
		ROW(PRESSURE,
		    "some avg10=1.50 avg60=0.00 avg300=0.07 total=123\nfull avg10=100.00 "
		    "avg60=0.00 avg300=0.00 total=9\n",
		    "some.avg10", 1, SCALE, OK(150)),
		ROW(PRESSURE, "some avg10=1.50 total=123\nfull avg10=100.00 total=9\n",
		    "full.avg10", 1, SCALE, OK(10000)),
		ROW(PRESSURE, "some avg10=1.50 total=123\nfull avg10=0.00 total=9\n", "full.total",
		    1000, SCALE, OK(9000)),
		ROW(PRESSURE, "full avg10=0.00 total=9\n", "some.total", 1000, SCALE,
		    STATE(ABSENT)),
		ROW(PRESSURE, "some avg100=2.00 avg10=1.50 total=9\n", "some.avg10", 1, SCALE,
		    OK(150)),
		ROW(PRESSURE, "some avg10=x total=9\n", "some.avg10", 1, SCALE, STATE(BAD)),
		ROW(PRESSURE, "", "some.avg10", 1, SCALE, STATE(ABSENT)),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
}

/* The slot contains the sum over all instances. */
static void test_instance_formats(void **state)
{
	static const struct row rows[] = {
		ROW(NESTED, "8:0 rbytes=5 wbytes=6\n8:16 rbytes=7 wbytes=8\n", "rbytes", 1, SCALE,
		    OK(12)),
		ROW(NESTED, "8:0 rbytes=5 wbytes=6\n", "dbytes", 1, SCALE, STATE(ABSENT)),
		ROW(NESTED, "252:0 \n8:0 rbytes=5\n", "rbytes", 1, SCALE, OK(5)),
		ROW(NESTED, "252:0 \n", "rbytes", 1, SCALE, OK(0)),
		ROW(NESTED, "7:1 7:0 \n", "rbytes", 1, SCALE, OK(0)),
		ROW(NESTED, "7:1 7:0 rbytes=5 wbytes=6\n", "wbytes", 1, SCALE, OK(6)),
		ROW(NESTED, "", "rbytes", 1, SCALE, OK(0)),
		ROW(NESTED, "8:0 rbytes=x\n", "rbytes", 1, SCALE, STATE(BAD)),
		ROW(NESTED, "8:0 rbytes=\n", "rbytes", 1, SCALE, STATE(BAD)),
		ROW(NESTED, "8:0 xrbytes=3 rbytesx=4\n", "rbytes", 1, SCALE, STATE(ABSENT)),
		ROW(NESTED, "8:0 rbytes=18446744073709551615\n8:1 rbytes=1\n", "rbytes", 1, SCALE,
		    STATE(BAD)),
		ROW(BLKIO,
		    "8:0 Read 5\n8:0 Write 6\n8:0 Sync 1\n8:0 Total 11\n8:16 Read 2\nTotal 13\n",
		    "Read", 1, SCALE, OK(7)),
		ROW(BLKIO, "Total 0\n", "Read", 1, SCALE, OK(0)),
		ROW(BLKIO, "", "Read", 1, SCALE, OK(0)),
		ROW(BLKIO, "8:0 Read\n", "Read", 1, SCALE, OK(0)),
		ROW(BLKIO, "8:0 Read x\n", "Read", 1, SCALE, STATE(BAD)),
		ROW(DEVICE_NUMBER, "8:0 1048576\n", NULL, 1, SCALE, OK(1048576)),
		ROW(NAMED, "res_a 3\nres_b max\n", NULL, 1, SCALE, OK(3)),
		ROW(PER_CPU, "1 2 3 \n", NULL, 1, SCALE, OK(6)),
		ROW(PER_CPU, "1 x 3 \n", NULL, 1, SCALE, STATE(BAD)),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
}

struct received {
	char text[256];
};

static int receive(void *context, uint32_t slot, const char *name, size_t name_length,
		   struct cgw_number number)
{
	struct received *received = context;
	size_t used = strlen(received->text);

	snprintf(received->text + used, sizeof(received->text) - used, "%u:%.*s=%llu ", slot,
		 (int)name_length, name, (unsigned long long)number.value);
	return 0;
}

static int receive_text(void *context, uint32_t slot, const char *text, size_t length)
{
	return receive(context, slot, text, length, (struct cgw_number){length, CGW_OK});
}

static int return_error(void *context, uint32_t slot, const char *name, size_t name_length,
			struct cgw_number number)
{
	return -ENOMEM;
}

/* Devices without activity precede a device with values on the same line. */
static void test_values_belong_to_the_name_before_them(void **state)
{
	static const char text[] = "7:7 7:6 7:5 7:4 rbytes=28672 rios=7\n"
				   "8:0 rbytes=1 rios=2 7:3 rbytes=3\n7:2 7:1 \n";
	const struct decode_request requests[] = {
		{"rbytes", 6, 0, 1, CGW_CONVERT_SCALE, true, false},
		{"rios", 4, 1, 1, CGW_CONVERT_SCALE, true, false},
	};
	struct cgw_number numbers[2];
	struct received received = {""};
	struct decode_sink sink = {receive, receive_text, &received};

	assert_int_equal(decode(CGW_FORMAT_NESTED, text, strlen(text), requests, 2, numbers, &sink),
			 0);
	assert_string_equal(received.text, "0:7:4=28672 1:7:4=7 0:8:0=1 1:8:0=2 0:7:3=3 ");
}

static void test_sink_receives_instances(void **state)
{
	static const char text[] = "8:0 rbytes=5 wbytes=6\n8:16 rbytes=7 wbytes=8\n";
	const struct decode_request requests[] = {
		{"rbytes", 6, 0, 1, CGW_CONVERT_SCALE, true, false},
		{"wbytes", 6, 2, 1, CGW_CONVERT_SCALE, true, false},
	};
	struct cgw_number numbers[3] = {{0}, {77, CGW_OK}, {0}};
	struct received received = {""};
	struct decode_sink sink = {receive, receive_text, &received};

	assert_int_equal(decode(CGW_FORMAT_NESTED, text, strlen(text), requests, 2, numbers, &sink),
			 0);
	assert_string_equal(received.text, "0:8:0=5 2:8:0=6 0:8:16=7 2:8:16=8 ");
	assert_int_equal(numbers[0].value, 12);
	assert_int_equal(numbers[1].value, 77); /* a slot without a request is unchanged */
	assert_int_equal(numbers[2].value, 14);
	sink.instance = return_error;
	assert_int_equal(decode(CGW_FORMAT_NESTED, text, strlen(text), requests, 2, numbers, &sink),
			 -ENOMEM);
	received.text[0] = '\0';
	assert_int_equal(decode(CGW_FORMAT_TEXT, "0-3,8\n", 6, requests, 1, numbers, &sink), 0);
	assert_string_equal(received.text, "0:0-3,8=5 ");
	received.text[0] = '\0';
	assert_int_equal(decode(CGW_FORMAT_TEXT, "\n", 1, requests, 1, numbers, &sink), 0);
	assert_string_equal(received.text, "0:=0 "); /* an empty list is a line without text */
	assert_int_equal(decode(CGW_FORMAT_NONE, "", 0, requests, 1, numbers, &sink), -EINVAL);
	assert_int_equal(decode(CGW_FORMAT_COUNT, "", 0, requests, 1, numbers, &sink), -EINVAL);
}

/* The instances of each format. */
static void test_instances_by_format(void **state)
{
	static const struct {
		enum cgw_format format;
		const char *key, *text, *received;
	} rows[] = {
		{CGW_FORMAT_DEVICE_NUMBER, NULL, "default 100\n8:16 200\n8:0 50\n",
		 "0:8:16=200 0:8:0=50 "},
		{CGW_FORMAT_DEVICE_NUMBER, NULL, "default 100\n", ""},
		{CGW_FORMAT_PREFIX, "nr_subsys_",
		 "nr_descendants 9\nnr_subsys_cpu 5\nnr_dying_subsys_cpu 1\nnr_subsys_ 2\n"
		 "nr_subsys_io\nnr_subsys_memory 7",
		 "0:cpu=5 0:memory=7 "},
		{CGW_FORMAT_OTHER, "memory.stat",
		 "anon 1\nnewkey 5\npgfault 2\ncache 3\ntotal_cache 3\nnr_subsys_cpu 7\nempty\n",
		 "0:newkey=5 0:nr_subsys_cpu=7 "},
		{CGW_FORMAT_OTHER, "cgroup.stat", "nr_descendants 1\nnr_subsys_cpu 7\n", ""},
		{CGW_FORMAT_NESTED_OTHER, "io.stat",
		 "8:0 rbytes=1 new=5 cost.usage=2 cost.new=7\n7:1 7:0 rbytes=3 new=9\n",
		 "0:8:0 new=5 0:8:0 cost.new=7 0:7:0 new=9 "},
		{CGW_FORMAT_NUMA, "anon", "file N0=1\nanon N0=20 N1=300\nanon_thp N0=4\n",
		 "0:N0=20 0:N1=300 "},
		{CGW_FORMAT_NUMA, "anon",
		 "total=7 N0=7\nanon=3 N0=1 N1=2\nhierarchical_anon=9 N0=9\n", "0:N0=1 0:N1=2 "},
		{CGW_FORMAT_NUMA, "anon", "anon N0= =5 N1\n\nanon\n", ""},
		{CGW_FORMAT_NUMA_OTHER, "memory.numa_stat",
		 "anon N0=20 N1=300\nnewkey N0=4 N1=5 =6 N2\n\nempty\nother N0=\n",
		 "0:N0 newkey=4 0:N1 newkey=5 0:N0 other=0 "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct decode_request request = {
			.key = rows[i].key,
			.key_length = rows[i].key != NULL ? (uint32_t)strlen(rows[i].key) : 0,
			.scale = 1,
			.instances = true,
		};
		struct cgw_number number = {0};
		struct received received = {""};
		struct decode_sink sink = {receive, receive_text, &received};

		assert_int_equal(decode(rows[i].format, rows[i].text, strlen(rows[i].text),
					&request, 1, &number, &sink),
				 0);
		if (rows[i].received[0] != '\0' || number.state != CGW_BAD)
			assert_string_equal(received.text, rows[i].received);
	}
}

/* Two metrics of one key, such as the kills of a group and those of it and its descendants. */
static void test_one_key_for_several_requests(void **state)
{
	static const struct {
		enum cgw_format format;
		const char *text;
	} rows[] = {
		{CGW_FORMAT_FLAT, "other 1\nkey 5\n"},
		{CGW_FORMAT_NESTED, "8:0 other=1 key=5\n"},
		{CGW_FORMAT_BLKIO, "8:0 other 1\n8:0 key 5\n"},
		{CGW_FORMAT_NUMA, "other N0=1\nkey N0=5\n"},
	};
	const struct decode_request requests[] = {
		{"key", 3, 0, 1, CGW_CONVERT_SCALE, false, true},
		{"other", 5, 1, 1, CGW_CONVERT_SCALE, false, false},
		{"key", 3, 2, 1000, CGW_CONVERT_SCALE, false, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cgw_number numbers[3];

		assert_int_equal(decode(rows[i].format, rows[i].text, strlen(rows[i].text),
					requests, 3, numbers, NULL),
				 0);
		assert_int_equal(numbers[0].value, 5);
		assert_int_equal(numbers[1].value, 1);
		assert_int_equal(numbers[2].value, 5000);
	}
}

/* The sampler joins instances of one name. */
static void test_devices_without_name_are_instances(void **state)
{
	static const char text[] = "(unknown) Read 10\n(unknown) Write 1\n(unknown) Read 7\n"
				   "8:0 Read 17\n8:0 Write 2\nTotal 37\n";
	const struct decode_request request = {"Read", 4, 0, 1, CGW_CONVERT_SCALE, true, false};
	struct cgw_number number = {0};
	struct received received = {""};
	struct decode_sink sink = {receive, receive_text, &received};

	assert_int_equal(decode(CGW_FORMAT_BLKIO, text, strlen(text), &request, 1, &number, &sink),
			 0);
	assert_string_equal(received.text, "0:(unknown)=10 0:(unknown)=7 0:8:0=17 ");
	assert_int_equal(number.state, CGW_OK);
	assert_int_equal(number.value, 34);
}

static void test_list_has_each_metric_once(void **state)
{
	struct cgw_metric_set seen = {0};

	for (size_t i = 0; i < cgw_metric_count(); i++) {
		int metric = cgw_metric_nth(i);

		assert_non_null(cgw_metric_info((enum cgw_metric)metric));
		assert_false(cgw_metric_set_has(&seen, (enum cgw_metric)metric));
		cgw_metric_set_add(&seen, (enum cgw_metric)metric);
	}
	assert_int_equal(cgw_metric_nth(cgw_metric_count()), -ENOENT);
}

/* Checks every row of metrics.def for missing and invalid entries. */
static void test_metric_table_is_complete(void **state)
{
	for (size_t i = 0; i < cgw_metric_count(); i++) {
		const struct cgw_metric_info *info = cgw_metric_info((enum cgw_metric)i);

		assert_true(strlen(info->key) > 0 && strlen(info->key) < 64);
		assert_true(strlen(info->title) > 0 && strlen(info->title) <= 12);
		assert_true(strlen(info->help) > 10);
		assert_int_not_equal(info->help[strlen(info->help) - 1], '.');
		assert_true(info->source_count >= 1);
		assert_int_equal(cgw_metric_find(info->key),
				 i); /* keys are unique and not hidden by an alias */
		if (info->limited_by >= 0)
			assert_int_equal(cgw_metric_info((enum cgw_metric)info->limited_by)->kind,
					 CGW_LIMIT);
		assert_int_equal(info->shape == CGW_STRING, info->unit == CGW_UNIT_TEXT);
		for (size_t s = 0; s < info->source_count; s++) {
			const struct cgw_source *source = &info->sources[s];

			assert_true(source->version == 1 || source->version == 2);
			assert_true(source->scale > 0);
			assert_true(source->format > CGW_FORMAT_NONE &&
				    source->format < CGW_FORMAT_COUNT);
		}
	}
	assert_int_equal(cgw_metric_find("memory.limit_in_bytes"), CGW_M_MEMORY_MAX);
	assert_int_equal(cgw_metric_find("pressure.cpu.some.avg10"), CGW_M_CPU_PRESSURE_SOME_AVG10);
	assert_int_equal(cgw_metric_find("no.such"), -ENOENT);
	assert_int_equal(cgw_metric_find(""), -ENOENT);
}

static void test_metric_by_file_and_key(void **state)
{
	static const struct {
		const char *text;
		int metric;
		bool own;
		const char *instance;
	} rows[] = {
		{"memory.stat:anon", CGW_M_MEMORY_ANON, false, ""},
		{"memory.stat:total_rss", CGW_M_MEMORY_ANON, false, ""},
		{"memory.stat:rss", CGW_M_MEMORY_ANON, true, ""},
		{"memory.events:oom_kill", CGW_M_MEMORY_EVENTS_OOM_KILL, false, ""},
		{"cpu.stat:usage_usec", CGW_M_CPU_USAGE, false, ""},
		{"io.stat:rbytes", CGW_M_IO_RBYTES, false, ""},
		{"cpu.pressure:some.avg10", CGW_M_CPU_PRESSURE_SOME_AVG10, false, ""},
		{"cgroup.stat:nr_subsys_cpu", CGW_M_CGROUP_NR_SUBSYS, false, "cpu"},
		{"memory.stat:new_key", CGW_M_MEMORY_STAT_OTHER, false, "new_key"},
		{"memory.events:sock_throttled2", CGW_M_MEMORY_EVENTS_OTHER, false,
		 "sock_throttled2"},
		{"cpu.stat:x", CGW_M_CPU_STAT_OTHER, false, "x"},
		{"cgroup.stat:x", CGW_M_CGROUP_STAT_OTHER, false, "x"},
		{"io.stat:x", CGW_M_IO_STAT_OTHER, false, "x"},
		{"cpu.stat.local:x", CGW_M_CPU_STAT_LOCAL_OTHER, false, "x"},
		{"memory.events.local:x", CGW_M_MEMORY_EVENTS_LOCAL_OTHER, false, "x"},
		{"memory.swap.events:x", CGW_M_MEMORY_SWAP_EVENTS_OTHER, false, "x"},
		{"memory.numa_stat:x", CGW_M_MEMORY_NUMA_OTHER, false, "x"},
		{"memory.numa_stat:anon", CGW_M_MEMORY_NUMA_ANON, false, ""},
		{"pids.events:x", CGW_M_PIDS_EVENTS_OTHER, false, "x"},
		{"pids.events.local:x", CGW_M_PIDS_EVENTS_LOCAL_OTHER, false, "x"},
		{"cgroup.stat.local:x", CGW_M_CGROUP_STAT_LOCAL_OTHER, false, "x"},
		{"cgroup.events:x", CGW_M_CGROUP_EVENTS_OTHER, false, "x"},
		{"rdma.current:hca_x", CGW_M_RDMA_CURRENT_OTHER, false, "hca_x"},
		{"rdma.peak:hca_x", CGW_M_RDMA_PEAK_OTHER, false, "hca_x"},
		{"rdma.events:hca_x.max", CGW_M_RDMA_EVENTS_OTHER, false, "hca_x.max"},
		{"rdma.events.local:x", CGW_M_RDMA_EVENTS_LOCAL_OTHER, false, "x"},
		{"io.stat:cost.usage", CGW_M_IO_COST_USAGE, false, ""},
		{"io.stat:cost.new", CGW_M_IO_STAT_OTHER, false, "cost.new"},
		{"io.stat:8:0", -ENOENT, false, NULL},
		{"misc.current:res_a", CGW_M_MISC_CURRENT, false, "res_a"},
		{"misc.current:res a", -ENOENT, false, NULL},
		{"dmem.max:drm/0000:03:00.0/vram0", CGW_M_DMEM_MAX, false,
		 "drm/0000:03:00.0/vram0"},
		{"io.max:x", -ENOENT, false, NULL},
		{"memory.stat:", -ENOENT, false, NULL},
		{"memory.stat", -ENOENT, false, NULL},
		{":x", -ENOENT, false, NULL},
		{"memory.sta:anon", -ENOENT, false, NULL},
		{"memory.stat:a.b", -ENOENT, false, NULL},
		{"memory.stat:a b", -ENOENT, false, NULL},
		{"memory.stat:a:b", -ENOENT, false, NULL},
		{"memory.stat:k2345678901234567890123456789012345678901234567",
		 CGW_M_MEMORY_STAT_OTHER, false, "k2345678901234567890123456789012345678901234567"},
		{"memory.stat:k23456789012345678901234567890123456789012345678", -ENOENT, false,
		 NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_metric_key key;
		int r = cgw_metric_find_key(rows[i].text, &key);

		if ((rows[i].metric < 0) != (r < 0))
			fail_msg("%s: %d", rows[i].text, r);
		if (r < 0)
			continue;
		assert_int_equal(key.metric, rows[i].metric);
		assert_int_equal(key.own, rows[i].own);
		assert_string_equal(key.instance, rows[i].instance);
	}
}

/* Every key that a metric reads is found by its file, as a metric that reads it. */
static void test_keys_of_all_sources_are_found(void **state)
{
	size_t found = 0;

	for (size_t i = 0; i < cgw_metric_count(); i++)
		for (size_t s = 0; s < cgw_metric_info((enum cgw_metric)i)->source_count; s++) {
			const struct cgw_source *source =
				&cgw_metric_info((enum cgw_metric)i)->sources[s];
			struct cgw_metric_key key;
			char text[128];

			if (source->format != CGW_FORMAT_FLAT &&
			    source->format != CGW_FORMAT_NESTED)
				continue;
			snprintf(text, sizeof(text), "%s:%s", source->file, source->key);
			if (cgw_metric_find_key(text, &key) < 0 || key.own ||
			    key.instance[0] != '\0')
				fail_msg("%s is not found", text);
			found++;
		}
	assert_true(found > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_format),
		cmocka_unit_test(test_keyed_formats),
		cmocka_unit_test(test_instance_formats),
		cmocka_unit_test(test_values_belong_to_the_name_before_them),
		cmocka_unit_test(test_sink_receives_instances),
		cmocka_unit_test(test_instances_by_format),
		cmocka_unit_test(test_one_key_for_several_requests),
		cmocka_unit_test(test_devices_without_name_are_instances),
		cmocka_unit_test(test_list_has_each_metric_once),
		cmocka_unit_test(test_metric_table_is_complete),
		cmocka_unit_test(test_metric_by_file_and_key),
		cmocka_unit_test(test_keys_of_all_sources_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

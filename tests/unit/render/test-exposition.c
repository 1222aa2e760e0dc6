/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-exposition.c - Prometheus expositions: names, numbers, labels, maximum of groups. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include <cgward/render.h>

struct text {
	char bytes[16384];
	size_t length;
	int error;
};

static int put(void *context, const char *piece, size_t length)
{
	struct text *text = context;

	if (text->error < 0)
		return text->error;
	assert_true(text->length + length < sizeof(text->bytes));
	memcpy(text->bytes + text->length, piece, length);
	text->length += length;
	text->bytes[text->length] = '\0';
	return 0;
}

/* The name of /a/x has control characters, that of /b"\x2d would end the label. */
static const struct frame_group groups[] = {
	{"/", 1}, {"/a", 10}, {"/a/x\n\x1b", 11}, {"/b\"\\x2d", 20}};
static const struct frame_value values[] = {
	{"/", CGW_M_CPU_USAGE, {UINT64_C(18446744073709551615), CGW_OK}},
	{"/a", CGW_M_CPU_USAGE, {1000000042, CGW_OK}},
	{"/a/x\n\x1b", CGW_M_CPU_USAGE, {2000000000, CGW_OK}},
	{"/b\"\\x2d", CGW_M_CPU_USAGE, {7, CGW_DENIED}},
	{"/a", CGW_M_MEMORY_MAX, {0, CGW_MAX}},
	{"/a/x\n\x1b", CGW_M_MEMORY_MAX, {4096, CGW_OK}},
};

static void expose_snapshot(enum cgw_exposition_dialect dialect, const char *key, size_t groups_max,
			    struct cgw_snapshot *snapshot, struct text *text)
{
	static const uint32_t all[] = {0, 1, 2, 3};
	struct cgw_exposition *exposition;
	struct cgw_frame *frame;
	struct cgw_field field;

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	assert_int_equal(cgw_field_parse(key, &field, NULL), 0);
	assert_int_equal(cgw_exposition_new(dialect, put, text, &exposition), 0);
	cgw_exposition_groups(exposition, &(struct cgw_exposition_group_filter){
						  .frame = frame,
						  .fields = &field,
						  .field_count = 1,
						  .groups = all,
						  .group_count = ARRAY_SIZE(all),
						  .groups_max = groups_max,
					  });
	assert_int_equal(cgw_exposition_end(exposition), text->error);
	cgw_frame_free(frame);
}

static void expose(enum cgw_exposition_dialect dialect, const char *key, size_t groups_max,
		   struct text *text)
{
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 1, values, ARRAY_SIZE(values));

	topology_unref(topology);
	expose_snapshot(dialect, key, groups_max, snapshot, text);
}

/* The text from `from` on starts with `expected`. */
static void assert_part(const struct text *text, const char *from, const char *expected)
{
	const char *at = strstr(text->bytes, from);

	if (at == NULL || strncmp(at, expected, strlen(expected)) != 0)
		fail_msg("expected:\n%s\ngot:\n%s", expected, at != NULL ? at : text->bytes);
}

static void test_openmetrics(void **state)
{
	struct text text = {0};

	expose(CGW_EXPOSITION_OPENMETRICS, "cpu.usage", 0, &text);
	assert_part(
		&text, "# HELP cgward_cpu",
		"# HELP cgward_cpu_usage_seconds CPU time used by the group and its descendants.\n"
		"# TYPE cgward_cpu_usage_seconds counter\n"
		"# UNIT cgward_cpu_usage_seconds seconds\n"
		"cgward_cpu_usage_seconds_total{group=\"/\"} 18446744073.709551615\n"
		"cgward_cpu_usage_seconds_total{group=\"/a\"} 1.000000042\n"
		"cgward_cpu_usage_seconds_total{group=\"/a/x\\\\x0a\\\\x1b\"} 2\n"
		"# EOF\n");
}

static void test_text_format(void **state)
{
	struct text text = {0};

	expose(CGW_EXPOSITION_TEXT, "memory.max", 0, &text);
	assert_part(&text, "# HELP cgward_memory",
		    "# HELP cgward_memory_max_bytes Hard memory limit, enforced by reclaim and "
		    "then by the OOM killer.\n"
		    "# TYPE cgward_memory_max_bytes gauge\n"
		    "cgward_memory_max_bytes{group=\"/a\"} +Inf\n"
		    "cgward_memory_max_bytes{group=\"/a/x\\\\x0a\\\\x1b\"} 4096\n");
	assert_null(strstr(text.bytes, "# EOF"));
	assert_null(strstr(text.bytes, "# UNIT"));
	assert_non_null(strstr(text.bytes, "# TYPE cgward_group_info gauge\n"));
	assert_non_null(strstr(text.bytes,
			       "cgward_group_info{group=\"/b\\\"\\\\x2d\",kind=\"group\"} 1\n"));
}

static void test_histogram(void **state)
{
	static const struct {
		const char *name;
		uint64_t number;
	} instances[] = {{"0.5", 2}, {"+Inf", 5}, {"sum_ns", 1500000000}};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot;
	struct text text = {0};
	int column;

	cgw_metric_set_add(&metrics, CGW_M_IO_IOWAIT_HISTOGRAM);
	assert_int_equal(snapshot_begin(NULL, topology, &metrics, &snapshot), 0);
	column = snapshot->column_of[CGW_M_IO_IOWAIT_HISTOGRAM];
	snapshot_set(snapshot, column, 1, (struct cgw_number){5, CGW_OK});
	snapshot_set(snapshot, column, 2, (struct cgw_number){0, CGW_DENIED});
	for (size_t i = 0; i < ARRAY_SIZE(instances); i++)
		assert_int_equal(
			snapshot_add_instance(snapshot, column, 1, instances[i].name,
					      strlen(instances[i].name),
					      (struct cgw_number){instances[i].number, CGW_OK}),
			0);
	assert_int_equal(snapshot_finish(snapshot), 0);
	topology_unref(topology);
	expose_snapshot(CGW_EXPOSITION_OPENMETRICS, "io.iowait.histogram", 0, snapshot, &text);
	assert_part(&text, "# HELP cgward_io",
		    "# HELP cgward_io_iowait_duration_seconds Waits for IO, counted by their "
		    "duration.\n"
		    "# TYPE cgward_io_iowait_duration_seconds histogram\n"
		    "# UNIT cgward_io_iowait_duration_seconds seconds\n"
		    "cgward_io_iowait_duration_seconds_bucket{group=\"/a\",le=\"0.5\"} 2\n"
		    "cgward_io_iowait_duration_seconds_bucket{group=\"/a\",le=\"+Inf\"} 5\n"
		    "cgward_io_iowait_duration_seconds_sum{group=\"/a\"} 1.500000000\n"
		    "cgward_io_iowait_duration_seconds_count{group=\"/a\"} 5\n"
		    "# EOF\n");
}

static void test_maximum_of_groups(void **state)
{
	static const struct {
		size_t maximum;
		const char *shown, *left_out;
		bool a, x, b;
	} cases[] = {
		{0, "\ncgward_groups 4\n", "\ncgward_groups_left_out 0\n", true, true, true},
		{4, "\ncgward_groups 4\n", "\ncgward_groups_left_out 0\n", true, true, true},
		{3, "\ncgward_groups 3\n", "\ncgward_groups_left_out 1\n", true, false, true},
		{2, "\ncgward_groups 2\n", "\ncgward_groups_left_out 2\n", true, false, false},
		{1, "\ncgward_groups 1\n", "\ncgward_groups_left_out 3\n", false, false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct text text = {0};

		expose(CGW_EXPOSITION_OPENMETRICS, "cpu.usage", cases[i].maximum, &text);
		assert_non_null(strstr(text.bytes, cases[i].shown));
		assert_non_null(strstr(text.bytes, cases[i].left_out));
		assert_int_equal(strstr(text.bytes, "{group=\"/a\"") != NULL, cases[i].a);
		assert_int_equal(strstr(text.bytes, "{group=\"/a/x") != NULL, cases[i].x);
		assert_int_equal(strstr(text.bytes, "{group=\"/b") != NULL, cases[i].b);
	}
}

/* Groups with a path that is too long for a label are omitted. */
static void test_long_paths_are_omitted(void **state)
{
	char path[1200] = "/";
	const struct frame_group long_groups[] = {{"/", 1}, {path, 2}};
	const struct frame_value none[] = {{"/", CGW_M_PIDS_CURRENT, {3, CGW_OK}}};
	static const uint32_t all[] = {0, 1};
	struct cgw_exposition *exposition;
	struct cgw_snapshot *snapshot;
	struct topology *topology;
	struct cgw_frame *frame;
	struct text text = {0};

	memset(path + 1, 'n', sizeof(path) - 2);
	topology = frame_topology(long_groups, ARRAY_SIZE(long_groups));
	snapshot = frame_snapshot(topology, 1, none, ARRAY_SIZE(none));
	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	assert_int_equal(cgw_exposition_new(CGW_EXPOSITION_OPENMETRICS, put, &text, &exposition),
			 0);
	cgw_exposition_groups(exposition, &(struct cgw_exposition_group_filter){
						  .frame = frame, .groups = all, .group_count = 2});
	assert_int_equal(cgw_exposition_end(exposition), 0);
	assert_non_null(strstr(text.bytes, "\ncgward_groups_left_out 1\n"));
	assert_null(strstr(text.bytes, "nnnn"));
	cgw_frame_free(frame);
}

static void test_errors_are_returned(void **state)
{
	struct text text = {.error = -EPIPE};

	expose(CGW_EXPOSITION_OPENMETRICS, "cpu.usage", 0, &text);
	assert_int_equal(cgw_exposition_end(NULL), -ENOMEM);
}

/* Names of families are valid, unique, and contain their unit once. */
static void test_family_names(void **state)
{
	static char seen[1024][128];
	size_t count = 0;
	struct cgw_field field;

	for (size_t i = 0; cgw_field_nth(i, &field) == 0; i++) {
		char name[128];

		if (!cgw_exposition_accepts(field))
			continue;
		assert_true(cgw_exposition_name(field, name, sizeof(name)) < sizeof(name));
		assert_int_equal(strncmp(name, "cgward_", 7), 0);
		for (const char *c = name; *c != '\0'; c++)
			if (!islower(*c) && !isdigit(*c) && *c != '_')
				fail_msg("%s", name);
		if (strstr(name, "bytes_bytes") != NULL || strstr(name, "total_") != NULL ||
		    strstr(name, "seconds_seconds") != NULL || strstr(name, "__") != NULL)
			fail_msg("%s contains its unit twice", name);
		for (size_t j = 0; j < count; j++)
			assert_string_not_equal(seen[j], name);
		memcpy(seen[count++], name, sizeof(name));
	}
	assert_true(count > 100);
}

static void test_default_fields_are_exposed(void **state)
{
	char *keys = strdup(cgw_exposition_default_fields()), *rest = NULL;

	assert_non_null(keys);
	for (char *key = strtok_r(keys, ",", &rest); key != NULL;
	     key = strtok_r(NULL, ",", &rest)) {
		struct cgw_field field;

		if (cgw_field_parse(key, &field, NULL) < 0 || !cgw_exposition_accepts(field))
			fail_msg("%s is not exposed", key);
	}
	free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_text_format),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_maximum_of_groups),
		cmocka_unit_test(test_long_paths_are_omitted),
		cmocka_unit_test(test_errors_are_returned),
		cmocka_unit_test(test_family_names),
		cmocka_unit_test(test_default_fields_are_exposed),
	};

	return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}

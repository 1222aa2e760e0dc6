/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report-fixture.h - a report on groups with special names, and its output as a string. */
#pragma once

#include <stdio.h>

#include "cmd/dump/dump-report.h"
#include "frames.h"
#include "lib/base/cleanup.h"
#include "shared/cli/select-groups.h"
#include "special-names.h"

/* The root, three groups with values, and one group per special name. */
#define PLAIN_COUNT 4
#define GROUP_COUNT (PLAIN_COUNT + SPECIAL_NAME_COUNT)

struct report_fixture {
	struct cgw_frame *frame;
	struct cgw_layout layout;
	struct field_list fields;
	char label[8], mountpoint[32];
	char paths[GROUP_COUNT][128];
	uint32_t groups[GROUP_COUNT];
	struct report report;
};

static const struct frame_value first_values[] = {
	{"/a", CGW_M_CPU_USAGE, {1000000000, CGW_OK}},
	{"/a", CGW_M_MEMORY_CURRENT, {8192, CGW_OK}},
	{"/b", CGW_M_MEMORY_CURRENT, {0, CGW_OK}},
	{"/b", CGW_M_CPU_USAGE, {500, CGW_OK}},
};
static const struct frame_value second_values[] = {
	{"/", CGW_M_CPU_USAGE, {UINT64_C(9223372036854775808), CGW_OK}},
	{"/", CGW_M_MEMORY_CURRENT, {INT64_MAX, CGW_OK}},
	{"/a", CGW_M_CPU_USAGE, {1500500042, CGW_OK}},
	{"/b", CGW_M_CPU_USAGE, {400, CGW_OK}},
	{"/a", CGW_M_MEMORY_CURRENT, {4096, CGW_OK}},
	{"/b", CGW_M_MEMORY_CURRENT, {1048576, CGW_OK}},
	{"/a", CGW_M_MEMORY_MAX, {0, CGW_MAX}},
	{"/b", CGW_M_MEMORY_MAX, {2097152, CGW_OK}},
	{"/a", CGW_M_PIDS_CURRENT, {0, CGW_DENIED}},
	{"/a", CGW_M_CGROUP_FROZEN, {1, CGW_OK}},
	{"/b", CGW_M_CGROUP_FROZEN, {0, CGW_OK}},
	{"/a", CGW_M_MEMORY_PRESSURE_SOME_AVG10, {1234, CGW_OK}},
	{"/a", CGW_M_IO_RBYTES, {30, CGW_OK}},
	{"/a", CGW_M_CGROUP_TYPE, {0, CGW_OK}},
	{"/b", CGW_M_CGROUP_TYPE, {0, CGW_OK}},
};

/* Adds devices and the type of /a, and an empty type of /b. */
static void add_instances_and_texts(struct cgw_snapshot *snapshot)
{
	static const struct {
		const char *name;
		uint64_t value;
	} rows[] = {{"sda", 10}, {"odd \"\\\n\xff name", 20}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(snapshot_add_instance(snapshot,
						       snapshot->column_of[CGW_M_IO_RBYTES], 1,
						       rows[i].name, strlen(rows[i].name),
						       (struct cgw_number){rows[i].value, CGW_OK}),
				 0);
	assert_int_equal(snapshot_add_text(snapshot, snapshot->column_of[CGW_M_CGROUP_TYPE], 1,
					   "domain threaded", 15),
			 0);
	assert_int_equal(
		snapshot_add_text(snapshot, snapshot->column_of[CGW_M_CGROUP_TYPE], 2, "", 0), 0);
	assert_int_equal(snapshot_finish(snapshot), 0);
}

static inline int setup(void **state)
{
	static const char *const plain[PLAIN_COUNT] = {"/", "/a", "/b", "/user-1000.slice"};
	struct report_fixture *fixture = calloc(1, sizeof(*fixture));
	struct frame_group groups[GROUP_COUNT];
	const char *names[SPECIAL_NAME_COUNT];
	struct cgw_snapshot *snapshot;
	struct topology *topology;

	assert_non_null(fixture);
	special_names_sorted(names);
	for (uint32_t i = 0; i < GROUP_COUNT; i++) {
		snprintf(fixture->paths[i], sizeof(fixture->paths[i]), "%s%s",
			 i < PLAIN_COUNT ? plain[i] : "/user-1000.slice/",
			 i < PLAIN_COUNT ? "" : names[i - PLAIN_COUNT]);
		groups[i] = (struct frame_group){fixture->paths[i], i + 1};
		fixture->groups[i] = i;
	}
	topology = frame_topology(groups, GROUP_COUNT);
	assert_int_equal(cgw_frame_new(&fixture->frame), 0);
	snapshot = frame_snapshot(topology, 100, first_values, ARRAY_SIZE(first_values));
	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	snapshot = frame_snapshot(topology, 102, second_values, ARRAY_SIZE(second_values));
	snapshot->realtime_ns = UINT64_C(1700000000123000000);
	add_instances_and_texts(snapshot);
	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	fixture->layout = (struct cgw_layout){
		.kind = CGW_LAYOUT_V2,
		.hierarchy_count = 1,
		.hierarchies = {{.version = 2,
				 .label = strcpy(fixture->label, "v2"),
				 .mountpoint = strcpy(fixture->mountpoint, "/sys/fs/cgroup")}},
	};
	fixture->report = (struct report){
		.layout = &fixture->layout,
		.host = "a host",
		.frame = fixture->frame,
		.groups = fixture->groups,
		.group_count = GROUP_COUNT,
		.headings = true,
		.first = true,
	};
	*state = fixture;
	return 0;
}

static inline int teardown(void **state)
{
	struct report_fixture *fixture = *state;

	field_list_done(&fixture->fields);
	cgw_frame_free(fixture->frame);
	free(fixture);
	return 0;
}

/* Prints the report with these fields; the caller frees the text. */
static inline char *print_report(struct report_fixture *fixture, const char *keys,
				 int (*format)(const struct report *report))
{
	struct cgw_diag diag = {0};
	char *text = NULL;
	size_t size;

	if (field_list_parse(&fixture->fields, keys, &diag) < 0)
		fail_msg("%s", diag.text);
	fixture->report.fields = fixture->fields.items;
	fixture->report.field_count = fixture->fields.count;
	fixture->report.out = open_memstream(&text, &size);
	assert_non_null(fixture->report.out);
	assert_int_equal(format(&fixture->report), 0);
	assert_int_equal(fclose(fixture->report.out), 0);
	return text;
}

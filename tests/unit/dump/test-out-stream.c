/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-out-stream.c - another cgward reads the stream, however deep the groups are. */
#include <stdio.h>

#include "cmd/dump/dump-report.h"
#include "frames.h"
#include "lib/base/cleanup.h"
#include "shared/cli/select-groups.h"
#include "shared/remote/stream.h"

/* A chain of groups with names of that length, written as a stream and read again. */
static void assert_omitted(size_t levels, size_t name_length, size_t omitted)
{
	struct frame_group *groups = calloc(levels + 1, sizeof(*groups));
	char **paths = calloc(levels + 1, sizeof(*paths));
	uint32_t *rows = calloc(levels + 1, sizeof(*rows));
	struct cgw_layout layout = {.kind = CGW_LAYOUT_V2};
	struct cgw_snapshot *snapshot, *received = NULL;
	struct remote_layouts layouts = {0};
	struct field_list fields = {0};
	struct cgw_metric_set metrics = {0};
	struct remote_stream *stream;
	struct topology *topology;
	struct cgw_diag diag = {0};
	struct cgw_frame *frame;
	char *text = NULL, *rest, *line;
	struct report report;
	size_t size = 0;
	int r = 0;

	assert_true(groups != NULL && paths != NULL && rows != NULL);
	for (size_t i = 0; i <= levels; i++) {
		assert_true(asprintf(&paths[i], "%s%s%0*d", i > 1 ? paths[i - 1] : "", "/",
				     i > 0 ? (int)name_length : 0, 7) > 0);
		if (i == 0)
			paths[0][1] = '\0';
		groups[i] = (struct frame_group){paths[i], i + 1};
		rows[i] = (uint32_t)i;
	}
	topology = frame_topology(groups, (uint32_t)levels + 1);
	snapshot = frame_snapshot(topology, 100, NULL, 0);
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	assert_int_equal(field_list_parse(&fields, "group,id", &diag), 0);
	report = (struct report){.layout = &layout,
				 .host = "h",
				 .frame = frame,
				 .fields = fields.items,
				 .field_count = fields.count,
				 .groups = rows,
				 .group_count = levels + 1,
				 .first = true,
				 .out = open_memstream(&text, &size)};
	assert_int_equal(report_stream(&report), 0);
	assert_int_equal(fclose(report.out), 0);
	assert_int_equal(remote_stream_new(&metrics, &layouts, &stream), 0);
	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL && *line != '\0')
		r = remote_stream_parse_line(stream, line, strlen(line), &received, &diag);
	if (r != 1)
		fail_msg("%zu levels: %d %s", levels, r, diag.text);
	assert_int_equal(remote_stream_omitted(stream), omitted);
	assert_int_equal(cgw_snapshot_topology(received)->count, levels + 1 - omitted);
	cgw_snapshot_unref(received);
	remote_stream_free(stream);
	remote_layouts_done(&layouts);
	field_list_done(&fields);
	cgw_frame_free(frame);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	for (size_t i = 0; i <= levels; i++)
		free(paths[i]);
	free(paths);
	free(groups);
	free(rows);
	free(text);
}

static void test_deep_groups_are_omitted(void **state)
{
	(void)state;
	assert_omitted(3, 1, 0);
	assert_omitted(REMOTE_DEPTH_MAX + 2, 1, 2);
	assert_omitted(300, 255, 300 - REMOTE_PATH_MAX / 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deep_groups_are_omitted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

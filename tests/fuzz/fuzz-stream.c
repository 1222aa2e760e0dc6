/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-stream.c - parse any lines from a remote host; every snapshot must be a valid tree. */
#include "fuzz.h"
#include "shared/remote/stream.h"

static void check_tree(const struct cgw_snapshot *now)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(now);

	for (uint32_t i = 0; i < topology->count; i++) {
		FUZZ_CHECK(i == 0 ? topology->parent[i] == CGW_NO_GROUP : topology->parent[i] < i);
		FUZZ_CHECK(topology->below[i] < topology->count - i);
		FUZZ_CHECK(i == 0 || topology->name[i][0] != '\0');
		FUZZ_CHECK(strchr(topology->name[i], '/') == NULL);
		for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++) {
			enum cgw_state state;
			size_t count;
			const char *text = cgw_snapshot_text(now, metric, i, &state);
			const struct cgw_instance *instances =
				cgw_snapshot_instances(now, metric, i, &count);

			FUZZ_CHECK(cgw_snapshot_number(now, metric, i).state < CGW_STATE_COUNT);
			FUZZ_CHECK(text == NULL || strlen(text) < SIZE_MAX);
			for (size_t j = 0; j < count; j++)
				FUZZ_CHECK(strlen(instances[j].name) < SIZE_MAX);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct remote_layouts layouts = {0};
	struct remote_stream *stream;
	struct cgw_metric_set metrics;
	const char *at = (const char *)data, *end = at + size;
	int r = 0;

	memset(&metrics, 0xff, sizeof(metrics));
	if (remote_stream_new(&metrics, &layouts, &stream) < 0)
		abort();
	while (at < end && r >= 0) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline != NULL ? newline : end) - at);
		struct cgw_snapshot *snapshot = NULL;
		struct cgw_diag diag = {0};

		r = remote_stream_parse_line(stream, at, length, &snapshot, &diag);
		FUZZ_CHECK(r >= 0 || diag.text[0] != '\0');
		FUZZ_CHECK((r > 0) == (snapshot != NULL));
		if (r > 0)
			check_tree(snapshot);
		cgw_snapshot_unref(snapshot);
		at += length + 1;
	}
	remote_stream_free(stream);
	remote_layouts_done(&layouts);
	return 0;
}

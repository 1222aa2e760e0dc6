/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-stream.c - parse any bytes from a remote host; every snapshot must be a valid tree. */
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
		for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++) {
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
	struct layout_list layouts = {0};
	struct remote_stream *stream;
	struct remote_parsed parsed;
	int r;

	if (remote_stream_new(&layouts, &stream) < 0)
		abort();
	do {
		struct cgw_diag diag = {0};

		r = remote_stream_parse(stream, data, size, &parsed, &diag);
		FUZZ_CHECK(r == 0 || diag.text[0] != '\0');
		FUZZ_CHECK(r == 0 || parsed.snapshot == NULL);
		if (parsed.snapshot != NULL)
			check_tree(parsed.snapshot);
		cgw_snapshot_unref(parsed.snapshot);
		data += parsed.used;
		size -= parsed.used;
	} while (r == 0 && parsed.used > 0);
	remote_stream_free(stream);
	layout_list_done(&layouts);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* streams.h - a machine whose samples are sent. For tests that link the remote module. */
#pragma once

#include "frames.h"
#include "shared/remote/stream.h"

static inline const struct cgw_layout *sent_layout(void)
{
	static struct cgw_layout layout = {
		.kind = CGW_LAYOUT_V2,
		.hierarchy_count = 1,
		.hierarchies[0].version = 2,
	};

	return &layout;
}

/* Samples the groups, whose names need not be valid, with this value, and writes the sample. */
static inline void send_sample(struct cgw_frame *frame, const struct frame_group *groups,
			       uint32_t count, uint64_t seconds, enum cgw_metric metric,
			       uint64_t value, FILE *out)
{
	struct topology *topology = frame_topology(groups, count);
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot = NULL;
	bool first = cgw_frame_now(frame) == NULL;

	topology->view.layout = sent_layout();
	cgw_metric_set_add(&metrics, metric);
	assert_int_equal(snapshot_begin(NULL, topology, &metrics, &snapshot), 0);
	snapshot->monotonic_ns = snapshot->boottime_ns = seconds * 1000000000;
	snapshot->collector = "files";
	snapshot->machine.memory_total_bytes = (struct cgw_number){1000, CGW_OK};
	for (uint32_t i = 0; i < count; i++) {
		snapshot->read_ns[i] = snapshot->monotonic_ns;
		snapshot_set(snapshot, snapshot->column_of[metric], i,
			     (struct cgw_number){value, CGW_OK});
	}
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	assert_int_equal(remote_stream_write(frame, first, out), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
}

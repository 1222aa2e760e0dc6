/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* counter-growth.c - how far the counters of groups advanced between the samples of a frame. */
#include "lib/model/counter-growth.h"

static uint64_t growth_of(const struct cgw_frame *frame, enum cgw_metric metric, uint32_t group)
{
	const struct cgw_snapshot *before_snapshot = cgw_frame_before(frame);
	uint32_t old = cgw_frame_previous(frame, group);
	struct cgw_number now = cgw_snapshot_number(cgw_frame_now(frame), metric, group);
	struct cgw_number before = {0, CGW_OK};

	if (before_snapshot == NULL)
		return 0;
	if (old != CGW_NO_GROUP && !(cgw_frame_flags(frame, group) & CGW_ROW_RECREATED))
		before = cgw_snapshot_number(before_snapshot, metric, old);
	return now.state == CGW_OK && before.state == CGW_OK && now.value > before.value
		       ? now.value - before.value
		       : 0;
}

uint64_t counter_own_growth(const struct cgw_frame *frame, enum cgw_metric metric, uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	uint64_t growth = growth_of(frame, metric, group);
	uint32_t end = group + topology->below[group] + 1;

	for (uint32_t child = group + 1; growth > 0 && child < end;
	     child += topology->below[child] + 1) {
		uint64_t of_child = growth_of(frame, metric, child);

		growth -= of_child < growth ? of_child : growth;
	}
	return growth;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * frames.h - create snapshots from tables of values. For tests that link the sample module.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "lib/sample/snapshot.h"
#include "test.h"
#include <cgward/model.h>

/* A group. In a list of groups, parents come first and siblings are in byte order. */
struct frame_group {
	const char *path;
	uint64_t id;
};

/* A value of a group. */
struct frame_value {
	const char *path;
	enum cgw_metric metric;
	struct cgw_number number;
};

/*
 * A topology of two hierarchies, "memory" and "pids". The IDs in the second one are those of
 * `second`, 0: not there. Without `second`, there is one hierarchy and no layout.
 */
static inline struct topology *frame_topology_in_two(const struct frame_group *groups,
						     const uint64_t *second, uint32_t count)
{
	static const struct cgw_layout layout = {
		.kind = CGW_LAYOUT_V1,
		.hierarchies = {{.version = 1,
				 .controllers = CGW_CONTROLLER_BIT(CGW_MEMORY),
				 .label = (char *)(uintptr_t) "memory",
				 .mountpoint = (char *)(uintptr_t) "/memory",
				 .root = (char *)(uintptr_t) "/"},
				{.version = 1,
				 .controllers = CGW_CONTROLLER_BIT(CGW_PIDS),
				 .label = (char *)(uintptr_t) "pids",
				 .mountpoint = (char *)(uintptr_t) "/pids",
				 .root = (char *)(uintptr_t) "/"}},
		.hierarchy_count = 2,
	};

	struct topology_arrays to;
	struct topology *topology = NULL;
	size_t names = 0;
	char *at;

	for (uint32_t i = 0; i < count; i++)
		names += strlen(groups[i].path) + 1;
	assert_int_equal(topology_new(count, second != NULL ? 2 : 1, names, &topology, &to), 0);
	if (second != NULL)
		topology->view.layout = &layout;
	at = to.names;
	for (uint32_t i = 0; i < count; i++) {
		const char *slash = strrchr(groups[i].path, '/');
		size_t length = strlen(slash + 1);

		to.parent[i] = CGW_NO_GROUP;
		for (uint32_t j = 0; j < i; j++) {
			size_t parent = (size_t)(slash - groups[i].path);

			if ((parent == 0 && j == 0) ||
			    (strlen(groups[j].path) == parent && parent > 0 &&
			     strncmp(groups[j].path, groups[i].path, parent) == 0))
				to.parent[i] = j;
		}
		if (to.parent[i] != CGW_NO_GROUP)
			to.depth[i] = (uint16_t)(to.depth[to.parent[i]] + 1);
		to.present[i] = groups[i].id != 0;
		to.id[0][i] = groups[i].id;
		if (second != NULL && second[i] != 0) {
			to.present[i] |= 2;
			to.id[1][i] = second[i];
		}
		memcpy(at, slash + 1, length + 1);
		to.name[i] = at;
		at += length + 1;
	}
	for (uint32_t i = count; i-- > 1;)
		to.below[to.parent[i]] += to.below[i] + 1;
	return topology;
}

static inline struct topology *frame_topology(const struct frame_group *groups, uint32_t count)
{
	return frame_topology_in_two(groups, NULL, count);
}

/* One instance of a value. */
struct frame_instance {
	struct frame_value value;
	const char *name;
};

/* Creates a snapshot, which holds its own reference to the topology. */
static inline struct cgw_snapshot *
frame_snapshot_instances(struct topology *topology, uint64_t seconds,
			 const struct frame_value *values, size_t count,
			 const struct frame_instance *instances, size_t instance_count)
{
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot = NULL;

	for (size_t i = 0; i < count; i++)
		cgw_metric_set_add(&metrics, values[i].metric);
	for (size_t i = 0; i < instance_count; i++)
		cgw_metric_set_add(&metrics, instances[i].value.metric);
	assert_int_equal(snapshot_begin(NULL, topology, &metrics, &snapshot), 0);
	snapshot->monotonic_ns = snapshot->boottime_ns = seconds * 1000000000;
	for (uint32_t i = 0; i < topology->view.count; i++)
		snapshot->read_ns[i] = snapshot->monotonic_ns;
	for (size_t i = 0; i < count; i++) {
		uint32_t group = cgw_topology_find(&topology->view, values[i].path);

		assert_int_not_equal(group, CGW_NO_GROUP);
		snapshot_set(snapshot, snapshot->column_of[values[i].metric], group,
			     values[i].number);
	}
	for (size_t i = 0; i < instance_count; i++) {
		const struct frame_value *value = &instances[i].value;

		assert_int_equal(
			snapshot_add_instance(snapshot, snapshot->column_of[value->metric],
					      cgw_topology_find(&topology->view, value->path),
					      instances[i].name, strlen(instances[i].name),
					      value->number),
			0);
	}
	assert_int_equal(snapshot_finish(snapshot), 0);
	return snapshot;
}

static inline struct cgw_snapshot *frame_snapshot(struct topology *topology, uint64_t seconds,
						  const struct frame_value *values, size_t count)
{
	return frame_snapshot_instances(topology, seconds, values, count, NULL, 0);
}

/* A frame of two snapshots, two seconds apart. */
static inline struct cgw_frame *frame_of_two(struct topology *topology,
					     const struct frame_value *first, size_t first_count,
					     const struct frame_value *second, size_t second_count)
{
	struct cgw_snapshot *before = frame_snapshot(topology, 100, first, first_count);
	struct cgw_snapshot *now = frame_snapshot(topology, 102, second, second_count);
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, before), 0);
	assert_int_equal(cgw_frame_update(frame, now), 0);
	cgw_snapshot_unref(before);
	cgw_snapshot_unref(now);
	return frame;
}

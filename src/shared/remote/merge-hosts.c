/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * merge-hosts.c - merging of the samples of several hosts: an artificial root, a group per host,
 * and below it the groups of that host.
 *
 * Rates are computed from the read times of each group, on the clock of its host, so that clocks of
 * different hosts are never compared.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"
#include "shared/remote/merge-hosts.h"

static uint32_t group_count(const struct merge_part *part)
{
	return part->snapshot != NULL ? part->snapshot->topology->view.count : 1;
}

static struct topology *topology_of(const struct merge_part *part)
{
	return part->snapshot != NULL ? part->snapshot->topology : NULL;
}

static void drop_topology(struct merge *merge)
{
	for (size_t i = 0; i < merge->count; i++)
		topology_unref(merge->parts[i]);
	merge->topology = topology_unref(merge->topology);
	merge->count = 0;
}

void merge_done(struct merge *merge)
{
	drop_topology(merge);
	free(merge->parts);
	merge->parts = NULL;
	merge->pool = snapshot_pool_free(merge->pool);
	while (merge->layout_count > 0)
		cgw_layout_free(merge->layouts[--merge->layout_count]);
}

const struct cgw_layout *merge_layout(const struct merge *merge)
{
	return merge->layouts[merge->layout_count - 1];
}

static int add_hierarchy(struct cgw_layout *layout, const struct cgw_hierarchy *from)
{
	struct cgw_hierarchy *hierarchy = &layout->hierarchies[layout->hierarchy_count++];

	*hierarchy = (struct cgw_hierarchy){
		.version = from->version,
		.controllers = from->controllers,
		.name = from->name != NULL ? strdup(from->name) : NULL,
		.label = strdup(from->label),
		.mountpoint = strdup(from->mountpoint),
		.root = strdup(from->root),
		.fd = -1,
		.root_id = from->root_id,
		.read_only = true,
	};
	return hierarchy->label == NULL || hierarchy->mountpoint == NULL ||
			       hierarchy->root == NULL ||
			       (from->name != NULL && hierarchy->name == NULL)
		       ? -ENOMEM
		       : 0;
}

/* Appends a copy of the newest layout with one more hierarchy. */
static int extend_layout(struct merge *merge, const struct cgw_hierarchy *added)
{
	const struct cgw_layout *last = merge->layout_count > 0 ? merge_layout(merge) : NULL;
	struct cgw_layout *layout = calloc(1, sizeof(*layout));
	bool has_version[3] = {false};
	int r = 0;

	if (layout == NULL)
		return -ENOMEM;
	layout->ops = &kernel_ops_real; /* only called with closed descriptors */
	layout->proc_fd = -1;
	layout->sys_fd = -1;
	layout->recorded = true;
	for (size_t h = 0; last != NULL && h < last->hierarchy_count && r == 0; h++)
		r = add_hierarchy(layout, &last->hierarchies[h]);
	if (r == 0)
		r = add_hierarchy(layout, added);
	/* The first one is that of the artificial groups. */
	for (size_t h = 1; h < layout->hierarchy_count; h++)
		has_version[layout->hierarchies[h].version == 1 ? 1 : 2] = true;
	layout->kind =
		has_version[1] ? has_version[2] ? CGW_LAYOUT_HYBRID : CGW_LAYOUT_V1 : CGW_LAYOUT_V2;
	if (r < 0) {
		cgw_layout_free(layout);
		return r;
	}
	merge->layouts[merge->layout_count++] = layout;
	return 0;
}

int merge_start(struct merge *merge)
{
	const struct cgw_hierarchy artificial = {
		.version = 2,
		.label = (char *)(uintptr_t) "remote",
		.mountpoint = (char *)(uintptr_t) "/",
		.root = (char *)(uintptr_t) "/",
		.root_id = 1,
	};

	return extend_layout(merge, &artificial);
}

/*
 * Maps the hierarchies of a host to those of the tree, which are extended as needed. The order is
 * that of the host, because the ID of a group is that of its first hierarchy. Those beyond the
 * maximum are 0.
 */
static int map_hierarchies(struct merge *merge, const struct cgw_topology *from,
			   uint8_t map[CGW_HIERARCHY_MAX])
{
	size_t next = 1;

	memset(map, 0, CGW_HIERARCHY_MAX);
	for (uint32_t h = 0; h < from->hierarchy_count; h++) {
		const struct cgw_hierarchy *hierarchy = &from->layout->hierarchies[h];
		const struct cgw_layout *layout = merge_layout(merge);
		size_t i = next;

		while (i < layout->hierarchy_count &&
		       (layout->hierarchies[i].version != hierarchy->version ||
			layout->hierarchies[i].controllers != hierarchy->controllers ||
			strcmp(layout->hierarchies[i].label, hierarchy->label) != 0))
			i++;
		if (i == CGW_HIERARCHY_MAX)
			continue;
		if (i == layout->hierarchy_count) {
			int r = extend_layout(merge, hierarchy);

			if (r < 0)
				return r;
		}
		map[h] = (uint8_t)i;
		next = i + 1;
	}
	return 0;
}

static bool is_same(const struct merge *merge, const struct merge_part *parts, size_t count)
{
	if (merge->topology == NULL || merge->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (merge->parts[i] != topology_of(&parts[i]))
			return false;
	return true;
}

struct writer {
	struct topology_arrays arrays;
	size_t used; /* bytes of arrays.names */
};

static void put_group(struct writer *writer, uint32_t at, const char *name, uint32_t parent)
{
	size_t length = strlen(name) + 1;

	memcpy(writer->arrays.names + writer->used, name, length);
	writer->arrays.name[at] = writer->arrays.names + writer->used;
	writer->used += length;
	writer->arrays.parent[at] = parent;
	writer->arrays.depth[at] =
		(uint16_t)(parent == CGW_NO_GROUP ? 0 : writer->arrays.depth[parent] + 1);
	writer->arrays.present[at] = 1;
}

static void put_ids(struct writer *writer, uint32_t at, const struct cgw_topology *from,
		    uint32_t group, const uint8_t map[CGW_HIERARCHY_MAX])
{
	writer->arrays.present[at] = 0;
	for (uint32_t h = 0; h < from->hierarchy_count; h++)
		if (map[h] > 0 && from->present[group] & UINT32_C(1) << h) {
			writer->arrays.present[at] |= UINT32_C(1) << map[h];
			writer->arrays.id[map[h]][at] = from->id[h][group];
		}
	writer->arrays.below[at] = from->below[group];
}

static void put_host(struct writer *writer, uint32_t at, const struct merge_part *part,
		     const uint8_t map[CGW_HIERARCHY_MAX])
{
	const struct cgw_topology *from;

	put_group(writer, at, part->host, 0);
	if (part->snapshot == NULL)
		return;
	from = &part->snapshot->topology->view;
	put_ids(writer, at, from, 0, map);
	for (uint32_t i = 1; i < from->count; i++) {
		put_group(writer, at + i, from->name[i], at + from->parent[i]);
		put_ids(writer, at + i, from, i, map);
	}
}

static int make_topology(struct merge *merge, const struct merge_part *parts, size_t count)
{
	struct writer writer = {0};
	struct topology *topology;
	size_t names_size = 1;
	uint32_t groups = 1, at = 1;
	uint8_t map[CGW_HIERARCHY_MAX];
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		const struct cgw_topology *from =
			parts[i].snapshot != NULL ? &parts[i].snapshot->topology->view : NULL;

		if (parts[i].snapshot != NULL && r == 0)
			r = map_hierarchies(merge, from, map);
		groups += group_count(&parts[i]);
		names_size += strlen(parts[i].host) + 1;
		for (uint32_t g = 1; from != NULL && g < from->count; g++)
			names_size += strlen(from->name[g]) + 1;
	}
	if (merge->parts == NULL)
		merge->parts = calloc(count > 0 ? count : 1, sizeof(*merge->parts));
	if (merge->parts == NULL)
		return -ENOMEM;
	if (r == 0)
		r = topology_new(groups, (uint32_t)merge_layout(merge)->hierarchy_count, names_size,
				 &topology, &writer.arrays);
	if (r < 0)
		return r;
	put_group(&writer, 0, "", CGW_NO_GROUP);
	writer.arrays.below[0] = groups - 1;
	for (size_t i = 0; i < count; i++) {
		/* The layout has all hierarchies by now, so this finds the same ones. */
		if (parts[i].snapshot != NULL)
			(void)map_hierarchies(merge, &parts[i].snapshot->topology->view, map);
		put_host(&writer, at, &parts[i], map);
		at += group_count(&parts[i]);
	}
	topology->view.layout = merge_layout(merge);
	drop_topology(merge);
	merge->topology = topology;
	for (size_t i = 0; i < count; i++)
		merge->parts[i] =
			parts[i].snapshot != NULL ? topology_ref(topology_of(&parts[i])) : NULL;
	merge->count = count;
	return 0;
}

static int copy_parts(struct cgw_snapshot *to, int column, uint32_t at,
		      const struct cgw_snapshot *from, enum cgw_metric metric)
{
	int r = 0;

	for (uint32_t g = 0; g < from->topology->view.count && r == 0; g++) {
		size_t count;
		const struct cgw_instance *instances =
			cgw_snapshot_instances(from, metric, g, &count);
		enum cgw_state state;
		const char *text;

		for (size_t i = 0; i < count && r == 0; i++)
			r = snapshot_add_instance(to, column, at + g, instances[i].name,
						  strlen(instances[i].name), instances[i].number);
		if (cgw_metric_info(metric)->shape != CGW_STRING || r < 0)
			continue;
		text = cgw_snapshot_text(from, metric, g, &state);
		if (text != NULL)
			r = snapshot_add_text(to, column, at + g, text, strlen(text));
	}
	return r;
}

static int copy_column(struct cgw_snapshot *to, uint16_t column, uint32_t at,
		       const struct cgw_snapshot *from)
{
	enum cgw_metric metric = to->metric_of[column];
	uint32_t count = from->topology->view.count;
	int16_t old = from->column_of[metric];

	if (old < 0)
		return 0;
	if (cgw_metric_info(metric)->shape != CGW_STRING)
		memcpy(to->columns[column].value + at, from->columns[old].value,
		       count * sizeof(uint64_t));
	memcpy(to->columns[column].state + at, from->columns[old].state, count);
	if (cgw_metric_info(metric)->shape == CGW_SCALAR)
		return 0;
	return copy_parts(to, column, at, from, metric);
}

static void mark_gone(struct cgw_snapshot *to, uint32_t at)
{
	for (uint16_t column = 0; column < to->column_count; column++)
		to->columns[column].state[at] = CGW_GONE;
}

static int copy_part(struct cgw_snapshot *to, uint32_t at, const struct cgw_snapshot *from)
{
	int r = 0;

	memcpy(to->read_ns + at, from->read_ns, from->topology->view.count * sizeof(uint64_t));
	to->cost_ns += from->cost_ns;
	/* The first host that has a source for a metric defines it for all. */
	for (uint16_t column = 0; column < to->column_count; column++) {
		uint16_t metric = to->metric_of[column];

		if (to->source[metric] == NULL)
			to->source[metric] = from->source[metric];
	}
	for (uint16_t column = 0; column < to->column_count && r == 0; column++)
		r = copy_column(to, column, at, from);
	return r;
}

int merge_snapshots(struct merge *merge, const struct merge_part *parts, size_t count,
		    const struct cgw_metric_set *metrics, struct cgw_snapshot **ret_snapshot)
{
	struct cgw_snapshot *snapshot = NULL;
	uint32_t at = 1;
	int r = merge->pool == NULL ? snapshot_pool_new(&merge->pool) : 0;

	if (r == 0 && !is_same(merge, parts, count))
		r = make_topology(merge, parts, count);
	if (r == 0)
		r = snapshot_begin(merge->pool, merge->topology, metrics, &snapshot);
	if (r != 0)
		return r;
	for (size_t i = 0; i < count && r == 0; i++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): set if r is 0 */
		if (parts[i].snapshot != NULL)
			r = copy_part(snapshot, at, parts[i].snapshot);
		else
			mark_gone(snapshot, at);
		at += group_count(&parts[i]);
	}
	if (r == 0)
		r = snapshot_finish(snapshot);
	if (r < 0) {
		cgw_snapshot_unref(snapshot);
		return r;
	}
	*ret_snapshot = snapshot;
	return 0;
}

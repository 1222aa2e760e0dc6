/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* filter-groups.c - reduction of a snapshot to the matching groups and their ancestors. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/recording/filter-groups.h"
#include <cgward/model.h>

void filter_done(struct filter *filter)
{
	topology_unref(filter->source);
	topology_unref(filter->filtered);
	snapshot_pool_free(filter->pool);
	free(filter->groups);
	*filter = (struct filter){0};
}

static bool matches(const struct filter *filter, const char *path)
{
	for (size_t i = 0; i < filter->glob_count; i++)
		if (cgw_glob_match(filter->globs[i], path))
			return true;
	return false;
}

/* Selects matching groups and their ancestors, whose limits apply to them. */
static int select_groups(const struct filter *filter, const struct cgw_topology *from,
			 bool *selected)
{
	CLEANUP(cleanup_free) char *path = NULL;
	size_t size = 0;

	for (uint32_t i = 0; filter->omits != NULL && i < from->count; i++)
		selected[i] = !filter->omits(filter, from, i);
	if (filter->omits != NULL)
		return 0;
	selected[0] = true;
	for (uint32_t i = 0; i < from->count; i++) {
		size_t length = cgw_topology_path(from, i, path, size);

		if (length >= size) {
			if (ARRAY_RESERVE(path, size, length + 1) < 0)
				return -ENOMEM;
			cgw_topology_path(from, i, path, size);
		}
		if (!matches(filter, path))
			continue;
		for (uint32_t each = i; each != CGW_NO_GROUP && !selected[each];
		     each = from->parent[each])
			selected[each] = true;
	}
	return 0;
}

static int make_topology(const struct cgw_topology *from, const uint32_t *groups, uint32_t count,
			 struct topology **ret_topology)
{
	CLEANUP(cleanup_free) uint32_t *index = calloc(from->count + 1, sizeof(*index));
	struct topology_arrays to;
	size_t names_size = 0;
	int r;

	if (index == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		names_size += strlen(from->name[groups[i]]) + 1;
	r = topology_new(count, from->hierarchy_count, names_size, ret_topology, &to);
	if (r < 0)
		return r;
	(*ret_topology)->view.layout = from->layout;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t group = groups[i], parent = from->parent[group];
		size_t length = strlen(from->name[group]) + 1;

		index[group] = i;
		to.parent[i] = parent == CGW_NO_GROUP ? CGW_NO_GROUP : index[parent];
		to.depth[i] = from->depth[group];
		to.present[i] = from->present[group];
		for (uint32_t h = 0; h < from->hierarchy_count; h++)
			to.id[h][i] = from->id[h][group];
		memcpy(to.names, from->name[group], length);
		to.name[i] = to.names;
		to.names += length;
	}
	for (uint32_t i = count; i-- > 1;)
		to.below[to.parent[i]] += to.below[i] + 1;
	return 0;
}

static int rebuild(struct filter *filter, struct topology *source)
{
	CLEANUP(cleanup_free) bool *selected = calloc(source->view.count, sizeof(*selected));
	CLEANUP(cleanup_free)
	uint32_t *groups = reallocarray(NULL, source->view.count, sizeof(*groups));
	struct topology *filtered = NULL;
	uint32_t count = 0;
	int r;

	if (selected == NULL || groups == NULL)
		return -ENOMEM;
	r = select_groups(filter, &source->view, selected);
	for (uint32_t i = 0; i < source->view.count; i++)
		if (selected[i])
			groups[count++] = i;
	if (r == 0)
		r = make_topology(&source->view, groups, count, &filtered);
	if (r < 0)
		return r;
	topology_unref(filter->source);
	topology_unref(filter->filtered);
	free(filter->groups);
	filter->source = topology_ref(source);
	filter->filtered = filtered;
	filter->groups = steal_pointer(&groups);
	return 0;
}

static int copy_column(const struct filter *filter, const struct cgw_snapshot *from, int column,
		       struct cgw_snapshot *to)
{
	const struct snapshot_column *old = &from->columns[column];
	bool text = cgw_metric_info(from->metric_of[column])->shape == CGW_STRING;
	int r = 0;

	for (uint32_t i = 0; i < filter->filtered->view.count && r == 0; i++) {
		uint32_t group = filter->groups[i];

		to->columns[column].state[i] = old->state[group];
		if (text && old->state[group] == CGW_OK) {
			const char *bytes = from->texts[old->value[group]];

			r = snapshot_add_text(to, column, i, bytes, strlen(bytes));
		} else if (!text) {
			to->columns[column].value[i] = old->value[group];
		}
		for (uint32_t j = old->first != NULL ? old->first[group] : 0;
		     old->first != NULL && j < old->first[group + 1] && r == 0; j++)
			r = snapshot_add_instance(to, column, i, from->instances[j].name,
						  strlen(from->instances[j].name),
						  from->instances[j].number);
	}
	return r;
}

static int copy(const struct filter *filter, const struct cgw_snapshot *from,
		struct cgw_snapshot *to)
{
	int r = 0;

	if (to == NULL)
		return -ENOMEM;
	to->machine = from->machine;
	to->monotonic_ns = from->monotonic_ns;
	to->boottime_ns = from->boottime_ns;
	to->realtime_ns = from->realtime_ns;
	to->cost_ns = from->cost_ns;
	to->collector = from->collector;
	memcpy(to->source, from->source, sizeof(to->source));
	memcpy(to->system_wide, from->system_wide, sizeof(to->system_wide));
	for (uint32_t i = 0; i < filter->filtered->view.count; i++)
		to->read_ns[i] = from->read_ns[filter->groups[i]];
	for (int column = 0; column < from->column_count && r == 0; column++)
		r = copy_column(filter, from, column, to);
	return r == 0 ? snapshot_finish(to) : r;
}

int filter_apply(struct filter *filter, struct cgw_snapshot *snapshot,
		 struct cgw_snapshot **ret_filtered)
{
	struct cgw_snapshot *filtered = NULL;
	int r = 0;

	if (filter->glob_count == 0 && filter->omits == NULL) {
		*ret_filtered = cgw_snapshot_ref(snapshot);
		return 0;
	}
	if (filter->pool == NULL)
		r = snapshot_pool_new(&filter->pool);
	if (r == 0 && filter->source != snapshot->topology)
		r = rebuild(filter, snapshot->topology);
	if (r == 0)
		r = snapshot_begin(filter->pool, filter->filtered, &snapshot->metrics, &filtered);
	if (r < 0)
		return r;
	r = copy(filter, snapshot, filtered);
	if (r < 0)
		cgw_snapshot_unref(filtered);
	else
		*ret_filtered = filtered;
	return r;
}

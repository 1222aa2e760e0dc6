/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* select-groups.c - parsing of column lists, and selection of groups. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "shared/cli/select-groups.h"

void field_list_done(struct field_list *list)
{
	free(list->items);
	*list = (struct field_list){0};
}

static int add_field(struct field_list *list, struct cgw_field field)
{
	for (size_t i = 0; i < list->count; i++)
		if (cgw_field_equal(list->items[i], field))
			return 0;
	if (ARRAY_RESERVE(list->items, list->capacity, list->count + 1) < 0)
		return -ENOMEM;
	list->items[list->count++] = field;
	return 0;
}

/* Reading it slows down every context switch of the machine. */
static bool is_traced(struct cgw_field field)
{
	struct cgw_metric_set metrics = {0};
	bool traced = false;

	cgw_field_metrics(field, &metrics);
	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++)
		traced |= cgw_metric_set_has(&metrics, metric) &&
			  cgw_metric_info(metric)->cost == CGW_TRACE;
	return traced;
}

static int add_key(struct field_list *list, const char *key, struct cgw_diag *diag)
{
	struct cgw_field field;
	int r = 0;

	if (strcmp(key, "all") == 0) {
		for (size_t i = 0; r == 0 && cgw_field_nth(i, &field) == 0; i++)
			if (!is_traced(field))
				r = add_field(list, field);
		return r;
	}
	r = cgw_field_parse(key, &field, diag);
	return r < 0 ? r : add_field(list, field);
}

int field_list_parse(struct field_list *list, const char *keys, struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *copy = NULL;
	char *key, *rest;
	int r = 0;

	if (keys[0] == '+')
		keys++;
	else
		field_list_done(list);
	copy = strdup(keys);
	if (copy == NULL)
		return -ENOMEM;
	for (key = strtok_r(copy, ", ", &rest); key != NULL && r == 0;
	     key = strtok_r(NULL, ", ", &rest))
		r = add_key(list, key, diag);
	if (r == 0 && list->count == 0)
		return cgw_diag_set(diag, -EINVAL,
				    "missing column (expected KEY,KEY,..., for example cpu.usage)");
	return r;
}

/* A group's path in a growing buffer. */
struct path {
	char *text;
	size_t size;
};

static int fill_path(const struct cgw_topology *topology, uint32_t group, struct path *path)
{
	size_t length = cgw_topology_path(topology, group, path->text, path->size);

	if (length < path->size)
		return 0;
	if (ARRAY_RESERVE(path->text, path->size, length + 1) < 0)
		return -ENOMEM;
	cgw_topology_path(topology, group, path->text, path->size);
	return 0;
}

static bool is_below(const char *path, const char *top)
{
	size_t length = strlen(top);

	return length <= 1 ||
	       (strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

static bool is_selected(const struct group_selection *selection, const char *path)
{
	if (selection->below != NULL && !is_below(path, selection->below))
		return false;
	for (size_t i = 0; i < selection->glob_count; i++)
		if (cgw_glob_match(selection->globs[i], path))
			return true;
	return selection->glob_count == 0;
}

int group_select(const struct cgw_frame *frame, const struct group_selection *selection,
		 uint32_t *groups, size_t *ret_count)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	struct cgw_order_scratch scratch = {0};
	struct path path = {NULL, 0};
	bool by_path = selection->below != NULL || selection->glob_count > 0;
	size_t count = 0;
	int r = 0;

	for (uint32_t i = 0; i < topology->count && r == 0; i++) {
		if (selection->depth_max > 0 && topology->depth[i] > selection->depth_max)
			continue;
		if (by_path) {
			r = fill_path(topology, i, &path);
			if (r < 0 || !is_selected(selection, path.text))
				continue;
		}
		groups[count++] = i;
	}
	free(path.text);
	if (r == 0 && selection->sorted) {
		unsigned flags = (selection->ascending ? CGW_ORDER_ASCENDING : 0U) |
				 (selection->tree ? CGW_ORDER_TREE : 0U);

		r = cgw_order(frame, selection->sort, flags, groups, count, &scratch);
		cgw_order_scratch_done(&scratch);
	}
	*ret_count = count;
	return r;
}

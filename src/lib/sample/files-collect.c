/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files-collect.c - files collector: collection of the groups into a snapshot. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/sample/idle.h"

/* The collectors before this one filled the value, or will not. */
static bool is_provided(const struct files *files, size_t index, uint32_t column)
{
	return !files->reads_all && !files->unread[column] &&
	       cgw_metric_set_has(&files->coverage->provided[index],
				  (enum cgw_metric)files->plan->metric_of[column]);
}

/* The requests of a file that no preferred hierarchy or other collector provides for this group. */
static const struct decode_request *active_requests(struct files *files, size_t index,
						    const struct tree_group *group,
						    size_t *ret_count)
{
	const struct plan_file *file = &files->plan->files[index];
	size_t count = 0;

	for (size_t i = 0; i < file->request_count; i++)
		if (!(file->preferred[i] & group->present) &&
		    !is_provided(files, index, file->requests[i].slot))
			files->active[count++] = file->requests[i];
	*ret_count = count;
	return count == file->request_count ? file->requests : files->active;
}

/* Takes over what other collectors have filled. */
static void load_row(struct files *files)
{
	if (files->reads_all) {
		memset(files->row, 0, files->plan->column_count * sizeof(files->row[0]));
		return;
	}
	for (int column = 0; column < files->plan->column_count; column++) {
		struct cgw_number number = snapshot_get(files->snapshot, column, files->group);

		files->unread[column] = (int)number.state == STATE_UNREAD;
		files->row[column] = files->unread[column] ? (struct cgw_number){0} : number;
	}
}

/* The value of a text is already set: its index in the snapshot. */
static void store(struct files *files, int column)
{
	const struct cgw_number *number = &files->row[column];
	const struct snapshot_column *to = &files->snapshot->columns[column];

	if (cgw_metric_info(files->plan->metric_of[column])->shape != CGW_STRING)
		to->value[files->group] = number->value;
	to->state[files->group] = (uint8_t)number->state;
}

/* The group may exist in that hierarchy, below a directory that must not be listed. */
static bool may_be_hidden(const struct files *files, const struct tree_group *group, uint32_t bit)
{
	if (!(files->tree->hidden & bit))
		return false;
	while (group->parent != NULL && !(group->present & bit))
		group = group->parent;
	return group->hidden & bit;
}

static void deny(struct files *files, const struct plan_file *file)
{
	for (size_t i = 0; i < file->request_count; i++) {
		uint32_t column = file->requests[i].slot;

		if (files->row[column].state == CGW_ABSENT)
			files->row[column].state = CGW_DENIED;
	}
}

static int collect_file(struct files *files, struct tree_group *group, size_t index,
			struct files_directory *directory)
{
	const struct plan_file *file = &files->plan->files[index];
	const struct decode_request *requests;
	size_t count;

	if (group->depth > files->whole_depth && !file->own)
		return 0;
	if (!(group->present & UINT32_C(1) << file->hierarchy)) {
		if (may_be_hidden(files, group, UINT32_C(1) << file->hierarchy))
			deny(files, file);
		return 0;
	}
	requests = active_requests(files, index, group, &count);
	if (count == 0)
		return 0;
	return files_read_group(files, group, index, requests, count, directory);
}

/* Copies the group's last row and stores what was read over it. */
static int store_usage(struct files *files, const struct tree_group *group)
{
	int r = snapshot_copy_row(files->snapshot, files->group, files->last, group->row);

	for (size_t i = 0; i < files->usage_file_count; i++) {
		const struct plan_file *file = &files->plan->files[files->order[i]];

		for (size_t k = 0; k < file->request_count; k++)
			if (files->row[file->requests[k].slot].state != CGW_ABSENT)
				store(files, (int)file->requests[k].slot);
	}
	return r;
}

/* The group is idle: its other values are those of the last sample. */
static void repeat(struct files *files, struct tree_group *group)
{
	group->idle = true;
	files->coverage->repeated[group->index] = true;
}

static int collect_group(struct files *files, struct tree_group *group)
{
	struct files_directory directory = {.fd = -1};
	bool may_be_idle = idle_may_be(files, group);
	int r = 0;

	files->group = group->index;
	if (files->snapshot->read_ns[files->group] == 0)
		files->snapshot->read_ns[files->group] = clock_now_ns();
	if (may_be_idle && idle_by_parent(files, group)) {
		repeat(files, group);
		return snapshot_copy_row(files->snapshot, files->group, files->last, group->row);
	}
	load_row(files);
	for (size_t i = 0; i < files->plan->file_count && r == 0; i++) {
		if (may_be_idle && i == files->usage_file_count &&
		    idle_usage_unchanged(files, group)) {
			repeat(files, group);
			files_directory_close(files, &directory);
			return store_usage(files, group);
		}
		r = collect_file(files, group, files->order[i], &directory);
	}
	files_directory_close(files, &directory);
	group->idle = idle_usage_unchanged(files, group);
	for (int column = 0; column < files->plan->column_count; column++)
		store(files, column);
	return r;
}

/* False if only the root and groups with unread values need files. */
static bool reads_others(const struct files *files)
{
	const struct cgw_topology *topology = &files->snapshot->topology->view;
	uint32_t found = 0;

	for (uint32_t row = 1; row < topology->count && files->hierarchies != 0; row++)
		found |= topology->present[row];
	/* With hidden groups each group must be checked for hierarchies that it is not in. */
	return (found & files->hierarchies) != 0 || files->tree->hidden != 0;
}

int files_collect(void *collector, struct cgw_snapshot *snapshot, struct coverage *coverage)
{
	struct files *files = collector;
	struct tree_group **unread = coverage->unread;
	uint32_t count = snapshot->topology->view.count;
	int r;

	files->snapshot = snapshot;
	files->coverage = coverage;
	files->group_gone = false;
	unread[0] = files->tree->root;
	r = trace_values_read(&files->traces, files->tree);
	if (reads_others(files)) {
		for (struct tree_group *group = files->tree->root; group != NULL && r == 0;
		     group = group_tree_next(group)) {
			if (group->present & files->hierarchies || files->tree->hidden != 0 ||
			    unread[group->index] != NULL)
				r = collect_group(files, group);
			group->row = group->index;
		}
	} else {
		for (uint32_t row = 0; row < count && r == 0; row++)
			if (unread[row] != NULL)
				r = collect_group(files, unread[row]);
	}
	files->snapshot = NULL;
	files->coverage = NULL;
	return r;
}

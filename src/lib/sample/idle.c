/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* idle.c - detection of idle groups by their CPU usage. */
#include "lib/sample/idle.h"

static bool has_last_usage(const struct files *files, const struct tree_group *group)
{
	return files->idle_interval > 1 && files->usage_file_count > 0 && files->last != NULL &&
	       group->row != CGW_NO_GROUP && group->parent != NULL;
}

bool idle_may_be(const struct files *files, const struct tree_group *group)
{
	return has_last_usage(files, group) && !files->read_all &&
	       /* Percentiles of the last interval must not be repeated. */
	       !trace_values_active(&files->traces) &&
	       /* Each sample reads some of the groups, in turn. */
	       (files->tick + group->index) % files->idle_interval != 0;
}

bool idle_by_parent(const struct files *files, const struct tree_group *group)
{
	int column = files->plan->column_of[CGW_M_CPU_USAGE];

	if (!group->parent->idle)
		return false;
	for (size_t i = 0; i < files->usage_file_count; i++) {
		uint32_t hierarchy = files->plan->files[files->order[i]].hierarchy;

		/* In different hierarchies: the parent's usage does not include this group. */
		if ((group->present ^ group->parent->present) >> hierarchy & 1)
			return false;
	}
	return snapshot_get(files->last, column, group->row).state == CGW_OK;
}

bool idle_usage_unchanged(const struct files *files, const struct tree_group *group)
{
	int column = files->plan->column_of[CGW_M_CPU_USAGE];
	struct cgw_number then;

	if (!has_last_usage(files, group))
		return false;
	then = snapshot_get(files->last, column, group->row);
	return files->row[column].state == CGW_OK && then.state == CGW_OK &&
	       files->row[column].value == then.value;
}

void idle_update(struct files *files, struct cgw_snapshot *snapshot)
{
	cgw_snapshot_unref(files->last);
	files->last = NULL;
	if (snapshot != NULL && files->idle_interval > 1 && files->reads_all)
		files->last = cgw_snapshot_ref(snapshot);
	files->read_all = false;
	files->tick++;
}

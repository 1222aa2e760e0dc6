/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* idle.c - which groups stand still, by their CPU clock. */
#include <string.h>

#include "lib/sample/idle.h"

static bool tells_clock(const struct plan *plan, const struct plan_file *file)
{
	for (size_t i = 0; i < file->want_count; i++)
		if (plan->metric_of[file->wants[i].slot] == CGW_M_CPU_USAGE)
			return true;
	return false;
}

size_t idle_order(const struct plan *plan, size_t *files, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		size_t file = files[i];

		if (!tells_clock(plan, &plan->files[file]))
			continue;
		/* The others keep their order: by hierarchy, so that a directory is opened once. */
		memmove(&files[found + 1], &files[found], (i - found) * sizeof(*files));
		files[found++] = file;
	}
	return found;
}

static bool may_be_compared(const struct files *files, const struct tree_group *group)
{
	return files->idle_interval > 1 && files->bpf == NULL && files->clock_count > 0 &&
	       files->last != NULL && group->row != CGW_NO_GROUP && group->parent != NULL;
}

bool idle_is_possible(const struct files *files, const struct tree_group *group)
{
	return may_be_compared(files, group) && !files->roused &&
	       /* In turn, a part of the groups at each sample. */
	       (files->tick + group->index) % files->idle_interval != 0;
}

bool idle_by_parent(const struct files *files, const struct tree_group *group)
{
	int column = files->plan.column_of[CGW_M_CPU_USAGE];

	if (!group->parent->still)
		return false;
	for (size_t i = 0; i < files->clock_count; i++) {
		uint32_t hierarchy = files->plan.files[files->rest[i]].hierarchy;

		/* Not in the same hierarchies: the parent's clock does not count this group. */
		if ((group->present ^ group->parent->present) >> hierarchy & 1)
			return false;
	}
	return snapshot_get(files->last, column, group->row).state == CGW_OK;
}

bool idle_is(const struct files *files, const struct tree_group *group)
{
	int column = files->plan.column_of[CGW_M_CPU_USAGE];
	struct cgw_number then;

	if (!may_be_compared(files, group))
		return false;
	then = snapshot_get(files->last, column, group->row);
	return files->row[column].state == CGW_OK && then.state == CGW_OK &&
	       files->row[column].value == then.value;
}

void idle_update(struct files *files, struct cgw_snapshot *snapshot)
{
	cgw_snapshot_unref(files->last);
	files->last = NULL;
	if (snapshot != NULL && files->idle_interval > 1 && files->bpf == NULL)
		files->last = cgw_snapshot_ref(snapshot);
	files->roused = false;
	files->tick++;
}

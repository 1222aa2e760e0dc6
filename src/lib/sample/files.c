/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files.c - files collector: which files of the plan it reads, in which order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/sample/files.h"

int files_init(struct files *files, const struct cgw_layout *layout, struct group_tree *tree,
	       const struct plan *plan, size_t open_max)
{
	*files = (struct files){
		.layout = layout,
		.tree = tree,
		.plan = plan,
		.open_max = open_max,
		.whole_depth = UINT32_MAX,
	};
	return ARRAY_RESERVE(files->buffer, files->buffer_size, 65536);
}

static void drop_plan(void *collector)
{
	struct files *files = collector;

	for (struct tree_group *group = files->tree->root; group != NULL;
	     group = group_tree_next(group)) {
		files_forget(files, group, UINT32_MAX);
		free(group->files);
		group->files = NULL;
	}
	files->last = cgw_snapshot_unref(files->last);
}

static void close_files(void *collector)
{
	struct files *files = collector;

	drop_plan(files);
	free(files->buffer);
	free(files->order);
	device_stack_done(&files->device_stack);
	trace_values_close(&files->traces);
	*files = (struct files){0};
}

static bool has_cpu_usage(const struct plan *plan, const struct plan_file *file)
{
	for (size_t i = 0; i < file->request_count; i++)
		if (plan->metric_of[file->requests[i].slot] == CGW_M_CPU_USAGE)
			return true;
	return false;
}

/* Moves the files that contain the CPU usage to the front; returns their number. */
static size_t sort_usage_first(const struct plan *plan, size_t *files, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		size_t file = files[i];

		if (!has_cpu_usage(plan, &plan->files[file]))
			continue;
		/* The others stay ordered by hierarchy, so that a directory is opened once. */
		memmove(&files[found + 1], &files[found], (i - found) * sizeof(*files));
		files[found++] = file;
	}
	return found;
}

/* Reads what is left: files with a value that no collector before this one provides. */
static int set_plan(void *collector, const struct plan *plan, struct coverage *coverage)
{
	struct files *files = collector;
	size_t *order;

	if (ARRAY_RESERVE(files->order, files->order_size, plan->file_count) < 0)
		return -ENOMEM;
	order = files->order;
	files->hierarchies = 0;
	files->reads_all = true;
	for (size_t i = 0; i < plan->file_count; i++) {
		const struct plan_file *file = &plan->files[i];
		size_t provided = 0;

		order[i] = i;
		for (size_t j = 0; j < file->request_count; j++)
			provided += cgw_metric_set_has(
				&coverage->provided[i],
				(enum cgw_metric)plan->metric_of[file->requests[j].slot]);
		if (provided < file->request_count)
			files->hierarchies |= UINT32_C(1) << file->hierarchy;
		files->reads_all &= provided == 0;
	}
	files->usage_file_count = sort_usage_first(plan, order, plan->file_count);
	trace_values_set_plan(&files->traces, plan);
	return 0;
}

const struct collector_functions files_collector = {
	.name = "files",
	.drop_plan = drop_plan,
	.set_plan = set_plan,
	.collect = files_collect,
	.close = close_files,
};

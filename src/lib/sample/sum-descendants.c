/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sum-descendants.c - sums of metrics that the kernel counts in each group alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/sample/sum-descendants.h"

/* The values of one column by group and name of the instance. */
struct matrix {
	const char **names;
	size_t name_count, name_size;
	struct cgw_number *numbers; /* [group * name_count + name] */
};

static void matrix_done(struct matrix *matrix)
{
	free(matrix->names);
	free(matrix->numbers);
}

static bool is_counted_alone(const struct cgw_snapshot *snapshot, int column)
{
	const struct cgw_source *source = snapshot->source[snapshot->metric_of[column]];

	return source != NULL && source->own;
}

static void add(struct cgw_number *sum, struct cgw_number part)
{
	if (part.state == CGW_ABSENT || part.state == CGW_GONE || sum->state == CGW_GONE)
		return;
	if (part.state != CGW_OK || sum->state == CGW_ABSENT)
		*sum = part;
	else if (sum->state == CGW_OK && part.value > UINT64_MAX - sum->value)
		*sum = (struct cgw_number){0, CGW_BAD};
	else if (sum->state == CGW_OK)
		sum->value += part.value;
}

static size_t find_name(const struct matrix *matrix, const char *name)
{
	size_t i = 0;

	while (i < matrix->name_count && strcmp(matrix->names[i], name) != 0)
		i++;
	return i;
}

/* Lists the names of the column's instances, or returns -ENOMEM. */
static int list_names(const struct cgw_snapshot *snapshot, int column, struct matrix *matrix)
{
	for (size_t i = 0; i < snapshot->row_count; i++) {
		const char *name = snapshot->rows[i].instance.name;

		if (snapshot->rows[i].column != column ||
		    find_name(matrix, name) < matrix->name_count)
			continue;
		if (ARRAY_RESERVE(matrix->names, matrix->name_size, matrix->name_count + 1) < 0)
			return -ENOMEM;
		matrix->names[matrix->name_count++] = name;
	}
	return 0;
}

/* Moves the rows of the column to the matrix. */
static void take_rows(struct cgw_snapshot *snapshot, int column, struct matrix *matrix)
{
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->row_count; i++) {
		const struct instance_row *row = &snapshot->rows[i];

		if (row->column == column)
			add(&matrix->numbers[row->group * matrix->name_count +
					     find_name(matrix, row->instance.name)],
			    row->instance.number);
		else
			snapshot->rows[kept++] = *row;
	}
	snapshot->row_count = kept;
	snapshot->columns[column].instance_count = 0;
	memset(snapshot->columns[column].first, 0,
	       (snapshot->topology->view.count + 1) * sizeof(uint32_t));
}

static int sum_instances(struct cgw_snapshot *snapshot, int column, const bool *alone,
			 const bool *repeated)
{
	CLEANUP(matrix_done) struct matrix matrix = {.names = NULL};
	uint32_t count = snapshot->topology->view.count;
	size_t width;
	int r = list_names(snapshot, column, &matrix);

	width = matrix.name_count;
	if (r < 0 || width == 0)
		return r;
	matrix.numbers = calloc((size_t)count * width, sizeof(*matrix.numbers));
	if (matrix.numbers == NULL)
		return -ENOMEM;
	take_rows(snapshot, column, &matrix);
	for (uint32_t group = count - 1; group > 0; group--) {
		uint32_t parent = snapshot->topology->view.parent[group];

		for (size_t i = 0; i < width && !repeated[parent] && !alone[parent]; i++)
			add(&matrix.numbers[parent * width + i], matrix.numbers[group * width + i]);
	}
	for (uint32_t group = 0; group < count; group++)
		for (size_t i = 0; i < width && r == 0; i++) {
			struct cgw_number number = matrix.numbers[group * width + i];

			if (number.state != CGW_ABSENT &&
			    snapshot_get(snapshot, column, group).state == CGW_OK)
				r = snapshot_add_instance(snapshot, column, group, matrix.names[i],
							  strlen(matrix.names[i]), number);
		}
	return r;
}

static void sum_numbers(struct cgw_snapshot *snapshot, int column, const bool *partial,
			const bool *alone, const bool *repeated)
{
	const uint32_t *parents = snapshot->topology->view.parent;

	for (uint32_t group = snapshot->topology->view.count - 1; group > 0; group--) {
		struct cgw_number sum = snapshot_get(snapshot, column, parents[group]);

		if (sum.state != CGW_OK || repeated[parents[group]] || alone[parents[group]])
			continue;
		add(&sum, snapshot_get(snapshot, column, group));
		snapshot_set(snapshot, column, parents[group], sum);
	}
	for (uint32_t group = 0; group < snapshot->topology->view.count; group++)
		if (partial[group] && !alone[group])
			snapshot_set(snapshot, column, group, (struct cgw_number){0, CGW_ABSENT});
}

/* The group has children: a directory has a link from each of its subdirectories. */
static bool has_children(const struct cgw_layout *layout, const struct tree_group *group,
			 uint32_t hierarchies)
{
	CLEANUP(cleanup_free) char *path = group_tree_path(group);
	bool found = false;

	for (uint32_t h = 0; path != NULL && h < layout->hierarchy_count && !found; h++) {
		struct stat directory;
		int fd;

		if (!(group->present & hierarchies & UINT32_C(1) << h) ||
		    cgw_group_open(layout, h, path, &fd, NULL) < 0)
			continue;
		found = layout->ops->stat_fd(fd, &directory) < 0 || directory.st_nlink != 2;
		layout->ops->close(fd);
	}
	return found || path == NULL;
}

/* Some descendants of the group itself were left out of the tree. */
static bool leaves_out(const struct files *files, const struct tree_group *group,
		       uint32_t depth_max, uint32_t hierarchies)
{
	if (group->hidden & hierarchies)
		return true;
	return depth_max > 0 && group->depth >= depth_max &&
	       has_children(files->layout, group, hierarchies);
}

/* The hierarchies that such metrics are read from. */
static uint32_t find_hierarchies(const struct files *files, const struct cgw_snapshot *snapshot)
{
	uint32_t hierarchies = 0;

	for (int column = 0; column < snapshot->column_count; column++)
		for (uint32_t h = 0; h < files->layout->hierarchy_count; h++)
			if (is_counted_alone(snapshot, column) &&
			    files->plan->rank[snapshot->metric_of[column]][h] != 0)
				hierarchies |= UINT32_C(1) << h;
	return hierarchies;
}

int sum_descendants(const struct files *files, const struct cgw_sampler_options *options,
		    const bool *repeated, struct cgw_snapshot *snapshot)
{
	uint32_t count = snapshot->topology->view.count;
	uint32_t hierarchies = find_hierarchies(files, snapshot);
	CLEANUP(cleanup_free) bool *partial = NULL, *alone = NULL;
	/* With `only_group`, no limit applies in the hierarchies of such metrics. */
	uint32_t depth_max = options->only_group ? 0 : options->depth_max;
	uint32_t below_depth = options->below != NULL ? path_depth(options->below) : 0;
	int r = 0;

	if (hierarchies == 0)
		return 0;
	partial = calloc(count, sizeof(*partial));
	alone = calloc(count, sizeof(*alone));
	if (partial == NULL || alone == NULL)
		return -ENOMEM;
	for (const struct tree_group *group = files->tree->root; group != NULL;
	     group = group_tree_next(group)) {
		/* With `below`, the tree has only its ancestors and its descendants. */
		bool above = group->depth < below_depth;

		partial[group->index] = above || leaves_out(files, group, depth_max, hierarchies);
		alone[group->index] = above && options->ancestors_alone;
	}
	for (uint32_t group = count - 1; group > 0; group--)
		partial[snapshot->topology->view.parent[group]] |= partial[group];
	for (int column = 0; column < snapshot->column_count && r == 0; column++) {
		if (!is_counted_alone(snapshot, column))
			continue;
		sum_numbers(snapshot, column, partial, alone, repeated);
		if (snapshot->columns[column].first != NULL)
			r = sum_instances(snapshot, column, alone, repeated);
	}
	return r;
}

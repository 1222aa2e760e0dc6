/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files-collect.c - collection of all groups into a snapshot, from files and from BPF. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/sample/bpf/bpf.h"
#include "lib/sample/idle.h"

/* The requests of a file that neither a preferred hierarchy nor BPF provides for this group. */
static const struct decode_request *active_requests(struct files *files,
						    const struct plan_file *file,
						    const struct tree_group *group,
						    size_t *ret_count)
{
	size_t count = 0;

	for (size_t i = 0; i < file->request_count; i++)
		if (!(file->preferred[i] & group->present) &&
		    !files->from_bpf[file->requests[i].slot])
			files->active[count++] = file->requests[i];
	*ret_count = count;
	return count == file->request_count ? file->requests : files->active;
}

/* Limits per device have no sum: unlimited without instances, else only instances have values. */
static bool has_no_sum(const struct files *files, size_t column)
{
	const struct cgw_metric_info *info = cgw_metric_info(files->plan.metric_of[column]);

	return info->kind == CGW_LIMIT && info->shape == CGW_INSTANCES;
}

static void divide(struct cgw_number *number, struct cgw_number by)
{
	if (number->state != CGW_OK)
		return;
	if (by.state != CGW_OK || by.value == 0)
		number->state = by.state == CGW_OK ? CGW_BAD : by.state;
	else if (!scale_u64(number->value, 1000000000, by.value, &number->value))
		number->state = CGW_BAD;
}

/* Derives values from others, in the row of the group that was read. */
static void derive_row(struct files *files)
{
	for (size_t i = 0; i < files->plan.division_count; i++) {
		const struct plan_division *division = &files->plan.divisions[i];

		divide(&files->row[division->column],
		       files->row[files->plan.column_of[division->by]]);
	}
	for (size_t i = 0; i < files->plan.column_count; i++)
		if (has_no_sum(files, i) && files->row[i].state == CGW_OK)
			files->row[i].state = files->snapshot->columns[i].first[files->group] == 0
						      ? CGW_MAX
						      : CGW_ABSENT;
}

/* The same for all groups that BPF filled: they have no instances of limits. */
static void derive_columns(struct files *files, uint32_t count)
{
	for (size_t i = 0; i < files->plan.division_count; i++) {
		int column = files->plan.divisions[i].column;
		int by = files->plan.column_of[files->plan.divisions[i].by];

		for (uint32_t row = 0; row < count; row++) {
			struct cgw_number number = snapshot_get(files->snapshot, column, row);

			divide(&number, snapshot_get(files->snapshot, by, row));
			snapshot_set(files->snapshot, column, row, number);
		}
	}
	for (size_t i = 0; i < files->plan.column_count; i++) {
		uint8_t *state = files->snapshot->columns[i].state;

		if (!has_no_sum(files, i))
			continue;
		for (uint32_t row = 0; row < count; row++)
			if (state[row] == CGW_OK)
				state[row] = CGW_MAX;
	}
}

/* The value of a text is already set: its index in the snapshot. */
static void store(struct files *files, int column)
{
	const struct cgw_number *number = &files->row[column];
	const struct snapshot_column *to = &files->snapshot->columns[column];

	if (cgw_metric_info(files->plan.metric_of[column])->shape != CGW_STRING)
		to->value[files->group] = number->value;
	to->state[files->group] = (uint8_t)number->state;
}

/* The group may exist in that hierarchy, below a directory that must not be listed. */
static bool may_be_hidden(const struct files *files, const struct tree_group *group, uint32_t bit)
{
	if (!(files->hidden & bit))
		return false;
	while (group->parent != NULL && !(group->present & bit))
		group = group->parent;
	return group->hidden & bit;
}

static void deny(struct files *files, const struct plan_file *file)
{
	for (size_t i = 0; i < file->request_count; i++) {
		uint32_t column = file->requests[i].slot;

		if (!files->from_bpf[column] && files->row[column].state == CGW_ABSENT)
			files->row[column].state = CGW_DENIED;
	}
}

static int collect_file(struct files *files, struct tree_group *group, size_t index,
			struct files_directory *directory)
{
	const struct plan_file *file = &files->plan.files[index];
	const struct decode_request *requests;
	size_t count;

	if (!(group->present & UINT32_C(1) << file->hierarchy)) {
		if (may_be_hidden(files, group, UINT32_C(1) << file->hierarchy))
			deny(files, file);
		return 0;
	}
	requests = active_requests(files, file, group, &count);
	if (count == 0)
		return 0;
	return files_read_group(files, group, index, requests, count, directory);
}

/* Copies the group's last row and stores what was read over it. */
static int store_usage(struct files *files, const struct tree_group *group)
{
	int r = snapshot_copy_row(files->snapshot, files->group, files->last, group->row);

	for (size_t i = 0; i < files->usage_file_count; i++) {
		const struct plan_file *file = &files->plan.files[files->rest[i]];

		for (size_t k = 0; k < file->request_count; k++)
			if (files->row[file->requests[k].slot].state != CGW_ABSENT)
				store(files, (int)file->requests[k].slot);
	}
	return r;
}

static int collect_group(struct files *files, struct tree_group *group)
{
	struct files_directory directory = {.fd = -1};
	bool root = group->parent == NULL; /* BPF does not provide the root */
	size_t count = root ? files->plan.file_count : files->rest_count;
	bool may_be_idle = idle_may_be(files, group);
	int r = 0;

	group->repeated = false;
	files->group = group->index;
	files->snapshot->read_ns[files->group] =
		files->bpf != NULL && !root ? files->bpf->pass_ns : clock_now_ns();
	if (may_be_idle && idle_by_parent(files, group)) {
		group->idle = group->repeated = true;
		return snapshot_copy_row(files->snapshot, files->group, files->last, group->row);
	}
	memset(files->row, 0, files->plan.column_count * sizeof(files->row[0]));
	memset(files->from_bpf, 0, files->plan.column_count);
	if (files->bpf != NULL && !root) {
		bpf_fill(files->bpf, group, files->row, files->from_bpf);
		r = bpf_fill_instances(files->bpf, group, files->snapshot, &files->device_names);
	}
	for (size_t i = 0; i < count && r == 0; i++) {
		if (may_be_idle && i == files->usage_file_count &&
		    idle_usage_unchanged(files, group)) {
			group->idle = group->repeated = true;
			files_directory_close(files, &directory);
			return store_usage(files, group);
		}
		r = collect_file(files, group, root ? i : files->rest[i], &directory);
	}
	files_directory_close(files, &directory);
	group->idle = idle_usage_unchanged(files, group);
	derive_row(files);
	for (int column = 0; column < files->plan.column_count; column++)
		store(files, column);
	return r;
}

static int collect_rows(struct files *files, struct group_tree *tree)
{
	int r = 0;

	for (struct tree_group *group = tree->root; group != NULL && r == 0;
	     group = group_tree_next(group)) {
		r = collect_group(files, group);
		group->row = group->index;
	}
	return r;
}

static int reserve_incomplete(struct files *files, uint32_t count)
{
	struct tree_group **incomplete;

	if (count > files->incomplete_size) {
		incomplete = reallocarray(files->incomplete, count + count / 4,
					  sizeof(struct tree_group *));
		if (incomplete == NULL)
			return -ENOMEM;
		files->incomplete = incomplete;
		files->incomplete_size = count + count / 4;
	}
	memset(files->incomplete, 0, count * sizeof(struct tree_group *));
	return 0;
}

/* Marks groups that need files regardless of BPF; often only the root. */
static void mark_uncovered(const struct files *files, struct group_tree *tree, uint32_t count)
{
	const uint32_t *present = files->snapshot->topology->view.present;
	uint32_t found = 0;

	files->incomplete[0] = tree->root;
	for (uint32_t row = 1; row < count && files->uncovered != 0; row++)
		found |= present[row];
	if (!(found & files->uncovered))
		return;
	for (struct tree_group *group = tree->root; group != NULL; group = group_tree_next(group))
		if (group->present & files->uncovered)
			files->incomplete[group->index] = group;
}

/* Most groups need no file: their values are copied from BPF records column by column. */
static int collect_columns(struct files *files, struct group_tree *tree)
{
	uint32_t count = files->snapshot->topology->view.count;
	int r = reserve_incomplete(files, count);

	if (r == 0) {
		mark_uncovered(files, tree, count);
		r = bpf_fill_columns(files->bpf, files->snapshot, &files->device_names,
				     files->incomplete);
	}
	if (r < 0)
		return r;
	derive_columns(files, count);
	for (uint32_t row = 0; row < count && r == 0; row++) {
		files->snapshot->read_ns[row] = files->bpf->pass_ns;
		if (files->incomplete[row] != NULL)
			r = collect_group(files, files->incomplete[row]);
	}
	return r;
}

int files_collect(struct files *files, struct group_tree *tree, struct cgw_snapshot *snapshot)
{
	/* With hidden groups each group must be checked for hierarchies that it is not in. */
	bool by_column = files->bpf != NULL && tree->hidden == 0;
	int r;

	files->snapshot = snapshot;
	files->group_gone = false;
	files->hidden = tree->hidden;
	memcpy(snapshot->source, files->plan.source, sizeof(snapshot->source));
	r = by_column ? collect_columns(files, tree) : collect_rows(files, tree);
	files->snapshot = NULL;
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files-collect.c - all groups into a snapshot: what is read of them, what BPF answers, what is reckoned from both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/sample/bpf/bpf.h"
#include "lib/sample/idle.h"

/* The wants of a file that neither a better hierarchy nor BPF answers for this group. */
static const struct decode_request *active_wants(struct files *files, const struct plan_file *file,
						 const struct tree_group *group, size_t *ret_count)
{
	size_t count = 0;

	for (size_t i = 0; i < file->want_count; i++)
		if (!(file->better[i] & group->present) && !files->answered[file->wants[i].slot])
			files->active[count++] = file->wants[i];
	*ret_count = count;
	return count == file->want_count ? file->wants : files->active;
}

/* Limits by device have no sum: none set is no limit, else only the instances say something. */
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

/* What is reckoned from the numbers of the files: of the group that was read, in its row. */
static void reckon_row(struct files *files)
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

/* The same of all groups that were not: they have no instances of a limit. */
static void reckon_columns(struct files *files, uint32_t count)
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

/* A text's place in the snapshot stands in the value already. */
static void store(struct files *files, int column)
{
	const struct cgw_number *number = &files->row[column];
	const struct snapshot_column *to = &files->snapshot->columns[column];

	if (cgw_metric_info(files->plan.metric_of[column])->shape != CGW_STRING)
		to->value[files->group] = number->value;
	to->state[files->group] = (uint8_t)number->state;
}

/* Whether the group may be in that hierarchy as well, where nobody may look. */
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
	for (size_t i = 0; i < file->want_count; i++) {
		uint32_t column = file->wants[i].slot;

		if (!files->answered[column] && files->row[column].state == CGW_ABSENT)
			files->row[column].state = CGW_DENIED;
	}
}

static int collect_file(struct files *files, struct tree_group *group, size_t index,
			struct files_directory *directory)
{
	const struct plan_file *file = &files->plan.files[index];
	const struct decode_request *wants;
	size_t count;

	if (!(group->present & UINT32_C(1) << file->hierarchy)) {
		if (may_be_hidden(files, group, UINT32_C(1) << file->hierarchy))
			deny(files, file);
		return 0;
	}
	wants = active_wants(files, file, group, &count);
	if (count == 0)
		return 0;
	return files_read_group(files, group, index, wants, count, directory);
}

/* What was read of the group goes into the snapshot, over what the last sample knew of it. */
static int store_clock(struct files *files, const struct tree_group *group)
{
	int r = snapshot_carry(files->snapshot, files->group, files->last, group->row);

	for (size_t i = 0; i < files->clock_count; i++) {
		const struct plan_file *file = &files->plan.files[files->rest[i]];

		for (size_t k = 0; k < file->want_count; k++)
			if (files->row[file->wants[k].slot].state != CGW_ABSENT)
				store(files, (int)file->wants[k].slot);
	}
	return r;
}

static int collect_group(struct files *files, struct tree_group *group)
{
	struct files_directory directory = {.fd = -1};
	bool root = group->parent == NULL; /* its figures stand elsewhere in the kernel */
	size_t count = root ? files->plan.file_count : files->rest_count;
	bool may_stand_still = idle_is_possible(files, group);
	int r = 0;

	files->group = group->index;
	files->snapshot->read_ns[files->group] =
		files->bpf != NULL && !root ? files->bpf->pass_ns : clock_now_ns();
	if (may_stand_still && idle_by_parent(files, group)) {
		group->still = true;
		return snapshot_carry(files->snapshot, files->group, files->last, group->row);
	}
	memset(files->row, 0, files->plan.column_count * sizeof(files->row[0]));
	memset(files->answered, 0, files->plan.column_count);
	if (files->bpf != NULL && !root) {
		bpf_fill(files->bpf, group, files->row, files->answered);
		r = bpf_fill_instances(files->bpf, group, files->snapshot, &files->devices);
	}
	for (size_t i = 0; i < count && r == 0; i++) {
		if (may_stand_still && i == files->clock_count && idle_is(files, group)) {
			group->still = true;
			files_directory_close(files, &directory);
			return store_clock(files, group);
		}
		r = collect_file(files, group, root ? i : files->rest[i], &directory);
	}
	files_directory_close(files, &directory);
	group->still = idle_is(files, group);
	reckon_row(files);
	for (int column = 0; column < files->plan.column_count; column++)
		store(files, column);
	return r;
}

static int collect_rows(struct files *files, struct tree *tree)
{
	int r = 0;

	for (struct tree_group *group = tree->root; group != NULL && r == 0;
	     group = tree_next(group)) {
		r = collect_group(files, group);
		group->row = group->index;
	}
	return r;
}

static int reserve_open(struct files *files, uint32_t count)
{
	struct tree_group **open;

	if (count > files->open_size) {
		open = reallocarray(files->open, count + count / 4, sizeof(struct tree_group *));
		if (open == NULL)
			return -ENOMEM;
		files->open = open;
		files->open_size = count + count / 4;
	}
	memset(files->open, 0, count * sizeof(struct tree_group *));
	return 0;
}

/* Groups of which files must be read whatever BPF answers; often there are none but the root. */
static void open_unanswered(const struct files *files, struct tree *tree, uint32_t count)
{
	const uint32_t *present = files->snapshot->topology->view.present;
	uint32_t found = 0;

	files->open[0] = tree->root;
	for (uint32_t row = 1; row < count && files->unanswered != 0; row++)
		found |= present[row];
	if (!(found & files->unanswered))
		return;
	for (struct tree_group *group = tree->root; group != NULL; group = tree_next(group))
		if (group->present & files->unanswered)
			files->open[group->index] = group;
}

/* Most groups need no file: what they use goes from the programs' records into the columns. */
static int collect_columns(struct files *files, struct tree *tree)
{
	uint32_t count = files->snapshot->topology->view.count;
	int r = reserve_open(files, count);

	if (r == 0) {
		open_unanswered(files, tree, count);
		r = bpf_fill_columns(files->bpf, files->snapshot, &files->devices, files->open);
	}
	if (r < 0)
		return r;
	reckon_columns(files, count);
	for (uint32_t row = 0; row < count && r == 0; row++) {
		files->snapshot->read_ns[row] = files->bpf->pass_ns;
		if (files->open[row] != NULL)
			r = collect_group(files, files->open[row]);
	}
	return r;
}

int files_collect(struct files *files, struct tree *tree, struct cgw_snapshot *snapshot)
{
	/* Where something may be hidden, each group is asked for what it is not in, too. */
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

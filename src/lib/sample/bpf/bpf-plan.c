/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-plan.c - what the BPF programs are asked for, and what they answer of a plan. */
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/sample/bpf/bpf.h"

/* What of a part the columns want beyond its head, for the programs' choices. */
static void ask_stat(struct bpf_control *control, struct bpf_column *column, uint32_t index)
{
	if (control->stat_count == BPF_STAT_MAX)
		return;
	column->place = BPF_STAT_FIRST + control->stat_count;
	control->stat_index[control->stat_count++] = index;
}

/* What one metric's row wants of the passes over its hierarchy. */
static void ask_row(struct bpf *bpf, uint32_t hierarchy, const struct bpf_field_row *row)
{
	struct bpf_control *control = bpf_programs_control(bpf->programs);

	bpf->parts[hierarchy] |= UINT32_C(1) << row->part | UINT32_C(1) << bpf_judge(row->part);
	if (bpf_is_stat(row) || row->part == BPF_PART_CORE || bpf_is_of_devices(row))
		control->fine |= BPF_FINE_FLUSH;
	if (row->part == BPF_PART_CPUACCT && row->field != BPF_CPUACCT_USAGE)
		control->fine |= BPF_FINE_SPLIT;
	if (row->kind == BPF_KIND_PER_CPU)
		control->fine |= BPF_FINE_PERCPU;
}

static void ask_nothing(struct bpf *bpf)
{
	struct bpf_control *control = bpf_programs_control(bpf->programs);

	memset(bpf->parts, 0, sizeof(bpf->parts));
	control->stat_count = 0;
	control->fine = 0;
}

void bpf_point_columns(struct bpf *bpf)
{
	for (size_t i = 0; i < bpf->column_count; i++) {
		struct bpf_column *column = &bpf->columns[i];

		column->records =
			bpf_programs_part(bpf->programs, column->row->part, &column->stride);
		column->devices = bpf_programs_devices(bpf->programs);
	}
}

/* Asks the programs for what the columns want. Where a statistic is, is known once it is `proven`. */
static void ask(struct bpf *bpf, bool proven)
{
	struct bpf_control *control = bpf_programs_control(bpf->programs);

	ask_nothing(bpf);
	bpf_point_columns(bpf);
	bpf->stat_file = SIZE_MAX;
	for (size_t i = 0; i < bpf->column_count; i++) {
		struct bpf_column *column = &bpf->columns[i];

		column->place = column->row->field;
		ask_row(bpf, column->hierarchy, column->row);
		if (column->row->part == BPF_PART_WEIGHT && proven)
			column->place += bpf->stat_index[column->metric];
		if (!bpf_is_stat(column->row))
			continue;
		bpf->stat_file = column->file;
		if (proven && !column->by_root)
			ask_stat(control, column, bpf->stat_index[column->metric]);
	}
}

/* Usage of CPUs can only be told where the CPUs' parts of memory were found, devices' where it is brought up to date. */
static bool can_tell(const struct bpf *bpf, uint32_t hierarchy, const struct bpf_field_row *row)
{
	if (!(bpf->hierarchies >> hierarchy & 1))
		return false;
	if (row->part == BPF_PART_CPUACCT && bpf_programs_control(bpf->programs)->cpu_count == 0)
		return false;
	if (bpf_is_of_devices(row) && !bpf_programs_flushes_all(bpf->programs))
		return false;
	return row->kind != BPF_KIND_PER_CPU || bpf_programs_percpu_count(bpf->programs) > 0;
}

/* The row by which the programs tell a metric of that hierarchy's file, or NULL. */
static const struct bpf_field_row *find_row(const struct bpf *bpf, uint32_t hierarchy,
					    enum cgw_metric metric, const char *file)
{
	unsigned version = bpf->layout->hierarchies[hierarchy].version;
	const struct bpf_field_row *row = bpf_field_find(metric, version, file);

	if (row != NULL && !can_tell(bpf, hierarchy, row))
		row = bpf_field_find_lesser(file);
	return row != NULL && can_tell(bpf, hierarchy, row) ? row : NULL;
}

static void expect_metric(struct bpf *bpf, enum cgw_metric metric)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);

	for (size_t i = 0; i < info->source_count; i++)
		for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++) {
			const struct bpf_field_row *row;

			if (!plan_offers(&bpf->layout->hierarchies[h], &info->sources[i]))
				continue;
			row = find_row(bpf, h, metric, info->sources[i].file);
			if (row != NULL)
				ask_row(bpf, h, row);
		}
}

void bpf_expect(struct bpf *bpf, const struct cgw_metric_set *wanted)
{
	ask_nothing(bpf);
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++) {
		const struct cgw_metric_info *info = cgw_metric_info(metric);

		if (!cgw_metric_set_has(wanted, metric))
			continue;
		expect_metric(bpf, metric);
		if (info->sources[0].per >= 0) /* what it is divided by */
			expect_metric(bpf, (enum cgw_metric)info->sources[0].per);
	}
}

void bpf_forget_plan(struct bpf *bpf)
{
	bpf->column_count = 0;
	bpf->stat_file = SIZE_MAX;
	memset(bpf->parts, 0, sizeof(bpf->parts));
}

/* All metrics of the plan that the programs could answer. */
static void find_columns(struct bpf *bpf, const struct plan *plan)
{
	bpf->column_count = 0;
	for (size_t i = 0; i < plan->file_count; i++) {
		const struct plan_file *file = &plan->files[i];

		for (size_t j = 0; j < file->want_count; j++) {
			enum cgw_metric metric = plan->metric_of[file->wants[j].slot];
			const struct bpf_field_row *row =
				find_row(bpf, file->hierarchy, metric, file->name);

			if (row == NULL || bpf->column_count == ARRAY_SIZE(bpf->columns))
				continue;
			bpf->columns[bpf->column_count++] = (struct bpf_column){
				.row = row,
				.want = file->wants[j],
				.file = i,
				.hierarchy = file->hierarchy,
				.better = file->better[j],
				.metric = metric,
				.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
			};
			bpf_field_shorten(&bpf->columns[bpf->column_count - 1]);
		}
	}
}

int bpf_plan(struct bpf *bpf, struct files *files)
{
	int r;

	find_columns(bpf, &files->plan);
	ask(bpf, false);
	r = bpf_walk_unanswered(bpf, files);
	if (r == 0)
		r = bpf_prove(bpf, files);
	if (r < 0)
		return r;
	ask(bpf, true);
	return bpf_walk_unanswered(bpf, files);
}

bool bpf_answers(const struct bpf *bpf, enum cgw_metric metric)
{
	for (size_t i = 0; i < bpf->column_count; i++)
		if (bpf->columns[i].metric == metric)
			return true;
	return false;
}

enum bpf_answer bpf_answers_file(const struct bpf *bpf, const struct plan *plan, size_t file)
{
	size_t always = 0, mostly = 0;

	for (size_t i = 0; i < bpf->column_count; i++) {
		const struct bpf_column *column = &bpf->columns[i];

		if (column->file != file)
			continue;
		if (column->by_root || column->row->kind == BPF_KIND_NOT_FROZEN ||
		    column->row->kind == BPF_KIND_NO_DEVICE || bpf_is_of_devices(column->row))
			mostly++;
		else
			always++;
	}
	if (always == plan->files[file].want_count)
		return BPF_ANSWERS_ALL;
	return always + mostly == plan->files[file].want_count ? BPF_ANSWERS_MOST
							       : BPF_ANSWERS_NONE;
}

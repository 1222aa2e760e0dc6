/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-plan.c - requests to the BPF programs, and the metrics of a plan that they provide. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/sample/bpf/bpf.h"

/* Requests one statistic of memory.stat. */
static void request_stat(struct bpf_control *control, struct bpf_column *column, uint32_t index)
{
	if (control->stat_count == BPF_STAT_MAX)
		return;
	column->index = BPF_STAT_FIRST + control->stat_count % BPF_STAT_BLOCK;
	column->block = control->stat_count / BPF_STAT_BLOCK;
	control->stat_index[control->stat_count++] = index;
}

/* Requests what one metric needs from the passes over its hierarchy. */
static void request_row(struct bpf *bpf, uint32_t hierarchy, const struct bpf_field_row *row)
{
	struct bpf_control *control = bpf_programs_control(bpf->programs);

	bpf->parts[hierarchy] |= UINT32_C(1) << row->part | UINT32_C(1)
								    << bpf_ranking_part(row->part);
	if (bpf_is_stat(row) || row->part == BPF_PART_CORE || bpf_is_per_device(row))
		control->options |= BPF_OPTION_FLUSH;
	if (row->part == BPF_PART_CPUACCT && row->field != BPF_CPUACCT_USAGE)
		control->options |= BPF_OPTION_USER_SYSTEM;
	if (row->kind == BPF_KIND_PER_CPU)
		control->options |= BPF_OPTION_PERCPU;
}

static void clear_request(struct bpf *bpf)
{
	struct bpf_control *control = bpf_programs_control(bpf->programs);

	memset(bpf->parts, 0, sizeof(bpf->parts));
	control->stat_count = 0;
	control->options = 0;
}

void bpf_update_pointers(struct bpf *bpf)
{
	const struct bpf_control *control = bpf_programs_control(bpf->programs);

	for (size_t i = 0; i < bpf->column_count; i++) {
		struct bpf_column *column = &bpf->columns[i];

		column->records =
			bpf_programs_part(bpf->programs, column->row->part, &column->stride);
		column->records += (size_t)column->block * control->stat_stride * column->stride;
		column->devices = bpf_programs_devices(bpf->programs);
	}
}

/* Requests what the columns need. The index of a statistic is known only if `proven`. */
static void request_columns(struct bpf *bpf, bool proven)
{
	struct bpf_control *control = bpf_programs_control(bpf->programs);

	clear_request(bpf);
	bpf->stat_file = SIZE_MAX;
	for (size_t i = 0; i < bpf->column_count; i++) {
		struct bpf_column *column = &bpf->columns[i];

		column->index = column->row->field;
		request_row(bpf, column->hierarchy, column->row);
		if (column->row->part == BPF_PART_WEIGHT && proven)
			column->index += bpf->stat_index[column->metric];
		if (!bpf_is_stat(column->row))
			continue;
		bpf->stat_file = column->file;
		if (proven && !column->from_root && !bpf_is_sum(column->row))
			request_stat(control, column, bpf->stat_index[column->metric]);
	}
	bpf_update_pointers(bpf);
}

/* CPU usage requires the per-CPU addresses; devices require flushing of all statistics. */
static bool can_provide(const struct bpf *bpf, uint32_t hierarchy, const struct bpf_field_row *row)
{
	if (!(bpf->hierarchies >> hierarchy & 1))
		return false;
	if (row->part == BPF_PART_CPUACCT && bpf_programs_control(bpf->programs)->cpu_count == 0)
		return false;
	if (bpf_is_per_device(row) && !bpf_programs_flushes_all(bpf->programs))
		return false;
	return row->kind != BPF_KIND_PER_CPU || bpf_programs_percpu_count(bpf->programs) > 0;
}

/* The row by which the programs provide a metric of that hierarchy's file, or NULL. */
static const struct bpf_field_row *find_row(const struct bpf *bpf, uint32_t hierarchy,
					    enum cgw_metric metric, const char *file)
{
	unsigned version = bpf->layout->hierarchies[hierarchy].version;
	const struct bpf_field_row *row = bpf_field_find(metric, version, file);

	if (row != NULL && !can_provide(bpf, hierarchy, row))
		row = bpf_field_find_fallback(file);
	return row != NULL && can_provide(bpf, hierarchy, row) ? row : NULL;
}

static void expect_metric(struct bpf *bpf, enum cgw_metric metric)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);

	for (size_t i = 0; i < info->source_count; i++)
		for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++) {
			const struct bpf_field_row *row;

			if (!cgw_hierarchy_offers(&bpf->layout->hierarchies[h], &info->sources[i]))
				continue;
			row = find_row(bpf, h, metric, info->sources[i].file);
			if (row != NULL)
				request_row(bpf, h, row);
		}
}

void bpf_expect(struct bpf *bpf, const struct cgw_metric_set *metrics)
{
	clear_request(bpf);
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++) {
		const struct cgw_metric_info *info = cgw_metric_info(metric);

		if (!cgw_metric_set_has(metrics, metric))
			continue;
		expect_metric(bpf, metric);
		if (info->sources[0].per >= 0) /* the divisor */
			expect_metric(bpf, (enum cgw_metric)info->sources[0].per);
	}
}

void bpf_drop_plan(void *collector)
{
	struct bpf *bpf = collector;

	bpf->column_count = 0;
	bpf->stat_file = SIZE_MAX;
	memset(bpf->parts, 0, sizeof(bpf->parts));
}

static void set_parts(struct bpf_column *column, const struct plan *plan)
{
	const struct plan_sum *sum = plan_sum_of(column->metric);

	if (!bpf_is_sum(column->row) || sum == NULL)
		return;
	column->part_count = sum->part_count;
	for (size_t i = 0; i < sum->part_count; i++)
		column->part_slots[i] = (uint16_t)plan->column_of[sum->parts[i]];
}

/* Adds a column for each metric of the plan that the programs may provide. */
static void find_columns(struct bpf *bpf, const struct plan *plan)
{
	bpf->column_count = 0;
	for (size_t i = 0; i < plan->file_count; i++) {
		const struct plan_file *file = &plan->files[i];

		for (size_t j = 0; j < file->request_count; j++) {
			enum cgw_metric metric = plan->metric_of[file->requests[j].slot];
			const struct bpf_field_row *row =
				find_row(bpf, file->hierarchy, metric, file->name);

			if (row == NULL || bpf->column_count == ARRAY_SIZE(bpf->columns))
				continue;
			bpf->columns[bpf->column_count++] = (struct bpf_column){
				.row = row,
				.request = file->requests[j],
				.file = i,
				.hierarchy = file->hierarchy,
				.preferred = file->preferred[j],
				.metric = metric,
				.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
			};
			bpf_field_set_factor(&bpf->columns[bpf->column_count - 1]);
			set_parts(&bpf->columns[bpf->column_count - 1], plan);
		}
	}
}

static int prove_columns(struct bpf *bpf, const struct plan *plan)
{
	int r;

	find_columns(bpf, plan);
	request_columns(bpf, false);
	r = bpf_walk_missing(bpf);
	if (r == 0)
		r = bpf_verify(bpf);
	if (r < 0)
		return r;
	request_columns(bpf, true);
	r = bpf_reserve_stats(bpf);
	return r < 0 ? r : bpf_walk_missing(bpf);
}

int bpf_set_plan(void *collector, const struct plan *plan, struct coverage *coverage)
{
	struct bpf *bpf = collector;
	int r = prove_columns(bpf, plan);

	if (r == -E2BIG) { /* more groups than the programs' capacity were created meanwhile */
		r = bpf_update(bpf, NULL, true);
		if (r == 0)
			r = prove_columns(bpf, plan);
	}
	for (size_t i = 0; i < bpf->column_count && r == 0; i++)
		cgw_metric_set_add(&coverage->provided[bpf->columns[i].file],
				   bpf->columns[i].metric);
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-request.c - what the BPF programs are asked to collect, from the metrics of a plan. */
#include <errno.h>
#include <string.h>

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
void bpf_request_columns(struct bpf *bpf, bool proven)
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
const struct bpf_field_row *bpf_find_row(const struct bpf *bpf, uint32_t hierarchy,
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
			row = bpf_find_row(bpf, h, metric, info->sources[i].file);
			if (row != NULL)
				request_row(bpf, h, row);
		}
}

void bpf_expect(struct bpf *bpf, const struct cgw_metric_set *metrics)
{
	clear_request(bpf);
	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++) {
		const struct cgw_metric_info *info = cgw_metric_info(metric);

		if (!cgw_metric_set_has(metrics, metric))
			continue;
		expect_metric(bpf, metric);
		if (info->sources[0].per >= 0) /* the divisor */
			expect_metric(bpf, (enum cgw_metric)info->sources[0].per);
	}
}

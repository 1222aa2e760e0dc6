/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-plan.c - the metrics of a plan that the BPF programs provide. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/sample/bpf/bpf.h"

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
				bpf_find_row(bpf, file->hierarchy, metric, file->name);

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
	bpf_request_columns(bpf, false);
	r = bpf_walk_missing(bpf);
	if (r == 0)
		r = bpf_verify(bpf);
	if (r < 0)
		return r;
	bpf_request_columns(bpf, true);
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

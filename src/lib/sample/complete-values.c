/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* complete-values.c - values that depend on others: of the group, other groups, the system. */
#include "lib/sample/complete-values.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/kernel/namespace-root.h"
#include "lib/sample/device-sums.h"
#include "lib/sample/sum-descendants.h"
#include "lib/sample/system-stat.h"

/* The kernel's number of the root counts less than those of the groups below it. */
static bool is_incomplete(const struct cgw_snapshot *snapshot, enum cgw_metric metric)
{
	return snapshot->source[metric] != NULL && snapshot->source[metric]->not_root;
}

static void fill_root(struct cgw_snapshot *snapshot)
{
	for (int column = 0; column < snapshot->column_count; column++) {
		enum cgw_metric metric = snapshot->metric_of[column];
		enum cgw_root_source source = cgw_metric_info(metric)->root;
		struct cgw_number number;

		if (source == CGW_ROOT_NONE ||
		    (snapshot_get(snapshot, column, 0).state != CGW_ABSENT &&
		     !is_incomplete(snapshot, metric)))
			continue;
		number = system_stat_root_value(&snapshot->machine, source);
		snapshot->system_wide[metric] = number.state == CGW_OK;
		if (number.state == CGW_OK)
			snapshot_set(snapshot, column, 0, number);
	}
}

static bool requests_io(const struct plan *plan)
{
	for (size_t i = 0; i < plan->column_count; i++)
		if (cgw_metric_info(plan->metric_of[i])->sources[0].controller == CGW_IO)
			return true;
	return false;
}

/* Devices are read again with every full walk. */
static int update_device_stack(struct files *files)
{
	int r;

	if (files->device_stack_known || !requests_io(files->plan))
		return 0;
	device_stack_done(&files->device_stack);
	r = device_stack_read(files->layout, &files->device_stack);
	files->device_stack_known = r == 0;
	return r;
}

static void divide(struct cgw_number *number, struct cgw_number by)
{
	if (number->state != CGW_OK)
		return;
	if (by.state != CGW_OK || by.value == 0)
		number->state = by.state == CGW_OK ? CGW_BAD : by.state;
	else if (!scale_u64(number->value, NS_PER_S, by.value, &number->value))
		number->state = CGW_BAD;
}

/* Values that depend on others of the same group. Repeated ones were completed before. */
static void derive_values(const struct plan *plan, const bool *repeated,
			  struct cgw_snapshot *snapshot)
{
	uint32_t count = snapshot->topology->view.count;

	for (size_t i = 0; i < plan->division_count; i++) {
		int column = plan->divisions[i].column;
		int by = plan->column_of[plan->divisions[i].by];

		for (uint32_t row = 0; row < count; row++) {
			struct cgw_number number = snapshot_get(snapshot, column, row);

			if (repeated[row])
				continue;
			divide(&number, snapshot_get(snapshot, by, row));
			snapshot_set(snapshot, column, row, number);
		}
	}
	for (size_t i = 0; i < plan->column_count; i++) {
		const struct cgw_metric_info *info = cgw_metric_info(plan->metric_of[i]);
		const struct snapshot_column *column = &snapshot->columns[i];

		/* Without a line, a device has no limit, and otherwise the kernel's default. */
		for (uint32_t row = 0; !info->summed && row < count; row++)
			if (column->state[row] == CGW_OK && !repeated[row])
				column->state[row] =
					column->first[row] == 0 && info->kind == CGW_LIMIT
						? CGW_MAX
						: CGW_ABSENT;
	}
}

int complete_values(struct files *files, const struct cgw_sampler_options *options,
		    const bool *repeated, struct cgw_snapshot *snapshot)
{
	int r;

	derive_values(files->plan, repeated, snapshot);
	r = sum_descendants(files, options, repeated, snapshot);
	if (r == 0)
		r = snapshot_finish(snapshot);
	if (r == 0)
		r = update_device_stack(files);
	if (r < 0)
		return r;
	device_sums_leave_out(snapshot, &files->device_stack);
	r = device_sums_drop_uncounted(files->layout, snapshot);
	if (r < 0)
		return r;
	if (root_is_of_machine(files->layout)) /* /proc reports the whole machine */
		fill_root(snapshot);
	return 0;
}

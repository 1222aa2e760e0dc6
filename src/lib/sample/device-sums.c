/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-sums.c - sums of IO over devices, each byte once, and only where IO is counted. */
#include "lib/sample/device-sums.h"

static bool counts_io(const struct cgw_snapshot *snapshot, size_t column)
{
	const struct cgw_metric_info *info = cgw_metric_info(snapshot->metric_of[column]);

	return info->kind == CGW_COUNTER && info->shape == CGW_INSTANCES &&
	       info->sources[0].controller == CGW_IO;
}

static bool is_built_on_others(const struct device_stack *stack,
			       const struct cgw_instance *instances, uint32_t count, uint32_t which)
{
	for (uint32_t i = 0; i < count; i++)
		if (i != which && device_stack_has(stack, instances[which].name, instances[i].name))
			return true;
	return false;
}

static void sum_group(struct cgw_snapshot *snapshot, int column, uint32_t group,
		      const struct device_stack *stack)
{
	const uint32_t *first = snapshot->columns[column].first + group;
	const struct cgw_instance *instances = snapshot->instances + first[0];
	struct cgw_number sum = {0, CGW_OK};

	/* An invalid number or an overflow makes the whole sum invalid. */
	if (snapshot_get(snapshot, column, group).state != CGW_OK)
		return;
	for (uint32_t i = 0; i < first[1] - first[0]; i++)
		if (!is_built_on_others(stack, instances, first[1] - first[0], i))
			sum.value += instances[i].number.value;
	snapshot_set(snapshot, column, group, sum);
}

void device_sums_leave_out(struct cgw_snapshot *snapshot, const struct device_stack *stack)
{
	for (int column = 0; column < snapshot->column_count && stack->count > 0; column++) {
		const uint32_t *first = snapshot->columns[column].first;

		if (!counts_io(snapshot, (size_t)column))
			continue;
		for (uint32_t group = 0; group < snapshot->topology->view.count; group++)
			if (first[group + 1] - first[group] > 1)
				sum_group(snapshot, column, group, stack);
	}
}

void device_sums_drop_uncounted(struct cgw_snapshot *snapshot)
{
	for (int column = 0; column < snapshot->column_count; column++) {
		const struct cgw_source *source = snapshot->source[snapshot->metric_of[column]];
		const uint32_t *first = snapshot->columns[column].first;
		uint8_t *state = snapshot->columns[column].state;

		if (source == NULL || source->format != CGW_FORMAT_BLKIO || state[0] != CGW_OK ||
		    first[1] != first[0])
			continue;
		for (uint32_t group = 0; group < snapshot->topology->view.count; group++)
			if (state[group] == CGW_OK && first[group + 1] == first[group])
				state[group] = CGW_ABSENT;
	}
}

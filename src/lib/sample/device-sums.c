/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-sums.c - sums of IO over devices, each byte once, and only where IO is counted. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
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

static bool lists_disk(const struct cgw_instance *instances, uint32_t count,
		       const struct system_disk *disk)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(instances[i].name, disk->name) == 0 ||
		    strcmp(instances[i].name, disk->number) == 0)
			return true;
	return false;
}

bool device_sums_next_uncounted(const struct cgw_layout *layout,
				const struct cgw_instance *instances, uint32_t count, char **rest,
				struct system_disk *ret_disk)
{
	while (system_stat_next_disk(layout, rest, ret_disk))
		if (ret_disk->read_bytes + ret_disk->written_bytes > 0 &&
		    !lists_disk(instances, count, ret_disk))
			return true;
	return false;
}

int device_sums_drop_uncounted(const struct cgw_layout *layout, struct cgw_snapshot *snapshot)
{
	for (int column = 0; column < snapshot->column_count; column++) {
		const struct cgw_source *source = snapshot->source[snapshot->metric_of[column]];
		const uint32_t *first = snapshot->columns[column].first;
		uint8_t *state = snapshot->columns[column].state;
		CLEANUP(cleanup_free) char *text = NULL;
		struct system_disk disk;
		size_t length;
		char *rest;
		int r;

		if (source == NULL || source->format != CGW_FORMAT_BLKIO || state[0] != CGW_OK)
			continue;
		r = cgw_proc_read(layout, "diskstats", &text, &length);
		if (r == -ENOMEM)
			return r;
		rest = text;
		if (first[1] != first[0] &&
		    !device_sums_next_uncounted(layout, snapshot->instances + first[0],
						first[1] - first[0], &rest, &disk))
			continue;
		/* The top group includes the others: without a disk, its sum is too small. */
		state[0] = CGW_ABSENT;
		for (uint32_t group = 1; group < snapshot->topology->view.count; group++)
			if (state[group] == CGW_OK && first[group + 1] == first[group])
				state[group] = CGW_ABSENT;
	}
	return 0;
}

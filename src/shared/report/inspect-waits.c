/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-waits.c - what the tasks of a group waited for, and which groups took the CPU. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/cli/text-table.h"
#include "shared/report/inspect-text-parts.h"

void view_waits(const struct view *view, struct view_wait ret_waits[static VIEW_WAIT_COUNT])
{
	static const struct {
		const char *name, *title;
		enum cgw_metric metric; /* its rate */
	} waits[VIEW_WAIT_COUNT] = {
		{"cpu_ns_per_s", "CPU, throttled or not", CGW_M_CPU_RUN_DELAY},
		{"throttled_ns_per_s", "throttled", CGW_M_CPU_RUN_DELAY_THROTTLED},
		{"io_ns_per_s", "IO, refaults or not", CGW_M_IO_IOWAIT},
		{"refault_ns_per_s", "refaults", CGW_M_IO_IOWAIT_REFAULT},
		{"reclaim_ns_per_s", "direct reclaim", CGW_M_MEMORY_DIRECT_RECLAIM},
	};

	for (size_t i = 0; i < VIEW_WAIT_COUNT; i++) {
		struct view_wait *wait = &ret_waits[i];
		const struct cgw_field field = {.view = CGW_VIEW_RATE,
						.index = (int16_t)waits[i].metric};

		*wait = (struct view_wait){waits[i].name, waits[i].title,
					   cgw_frame_value(view->frame, field, view->group)};
	}
}

static int compare_takers(const void *a, const void *b)
{
	const struct cgw_instance *first = a, *second = b;

	return (first->number.value < second->number.value) -
	       (first->number.value > second->number.value);
}

struct cgw_instance *view_takers(const struct view *view, size_t *ret_count)
{
	size_t count = 0;
	const struct cgw_instance *takers = cgw_snapshot_instances(
		cgw_frame_now(view->frame), CGW_M_CPU_RUN_DELAY_BY, view->group, &count);
	struct cgw_instance *copy;

	*ret_count = 0;
	copy = calloc(count + 1, sizeof(*copy));
	if (copy == NULL || count == 0)
		return copy;
	memcpy(copy, takers, count * sizeof(*copy));
	qsort(copy, count, sizeof(*copy), compare_takers);
	*ret_count = count;
	return copy;
}

static int print_takers(const struct view *view, FILE *out)
{
	CLEANUP(cleanup_free) struct cgw_instance *takers = NULL;
	double seconds = cgw_frame_seconds(view->frame), all_ns = 0;
	struct text_cell cell;
	struct table table;
	size_t count;

	takers = view_takers(view, &count);
	for (size_t i = 0; i < count; i++)
		all_ns += (double)takers[i].number.value;
	if (count == 0 || seconds <= 0)
		return 0;
	fputc('\n', out);
	table_start(&table, out, "RAN MEANWHILE|>TIME PER SECOND|>SHARE", view->width);
	for (size_t i = 0; i < count; i++) {
		struct cgw_number rate = {(uint64_t)((double)takers[i].number.value / seconds),
					  CGW_OK};

		table_row(&table);
		table_name(&table, takers[i].name);
		table_cell(&table, "%s", text_number(view, rate, CGW_UNIT_NS, &cell));
		table_cell(&table, "%.1f%%", (double)takers[i].number.value * 100 / all_ns);
	}
	return table_end(&table);
}

int text_waits(const struct view *view, FILE *out)
{
	struct view_wait waits[VIEW_WAIT_COUNT];
	struct text_cell cell;
	struct table table;
	int r;

	fprintf(out, "\nWAITS\n");
	if (view->not_traced[0] != '\0') {
		fprintf(out, "  not measured: %s\n", view->not_traced);
		return 0;
	}
	view_waits(view, waits);
	table_start(&table, out, "WAITED FOR|>TIME PER SECOND", view->width);
	for (size_t i = 0; i < VIEW_WAIT_COUNT; i++) {
		struct cgw_number rate = {(uint64_t)waits[i].rate.real, waits[i].rate.state};

		table_row(&table);
		table_cell(&table, "%s", waits[i].title);
		table_cell(&table, "%s", text_number(view, rate, CGW_UNIT_NS, &cell));
	}
	r = table_end(&table);
	return r < 0 ? r : print_takers(view, out);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare-samples.c - compares two samples of a recording, group by group. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/record/diff-command.h"
#include "lib/base/cleanup.h"
#include "lib/model/sampling.h"

void diff_done(struct diff *diff)
{
	for (size_t i = 0; i < diff->row_count; i++) {
		free(diff->rows[i].path);
		free(diff->rows[i].cells);
	}
	free(diff->rows);
	diff->rows = NULL;
	diff->row_count = 0;
}

static bool has_number(struct cgw_value value)
{
	return value.state == CGW_OK || value.state == CGW_RESET;
}

static bool is_counter(struct cgw_field field)
{
	return field.view == CGW_VIEW_VALUE &&
	       cgw_metric_info((enum cgw_metric)field.index)->kind == CGW_COUNTER;
}

/*
 * A new group started at zero, as did its counters. A removed group has released what it used, but
 * the final values of its counters are unknown.
 */
static struct diff_cell compare(struct cgw_field field, struct cgw_value from, struct cgw_value to,
				bool existed, bool exists)
{
	struct diff_cell cell = {.from = from, .to = to, .state = CGW_OK};

	if ((existed && !has_number(from)) || (exists && !has_number(to))) {
		cell.state = exists && !has_number(to) ? to.state : from.state;
		return cell;
	}
	if (!exists && is_counter(field)) {
		cell.state = CGW_GONE;
		return cell;
	}
	cell.change = (exists ? to.real : 0) - (existed ? from.real : 0);
	if (existed && exists && is_counter(field) && cell.change < 0)
		cell.state = CGW_RESET;
	return cell;
}

struct diff_side {
	const struct cgw_frame *frame;
	uint32_t group; /* CGW_NO_GROUP: does not exist on this side */
};

static int add_row(struct diff *diff, const struct diff_side *from, const struct diff_side *to,
		   const char *what)
{
	const struct diff_side *shown = to->group != CGW_NO_GROUP ? to : from;
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(shown->frame));
	CLEANUP(cleanup_free) struct diff_cell *cells = calloc(diff->field_count, sizeof(*cells));
	CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, shown->group);
	bool changed = what[0] != '\0';

	if (cells == NULL || path == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < diff->field_count; i++) {
		struct cgw_value before = {0}, after = {0};

		if (from->group != CGW_NO_GROUP)
			before = cgw_frame_value(from->frame, diff->fields[i], from->group);
		if (to->group != CGW_NO_GROUP)
			after = cgw_frame_value(to->frame, diff->fields[i], to->group);
		cells[i] = compare(diff->fields[i], before, after, from->group != CGW_NO_GROUP,
				   to->group != CGW_NO_GROUP);
		changed |= cells[i].state == CGW_RESET ||
			   (cells[i].state == CGW_OK && cells[i].change != 0);
	}
	if (changed)
		diff->rows[diff->row_count++] = (struct diff_row){
			.path = steal_pointer(&path), .what = what, .cells = steal_pointer(&cells)};
	return 0;
}

static int add_rows(struct diff *diff, const struct cgw_frame *old, const struct cgw_frame *both)
{
	const struct cgw_topology *now = cgw_snapshot_topology(cgw_frame_now(both));
	size_t gone_count;
	const uint32_t *gone = cgw_frame_removed_groups(both, &gone_count);
	int r = 0;

	diff->rows = calloc(now->count + gone_count, sizeof(*diff->rows));
	if (diff->rows == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < now->count && r == 0; i++) {
		uint32_t before = cgw_frame_previous(both, i);
		bool recreated = diff->rebooted || cgw_frame_flags(both, i) & CGW_ROW_RECREATED;
		const char *what = before == CGW_NO_GROUP ? "new" : recreated ? "recreated" : "";

		r = add_row(diff, &(struct diff_side){old, recreated ? CGW_NO_GROUP : before},
			    &(struct diff_side){both, i}, what);
	}
	for (size_t i = 0; i < gone_count && r == 0; i++)
		r = add_row(diff, &(struct diff_side){old, gone[i]},
			    &(struct diff_side){both, CGW_NO_GROUP}, "gone");
	return r;
}

int diff_compare(struct diff *diff, struct cgw_snapshot *from, struct cgw_snapshot *to)
{
	CLEANUP(cleanup_frame) struct cgw_frame *old = NULL;
	CLEANUP(cleanup_frame) struct cgw_frame *both = NULL;
	int r = cgw_frame_new(&old);

	if (r == 0)
		r = cgw_frame_new(&both);
	if (r == 0)
		r = cgw_frame_update(old, from);
	if (r == 0)
		r = cgw_frame_update(both, from);
	if (r == 0)
		r = cgw_frame_update(both, to);
	diff->from_ns = cgw_snapshot_realtime_ns(from);
	diff->to_ns = cgw_snapshot_realtime_ns(to);
	return r < 0 ? r : add_rows(diff, old, both);
}

static double change_of(const struct diff_row *row, size_t field)
{
	return row->cells[field].state == CGW_OK ? row->cells[field].change : 0;
}

static int compare_rows(const void *a, const void *b, void *context)
{
	const struct diff_row *left = a, *right = b;
	const size_t *field = context;
	double x = change_of(left, *field), y = change_of(right, *field);

	return x > y ? -1 : x < y ? 1 : strcmp(left->path, right->path);
}

void diff_sort(struct diff *diff, size_t field)
{
	qsort_r(diff->rows, diff->row_count, sizeof(*diff->rows), compare_rows, &field);
}

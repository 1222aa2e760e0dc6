/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-fill.c - what the BPF programs took becomes the numbers of a snapshot. */
#include <stdio.h>
#include <string.h>

#include "lib/sample/bpf/bpf.h"

/* Slots of which all columns are filled before the next ones': their records stay in the cache. */
#define BLOCK 256

void bpf_fill(const struct bpf *bpf, const struct tree_group *group, struct cgw_number *row,
	      bool *answered)
{
	for (size_t i = 0; i < bpf->column_count; i++) {
		const struct bpf_column *column = &bpf->columns[i];
		uint32_t slot = column->want.slot;
		const uint64_t *record;
		uint64_t raw;

		if (!bpf_column_applies(column, group))
			continue;
		record = bpf_record(column, group);
		/* Where the controller is off the file is not there either. */
		if (record[0] == BPF_RECORD_ABSENT)
			answered[slot] = true;
		else
			answered[slot] = bpf_field_raw(column, record, &raw) &&
					 bpf_field_number(column, raw, &row[slot]);
	}
}

static int fill_cpus(const struct bpf *bpf, const struct bpf_column *column, size_t slot,
		     struct cgw_snapshot *snapshot, uint32_t row)
{
	uint32_t count = bpf_programs_percpu_count(bpf->programs);
	const uint64_t *usages = bpf_programs_percpu(bpf->programs);

	for (uint32_t cpu = 0; cpu < count; cpu++) {
		struct cgw_number number =
			decode_convert(&column->want, usages[slot * count + cpu]);
		char name[16];
		int length = snprintf(name, sizeof(name), "%u", cpu);
		int r = snapshot_add_instance(snapshot, (int)column->want.slot, row, name,
					      (size_t)length, number);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A device on which nothing was done is in the file without figures. */
static bool was_used(const uint64_t *device)
{
	return device[BPF_DEVICE_RBYTES] || device[BPF_DEVICE_WBYTES] || device[BPF_DEVICE_RIOS] ||
	       device[BPF_DEVICE_WIOS];
}

static int fill_devices(const struct bpf *bpf, const struct bpf_column *column, size_t slot,
			struct cgw_snapshot *snapshot, uint32_t row, struct devices *devices)
{
	const uint64_t *record = column->records + slot * column->stride;
	const uint64_t *device = column->devices + record[BPF_LIST_FIRST] * BPF_DEVICE_SIZE;
	int r = 0;

	for (uint64_t i = 0; i < record[BPF_LIST_COUNT] && r == 0; i++, device += BPF_DEVICE_SIZE) {
		const char *name;

		if (!was_used(device))
			continue;
		name = devices_name(devices, bpf->layout,
				    (unsigned)(device[BPF_DEVICE_NUMBER] >> 32),
				    (unsigned)device[BPF_DEVICE_NUMBER]);
		r = snapshot_add_instance(snapshot, (int)column->want.slot, row, name, strlen(name),
					  decode_convert(&column->want, device[column->place]));
	}
	return r;
}

static int fill_instances(const struct bpf *bpf, const struct bpf_column *column, size_t slot,
			  struct cgw_snapshot *snapshot, uint32_t row, struct devices *devices)
{
	if (bpf_is_of_devices(column->row))
		return fill_devices(bpf, column, slot, snapshot, row, devices);
	return fill_cpus(bpf, column, slot, snapshot, row);
}

int bpf_fill_instances(const struct bpf *bpf, const struct tree_group *group,
		       struct cgw_snapshot *snapshot, struct devices *devices)
{
	int r = 0;

	for (size_t i = 0; i < bpf->column_count && r == 0; i++) {
		const struct bpf_column *column = &bpf->columns[i];
		uint64_t raw;

		if (bpf_is_instanced(column->row) && bpf_column_applies(column, group) &&
		    bpf_record(column, group)[0] != BPF_RECORD_ABSENT &&
		    bpf_field_raw(column, bpf_record(column, group), &raw))
			r = fill_instances(bpf, column, group->slot[column->hierarchy], snapshot,
					   group->index, devices);
	}
	return r;
}

void bpf_number_rows(struct bpf *bpf)
{
	for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++) {
		struct bpf_hierarchy *of = &bpf->of[h];

		for (uint32_t slot = 0; slot < of->count; slot++) {
			const struct tree_group *group = of->groups[slot];

			of->rows[slot] = group != NULL && group->parent != NULL ? group->index
										: CGW_NO_GROUP;
		}
	}
	bpf->moved = false;
}

/* The row of a slot that the column is about and has a record of, or CGW_NO_GROUP. */
static uint32_t row_of(const struct bpf *bpf, const struct bpf_column *column,
		       const struct cgw_snapshot *snapshot, uint32_t slot)
{
	uint32_t row = bpf->of[column->hierarchy].rows[slot];

	if (row == CGW_NO_GROUP || snapshot->topology->view.present[row] & column->better ||
	    column->records[slot * column->stride] == BPF_RECORD_ABSENT)
		return CGW_NO_GROUP;
	return row;
}

/* Of one column, the slots from `first` to before `end`. */
static void fill_column(const struct bpf *bpf, const struct bpf_column *column,
			struct cgw_snapshot *snapshot, uint32_t first, uint32_t end,
			struct tree_group **open)
{
	const struct snapshot_column *to = &snapshot->columns[column->want.slot];

	for (uint32_t slot = first; slot < end; slot++) {
		uint32_t row = row_of(bpf, column, snapshot, slot);
		struct cgw_number number;
		uint64_t raw;
		bool told;

		if (row == CGW_NO_GROUP)
			continue;
		told = bpf_field_raw(column, column->records + slot * column->stride, &raw);
		if (told && raw < column->factor_end) {
			to->value[row] = raw * column->factor;
			to->state[row] = CGW_OK;
		} else if (told && bpf_field_number(column, raw, &number)) {
			to->value[row] = number.value;
			to->state[row] = (uint8_t)number.state;
		} else {
			open[row] = bpf->of[column->hierarchy].groups[slot];
		}
	}
}

static int fill_column_instances(const struct bpf *bpf, const struct bpf_column *column,
				 struct cgw_snapshot *snapshot, struct devices *devices,
				 struct tree_group *const *open)
{
	int r = 0;

	for (uint32_t slot = 0; slot < bpf->of[column->hierarchy].count && r == 0; slot++) {
		uint32_t row = row_of(bpf, column, snapshot, slot);

		if (row != CGW_NO_GROUP && open[row] == NULL)
			r = fill_instances(bpf, column, slot, snapshot, row, devices);
	}
	return r;
}

int bpf_fill_columns(const struct bpf *bpf, struct cgw_snapshot *snapshot, struct devices *devices,
		     struct tree_group **open)
{
	uint32_t count = 0;
	int r = 0;

	for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++)
		count = bpf->of[h].count > count ? bpf->of[h].count : count;
	for (uint32_t first = 0; first < count; first += BLOCK)
		for (size_t i = 0; i < bpf->column_count; i++) {
			const struct bpf_column *column = &bpf->columns[i];
			uint32_t all = bpf->of[column->hierarchy].count, end = first + BLOCK;

			fill_column(bpf, column, snapshot, first, end < all ? end : all, open);
		}
	for (size_t i = 0; i < bpf->column_count && r == 0; i++)
		if (bpf_is_instanced(bpf->columns[i].row))
			r = fill_column_instances(bpf, &bpf->columns[i], snapshot, devices, open);
	return r;
}

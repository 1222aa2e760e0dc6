/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-fill.c - conversion of BPF records to values of a snapshot. */
#include <stdio.h>
#include <string.h>

#include "lib/sample/bpf/bpf.h"

/* Slots per block: all columns of a block are filled while its records are in the cache. */
#define BLOCK 256

void bpf_fill(const struct bpf *bpf, const struct tree_group *group, struct cgw_number *row,
	      bool *from_bpf)
{
	for (size_t i = 0; i < bpf->column_count; i++) {
		const struct bpf_column *column = &bpf->columns[i];
		uint32_t slot = column->request.slot;
		const uint64_t *record;
		uint64_t raw;

		if (!bpf_column_applies(column, group))
			continue;
		record = bpf_record(column, group);
		/* Without the controller the file does not exist: the value stays absent. */
		if (record[0] == BPF_RECORD_ABSENT)
			from_bpf[slot] = true;
		else
			from_bpf[slot] = bpf_field_raw(column, record, &raw) &&
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
			decode_convert(&column->request, usages[slot * count + cpu]);
		char name[16];
		int length = snprintf(name, sizeof(name), "%u", cpu);
		int r = snapshot_add_instance(snapshot, (int)column->request.slot, row, name,
					      (size_t)length, number);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The file lists a device without values if no I/O was done on it. */
static bool was_used(const uint64_t *device)
{
	return device[BPF_DEVICE_RBYTES] || device[BPF_DEVICE_WBYTES] || device[BPF_DEVICE_RIOS] ||
	       device[BPF_DEVICE_WIOS];
}

static int fill_devices(const struct bpf *bpf, const struct bpf_column *column, size_t slot,
			struct cgw_snapshot *snapshot, uint32_t row, struct device_names *devices)
{
	const uint64_t *record = column->records + slot * column->stride;
	const uint64_t *device = column->devices + record[BPF_LIST_FIRST] * BPF_DEVICE_SIZE;
	int r = 0;

	for (uint64_t i = 0; i < record[BPF_LIST_COUNT] && r == 0; i++, device += BPF_DEVICE_SIZE) {
		const char *name;

		if (!was_used(device))
			continue;
		name = device_names_get(devices, bpf->layout,
					(unsigned)(device[BPF_DEVICE_NUMBER] >> 32),
					(unsigned)device[BPF_DEVICE_NUMBER]);
		r = snapshot_add_instance(snapshot, (int)column->request.slot, row, name,
					  strlen(name),
					  decode_convert(&column->request, device[column->index]));
	}
	return r;
}

static int fill_instances(const struct bpf *bpf, const struct bpf_column *column, size_t slot,
			  struct cgw_snapshot *snapshot, uint32_t row, struct device_names *devices)
{
	if (bpf_is_per_device(column->row))
		return fill_devices(bpf, column, slot, snapshot, row, devices);
	return fill_cpus(bpf, column, slot, snapshot, row);
}

int bpf_fill_instances(const struct bpf *bpf, const struct tree_group *group,
		       struct cgw_snapshot *snapshot, struct device_names *devices)
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

void bpf_update_rows(struct bpf *bpf)
{
	for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++) {
		struct bpf_hierarchy *state = &bpf->state[h];

		for (uint32_t slot = 0; slot < state->count; slot++) {
			const struct tree_group *group = state->groups[slot];

			state->rows[slot] = group != NULL && group->parent != NULL ? group->index
										   : CGW_NO_GROUP;
		}
	}
	bpf->rows_outdated = false;
}

/* The row of a slot, or CGW_NO_GROUP if the column does not apply or has no record. */
static uint32_t row_of(const struct bpf *bpf, const struct bpf_column *column,
		       const struct cgw_snapshot *snapshot, uint32_t slot)
{
	uint32_t row = bpf->state[column->hierarchy].rows[slot];

	if (row == CGW_NO_GROUP || snapshot->topology->view.present[row] & column->preferred ||
	    column->records[slot * column->stride] == BPF_RECORD_ABSENT)
		return CGW_NO_GROUP;
	return row;
}

/* Fills one column for the slots from `first` up to but not including `end`. */
static void fill_column(const struct bpf *bpf, const struct bpf_column *column,
			struct cgw_snapshot *snapshot, uint32_t first, uint32_t end,
			struct tree_group **incomplete)
{
	const struct snapshot_column *to = &snapshot->columns[column->request.slot];

	for (uint32_t slot = first; slot < end; slot++) {
		uint32_t row = row_of(bpf, column, snapshot, slot);
		struct cgw_number number;
		uint64_t raw;
		bool known;

		if (row == CGW_NO_GROUP)
			continue;
		known = bpf_field_raw(column, column->records + slot * column->stride, &raw);
		if (known && raw < column->factor_end) {
			to->value[row] = raw * column->factor;
			to->state[row] = CGW_OK;
		} else if (known && bpf_field_number(column, raw, &number)) {
			to->value[row] = number.value;
			to->state[row] = (uint8_t)number.state;
		} else {
			incomplete[row] = bpf->state[column->hierarchy].groups[slot];
		}
	}
}

static int fill_column_instances(const struct bpf *bpf, const struct bpf_column *column,
				 struct cgw_snapshot *snapshot, struct device_names *devices,
				 struct tree_group *const *incomplete)
{
	int r = 0;

	for (uint32_t slot = 0; slot < bpf->state[column->hierarchy].count && r == 0; slot++) {
		uint32_t row = row_of(bpf, column, snapshot, slot);

		if (row != CGW_NO_GROUP && incomplete[row] == NULL)
			r = fill_instances(bpf, column, slot, snapshot, row, devices);
	}
	return r;
}

int bpf_fill_columns(const struct bpf *bpf, struct cgw_snapshot *snapshot,
		     struct device_names *devices, struct tree_group **incomplete)
{
	uint32_t count = 0;
	int r = 0;

	for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++)
		count = bpf->state[h].count > count ? bpf->state[h].count : count;
	for (uint32_t first = 0; first < count; first += BLOCK)
		for (size_t i = 0; i < bpf->column_count; i++) {
			const struct bpf_column *column = &bpf->columns[i];
			uint32_t all = bpf->state[column->hierarchy].count, end = first + BLOCK;

			fill_column(bpf, column, snapshot, first, end < all ? end : all,
				    incomplete);
		}
	for (size_t i = 0; i < bpf->column_count && r == 0; i++)
		if (bpf_is_instanced(bpf->columns[i].row))
			r = fill_column_instances(bpf, &bpf->columns[i], snapshot, devices,
						  incomplete);
	return r;
}

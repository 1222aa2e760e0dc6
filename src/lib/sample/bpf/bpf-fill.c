/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-fill.c - conversion of BPF records to values of a snapshot. */
#include <stdio.h>
#include <string.h>

#include "lib/sample/bpf/bpf.h"

/* Slots per block: all columns of a block are filled while its records are in the cache. */
#define BLOCK 256

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

/* Maps slots to rows again, after a new topology or after slots changed. */
static void update_rows(struct bpf *bpf, struct topology *topology)
{
	if (bpf->topology == topology)
		return;
	for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++) {
		struct bpf_hierarchy *state = &bpf->state[h];

		for (uint32_t slot = 0; slot < state->count; slot++) {
			const struct tree_group *group = state->groups[slot];

			state->rows[slot] = group != NULL && group->parent != NULL ? group->index
										   : CGW_NO_GROUP;
		}
	}
	topology_unref(bpf->topology);
	bpf->topology = topology_ref(topology);
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
			struct tree_group **unread)
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
			to->state[row] = STATE_UNREAD;
			unread[row] = bpf->state[column->hierarchy].groups[slot];
		}
	}
}

/* Likewise for a sum, after its parts. A part that this kernel lacks is absent in all groups. */
static void fill_sum(const struct bpf *bpf, const struct bpf_column *column,
		     struct cgw_snapshot *snapshot, uint32_t first, uint32_t end,
		     struct tree_group **unread)
{
	const struct snapshot_column *to = &snapshot->columns[column->request.slot];

	for (uint32_t slot = first; slot < end; slot++) {
		uint32_t row = row_of(bpf, column, snapshot, slot);
		struct cgw_number sum = {0, CGW_ABSENT};

		if (row == CGW_NO_GROUP)
			continue;
		for (size_t i = 0; i < column->part_count; i++) {
			const struct snapshot_column *part =
				&snapshot->columns[column->part_slots[i]];

			if (part->state[row] == STATE_UNREAD)
				unread[row] = bpf->state[column->hierarchy].groups[slot];
			if (part->state[row] != CGW_ABSENT && sum.state != STATE_UNREAD)
				sum = (struct cgw_number){sum.value + part->value[row],
							  part->state[row]};
		}
		to->value[row] = sum.state == CGW_OK ? sum.value : 0;
		to->state[row] = (uint8_t)sum.state;
	}
}

static int fill_column_instances(const struct bpf *bpf, const struct bpf_column *column,
				 struct cgw_snapshot *snapshot, struct device_names *devices)
{
	int r = 0;

	for (uint32_t slot = 0; slot < bpf->state[column->hierarchy].count && r == 0; slot++) {
		uint32_t row = row_of(bpf, column, snapshot, slot);

		if (row != CGW_NO_GROUP &&
		    snapshot->columns[column->request.slot].state[row] != STATE_UNREAD)
			r = fill_instances(bpf, column, slot, snapshot, row, devices);
	}
	return r;
}

/* Fills a block of slots: the sums, or the other columns. */
static void fill_columns(const struct bpf *bpf, struct cgw_snapshot *snapshot, uint32_t first,
			 bool sums, struct tree_group **unread)
{
	for (size_t i = 0; i < bpf->column_count; i++) {
		const struct bpf_column *column = &bpf->columns[i];
		uint32_t all = bpf->state[column->hierarchy].count, end = first + BLOCK;

		end = end < all ? end : all;
		if (bpf_is_sum(column->row) != sums)
			continue;
		if (sums)
			fill_sum(bpf, column, snapshot, first, end, unread);
		else
			fill_column(bpf, column, snapshot, first, end, unread);
	}
}

int bpf_collect(void *collector, struct cgw_snapshot *snapshot, struct coverage *coverage)
{
	struct bpf *bpf = collector;
	uint32_t count = 0;
	int r = 0;

	if (bpf->column_count == 0)
		return 0;
	update_rows(bpf, snapshot->topology);
	for (uint32_t row = 1; row < snapshot->topology->view.count; row++)
		snapshot->read_ns[row] = bpf->pass_ns;
	for (size_t i = 0; i < bpf->column_count; i++)
		snapshot->columns[bpf->columns[i].request.slot].state[0] = STATE_UNREAD;
	for (uint32_t h = 0; h < bpf->layout->hierarchy_count; h++)
		count = bpf->state[h].count > count ? bpf->state[h].count : count;
	for (uint32_t first = 0; first < count; first += BLOCK) {
		fill_columns(bpf, snapshot, first, false, coverage->unread);
		fill_columns(bpf, snapshot, first, true, coverage->unread);
	}
	for (size_t i = 0; i < bpf->column_count && r == 0; i++)
		if (bpf_is_instanced(bpf->columns[i].row))
			r = fill_column_instances(bpf, &bpf->columns[i], snapshot,
						  &bpf->files->device_names);
	return r;
}

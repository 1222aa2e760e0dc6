/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-use.c - IO of a group per device: peaks, percentiles, limits that were reached. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/advise/device-use.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/model/frame.h"

#define MIB (UINT64_C(1) << 20)

/* clang-format off */
const struct device_rate_info device_rates[] = {
	[DEVICE_READ_BYTES] = {CGW_M_IO_RBYTES, CGW_M_IO_MAX_RBPS, CGW_C_IO_MAX_RBPS, MIB, MIB},
	[DEVICE_WRITTEN_BYTES] = {CGW_M_IO_WBYTES, CGW_M_IO_MAX_WBPS, CGW_C_IO_MAX_WBPS, MIB, MIB},
	[DEVICE_READS] = {CGW_M_IO_RIOS, CGW_M_IO_MAX_RIOPS, CGW_C_IO_MAX_RIOPS, 100, 10},
	[DEVICE_WRITES] = {CGW_M_IO_WIOS, CGW_M_IO_MAX_WIOPS, CGW_C_IO_MAX_WIOPS, 100, 10},
};
/* clang-format on */

/* The instances of a metric in one sample. */
struct instances {
	const struct cgw_instance *items;
	size_t count;
};

static struct instances instances_of(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
				     uint32_t group)
{
	struct instances instances;

	instances.items = cgw_snapshot_instances(snapshot, metric, group, &instances.count);
	return instances;
}

/* `guess` is where it was in another sample of the same group. */
static const struct cgw_instance *find(struct instances instances, const char *name, size_t guess)
{
	if (guess < instances.count && strcmp(instances.items[guess].name, name) == 0)
		return &instances.items[guess];
	for (size_t i = 0; i < instances.count; i++)
		if (strcmp(instances.items[i].name, name) == 0)
			return &instances.items[i];
	return NULL;
}

/* A device that is not in the file has no limit. */
static struct cgw_number limit_of(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
				  uint32_t group, const char *device)
{
	const struct cgw_instance *found = find(instances_of(snapshot, metric, group), device, 0);

	if (found != NULL)
		return found->number;
	return (struct cgw_number){0, cgw_metric_set_has(cgw_snapshot_metrics(snapshot), metric)
					      ? CGW_MAX
					      : CGW_ABSENT};
}

/* Nothing used a device. */
static bool is_unchanged(const struct cgw_frame *frame, int now, int before)
{
	return frame->now->topology == frame->before->topology &&
	       memcmp(frame->now->columns[now].value, frame->before->columns[before].value,
		      frame->now->topology->view.count * sizeof(uint64_t)) == 0;
}

void devices_find_columns(const struct cgw_frame *frame, struct device_columns *ret_columns)
{
	*ret_columns = (struct device_columns){0};
	for (enum device_rate rate = 0; rate < DEVICE_RATE_COUNT && frame->before != NULL; rate++) {
		enum cgw_metric metric = device_rates[rate].use;
		int now = snapshot_column_of(frame->now, metric, 0);
		int before = snapshot_column_of(frame->before, metric, 0);

		if (now < 0 || before < 0 || is_unchanged(frame, now, before))
			continue;
		ret_columns->now[rate] = &frame->now->columns[now];
		ret_columns->before[rate] = &frame->before->columns[before];
	}
}

int devices_observe(const struct device_columns *columns, const struct cgw_frame *frame,
		    uint32_t group, uint64_t interval_ns,
		    int (*each)(void *context, const char *device, enum device_rate rate,
				uint64_t per_s, struct cgw_number limit),
		    void *context)
{
	const struct cgw_snapshot *now = frame->now, *before = frame->before;
	uint32_t previous = frame->previous[group];
	int r = 0;

	for (enum device_rate rate = 0; rate < DEVICE_RATE_COUNT; rate++) {
		const struct device_rate_info *info = &device_rates[rate];
		struct instances newer, older;

		/*
		 * Without a file before, it is not known what was used since. Counters only grow:
		 * where the sum is the same, no device was used.
		 */
		if (columns->now[rate] == NULL ||
		    columns->before[rate]->state[previous] != CGW_OK ||
		    columns->before[rate]->value[previous] == columns->now[rate]->value[group])
			continue;
		newer = instances_of(now, info->use, group);
		older = instances_of(before, info->use, previous);
		for (size_t i = 0; i < newer.count && r == 0; i++) {
			const struct cgw_instance *item = &newer.items[i];
			const struct cgw_instance *old = find(older, item->name, i);
			uint64_t since, per_s;

			if (old != NULL && old->number.value == item->number.value)
				continue;
			since = old != NULL && old->number.state == CGW_OK ? old->number.value : 0;
			if (item->number.state != CGW_OK || item->number.value <= since ||
			    !scale_u64(item->number.value - since, NS_PER_S, interval_ns, &per_s))
				continue;
			r = each(context, item->name, rate, per_s,
				 limit_of(now, info->limit, group, item->name));
		}
	}
	return r;
}

const struct device_use *devices_find(const struct device_use *devices, const char *name)
{
	while (devices != NULL && strcmp(devices->name, name) != 0)
		devices = devices->next;
	return devices;
}

static struct device_use *find_or_add(struct device_use **devices, const char *name)
{
	size_t length = strlen(name);
	struct device_use *device;

	for (; *devices != NULL; devices = &(*devices)->next)
		if (strcmp((*devices)->name, name) == 0)
			return *devices;
	device = calloc(1, sizeof(*device) + length + 1);
	if (device == NULL)
		return NULL;
	memcpy(device->name, name, length + 1);
	*devices = device;
	return device;
}

int devices_add(struct device_use **devices, const char *name, enum device_rate rate,
		uint64_t per_s, struct cgw_number limit)
{
	struct device_use *device = find_or_add(devices, name);

	if (device == NULL)
		return -ENOMEM;
	if (device->rates[rate] == NULL)
		device->rates[rate] = calloc(1, sizeof(struct histogram));
	if (device->rates[rate] == NULL)
		return -ENOMEM;
	histogram_add(device->rates[rate], per_s);
	if (per_s > device->peak[rate])
		device->peak[rate] = per_s;
	/* Reached within a twentieth: the kernel limits short times, an interval has several. */
	if (limit.state == CGW_OK && per_s >= limit.value - limit.value / 20)
		device->at_limit[rate]++;
	device->limit[rate] = limit;
	return 0;
}

void devices_free(struct device_use *devices)
{
	while (devices != NULL) {
		struct device_use *next = devices->next;

		for (size_t i = 0; i < DEVICE_RATE_COUNT; i++)
			free(devices->rates[i]);
		free(devices);
		devices = next;
	}
}

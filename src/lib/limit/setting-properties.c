/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* setting-properties.c - settings as arguments of systemd's SetUnitProperties. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/limit/setting-properties.h"
#include "lib/metric/decode.h"

#define PERIOD_NS     (100 * NS_PER_MS)
#define INFINITE      UINT64_MAX
#define QUOTA_STEP_US 10000

bool properties_apply(const struct control_row *row, unsigned version)
{
	return row->property != NULL && (version == 2 || row->property_on_v1);
}

static void from_bandwidth(const struct control_row *row, const struct setting *setting,
			   const struct setting *now, struct properties *properties)
{
	uint64_t per_second_us = INFINITE;

	/* systemd stores whole percents: any other value would change at the next daemon-reload. */
	if (!setting->unlimited) {
		if (!scale_u64(setting->number, NS_PER_S, setting->period_ns, &per_second_us))
			per_second_us = UINT64_MAX;
		per_second_us /= 1000;
		per_second_us = (per_second_us + QUOTA_STEP_US - 1) / QUOTA_STEP_US * QUOTA_STEP_US;
	}
	properties->items[0] = (struct systemd_property){
		.name = row->property, .type = "t", .number = per_second_us};
	properties->items[1] = (struct systemd_property){
		.name = "CPUQuotaPeriodUSec",
		.type = "t",
		.number = setting->period_ns == PERIOD_NS ? INFINITE : setting->period_ns / 1000};
	properties->count =
		setting->period_ns == PERIOD_NS &&
				(now == NULL || now->period_ns == PERIOD_NS || now->period_ns == 0)
			? 1
			: 2;
}

static int from_list(const struct control_row *row, const struct setting *setting,
		     struct properties *properties)
{
	const char *at = setting->text, *end = at + strlen(at);
	size_t size = 0;

	while (at < end && strcmp(setting->text, "none") != 0) {
		uint64_t first = 0, last;

		if (decode_u64(&at, end, &first) < 0)
			return -EINVAL;
		last = first;
		if (*at == '-') {
			at++;
			if (decode_u64(&at, end, &last) < 0)
				return -EINVAL;
		}
		if (last / 8 >= sizeof(properties->bits))
			return -ERANGE;
		for (uint64_t i = first; i <= last; i++)
			properties->bits[i / 8] |= (uint8_t)(1U << i % 8);
		size = last / 8 + 1 > size ? (size_t)last / 8 + 1 : size;
		at += *at == ',';
	}
	properties->items[0] = (struct systemd_property){
		.name = row->property, .type = "ay", .bytes = properties->bits, .size = size};
	return 0;
}

/* "MAJ:MIN" to "/dev/NAME"; sysfs replaces a slash in a name by '!'. */
static int device_path(const struct cgw_layout *layout, const char *numbers, char *buffer,
		       size_t size)
{
	unsigned major, minor;
	char name[48];

	/* NOLINTNEXTLINE(cert-err34-c): the numbers are ours */
	if (sscanf(numbers, "%u:%u", &major, &minor) != 2)
		return -EINVAL;
	cgw_device_name(layout, major, minor, name, sizeof(name));
	for (char *at = name; *at != '\0'; at++)
		if (*at == '!')
			*at = '/';
	snprintf(buffer, size, "/dev/%s", name);
	return 0;
}

/* "c 1:3 rwm" to the path that udev creates for the numbers, and the access. */
static int from_device_rule(const struct control_row *row, const struct setting *setting,
			    struct properties *properties)
{
	unsigned major, minor;
	char type;
	int at = 0;

	/* NOLINTNEXTLINE(cert-err34-c): systemd rejects numbers that are too large */
	if (sscanf(setting->text, "%c %u:%u %n", &type, &major, &minor, &at) != 3 || at == 0)
		return -EOPNOTSUPP;
	snprintf(properties->device, sizeof(properties->device), "/dev/%s/%u:%u",
		 type == 'b' ? "block" : "char", major, minor);
	properties->items[0] = (struct systemd_property){.name = row->property,
							 .type = "a(ss)",
							 .device = properties->device,
							 .text = setting->text + at};
	return 0;
}

int properties_from(const struct cgw_layout *layout, const struct control_row *row,
		    const struct setting *setting, const struct setting *now,
		    struct properties *ret_properties)
{
	uint64_t number = setting->unlimited ? INFINITE : setting->number;
	int r = 0;

	*ret_properties = (struct properties){.count = 1};
	switch ((enum control_property)row->property_kind) {
	case PROPERTY_NUMBER:
		ret_properties->items[0] = (struct systemd_property){
			.name = row->property, .type = "t", .number = number};
		break;
	case PROPERTY_BANDWIDTH:
		from_bandwidth(row, setting, now, ret_properties);
		break;
	case PROPERTY_DEVICE_NUMBER:
	case PROPERTY_DEVICE_TIME:
		if (row->property_kind == PROPERTY_DEVICE_TIME && !setting->unlimited)
			number /= 1000;
		r = device_path(layout, setting->instance, ret_properties->device,
				sizeof(ret_properties->device));
		ret_properties->items[0] = (struct systemd_property){
			.name = row->property,
			.type = "a(st)",
			.device = ret_properties->device,
			.number = number,
		};
		break;
	case PROPERTY_BITS:
		r = from_list(row, setting, ret_properties);
		break;
	case PROPERTY_DEVICES:
		r = from_device_rule(row, setting, ret_properties);
		break;
	case PROPERTY_NONE:
		r = -EOPNOTSUPP;
		break;
	}
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-message.c - properties and PIDs as arguments of a D-Bus message. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/systemd-message.h"

static int append_number(sd_bus_message *message, const struct systemd_property *property)
{
	return sd_bus_message_append(message, "t", property->number);
}

static int append_flag(sd_bus_message *message, const struct systemd_property *property)
{
	return sd_bus_message_append(message, "b", property->number != 0);
}

static int append_text(sd_bus_message *message, const struct systemd_property *property)
{
	return sd_bus_message_append(message, "s", property->text);
}

static int append_bytes(sd_bus_message *message, const struct systemd_property *property)
{
	return sd_bus_message_append_array(message, 'y', property->bytes, property->size);
}

static int append_device_number(sd_bus_message *message, const struct systemd_property *property)
{
	return sd_bus_message_append(message, "a(st)", 1, property->device, property->number);
}

static int append_device_text(sd_bus_message *message, const struct systemd_property *property)
{
	return sd_bus_message_append(message, "a(ss)", 1, property->device, property->text);
}

static const struct {
	const char *type;
	int (*append)(sd_bus_message *message, const struct systemd_property *property);
} types[] = {
	{"t", append_number},
	{"b", append_flag},
	{"s", append_text},
	{"ay", append_bytes},
	{"a(st)", append_device_number},
	{"a(ss)", append_device_text},
};

int systemd_append_property(sd_bus_message *message, const struct systemd_property *property)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(property->type, types[i].type) != 0)
			continue;
		r = sd_bus_message_open_container(message, 'r', "sv");
		if (r >= 0)
			r = sd_bus_message_append(message, "s", property->name);
		if (r >= 0)
			r = sd_bus_message_open_container(message, 'v', property->type);
		if (r >= 0)
			r = types[i].append(message, property);
		if (r >= 0)
			r = sd_bus_message_close_container(message);
		return r < 0 ? r : sd_bus_message_close_container(message);
	}
	return -EINVAL;
}

int systemd_append_properties(sd_bus_message *message, const struct systemd_property *properties,
			      size_t count)
{
	int r = sd_bus_message_open_container(message, 'a', "(sv)");

	for (size_t i = 0; i < count && r >= 0; i++)
		r = systemd_append_property(message, &properties[i]);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

int systemd_append_pids(sd_bus_message *message, const pid_t *pids, size_t count)
{
	int r = sd_bus_message_open_container(message, 'a', "u");

	for (size_t i = 0; i < count && r >= 0; i++)
		r = sd_bus_message_append(message, "u", (uint32_t)pids[i]);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

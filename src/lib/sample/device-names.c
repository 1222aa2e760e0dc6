/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-names.c - cache of block device names. */
#include "lib/sample/device-names.h"

const char *device_names_get(struct device_names *names, const struct cgw_layout *layout,
			     unsigned major, unsigned minor)
{
	size_t index = (major * 31 + minor) % DEVICE_NAMES_MAX;

	if (names->entries[index].name[0] == '\0' || names->entries[index].major != major ||
	    names->entries[index].minor != minor) {
		names->entries[index].major = major;
		names->entries[index].minor = minor;
		cgw_device_name(layout, major, minor, names->entries[index].name,
				sizeof(names->entries[index].name));
	}
	return names->entries[index].name;
}

void device_names_clear(struct device_names *names)
{
	for (size_t i = 0; i < DEVICE_NAMES_MAX; i++)
		names->entries[i].name[0] = '\0';
}

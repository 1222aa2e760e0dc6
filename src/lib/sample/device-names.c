/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-names.c - names of block devices, kept from sample to sample. */
#include "lib/sample/device-names.h"

const char *devices_name(struct devices *devices, const struct cgw_layout *layout, unsigned major,
			 unsigned minor)
{
	size_t place = (major * 31 + minor) % DEVICES_KEPT;

	if (devices->kept[place].name[0] == '\0' || devices->kept[place].major != major ||
	    devices->kept[place].minor != minor) {
		devices->kept[place].major = major;
		devices->kept[place].minor = minor;
		cgw_device_name(layout, major, minor, devices->kept[place].name,
				sizeof(devices->kept[place].name));
	}
	return devices->kept[place].name;
}

void devices_forget(struct devices *devices)
{
	for (size_t i = 0; i < DEVICES_KEPT; i++)
		devices->kept[i].name[0] = '\0';
}

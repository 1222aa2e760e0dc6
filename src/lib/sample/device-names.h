/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * device-names.h - cache of block device names, across samples: each group that used a disk has the
 * disk's number in several files, and finding its name needs three system calls.
 */
#pragma once

#include <cgward/kernel.h>

#define DEVICE_NAMES_MAX \
	64 /* a direct-mapped cache: on a collision the later device replaces the other */

struct device_names {
	struct {
		unsigned major, minor;
		char name[64]; /* "": unused entry */
	} entries[DEVICE_NAMES_MAX];
};

/* "nvme0n1", or "259:0" if the device has no name; valid until the next call. */
const char *device_names_get(struct device_names *names, const struct cgw_layout *layout,
			     unsigned major, unsigned minor);
/* Empties the cache, since device numbers are reused. */
void device_names_clear(struct device_names *names);

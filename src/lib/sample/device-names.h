/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * device-names.h - names of block devices, kept from sample to sample: each group that used a disk tells its number
 * several times a sample, and asking for its name is three calls.
 */
#ifndef CGWARD_LIB_SAMPLE_DEVICE_NAMES_H
#define CGWARD_LIB_SAMPLE_DEVICE_NAMES_H

#include <cgward/kernel.h>

#define DEVICES_KEPT 64 /* by number: of two that meet in one place the later one is kept */

struct devices {
	struct {
		unsigned major, minor;
		char name[64]; /* "": this place is free */
	} kept[DEVICES_KEPT];
};

/* "nvme0n1", or "259:0" where it has no name; valid until the next call. */
const char *devices_name(struct devices *devices, const struct cgw_layout *layout, unsigned major,
			 unsigned minor);
/* A number may be another device's by now. */
void devices_forget(struct devices *devices);

#endif

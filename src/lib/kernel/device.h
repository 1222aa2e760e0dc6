/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.h - find block devices, also those that are built from others. */
#pragma once

#include <cgward/kernel.h>

/*
 * Like cgw_device_find(), but also accepts a device that is built from others (LVM, LUKS, md).
 * `disks` returns the names of the whole disks at its bottom, "" for a disk.
 */
int device_resolve(const struct cgw_layout *layout, const char *what, unsigned *ret_major,
		   unsigned *ret_minor, char *disks, size_t size, struct cgw_diag *diag);

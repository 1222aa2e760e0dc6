/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-name.h - the name of a block device in its uevent file. */
#pragma once

#include <cgward/kernel.h>

/* Reads the name from a uevent file below /sys; without one, `buffer` remains unchanged. */
bool device_name_read(const struct cgw_layout *layout, const char *path, char *buffer, size_t size);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-stack.h - block devices that are built on others: LVM, LUKS, md, bcache. */
#pragma once

#include <cgward/kernel.h>

struct device_pair {
	char upper[64], lower[64]; /* names of whole disks */
};

/* Zeroed memory is an empty table. */
struct device_stack {
	struct device_pair *pairs; /* each device with each one directly below it */
	size_t count, size;
};

/* Reads all block devices from /sys, which may be missing. Fails with -ENOMEM only. */
int device_stack_read(const struct cgw_layout *layout, struct device_stack *ret_stack);
void device_stack_done(struct device_stack *stack);
/* IO on `upper` is also counted on `lower`, which is below it, directly or not. */
bool device_stack_has(const struct device_stack *stack, const char *upper, const char *lower);

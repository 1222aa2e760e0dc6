/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-sums.h - sums of IO over devices, each byte once, and only where IO is counted. */
#pragma once

#include "lib/kernel/device-stack.h"
#include "lib/sample/snapshot.h"
#include "lib/sample/system-stat.h"

/*
 * Leaves devices out of a group's sum that are built on others in it: the same bytes are counted on
 * both. The instances remain. Call after snapshot_finish(), as the function below.
 */
void device_sums_leave_out(struct cgw_snapshot *snapshot, const struct device_stack *stack);

/*
 * Current kernels count IO on v1 only on disks for which a throttle limit was set; the top group
 * lists them. While another disk does IO, a group without devices has no value, instead of 0.
 */
int device_sums_drop_uncounted(const struct cgw_layout *layout, struct cgw_snapshot *snapshot);
/*
 * The next disk in the text of /proc/diskstats that did IO and is not one of the instances (of the
 * top group); false after the last one. The text is changed.
 */
bool device_sums_next_uncounted(const struct cgw_layout *layout,
				const struct cgw_instance *instances, uint32_t count, char **rest,
				struct system_disk *ret_disk);

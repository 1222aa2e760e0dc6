/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-sums.h - sums of IO over devices, each byte once, and only where IO is counted. */
#ifndef CGWARD_LIB_SAMPLE_DEVICE_SUMS_H
#define CGWARD_LIB_SAMPLE_DEVICE_SUMS_H

#include "lib/kernel/device-stack.h"
#include "lib/sample/snapshot.h"

/*
 * Leaves devices out of a group's sum that are built on others in it: the same bytes are counted on
 * both. The instances remain. Call after snapshot_finish(), as the function below.
 */
void device_sums_leave_out(struct cgw_snapshot *snapshot, const struct device_stack *stack);

/*
 * Without throttle limits, current kernels count no IO on v1, and the top group lists no device. A
 * group without devices then has no value, instead of 0.
 */
void device_sums_drop_uncounted(struct cgw_snapshot *snapshot);

#endif

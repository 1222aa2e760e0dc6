/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sum-descendants.h - sums of metrics that the kernel counts in each group alone. */
#pragma once

#include "lib/sample/files.h"

/*
 * Adds the values of descendants where the metric includes them, but its file does not. Groups with
 * descendants that are not in the tree get no value, see cgw_sampler_options. What a group repeats
 * (by row) from the last sample already includes its descendants. Call before snapshot_finish().
 */
int sum_descendants(const struct files *files, const struct cgw_sampler_options *options,
		    const bool *repeated, struct cgw_snapshot *snapshot);

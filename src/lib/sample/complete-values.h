/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* complete-values.h - values that depend on others: of the group, other groups, the system. */
#pragma once

#include "lib/sample/files.h"

/*
 * Completes and finishes a snapshot that the collectors have filled. What a group repeats (by row)
 * from the last sample was completed in that one.
 */
int complete_values(struct files *files, const struct cgw_sampler_options *options,
		    const bool *repeated, struct cgw_snapshot *snapshot);

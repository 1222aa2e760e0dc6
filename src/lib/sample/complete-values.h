/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* complete-values.h - values that depend on others: of the group, other groups, the system. */
#ifndef CGWARD_LIB_SAMPLE_COMPLETE_VALUES_H
#define CGWARD_LIB_SAMPLE_COMPLETE_VALUES_H

#include "lib/sample/files.h"

/*
 * Completes and finishes a snapshot that the collectors have filled. What a group repeats (by row)
 * from the last sample was completed in that one. `depth_max` and `below` limit the tree.
 */
int complete_values(struct files *files, uint32_t depth_max, const char *below,
		    const bool *repeated, struct cgw_snapshot *snapshot);

#endif

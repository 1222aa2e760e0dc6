/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* filter-groups.h - a snapshot of some of the groups, and of those above them. */
#ifndef CGWARD_LIB_RECORDING_FILTER_GROUPS_H
#define CGWARD_LIB_RECORDING_FILTER_GROUPS_H

#include "lib/sample/snapshot.h"

struct filter {
	const char *const *globs;
	size_t glob_count;
	struct snapshot_pool *pool;
	struct topology *source, *kept; /* what `groups` was made of and for */
	uint32_t *groups;               /* [group of kept]: its index in the source */
};

/* A new reference: to the snapshot itself where there is no glob. */
int filter_apply(struct filter *filter, struct cgw_snapshot *snapshot,
		 struct cgw_snapshot **ret_kept);
void filter_done(struct filter *filter);

#endif

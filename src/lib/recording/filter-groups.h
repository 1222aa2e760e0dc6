/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* filter-groups.h - reduction of a snapshot to the matching groups and their ancestors. */
#pragma once

#include "lib/sample/snapshot.h"

struct filter {
	const char *const *globs;
	size_t glob_count;
	/* Used instead of globs if set; descendants of an omitted group must be omitted too. */
	bool (*omits)(const struct filter *filter, const struct cgw_topology *topology,
		      uint32_t group);
	unsigned levels; /* for that function */
	struct snapshot_pool *pool;
	struct topology *source, *filtered; /* `groups` maps from filtered to source */
	uint32_t *groups;                   /* [group in filtered]: index in source */
};

/* Returns a new reference, to the snapshot itself if there is nothing to select. */
int filter_apply(struct filter *filter, struct cgw_snapshot *snapshot,
		 struct cgw_snapshot **ret_filtered);
void filter_done(struct filter *filter);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* merge-hosts.h - merging of the samples of several hosts. */
#pragma once

#include "lib/sample/snapshot.h"

struct merge_part {
	const char *host;
	const struct cgw_snapshot *snapshot; /* NULL: none; the host has only its own group */
};

/* State that lets successive snapshots share a topology while no groups appear or disappear. */
struct merge {
	/*
	 * Of the artificial tree: its own hierarchy, then those of the hosts. The newest one is the
	 * last; earlier ones belong to earlier topologies.
	 */
	struct cgw_layout *layouts[CGW_HIERARCHY_MAX];
	size_t layout_count;
	struct snapshot_pool *pool;
	struct topology *topology;
	struct topology **parts; /* its sources, referenced; NULL: host without a snapshot */
	size_t count;
};
/* Adds a layout whose files cannot be opened, with the hierarchy of the artificial groups only. */
int merge_start(struct merge *merge);
/* The newest layout. */
const struct cgw_layout *merge_layout(const struct merge *merge);
void merge_done(struct merge *merge);

/*
 * `parts` is in byte order of the host names; their number never changes. Read times of groups are
 * those of their hosts; the caller sets the times of the snapshot itself.
 */
int merge_snapshots(struct merge *merge, const struct merge_part *parts, size_t count,
		    const struct cgw_metric_set *metrics, struct cgw_snapshot **ret_snapshot);

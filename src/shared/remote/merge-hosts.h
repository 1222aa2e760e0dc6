/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* merge-hosts.h - the samples of several hosts as one. */
#ifndef CGWARD_SHARED_REMOTE_MERGE_HOSTS_H
#define CGWARD_SHARED_REMOTE_MERGE_HOSTS_H

#include "lib/sample/snapshot.h"

struct merge_part {
	const char *host;
	const struct cgw_snapshot
		*snapshot; /* NULL: there is none, and the host's group stands alone */
};

/* What is kept from one to the next, so that they share a topology while no group comes or goes. */
struct merge {
	const struct cgw_layout *layout;
	struct snapshot_pool *pool;
	struct topology *topology;
	struct topology **parts; /* that it was made of, referenced; NULL: of a host without */
	size_t count;
};
void merge_done(struct merge *merge);

/*
 * Hosts in byte order of their names; their number never changes. Times of groups are those of their hosts;
 * the own times of the sample are left to the caller.
 */
int merge_snapshots(struct merge *merge, const struct merge_part *parts, size_t count,
		    const struct cgw_metric_set *wanted, struct cgw_snapshot **ret_snapshot);

#endif

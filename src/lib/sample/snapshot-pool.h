/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* snapshot-pool.h - memory of snapshots that is used again; any thread may give it back. */
#ifndef CGWARD_LIB_SAMPLE_SNAPSHOT_POOL_H
#define CGWARD_LIB_SAMPLE_SNAPSHOT_POOL_H

#include "lib/sample/snapshot.h"

/* An idle snapshot with its memory, or NULL. */
struct cgw_snapshot *snapshot_pool_get(struct snapshot_pool *pool);
/* From now on the snapshot comes back here when its last reference goes. */
void snapshot_pool_lend(struct snapshot_pool *pool, struct cgw_snapshot *snapshot);
void snapshot_destroy(struct cgw_snapshot *snapshot);

#endif

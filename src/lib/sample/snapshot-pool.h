/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* snapshot-pool.h - pool of snapshot memory, to which any thread may return it. */
#ifndef CGWARD_LIB_SAMPLE_SNAPSHOT_POOL_H
#define CGWARD_LIB_SAMPLE_SNAPSHOT_POOL_H

#include "lib/sample/snapshot.h"

/* An unused snapshot with its memory, or NULL. */
struct cgw_snapshot *snapshot_pool_get(struct snapshot_pool *pool);
/* Lets the snapshot return to the pool when its last reference is dropped. */
void snapshot_pool_attach(struct snapshot_pool *pool, struct cgw_snapshot *snapshot);
void snapshot_destroy(struct cgw_snapshot *snapshot);

#endif

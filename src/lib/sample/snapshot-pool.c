/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* snapshot-pool.c - reference counts of snapshots, and reuse of their memory. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/sample/snapshot-pool.h"

/* A frame references two, one is being filled, one is in transit between threads. */
#define POOL_SIZE 4

struct snapshot_pool {
	atomic_uint references; /* of the sampler and each snapshot in use */
	pthread_mutex_t lock;
	bool closed;
	struct cgw_snapshot *unused[POOL_SIZE];
	size_t unused_count;
};

void snapshot_destroy(struct cgw_snapshot *snapshot)
{
	while (snapshot->chunks != NULL) {
		struct text_chunk *next = snapshot->chunks->next;

		free(snapshot->chunks);
		snapshot->chunks = next;
	}
	free(snapshot->block);
	free(snapshot->rows);
	free(snapshot->instances);
	free(snapshot->texts);
	free(snapshot);
}

int snapshot_pool_new(struct snapshot_pool **ret_pool)
{
	struct snapshot_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return -ENOMEM;
	atomic_init(&pool->references, 1);
	pthread_mutex_init(&pool->lock, NULL);
	*ret_pool = pool;
	return 0;
}

static void pool_unref(struct snapshot_pool *pool)
{
	if (atomic_fetch_sub_explicit(&pool->references, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < pool->unused_count; i++)
		snapshot_destroy(pool->unused[i]);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

struct snapshot_pool *snapshot_pool_free(struct snapshot_pool *pool)
{
	if (pool == NULL)
		return NULL;
	pthread_mutex_lock(&pool->lock);
	pool->closed = true;
	pthread_mutex_unlock(&pool->lock);
	pool_unref(pool);
	return NULL;
}

struct cgw_snapshot *snapshot_pool_get(struct snapshot_pool *pool)
{
	struct cgw_snapshot *snapshot = NULL;

	pthread_mutex_lock(&pool->lock);
	if (pool->unused_count > 0)
		snapshot = pool->unused[--pool->unused_count];
	pthread_mutex_unlock(&pool->lock);
	return snapshot;
}

void snapshot_pool_attach(struct snapshot_pool *pool, struct cgw_snapshot *snapshot)
{
	atomic_fetch_add_explicit(&pool->references, 1, memory_order_relaxed);
	snapshot->pool = pool;
}

static bool pool_put(struct snapshot_pool *pool, struct cgw_snapshot *snapshot)
{
	bool pooled = false;

	pthread_mutex_lock(&pool->lock);
	if (!pool->closed && pool->unused_count < POOL_SIZE) {
		pool->unused[pool->unused_count++] = snapshot;
		pooled = true;
	}
	pthread_mutex_unlock(&pool->lock);
	return pooled;
}

struct cgw_snapshot *cgw_snapshot_ref(struct cgw_snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
	return snapshot;
}

struct cgw_snapshot *cgw_snapshot_unref(struct cgw_snapshot *snapshot)
{
	struct snapshot_pool *pool;

	if (snapshot == NULL ||
	    atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) != 1)
		return NULL;
	pool = snapshot->pool;
	snapshot->topology = topology_unref(snapshot->topology);
	if (pool == NULL || !pool_put(pool, snapshot))
		snapshot_destroy(snapshot);
	if (pool != NULL)
		pool_unref(pool);
	return NULL;
}

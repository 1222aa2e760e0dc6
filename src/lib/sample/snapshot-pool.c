/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* snapshot-pool.c - the life of snapshots: counted references, and memory that is used again. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/sample/snapshot-pool.h"

/* Two are held by a frame, one is being made, one is on its way between threads. */
#define POOL_SIZE 4

struct snapshot_pool {
	atomic_uint references; /* the sampler, and each snapshot that is out */
	pthread_mutex_t lock;
	bool closed;
	struct cgw_snapshot *idle[POOL_SIZE];
	size_t idle_count;
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
	for (size_t i = 0; i < pool->idle_count; i++)
		snapshot_destroy(pool->idle[i]);
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
	if (pool->idle_count > 0)
		snapshot = pool->idle[--pool->idle_count];
	pthread_mutex_unlock(&pool->lock);
	return snapshot;
}

void snapshot_pool_lend(struct snapshot_pool *pool, struct cgw_snapshot *snapshot)
{
	atomic_fetch_add_explicit(&pool->references, 1, memory_order_relaxed);
	snapshot->pool = pool;
}

static bool pool_give(struct snapshot_pool *pool, struct cgw_snapshot *snapshot)
{
	bool given = false;

	pthread_mutex_lock(&pool->lock);
	if (!pool->closed && pool->idle_count < POOL_SIZE) {
		pool->idle[pool->idle_count++] = snapshot;
		given = true;
	}
	pthread_mutex_unlock(&pool->lock);
	return given;
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
	if (pool == NULL || !pool_give(pool, snapshot))
		snapshot_destroy(snapshot);
	if (pool != NULL)
		pool_unref(pool);
	return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot.c - construction of snapshots: columns of values, instances and texts; reuse of their
 * memory.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/sample/snapshot.h"

/* A frame references two, one is being filled, one is in transit between threads. */
#define POOL_SIZE 4

struct snapshot_pool {
	atomic_uint references; /* of the sampler and each snapshot in use */
	pthread_mutex_t lock;
	bool closed;
	struct cgw_snapshot *unused[POOL_SIZE];
	size_t unused_count;
};

static void destroy(struct cgw_snapshot *snapshot)
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
		destroy(pool->unused[i]);
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

static struct cgw_snapshot *pool_get(struct snapshot_pool *pool)
{
	struct cgw_snapshot *snapshot = NULL;

	pthread_mutex_lock(&pool->lock);
	if (pool->unused_count > 0)
		snapshot = pool->unused[--pool->unused_count];
	pthread_mutex_unlock(&pool->lock);
	return snapshot;
}

static void pool_attach(struct snapshot_pool *pool, struct cgw_snapshot *snapshot)
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
		destroy(snapshot);
	if (pool != NULL)
		pool_unref(pool);
	return NULL;
}

/* Keeps one chunk for the next use; more than one is rare. */
static void reset_texts(struct cgw_snapshot *snapshot)
{
	snapshot->text_count = 0;
	snapshot->name_count = 0;
	while (snapshot->chunks != NULL && snapshot->chunks->next != NULL) {
		struct text_chunk *first = snapshot->chunks, *second = first->next;

		first->next = second->next; /* the newest is the largest: it stays */
		free(second);
	}
	if (snapshot->chunks != NULL)
		snapshot->chunks->used = 0;
}

static size_t padded_bytes(size_t count)
{
	return (count + 7) & ~(size_t)7;
}

static size_t first_bytes(size_t count, bool instanced)
{
	return instanced ? padded_bytes((count + 1) * sizeof(uint32_t)) : 0;
}

static size_t column_bytes(size_t count, bool instanced)
{
	return count * sizeof(uint64_t) + padded_bytes(count) + first_bytes(count, instanced);
}

static bool is_instanced(const struct cgw_snapshot *snapshot, size_t column)
{
	return cgw_metric_info(snapshot->metric_of[column])->shape == CGW_INSTANCES;
}

/* Lays out the columns in one block, which only grows. */
static int lay_out_columns(struct cgw_snapshot *snapshot, size_t count)
{
	size_t size = count * sizeof(uint64_t);
	char *at;

	for (size_t i = 0; i < snapshot->column_count; i++)
		size += column_bytes(count, is_instanced(snapshot, i));
	if (size > snapshot->block_size) {
		free(snapshot->block);
		snapshot->block_size = 0;
		snapshot->block = malloc(size);
		if (snapshot->block == NULL)
			return -ENOMEM;
		snapshot->block_size = size;
	}
	at = snapshot->block;
	snapshot->read_ns = (void *)at;
	at += count * sizeof(uint64_t);
	for (size_t i = 0; i < snapshot->column_count; i++) {
		struct snapshot_column *column = &snapshot->columns[i];
		bool instanced = is_instanced(snapshot, i);

		column->value = (void *)at;
		column->state = (void *)(at + count * sizeof(uint64_t));
		column->first = instanced ? (void *)(column->state + padded_bytes(count)) : NULL;
		column->instance_count = 0;
		if (column->first != NULL)
			memset(column->first, 0, first_bytes(count, true));
		at += column_bytes(count, instanced);
	}
	return 0;
}

int snapshot_begin_unset(struct snapshot_pool *pool, struct topology *topology,
			 const struct cgw_metric_set *metrics, struct cgw_snapshot **ret_snapshot)
{
	struct cgw_snapshot *snapshot = pool != NULL ? pool_get(pool) : NULL;
	int r;

	if (snapshot == NULL)
		snapshot = calloc(1, sizeof(*snapshot));
	if (snapshot == NULL)
		return -ENOMEM;
	snapshot->pool = NULL;
	snapshot->topology = NULL;
	snapshot->metrics = *metrics;
	snapshot->machine = (struct cgw_system_stat){0};
	snapshot->collector = "files";
	snapshot->column_count = 0;
	snapshot->row_count = 0;
	memset(snapshot->source, 0, sizeof(snapshot->source));
	memset(snapshot->system_wide, 0, sizeof(snapshot->system_wide));
	reset_texts(snapshot);
	memset(snapshot->column_of, -1, sizeof(snapshot->column_of));
	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++) {
		if (!cgw_metric_set_has(metrics, metric))
			continue;
		snapshot->metric_of[snapshot->column_count] = (uint16_t)metric;
		snapshot->column_of[metric] = (int16_t)snapshot->column_count++;
	}
	r = lay_out_columns(snapshot, topology->view.count);
	if (r < 0) {
		destroy(snapshot);
		return r;
	}
	atomic_init(&snapshot->references, 1);
	snapshot->topology = topology_ref(topology);
	if (pool != NULL)
		pool_attach(pool, snapshot);
	*ret_snapshot = snapshot;
	return 0;
}

int snapshot_begin(struct snapshot_pool *pool, struct topology *topology,
		   const struct cgw_metric_set *metrics, struct cgw_snapshot **ret_snapshot)
{
	size_t count = topology->view.count;
	int r = snapshot_begin_unset(pool, topology, metrics, ret_snapshot);

	if (r < 0)
		return r;
	memset((*ret_snapshot)->read_ns, 0, count * sizeof(uint64_t));
	for (size_t i = 0; i < (*ret_snapshot)->column_count; i++) {
		memset((*ret_snapshot)->columns[i].value, 0, count * sizeof(uint64_t));
		memset((*ret_snapshot)->columns[i].state, CGW_ABSENT, count);
	}
	return 0;
}

static int copy_text(struct cgw_snapshot *snapshot, const char *text, size_t length,
		     const char **ret_copy)
{
	struct text_chunk *chunk = snapshot->chunks;

	if (chunk == NULL || chunk->size - chunk->used < length + 1) {
		size_t size = chunk == NULL ? 4096 : 2 * chunk->size;

		if (size < length + 1)
			size = length + 1;
		chunk = malloc(sizeof(*chunk) + size);
		if (chunk == NULL)
			return -ENOMEM;
		chunk->next = snapshot->chunks;
		chunk->used = 0;
		chunk->size = size;
		snapshot->chunks = chunk;
	}
	memcpy(chunk->bytes + chunk->used, text, length);
	chunk->bytes[chunk->used + length] = '\0';
	*ret_copy = chunk->bytes + chunk->used;
	chunk->used += length + 1;
	return 0;
}

static int intern(struct cgw_snapshot *snapshot, const char *name, size_t length,
		  const char **ret_name)
{
	int r;

	for (size_t i = 0; i < snapshot->name_count; i++)
		if (strncmp(snapshot->names[i], name, length) == 0 &&
		    snapshot->names[i][length] == '\0') {
			*ret_name = snapshot->names[i];
			return 0;
		}
	r = copy_text(snapshot, name, length, ret_name);
	if (r == 0 && snapshot->name_count < ARRAY_SIZE(snapshot->names))
		snapshot->names[snapshot->name_count++] = *ret_name;
	return r;
}

int snapshot_add_instance(struct cgw_snapshot *snapshot, int column, uint32_t group,
			  const char *name, size_t name_length, struct cgw_number number)
{
	const char *copy;
	int r = ARRAY_RESERVE(snapshot->rows, snapshot->row_size, snapshot->row_count + 1);

	if (r >= 0)
		r = intern(snapshot, name, name_length, &copy);
	if (r < 0)
		return r;
	snapshot->rows[snapshot->row_count++] = (struct instance_row){
		.instance = {copy, number},
		.group = group,
		.column = (int16_t)column,
	};
	snapshot->columns[column].first[group]++; /* a count until snapshot_finish() */
	snapshot->columns[column].instance_count++;
	return 0;
}

int snapshot_add_text(struct cgw_snapshot *snapshot, int column, uint32_t group, const char *text,
		      size_t length)
{
	const char *copy;
	int r = ARRAY_RESERVE(snapshot->texts, snapshot->text_size, snapshot->text_count + 1);

	if (r >= 0)
		r = copy_text(snapshot, text, length, &copy);
	if (r < 0)
		return r;
	snapshot->columns[column].value[group] = snapshot->text_count;
	snapshot->texts[snapshot->text_count++] = copy;
	return 0;
}

int snapshot_copy_row(struct cgw_snapshot *snapshot, uint32_t group,
		      const struct cgw_snapshot *from, uint32_t row)
{
	for (int column = 0; column < snapshot->column_count; column++) {
		const struct snapshot_column *old = &from->columns[column];
		const char *text =
			cgw_metric_info(snapshot->metric_of[column])->shape == CGW_STRING &&
					old->state[row] == CGW_OK
				? from->texts[old->value[row]]
				: NULL;
		int r = 0;

		snapshot_set(snapshot, column, group, snapshot_get(from, column, row));
		if (text != NULL)
			r = snapshot_add_text(snapshot, column, group, text, strlen(text));
		for (uint32_t i = old->first != NULL ? old->first[row] : 0;
		     r == 0 && old->first != NULL && i < old->first[row + 1]; i++)
			r = snapshot_add_instance(snapshot, column, group, from->instances[i].name,
						  strlen(from->instances[i].name),
						  from->instances[i].number);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_same_name(const struct cgw_snapshot *snapshot, const char *a, const char *b)
{
	/* Names are copied once, unless there are too many. */
	return a == b || (snapshot->name_count == ARRAY_SIZE(snapshot->names) && strcmp(a, b) == 0);
}

/* The decoder numbers the instances itself. */
static bool has_distinct_names(const struct cgw_snapshot *snapshot, size_t column)
{
	return cgw_metric_info(snapshot->metric_of[column])->sources[0].format ==
	       CGW_FORMAT_PER_CPU;
}

/* Limits do not add up: the tightest one applies. */
static struct cgw_number join_numbers(const struct cgw_metric_info *info, struct cgw_number a,
				      struct cgw_number b)
{
	bool is_amount = info->kind == CGW_COUNTER || info->kind == CGW_GAUGE;

	if (a.state == CGW_MAX || b.state == CGW_MAX)
		return a.state == CGW_MAX ? b : a;
	if (a.state != CGW_OK || b.state != CGW_OK)
		return a.state != CGW_OK ? a : b;
	if (is_amount && a.value > UINT64_MAX - b.value)
		return (struct cgw_number){0, CGW_BAD};
	if (is_amount)
		a.value += b.value;
	else if (b.value < a.value)
		a = b;
	return a;
}

/*
 * Joins instances of the same name, which the kernel does not exclude: all devices that are gone
 * are "(unknown)". Returns the number of instances left.
 */
static uint32_t join_instances(const struct cgw_snapshot *snapshot, size_t column,
			       struct cgw_instance *instances, uint32_t count)
{
	const struct cgw_metric_info *info = cgw_metric_info(snapshot->metric_of[column]);
	uint32_t left = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t same = 0;

		while (same < left &&
		       !is_same_name(snapshot, instances[same].name, instances[i].name))
			same++;
		if (same < left)
			instances[same].number =
				join_numbers(info, instances[same].number, instances[i].number);
		else
			instances[left++] = instances[i];
	}
	return left;
}

static void join_all_instances(struct cgw_snapshot *snapshot)
{
	uint32_t count = snapshot->topology->view.count, end = 0;

	for (size_t i = 0; i < snapshot->column_count; i++) {
		uint32_t *first = snapshot->columns[i].first;

		if (snapshot->columns[i].instance_count == 0)
			continue;
		for (uint32_t group = 0; group < count; group++) {
			uint32_t length = first[group + 1] - first[group];
			/* Without any instance there is no array. */
			struct cgw_instance *run =
				length > 0 ? snapshot->instances + first[group] : NULL;

			if (length > 0 && !has_distinct_names(snapshot, i))
				length = join_instances(snapshot, i, run, length);
			if (length > 0 && end != first[group])
				memmove(snapshot->instances + end, run, length * sizeof(*run));
			first[group] = end;
			end += length;
		}
		first[count] = end;
	}
}

/*
 * Counting sort by column and group: counts become the ends of each group's run, and inserting
 * the rows in reverse moves each end to the start of its run.
 */
int snapshot_finish(struct cgw_snapshot *snapshot)
{
	uint32_t count = snapshot->topology->view.count, end = 0;

	if (ARRAY_RESERVE(snapshot->instances, snapshot->instance_size, snapshot->row_count) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->column_count; i++) {
		uint32_t *first = snapshot->columns[i].first;

		if (snapshot->columns[i].instance_count == 0)
			continue;
		for (uint32_t group = 0; group <= count; group++) {
			end += first[group];
			first[group] = end;
		}
	}
	for (size_t i = snapshot->row_count; i > 0; i--) {
		const struct instance_row *row = &snapshot->rows[i - 1];

		snapshot->instances[--snapshot->columns[row->column].first[row->group]] =
			row->instance;
	}
	join_all_instances(snapshot);
	return 0;
}

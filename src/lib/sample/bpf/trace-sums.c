/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-sums.c - what the tasks of groups and of their descendants waited, sent and received. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/sample/bpf/trace-sums.h"

/* Nanoseconds per unit of the buckets. */
#define BUCKET_UNIT_NS 1024

static int compare_ids(const void *a, const void *b)
{
	const struct trace_sum *first = a, *second = b;

	return (first->id > second->id) - (first->id < second->id);
}

static int compare_id(const void *key, const void *item)
{
	const uint64_t *id = key;
	const struct trace_sum *sum = item;

	return (*id > sum->id) - (*id < sum->id);
}

struct trace_sum *trace_sums_find(const struct trace_sums *sums, uint64_t id)
{
	if (sums->count == 0)
		return NULL;
	return bsearch(&id, sums->items, sums->count, sizeof(*sums->items), compare_id);
}

static void add(struct trace_sum *sum, const struct trace_group *record, uint64_t epoch)
{
	const struct trace_peak *peak = &record->peaks[epoch % 2];

	sum->waited_ns += record->waited_ns;
	sum->part_ns += record->part_ns;
	for (size_t i = 0; i < TRACE_COUNTERS; i++)
		sum->counters[i] += record->counters[i];
	if (peak->epoch == epoch && peak->ns > sum->longest_ns)
		sum->longest_ns = peak->ns;
	if (record->runnable > sum->runnable)
		sum->runnable = record->runnable;
	for (size_t i = 0; i < TRACE_BUCKETS; i++)
		sum->buckets[i] += record->buckets[i];
}

void trace_sums_add(struct trace_sums *sums, uint64_t id, const struct trace_group *record,
		    uint64_t epoch)
{
	static const unsigned long long none[TRACE_COUNTERS];
	struct trace_sum *sum;

	if (record->waited_ns == 0 && record->peaks[epoch % 2].epoch != epoch &&
	    record->runnable == 0 && memcmp(record->counters, none, sizeof(none)) == 0)
		return;
	for (; id != 0 && (sum = trace_sums_find(sums, id)) != NULL;
	     id = sums->own_only ? 0 : sum->parent_id)
		add(sum, record, epoch);
}

int trace_sums_set(struct trace_sums *sums, const uint64_t *ids, const struct trace_group *records,
		   size_t count, uint64_t epoch)
{
	if (ARRAY_RESERVE(sums->items, sums->size, count) < 0)
		return -ENOMEM;
	sums->count = count;
	for (size_t i = 0; i < count; i++)
		sums->items[i] =
			(struct trace_sum){.id = ids[i], .parent_id = records[i].parent_id};
	if (count > 0)
		qsort(sums->items, count, sizeof(*sums->items), compare_ids);
	for (size_t i = 0; i < count; i++)
		trace_sums_add(sums, ids[i], &records[i], epoch);
	return 0;
}

void trace_sums_done(struct trace_sums *sums)
{
	free(sums->items);
	*sums = (struct trace_sums){0};
}

void trace_sums_keep(struct trace_sums *sums, uint64_t id)
{
	struct trace_sum *sum;

	for (; (sum = trace_sums_find(sums, id)) != NULL && !sum->kept; id = sum->parent_id)
		sum->kept = true;
}

void trace_sums_keep_changed(struct trace_sums *sums, const struct trace_sums *before)
{
	for (size_t i = 0; i < sums->count; i++) {
		const struct trace_sum *now = &sums->items[i];
		const struct trace_sum *old = trace_sums_find(before, now->id);

		if (old == NULL || old->waited_ns != now->waited_ns || now->runnable != 0 ||
		    memcmp(old->counters, now->counters, sizeof(now->counters)) != 0)
			trace_sums_keep(sums, now->id);
	}
}

const struct trace_sum *trace_sums_heir(const struct trace_sums *sums, const struct trace_sum *sum)
{
	const struct trace_sum *heir = sum;

	while (heir != NULL && !heir->kept && heir->parent_id != 0)
		heir = trace_sums_find(sums, heir->parent_id);
	return heir != sum ? heir : NULL;
}

static int compare_dropped(const void *key, const void *item)
{
	const uint64_t *id = key;
	const struct trace_dropped *dropped = item;

	return (*id > dropped->id) - (*id < dropped->id);
}

static struct trace_dropped *find_dropped(struct trace_dropped *dropped, size_t count, uint64_t id)
{
	return bsearch(&id, dropped, count, sizeof(*dropped), compare_dropped);
}

size_t trace_sums_add_parents(struct trace_dropped *dropped, size_t dropped_count, uint64_t *ids,
			      struct trace_group *records, size_t count, size_t max)
{
	struct trace_dropped *found;

	if (dropped_count == 0)
		return count;
	for (size_t i = 0; i < count; i++)
		if ((found = find_dropped(dropped, dropped_count, ids[i])) != NULL)
			found->exists = true;
	/* The parents of those that are appended follow in the same loop. */
	for (size_t i = 0; i < count; i++) {
		found = find_dropped(dropped, dropped_count, records[i].parent_id);
		if (found == NULL || found->exists || count == max)
			continue;
		found->exists = true;
		ids[count] = found->id;
		records[count++] = (struct trace_group){.parent_id = found->parent_id};
	}
	return count;
}

static uint64_t bucket_start_ns(size_t bucket)
{
	if (bucket < 4)
		return bucket * BUCKET_UNIT_NS;
	return ((UINT64_C(4) + bucket % 4) << (bucket / 4 - 1)) * BUCKET_UNIT_NS;
}

uint64_t trace_sum_up_to(const struct trace_sum *sum, size_t bound)
{
	/* 4096 ns are the start of bucket 4, and from there eight buckets are a factor of four. */
	size_t end = bound + 1 < TRACE_BOUND_COUNT ? 4 + 8 * bound : TRACE_BUCKETS;
	uint64_t count = 0;

	for (size_t i = 0; i < end; i++)
		count += sum->buckets[i];
	return count;
}

uint64_t trace_sum_most(const struct trace_sum *before, const struct trace_sum *now)
{
	uint64_t most = now->longest_ns > now->runnable ? now->longest_ns : now->runnable;

	return before != NULL && before->runnable > most ? before->runnable : most;
}

uint64_t trace_sum_count(const struct trace_sum *sum)
{
	return trace_sum_up_to(sum, TRACE_BOUND_COUNT - 1);
}

bool trace_percentile(const struct trace_sum *before, const struct trace_sum *now, unsigned percent,
		      uint64_t *ret_ns)
{
	uint64_t counts[TRACE_BUCKETS];
	uint64_t total = 0, rank, below = 0, start, ns;
	size_t bucket = 0;

	for (size_t i = 0; i < TRACE_BUCKETS; i++) {
		counts[i] = now->buckets[i] - (before != NULL ? before->buckets[i] : 0);
		total += counts[i];
	}
	if (total == 0)
		return false;
	rank = (total * percent + 99) / 100;
	while (below + counts[bucket] < rank)
		below += counts[bucket++];
	/* Within a bucket, the waits are taken to be spread evenly. */
	start = bucket_start_ns(bucket);
	ns = start + (bucket_start_ns(bucket + 1) - start) * (rank - below) / counts[bucket];
	if (now->longest_ns > 0 && (ns > now->longest_ns || bucket == TRACE_BUCKETS - 1))
		ns = now->longest_ns;
	*ret_ns = ns;
	return true;
}

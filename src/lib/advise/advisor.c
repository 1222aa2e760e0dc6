/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advisor.c - the groups of a recording, and what is added for each frame. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/advise/advisor.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

int cgw_advisor_new(const struct cgw_advisor_options *options, struct cgw_advisor **ret_advisor)
{
	struct cgw_advisor *advisor = calloc(1, sizeof(*advisor));

	if (advisor == NULL)
		return -ENOMEM;
	advisor->options = *options;
	*ret_advisor = advisor;
	return 0;
}

struct cgw_advisor *cgw_advisor_free(struct cgw_advisor *advisor)
{
	if (advisor == NULL)
		return NULL;
	for (size_t i = 0; i < advisor->record_count; i++) {
		devices_free(advisor->records[i]->devices);
		for (size_t j = 0; j < SIZE_PAGE_COUNT; j++)
			free(advisor->records[i]->memory[j]);
		free(advisor->records[i]->path);
		free(advisor->records[i]);
	}
	devices_free(advisor->busiest);
	siblings_free(&advisor->siblings);
	free(advisor->records);
	free(advisor->buckets);
	free(advisor->of_group);
	free(advisor->of_group_before);
	free(advisor->advice);
	free(advisor);
	return NULL;
}

void cgw_advisor_metrics(struct cgw_metric_set *set)
{
	static const enum cgw_metric metrics[] = {
		CGW_M_CPU_USAGE,         CGW_M_CPU_THROTTLED,
		CGW_M_CPU_MAX,           CGW_M_CPU_WEIGHT,
		CGW_M_MEMORY_CURRENT,    CGW_M_MEMORY_INACTIVE_FILE,
		CGW_M_MEMORY_ANON,       CGW_M_MEMORY_SHMEM,
		CGW_M_MEMORY_KERNEL,     CGW_M_MEMORY_WORKINGSET_REFAULT,
		CGW_M_MEMORY_EVENTS_MAX, CGW_M_MEMORY_EVENTS_OOM_KILL,
		CGW_M_MEMORY_MAX,        CGW_M_MEMORY_HIGH,
		CGW_M_PIDS_CURRENT,      CGW_M_PIDS_MAX,
		CGW_M_PIDS_EVENTS_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		cgw_metric_set_add(set, metrics[i]);
	for (size_t i = 0; i < DEVICE_RATE_COUNT; i++) {
		cgw_metric_set_add(set, device_rates[i].use);
		cgw_metric_set_add(set, device_rates[i].limit);
	}
}

/* A group is known by its name and the record of its parent, so that no path is composed. */
static size_t hash_of(const struct usage_record *parent, const char *name)
{
	uint64_t hash = (uintptr_t)parent;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return (size_t)(hash ^ hash >> 32);
}

static void insert_record(struct cgw_advisor *advisor, struct usage_record *record)
{
	struct usage_record **bucket =
		&advisor->buckets[record->hash & (advisor->bucket_count - 1)];

	record->next = *bucket;
	*bucket = record;
}

/* A power of two, and at least as many buckets as records. */
static int reserve_buckets(struct cgw_advisor *advisor, size_t count)
{
	size_t bucket_count = advisor->bucket_count > 0 ? advisor->bucket_count * 2 : 64;
	struct usage_record **buckets;

	if (count <= advisor->bucket_count)
		return 0;
	buckets = calloc(bucket_count, sizeof(*buckets));
	if (buckets == NULL)
		return -ENOMEM;
	free(advisor->buckets);
	advisor->buckets = buckets;
	advisor->bucket_count = bucket_count;
	for (size_t i = 0; i < advisor->record_count; i++)
		insert_record(advisor, advisor->records[i]);
	return 0;
}

static struct usage_record *find_record(const struct cgw_advisor *advisor, size_t hash,
					const struct usage_record *parent, const char *name)
{
	struct usage_record *record = advisor->bucket_count > 0
					      ? advisor->buckets[hash & (advisor->bucket_count - 1)]
					      : NULL;

	while (record != NULL && (record->hash != hash || record->parent != parent ||
				  strcmp(record->name, name) != 0))
		record = record->next;
	return record;
}

static int add_record(struct cgw_advisor *advisor, const struct cgw_topology *topology,
		      uint32_t group, size_t hash, struct usage_record **ret_record)
{
	CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, group);
	struct usage_record *record;

	if (path == NULL ||
	    ARRAY_RESERVE(advisor->records, advisor->record_capacity, advisor->record_count + 1) <
		    0 ||
	    reserve_buckets(advisor, advisor->record_count + 1) < 0)
		return -ENOMEM;
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return -ENOMEM;
	record->parent = group == 0 ? NULL : advisor->of_group[topology->parent[group]];
	record->selected = group != 0 && (advisor->options.selects == NULL ||
					  advisor->options.selects(advisor->options.context, path));
	record->path = steal_pointer(&path);
	record->name = record->path + strlen(record->path) - strlen(topology->name[group]);
	record->hash = hash;
	insert_record(advisor, record);
	advisor->records[advisor->record_count++] = record;
	*ret_record = record;
	return 0;
}

static uint64_t id_of(const struct cgw_topology *topology, uint32_t group)
{
	uint64_t id = 0;

	for (uint32_t i = 0; i < topology->hierarchy_count && id == 0; i++)
		id = topology->id[i][group];
	return id;
}

/* Finds or, if `create`, adds the record of a group, whose parent is mapped; otherwise NULL. */
static int map_group(struct cgw_advisor *advisor, const struct cgw_topology *topology,
		     uint32_t group, bool create)
{
	const struct usage_record *parent =
		group == 0 ? NULL : advisor->of_group[topology->parent[group]];
	size_t hash = hash_of(parent, topology->name[group]);
	struct usage_record *record = NULL;
	uint64_t id;
	int r;

	if (group == 0 || parent != NULL)
		record = find_record(advisor, hash, parent, topology->name[group]);
	if (create) {
		r = record == NULL ? add_record(advisor, topology, group, hash, &record) : 0;
		if (r < 0)
			return r;
		id = id_of(topology, group);
		if (record->usage.lives == 0 || record->id != id) {
			record->id = id;
			usage_begin_life(record);
		}
	}
	advisor->of_group[group] = record;
	return 0;
}

int advisor_map_groups(struct cgw_advisor *advisor, const struct cgw_frame *frame, bool create)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	const struct cgw_snapshot *before = cgw_frame_before(frame);
	/* Only while `before` exists, its address is that of the last frame's topology. */
	bool follows = before != NULL && advisor->topology == cgw_snapshot_topology(before);
	struct usage_record **previous;
	size_t capacity;
	int r;

	if (follows && topology == advisor->topology)
		return 0;
	r = ARRAY_RESERVE(advisor->of_group_before, advisor->of_group_before_capacity,
			  topology->count);
	if (r < 0)
		return r;
	previous = advisor->of_group;
	capacity = advisor->of_group_capacity;
	advisor->of_group = advisor->of_group_before;
	advisor->of_group_capacity = advisor->of_group_before_capacity;
	advisor->of_group_before = previous;
	advisor->of_group_before_capacity = capacity;
	advisor->topology = NULL; /* until the array is complete */
	for (uint32_t i = 0; i < topology->count && r == 0; i++) {
		uint32_t old = follows ? cgw_frame_previous(frame, i) : CGW_NO_GROUP;

		if (old != CGW_NO_GROUP && (cgw_frame_flags(frame, i) & CGW_ROW_RECREATED) == 0)
			advisor->of_group[i] = previous[old];
		else
			r = map_group(advisor, topology, i, create);
	}
	if (r == 0)
		advisor->topology = topology;
	return r;
}

uint64_t advisor_part_ns(const struct cgw_advisor *advisor)
{
	uint64_t begin = advisor->options.begin_ns, end = advisor->options.end_ns;

	if (end == 0)
		return advisor->part_ns;
	return end > begin ? (end - begin) / GROWTH_PARTS : 0;
}

/* The part of a time; without a known end, parts become longer as time passes. */
static size_t part_of(struct cgw_advisor *advisor, uint64_t realtime_ns)
{
	bool is_open = advisor->options.end_ns == 0;
	uint64_t part;

	if (is_open && advisor->part_ns == 0) {
		advisor->part_ns = NS_PER_S;
		advisor->options.begin_ns = realtime_ns;
	}
	if (advisor_part_ns(advisor) == 0 || realtime_ns <= advisor->options.begin_ns)
		return 0;
	while (is_open &&
	       realtime_ns - advisor->options.begin_ns >= advisor_part_ns(advisor) * GROWTH_PARTS) {
		for (size_t i = 0; i < advisor->record_count; i++)
			usage_join_parts(advisor->records[i]);
		advisor->part_ns *= 2;
	}
	part = (realtime_ns - advisor->options.begin_ns) / advisor_part_ns(advisor);
	return part < GROWTH_PARTS ? (size_t)part : GROWTH_PARTS - 1;
}

static int add_device(void *context, const char *device, enum device_rate rate, uint64_t per_s,
		      struct cgw_number limit)
{
	struct device_target *target = context;
	int r = devices_add(&target->advisor->busiest, device, rate, per_s, limit);

	/* Nothing limits the root. */
	return r == 0 && target->record->selected
		       ? devices_add(&target->record->devices, device, rate, per_s, limit)
		       : r;
}

static void note_machine(struct cgw_advisor *advisor, const struct cgw_snapshot *now)
{
	const struct cgw_system_stat *system = cgw_snapshot_system(now);

	if (system->cpu_count > advisor->cpus)
		advisor->cpus = system->cpu_count;
	if (system->memory_total_bytes.state == CGW_OK &&
	    system->memory_total_bytes.value > advisor->memory_bytes)
		advisor->memory_bytes = system->memory_total_bytes.value;
}

/* Counts the intervals in which the siblings of a group had no CPU time left. */
static void add_full(struct cgw_advisor *advisor, const struct cgw_topology *topology)
{
	for (uint32_t i = 1; i < topology->count; i++) {
		uint64_t capacity = advisor->siblings.items[topology->parent[i]].capacity;
		struct usage_record *record = advisor->of_group[i];

		if (capacity == 0)
			continue;
		record->usage.full_intervals++;
		if (capacity > record->parent->capacity)
			record->parent->capacity = capacity;
	}
}

int cgw_advisor_add(struct cgw_advisor *advisor, const struct cgw_frame *frame)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	size_t part = part_of(advisor, cgw_snapshot_realtime_ns(now));
	const struct cgw_topology *topology = cgw_snapshot_topology(now);
	struct device_columns columns;
	int r = advisor_map_groups(advisor, frame, true);

	devices_find_columns(frame, &columns);
	if (r == 0)
		r = siblings_begin(&advisor->siblings, topology->count);
	for (uint32_t i = 0; i < topology->count && r == 0; i++) {
		struct device_target target = {.advisor = advisor, .record = advisor->of_group[i]};
		struct observation observation;

		observe(frame, i, &observation);
		r = usage_add(target.record, frame, i, &observation, part);
		advisor->siblings.items[i].use = observation.value[MEASURE_CPU];
		if (r == 0 && observation.interval_ns > 0)
			r = devices_observe(&columns, frame, i, observation.interval_ns, add_device,
					    &target);
	}
	if (r < 0)
		return r;
	note_machine(advisor, now);
	if (siblings_find_full(&advisor->siblings, frame, advisor->cpus))
		add_full(advisor, topology);
	return 0;
}

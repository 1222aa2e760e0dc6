/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot.h - construction of snapshots, for collectors and tests; a finished snapshot is
 * immutable.
 *
 * A topology is built once and shared; a snapshot holds a reference to it and has one column per
 * metric. Its memory comes from a pool and returns there with the last reference, so that a
 * sample without changes allocates nothing.
 */
#pragma once

#include <stdatomic.h>

#include <cgward/sample.h>

struct topology {
	atomic_uint references;
	struct cgw_topology view; /* points into the memory that follows */
};

/*
 * Allocates a topology of `count` groups whose names have `names_size` bytes with their
 * terminators. The caller fills the arrays through the returned pointers before it shares the
 * topology.
 */
struct topology_arrays {
	uint32_t *parent, *below, *present;
	uint16_t *depth;
	const char **name;
	uint64_t **id;
	char *names;
};
int topology_new(uint32_t count, uint32_t hierarchy_count, size_t names_size,
		 struct topology **ret_topology, struct topology_arrays *ret_arrays);
struct topology *topology_ref(struct topology *topology);
struct topology *topology_unref(struct topology *topology);

struct snapshot_pool;
int snapshot_pool_new(struct snapshot_pool **ret_pool);
/* Referenced snapshots remain valid and are freed later instead of pooled. */
struct snapshot_pool *snapshot_pool_free(struct snapshot_pool *pool);

struct snapshot_column {
	uint64_t *value; /* [group]; for texts the index into `texts` */
	uint8_t *state;
	uint32_t *first;         /* [group + 1], into `instances`; NULL unless instanced */
	uint32_t instance_count; /* of all groups; 0: all of `first` is 0 */
};

/* An instance as it was read, before sorting. */
struct instance_row {
	struct cgw_instance instance;
	uint32_t group;
	int16_t column;
};

struct text_chunk {
	struct text_chunk *next;
	size_t used, size;
	char bytes[];
};

struct cgw_snapshot {
	atomic_uint references;
	struct snapshot_pool *pool; /* referenced; NULL: not pooled */
	struct topology *topology;
	struct cgw_metric_set metrics;
	struct cgw_system_stat machine;
	uint64_t monotonic_ns, boottime_ns, realtime_ns, cost_ns;
	const char *collector;
	uint16_t column_count;
	int16_t column_of[CGW_METRIC_COUNT]; /* -1: not requested */
	uint16_t metric_of[CGW_METRIC_COUNT];
	struct snapshot_column columns[CGW_METRIC_COUNT];
	const struct cgw_source *source[CGW_METRIC_COUNT];
	bool system_wide[CGW_METRIC_COUNT];
	uint64_t *read_ns; /* [group] */
	void *block;       /* of columns and read_ns */
	size_t block_size;
	struct instance_row *rows;
	size_t row_count, row_size;
	struct cgw_instance *instances; /* by column, then group; set by snapshot_finish() */
	size_t instance_size;
	const char **texts;
	size_t text_count, text_size;
	struct text_chunk *chunks;
	const char *names[64]; /* copied instance names: few, but repeated in each group */
	size_t name_count;
};

/* Creates a snapshot of a topology (referenced) with all values ABSENT. `pool` may be NULL. */
int snapshot_begin(struct snapshot_pool *pool, struct topology *topology,
		   const struct cgw_metric_set *metrics, struct cgw_snapshot **ret_snapshot);

static inline void snapshot_set(struct cgw_snapshot *snapshot, int column, uint32_t group,
				struct cgw_number number)
{
	snapshot->columns[column].value[group] = number.value;
	snapshot->columns[column].state[group] = (uint8_t)number.state;
}

static inline struct cgw_number snapshot_get(const struct cgw_snapshot *snapshot, int column,
					     uint32_t group)
{
	const struct snapshot_column *from = &snapshot->columns[column];

	return (struct cgw_number){from->value[group], (enum cgw_state)from->state[group]};
}

/* The column of a metric that was read, else -1. */
static inline int snapshot_column_of(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
				     uint32_t group)
{
	if ((unsigned)metric >= CGW_METRIC_COUNT || group >= snapshot->topology->view.count)
		return -1;
	return snapshot->column_of[metric];
}

/* cgw_snapshot_number(), for loops over all groups. */
static inline struct cgw_number snapshot_number(const struct cgw_snapshot *snapshot,
						enum cgw_metric metric, uint32_t group)
{
	int column = snapshot_column_of(snapshot, metric, group);

	return column < 0 ? (struct cgw_number){0, CGW_ABSENT}
			  : snapshot_get(snapshot, column, group);
}

int snapshot_add_instance(struct cgw_snapshot *snapshot, int column, uint32_t group,
			  const char *name, size_t name_length, struct cgw_number number);
/* Stores the text; the caller sets the state. */
int snapshot_add_text(struct cgw_snapshot *snapshot, int column, uint32_t group, const char *text,
		      size_t length);

/* Copies the row of a group from another snapshot of the same metrics. */
int snapshot_copy_row(struct cgw_snapshot *snapshot, uint32_t group,
		      const struct cgw_snapshot *from, uint32_t row);

/* Sorts the instances after the last value was added. The snapshot is immutable from here on. */
int snapshot_finish(struct cgw_snapshot *snapshot);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recordings.h - snapshots of a synthetic machine for every tick, and comparison of snapshots. For
 * tests that link the recording module.
 */
#pragma once

#include <stdio.h>

#include "frames.h"
#include <cgward/recording.h>

#define TICK_NS  UINT64_C(1000000000)
#define EPOCH_NS UINT64_C(1700000000000000000)

/* Metrics of every shape and kind. */
static const enum cgw_metric recorded_metrics[] = {
	CGW_M_CPU_USAGE,   CGW_M_MEMORY_CURRENT, CGW_M_MEMORY_MAX, CGW_M_MEMORY_EVENTS_OOM_KILL,
	CGW_M_IO_RBYTES,   CGW_M_IO_MAX_RBPS,    CGW_M_PIDS_MAX,   CGW_M_CGROUP_TYPE,
	CGW_M_PIDS_CURRENT};

/* A pseudo-random number which is the same on every machine. */
static uint64_t scramble(uint64_t number)
{
	number ^= number >> 33;
	number *= UINT64_C(0xff51afd7ed558ccd);
	number ^= number >> 29;
	number *= UINT64_C(0xc4ceb9fe1a85ec53);
	return number ^ number >> 32;
}

/* The groups at a tick. Some of them are removed and created again from time to time. */
static struct topology *machine_topology(unsigned tick)
{
	static const char *const paths[] = {"/",    "/a",     "/a/x", "/a/y", "/b",
					    "/b/z", "/b/z/q", "/c",   "/d\n", "/e"};
	struct frame_group groups[sizeof(paths) / sizeof(paths[0])];
	uint32_t count = 0;

	for (uint32_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (i == 3 && tick / 7 % 2 == 1)
			continue; /* "/a/y" is created and removed every 7 ticks */
		if ((i == 5 || i == 6) && tick / 11 % 3 == 1)
			continue;
		/* "/c" is replaced by another group every 20 ticks. */
		groups[count++] =
			(struct frame_group){paths[i], 100 + i + (i == 7 ? tick / 20 : 0)};
	}
	return frame_topology(groups, count);
}

static void fill_group(struct cgw_snapshot *snapshot, uint32_t group, unsigned tick)
{
	uint64_t id = snapshot->topology->view.id[0][group];
	int columns[CGW_METRIC_COUNT];

	for (int i = 0; i < CGW_METRIC_COUNT; i++)
		columns[i] = snapshot->column_of[i];
	snapshot_set(snapshot, columns[CGW_M_CPU_USAGE], group,
		     (struct cgw_number){id * 1000 + tick * (id % 3), CGW_OK});
	snapshot_set(snapshot, columns[CGW_M_MEMORY_CURRENT], group,
		     (struct cgw_number){scramble(id + tick / (1 + id % 5)) >> 24, CGW_OK});
	snapshot_set(snapshot, columns[CGW_M_MEMORY_MAX], group,
		     id % 2 == 0 ? (struct cgw_number){0, CGW_MAX}
				 : (struct cgw_number){(id + tick / 30) << 20, CGW_OK});
	snapshot_set(snapshot, columns[CGW_M_MEMORY_EVENTS_OOM_KILL], group,
		     (struct cgw_number){tick / 25 * (id % 4 == 1), CGW_OK});
	snapshot_set(snapshot, columns[CGW_M_PIDS_MAX], group,
		     (struct cgw_number){0, tick % 50 == 49 ? CGW_DENIED : CGW_MAX});
	snapshot_set(snapshot, columns[CGW_M_PIDS_CURRENT], group,
		     (struct cgw_number){UINT64_MAX - tick * id, CGW_OK});
	for (uint64_t i = 0; i < id % 4; i++) {
		struct cgw_number number = {tick * 4096 * i + id, i == 2 ? CGW_BAD : CGW_OK};
		char name[16];

		snprintf(name, sizeof(name), "vd%c%s", (char)('a' + (int)i),
			 tick % 40 == 39 ? "2" : "");
		assert_int_equal(snapshot_add_instance(snapshot, columns[CGW_M_IO_RBYTES], group,
						       name, strlen(name), number),
				 0);
		if (i == 1)
			continue;
		assert_int_equal(snapshot_add_instance(snapshot, columns[CGW_M_IO_MAX_RBPS], group,
						       name, strlen(name),
						       (struct cgw_number){1 << 20, CGW_OK}),
				 0);
	}
	snapshot_set(
		snapshot, columns[CGW_M_IO_RBYTES], group,
		(struct cgw_number){tick * 4096 * (id % 4 > 1) + (id % 4 > 2 ? 2 : id % 4) * id,
				    id % 4 > 0 ? CGW_OK : CGW_ABSENT});
	if (group == 0)
		return;
	snapshot_set(snapshot, columns[CGW_M_CGROUP_TYPE], group, (struct cgw_number){0, CGW_OK});
	assert_int_equal(snapshot_add_text(snapshot, columns[CGW_M_CGROUP_TYPE], group,
					   tick % 13 == 0 ? "threaded" : "domain",
					   tick % 13 == 0 ? 8 : 6),
			 0);
}

/* A snapshot of the machine at a tick. The topology may be shared between ticks. */
static struct cgw_snapshot *machine_at(struct topology *topology, unsigned tick)
{
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot = NULL;

	for (size_t i = 0; i < sizeof(recorded_metrics) / sizeof(recorded_metrics[0]); i++)
		cgw_metric_set_add(&metrics, recorded_metrics[i]);
	assert_int_equal(snapshot_begin(NULL, topology, &metrics, &snapshot), 0);
	snapshot->monotonic_ns = 5 * TICK_NS + tick * TICK_NS;
	snapshot->boottime_ns = snapshot->monotonic_ns + 3;
	snapshot->realtime_ns = EPOCH_NS + tick * TICK_NS;
	snapshot->cost_ns = 1000 + tick;
	snapshot->machine.cpu_count = 4;
	snapshot->machine.cpu_busy_ns = (struct cgw_number){tick * 77, CGW_OK};
	snapshot->machine.pressure_e2[2][1][2] = (struct cgw_number){tick % 10000, CGW_OK};
	snapshot->machine.written_bytes = (struct cgw_number){tick * 512, CGW_OK};
	snapshot->system_wide[CGW_M_MEMORY_CURRENT] = tick % 2 == 1;
	snapshot->source[CGW_M_CPU_USAGE] = &cgw_metric_info(CGW_M_CPU_USAGE)->sources[0];
	for (uint32_t i = 0; i < topology->view.count; i++) {
		snapshot->read_ns[i] = snapshot->monotonic_ns + i * 1000 + scramble(tick + i) % 100;
		fill_group(snapshot, i, tick);
	}
	assert_int_equal(snapshot_finish(snapshot), 0);
	return snapshot;
}

static void assert_same_groups(const struct cgw_topology *a, const struct cgw_topology *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->hierarchy_count, b->hierarchy_count);
	for (uint32_t i = 0; i < a->count; i++) {
		assert_int_equal(a->parent[i], b->parent[i]);
		assert_int_equal(a->below[i], b->below[i]);
		assert_int_equal(a->depth[i], b->depth[i]);
		assert_int_equal(a->present[i], b->present[i]);
		assert_string_equal(a->name[i], b->name[i]);
		for (uint32_t h = 0; h < a->hierarchy_count; h++)
			assert_true(a->id[h][i] == b->id[h][i]);
	}
}

static void assert_same_number(struct cgw_number a, struct cgw_number b)
{
	assert_int_equal(a.state, b.state);
	assert_true(a.value == b.value);
}

static void assert_same_metric(const struct cgw_snapshot *a, const struct cgw_snapshot *b,
			       enum cgw_metric metric, uint32_t group)
{
	size_t count_a, count_b;
	const struct cgw_instance *at_a = cgw_snapshot_instances(a, metric, group, &count_a);
	const struct cgw_instance *at_b = cgw_snapshot_instances(b, metric, group, &count_b);
	enum cgw_state state_a, state_b;
	const char *text_a = cgw_snapshot_text(a, metric, group, &state_a);
	const char *text_b = cgw_snapshot_text(b, metric, group, &state_b);

	if (cgw_metric_info(metric)->shape != CGW_STRING)
		assert_same_number(cgw_snapshot_number(a, metric, group),
				   cgw_snapshot_number(b, metric, group));
	assert_int_equal(state_a, state_b);
	assert_int_equal(text_a == NULL, text_b == NULL);
	if (text_a != NULL)
		assert_string_equal(text_a, text_b);
	assert_int_equal(count_a, count_b);
	for (size_t i = 0; i < count_a; i++) {
		assert_string_equal(at_a[i].name, at_b[i].name);
		assert_same_number(at_a[i].number, at_b[i].number);
	}
}

/* Compares all values that can be read from the snapshots. */
static void assert_same_snapshot(const struct cgw_snapshot *a, const struct cgw_snapshot *b)
{
	assert_same_groups(cgw_snapshot_topology(a), cgw_snapshot_topology(b));
	assert_true(a->monotonic_ns == b->monotonic_ns);
	assert_true(a->boottime_ns == b->boottime_ns);
	assert_true(a->realtime_ns == b->realtime_ns);
	assert_true(a->cost_ns == b->cost_ns);
	assert_string_equal(a->collector, b->collector);
	assert_memory_equal(&a->machine, &b->machine, sizeof(a->machine));
	assert_memory_equal(&a->metrics, &b->metrics, sizeof(a->metrics));
	assert_memory_equal(a->source, b->source, sizeof(a->source));
	assert_memory_equal(a->system_wide, b->system_wide, sizeof(a->system_wide));
	for (uint32_t i = 0; i < cgw_snapshot_topology(a)->count; i++) {
		assert_true(a->read_ns[i] == b->read_ns[i]);
		for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++)
			if (cgw_metric_set_has(&a->metrics, metric))
				assert_same_metric(a, b, metric, i);
	}
}

/* The current tick. The topology is shared between ticks if it did not change, as in a sampler. */
struct machine_ticks {
	struct topology *topology;
	unsigned tick;
	struct cgw_snapshot *now;
};

static struct cgw_snapshot *machine_tick(struct machine_ticks *ticks, unsigned tick)
{
	struct topology *topology = machine_topology(tick);

	ticks->now = cgw_snapshot_unref(ticks->now);
	if (ticks->topology != NULL && topology->view.count == ticks->topology->view.count &&
	    tick / 20 == ticks->tick / 20 && tick / 7 == ticks->tick / 7 &&
	    tick / 11 == ticks->tick / 11) {
		topology_unref(topology);
	} else {
		topology_unref(ticks->topology);
		ticks->topology = topology;
	}
	ticks->tick = tick;
	ticks->now = machine_at(ticks->topology, tick);
	return ticks->now;
}

static void machine_ticks_done(struct machine_ticks *ticks)
{
	cgw_snapshot_unref(ticks->now);
	topology_unref(ticks->topology);
	*ticks = (struct machine_ticks){0};
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sample-machine.h - machine simulated by files, and a sampler for it. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/sample/snapshot.h"
#include "test.h"
#include "tree.h"

struct machine {
	struct tree_dir *dir;
	char cgroup[300], proc[300], sys[300];
	struct cgw_roots roots;
	struct cgw_layout *layout;
	struct cgw_sampler *sampler;
};

static inline struct machine *machine_new(void (*make)(struct tree_dir *))
{
	struct machine *machine = calloc(1, sizeof(*machine));

	machine->dir = tree_new();
	make(machine->dir);
	machine->roots.cgroup = tree_at(machine->dir, "cgroup", machine->cgroup, 300);
	machine->roots.proc = tree_at(machine->dir, "proc", machine->proc, 300);
	machine->roots.sys = tree_at(machine->dir, "sys", machine->sys, 300);
	return machine;
}

static inline void request_keys(struct cgw_sampler *sampler, const char *keys)
{
	struct cgw_metric_set metrics = {0};
	CLEANUP(cleanup_free) char *copy = strdup(keys);
	char *key, *rest;

	for (key = strtok_r(copy, " ", &rest); key != NULL; key = strtok_r(NULL, " ", &rest)) {
		int metric = cgw_metric_find(key);

		assert_true(metric >= 0);
		cgw_metric_set_add(&metrics, (enum cgw_metric)metric);
	}
	assert_int_equal(cgw_sampler_set_metrics(sampler, &metrics), 0);
}

static inline void machine_open(struct machine *machine, const char *keys)
{
	assert_int_equal(cgw_layout_open(&machine->roots, &machine->layout, NULL), 0);
	assert_int_equal(cgw_sampler_new(machine->layout, NULL, &machine->sampler, NULL), 0);
	request_keys(machine->sampler, keys);
}

static inline struct cgw_snapshot *sample(struct machine *machine)
{
	struct cgw_snapshot *snapshot = NULL;

	assert_int_equal(cgw_sampler_sample(machine->sampler, &snapshot), 0);
	return snapshot;
}

static inline void machine_free(struct machine *machine)
{
	cgw_sampler_free(machine->sampler);
	cgw_layout_free(machine->layout);
	tree_free(machine->dir);
	free(machine);
}

static inline struct cgw_number read_number(const struct cgw_snapshot *snapshot, const char *path,
					    enum cgw_metric metric)
{
	uint32_t group = cgw_topology_find(cgw_snapshot_topology(snapshot), path);

	assert_int_not_equal(group, CGW_NO_GROUP);
	return cgw_snapshot_number(snapshot, metric, group);
}

static inline void assert_number(const struct cgw_snapshot *snapshot, const char *path,
				 enum cgw_metric metric, enum cgw_state state, uint64_t value)
{
	struct cgw_number number = read_number(snapshot, path, metric);

	if (number.state != state || (state == CGW_OK && number.value != value))
		fail_msg("%s %s: %s %llu", path, cgw_metric_info(metric)->key,
			 cgw_state_name(number.state), (unsigned long long)number.value);
}

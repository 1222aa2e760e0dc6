/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-threads.c - tests of snapshots shared by threads: one samples, others read them and drop
 * their references in any order. Most useful with SANITIZE=thread (tests/threads/run).
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sample/snapshot.h"
#include "test.h"
#include "tree.h"

#define READERS 3
#define SAMPLES 300
#define BOXES   8

/* A box holds a reference to one snapshot, or NULL; the thread that removes it owns it. */
static struct cgw_snapshot *_Atomic boxes[BOXES];
static atomic_bool finished;
static atomic_ulong groups_read, numbers_wrong;

static void check_snapshot(struct cgw_snapshot *snapshot)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(snapshot);

	for (uint32_t i = 1; i < topology->count; i++) {
		struct cgw_number number = cgw_snapshot_number(snapshot, CGW_M_MEMORY_CURRENT, i);

		if (number.state != CGW_OK || number.value != 4096)
			atomic_fetch_add(&numbers_wrong, 1);
		atomic_fetch_add(&groups_read, 1);
	}
}

static void *reader(void *argument)
{
	size_t box = (size_t)(uintptr_t)argument;

	while (!atomic_load(&finished)) {
		struct cgw_snapshot *mine = atomic_exchange(&boxes[box % BOXES], NULL);

		if (mine != NULL) {
			/* A second reference, for the thread that reads the next box. */
			struct cgw_snapshot *old =
				atomic_exchange(&boxes[(box + 3) % BOXES], cgw_snapshot_ref(mine));

			check_snapshot(mine);
			cgw_snapshot_unref(mine);
			cgw_snapshot_unref(old);
		}
		box++;
	}
	return NULL;
}

static void test_snapshots_are_shared(void **state)
{
	struct tree_dir *dir = tree_new();
	char cgroup[300], proc[300], sys[300];
	struct cgw_roots roots = {cgroup, proc, sys};
	struct cgw_metric_set metrics = {0};
	struct cgw_layout *layout;
	struct cgw_sampler *sampler;
	pthread_t readers[READERS];

	tree_machine_v2(dir);
	(void)tree_at(dir, "cgroup", cgroup, sizeof(cgroup));
	(void)tree_at(dir, "proc", proc, sizeof(proc));
	(void)tree_at(dir, "sys", sys, sizeof(sys));
	tree_file(dir, "cgroup/a/memory.current", "4096\n");
	cgw_metric_set_add(&metrics, CGW_M_MEMORY_CURRENT);
	assert_int_equal(cgw_layout_open(&roots, &layout, NULL), 0);
	assert_int_equal(cgw_sampler_new(layout, NULL, &sampler, NULL), 0);
	assert_int_equal(cgw_sampler_set_metrics(sampler, &metrics), 0);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, reader, (void *)(i * 2)), 0);
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct cgw_snapshot *snapshot = NULL;

		/* Topologies are shared, too, and change from time to time. */
		if (i % 50 == 49) {
			char path[64];

			snprintf(path, sizeof(path), "cgroup/a/b%u/memory.current", i);
			tree_file(dir, path, "4096\n");
		}
		assert_int_equal(cgw_sampler_sample(sampler, &snapshot), 0);
		cgw_snapshot_unref(atomic_exchange(&boxes[i % BOXES], snapshot));
	}
	while (atomic_load(&groups_read) == 0)
		(void)sched_yield();
	atomic_store(&finished, true);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(readers[i], NULL), 0);
	for (size_t i = 0; i < BOXES; i++)
		cgw_snapshot_unref(boxes[i]);
	assert_int_equal(numbers_wrong, 0);
	cgw_sampler_free(sampler);
	cgw_layout_free(layout);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshots_are_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

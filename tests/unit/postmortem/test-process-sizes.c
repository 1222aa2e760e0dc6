/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-process-sizes.c - whose sizes are read, how long they are kept, how they are found. */
#include <unistd.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "proc-files.h"
#include "shared/postmortem/process-sizes.h"
#include "test.h"

#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}

struct fixture {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	struct process_sizes sizes;
};

static int setup(void **state)
{
	static const struct proc_process process = {
		.pid = 10, .name = "web", .groups = "0::/a/b\n"};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char cgroup[300], proc[300];
	struct cgw_roots roots = {.cgroup = cgroup, .proc = proc};

	assert_non_null(fixture);
	fixture->dir = tree_new();
	tree_machine_v2(fixture->dir);
	proc_add(fixture->dir, &process);
	tree_file(fixture->dir, "cgroup/a/cgroup.procs", "");
	tree_file(fixture->dir, "cgroup/a/b/cgroup.procs", "10\n11\n"); /* 11 has exited */
	tree_at(fixture->dir, "cgroup", cgroup, sizeof(cgroup));
	tree_at(fixture->dir, "proc", proc, sizeof(proc));
	assert_int_equal(cgw_layout_open(&roots, &fixture->layout, NULL), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	process_sizes_done(&fixture->sizes);
	cgw_layout_free(fixture->layout);
	tree_free(fixture->dir);
	free(fixture);
	return 0;
}

/* The limit of 1000 bytes is that of /a. */
static void update(struct fixture *fixture, uint64_t use_bytes, uint64_t seconds)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/a", 10}, {"/a/b", 11}};
	const struct frame_value values[] = {
		{"/a", CGW_M_MEMORY_MAX, OK(1000)},
		{"/a", CGW_M_MEMORY_CURRENT, OK(use_bytes)},
		{"/a/b", CGW_M_MEMORY_CURRENT, OK(10)},
	};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 5, values, ARRAY_SIZE(values));
	struct cgw_frame *frame = NULL;

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	process_sizes_update(&fixture->sizes, fixture->layout, frame, seconds * NS_PER_S,
			     60 * NS_PER_S);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	cgw_frame_free(frame);
}

static void test_only_groups_near_their_limit_are_read(void **state)
{
	struct fixture *fixture = *state;

	update(fixture, 499, 100);
	assert_int_equal(fixture->sizes.count, 0);
	update(fixture, 500, 105);
	assert_int_equal(fixture->sizes.count, 1);
	assert_int_equal(fixture->sizes.items[0].pid, 10);
	assert_int_equal(fixture->sizes.items[0].resident_bytes, 10 * sysconf(_SC_PAGESIZE));
}

static void test_sizes_are_read_every_five_seconds_and_kept_for_a_minute(void **state)
{
	struct fixture *fixture = *state;

	update(fixture, 1000, 100);
	update(fixture, 1000, 104);
	assert_int_equal(fixture->sizes.count, 1);
	update(fixture, 1000, 105);
	assert_int_equal(fixture->sizes.count, 2);
	update(fixture, 0, 165);
	assert_int_equal(fixture->sizes.count, 1);
	update(fixture, 0, 170);
	assert_int_equal(fixture->sizes.count, 0);
}

static void test_a_process_is_found_by_its_start_or_its_name(void **state)
{
	struct process_size items[] = {
		{.time_ns = 1, .pid = 5, .start_ticks = 70, .name = "old"},
		{.time_ns = 2, .pid = 5, .start_ticks = 80, .name = "new"},
		{.time_ns = 3, .pid = 5, .start_ticks = 80, .name = "new"},
	};
	const struct process_sizes sizes = {.items = items, .count = ARRAY_SIZE(items)};

	assert_ptr_equal(process_sizes_find(&sizes, 5, 80, ""), &items[1]);
	assert_ptr_equal(process_sizes_find(&sizes, 5, 0, "new"), &items[1]);
	assert_null(process_sizes_find(&sizes, 5, 0, "old")); /* the PID is another process now */
	assert_null(process_sizes_find(&sizes, 5, 90, "new"));
	assert_null(process_sizes_find(&sizes, 6, 0, "new"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_only_groups_near_their_limit_are_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_sizes_are_read_every_five_seconds_and_kept_for_a_minute, setup,
			teardown),
		cmocka_unit_test(test_a_process_is_found_by_its_start_or_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

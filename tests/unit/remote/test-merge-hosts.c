/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-merge-hosts.c - samples of several hosts below an artificial root. */
#include "frames.h"
#include "lib/base/cleanup.h"
#include "shared/remote/merge-hosts.h"

static const uint64_t web_pids_ids[] = {11, 12, 0, 14}, db_pids_ids[] = {21, 27};
static const struct frame_group web_groups[] = {{"/", 1}, {"/a", 2}, {"/a/x", 3}, {"/b", 4}};
static const struct frame_value web_values[] = {
	{"/", CGW_M_PIDS_CURRENT, {9, CGW_OK}},
	{"/a", CGW_M_PIDS_CURRENT, {6, CGW_OK}},
	{"/a/x", CGW_M_PIDS_CURRENT, {5, CGW_OK}},
	{"/b", CGW_M_PIDS_CURRENT, {0, CGW_MAX}},
};
static const struct frame_group db_groups[] = {{"/", 1}, {"/a", 7}};
static const struct frame_value db_values[] = {
	{"/", CGW_M_PIDS_CURRENT, {3, CGW_OK}},
	{"/a", CGW_M_PIDS_CURRENT, {2, CGW_OK}},
};

/* A sample of a host; its topology is kept by the sample. */
static struct cgw_snapshot *sample(const struct frame_group *groups, const uint64_t *pids_ids,
				   uint32_t count, uint64_t seconds,
				   const struct frame_value *values)
{
	struct topology *topology = frame_topology_in_two(groups, pids_ids, count);
	struct cgw_snapshot *snapshot = frame_snapshot(topology, seconds, values, count);

	topology_unref(topology);
	return snapshot;
}

struct expected_group {
	const char *path;
	uint64_t id;
	uint64_t pids_id;
	uint32_t below;
	struct cgw_number pids;
	uint64_t read_s; /* 0: never */
};

/* Merges the hosts; the caller unreferences the result. */
static struct cgw_snapshot *merge(struct merge *merge, const struct merge_part *parts, size_t count)
{
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *merged = NULL;

	if (merge->layout_count == 0)
		assert_int_equal(merge_start(merge), 0);
	cgw_metric_set_add(&metrics, CGW_M_PIDS_CURRENT);
	assert_int_equal(merge_snapshots(merge, parts, count, &metrics, &merged), 0);
	return merged;
}

static void assert_groups(const struct cgw_snapshot *merged, const struct expected_group *expected,
			  uint32_t count)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(merged);

	assert_int_equal(topology->count, count);
	for (uint32_t i = 0; i < count; i++) {
		struct cgw_number pids = cgw_snapshot_number(merged, CGW_M_PIDS_CURRENT, i);
		char path[64];

		(void)cgw_topology_path(topology, i, path, sizeof(path));
		assert_string_equal(path, expected[i].path);
		/* The first hierarchy is that of the artificial groups. */
		assert_int_equal(topology->id[0][i], 0);
		assert_int_equal(topology->hierarchy_count, topology->layout->hierarchy_count);
		if (topology->hierarchy_count > 1) {
			assert_int_equal(topology->id[1][i], expected[i].id);
			assert_int_equal(topology->id[2][i], expected[i].pids_id);
		}
		assert_int_equal(topology->present[i], (expected[i].id == 0 ? 1 : 2) |
							       (expected[i].pids_id != 0 ? 4 : 0));
		assert_int_equal(topology->below[i], expected[i].below);
		assert_int_equal(pids.state, expected[i].pids.state);
		assert_int_equal(pids.value, expected[i].pids.value);
		assert_int_equal(merged->read_ns[i], expected[i].read_s * 1000000000);
	}
}

static void test_groups_are_below_their_hosts(void **state)
{
	static const struct expected_group expected[] = {
		{"/", 0, 0, 7, {0, CGW_ABSENT}, 0},     {"/db", 1, 21, 1, {3, CGW_OK}, 20},
		{"/db/a", 7, 27, 0, {2, CGW_OK}, 20},   {"/lost", 0, 0, 0, {0, CGW_GONE}, 0},
		{"/web", 1, 11, 3, {9, CGW_OK}, 10},    {"/web/a", 2, 12, 1, {6, CGW_OK}, 10},
		{"/web/a/x", 3, 0, 0, {5, CGW_OK}, 10}, {"/web/b", 4, 14, 0, {0, CGW_MAX}, 10},
	};
	struct cgw_snapshot *web =
		sample(web_groups, web_pids_ids, ARRAY_SIZE(web_groups), 10, web_values);
	struct cgw_snapshot *db =
		sample(db_groups, db_pids_ids, ARRAY_SIZE(db_groups), 20, db_values);
	const struct merge_part parts[] = {{"db", db}, {"lost", NULL}, {"web", web}};
	struct merge state_of_merge = {.layout_count = 0};
	struct cgw_snapshot *merged = merge(&state_of_merge, parts, ARRAY_SIZE(parts));

	assert_groups(merged, expected, ARRAY_SIZE(expected));
	cgw_snapshot_unref(merged);
	cgw_snapshot_unref(web);
	cgw_snapshot_unref(db);
	merge_done(&state_of_merge);
}

/* The topology changes exactly with that of a host, or if a host is lost or connected again. */
static void test_changes_of_one_host(void **state)
{
	static const struct frame_group changed[] = {{"/", 1}, {"/c", 8}};
	static const struct frame_value changed_values[] = {
		{"/", CGW_M_PIDS_CURRENT, {3, CGW_OK}},
		{"/c", CGW_M_PIDS_CURRENT, {4, CGW_OK}},
	};
	static const struct expected_group after[] = {
		{"/", 0, 0, 2, {0, CGW_ABSENT}, 0},
		{"/db", 1, 21, 1, {3, CGW_OK}, 21},
		{"/db/c", 8, 27, 0, {4, CGW_OK}, 21},
	};
	static const struct expected_group lost[] = {
		{"/", 0, 0, 1, {0, CGW_ABSENT}, 0},
		{"/db", 0, 0, 0, {0, CGW_GONE}, 0},
	};
	struct cgw_snapshot *first =
		sample(db_groups, db_pids_ids, ARRAY_SIZE(db_groups), 20, db_values);
	struct cgw_snapshot *second =
		sample(changed, db_pids_ids, ARRAY_SIZE(changed), 21, changed_values);
	struct merge_part part = {"db", first};
	struct merge state_of_merge = {.layout_count = 0};
	struct cgw_snapshot *merged = merge(&state_of_merge, &part, 1), *again;

	again = merge(&state_of_merge, &part, 1);
	assert_ptr_equal(cgw_snapshot_topology(again), cgw_snapshot_topology(merged));
	cgw_snapshot_unref(again);
	part.snapshot = second;
	again = merge(&state_of_merge, &part, 1);
	assert_groups(again, after, ARRAY_SIZE(after));
	cgw_snapshot_unref(again);
	part.snapshot = NULL;
	again = merge(&state_of_merge, &part, 1);
	assert_groups(again, lost, ARRAY_SIZE(lost));
	cgw_snapshot_unref(again);
	part.snapshot = second;
	again = merge(&state_of_merge, &part, 1);
	assert_groups(again, after, ARRAY_SIZE(after));
	cgw_snapshot_unref(again);
	cgw_snapshot_unref(merged);
	cgw_snapshot_unref(first);
	cgw_snapshot_unref(second);
	merge_done(&state_of_merge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_are_below_their_hosts),
		cmocka_unit_test(test_changes_of_one_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-counter-growth.c - growth of counters in groups that exist, are new, or were replaced. */
#include "frames.h"
#include "lib/base/cleanup.h"
#include "lib/model/counter-growth.h"

#define OOM_KILL CGW_M_MEMORY_EVENTS_OOM_KILL
#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}

static void update(struct cgw_frame *frame, const struct frame_group *groups, uint32_t count,
		   uint64_t seconds, const struct frame_value *values, size_t value_count)
{
	struct topology *topology = frame_topology(groups, count);
	struct cgw_snapshot *snapshot = frame_snapshot(topology, seconds, values, value_count);

	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
}

static void test_own_growth(void **state)
{
	static const struct frame_group before_groups[] = {
		{"/", 1}, {"/a", 10}, {"/a/gone", 11}, {"/a/old", 12}, {"/b", 20}};
	static const struct frame_group now_groups[] = {
		{"/", 1}, {"/a", 10}, {"/a/new", 13}, {"/a/old", 12}, {"/b", 21}};
	static const struct frame_value before[] = {{"/", OOM_KILL, OK(10)},
						    {"/a", OOM_KILL, OK(9)},
						    {"/a/gone", OOM_KILL, OK(5)},
						    {"/a/old", OOM_KILL, OK(4)},
						    {"/b", OOM_KILL, OK(1)}};
	static const struct frame_value now[] = {{"/", OOM_KILL, OK(18)},
						 {"/a", OOM_KILL, OK(15)},
						 {"/a/new", OOM_KILL, OK(2)},
						 {"/a/old", OOM_KILL, OK(5)},
						 {"/b", OOM_KILL, OK(1)}};
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, before_groups, ARRAY_SIZE(before_groups), 1, before, ARRAY_SIZE(before));
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 1), 0); /* only one sample */
	update(frame, now_groups, ARRAY_SIZE(now_groups), 2, now, ARRAY_SIZE(now));
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 0), 1); /* 8, of /a 6, of /b 1 */
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 1), 3); /* 6, without the children */
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 2), 2); /* since it was created */
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 3), 1);
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 4), 1); /* replaced */
	cgw_frame_free(frame);
}

/* A child has the kills of its own children, so these are not subtracted twice. */
static void test_grandchildren_are_counted_by_their_parent(void **state)
{
	static const struct frame_group groups[] = {
		{"/", 1}, {"/a", 10}, {"/a/b", 11}, {"/a/b/c", 12}, {"/a/d", 13}};
	static const struct frame_value before[] = {{"/", OOM_KILL, OK(0)},
						    {"/a", OOM_KILL, OK(0)},
						    {"/a/b", OOM_KILL, OK(0)},
						    {"/a/b/c", OOM_KILL, OK(0)},
						    {"/a/d", OOM_KILL, OK(0)}};
	static const struct frame_value now[] = {{"/", OOM_KILL, OK(9)},
						 {"/a", OOM_KILL, OK(9)},
						 {"/a/b", OOM_KILL, OK(5)},
						 {"/a/b/c", OOM_KILL, OK(3)},
						 {"/a/d", OOM_KILL, OK(1)}};
	static const uint64_t expected[] = {0, 3, 2, 3, 1};
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, groups, ARRAY_SIZE(groups), 1, before, ARRAY_SIZE(before));
	update(frame, groups, ARRAY_SIZE(groups), 2, now, ARRAY_SIZE(now));
	for (uint32_t i = 0; i < ARRAY_SIZE(groups); i++)
		assert_int_equal(counter_own_growth(frame, OOM_KILL, i), expected[i]);
	cgw_frame_free(frame);
}

/* A counter that is unknown in one sample, or that went back, has not grown by a known amount. */
static void test_unknown_growth_is_none(void **state)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/a", 10}, {"/b", 20}, {"/c", 30}};
	static const struct frame_value before[] = {
		{"/", OOM_KILL, OK(20)}, {"/a", OOM_KILL, OK(7)}, {"/c", OOM_KILL, OK(5)}};
	static const struct frame_value now[] = {
		{"/", OOM_KILL, OK(26)}, {"/a", OOM_KILL, OK(3)}, {"/b", OOM_KILL, OK(4)}};
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, groups, ARRAY_SIZE(groups), 1, before, ARRAY_SIZE(before));
	update(frame, groups, ARRAY_SIZE(groups), 2, now, ARRAY_SIZE(now));
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 0), 6);
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 1), 0); /* went back */
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 2), 0); /* absent before */
	assert_int_equal(counter_own_growth(frame, OOM_KILL, 3), 0); /* absent now */
	cgw_frame_free(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_growth),
		cmocka_unit_test(test_grandchildren_are_counted_by_their_parent),
		cmocka_unit_test(test_unknown_growth_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

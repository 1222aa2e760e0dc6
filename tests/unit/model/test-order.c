/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-order.c - the order of groups does not depend on the order before: equal values, missing
 * values and equal texts are in the order of paths.
 */
#include <stdio.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include <cgward/model.h>

#define PARENTS     20
#define CHILDREN    30
#define GROUP_COUNT (1 + PARENTS * (1 + CHILDREN)) /* more than one digit of the radix sort */
#define ROUNDS      20

static char paths[GROUP_COUNT][32];

static struct cgw_field field(const char *key)
{
	struct cgw_field parsed;

	assert_int_equal(cgw_field_parse(key, &parsed, NULL), 0);
	return parsed;
}

static struct topology *make_topology(void)
{
	struct frame_group groups[GROUP_COUNT];
	uint32_t count = 0;

	snprintf(paths[count++], sizeof(paths[0]), "/");
	for (int i = 0; i < PARENTS; i++) {
		snprintf(paths[count++], sizeof(paths[0]), "/p%02d", i);
		for (int j = 0; j < CHILDREN; j++)
			snprintf(paths[count++], sizeof(paths[0]), "/p%02d/longname-%02d", i, j);
	}
	assert_int_equal(count, GROUP_COUNT);
	for (uint32_t i = 0; i < count; i++)
		groups[i] = (struct frame_group){paths[i], 100 + i};
	return frame_topology(groups, count);
}

/* Few different values, so that most groups are equal to many others; some are unknown. */
static struct cgw_number value_of(uint32_t group)
{
	switch (group * 7 % 6) {
	case 0:
		return (struct cgw_number){5, CGW_OK};
	case 1:
		return (struct cgw_number){0, CGW_OK};
	case 2:
		return (struct cgw_number){5, CGW_DENIED};
	case 3:
		return (struct cgw_number){0, CGW_MAX};
	case 4:
		return (struct cgw_number){UINT64_C(1) << 40, CGW_OK};
	default:
		return (struct cgw_number){0, CGW_ABSENT};
	}
}

static struct cgw_frame *make_frame(struct topology *topology)
{
	struct frame_value values[GROUP_COUNT];
	struct cgw_snapshot *snapshot;
	struct cgw_frame *frame;

	for (uint32_t i = 0; i < GROUP_COUNT; i++)
		values[i] = (struct frame_value){paths[i], CGW_M_PIDS_MAX, value_of(i)};
	snapshot = frame_snapshot(topology, 1, values, GROUP_COUNT);
	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	return frame;
}

static void shuffle(uint32_t *groups, uint32_t count, unsigned *seed)
{
	for (uint32_t i = count; i > 1; i--) {
		uint32_t j = (uint32_t)rand_r(seed) % i, swap = groups[i - 1];

		groups[i - 1] = groups[j];
		groups[j] = swap;
	}
}

/* Position of a value in descending order: unlimited, then numbers, then unknown ones. */
static double descending(struct cgw_number number)
{
	return number.state == CGW_MAX  ? -1e30
	       : number.state == CGW_OK ? -(double)number.value
					: 1e30;
}

static double ascending(struct cgw_number number)
{
	return number.state == CGW_MAX  ? 1e29
	       : number.state == CGW_OK ? (double)number.value
					: 1e30;
}

static bool is_before(uint32_t a, uint32_t b, unsigned flags)
{
	double (*position)(struct cgw_number number) =
		flags & CGW_ORDER_ASCENDING ? ascending : descending;
	double x = position(value_of(a)), y = position(value_of(b));

	return x < y || (!(y < x) && a < b);
}

static void assert_flat(const uint32_t *groups, uint32_t count, unsigned flags)
{
	for (uint32_t i = 1; i < count; i++)
		if (!is_before(groups[i - 1], groups[i], flags))
			fail_msg("flags %u: %s is before %s", flags, paths[groups[i - 1]],
				 paths[groups[i]]);
}

/* Each group is followed by its descendants, and siblings are ordered as in a flat list. */
static void assert_tree(const struct cgw_topology *topology, const uint32_t *groups, uint32_t count,
			unsigned flags)
{
	uint32_t last_child[GROUP_COUNT];

	memset(last_child, 0xff, sizeof(last_child));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t group = groups[i], parent = topology->parent[group];

		if (parent == CGW_NO_GROUP)
			continue;
		for (uint32_t up = i; up-- > 0 && groups[up] != parent;)
			assert_true(topology->depth[groups[up]] >= topology->depth[group]);
		if (last_child[parent] != CGW_NO_GROUP &&
		    !is_before(last_child[parent], group, flags))
			fail_msg("flags %u: %s is before %s", flags, paths[last_child[parent]],
				 paths[group]);
		last_child[parent] = group;
	}
}

static void test_ties_are_in_the_order_of_paths(void **state)
{
	static const unsigned flags[] = {0, CGW_ORDER_ASCENDING, CGW_ORDER_TREE,
					 CGW_ORDER_TREE | CGW_ORDER_ASCENDING};
	struct topology *topology = make_topology();
	struct cgw_frame *frame = make_frame(topology);
	struct cgw_order_scratch scratch = {0};
	uint32_t groups[GROUP_COUNT], first[GROUP_COUNT];
	unsigned seed = 5;

	for (uint32_t i = 0; i < GROUP_COUNT; i++)
		groups[i] = i;
	for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
		for (unsigned round = 0; round < ROUNDS; round++) {
			if (round > 0)
				shuffle(groups, GROUP_COUNT, &seed);
			assert_int_equal(cgw_order(frame, field("pids.max"), flags[f], groups,
						   GROUP_COUNT, &scratch),
					 0);
			if (flags[f] & CGW_ORDER_TREE)
				assert_tree(&topology->view, groups, GROUP_COUNT, flags[f]);
			else
				assert_flat(groups, GROUP_COUNT, flags[f]);
			if (round == 0)
				memcpy(first, groups, sizeof(first));
			assert_memory_equal(groups, first, sizeof(first));
		}
	cgw_order_scratch_done(&scratch);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* Only the first eight bytes of a text decide: "longname-07" and "longname-12" are equal. */
static void test_equal_texts_are_in_the_order_of_paths(void **state)
{
	static const unsigned flags[] = {0, CGW_ORDER_TEXT_DESCENDING};
	struct topology *topology = make_topology();
	struct cgw_frame *frame = make_frame(topology);
	struct cgw_order_scratch scratch = {0};
	uint32_t groups[GROUP_COUNT];
	unsigned seed = 6;

	for (uint32_t i = 0; i < GROUP_COUNT; i++)
		groups[i] = i;
	for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
		for (unsigned round = 0; round < ROUNDS; round++) {
			shuffle(groups, GROUP_COUNT, &seed);
			assert_int_equal(cgw_order(frame, field("name"), flags[f], groups,
						   GROUP_COUNT, &scratch),
					 0);
			for (uint32_t i = 1; i < GROUP_COUNT; i++) {
				const char *one = topology->view.name[groups[i - 1]];
				const char *two = topology->view.name[groups[i]];
				int order = strncmp(one, two, 8);

				if (flags[f] & CGW_ORDER_TEXT_DESCENDING)
					order = -order;
				if (order > 0 || (order == 0 && groups[i - 1] > groups[i]))
					fail_msg("flags %u: %s is before %s", flags[f],
						 paths[groups[i - 1]], paths[groups[i]]);
			}
		}
	cgw_order_scratch_done(&scratch);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* The path itself, in both directions. */
static void test_order_of_paths(void **state)
{
	struct topology *topology = make_topology();
	struct cgw_frame *frame = make_frame(topology);
	struct cgw_order_scratch scratch = {0};
	uint32_t groups[GROUP_COUNT];
	unsigned seed = 7;

	for (uint32_t i = 0; i < GROUP_COUNT; i++)
		groups[i] = i;
	shuffle(groups, GROUP_COUNT, &seed);
	assert_int_equal(cgw_order(frame, field("group"), 0, groups, GROUP_COUNT, &scratch), 0);
	for (uint32_t i = 0; i < GROUP_COUNT; i++)
		assert_int_equal(groups[i], i);
	shuffle(groups, GROUP_COUNT, &seed);
	assert_int_equal(cgw_order(frame, field("group"), CGW_ORDER_TEXT_DESCENDING, groups,
				   GROUP_COUNT, &scratch),
			 0);
	for (uint32_t i = 0; i < GROUP_COUNT; i++)
		assert_int_equal(groups[i], GROUP_COUNT - 1 - i);
	cgw_order_scratch_done(&scratch);
	cgw_frame_free(frame);
	topology_unref(topology);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ties_are_in_the_order_of_paths),
		cmocka_unit_test(test_equal_texts_are_in_the_order_of_paths),
		cmocka_unit_test(test_order_of_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

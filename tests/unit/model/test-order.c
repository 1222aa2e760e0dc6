/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-order.c - groups with equal values keep the order of paths, in any order of input. */
#include <stdio.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include <cgward/model.h>

/* More than 256, so that an index has more than one byte. */
#define COUNT 700

struct many {
	char paths[COUNT][8];
	struct cgw_frame *frame;
	struct cgw_order_scratch scratch;
};

/* Three values for all groups; every seventh has none. */
static uint64_t number_of(uint32_t group)
{
	return group * 31 % 3;
}

static bool is_missing(uint32_t group)
{
	return group % 7 == 3;
}

static const char *type_of(uint32_t group)
{
	return group % 2 == 0 ? "domain" : "threaded";
}

/* Groups /a000, /a001, ...; the children of the root, in the order of paths. */
static int setup(void **state)
{
	struct many *many = calloc(1, sizeof(*many));
	struct frame_group groups[COUNT];
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot;
	struct topology *topology;

	for (uint32_t i = 0; i < COUNT; i++) {
		(void)snprintf(many->paths[i], sizeof(many->paths[i]), i == 0 ? "/" : "/a%03u", i);
		groups[i] = (struct frame_group){many->paths[i], i + 1};
	}
	topology = frame_topology(groups, COUNT);
	cgw_metric_set_add(&metrics, CGW_M_PIDS_CURRENT);
	cgw_metric_set_add(&metrics, CGW_M_CGROUP_TYPE);
	assert_int_equal(snapshot_begin(NULL, topology, &metrics, &snapshot), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		int type = snapshot->column_of[CGW_M_CGROUP_TYPE];

		if (is_missing(i))
			continue;
		snapshot_set(snapshot, snapshot->column_of[CGW_M_PIDS_CURRENT], i,
			     (struct cgw_number){number_of(i), CGW_OK});
		snapshot_set(snapshot, type, i, (struct cgw_number){0, CGW_OK});
		assert_int_equal(
			snapshot_add_text(snapshot, type, i, type_of(i), strlen(type_of(i))), 0);
	}
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_new(&many->frame), 0);
	assert_int_equal(cgw_frame_update(many->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	*state = many;
	return 0;
}

static int teardown(void **state)
{
	struct many *many = *state;

	cgw_order_scratch_done(&many->scratch);
	cgw_frame_free(many->frame);
	free(many);
	return 0;
}

/* Fills a list with all groups: in order, backwards, or mixed. */
static void fill(uint32_t groups[COUNT], unsigned how)
{
	for (uint32_t i = 0; i < COUNT; i++)
		groups[i] = how == 0 ? i : how == 1 ? COUNT - 1 - i : i * 257 % COUNT;
}

/* Does group `a` come before group `b`? */
static bool precedes(const char *key, unsigned flags, uint32_t a, uint32_t b)
{
	int64_t x = (int64_t)number_of(a), y = (int64_t)number_of(b);

	if (is_missing(a) != is_missing(b))
		return is_missing(b);
	if (strcmp(key, "cgroup.type") == 0) {
		x = strcmp(type_of(b), type_of(a));
		y = 0;
		x = flags & CGW_ORDER_TEXT_DESCENDING ? -x : x;
	} else if (flags & CGW_ORDER_ASCENDING) {
		x = -x;
		y = -y;
	}
	return is_missing(a) || x == y ? a < b : x > y;
}

static void test_ties_keep_the_order_of_paths(void **state)
{
	static const struct {
		const char *key;
		unsigned flags;
	} rows[] = {
		{"pids.current", 0},
		{"pids.current", CGW_ORDER_ASCENDING},
		{"cgroup.type", 0},
		{"cgroup.type", CGW_ORDER_TEXT_DESCENDING},
	};
	struct many *many = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned how = 0; how < 3; how++) {
			uint32_t groups[COUNT];
			struct cgw_field field;

			assert_int_equal(cgw_field_parse(rows[i].key, &field, NULL), 0);
			fill(groups, how);
			assert_int_equal(cgw_order(many->frame, field, rows[i].flags, groups, COUNT,
						   &many->scratch),
					 0);
			for (uint32_t j = 1; j < COUNT; j++)
				if (!precedes(rows[i].key, rows[i].flags, groups[j - 1], groups[j]))
					fail_msg("row %zu: %s before %s", i,
						 many->paths[groups[j - 1]],
						 many->paths[groups[j]]);
		}
}

/* The first level of a tree is sorted in the same way. */
static void test_ties_in_a_tree(void **state)
{
	struct many *many = *state;
	struct cgw_field field;

	assert_int_equal(cgw_field_parse("pids.current", &field, NULL), 0);
	for (unsigned how = 0; how < 3; how++) {
		uint32_t groups[COUNT];

		fill(groups, how);
		assert_int_equal(cgw_order(many->frame, field, CGW_ORDER_TREE, groups, COUNT,
					   &many->scratch),
				 0);
		assert_int_equal(groups[0], 0);
		for (uint32_t j = 2; j < COUNT; j++)
			assert_true(precedes("pids.current", 0, groups[j - 1], groups[j]));
	}
}

static void test_order_of_paths(void **state)
{
	struct many *many = *state;
	struct cgw_field field;

	assert_int_equal(cgw_field_parse("group", &field, NULL), 0);
	for (unsigned how = 0; how < 3; how++) {
		uint32_t groups[COUNT];

		fill(groups, how);
		assert_int_equal(cgw_order(many->frame, field, 0, groups, COUNT, &many->scratch),
				 0);
		for (uint32_t j = 0; j < COUNT; j++)
			assert_int_equal(groups[j], j);
		assert_int_equal(cgw_order(many->frame, field, CGW_ORDER_TEXT_DESCENDING, groups,
					   COUNT, &many->scratch),
				 0);
		for (uint32_t j = 0; j < COUNT; j++)
			assert_int_equal(groups[j], COUNT - 1 - j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ties_keep_the_order_of_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ties_in_a_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order_of_paths, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

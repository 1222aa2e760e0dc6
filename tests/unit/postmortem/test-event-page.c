/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-event-page.c - limits on a page: lowered just before the event, and who changed them. */
#include <stdio.h>
#include <string.h>

#include "frames.h"
#include "lib/base/json-cleanup.h"
#include "shared/postmortem/event-page.h"
#include "test.h"
#include "tree.h"

#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}
#define MAX                \
	{                  \
		0, CGW_MAX \
	}

struct fixture {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	struct cgw_frame *before, *now;
	char state[300];
};

static struct cgw_frame *make_frame(const struct frame_value *values, size_t count)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/a", 10}};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 5, values, count);
	struct cgw_frame *frame = NULL;

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	return frame;
}

static int setup(void **state)
{
	static const struct frame_value before[] = {{"/a", CGW_M_PIDS_MAX, MAX},
						    {"/a", CGW_M_PIDS_CURRENT, OK(9)}};
	static const struct frame_value now[] = {{"/a", CGW_M_PIDS_MAX, OK(2)},
						 {"/a", CGW_M_PIDS_CURRENT, OK(1)}};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char cgroup[300], proc[300];
	struct cgw_roots roots = {.cgroup = cgroup, .proc = proc};

	assert_non_null(fixture);
	fixture->dir = tree_new();
	tree_machine_v2(fixture->dir);
	tree_at(fixture->dir, "cgroup", cgroup, sizeof(cgroup));
	tree_at(fixture->dir, "proc", proc, sizeof(proc));
	tree_at(fixture->dir, "state", fixture->state, sizeof(fixture->state));
	assert_int_equal(cgw_layout_open(&roots, &fixture->layout, NULL), 0);
	fixture->before = make_frame(before, ARRAY_SIZE(before));
	fixture->now = make_frame(now, ARRAY_SIZE(now));
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	cgw_frame_free(fixture->before);
	cgw_frame_free(fixture->now);
	cgw_layout_free(fixture->layout);
	tree_free(fixture->dir);
	free(fixture);
	return 0;
}

static json_t *make_page(const struct fixture *fixture, bool removed)
{
	const struct event_page page = {
		.layout = fixture->layout,
		.state = fixture->state,
		.event = PAGE_FORK_REFUSED,
		.path = "/a",
		.count = 1,
		.frame = fixture->before,
		.group = 1,
		.now = fixture->now,
		.group_now = removed ? CGW_NO_GROUP : 1,
		.history_seconds = 60,
	};
	json_t *json = NULL;

	assert_int_equal(event_page_make(&page, &json), 0);
	return json;
}

static const json_t *limit_of(const json_t *page, const char *resource)
{
	const json_t *limits = json_object_get(page, "limits");

	for (size_t i = 0; i < json_array_size(limits); i++) {
		const json_t *limit = json_array_get(limits, i);

		if (strcmp(json_string_value(json_object_get(limit, "resource")), resource) == 0)
			return limit;
	}
	fail_msg("no limit of %s", resource);
	return NULL;
}

static void test_limit_that_was_just_lowered(void **state)
{
	CLEANUP(cleanup_json) json_t *page = make_page(*state, false);
	const json_t *limit = limit_of(page, "pids");

	assert_string_equal(json_string_value(json_object_get(page, "summary")),
			    "1 fork was refused; effective limit: pids.max=2 of /a");
	assert_int_equal(json_integer_value(json_object_get(limit, "limit")), 2);
	assert_string_equal(json_string_value(json_object_get(limit, "limit_before")), "max");
	assert_int_equal(json_integer_value(json_object_get(limit, "used")), 9);
	assert_string_equal(json_string_value(json_object_get(limit, "set_by")), "/a");
}

static void test_limit_of_a_removed_group(void **state)
{
	CLEANUP(cleanup_json) json_t *page = make_page(*state, true);

	assert_string_equal(json_string_value(json_object_get(page, "summary")),
			    "1 fork was refused");
	assert_string_equal(json_string_value(json_object_get(limit_of(page, "pids"), "limit")),
			    "max");
	assert_true(json_is_null(json_object_get(page, "history")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_limit_that_was_just_lowered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit_of_a_removed_group, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

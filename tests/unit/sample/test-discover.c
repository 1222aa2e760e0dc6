/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-discover.c - tests of created and removed groups, and of the watches that report them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sample/discover.h"
#include "test.h"
#include "tree.h"

struct fixture {
	struct tree_dir *dir;
	char cgroup[300], proc[300], sys[300];
	struct cgw_roots roots;
	struct cgw_layout *layout;
	struct group_tree tree;
	struct discover discover;
};

static void forget(void *context, struct tree_group *group, uint32_t hierarchies)
{
	discover_forget(context, group, hierarchies);
}

static void fixture_open_below(struct fixture *fixture, const char *below)
{
	struct discover_options options = {.depth_max = UINT32_MAX,
					   .below = below,
					   .watch = true,
					   .full_walk_interval_ns = 1000};

	fixture->dir = tree_new();
	tree_machine_v2(fixture->dir);
	tree_directory(fixture->dir, "cgroup/a/b/c");
	fixture->roots.cgroup = tree_at(fixture->dir, "cgroup", fixture->cgroup, 300);
	fixture->roots.proc = tree_at(fixture->dir, "proc", fixture->proc, 300);
	fixture->roots.sys = tree_at(fixture->dir, "sys", fixture->sys, 300);
	assert_int_equal(cgw_layout_open(&fixture->roots, &fixture->layout, NULL), 0);
	assert_int_equal(
		group_tree_init(&fixture->tree, (uint32_t)fixture->layout->hierarchy_count), 0);
	assert_int_equal(
		discover_init(&fixture->discover, fixture->layout, &fixture->tree, &options), 0);
	fixture->tree.forget = forget;
	fixture->tree.forget_context = &fixture->discover;
}

static void fixture_open(struct fixture *fixture)
{
	fixture_open_below(fixture, NULL);
}

static void fixture_close(struct fixture *fixture)
{
	fixture->tree.forget = NULL;
	group_tree_done(&fixture->tree);
	discover_done(&fixture->discover);
	cgw_layout_free(fixture->layout);
	tree_free(fixture->dir);
}

static bool update(struct fixture *fixture, uint64_t now_ns)
{
	bool walked;

	assert_int_equal(discover_update(&fixture->discover, now_ns, &walked), 0);
	return walked;
}

static struct tree_group *find(struct fixture *fixture, const char *name)
{
	for (struct tree_group *group = fixture->tree.root; group != NULL;
	     group = group_tree_next(group))
		if (strcmp(group->name, name) == 0)
			return group;
	return NULL;
}

/* Groups and watches refer to each other, one to one. */
static void assert_watches(struct fixture *fixture, size_t groups)
{
	size_t watches = 0, found = 0;

	for (size_t i = 0; i < fixture->discover.watch_size; i++) {
		const struct watch *watch = &fixture->discover.watches[i];

		if (watch->group == NULL)
			continue;
		watches++;
		assert_int_equal(watch->group->watch[watch->hierarchy], watch->descriptor);
	}
	for (struct tree_group *group = fixture->tree.root; group != NULL;
	     group = group_tree_next(group))
		found++;
	assert_int_equal(found, groups);
	assert_int_equal(watches, groups);
	assert_int_equal(watches, fixture->discover.watch_count);
}

static void test_inotify_reports_changes(void **state)
{
	struct fixture fixture = {0};

	fixture_open(&fixture);
	assert_true(update(&fixture, 1));
	assert_watches(&fixture, 4);
	/* Reported by inotify, without a walk. */
	tree_directory(fixture.dir, "cgroup/a/d");
	assert_false(update(&fixture, 2));
	assert_non_null(find(&fixture, "d"));
	assert_watches(&fixture, 5);
	tree_remove(fixture.dir, "cgroup/a/b");
	assert_false(update(&fixture, 3));
	assert_null(find(&fixture, "b"));
	assert_watches(&fixture, 3);
	/* Removed and created again. */
	tree_remove(fixture.dir, "cgroup/a/d");
	tree_directory(fixture.dir, "cgroup/a/d/e");
	assert_false(update(&fixture, 4));
	assert_watches(&fixture, 4);
	fixture_close(&fixture);
}

/* inotify never reuses a descriptor: the table must not grow with their numbers. */
static void test_watch_table_does_not_grow(void **state)
{
	struct fixture fixture = {0};
	uint64_t now_ns = 1;

	fixture_open(&fixture);
	assert_true(update(&fixture, now_ns));
	for (unsigned round = 0; round < 300; round++) {
		tree_directory(fixture.dir, "cgroup/a/d/e");
		(void)update(&fixture, ++now_ns);
		assert_watches(&fixture, 6);
		tree_remove(fixture.dir, "cgroup/a/d");
		(void)update(&fixture, ++now_ns);
		assert_watches(&fixture, 4);
	}
	assert_true(fixture.discover.watch_size <= 64);
	fixture_close(&fixture);
}

/* Events that refer to a group which another collector removed are ignored. */
static void test_events_of_removed_groups_are_ignored(void **state)
{
	struct fixture fixture = {0};
	struct tree_group *group;

	fixture_open(&fixture);
	assert_true(update(&fixture, 1));
	tree_directory(fixture.dir, "cgroup/a/b/new");
	tree_remove(fixture.dir, "cgroup/a/b/c");
	group = find(&fixture, "b");
	assert_non_null(group);
	group_tree_remove(&fixture.tree, group, UINT32_MAX);
	assert_watches(&fixture, 2);
	assert_false(update(&fixture, 2));
	/* The next full walk finds that it still exists. */
	assert_true(update(&fixture, 5000));
	assert_non_null(find(&fixture, "new"));
	assert_watches(&fixture, 4);
	fixture_close(&fixture);
}

/* A test_renamed_directory_keeps_its_watch directory keeps its watch, for the new group. */
static void test_renamed_directory_keeps_its_watch(void **state)
{
	struct fixture fixture = {0};
	char from[400], to[400];

	fixture_open(&fixture);
	assert_true(update(&fixture, 1));
	assert_int_equal(rename(tree_at(fixture.dir, "cgroup/a/b", from, 400),
				tree_at(fixture.dir, "cgroup/a/z", to, 400)),
			 0);
	assert_true(update(&fixture, 2));
	assert_null(find(&fixture, "b"));
	assert_watches(&fixture, 4);
	tree_directory(fixture.dir, "cgroup/a/z/c/deeper");
	assert_false(update(&fixture, 3));
	assert_watches(&fixture, 5);
	fixture_close(&fixture);
}

/* The groups above a sub-tree are neither listed nor watched, and its top may be replaced. */
static void test_path_of_subtree_is_followed(void **state)
{
	struct fixture fixture = {0};

	fixture_open_below(&fixture, "/a/b");
	tree_directory(fixture.dir, "cgroup/a/sibling");
	assert_true(update(&fixture, 1));
	assert_null(find(&fixture, "sibling"));
	assert_non_null(find(&fixture, "c"));
	assert_int_equal(fixture.discover.watch_count, 2); /* b and c */
	tree_directory(fixture.dir, "cgroup/a/b/d");
	tree_directory(fixture.dir, "cgroup/a/sibling2");
	assert_false(update(&fixture, 2));
	assert_non_null(find(&fixture, "d"));
	assert_int_equal(fixture.tree.count, 5);
	tree_remove(fixture.dir, "cgroup/a");
	assert_false(update(&fixture, 3));
	assert_int_equal(fixture.tree.count, 1);
	assert_int_equal(fixture.discover.watch_count, 0);
	tree_directory(fixture.dir, "cgroup/a/placeholder");
	tree_directory(fixture.dir, "cgroup/a/b/e");
	assert_false(update(&fixture, 4));
	assert_non_null(find(&fixture, "e"));
	tree_directory(fixture.dir, "cgroup/a/b/e/f");
	assert_false(update(&fixture, 5));
	assert_non_null(find(&fixture, "f"));
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inotify_reports_changes),
		cmocka_unit_test(test_watch_table_does_not_grow),
		cmocka_unit_test(test_events_of_removed_groups_are_ignored),
		cmocka_unit_test(test_renamed_directory_keeps_its_watch),
		cmocka_unit_test(test_path_of_subtree_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

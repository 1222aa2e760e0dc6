/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-discover.c - groups that come and go between two looks, and the watches that tell of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sample/discover.h"
#include "test.h"
#include "tree.h"

struct place {
	struct tree_dir *dir;
	char cgroup[300], proc[300], sys[300];
	struct cgw_roots roots;
	struct cgw_layout *layout;
	struct tree tree;
	struct discover discover;
};

static void forget(void *context, struct tree_group *group, uint32_t hierarchies)
{
	discover_forget(context, group, hierarchies);
}

static void place_open(struct place *place)
{
	struct discover_options options = {.watch = true, .full_walk_interval_ns = 1000};

	place->dir = tree_new();
	tree_machine_v2(place->dir);
	tree_directory(place->dir, "cgroup/a/b/c");
	place->roots.cgroup = tree_at(place->dir, "cgroup", place->cgroup, 300);
	place->roots.proc = tree_at(place->dir, "proc", place->proc, 300);
	place->roots.sys = tree_at(place->dir, "sys", place->sys, 300);
	assert_int_equal(cgw_layout_open(&place->roots, &place->layout, NULL), 0);
	assert_int_equal(tree_init(&place->tree, (uint32_t)place->layout->hierarchy_count), 0);
	assert_int_equal(discover_init(&place->discover, place->layout, &place->tree, &options), 0);
	place->tree.forget = forget;
	place->tree.forget_context = &place->discover;
}

static void place_close(struct place *place)
{
	place->tree.forget = NULL;
	tree_done(&place->tree);
	discover_done(&place->discover);
	cgw_layout_free(place->layout);
	tree_free(place->dir);
}

static bool look(struct place *place, uint64_t now_ns)
{
	bool walked;

	assert_int_equal(discover_update(&place->discover, now_ns, &walked), 0);
	return walked;
}

static struct tree_group *find(struct place *place, const char *name)
{
	for (struct tree_group *group = place->tree.root; group != NULL; group = tree_next(group))
		if (strcmp(group->name, name) == 0)
			return group;
	return NULL;
}

/* Each group knows its watch and each watch its group; there are as many of the one as of the other. */
static void assert_linked(struct place *place, size_t groups)
{
	size_t watches = 0, found = 0;

	for (size_t i = 0; i < place->discover.watch_size; i++) {
		const struct watch *watch = &place->discover.watches[i];

		if (watch->group == NULL)
			continue;
		watches++;
		assert_int_equal(watch->group->watch[watch->hierarchy], watch->descriptor);
	}
	for (struct tree_group *group = place->tree.root; group != NULL; group = tree_next(group))
		found++;
	assert_int_equal(found, groups);
	assert_int_equal(watches, groups);
	assert_int_equal(watches, place->discover.watch_count);
}

static void come_and_go(void **state)
{
	struct place place = {0};

	(void)state;
	place_open(&place);
	assert_true(look(&place, 1));
	assert_linked(&place, 4);
	/* Told, not walked. */
	tree_directory(place.dir, "cgroup/a/d");
	assert_false(look(&place, 2));
	assert_non_null(find(&place, "d"));
	assert_linked(&place, 5);
	tree_remove(place.dir, "cgroup/a/b");
	assert_false(look(&place, 3));
	assert_null(find(&place, "b"));
	assert_linked(&place, 3);
	/* Gone and there again. */
	tree_remove(place.dir, "cgroup/a/d");
	tree_directory(place.dir, "cgroup/a/d/e");
	assert_false(look(&place, 4));
	assert_linked(&place, 4);
	place_close(&place);
}

/* The kernel gives no number of a watch again: what is kept of them goes by how many there are. */
static void numbers_only_rise(void **state)
{
	struct place place = {0};
	uint64_t now_ns = 1;

	(void)state;
	place_open(&place);
	assert_true(look(&place, now_ns));
	for (unsigned round = 0; round < 300; round++) {
		tree_directory(place.dir, "cgroup/a/d/e");
		(void)look(&place, ++now_ns);
		assert_linked(&place, 6);
		tree_remove(place.dir, "cgroup/a/d");
		(void)look(&place, ++now_ns);
		assert_linked(&place, 4);
	}
	assert_true(place.discover.watch_size <= 64);
	place_close(&place);
}

/* What another says went is no more; what the kernel still has to tell of it is nobody's. */
static void swept_before_told(void **state)
{
	struct place place = {0};
	struct tree_group *group;

	(void)state;
	place_open(&place);
	assert_true(look(&place, 1));
	tree_directory(place.dir, "cgroup/a/b/new");
	tree_remove(place.dir, "cgroup/a/b/c");
	group = find(&place, "b");
	assert_non_null(group);
	tree_leave(&place.tree, group, UINT32_MAX);
	assert_linked(&place, 2);
	assert_false(look(&place, 2));
	/* Until the next walk finds that it was there all the time. */
	assert_true(look(&place, 5000));
	assert_non_null(find(&place, "new"));
	assert_linked(&place, 4);
	place_close(&place);
}

/* The same directory under another name keeps its watch, for the new group. */
static void renamed(void **state)
{
	struct place place = {0};
	char from[400], to[400];

	(void)state;
	place_open(&place);
	assert_true(look(&place, 1));
	assert_int_equal(rename(tree_at(place.dir, "cgroup/a/b", from, 400),
				tree_at(place.dir, "cgroup/a/z", to, 400)),
			 0);
	assert_true(look(&place, 2));
	assert_null(find(&place, "b"));
	assert_linked(&place, 4);
	tree_directory(place.dir, "cgroup/a/z/c/deeper");
	assert_false(look(&place, 3));
	assert_linked(&place, 5);
	place_close(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(come_and_go),
		cmocka_unit_test(numbers_only_rise),
		cmocka_unit_test(swept_before_told),
		cmocka_unit_test(renamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

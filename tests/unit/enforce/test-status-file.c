/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-status-file.c - status.json of a simulated daemon: instances, held values and times. */
#include <jansson.h>

#include "cmd/enforce/status-file.h"
#include "tree.h"
#include "world.h"

static const char *const groups[] = {"/a\n", "/b"};
static const char policy[] = "[policy]\nmax_fraction = 100\n"
			     "[rule hot]\nmatch = /a*\nwhen = memory.current > 1G\n"
			     "then = limit cpu.max 50%\nthen = freeze 1m\nhold = 20s\n"
			     "[limit standing]\nmatch = /b\npids.max = 5\n";

static json_t *write_status(struct world *world, struct tree_dir *dir, double seconds)
{
	char path[300];
	json_t *document;

	assert_int_equal(
		status_write(dir->path, world->policy, world->engine, (uint64_t)(seconds * 1e9)),
		0);
	document = json_load_file(tree_at(dir, "status.json", path, sizeof(path)),
				  JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	return document;
}

static void assert_text(const json_t *object, const char *key, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void assert_number(const json_t *object, const char *key, double expected)
{
	double number = json_number_value(json_object_get(object, key));

	if (number < expected - 1e-6 || number > expected + 1e-6)
		fail_msg("%s: %g", key, number);
}

static const json_t *held_value(const json_t *list, const char *key)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);

		if (strcmp(json_string_value(json_object_get(item, "key")), key) == 0)
			return item;
	}
	fail_msg("%s is missing", key);
	return NULL;
}

static void test_instances_and_held_values(void **state)
{
	struct tree_dir *dir = tree_new();
	json_t *document, *list;
	const json_t *item;
	struct world world;

	world_begin(&world, policy, groups, ARRAY_SIZE(groups));
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 3);
	document = write_status(&world, dir, world.seconds + 2.5);
	assert_text(document, "mode", "enforce");
	assert_number(document, "interval_seconds",
		      (double)cgw_policy_settings(world.policy)->interval_ns / 1e9);
	assert_number(document, "sections", 2);
	list = json_object_get(document, "instances");
	assert_int_equal(json_array_size(list), 1);
	item = json_array_get(list, 0);
	assert_text(item, "rule", "hot");
	assert_text(item, "group", "/a\\x0a");
	assert_number(item, "group_id", (double)world.groups[0].id);
	/* It has acted at the first of the three samples. */
	assert_number(item, "since_seconds", -4.5);
	/* Held for 20 s, of which 4.5 s are over. */
	assert_number(item, "until_seconds", 15.5);
	list = json_object_get(document, "held");
	assert_int_equal(json_array_size(list), 3);
	item = held_value(list, "pids.max");
	assert_text(item, "group", "/b");
	assert_text(item, "section", "standing");
	assert_text(item, "value", "5");
	assert_text(item, "original", "max");
	item = held_value(list, "cpu.max");
	assert_text(item, "section", "hot");
	assert_text(item, "value", "50.00%");
	assert_null(json_object_get(held_value(list, "frozen"), "value"));
	json_decref(document);
	/* The file is replaced. */
	world.groups[0].memory = 0;
	world_run(&world, 100);
	document = write_status(&world, dir, world.seconds);
	assert_int_equal(json_array_size(json_object_get(document, "instances")), 0);
	assert_int_equal(json_array_size(json_object_get(document, "held")), 1);
	json_decref(document);
	world_end(&world);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instances_and_held_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

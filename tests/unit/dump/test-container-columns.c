/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-container-columns.c - names of containers and pods in columns and labels. */
#include <stdio.h>
#include <string.h>

#include "cmd/dump/container-columns.h"
#include "frames.h"
#include "lib/base/cleanup.h"
#include "lib/model/frame.h"
#include "test.h"
#include "tree.h"

#define ID    "4f2f0c3b6a5d4e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7"
#define POD   "8dbc0f50-6dd5-4a0e-9b5f-0123456789ab"
#define PODS  "/kubepods/burstable/pod" POD
#define OTHER "0f2f0c3b6a5d4e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f0"

static const struct frame_group groups[] = {
	{"/", 1},
	{"/docker", 2},
	{"/docker/" OTHER, 3},
	{"/docker/" ID, 4},
	{"/docker/" ID "/inner", 5},
	{"/kubepods", 6},
	{"/kubepods/burstable", 7},
	{PODS, 8},
	{PODS "/" ID, 9},
};

/* "container_name pod_name" of a group; "-" if there is none. */
static void assert_names(const struct cgw_frame *frame, uint32_t group, const char *expected)
{
	static const char *const keys[] = {"container_name", "pod_name"};
	char shown[600] = "";

	for (size_t i = 0; i < 2; i++) {
		struct cgw_field field;
		enum cgw_state state;
		char text[256];

		assert_int_equal(cgw_field_parse(keys[i], &field, NULL), 0);
		assert_true(container_columns_has(field));
		(void)cgw_frame_text(frame, field, group, text, sizeof(text), &state);
		assert_int_equal(state, text[0] != '\0' ? CGW_OK : CGW_ABSENT);
		snprintf(shown + strlen(shown), sizeof(shown) - strlen(shown), "%s%s",
			 i > 0 ? " " : "", text[0] != '\0' ? text : "-");
	}
	assert_string_equal(shown, expected);
}

static struct cgw_frame *new_frame(void)
{
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 1, NULL, 0);
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	return frame;
}

static void test_names_of_containers_and_pods(void **state)
{
	static const char *const expected[] = {
		"- -", "- -", "- -", "web -", "web -", "- -", "- -", "- web-0", "nginx web-0",
	};
	struct tree_dir *tree = tree_new();
	struct container_columns columns = {.options = {.state_root = tree->path}};
	struct cgw_frame *frame = new_frame();
	struct cgw_identity identity;
	struct cgw_label labels[4];

	tree_file(tree, "var/lib/docker/containers/" ID "/config.v2.json",
		  "{\"Name\": \"/web\", \"Config\": {}}");
	tree_file(tree, "var/log/containers/web-0_shop_nginx-" ID ".log", "");
	tree_file(tree, "var/log/pods/shop_web-0_" POD "/nginx/0.log", "");
	/* Without a source of names, as in a recording, there are none. */
	assert_names(frame, 3, "- -");
	container_columns_use(&columns, frame);
	for (uint32_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_names(frame, i, expected[i]);

	cgw_identity_from_path("/docker/" ID, &identity);
	assert_int_equal(container_columns_labels(&columns, &identity, labels, 4), 1);
	assert_string_equal(labels[0].name, "name");
	assert_string_equal(labels[0].value, "web");
	cgw_identity_from_path(PODS "/" ID, &identity);
	assert_int_equal(container_columns_labels(&columns, &identity, labels, 4), 2);
	assert_string_equal(labels[1].name, "pod_name");
	assert_string_equal(labels[1].value, "web-0");
	cgw_identity_from_path("/system.slice", &identity);
	assert_int_equal(container_columns_labels(&columns, &identity, labels, 4), 0);
	cgw_frame_free(frame);
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_containers_and_pods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-container-labels.c - cache of container and pod names: lookup, retry and expiry. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/serve/container-labels.h"
#include "test.h"
#include "tree.h"

#define ID   "4f2f0c3b6a5d4e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7"
#define POD  "8dbc0f50-6dd5-4a0e-9b5f-0123456789ab"
#define POD_ "8dbc0f50_6dd5_4a0e_9b5f_0123456789ab"

/* Paths of the systemd and the cgroupfs driver. */
#define SYSTEMD_SLICE      "/kubepods.slice/kubepods-burstable.slice"
#define SYSTEMD_POD        SYSTEMD_SLICE "/kubepods-burstable-pod" POD_ ".slice"
#define SYSTEMD_CONTAINER  SYSTEMD_POD "/cri-containerd-" ID ".scope"
#define CGROUPFS_POD       "/kubepods/burstable/pod" POD
#define CGROUPFS_CONTAINER CGROUPFS_POD "/" ID

/* "name=value," of each label. */
static const char *labels_of(struct container_labels *cache, const char *path, char buffer[1024])
{
	struct cgw_identity identity;
	struct cgw_label labels[8];
	size_t count, used = 0;

	cgw_identity_from_path(path, &identity);
	count = container_labels_get(cache, &identity, labels, 8);
	buffer[0] = '\0';
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(buffer + used, 1024 - used, "%s=%s,", labels[i].name,
					 labels[i].value);
	return buffer;
}

static void test_both_cgroup_drivers(void **state)
{
	struct tree_dir *tree = tree_new();
	struct container_labels *cache;
	char buffer[1024];

	tree_file(tree, "var/log/containers/web-0_shop_nginx-" ID ".log", "");
	tree_file(tree, "var/log/pods/shop_web-0_" POD "/nginx/0.log", "");
	assert_int_equal(container_labels_new(tree->path, &cache), 0);
	container_labels_begin(cache, 1);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(
			labels_of(cache, i == 0 ? SYSTEMD_CONTAINER : CGROUPFS_CONTAINER, buffer),
			"name=nginx,pod_name=web-0,namespace=shop,role=nginx,");
		assert_string_equal(labels_of(cache, i == 0 ? SYSTEMD_POD : CGROUPFS_POD, buffer),
				    "name=web-0,pod_name=web-0,namespace=shop,");
	}
	assert_string_equal(labels_of(cache, "/system.slice/ssh.service", buffer), "");
	container_labels_free(cache);
	tree_free(tree);
}

/* A failed lookup is retried after a minute; a name is cached as long as it is used. */
static void test_retry_and_expiry(void **state)
{
	struct tree_dir *tree = tree_new();
	struct container_labels *cache;
	char buffer[1024], path[512];

	tree_file(tree, "var/log/pods/other", "");
	assert_int_equal(container_labels_new(tree->path, &cache), 0);
	container_labels_begin(cache, 1);
	assert_string_equal(labels_of(cache, SYSTEMD_CONTAINER, buffer), "");
	tree_file(tree, "var/log/containers/we\x1b[b_shop_nginx-" ID ".log", "");
	container_labels_begin(cache, 2);
	assert_string_equal(labels_of(cache, SYSTEMD_CONTAINER, buffer), "");
	container_labels_begin(cache, UINT64_C(61000000000));
	assert_string_equal(labels_of(cache, SYSTEMD_CONTAINER, buffer),
			    "name=nginx,pod_name=we\\x1b[b,namespace=shop,role=nginx,");
	snprintf(path, sizeof(path), "%s/var/log/containers/we\x1b[b_shop_nginx-" ID ".log",
		 tree->path);
	assert_int_equal(unlink(path), 0);
	container_labels_begin(cache, UINT64_C(200000000000));
	assert_true(strlen(labels_of(cache, SYSTEMD_CONTAINER, buffer)) > 0);
	/* Unused in one exposition: it is looked up again. */
	container_labels_begin(cache, UINT64_C(200000000001));
	container_labels_begin(cache, UINT64_C(200000000002));
	assert_string_equal(labels_of(cache, SYSTEMD_CONTAINER, buffer), "");
	container_labels_free(cache);
	tree_free(tree);
}

/* Entries stay distinct in any order of insertion. */
static void test_many_entries(void **state)
{
	struct tree_dir *tree = tree_new();
	struct container_labels *cache;
	char buffer[1024], path[256], expected[64];

	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "var/log/containers/p%d_s_c-%064x.log", i,
			 (unsigned)(i * 7919 % 200));
		tree_file(tree, path, "");
	}
	assert_int_equal(container_labels_new(tree->path, &cache), 0);
	for (int round = 0; round < 2; round++) {
		container_labels_begin(cache, 1);
		for (int i = 0; i < 200; i++) {
			snprintf(path, sizeof(path), "/kubepods/pod" POD "/%064x",
				 (unsigned)(i * 7919 % 200));
			snprintf(expected, sizeof(expected),
				 "name=c,pod_name=p%d,namespace=s,role=c,", i);
			assert_string_equal(labels_of(cache, path, buffer), expected);
		}
	}
	container_labels_free(cache);
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_cgroup_drivers),
		cmocka_unit_test(test_retry_and_expiry),
		cmocka_unit_test(test_many_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-mounts.c - which mounts become hierarchies if several show the same or hide each other. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/kernel/mounts.h"
#include "test.h"
#include "tree.h"

static int setup(void **state)
{
	struct tree_dir *dir = tree_new();

	tree_directory(dir, "sys");
	tree_directory(dir, "cgroup/sys/fs/cgroup");
	tree_directory(dir, "cgroup/mnt/other");
	*state = dir;
	return 0;
}

static int teardown(void **state)
{
	tree_free(*state);
	return 0;
}

/* Opens a copied machine with these mounts; they have the same device, and so are one hierarchy. */
static struct cgw_layout *open_copy(struct tree_dir *dir, const char *first, const char *second)
{
	char cgroup[300], proc[300], sys[300], text[256];
	const struct cgw_roots roots = {.cgroup = tree_at(dir, "cgroup", cgroup, sizeof(cgroup)),
					.proc = tree_at(dir, "proc", proc, sizeof(proc)),
					.sys = tree_at(dir, "sys", sys, sizeof(sys))};
	struct cgw_layout *layout = NULL;

	snprintf(text, sizeof(text), "30 22 0:26 %s - cgroup2 cgroup2 rw\n", first);
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
		 "31 22 0:26 %s - cgroup2 cgroup2 rw\n", second);
	tree_file(dir, "proc/self/mountinfo", text);
	assert_int_equal(cgw_layout_open(&roots, &layout, NULL), 0);
	assert_int_equal(layout->hierarchy_count, 1);
	return layout;
}

/* A subtree is often mounted a second time, for a container: the mount of the whole is used. */
static void test_mount_of_the_whole_hierarchy_is_preferred(void **state)
{
	static const char whole[] = "/ /sys/fs/cgroup rw", part[] = "/box /mnt/other rw";

	for (int order = 0; order < 2; order++) {
		struct cgw_layout *layout =
			open_copy(*state, order == 0 ? whole : part, order == 0 ? part : whole);

		assert_string_equal(layout->hierarchies[0].root, "/");
		assert_non_null(strstr(layout->hierarchies[0].mountpoint, "/sys/fs/cgroup"));
		cgw_layout_free(layout);
	}
}

static void test_writable_mount_is_preferred(void **state)
{
	static const char writable[] = "/ /sys/fs/cgroup rw", other[] = "/ /mnt/other ro";

	for (int order = 0; order < 2; order++) {
		struct cgw_layout *layout = open_copy(*state, order == 0 ? writable : other,
						      order == 0 ? other : writable);

		assert_false(layout->hierarchies[0].read_only);
		cgw_layout_free(layout);
	}
}

static char own_mountinfo[300]; /* replaces /proc/self/mountinfo */

static int open_at(int directory, const char *path, int flags)
{
	return kernel_ops_real.open_at(
		directory, strcmp(path, "/proc/self/mountinfo") == 0 ? own_mountinfo : path, flags);
}

/* Another mount on top hides a hierarchy: the directory then has another device. */
static void test_hidden_mounts_are_left_out(void **state)
{
	struct tree_dir *dir = *state;
	struct kernel_ops ops = kernel_ops_real;
	char proc[300], text[1024], visible[300], hidden[300];
	const struct cgw_roots roots = {.proc = tree_at(dir, "proc", proc, sizeof(proc))};
	struct cgw_layout *layout;
	struct stat status;

	ops.open_at = open_at;
	(void)tree_at(dir, "cgroup/sys/fs/cgroup", visible, sizeof(visible));
	(void)tree_at(dir, "cgroup/mnt/other", hidden, sizeof(hidden));
	assert_int_equal(stat(visible, &status), 0);
	snprintf(text, sizeof(text),
		 "30 22 %u:%u / %s rw - cgroup2 cgroup2 rw\n"
		 "31 22 %u:%u / %s rw - cgroup cgroup rw,memory\n",
		 major(status.st_dev), minor(status.st_dev), visible, major(status.st_dev),
		 minor(status.st_dev) + 1, hidden);
	tree_file(dir, "proc/mounts-of-test", text);
	(void)tree_at(dir, "proc/mounts-of-test", own_mountinfo, sizeof(own_mountinfo));
	assert_int_equal(layout_open_with(&roots, &ops, &layout, NULL), 0);
	assert_int_equal(layout->kind, CGW_LAYOUT_V2);
	assert_int_equal(layout->hierarchy_count, 1);
	assert_string_equal(layout->hierarchies[0].mountpoint, visible);
	cgw_layout_free(layout);
}

static void test_mountinfo_is_parsed(void **state)
{
	char text[] = "1 0 8:1 / / rw,noatime - ext4 /dev/vda1 rw,discard\n"
		      "30 22 0:26 / /a\\040b\\134 rw shared:9 master:1 - cgroup2 cgroup2 rw\n"
		      "31 22 0:29 /../x /memory ro - cgroup  rw,memory,xattr\n"
		      "32 22 0:30 / /named rw - cgroup cgroup rw,xattr,name=systemd,cpu,cpuacct\n";
	struct cgroup_mounts mounts = {0};

	assert_int_equal(mounts_parse(text, &mounts), 0);
	assert_int_equal(mounts.count, 3);
	assert_int_equal(mounts.items[0].version, 2);
	assert_string_equal(mounts.items[0].target, "/a b\\");
	assert_int_equal(mounts.items[0].device, makedev(0, 26));
	assert_false(mounts.items[0].read_only);
	assert_string_equal(mounts.items[1].root, "/../x");
	assert_true(mounts.items[1].read_only);
	assert_int_equal(mounts.items[1].controllers, CGW_CONTROLLER_BIT(CGW_MEMORY));
	assert_string_equal(mounts.items[2].name, "systemd");
	assert_int_equal(mounts.items[2].controllers,
			 CGW_CONTROLLER_BIT(CGW_CPU) | CGW_CONTROLLER_BIT(CGW_CPUACCT));
	mounts_done(&mounts);
}

static void test_other_formats_are_rejected(void **state)
{
	static const char *const texts[] = {
		"cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", /* /proc/mounts */
		"30 22 0:26 / /a rw cgroup2 cgroup2 rw\n",
		"30 22 0:26 / /a rw -\n",
		"30 22 0:26 / /a\n",
		"30 22 0 / /a rw - cgroup2 cgroup2 rw\n",
		"x 22 0:26 / /a rw - cgroup2 cgroup2 rw\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct cgroup_mounts mounts = {0};
		char text[128];

		snprintf(text, sizeof(text), "%s", texts[i]);
		assert_int_equal(mounts_parse(text, &mounts), -EBADMSG);
		assert_int_equal(mounts.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mount_of_the_whole_hierarchy_is_preferred,
						setup, teardown),
		cmocka_unit_test(test_mountinfo_is_parsed),
		cmocka_unit_test(test_other_formats_are_rejected),
		cmocka_unit_test_setup_teardown(test_writable_mount_is_preferred, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hidden_mounts_are_left_out, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

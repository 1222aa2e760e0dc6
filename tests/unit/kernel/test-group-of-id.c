/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-group-of-id.c - groups of which only the id is known. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/group-of-id.h"
#include "lib/kernel/kernel-ops.h"
#include "test.h"
#include "tree.h"

static char opened[400];      /* what an id opens; "": nothing */
static const char *path_is;   /* as the kernel reports it; NULL: its own */
static unsigned listed_count; /* calls of getdents64() */

static int open_id(int directory, uint64_t id)
{
	int fd;

	/* The kernel refuses a descriptor of O_PATH here. */
	if (fcntl(directory, F_GETFL) & O_PATH)
		return -EBADF;
	if (opened[0] == '\0')
		return -EPERM;
	fd = open(opened, O_PATH | O_DIRECTORY);
	return fd < 0 ? -ESTALE : fd;
}

static ssize_t read_link(int directory, const char *path, char *buffer, size_t size)
{
	CLEANUP(cleanup_close) int proc = open("/proc", O_PATH);

	if (path_is == NULL)
		return kernel_ops_real.read_link(proc, path, buffer, size);
	memcpy(buffer, path_is, strlen(path_is));
	return (ssize_t)strlen(path_is);
}

static ssize_t list(int fd, void *buffer, size_t size)
{
	listed_count++;
	return kernel_ops_real.list(fd, buffer, size);
}

static uint64_t id_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_ino;
}

static void assert_child(const struct cgw_layout *layout, const char *parent, uint64_t id,
			 const char *expected)
{
	CLEANUP(cleanup_free) char *path = NULL;
	int r = group_child_path(layout, 0, parent, id, &path);

	assert_int_equal(r, expected != NULL ? 0 : -ENOENT);
	if (expected != NULL)
		assert_string_equal(path, expected);
}

static void test_child_and_parent_are_found_by_id(void **state)
{
	struct tree_dir *dir = tree_new();
	char cgroup[300], proc[300], sys[300], group[400];
	const struct cgw_roots roots = {
		.cgroup = tree_at(dir, "cgroup", cgroup, 300),
		.proc = tree_at(dir, "proc", proc, 300),
		.sys = tree_at(dir, "sys", sys, 300),
	};
	struct kernel_ops ops = kernel_ops_real;
	struct cgw_layout *layout;
	uint64_t id;

	tree_machine_v2(dir);
	tree_file(dir, "cgroup/a/b/cgroup.procs", "");
	tree_file(dir, "cgroup/a/c/cgroup.procs", "");
	assert_int_equal(cgw_layout_open(&roots, &layout, NULL), 0);
	ops.open_id = open_id;
	ops.read_link = read_link;
	ops.list = list;
	layout->ops = &ops;
	tree_at(dir, "cgroup/a/b", group, sizeof(group));
	id = id_of(group);

	/* By its id, without reading the directory of the parent. */
	strcpy(opened, group);
	listed_count = 0;
	assert_child(layout, "/a", id, "/a/b");
	assert_int_equal(group_parent_id(layout, 0, id),
			 id_of(tree_at(dir, "cgroup/a", group, 300)));
	assert_child(layout, "/", id_of(group), NULL);
	assert_int_equal(listed_count, 0);
	/* It was removed, or another group has that name meanwhile. */
	path_is = "/a/b (deleted)";
	assert_child(layout, "/a", id, NULL);
	path_is = "/a/c";
	assert_child(layout, "/a", id, NULL);
	path_is = NULL;
	strcpy(opened, "/nowhere");
	assert_child(layout, "/a", 1, NULL);
	assert_int_equal(group_parent_id(layout, 0, id), 0);

	/* Without the privilege, by listing. */
	opened[0] = '\0';
	assert_child(layout, "/a", id, "/a/b");
	assert_true(listed_count > 0);
	assert_child(layout, "/", id_of(tree_at(dir, "cgroup/a", group, 300)), "/a");
	assert_child(layout, "/a", 1, NULL);
	assert_int_equal(group_parent_id(layout, 0, id), 0);
	cgw_layout_free(layout);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child_and_parent_are_found_by_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

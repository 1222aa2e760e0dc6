/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-membership.c - groups of a process as seen from a mounted subtree. */
#include <stdio.h>

#include "test.h"
#include "tree.h"
#include <cgward/kernel.h>

/* The kernel reports paths from the root of the hierarchy, of which only /box is mounted. */
static void test_paths_relative_to_the_mounted_subtree(void **state)
{
	static const struct {
		int pid;
		const char *line, *expected;
	} rows[] = {
		{10, "0::/box\n", "/"},
		{11, "0::/box/web\n", "/web"},
		{12, "0::/boxes/web\n", "/../boxes/web"}, /* another group, outside of the mount */
		{13, "0::/bo\n", "/../bo"},
		{14, "0::/\n", "/../"},
		{15, "0::/box/web (deleted)\n", NULL}, /* another group may have this path now */
	};
	struct tree_dir *dir = tree_new();
	char cgroup[300], proc[300];
	const struct cgw_roots roots = {.cgroup = tree_at(dir, "cgroup", cgroup, sizeof(cgroup)),
					.proc = tree_at(dir, "proc", proc, sizeof(proc))};
	struct cgw_layout *layout;

	tree_machine_v2(dir);
	tree_file(dir, "proc/self/mountinfo",
		  "30 22 0:26 /box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	assert_int_equal(cgw_layout_open(&roots, &layout, NULL), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cgw_membership membership;
		char file[64];

		snprintf(file, sizeof(file), "proc/%d/cgroup", rows[i].pid);
		tree_file(dir, file, rows[i].line);
		assert_int_equal(cgw_membership_read(layout, rows[i].pid, &membership), 0);
		if (rows[i].expected != NULL)
			assert_string_equal(membership.paths[0], rows[i].expected);
		else
			assert_null(membership.paths[0]);
		cgw_membership_done(&membership);
	}
	cgw_layout_free(layout);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_relative_to_the_mounted_subtree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

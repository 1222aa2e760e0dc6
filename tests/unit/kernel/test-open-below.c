/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-open-below.c - nothing above a directory is opened, with and without openat2(). */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"
#include "test.h"
#include "tree.h"

static void check_paths(struct tree_dir *dir)
{
	static const struct {
		const char *path;
		int error;
	} rows[] = {
		{"a/b", 0},
		{"a//b/", 0},
		{"a/none", -ENOENT},
		{"file/x", -ENOTDIR},
		{"..", -EXDEV},
		{"../outside", -EXDEV},
		{"a/../../outside", -EXDEV},
		{"link", -ELOOP},
		{"link/x", -ELOOP},
		{"a/link", -ELOOP},
	};
	char path[300];
	int top = open(tree_at(dir, "top", path, sizeof(path)), O_PATH | O_DIRECTORY);

	assert_true(top >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd = kernel_ops_real.open_beneath(top, rows[i].path, O_PATH | O_DIRECTORY);

		if (fd < 0 ? fd != rows[i].error : rows[i].error != 0)
			fail_msg("%s: %d", rows[i].path, fd);
		if (fd >= 0)
			close(fd);
	}
	close(top);
}

/* As in a container whose seccomp filter is older than openat2(). */
static bool forbid_openat2(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(filter), .filter = filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void test_nothing_outside_is_opened(void **state)
{
	struct tree_dir *dir = tree_new();
	char target[300], link[300];

	tree_directory(dir, "top/a/b");
	tree_directory(dir, "outside/x");
	tree_file(dir, "top/file", "");
	(void)tree_at(dir, "outside", target, sizeof(target));
	assert_int_equal(symlink(target, tree_at(dir, "top/link", link, sizeof(link))), 0);
	assert_int_equal(symlink(target, tree_at(dir, "top/a/link", link, sizeof(link))), 0);
	check_paths(dir);
	if (forbid_openat2())
		check_paths(dir);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_outside_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-output-file.c - a file is replaced only by complete output. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/dump/output-file.h"
#include "test.h"
#include "tree.h"

static void assert_file(const char *path, const char *expected)
{
	char text[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	assert_string_equal(text, expected);
}

static void test_incomplete_output_is_dropped(void **state)
{
	struct tree_dir *dir = tree_new();
	char path[300];
	struct output output = {.path = tree_at(dir, "out/file", path, sizeof(path))};

	tree_file(dir, "out/file", "old\n");
	for (int keep = 0; keep <= 1; keep++) {
		assert_int_equal(output_begin(&output), 0);
		assert_true(fputs("new\n", output.stream) >= 0);
		assert_file(path, "old\n"); /* readers never see a part */
		assert_int_equal(output_end(&output, keep), 0);
		assert_file(path, keep ? "new\n" : "old\n");
	}
	/* Nothing else is left in the directory. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(tree_at(dir, "out", path, sizeof(path))), 0);
	tree_free(dir);
}

/* As a file that the shell creates. */
static void test_permissions_follow_the_umask(void **state)
{
	struct tree_dir *dir = tree_new();
	char path[300];
	struct output output = {.path = tree_at(dir, "file", path, sizeof(path))};
	mode_t mask = umask(027);
	struct stat status;

	assert_int_equal(output_begin(&output), 0);
	assert_int_equal(output_end(&output, 1), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_int_equal(umask(mask), 027);
	tree_free(dir);
}

static void test_devices_are_not_replaced(void **state)
{
	struct output output = {.path = "/dev/full"};
	struct stat status;

	if (stat(output.path, &status) < 0)
		skip();
	assert_int_equal(output_begin(&output), 0);
	assert_true(fputs("new\n", output.stream) >= 0);
	assert_int_equal(output_end(&output, 1), -ENOSPC);
	assert_int_equal(stat(output.path, &status), 0);
	assert_true(S_ISCHR(status.st_mode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_incomplete_output_is_dropped),
		cmocka_unit_test(test_permissions_follow_the_umask),
		cmocka_unit_test(test_devices_are_not_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-file-replacement.c - files that are replaced as a whole, or not at all. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/file-replacement.h"
#include "test.h"

static int set_up(void **state)
{
	static char directory[64];

	snprintf(directory, sizeof(directory), "/tmp/cgward-replacement-XXXXXX");
	assert_non_null(mkdtemp(directory));
	*state = directory;
	return chdir(directory);
}

static int tear_down(void **state)
{
	(void)unlink("file");
	(void)unlink("file.new");
	return chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1;
}

static void assert_content(const char *expected)
{
	CLEANUP(cleanup_file) FILE *file = fopen("file", "re");
	char text[64] = "";

	assert_non_null(file);
	(void)fread(text, 1, sizeof(text) - 1, file);
	assert_string_equal(text, expected);
}

static size_t count_files(void)
{
	CLEANUP(cleanup_directory) DIR *directory = opendir(".");
	size_t count = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		count++;
	return count - 2; /* "." and ".." */
}

static void replace(const char *text)
{
	CLEANUP(cleanup_replacement) struct file_replacement file = FILE_REPLACEMENT_NONE;

	assert_int_equal(replacement_begin_stream(&file, AT_FDCWD, "file", 0640, false), 0);
	fputs(text, file.stream);
	assert_int_equal(replacement_commit(&file, true), 0);
}

static void test_the_old_file_is_there_until_the_new_one_is_complete(void **state)
{
	struct file_replacement file;
	struct stat status;

	replace("old");
	assert_int_equal(replacement_begin_stream(&file, AT_FDCWD, "file", 0640, false), 0);
	fputs("new", file.stream);
	assert_int_equal(fflush(file.stream), 0);
	assert_content("old");
	assert_int_equal(replacement_commit(&file, false), 0);
	assert_content("new");
	assert_int_equal(stat("file", &status), 0);
	assert_int_equal(status.st_mode & 0137, 0);
	assert_int_equal(count_files(), 1);
	cleanup_replacement(&file); /* after the end it does nothing */
	assert_content("new");
}

static void test_a_replacement_that_is_given_up_leaves_nothing(void **state)
{
	struct file_replacement file;

	replace("old");
	assert_int_equal(replacement_begin(&file, AT_FDCWD, "file", 0600, true), 0);
	assert_int_equal(write(file.fd, "new", 3), 3);
	assert_int_equal(count_files(), 2);
	cleanup_replacement(&file);
	assert_content("old");
	assert_int_equal(count_files(), 1);
}

static void test_a_full_disk_leaves_the_old_file(void **state)
{
	struct file_replacement file;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(full >= 0);
	replace("old");
	assert_int_equal(replacement_begin_stream(&file, AT_FDCWD, "file", 0600, false), 0);
	assert_true(dup3(full, file.fd, O_CLOEXEC) >= 0);
	close(full);
	fputs("new", file.stream);
	assert_int_equal(replacement_commit(&file, false), -ENOSPC);
	assert_content("old");
	assert_int_equal(count_files(), 1);
}

static void test_two_processes_do_not_write_to_the_same_file(void **state)
{
	struct file_replacement shared, alone;

	assert_int_equal(replacement_begin(&shared, AT_FDCWD, "file", 0600, true), 0);
	assert_int_equal(replacement_begin(&alone, AT_FDCWD, "file", 0600, false), 0);
	assert_string_not_equal(shared.temporary, alone.temporary);
	assert_int_equal(write(shared.fd, "shared", 6), 6);
	assert_int_equal(write(alone.fd, "alone", 5), 5);
	assert_int_equal(replacement_commit(&alone, false), 0);
	assert_content("alone");
	assert_int_equal(replacement_commit(&shared, false), 0);
	assert_content("shared");
}

static void test_what_a_killed_process_left_is_replaced(void **state)
{
	/* A link that leads elsewhere is not followed. */
	assert_int_equal(symlink("/dev/null", "file.new"), 0);
	replace("new");
	assert_content("new");
	assert_int_equal(count_files(), 1);
}

static void test_errors(void **state)
{
	char name[PATH_MAX + 1];
	struct file_replacement file;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(replacement_begin(&file, AT_FDCWD, name, 0600, false), -ENAMETOOLONG);
	assert_int_equal(replacement_begin_stream(&file, AT_FDCWD, "missing/file", 0600, true),
			 -ENOENT);
	cleanup_replacement(&file);
	assert_int_equal(count_files(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_the_old_file_is_there_until_the_new_one_is_complete, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_a_replacement_that_is_given_up_leaves_nothing,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_full_disk_leaves_the_old_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_two_processes_do_not_write_to_the_same_file,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_a_killed_process_left_is_replaced, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-journal.c - unit tests of the journal: numbers, truncated lines, rotation, directory. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/limit/journal.h"
#include "test.h"
#include "tree.h"

struct fixture {
	struct tree_dir *dir;
	char directory[300], file[320];
	struct journal *journal;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->dir = tree_new();
	(void)tree_at(fixture->dir, "state", fixture->directory, sizeof(fixture->directory));
	(void)tree_at(fixture->dir, "state/journal", fixture->file, sizeof(fixture->file));
	assert_int_equal(journal_open(fixture->directory, &fixture->journal, NULL), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	journal_close(fixture->journal);
	tree_free(fixture->dir);
	free(fixture);
	return 0;
}

static uint64_t intend(const struct fixture *fixture, const char *path, uint64_t transaction)
{
	struct cgw_change change = {
		.kind = CGW_STEP_SET, .path = path, .key = "pids.max", .transaction = transaction};

	assert_int_equal(journal_intend(fixture->journal, &change), 0);
	return change.id;
}

static int settle(const struct fixture *fixture, uint64_t id, const char *value)
{
	struct cgw_change change = {.id = id};

	snprintf(change.new_value, sizeof(change.new_value), "%s", value);
	return journal_settle(fixture->journal, &change, CGW_OUTCOME_DONE);
}

static void append(const struct fixture *fixture, const char *text)
{
	FILE *file = fopen(fixture->file, "a");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int count_change(void *context, const struct cgw_change *change)
{
	unsigned *counts = context;

	assert_in_range(change->id, 1, 63);
	counts[change->id]++;
	return 0;
}

static void read_counts(const struct fixture *fixture, unsigned *counts)
{
	assert_int_equal(cgw_journal_read(fixture->directory, count_change, counts, NULL), 0);
}

/* The path of a group may be much longer than what is read of the journal's end. */
static void test_number_is_found_before_long_lines(void **state)
{
	const struct fixture *fixture = *state;
	CLEANUP(cleanup_free) char *path = malloc(200001);
	unsigned counts[64] = {0};

	memset(path, 'p', 200000);
	path[0] = '/';
	path[200000] = '\0';
	assert_int_equal(intend(fixture, "/a", 0), 1);
	assert_int_equal(intend(fixture, path, 0), 2);
	assert_int_equal(intend(fixture, path, 0), 3);
	for (int i = 0; i < 300; i++)
		assert_int_equal(settle(fixture, 3, "a value of some length"), 0);
	assert_int_equal(intend(fixture, "/a", 0), 4);
	read_counts(fixture, counts);
	for (int i = 1; i <= 4; i++)
		assert_int_equal(counts[i], 1);
}

static void test_truncated_line_is_ended(void **state)
{
	const struct fixture *fixture = *state;
	unsigned counts[64] = {0};

	assert_int_equal(intend(fixture, "/a", 0), 1);
	append(fixture, "{\"id\": 2, \"time_ns\": 17");
	assert_int_equal(intend(fixture, "/b", 0), 3); /* 2 may have been used */
	append(fixture, "{\"id\": 1");                 /* of 17, or of 1 */
	assert_int_equal(settle(fixture, 3, "5"), 0);
	assert_int_equal(intend(fixture, "/c", 0), 4);
	read_counts(fixture, counts);
	assert_int_equal(counts[1], 1);
	assert_int_equal(counts[2], 0);
	assert_int_equal(counts[3], 1);
	assert_int_equal(counts[4], 1);
}

/* A line that does not fit is cut off again, and the change does not take place. */
static void test_full_disk_leaves_no_half_line(void **state)
{
	const struct fixture *fixture = *state;
	struct cgw_change change = {.kind = CGW_STEP_FREEZE, .path = "/b"};
	struct rlimit limit, small;
	struct stat before, after;
	unsigned counts[64] = {0};

	assert_int_equal(intend(fixture, "/a", 0), 1);
	assert_int_equal(stat(fixture->file, &before), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = (rlim_t)before.st_size + 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(journal_intend(fixture->journal, &change) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(stat(fixture->file, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(intend(fixture, "/c", 0), 2);
	read_counts(fixture, counts);
	assert_int_equal(counts[1], 1);
	assert_int_equal(counts[2], 1);
}

/* The new file continues the numbers, also if another process opened it first. */
static void test_numbers_continue_after_rotation(void **state)
{
	const struct fixture *fixture = *state;
	unsigned counts[64] = {0};
	char old[330];

	assert_int_equal(intend(fixture, "/a", 0), 1);
	assert_int_equal(truncate(fixture->file, (off_t)4 << 20), 0);
	append(fixture, "\n");
	/* The rest of an action stays in the same file. */
	assert_int_equal(intend(fixture, "/a", 1), 2);
	snprintf(old, sizeof(old), "%s.old", fixture->file);
	assert_int_not_equal(access(old, F_OK), 0);
	assert_int_equal(intend(fixture, "/b", 0), 3);
	assert_int_equal(access(old, F_OK), 0);
	assert_int_equal(truncate(fixture->file, 0), 0);
	assert_int_equal(intend(fixture, "/c", 0), 3);
	read_counts(fixture, counts);
	assert_int_equal(counts[1], 1);
	assert_int_equal(counts[2], 1);
	assert_int_equal(counts[3], 1);
}

/* The last number is remembered, but two processes write the journal, and either may rotate it. */
static void test_two_writers_use_no_number_twice(void **state)
{
	struct fixture *fixture = *state, other = *fixture;
	unsigned counts[64] = {0};
	char old[330];

	assert_int_equal(journal_open(fixture->directory, &other.journal, NULL), 0);
	assert_int_equal(intend(fixture, "/a", 0), 1);
	assert_int_equal(settle(fixture, 1, "5"), 0);
	assert_int_equal(intend(fixture, "/a", 0), 2);
	assert_int_equal(intend(&other, "/b", 0), 3);
	assert_int_equal(settle(fixture, 2, "5"), 0);
	assert_int_equal(intend(fixture, "/a", 0), 4);
	assert_int_equal(intend(&other, "/b", 0), 5);
	snprintf(old, sizeof(old), "%s.old", fixture->file);
	assert_int_equal(rename(fixture->file, old), 0);
	assert_int_equal(intend(&other, "/b", 0), 6);
	assert_int_equal(intend(fixture, "/a", 0), 7);
	read_counts(fixture, counts);
	for (int i = 1; i <= 7; i++)
		assert_int_equal(counts[i], 1);
	journal_close(other.journal);
}

static void test_directory_that_others_can_write_is_refused(void **state)
{
	const struct fixture *fixture = *state;
	struct journal *journal = NULL;
	struct cgw_change change = {.kind = CGW_STEP_FREEZE, .path = "/b"};
	struct cgw_diag diag = {0};

	assert_int_equal(chmod(fixture->directory, 01777), 0);
	assert_int_equal(journal_open(fixture->directory, &journal, &diag), -EACCES);
	assert_non_null(strstr(diag.text, "others can write"));
	assert_int_equal(journal_check_directory(fixture->directory, &diag), -EACCES);
	assert_int_equal(chmod(fixture->directory, 0720), 0);
	assert_int_equal(journal_open(fixture->directory, &journal, &diag), -EACCES);
	assert_int_equal(chmod(fixture->directory, 0700), 0);
	/* A file that others can write, and a FIFO, which would block. */
	assert_int_equal(intend(fixture, "/a", 0), 1);
	assert_int_equal(chmod(fixture->file, 0666), 0);
	assert_int_equal(journal_intend(fixture->journal, &change), -EPERM);
	assert_int_equal(unlink(fixture->file), 0);
	assert_int_equal(mkfifo(fixture->file, 0600), 0);
	assert_int_equal(journal_intend(fixture->journal, &change), -EMEDIUMTYPE);
	assert_int_equal(cgw_journal_read(fixture->directory, count_change, NULL, &diag),
			 -EMEDIUMTYPE);
	assert_non_null(strstr(diag.text, "journal: not a regular file"));
	/* A line of terabytes would fill the memory. */
	assert_int_equal(unlink(fixture->file), 0);
	assert_int_equal(intend(fixture, "/a", 0), 1);
	assert_int_equal(truncate(fixture->file, (off_t)200 << 30), 0);
	assert_int_equal(cgw_journal_read(fixture->directory, count_change, NULL, &diag), -EFBIG);
}

static int check_unit_change(void *context, const struct cgw_change *change)
{
	assert_string_equal(change->unit, "a\\x2db.service");
	assert_true(change->user_unit);
	assert_int_equal(change->manager_uid, 1000);
	assert_true(change->persistent);
	assert_string_equal(change->drop_ins, "/x/50-MemoryMax.conf\n");
	return 0;
}

static void test_unit_of_change_is_kept(void **state)
{
	const struct fixture *fixture = *state;
	struct cgw_change change = {
		.kind = CGW_STEP_SET,
		.path = "/a",
		.key = "memory.max",
		.unit = "a\\x2db.service",
		.user_unit = true,
		.manager_uid = 1000,
		.persistent = true,
	};

	assert_int_equal(journal_intend(fixture->journal, &change), 0);
	change.drop_ins = "/x/50-MemoryMax.conf\n";
	assert_int_equal(journal_settle(fixture->journal, &change, CGW_OUTCOME_DONE), 0);
	assert_int_equal(cgw_journal_read(fixture->directory, check_unit_change, NULL, NULL), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_number_is_found_before_long_lines),
		TEST(test_truncated_line_is_ended),
		TEST(test_full_disk_leaves_no_half_line),
		TEST(test_numbers_continue_after_rotation),
		TEST(test_two_writers_use_no_number_twice),
		TEST(test_directory_that_others_can_write_is_refused),
		TEST(test_unit_of_change_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

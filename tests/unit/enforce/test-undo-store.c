/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-undo-store.c - undo records survive a kill, torn lines and unusual group names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/enforce/undo-store.h"
#include "lib/base/cleanup.h"
#include "test.h"

static char first[] = "cpu", second[] = "v2";
static const struct cgw_layout layout = {.hierarchy_count = 2,
					 .hierarchies = {{.label = first}, {.label = second}}};

static struct undo_store *open_store(const char *directory)
{
	struct undo_store *store = NULL;
	struct cgw_diag diag = {0};

	if (undo_store_open(directory, &layout, &store, &diag) < 0 ||
	    undo_store_begin(store, &diag) < 0)
		fail_msg("%s", diag.text);
	return store;
}

static struct undo_record record(const char *path, enum cgw_control control, uint64_t id,
				 const char *old)
{
	return (struct undo_record){.level = STORE_RULE,
				    .control = control,
				    .group_id = id,
				    .hierarchy = 1,
				    .path = path,
				    .instance = "",
				    .old = old};
}

static int setup(void **state)
{
	char *directory = strdup("/tmp/cgward-test-XXXXXX");

	assert_non_null(directory);
	assert_non_null(mkdtemp(directory));
	*state = directory;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"enforce.state", "enforce.lock"};
	char path[128];

	(void)chmod(*state, 0700);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", (char *)*state, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(*state);
	free(*state);
	return 0;
}

/* The next store reads the records of the previous one. */
static void test_records_survive_kill(void **state)
{
	static const char unusual[] = "/a\tb\nset\t1\\x41\\x2d\x7f", other[] = "/b";
	struct undo_store *store = open_store(*state);
	struct undo_record a = record(unusual, CGW_C_MEMORY_MAX, 7, "max"),
			   b = record(other, CGW_C_PIDS_MAX, 8, "100"),
			   frozen = record(other, CGW_CONTROL_NONE, 8, "");

	a.asked = "4K";
	assert_int_equal(undo_store_put(store, &a), 0);
	assert_int_equal(undo_store_put(store, &b), 0);
	assert_int_equal(undo_store_put(store, &frozen), 0);
	a.old = "100"; /* the first value counts */
	a.kept = "4096";
	assert_int_equal(undo_store_put(store, &a), 0);
	a.kept = NULL; /* unchanged by the next request */
	a.asked = "8K";
	assert_int_equal(undo_store_put(store, &a), 0);
	assert_int_equal(undo_store_remove(store, &b), 0);
	assert_int_equal(undo_store_remove(store, &b), 0); /* removing it twice is fine */
	frozen.left = true;
	assert_int_equal(undo_store_put(store, &frozen), 0);
	assert_int_equal(undo_store_count(store), 2);
	for (int i = 0; i < 2; i++) { /* the lines as appended, then as rewritten */
		undo_store_free(store);
		store = open_store(*state);
		assert_int_equal(undo_store_count(store), 2);
		assert_non_null(undo_store_find(store, &a));
		assert_string_equal(undo_store_find(store, &a)->path, unusual);
		assert_string_equal(undo_store_find(store, &a)->old, "max");
		assert_string_equal(undo_store_find(store, &a)->kept, "4096");
		assert_string_equal(undo_store_find(store, &a)->asked, "8K");
		assert_int_equal(undo_store_find(store, &a)->hierarchy, 1);
		assert_non_null(undo_store_find(store, &frozen));
		assert_true(undo_store_find(store, &frozen)->left);
		assert_null(undo_store_find(store, &b));
	}
	undo_store_free(store);
}

/* A path of any length is restored, even if each byte is escaped. */
static void test_long_paths_are_not_cut(void **state)
{
	static char path[200000];
	struct undo_record key = record(path, CGW_CONTROL_NONE, 7, "");
	struct undo_store *store = open_store(*state);

	for (size_t i = 0; i + 1 < sizeof(path); i++)
		path[i] = i % 250 == 0 ? '/' : '\n';
	assert_int_equal(undo_store_put(store, &key), 0);
	undo_store_free(store);
	store = open_store(*state);
	assert_non_null(undo_store_find(store, &key));
	assert_string_equal(undo_store_find(store, &key)->path, path);
	undo_store_free(store);
}

/* 100,000 records are added, found and removed without a search through all of them. */
static void test_many_records_are_indexed(void **state)
{
	struct undo_store *store = open_store(*state);
	struct undo_record key = record("/a", CGW_C_PIDS_MAX, 0, "max");
	clock_t began = clock();

	for (key.group_id = 1; key.group_id <= 100000; key.group_id++)
		assert_int_equal(undo_store_put(store, &key), 0);
	assert_int_equal(undo_store_count(store), 100000);
	for (key.group_id = 1; key.group_id <= 100000; key.group_id++) {
		assert_non_null(undo_store_find(store, &key));
		assert_int_equal(undo_store_find(store, &key)->group_id, key.group_id);
	}
	for (key.group_id = 1; key.group_id <= 100000; key.group_id++)
		assert_int_equal(undo_store_remove(store, &key), 0);
	assert_int_equal(undo_store_count(store), 0);
	/* Linear searches would take minutes. */
	assert_true((clock() - began) / CLOCKS_PER_SEC < 20);
	undo_store_free(store);
}

static void write_state(const char *directory, const char *text)
{
	char file[128];
	FILE *stream;

	snprintf(file, sizeof(file), "%s/enforce.state", directory);
	stream = fopen(file, "w");
	assert_non_null(stream);
	assert_true(fputs(text, stream) >= 0);
	assert_int_equal(fclose(stream), 0);
}

/* Opening writes nothing: records can be restored even where nothing can be written. */
static void test_open_only_reads(void **state)
{
	struct undo_store *store = NULL;
	struct undo_record key = record("/a", CGW_C_PIDS_MAX, 7, "max");
	struct cgw_diag diag = {0};
	char file[128];
	struct stat before, after;

	snprintf(file, sizeof(file), "%s/enforce.state", (char *)*state);
	write_state(*state, "set\t1\tpids.max\t7\tv2\t0\t\tmax\t5\t/a\t5\n");
	assert_int_equal(stat(file, &before), 0);
	assert_int_equal(undo_store_open(*state, &layout, &store, &diag), 0);
	assert_int_equal(undo_store_count(store), 1);
	assert_int_equal(
		undo_store_put(store,
			       &(struct undo_record){.path = "/b", .instance = "", .old = ""}),
		-EROFS);
	assert_int_equal(undo_store_remove(store, &key), -EROFS);
	assert_int_equal(undo_store_count(store), 0);
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_size, before.st_size);
	undo_store_free(store);
}

/* Records of a hierarchy that is not mounted now are not lost. */
static void test_unknown_records_are_kept(void **state)
{
	static const char other[] = "set\t1\tpids.max\t7\tpids\t0\t\tmax\t5\t/a\t5\n",
			  torn[] = "set\t1\tpids";
	struct undo_store *store;
	char text[256] = "", file[128];
	FILE *stream;

	snprintf(text, sizeof(text), "%s%s", other, torn);
	write_state(*state, text);
	store = open_store(*state);
	assert_int_equal(undo_store_count(store), 0);
	assert_int_equal(undo_store_unknown(store), 1);
	undo_store_free(store);
	snprintf(file, sizeof(file), "%s/enforce.state", (char *)*state);
	stream = fopen(file, "r");
	assert_non_null(stream);
	text[fread(text, 1, sizeof(text) - 1, stream)] = '\0';
	fclose(stream);
	assert_string_equal(text, other);
}

/* A FIFO would block forever, a huge sparse file would fill the memory. */
static void test_unsuitable_files_are_refused(void **state)
{
	struct undo_store *store = NULL;
	struct cgw_diag diag = {0};
	char file[128];

	snprintf(file, sizeof(file), "%s/enforce.state", (char *)*state);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_true(undo_store_open(*state, &layout, &store, &diag) < 0);
	assert_non_null(strstr(diag.text, "not a regular file"));
	assert_int_equal(unlink(file), 0);
	write_state(*state, "");
	assert_int_equal(truncate(file, (off_t)200 << 30), 0);
	assert_int_equal(undo_store_open(*state, &layout, &store, &diag), -EFBIG);
	assert_non_null(strstr(diag.text, "too large"));
}

/* A write that a full disk cuts short leaves no torn line that would swallow the next one. */
static void test_short_write_leaves_no_torn_line(void **state)
{
	struct undo_store *store = open_store(*state);
	struct undo_record one = record("/a", CGW_C_MEMORY_MAX, 7, "max"),
			   two = record("/b", CGW_C_PIDS_MAX, 8, "max"),
			   three = record("/c", CGW_C_PIDS_MAX, 9, "max");
	struct rlimit before, limit;
	char file[128];
	struct stat status;

	snprintf(file, sizeof(file), "%s/enforce.state", (char *)*state);
	assert_int_equal(undo_store_put(store, &one), 0);
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)status.st_size + 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(undo_store_put(store, &two), -ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_null(undo_store_find(store, &two));
	assert_int_equal(undo_store_put(store, &three), 0);
	undo_store_free(store);
	store = open_store(*state);
	assert_int_equal(undo_store_count(store), 2);
	assert_non_null(undo_store_find(store, &one));
	assert_non_null(undo_store_find(store, &three));
	undo_store_free(store);
}

/* Records that differ in one of these are of different values; another path is not a difference. */
static void test_records_of_different_values(void **state)
{
	static char path[] = "/a", renamed[] = "/b", old[] = "max", instance[] = "8:0";
	struct undo_record records[6];

	for (size_t i = 0; i < ARRAY_SIZE(records); i++)
		records[i] = record(path, CGW_C_MEMORY_MAX, 7, old);
	records[1].level = STORE_STANDING;
	records[2].control = CGW_C_PIDS_MAX;
	records[3].group_id = 8;
	records[4].hierarchy = 0;
	records[5].instance = instance;
	for (size_t removed = 0; removed < ARRAY_SIZE(records); removed++) {
		struct undo_store *store = open_store(*state);
		struct undo_record same = records[removed];

		for (size_t i = 0; i < ARRAY_SIZE(records); i++)
			assert_int_equal(undo_store_put(store, &records[i]), 0);
		assert_int_equal(undo_store_count(store), ARRAY_SIZE(records));
		same.path = renamed;
		assert_int_equal(undo_store_remove(store, &same), 0);
		undo_store_free(store);
		store = open_store(*state);
		assert_int_equal(undo_store_count(store), ARRAY_SIZE(records) - 1);
		for (size_t i = 0; i < ARRAY_SIZE(records); i++)
			assert_int_equal(undo_store_find(store, &records[i]) != NULL, i != removed);
		undo_store_free(store);
	}
}

/* Truncated at any byte of the last line, the file yields exactly the complete records. */
static void test_torn_line_is_ignored(void **state)
{
	static const char path[] = "/a", old[] = "max";
	struct undo_store *store = open_store(*state);
	struct undo_record one = record(path, CGW_C_MEMORY_MAX, 7, old),
			   two = record(path, CGW_C_PIDS_MAX, 7, old);
	char file[128];
	struct stat status;
	off_t whole;

	snprintf(file, sizeof(file), "%s/enforce.state", (char *)*state);
	assert_int_equal(undo_store_put(store, &one), 0);
	assert_int_equal(stat(file, &status), 0);
	whole = status.st_size;
	assert_int_equal(undo_store_put(store, &two), 0);
	assert_int_equal(stat(file, &status), 0);
	undo_store_free(store);
	for (off_t size = status.st_size - 1; size > whole; size--) {
		assert_int_equal(truncate(file, size), 0);
		store = open_store(*state);
		assert_int_equal(undo_store_count(store), 1);
		assert_non_null(undo_store_find(store, &one));
		/* Opening has rewritten the file: add the line for the next round again. */
		assert_int_equal(undo_store_put(store, &two), 0);
		undo_store_free(store);
	}
}

static void test_store_is_exclusive(void **state)
{
	struct undo_store *store = open_store(*state), *another = NULL;
	struct cgw_diag diag = {0};

	assert_int_equal(undo_store_open(*state, &layout, &another, &diag), -EBUSY);
	assert_non_null(strstr(diag.text, "another cgward enforce is running"));
	undo_store_free(store);
	assert_int_equal(chmod(*state, 0777), 0);
	assert_int_equal(undo_store_open(*state, &layout, &another, &diag), -EPERM);
	assert_non_null(strstr(diag.text, "is writable by other users"));
}

/* The file does not grow with the number of changes. */
static void test_file_stays_short(void **state)
{
	static const char path[] = "/a", old[] = "max";
	struct undo_store *store = open_store(*state);
	struct undo_record one = record(path, CGW_C_MEMORY_MAX, 7, old);
	char file[128];
	struct stat status;

	for (size_t i = 0; i < 10000; i++) {
		assert_int_equal(undo_store_put(store, &one), 0);
		assert_int_equal(undo_store_remove(store, &one), 0);
	}
	snprintf(file, sizeof(file), "%s/enforce.state", (char *)*state);
	assert_int_equal(stat(file, &status), 0);
	assert_true(status.st_size < 400000);
	undo_store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_records_survive_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_paths_are_not_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_records_are_indexed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_only_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_records_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unsuitable_files_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short_write_leaves_no_torn_line, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_records_of_different_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn_line_is_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(test_store_is_exclusive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_stays_short, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

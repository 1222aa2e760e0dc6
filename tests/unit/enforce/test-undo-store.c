/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-undo-store.c - undo records survive a kill, torn lines and unusual group names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

	if (undo_store_open(directory, &layout, &store, &diag) < 0)
		fail_msg("%s", diag.text);
	return store;
}

static struct undo_record record(char *path, enum cgw_control control, uint64_t id, char *old)
{
	static char nothing[] = "";

	return (struct undo_record){.level = STORE_RULE,
				    .control = control,
				    .group_id = id,
				    .hierarchy = 1,
				    .path = path,
				    .instance = nothing,
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

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", (char *)*state, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(*state);
	free(*state);
	return 0;
}

/* The next store reads the records of the previous one. */
static void test_records_survive_kill(void **state)
{
	static char unusual[] = "/a\tb\nset\t1\\x41", old[] = "max", other[] = "/b",
		    value[] = "100";
	struct undo_store *store = open_store(*state);
	struct undo_record a = record(unusual, CGW_C_MEMORY_MAX, 7, old),
			   b = record(other, CGW_C_PIDS_MAX, 8, value),
			   frozen = record(other, CGW_CONTROL_COUNT, 8, value);

	assert_int_equal(undo_store_add(store, &a), 0);
	assert_int_equal(undo_store_add(store, &b), 0);
	assert_int_equal(undo_store_add(store, &frozen), 0);
	a.old = value; /* the first value counts */
	assert_int_equal(undo_store_add(store, &a), 0);
	assert_int_equal(undo_store_set_kept(store, &a, "4096"), 0);
	assert_int_equal(undo_store_remove(store, &b), 0);
	assert_int_equal(undo_store_remove(store, &b), 0); /* removing it twice is fine */
	assert_int_equal(undo_store_count(store), 2);
	undo_store_free(store);
	store = open_store(*state);
	assert_int_equal(undo_store_count(store), 2);
	assert_non_null(undo_store_find(store, &a));
	assert_string_equal(undo_store_find(store, &a)->path, unusual);
	assert_string_equal(undo_store_find(store, &a)->old, "max");
	assert_string_equal(undo_store_find(store, &a)->kept, "4096");
	assert_int_equal(undo_store_find(store, &a)->hierarchy, 1);
	assert_non_null(undo_store_find(store, &frozen));
	assert_null(undo_store_find(store, &b));
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
			assert_int_equal(undo_store_add(store, &records[i]), 0);
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
	static char path[] = "/a", old[] = "max";
	struct undo_store *store = open_store(*state);
	struct undo_record one = record(path, CGW_C_MEMORY_MAX, 7, old),
			   two = record(path, CGW_C_PIDS_MAX, 7, old);
	char file[128];
	struct stat status;
	off_t whole;

	(void)snprintf(file, sizeof(file), "%s/enforce.state", (char *)*state);
	assert_int_equal(undo_store_add(store, &one), 0);
	assert_int_equal(stat(file, &status), 0);
	whole = status.st_size;
	assert_int_equal(undo_store_add(store, &two), 0);
	assert_int_equal(stat(file, &status), 0);
	undo_store_free(store);
	for (off_t size = status.st_size - 1; size > whole; size--) {
		assert_int_equal(truncate(file, size), 0);
		store = open_store(*state);
		assert_int_equal(undo_store_count(store), 1);
		assert_non_null(undo_store_find(store, &one));
		/* Opening has rewritten the file: add the line for the next round again. */
		assert_int_equal(undo_store_add(store, &two), 0);
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
	static char path[] = "/a", old[] = "max";
	struct undo_store *store = open_store(*state);
	struct undo_record one = record(path, CGW_C_MEMORY_MAX, 7, old);
	char file[128];
	struct stat status;

	for (size_t i = 0; i < 10000; i++) {
		assert_int_equal(undo_store_add(store, &one), 0);
		assert_int_equal(undo_store_remove(store, &one), 0);
	}
	(void)snprintf(file, sizeof(file), "%s/enforce.state", (char *)*state);
	assert_int_equal(stat(file, &status), 0);
	assert_true(status.st_size < 400000);
	undo_store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_records_survive_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records_of_different_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn_line_is_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(test_store_is_exclusive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_stays_short, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-page-store.c - pages are complete, bounded and private, and their text is safe to print. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/json-cleanup.h"
#include "shared/postmortem/page-gaps.h"
#include "shared/postmortem/page-store.h"
#include "shared/postmortem/page-text.h"
#include "test.h"
#include "tree.h"

#define TIME_NS (UINT64_C(1764000000) * NS_PER_S) /* 2025-11-24T16:00:00Z */

static int setup(void **state)
{
	*state = tree_new();
	return 0;
}

static int teardown(void **state)
{
	tree_free(*state);
	return 0;
}

/* Pages that two processes write in the same second, as about one event. */
#define PAGES_EACH 40

static json_t *make_page(const char *group, size_t bytes)
{
	char *filler = calloc(1, bytes + 1);
	json_t *page;

	assert_non_null(filler);
	memset(filler, 'x', bytes);
	page = json_pack("{s:s, s:s, s:s, s:s}", "id", "", "group", group, "event", "oom-kill",
			 "summary", filler);
	free(filler);
	assert_non_null(page);
	return page;
}

static int write_page(struct page_store *store, const char *group, size_t bytes, uint64_t at_ns,
		      char id[PAGE_ID_SIZE])
{
	CLEANUP(cleanup_json) json_t *page = make_page(group, bytes);

	return page_store_write(store, page, at_ns, id);
}

static void test_ids_sort_by_time(void **state)
{
	struct page_store *store;
	char directory[300], id[PAGE_ID_SIZE];
	struct string_list ids = {0};
	json_t *page;

	tree_at(*state, "lib/pages", directory, sizeof(directory));
	assert_int_equal(page_store_list(directory, &ids), -ENOENT);
	assert_int_equal(page_store_open(directory, 10, 1000000, &store, NULL), 0);
	assert_int_equal(write_page(store, "/a", 1, TIME_NS, id), 0);
	assert_string_equal(id, "20251124T160000Z-001");
	assert_int_equal(write_page(store, "/b\\x0a", 1, TIME_NS, id), 0);
	assert_string_equal(id, "20251124T160000Z-002");
	assert_int_equal(write_page(store, "/a", 1, TIME_NS + NS_PER_S, id), 0);
	assert_int_equal(page_store_list(directory, &ids), 0);
	assert_int_equal(ids.count, 3);
	assert_string_equal(ids.items[0], "20251124T160000Z-001");
	assert_string_equal(ids.items[2], "20251124T160001Z-001");
	assert_int_equal(page_store_newest(directory, "/a", &page), 0);
	assert_string_equal(json_string_value(json_object_get(page, "id")), ids.items[2]);
	json_decref(page);
	assert_int_equal(page_store_newest(directory, "/b\n", &page), 0); /* raw bytes */
	json_decref(page);
	assert_int_equal(page_store_newest(directory, "/c", &page), -ENOENT);
	assert_int_equal(page_store_read(directory, "../lib/pages", &page), -EINVAL);
	assert_int_equal(page_store_read(directory, "20251124T160009Z-001", &page), -ENOENT);
	string_list_free(&ids);
	page_store_free(store);
}

static void test_directory_is_bounded(void **state)
{
	struct page_store *store;
	char directory[300], id[PAGE_ID_SIZE];
	struct string_list ids = {0};

	tree_at(*state, "pages", directory, sizeof(directory));
	assert_int_equal(page_store_open(directory, 3, 1000000, &store, NULL), 0);
	tree_file(*state, "pages/notes.json", "{}");
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(write_page(store, "/a", 1, TIME_NS + i * NS_PER_S, id), 0);
	assert_int_equal(page_store_list(directory, &ids), 0);
	assert_int_equal(ids.count, 3);
	assert_string_equal(ids.items[0], "20251124T160002Z-001");
	string_list_free(&ids);
	page_store_free(store);
	/* By size: a page of 300 kB has twice that on disk, as text and as JSON. */
	assert_int_equal(page_store_open(directory, 100, 1300000, &store, NULL), 0);
	for (uint64_t i = 10; i < 14; i++)
		assert_int_equal(write_page(store, "/a", 300000, TIME_NS + i * NS_PER_S, id), 0);
	assert_int_equal(page_store_list(directory, &ids), 0);
	assert_int_equal(ids.count, 2);
	assert_string_equal(ids.items[1], "20251124T160013Z-001");
	string_list_free(&ids);
	page_store_free(store);
	tree_at(*state, "pages/notes.json", directory, sizeof(directory));
	assert_int_equal(access(directory, F_OK), 0); /* files of others remain */
}

static void test_files_are_private_and_complete(void **state)
{
	struct page_store *store;
	char directory[300], file[300], id[PAGE_ID_SIZE];
	struct cgw_diag diag = {0};
	struct stat status;

	tree_at(*state, "pages", directory, sizeof(directory));
	assert_int_equal(page_store_open(directory, 10, 1000000, &store, NULL), 0);
	assert_int_equal(stat(directory, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(write_page(store, "/a", 1, TIME_NS, id), 0);
	tree_at(*state, "pages/20251124T160000Z-001.txt", file, sizeof(file));
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	page_store_free(store);
	/* What a crash left behind is removed. */
	tree_file(*state, "pages/20251124T160000Z-002.json.new", "{");
	assert_int_equal(page_store_open(directory, 10, 1000000, &store, NULL), 0);
	tree_at(*state, "pages/20251124T160000Z-002.json.new", file, sizeof(file));
	assert_int_equal(access(file, F_OK), -1);
	page_store_free(store);
	assert_int_equal(chmod(directory, 0777), 0);
	assert_int_equal(page_store_open(directory, 10, 1000000, &store, &diag), -EPERM);
	assert_non_null(strstr(diag.text, "others can write"));
}

static void test_damaged_page(void **state)
{
	char directory[300];
	json_t *page;

	tree_at(*state, "pages", directory, sizeof(directory));
	tree_file(*state, "pages/20251124T160000Z-001.json", "[1]");
	assert_int_equal(page_store_read(directory, "20251124T160000Z-001", &page), -EBADMSG);
	assert_int_equal(page_store_newest(directory, "/a", &page), -ENOENT);
}

/* A forged page, and members of the wrong type. */
static void test_text_is_safe(void **state)
{
	CLEANUP(cleanup_json)
	json_t *page = json_pack(
		"{s:s, s:i, s:[{s:s, s:s}], s:[{s:i, s:s, s:f}], s:{s:[s, i]}, s:{s:[n, f]}}",
		"group", "/a\x1b[2J", "summary", 5, "limits", "resource", "memory\n", "key",
		"memory.max", "processes", "pid", 4, "name", "a\\x0ab", "resident_bytes", 1048576.0,
		"kernel_log", "lines", "one\x1b", 2, "history", "memory_bytes", 1e6);
	CLEANUP(cleanup_free) char *text = NULL;

	assert_non_null(page);
	assert_int_equal(page_text(page, 0, &text), 0);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "/a\\x1b[2J"));
	assert_non_null(strstr(text, "a\\x0ab"));
	assert_null(strstr(text, "\\x5c")); /* escaped once */
	assert_non_null(strstr(text, "1.0M"));
	assert_non_null(strstr(text, "  one\\x1b\n"));
}

static void test_gap_between_pages(void **state)
{
	static struct page_gaps gaps;
	uint64_t skipped;
	char path[16];

	assert_true(page_gaps_pass(&gaps, "/a", 0, 100, 10, &skipped));
	assert_false(page_gaps_pass(&gaps, "/a", 0, 109, 10, &skipped));
	assert_true(page_gaps_pass(&gaps, "/a", 1, 109, 10, &skipped)); /* another kind */
	assert_true(page_gaps_pass(&gaps, "/b", 0, 109, 10, &skipped));
	assert_true(page_gaps_pass(&gaps, "/a", 0, 110, 10, &skipped));
	assert_int_equal(skipped, 1);
	assert_true(page_gaps_pass(&gaps, "/a", 0, 120, 10, &skipped));
	assert_int_equal(skipped, 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		(void)page_gaps_pass(&gaps, path, 0, 121, 10, &skipped);
	}
	assert_true(gaps.count <= 4096);
	assert_true(
		page_gaps_pass(&gaps, "/new", 0, 200, 10, &skipped)); /* old ones are forgotten */
}

static void test_two_processes_lose_no_page(void **state)
{
	struct page_store *store;
	char directory[300], id[PAGE_ID_SIZE];
	CLEANUP(string_list_free) struct string_list ids = {0};
	int status, failed = 0;
	pid_t child;

	tree_at(*state, "lib/pages", directory, sizeof(directory));
	assert_int_equal(page_store_open(directory, 1000, 10000000, &store, NULL), 0);
	page_store_free(store);
	child = fork();
	assert_true(child >= 0);
	if (page_store_open(directory, 1000, 10000000, &store, NULL) < 0)
		failed = 1;
	for (int i = 0; i < PAGES_EACH && !failed; i++)
		failed = write_page(store, child == 0 ? "/a" : "/b", 1, TIME_NS, id) < 0;
	if (child == 0)
		_exit(failed);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(failed, 0);
	page_store_free(store);
	assert_int_equal(page_store_list(directory, &ids), 0);
	assert_int_equal(ids.count, 2 * PAGES_EACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_two_processes_lose_no_page, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ids_sort_by_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_directory_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files_are_private_and_complete, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_damaged_page, setup, teardown),
		cmocka_unit_test(test_text_is_safe),
		cmocka_unit_test(test_gap_between_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

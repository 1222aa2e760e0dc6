/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-short-page.c - pages that are written while no memory can be allocated. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "frames.h"
#include "lib/base/json-cleanup.h"
#include "shared/postmortem/page-gaps.h"
#include "shared/postmortem/page-store.h"
#include "shared/postmortem/short-page.h"
#include "tree.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

static bool no_memory;
static unsigned long refused;

#if defined(__GLIBC__) && !defined(SANITIZED)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void __libc_free(void *pointer);

static bool refuses(void)
{
	refused += no_memory;
	return no_memory;
}

/* Those of all libraries, too. */
void *malloc(size_t size)
{
	return refuses() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return refuses() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size)
{
	return refuses() ? NULL : __libc_realloc(pointer, size);
}

void free(void *pointer)
{
	__libc_free(pointer);
}
#endif

#define WEB "/we\"b\n"

static struct cgw_frame *make_frame(void)
{
	const struct frame_group groups[] = {{"/", 1}, {WEB, 2}};
	const struct frame_value values[] = {
		{WEB, CGW_M_MEMORY_CURRENT, {1000000, CGW_OK}},
		{WEB, CGW_M_MEMORY_MAX, {0, CGW_MAX}},
	};
	struct topology *topology = frame_topology(groups, 2);
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 1, values, 2);
	struct cgw_frame *frame = NULL;

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	return frame;
}

static struct event_page page_of(const struct cgw_frame *frame)
{
	return (struct event_page){
		.event = PAGE_OOM_KILL,
		.path = WEB,
		.count = 2,
		.skipped = 3,
		.realtime_ns = 1000 * UINT64_C(1000000000),
		.frame = frame,
		.now = frame,
		.group = 1,
		.group_now = 1,
		.report_missing = "none",
	};
}

/* Writes pages while nothing can be allocated; the caller owns the newest one. */
static json_t *write_pages(const struct event_page *page, size_t count, const char *directory)
{
	static struct page_gaps gaps;
	static struct short_page texts;
	struct page_store *store = NULL;
	char id[PAGE_ID_SIZE];
	json_t *read = NULL;
	uint64_t skipped;
	int r = 0;

	gaps.count = 0;
	assert_int_equal(page_store_open(directory, 3, 1 << 20, &store, NULL), 0);
	refused = 0;
	no_memory = true;
	for (size_t i = 0; i < count && r == 0; i++) {
		if (!page_gaps_pass(&gaps, page->path, (unsigned)i, 1, 1000, &skipped))
			r = -1;
		if (r == 0)
			r = page_store_choose_id(store, page->realtime_ns, id);
		if (r == 0) {
			short_page_make(&texts, page, id);
			r = page_store_write_texts(store, id, texts.json, texts.text);
		}
	}
	no_memory = false;
	assert_int_equal(r, 0);
	assert_int_equal(refused, 0);
	page_store_free(store);
	assert_int_equal(page_store_read(directory, id, &read), 0);
	return read;
}

static void test_page_without_memory(void **state)
{
	struct tree_dir *dir = tree_new();
	struct cgw_frame *frame = make_frame();
	struct event_page page = page_of(frame);
	struct string_list ids = {0};
	char directory[300];
	json_t *json;

	json = write_pages(&page, 5, tree_at(dir, "pages", directory, sizeof(directory)));
	assert_string_equal(json_string_value(json_object_get(json, "group")), "/we\"b\\x0a");
	assert_string_equal(json_string_value(json_object_get(json, "summary")),
			    "2 processes were OOM-killed");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "memory"),
							    "memory.current")),
			 1000000);
	assert_int_equal(json_object_size(json_object_get(json, "memory")), 1);
	assert_int_equal(json_integer_value(json_object_get(json, "skipped")), 3);
	assert_non_null(strstr(json_string_value(json_object_get(json, "incomplete")), "limits"));
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(json, "kernel_log"), "missing")),
		"none");
	json_decref(json);
	/* The oldest pages made room. */
	assert_int_equal(page_store_list(directory, &ids), 0);
	assert_int_equal(ids.count, 3);
	string_list_free(&ids);
	cgw_frame_free(frame);
	tree_free(dir);
}

static void test_report_that_does_not_fit(void **state)
{
	struct tree_dir *dir = tree_new();
	struct cgw_frame *frame = make_frame();
	struct event_page page = page_of(frame);
	static char lines[60 << 10];
	const struct oom_report report = {.text = lines, .omitted = 1};
	const json_t *log;
	char directory[300];
	size_t length = 0;
	json_t *json;

	while (length + 100 < sizeof(lines)) {
		memset(lines + length, '\x1b', 99); /* four characters each */
		lines[length + 99] = '\n';
		length += 100;
	}
	page.report = &report;
	page.decision = (struct oom_decision){.pid = 77, .name = "ea ter", .limit_length = 3};
	json = write_pages(&page, 1, tree_at(dir, "pages", directory, sizeof(directory)));
	log = json_object_get(json, "kernel_log");
	assert_int_equal(json_integer_value(json_object_get(log, "killed_pid")), 77);
	assert_string_equal(json_string_value(json_object_get(log, "limit_of")), "/we");
	assert_in_range(json_array_size(json_object_get(log, "lines")), 50, length / 100 - 1);
	assert_int_equal(json_integer_value(json_object_get(log, "omitted_lines")) - 1,
			 length / 100 - json_array_size(json_object_get(log, "lines")));
	json_decref(json);
	cgw_frame_free(frame);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_without_memory),
		cmocka_unit_test(test_report_that_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

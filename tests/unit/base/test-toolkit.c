/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-toolkit.c - arrays, strings and lists that grow. */
#include <errno.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "lib/base/string-list.h"
#include "test.h"

static void test_new_items_of_an_array_are_zero(void **state)
{
	CLEANUP(cleanup_free) uint32_t *items = NULL;
	size_t capacity = 0, reserved = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		size_t before = capacity;

		assert_int_equal(ARRAY_RESERVE(items, capacity, i + 1), 0);
		reserved += capacity != before;
		for (size_t j = before; j < capacity; j++)
			assert_int_equal(items[j], 0);
		items[i] = i;
	}
	assert_true(reserved < 10);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
}

static void test_an_array_that_cannot_grow_is_unchanged(void **state)
{
	CLEANUP(cleanup_free) uint64_t *items = NULL;
	uint64_t *before;
	size_t capacity = 0;

	assert_int_equal(ARRAY_RESERVE(items, capacity, 3), 0);
	assert_true(capacity >= 3);
	before = items;
	assert_int_equal(ARRAY_RESERVE(items, capacity, SIZE_MAX), -ENOMEM);
	assert_ptr_equal(items, before);
	assert_true(capacity < 100);
}

static void test_builder(void **state)
{
	CLEANUP(string_builder_free) struct string_builder builder = {0};
	CLEANUP(cleanup_free) char *text = NULL;

	assert_string_equal(string_builder_text(&builder), "");
	string_builder_add(&builder, "a");
	string_builder_add_bytes(&builder, "bcd", 2);
	string_builder_printf(&builder, " %d %s", 42, "words that need more than a few bytes");
	string_builder_add(&builder, " ");
	string_builder_add_escaped(&builder, "x\ny");
	assert_string_equal(string_builder_text(&builder),
			    "abc 42 words that need more than a few bytes x\\x0ay");
	assert_int_equal(builder.length, strlen(builder.text));
	string_builder_truncate(&builder, 3);
	string_builder_add(&builder, "!");
	text = string_builder_steal(&builder);
	assert_string_equal(text, "abc!");
	assert_null(builder.text);
	free(text);
	text = string_builder_steal(&builder);
	assert_string_equal(text, "");
}

static void test_builder_remembers_its_error(void **state)
{
	CLEANUP(string_builder_free) struct string_builder builder = {0};

	string_builder_add(&builder, "begin");
	string_builder_add_bytes(&builder, "", SIZE_MAX - 1);
	assert_int_equal(builder.error, -ENOMEM);
	string_builder_add(&builder, "end");
	assert_string_equal(string_builder_text(&builder), "begin");
	assert_null(string_builder_steal(&builder));
	assert_int_equal(builder.error, 0);
}

static void test_text_that_does_not_fit_is_cut(void **state)
{
	char buffer[8] = "";
	size_t used = text_append(buffer, sizeof(buffer), 0, "%s", "abc");

	assert_int_equal(used, 3);
	used = text_append(buffer, sizeof(buffer), used, "%s", "defg");
	assert_int_equal(used, 7);
	assert_string_equal(buffer, "abcdefg");
	used = text_append(buffer, sizeof(buffer), used, "%s", "h");
	assert_int_equal(used, 7);
	assert_string_equal(buffer, "abcdefg");
	used = text_append(buffer, sizeof(buffer), 2, "%s", "a long text");
	assert_int_equal(used, 7);
	assert_string_equal(buffer, "aba lon");
}

static void test_lists_end_with_null(void **state)
{
	static const char *const words[] = {"b", "a", "c", "a", "b", "b"};
	CLEANUP(string_list_free) struct string_list list = {0};

	string_list_sort_unique(&list);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(string_list_add(&list, words[i]), 0);
		assert_null(list.items[list.count]);
	}
	assert_int_equal(string_list_take(&list, NULL), -ENOMEM);
	assert_int_equal(list.count, ARRAY_SIZE(words));
	assert_true(string_list_has(&list, "c"));
	assert_false(string_list_has(&list, "d"));
	string_list_sort_unique(&list);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0], "a");
	assert_string_equal(list.items[1], "b");
	assert_string_equal(list.items[2], "c");
	assert_null(list.items[3]);
}

static void test_time_conversions(void **state)
{
	const struct timespec time = timespec_from_ns(UINT64_C(12345678901));

	assert_int_equal(time.tv_sec, 12);
	assert_int_equal(time.tv_nsec, 345678901);
	assert_int_equal(ns_from_timespec(time), UINT64_C(12345678901));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_items_of_an_array_are_zero),
		cmocka_unit_test(test_an_array_that_cannot_grow_is_unchanged),
		cmocka_unit_test(test_builder),
		cmocka_unit_test(test_builder_remembers_its_error),
		cmocka_unit_test(test_text_that_does_not_fit_is_cut),
		cmocka_unit_test(test_lists_end_with_null),
		cmocka_unit_test(test_time_conversions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

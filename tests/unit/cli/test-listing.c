/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-listing.c - the same records as a table and as JSON. */
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "shared/cli/listing.h"
#include "test.h"

static const struct listing_column columns[] = {
	{"ID", "id", LISTING_NUMBER},   {"NAME", "name", LISTING_NAME},
	{"WHAT", NULL, LISTING_NAME},   {NULL, "active", LISTING_NAME},
	{"FILE", "file", LISTING_NAME}, {NULL, NULL, LISTING_NAME},
};

static char *print(bool json, size_t records, const char *name)
{
	struct listing listing;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	listing_start(&listing, out, json, columns, 0);
	for (size_t i = 0; i < records; i++) {
		listing_record(&listing);
		listing_number(&listing, 10 * i);
		listing_name(&listing, name);
		listing_text(&listing, "what");
		listing_flag(&listing, i > 0);
		listing_optional(&listing, i > 0 ? "file" : "");
	}
	assert_int_equal(listing_end(&listing), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_table_shows_only_columns_with_titles(void **state)
{
	CLEANUP(cleanup_free) char *text = print(false, 2, "name");

	assert_string_equal(text, "ID NAME WHAT FILE\n"
				  " 0 name what -\n"
				  "10 name what file\n");
}

static void test_json_contains_only_columns_with_keys(void **state)
{
	CLEANUP(cleanup_free) char *text = print(true, 2, "a\nb");
	CLEANUP(cleanup_json) json_t *json = json_loads(text, 0, NULL);
	CLEANUP(cleanup_json)
	json_t *expected = json_loads(
		"[{\"id\": 0, \"name\": \"a\\\\x0ab\", \"active\": false, \"file\": null},"
		" {\"id\": 10, \"name\": \"a\\\\x0ab\", \"active\": true, \"file\": \"file\"}]",
		0, NULL);

	assert_non_null(expected);
	assert_true(json_equal(json, expected));
}

static void test_nothing_is_an_empty_list(void **state)
{
	CLEANUP(cleanup_free) char *table = print(false, 0, "");
	CLEANUP(cleanup_free) char *json = print(true, 0, "");

	assert_string_equal(table, "");
	assert_string_equal(json, "[]\n");
}

/* Prints with a terminal, or a pipe, as standard error; returns what was written to it. */
static void print_to(bool terminal, bool json, size_t records, char text[64])
{
	int ends[2], before = dup(STDERR_FILENO);
	ssize_t length;

	text[0] = '\0';
	if (terminal)
		assert_int_equal(openpty(&ends[0], &ends[1], NULL, NULL, NULL), 0);
	else
		assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	free(print(json, records, ""));
	(void)fputs(".", stderr);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	/* A terminal passes on what was written at any time. */
	for (size_t used = 0; strchr(text, '.') == NULL && used < 63; used += (size_t)length) {
		length = read(ends[0], text + used, 63 - used);
		assert_true(length > 0);
		text[used + (size_t)length] = '\0';
	}
	close(ends[0]);
	close(ends[1]);
	close(before);
}

static void test_nothing_is_reported_to_people_only(void **state)
{
	char text[64];

	print_to(true, false, 0, text);
	assert_string_equal(text, "-- No entries --\r\n.");
	print_to(true, false, 1, text);
	assert_string_equal(text, ".");
	print_to(true, true, 0, text);
	assert_string_equal(text, ".");
	print_to(false, false, 0, text);
	assert_string_equal(text, ".");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_shows_only_columns_with_titles),
		cmocka_unit_test(test_json_contains_only_columns_with_keys),
		cmocka_unit_test(test_nothing_is_an_empty_list),
		cmocka_unit_test(test_nothing_is_reported_to_people_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

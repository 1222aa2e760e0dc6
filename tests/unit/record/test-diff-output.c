/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-diff-output.c - tables, JSON and events of `cgward diff`. */
#include <jansson.h>
#include <locale.h>

#include "cmd/record/diff-command.h"
#include "frames.h"
#include "lib/base/cleanup.h"
#include "special-names.h"

#define NUMBER(number_)                                                                        \
	{                                                                                      \
		.state = CGW_OK, .exact = true, .number = (number_), .real = (double)(number_) \
	}

static struct diff_cell cells[][2] = {
	{{NUMBER(8192), NUMBER(4096), -4096, CGW_OK}, {NUMBER(5), NUMBER(5), 0, CGW_OK}},
	{{{.state = CGW_ABSENT}, NUMBER(1048576), 1048576, CGW_OK},
	 {NUMBER(9), NUMBER(2), -7, CGW_RESET}},
	{{NUMBER(100), {.state = CGW_DENIED}, 0, CGW_DENIED},
	 {NUMBER(7), {.state = CGW_ABSENT}, 0, CGW_GONE}},
};

static char names[][32] = {"/a", "/a\tb", "/c"};
static struct diff_row rows[] = {
	{names[0], "", cells[0]}, {names[1], "new", cells[1]}, {names[2], "gone", cells[2]}};

static struct diff new_diff(struct cgw_field fields[2])
{
	assert_int_equal(cgw_field_parse("memory.current", &fields[0], NULL), 0);
	assert_int_equal(cgw_field_parse("pids.current", &fields[1], NULL), 0);
	return (struct diff){
		.from_ns = UINT64_C(1700000000000000000),
		.to_ns = UINT64_C(1700000060500000000),
		.fields = fields,
		.field_count = 2,
		.rows = rows,
		.row_count = ARRAY_SIZE(rows),
		.headings = true,
	};
}

static char *print(const struct diff *diff, int (*format)(const struct diff *diff, FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(format(diff, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_table(const struct diff *diff, const char *expected)
{
	char *text = print(diff, diff_table);

	assert_string_equal(text, expected);
	free(text);
}

/* Changes have a sign; missing values have the signs of every other table. */
static void test_table(void **state)
{
	struct cgw_field fields[2];
	struct diff diff = new_diff(fields);

	assert_table(&diff, "2023-11-14T22:13:20.000Z to 2023-11-14T22:14:20.500Z\n"
			    "GROUP      STATE MEMORY PIDS\n"
			    "/a                -4.0K    0\n"
			    "/a\\x09b     new    +1.0M    -\n"
			    "/c         gone       !    -\n");
	diff.exact = true;
	diff.headings = false;
	assert_table(&diff, "/a                  -4096    0\n"
			    "/a\\x09b     new   +1048576    -\n"
			    "/c         gone         !    -\n");
	diff.headings = true;
	diff.rebooted = true;
	diff.row_count = 0;
	{
		char *text = print(&diff, diff_table);

		assert_non_null(strstr(text, ", with a reboot in between: counters restarted\n"));
		free(text);
	}
}

static void assert_member(const json_t *object, const char *key, const char *expected)
{
	json_t *member = json_object_get(object, key);
	char *text = member == NULL ? NULL : json_dumps(member, JSON_ENCODE_ANY | JSON_COMPACT);

	if (text == NULL ? expected != NULL : expected == NULL || strcmp(text, expected) != 0)
		fail_msg("%s: expected %s, got %s", key, expected, text);
	free(text);
}

static void test_json(void **state)
{
	static const struct {
		size_t row;
		const char *key, *from, *to, *change, *reason;
	} expected[] = {
		{0, "memory.current", "8192", "4096", "-4096", NULL},
		{0, "pids.current", "5", "5", "0", NULL},
		{1, "memory.current", "null", "1048576", "1048576", NULL},
		{1, "pids.current", "9", "2", "null", "\"reset\""},
		{2, "memory.current", "100", "null", "null", "\"denied\""},
		{2, "pids.current", "7", "null", "null", "\"gone\""},
	};
	static const char *const states[] = {"\"same\"", "\"new\"", "\"gone\""};
	static const char *const paths[] = {"\"/a\"", "\"/a\\\\x09b\"", "\"/c\""};
	struct cgw_field fields[2];
	struct diff diff = new_diff(fields);
	char *text = print(&diff, diff_json);
	json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *groups;

	assert_non_null(document);
	assert_member(document, "rebooted", "false");
	assert_member(document, "from", "\"2023-11-14T22:13:20.000Z\"");
	assert_member(document, "to", "\"2023-11-14T22:14:20.500Z\"");
	groups = json_object_get(document, "groups");
	assert_int_equal(json_array_size(groups), ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_member(json_array_get(groups, i), "state", states[i]);
		assert_member(json_array_get(groups, i), "group", paths[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const json_t *field = json_object_get(
			json_object_get(json_array_get(groups, expected[i].row), "fields"),
			expected[i].key);

		assert_member(field, "from", expected[i].from);
		assert_member(field, "to", expected[i].to);
		assert_member(field, "change", expected[i].change);
		assert_member(field, "reason", expected[i].reason);
	}
	json_decref(document);
	free(text);
	/* Without any change the document is complete as well. */
	diff.row_count = 0;
	diff.rebooted = true;
	text = print(&diff, diff_json);
	document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	assert_member(document, "groups", "[]");
	assert_member(document, "rebooted", "true");
	json_decref(document);
	free(text);
}

static void test_special_names_are_restored(void **state)
{
	struct diff_row special[SPECIAL_NAME_COUNT];
	struct cgw_field fields[2];
	struct diff diff = new_diff(fields);
	char *text, *rest;

	for (size_t i = 0; i < SPECIAL_NAME_COUNT; i++)
		special[i] = (struct diff_row){strdup(special_names[i]), "", cells[0]};
	diff.rows = special;
	diff.row_count = SPECIAL_NAME_COUNT;
	diff.headings = false;
	diff.field_count = 0;
	text = rest = print(&diff, diff_table);
	for (size_t i = 0; i < SPECIAL_NAME_COUNT; i++) {
		char *line = strsep(&rest, "\n"), *bytes = unescape(line);
		size_t length = strlen(special_names[i]);

		/* libsmartcols prints a cell of backslashes as empty, but paths have a slash. */
		if (strspn(special_names[i], "\\") < length) {
			assert_true(strlen(bytes) >= length);
			assert_memory_equal(bytes, special_names[i], length);
			assert_int_equal(strspn(bytes + length, " "), strlen(bytes + length));
		}
		free(bytes);
	}
	assert_string_equal(rest, "");
	free(text);
	text = print(&diff, diff_json);
	{
		json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(document);
		for (size_t i = 0; i < SPECIAL_NAME_COUNT; i++) {
			CLEANUP(cleanup_free)
			char *bytes = unescape(json_string_value(json_object_get(
				json_array_get(json_object_get(document, "groups"), i), "group")));

			assert_string_equal(bytes, special_names[i]);
			free(special[i].path);
		}
		json_decref(document);
	}
	free(text);
}

static void test_events(void **state)
{
	static const struct {
		struct cgw_event event;
		const char *expected; /* after the time */
	} events[] = {
		{{.kind = CGW_EVENT_APPEARED, .path = "/a\n", .key = "", .who = "", .why = ""},
		 "appeared  /a\\x0a\n"},
		{{.kind = CGW_EVENT_OOM_KILL,
		  .path = "/a",
		  .key = "",
		  .new_number = {2, CGW_OK},
		  .who = "",
		  .why = ""},
		 "oom-kill  /a  2\n"},
		{{.kind = CGW_EVENT_LIMIT,
		  .path = "/a",
		  .key = "memory.max",
		  .old_number = {0, CGW_MAX},
		  .new_number = {1073741824, CGW_OK},
		  .who = "cgward\x1b",
		  .why = ""},
		 "limit  /a  memory.max  max -> 1.0G  by cgward\\x1b\n"},
		{{.kind = CGW_EVENT_LIMIT,
		  .path = "/a",
		  .key = "pids.max",
		  .old_number = {7, CGW_OK},
		  .new_number = {0, CGW_MAX},
		  .who = "",
		  .why = ""},
		 "limit  /a  pids.max  7 -> max\n"},
		{{.kind = CGW_EVENT_GAP,
		  .path = "",
		  .key = "",
		  .new_number = {UINT64_C(90000000000), CGW_OK},
		  .who = "",
		  .why = "the disk was full"},
		 "gap  1m30s  the disk was full\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		struct cgw_event event = events[i].event;
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		event.realtime_ns = UINT64_C(1700000000000000000);
		diff_event(&event, out);
		assert_int_equal(fclose(out), 0);
		assert_memory_equal(text, "2023-11-14T22:13:20.000Z  ", 26);
		assert_string_equal(text + 26, events[i].expected);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_special_names_are_restored),
		cmocka_unit_test(test_events),
	};

	/* Without UTF-8 libsmartcols escapes characters that cgward does not. */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-escape.c - escaping, value states, suggestions, diagnostics. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"
#include "lib/base/word-list.h"
#include "test.h"
#include <cgward/base.h>

static void test_escape_untrusted_text(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"", ""},
		{"nginx.service", "nginx.service"},
		{"a b", "a b"},
		{"ä漢字", "ä漢字"},
		{"\033[31m", "\\x1b[31m"},
		{"a\nb\tc", "a\\x0ab\\x09c"},
		{"back\\slash", "back\\slash"},
		{"firefox\\x2dw.scope", "firefox\\x2dw.scope"}, /* as systemd prints it */
		{"\\x20\\x", "\\x20\\x"},
		{"\\x1b", "\\x5cx1b"}, /* imitates an escape */
		{"\\xc3\\xA4", "\\x5cxc3\\xA4"},
		{"\\x5c", "\\x5cx5c"},
		{"\177", "\\x7f"},
		{"\302\233", "\\xc2\\x9b"},                   /* C1: CSI */
		{"\342\200\256x", "\\xe2\\x80\\xaex"},        /* right-to-left override */
		{"\342\200\213", "\\xe2\\x80\\x8b"},          /* zero-width space */
		{"\377\376", "\\xff\\xfe"},                   /* not UTF-8 */
		{"\300\257", "\\xc0\\xaf"},                   /* overlong */
		{"\355\240\200", "\\xed\\xa0\\x80"},          /* surrogate */
		{"\364\220\200\200", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
		{"\342\202", "\\xe2\\x82"},                   /* truncated */
	};
	char buffer[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t length =
			cgw_escape(buffer, sizeof(buffer), cases[i].text, strlen(cases[i].text));

		assert_string_equal(buffer, cases[i].expected);
		assert_int_equal(length, strlen(cases[i].expected));
		assert_int_equal(cgw_unescape(buffer), strlen(cases[i].text));
		assert_string_equal(buffer, cases[i].text);
	}
}

/* For any buffer size: terminated, within the buffer, no escape or character split. */
static void test_escape_into_small_buffer(void **state)
{
	static const char text[] = "a\033ä\377b";
	static const char *const expected[] = {"",
					       "a",
					       "a",
					       "...",
					       "a...",
					       "a...",
					       "a...",
					       "a...",
					       "a\\x1b...",
					       "a\\x1b...",
					       "a\\x1bä...",
					       "a\\x1bä...",
					       "a\\x1bä\\xffb"};
	char buffer[64];

	for (size_t size = 1; size <= ARRAY_SIZE(expected); size++) {
		memset(buffer, 'Z', sizeof(buffer));
		(void)cgw_escape(buffer, size, text, strlen(text));
		assert_string_equal(buffer, expected[size - 1]);
		assert_int_equal(buffer[size], 'Z');
		/* Also if the text ends with an escape. */
		memset(buffer, 'Z', sizeof(buffer));
		assert_in_range(cgw_escape(buffer, size, "a\033", 2), 0, size - 1);
		assert_int_equal(buffer[size], 'Z');
	}
}

static void test_states_have_names(void **state)
{
	for (int i = 0; i < CGW_STATE_COUNT; i++) {
		assert_string_not_equal(cgw_state_name((enum cgw_state)i), "invalid");
		assert_non_null(cgw_state_sign((enum cgw_state)i));
	}
	assert_string_equal(cgw_state_name(CGW_STATE_COUNT), "invalid");
	assert_int_equal(cgw_state_from_error(-ENOENT), CGW_ABSENT);
	assert_int_equal(cgw_state_from_error(-ENODEV), CGW_GONE);
	assert_int_equal(cgw_state_from_error(-EACCES), CGW_DENIED);
	assert_int_equal(cgw_state_from_error(-EPERM), CGW_DENIED);
	assert_int_equal(cgw_state_from_error(-EOPNOTSUPP), CGW_UNSUPPORTED);
	assert_int_equal(cgw_state_from_error(-EIO), CGW_BAD);
}

static const char *suggest(const char *input)
{
	struct suggestion suggestion = {.input = input};

	for (const char *word = "dump\0get\0memory.current\0memory.max\0cpu.usage\0"; *word != '\0';
	     word += strlen(word) + 1)
		suggestion_offer(&suggestion, word);
	return suggestion_word(&suggestion);
}

static void test_suggest_nearest_word(void **state)
{
	char long_word[500];

	assert_string_equal(suggest("dmup"), "dump");
	assert_string_equal(suggest("memory.curent"), "memory.current");
	assert_string_equal(suggest("memory"), "memory.current");
	assert_string_equal(suggest("cpu.usgae"), "cpu.usage");
	assert_null(suggest("zzzzzz"));
	assert_null(suggest(""));
	memset(long_word, 'x', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_null(suggest(long_word)); /* terminates */
}

static void test_diag_set_returns_error(void **state)
{
	struct cgw_diag diag = {0};

	assert_int_equal(cgw_diag_set(&diag, -EINVAL, "%s at %d", "bad", 7), -EINVAL);
	assert_string_equal(diag.text, "bad at 7");
	assert_int_equal(cgw_diag_set(NULL, -EIO, "x"), -EIO);
}

/* Whole words only: not the start of a word, and not the empty word. */
static void test_word_lists(void **state)
{
	static const struct {
		const char *words, *word;
		bool expected;
	} rows[] = {
		{"one three", "one", true},
		{"one three", "three", true},
		{"one", "one", true},
		{"one three", "two", false},
		{"one three", "on", false},
		{"one three", "t", false},
		{"one three", "three ", false},
		{"one three", "ones", false},
		{"one  two", "", false},
		{"one", "", false},
		{"", "", false},
		{"", "one", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (word_list_has(rows[i].words, rows[i].word) != rows[i].expected)
			fail_msg("'%s' in '%s'", rows[i].word, rows[i].words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape_untrusted_text),
		cmocka_unit_test(test_escape_into_small_buffer),
		cmocka_unit_test(test_states_have_names),
		cmocka_unit_test(test_suggest_nearest_word),
		cmocka_unit_test(test_word_lists),
		cmocka_unit_test(test_diag_set_returns_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

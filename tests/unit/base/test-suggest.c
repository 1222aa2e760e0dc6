/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-suggest.c - the nearest known word, compared with the definition of the distance. */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"
#include "test.h"

static const char *nearest(const char *input, const char *const *words, size_t count)
{
	struct suggestion suggestion = {.input = input};

	for (size_t i = 0; i < count; i++)
		suggestion_offer(&suggestion, words[i]);
	return suggestion_word(&suggestion);
}

static void test_nearest_similar_word_is_suggested(void **state)
{
	static const char *const words[] = {"memory.max", "memory.current", "memory.min",
					    "cpu.max",    "pids.max",       "freeze"};
	static const struct {
		const char *input, *expected;
	} cases[] = {
		{"memory.mx", "memory.max"},          /* one is missing */
		{"memory.maxx", "memory.max"},        /* one is added */
		{"memory.cuRRent", "memory.current"}, /* two are replaced */
		{"mmeory.max", "memory.max"},         /* two are swapped */
		{"memory.m", "memory.max"},           /* a completion, the first of two */
		{"pds.max", "pids.max"},              /* nearer than cpu.max */
		{"reeze", "freeze"},
		{"xyz", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *word = nearest(cases[i].input, words, ARRAY_SIZE(words));

		if (cases[i].expected == NULL)
			assert_null(word);
		else
			assert_string_equal(word, cases[i].expected);
	}
}

static void test_long_input_has_no_suggestion(void **state)
{
	char word[80];
	const char *const words[] = {word};

	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(nearest(word, words, 1));
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The definition of the distance, without a table. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t best, replaced;

	if (a_length == 0 || b_length == 0)
		return a_length + b_length;
	replaced =
		distance(a, a_length - 1, b, b_length - 1) + (a[a_length - 1] != b[b_length - 1]);
	best = least(replaced, 1 + least(distance(a, a_length - 1, b, b_length),
					 distance(a, a_length, b, b_length - 1)));
	if (a_length > 1 && b_length > 1 && a[a_length - 1] == b[b_length - 2] &&
	    a[a_length - 2] == b[b_length - 1])
		best = least(best, 1 + distance(a, a_length - 2, b, b_length - 2));
	return best;
}

static void random_word(char *word, unsigned *seed)
{
	size_t length = 1 + (*seed = *seed * 1103515245 + 12345) / 65536 % 6;

	for (size_t i = 0; i < length; i++)
		word[i] = (char)('a' + (*seed = *seed * 1103515245 + 12345) / 65536 % 4);
	word[length] = '\0';
}

/* The cheap bounds skip no word that is near enough. */
static void test_no_similar_word_is_skipped(void **state)
{
	unsigned seed = 1, similar = 0;

	for (unsigned i = 0; i < 3000; i++) {
		char input[8], word[8];
		const char *const words[] = {word};
		bool expected;

		random_word(input, &seed);
		random_word(word, &seed);
		expected =
			strncmp(word, input, strlen(input)) == 0 ||
			distance(input, strlen(input), word, strlen(word)) <= 1 + strlen(input) / 3;
		assert_int_equal(nearest(input, words, 1) != NULL, expected);
		similar += expected;
	}
	assert_in_range(similar, 300, 2700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest_similar_word_is_suggested),
		cmocka_unit_test(test_long_input_has_no_suggestion),
		cmocka_unit_test(test_no_similar_word_is_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

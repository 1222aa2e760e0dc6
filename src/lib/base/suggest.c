/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* suggest.c - suggest the known word nearest to a mistyped one. */
#include <stdint.h>
#include <string.h>

#include "lib/base/suggest.h"

/* Longer words are pasted, not typed; only this many characters are compared. */
#define LENGTH_MAX 63

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* The edit distance: insert, delete or replace a character, or swap two adjacent ones. */
static unsigned distance(const char *a, const char *b)
{
	size_t a_length = strnlen(a, LENGTH_MAX), b_length = strnlen(b, LENGTH_MAX);
	unsigned rows[3][LENGTH_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (unsigned j = 0; j <= b_length; j++)
		last[j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		unsigned *spare = before;

		now[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			unsigned other = a[i - 1] != b[j - 1];

			now[j] = smallest(last[j] + 1, now[j - 1] + 1, last[j - 1] + other);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b_length];
}

/* The characters of a word, as a set of their values modulo 64. */
static uint64_t characters(const char *word, size_t length)
{
	uint64_t set = 0;

	for (size_t i = 0; i < length; i++)
		set |= UINT64_C(1) << ((unsigned char)word[i] % 64);
	return set;
}

/* Whether the distance is at least `limit`: an edit adds and removes at most one character. */
static bool is_far(const char *a, const char *b, unsigned limit)
{
	size_t a_length = strnlen(a, LENGTH_MAX), b_length = strnlen(b, LENGTH_MAX);
	uint64_t in_a, in_b;

	if (a_length >= b_length + limit || b_length >= a_length + limit)
		return true;
	in_a = characters(a, a_length);
	in_b = characters(b, b_length);
	return (unsigned)__builtin_popcountll(in_a & ~in_b) >= limit ||
	       (unsigned)__builtin_popcountll(in_b & ~in_a) >= limit;
}

void suggestion_offer(struct suggestion *suggestion, const char *word)
{
	size_t length = strnlen(suggestion->input, LENGTH_MAX + 1);
	/* A word at this distance is not better than the last one, or not similar. */
	unsigned limit = suggestion->word != NULL ? suggestion->distance : 2 + (unsigned)length / 3;
	unsigned edits;

	if (length == 0 || length > LENGTH_MAX)
		return;
	/* Prefer completions: "memory" suggests "memory.current". */
	if (strncmp(word, suggestion->input, length) == 0)
		edits = 1;
	else if (is_far(suggestion->input, word, limit))
		return;
	else
		edits = distance(suggestion->input, word);
	if (edits < limit) {
		suggestion->word = word;
		suggestion->distance = edits;
	}
}

const char *suggestion_word(const struct suggestion *suggestion)
{
	return suggestion->word;
}

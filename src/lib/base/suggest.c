/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* suggest.c - suggest the known word nearest to a mistyped one. */
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

/* Words further away are not suggested. */
static unsigned distance_max(const char *input)
{
	return 1 + (unsigned)strnlen(input, LENGTH_MAX) / 3;
}

void suggestion_offer(struct suggestion *suggestion, const char *word)
{
	size_t length = strlen(suggestion->input), other = strnlen(word, LENGTH_MAX);
	unsigned bound = distance_max(suggestion->input);
	unsigned edits = 1; /* of a completion: "memory" suggests "memory.current" */

	if (length == 0 || length > LENGTH_MAX)
		return;
	if (suggestion->word != NULL && suggestion->distance == 0)
		return;
	if (suggestion->word != NULL)
		bound = suggestion->distance - 1;
	if (strncmp(word, suggestion->input, length) != 0) {
		/* Each character more or less is an edit. */
		if ((length > other ? length - other : other - length) > bound)
			return;
		edits = distance(suggestion->input, word);
	}
	if (edits <= bound) {
		suggestion->word = word;
		suggestion->distance = edits;
	}
}

const char *suggestion_word(const struct suggestion *suggestion)
{
	return suggestion->word;
}

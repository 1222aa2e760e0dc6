/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* word-list.h - lists of words separated by spaces, such as aliases. */
#pragma once

#include <stdbool.h>
#include <string.h>

/* True if `word` is one of `words`, which are separated by spaces. */
static inline bool word_list_has(const char *words, const char *word)
{
	size_t length = strlen(word);

	while (*words != '\0') {
		size_t size = strcspn(words, " ");

		if (size == length && length > 0 && memcmp(words, word, length) == 0)
			return true;
		words += size + (words[size] == ' ');
	}
	return false;
}

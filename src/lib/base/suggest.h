/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* suggest.h - suggest the known word nearest to a mistyped one. */
#pragma once

#include <cgward/base.h>

/* Set `input` and zero the rest, then offer all known words. */
struct suggestion {
	const char *input;
	const char *word;
	unsigned distance;
};

/* `word` must stay valid until suggestion_word() is called. */
void suggestion_offer(struct suggestion *suggestion, const char *word);
/* The word nearest to the input, or NULL if none is similar enough. */
const char *suggestion_word(const struct suggestion *suggestion);

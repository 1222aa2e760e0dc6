/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* suggest.h - the known word that someone may have meant. */
#ifndef CGWARD_LIB_BASE_SUGGEST_H
#define CGWARD_LIB_BASE_SUGGEST_H

#include <cgward/base.h>

/* Keeps the best of the words it is shown: start with distance 0 and word NULL. */
struct suggestion {
	const char *input;
	const char *word;
	unsigned distance;
};

void suggestion_offer(struct suggestion *nearest, const char *word);
/* The best word when it is near enough to be worth a suggestion, else NULL. */
const char *suggestion_word(const struct suggestion *nearest);

#endif

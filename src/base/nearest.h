/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nearest.h - the known word that someone may have meant. */
#ifndef CGWARD_BASE_NEAREST_H
#define CGWARD_BASE_NEAREST_H

#include <cgward/base.h>

/* Keeps the best of the words it is shown: start with distance 0 and word NULL. */
struct nearest {
	const char *wanted;
	const char *word;
	unsigned distance;
};

void nearest_offer(struct nearest *nearest, const char *word);
/* The best word when it is near enough to be worth a suggestion, else NULL. */
const char *nearest_word(const struct nearest *nearest);

#endif

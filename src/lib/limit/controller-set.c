/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* controller-set.c - lists of enabled controllers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "lib/limit/controller-set.h"
#include <cgward/kernel.h>

/* Applies words to a set. Words without signs replace the set; "none" clears it. */
static uint32_t apply(uint32_t set, const char *words)
{
	uint32_t unsigned_words = 0;
	bool signs = false, any = false;

	for (words += strspn(words, " \t"); *words != '\0'; words += strspn(words, " \t")) {
		size_t length = strcspn(words, " \t"), sign = *words == '+' || *words == '-';
		int controller;

		controller = cgw_controller_find(
			FORMATTED(32, "%.*s", (int)(length - sign), words + sign));
		if (controller >= 0 && *words == '-')
			set &= ~CGW_CONTROLLER_BIT(controller);
		else if (controller >= 0)
			set |= CGW_CONTROLLER_BIT(controller);
		if (controller >= 0 && sign == 0)
			unsigned_words |= CGW_CONTROLLER_BIT(controller);
		signs |= sign > 0;
		any = true;
		words += length;
	}
	return signs || !any ? set : unsigned_words;
}

static int append_names(uint32_t set, const char *sign, char *buffer, size_t size, size_t *used)
{
	for (int i = 0; i < CGW_CONTROLLER_COUNT; i++) {
		if (!(set & CGW_CONTROLLER_BIT(i)))
			continue;
		*used = text_append(buffer, size, *used, "%s%s%s", *used > 0 ? " " : "", sign,
				    cgw_controller_name((enum cgw_controller)i, 2));
		if (*used + 1 >= size)
			return -ERANGE; /* possibly cut */
	}
	return 0;
}

int toggles_apply(const char *now, const char *change, char *buffer, size_t size)
{
	uint32_t set = apply(apply(0, now), change);
	size_t used = 0;

	buffer[0] = '\0';
	if (set != 0)
		return append_names(set, "", buffer, size, &used);
	return snprintf(buffer, size, "none") < (int)size ? 0 : -ERANGE;
}

int toggles_between(const char *from, const char *to, char *buffer, size_t size)
{
	uint32_t on = apply(0, from), off = apply(0, to);
	size_t used = 0;
	int r;

	buffer[0] = '\0';
	r = append_names(off & ~on, "+", buffer, size, &used);
	return r < 0 ? r : append_names(on & ~off, "-", buffer, size, &used);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* controller-set.c - lists of controllers that are switched on and off. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/limit/controller-set.h"
#include <cgward/kernel.h>

/* Applies words to a set; without any sign the words are the whole set, and "none" an empty one. */
static uint32_t apply(uint32_t set, const char *words)
{
	uint32_t alone = 0;
	bool signs = false, any = false;

	for (words += strspn(words, " \t"); *words != '\0'; words += strspn(words, " \t")) {
		size_t length = strcspn(words, " \t"), sign = *words == '+' || *words == '-';
		char name[32];
		int controller;

		(void)snprintf(name, sizeof(name), "%.*s", (int)(length - sign), words + sign);
		controller = cgw_controller_find(name);
		if (controller >= 0 && *words == '-')
			set &= ~CGW_CONTROLLER_BIT(controller);
		else if (controller >= 0)
			set |= CGW_CONTROLLER_BIT(controller);
		if (controller >= 0 && sign == 0)
			alone |= CGW_CONTROLLER_BIT(controller);
		signs |= sign > 0;
		any = true;
		words += length;
	}
	return signs || !any ? set : alone;
}

static int say(uint32_t set, const char *sign, char *buffer, size_t size, size_t *used)
{
	for (int i = 0; i < CGW_CONTROLLER_COUNT; i++) {
		if (!(set & CGW_CONTROLLER_BIT(i)))
			continue;
		*used += (size_t)snprintf(buffer + *used, size - *used, "%s%s%s",
					  *used > 0 ? " " : "", sign,
					  cgw_controller_name((enum cgw_controller)i, 2));
		if (*used >= size)
			return -ERANGE;
	}
	return 0;
}

int toggles_apply(const char *now, const char *asked, char *buffer, size_t size)
{
	uint32_t set = apply(apply(0, now), asked);
	size_t used = 0;

	buffer[0] = '\0';
	if (set != 0)
		return say(set, "", buffer, size, &used);
	return snprintf(buffer, size, "none") < (int)size ? 0 : -ERANGE;
}

int toggles_between(const char *now, const char *wanted, char *buffer, size_t size)
{
	uint32_t on = apply(0, now), off = apply(0, wanted);
	size_t used = 0;
	int r;

	buffer[0] = '\0';
	r = say(off & ~on, "+", buffer, size, &used);
	return r < 0 ? r : say(on & ~off, "-", buffer, size, &used);
}

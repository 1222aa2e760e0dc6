/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* name-cut.h - shortens names that do not fit, so that they can still be distinguished. Pure. */
#pragma once

#include <stddef.h>

enum name_cut {
	NAME_CUT_START,  /* keep the end: paths */
	NAME_CUT_MIDDLE, /* keep both ends: names */
};

/*
 * Writes `text` with at most `width` cells. `other` (NULL: none) is a text that would look the
 * same: the part where they differ is kept as well.
 */
void name_cut(const char *text, enum name_cut how, const char *other, int width, char *buffer,
	      size_t size);

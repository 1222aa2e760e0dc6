/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* escape-copy.h - cgw_escape() into allocated memory, for texts of any length. */
#ifndef CGWARD_LIB_BASE_ESCAPE_COPY_H
#define CGWARD_LIB_BASE_ESCAPE_COPY_H

#include <stdlib.h>
#include <string.h>

#include <cgward/base.h>

/* Returns NULL without memory; the caller frees the copy. */
static inline char *escape_copy(const char *text)
{
	size_t length = strlen(text), size = 4 * length + 1; /* "\xNN" for each byte */
	char *copy = malloc(size);

	if (copy != NULL)
		cgw_escape(copy, size, text, length);
	return copy;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* local-text.h - texts in buffers of a fixed size, cut to it, and escaped copies of any length. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <cgward/base.h>

/* Untrusted text as cgw_escape() writes it, valid until the end of the enclosing block. */
#define ESCAPED(size, text) text_escape((char[size]){0}, size, text)
/* The same for the output of printf(). */
#define FORMATTED(size, ...) text_format((char[size]){0}, size, __VA_ARGS__)

static inline const char *text_escape(char *buffer, size_t size, const char *text)
{
	cgw_escape(buffer, size, text, strlen(text));
	return buffer;
}

const char *text_format(char *buffer, size_t size, const char *format, ...) CGW_PRINTF(3, 4);
/*
 * Appends at `used` and returns the new length, which stays below `size`; text that does not fit
 * is cut.
 */
size_t text_append(char *buffer, size_t size, size_t used, const char *format, ...)
	CGW_PRINTF(4, 5);

/* Returns NULL without memory; the caller frees the copy. */
static inline char *escape_copy(const char *text)
{
	size_t length = strlen(text), size = 4 * length + 1; /* "\xNN" for each byte */
	char *copy = malloc(size);

	if (copy != NULL)
		cgw_escape(copy, size, text, length);
	return copy;
}

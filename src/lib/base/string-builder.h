/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* string-builder.h - texts of any length, built piece by piece. */
#pragma once

#include <stddef.h>

/*
 * Zero-initialised. After a failed allocation all further additions do nothing, so callers check
 * once at the end. `text` is NULL while nothing was added, and NUL-terminated afterwards.
 */
struct string_builder {
	char *text;
	size_t length; /* without the NUL */
	size_t capacity;
	int error; /* 0 or -ENOMEM */
};

void string_builder_add(struct string_builder *builder, const char *text);
void string_builder_add_bytes(struct string_builder *builder, const void *bytes, size_t length);
/* Adds untrusted text as cgw_escape() writes it. */
void string_builder_add_escaped(struct string_builder *builder, const char *text);
/* Adds text in single quotes, as one word of a command for the shell. */
void string_builder_add_quoted(struct string_builder *builder, const char *text);
__attribute__((format(printf, 2, 3))) void string_builder_printf(struct string_builder *builder,
								 const char *format, ...);
/* Removes everything after the first `length` bytes and keeps the memory. */
void string_builder_truncate(struct string_builder *builder, size_t length);
/* Returns the text, "" if nothing was added; valid until the next addition. */
const char *string_builder_text(const struct string_builder *builder);
/* Gives the text to the caller, who frees it; NULL after an error. Empties the builder. */
char *string_builder_steal(struct string_builder *builder);
/* Frees the text; the builder can be used again. For CLEANUP() as well. */
void string_builder_free(struct string_builder *builder);

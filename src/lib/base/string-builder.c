/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* string-builder.c - texts of any length, built piece by piece. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/base.h>

#include "lib/base/array.h"
#include "lib/base/string-builder.h"

/* Makes room for `more` bytes and the NUL. */
static int reserve(struct string_builder *builder, size_t more)
{
	if (builder->error == 0 && more > SIZE_MAX - builder->length - 1)
		builder->error = -ENOMEM;
	if (builder->error == 0)
		builder->error =
			ARRAY_RESERVE(builder->text, builder->capacity, builder->length + more + 1);
	return builder->error;
}

void string_builder_add_bytes(struct string_builder *builder, const void *bytes, size_t length)
{
	if (reserve(builder, length) < 0)
		return;
	if (length > 0)
		memcpy(builder->text + builder->length, bytes, length);
	builder->length += length;
	builder->text[builder->length] = '\0';
}

void string_builder_add(struct string_builder *builder, const char *text)
{
	string_builder_add_bytes(builder, text, strlen(text));
}

void string_builder_add_escaped(struct string_builder *builder, const char *text)
{
	size_t length = strlen(text), room = 4 * length; /* "\xNN" for each byte */

	if (reserve(builder, room) == 0)
		builder->length +=
			cgw_escape(builder->text + builder->length, room + 1, text, length);
}

void string_builder_printf(struct string_builder *builder, const char *format, ...)
{
	va_list list, again;
	int length;

	va_start(list, format);
	va_copy(again, list);
	length = vsnprintf(NULL, 0, format, list);
	va_end(list);
	if (length < 0)
		builder->error = -ENOMEM;
	else if (reserve(builder, (size_t)length) == 0)
		builder->length += (size_t)vsnprintf(builder->text + builder->length,
						     (size_t)length + 1, format, again);
	va_end(again);
}

void string_builder_add_quoted(struct string_builder *builder, const char *text)
{
	string_builder_add(builder, "'");
	for (; *text != '\0'; text++)
		if (*text == '\'')
			string_builder_add(builder, "'\\''");
		else
			string_builder_add_bytes(builder, text, 1);
	string_builder_add(builder, "'");
}

void string_builder_truncate(struct string_builder *builder, size_t length)
{
	if (length >= builder->length)
		return;
	builder->length = length;
	builder->text[length] = '\0';
}

const char *string_builder_text(const struct string_builder *builder)
{
	return builder->text != NULL ? builder->text : "";
}

char *string_builder_steal(struct string_builder *builder)
{
	char *text = NULL;

	if (reserve(builder, 0) == 0) {
		text = builder->text;
		text[builder->length] = '\0';
		builder->text = NULL;
	}
	string_builder_free(builder);
	return text;
}

void string_builder_free(struct string_builder *builder)
{
	free(builder->text);
	*builder = (struct string_builder){0};
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bytes.c - encoding of numbers and texts. */
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/muldiv.h"
#include "lib/recording/bytes.h"

uint8_t *bytes_reserve(struct bytes *bytes, size_t count)
{
	if (bytes->failed)
		return NULL;
	if (ARRAY_RESERVE(bytes->data, bytes->size, bytes->length + count) < 0) {
		bytes->failed = true;
		return NULL;
	}
	return bytes->data + bytes->length;
}

void bytes_put(struct bytes *bytes, const void *data, size_t length)
{
	uint8_t *to = bytes_reserve(bytes, length);

	if (to == NULL || length == 0)
		return;
	memcpy(to, data, length);
	bytes->length += length;
}

void bytes_put_number(struct bytes *bytes, uint64_t number)
{
	uint8_t *to = bytes_reserve(bytes, NUMBER_BYTES_MAX);

	if (to != NULL)
		bytes->length += (size_t)(store_number(to, number) - to);
}

void bytes_put_text(struct bytes *bytes, const char *text)
{
	size_t length = text != NULL ? strlen(text) : 0;

	bytes_put_number(bytes, length);
	bytes_put(bytes, text, length);
}

void bytes_done(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){0};
}

const uint8_t *cursor_read(struct cursor *cursor, size_t length)
{
	const uint8_t *at = cursor->at;

	if (cursor->failed || cursor_left(cursor) < length) {
		cursor->failed = true;
		cursor->at = cursor->end;
		return NULL;
	}
	cursor->at += length;
	return at;
}

const char *cursor_text(struct cursor *cursor, size_t *ret_length)
{
	uint64_t length = cursor_number(cursor);
	const uint8_t *text = cursor_read(cursor, size_from_u64(length));

	*ret_length = text != NULL ? (size_t)length : 0;
	return text != NULL ? (const char *)text : "";
}

size_t cursor_count(struct cursor *cursor)
{
	uint64_t count = cursor_number(cursor);

	if (count <= cursor_left(cursor))
		return (size_t)count;
	cursor->failed = true;
	cursor->at = cursor->end;
	return 0;
}

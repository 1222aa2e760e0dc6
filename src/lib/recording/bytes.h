/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bytes.h - encoding of numbers and texts: a growing buffer, and a cursor that never reads past its
 * end.
 *
 * Both remember their first failure and ignore further calls, so that callers write or read a whole
 * section and check once.
 */
#pragma once

#include <string.h>

#include <cgward/base.h>

struct bytes {
	uint8_t *data;
	size_t length, size;
	bool failed; /* out of memory */
};

/*
 * Space for `count` more bytes; the caller adds those it uses to `length`. NULL if out of memory.
 */
uint8_t *bytes_reserve(struct bytes *bytes, size_t count);
void bytes_put(struct bytes *bytes, const void *data, size_t length);
void bytes_put_number(struct bytes *bytes, uint64_t number);
/* The length, then the bytes; NULL is written as "". */
void bytes_put_text(struct bytes *bytes, const char *text);
void bytes_done(struct bytes *bytes);

/*
 * Maps small differences of either sign to small numbers: 0, -1, 1, -2 become 0, 1, 2, 3. Wraps as
 * unsigned.
 */
static inline uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t unzigzag(uint64_t code)
{
	return code >> 1 ^ (0 - (code & 1));
}

#define NUMBER_BYTES_MAX 10

/* LEB128: 7 bits per byte, lowest first, top bit set on all but the last. Returns the next byte. */
static inline uint8_t *store_number(uint8_t *at, uint64_t number)
{
	while (number >= 0x80) {
		*at++ = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	*at++ = (uint8_t)number;
	return at;
}

struct cursor {
	const uint8_t *at, *end;
	bool failed; /* the data ended early, or a number is out of range */
};

static inline uint64_t cursor_number(struct cursor *cursor)
{
	uint64_t number = 0;

	if (cursor->at < cursor->end && *cursor->at < 0x80)
		return *cursor->at++; /* most numbers are differences of 0 */
	for (unsigned shift = 0; cursor->at < cursor->end && shift < 64; shift += 7) {
		uint8_t byte = *cursor->at++;

		if (shift == 63 && byte > 1)
			break;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return number;
	}
	cursor->failed = true;
	cursor->at = cursor->end;
	return 0;
}

/* The next `length` bytes, or NULL. */
const uint8_t *cursor_read(struct cursor *cursor, size_t length);
/* A text inside the data, not terminated; "" on failure. */
const char *cursor_text(struct cursor *cursor, size_t *ret_length);
/* A count of items of at least one byte each: fails if it exceeds the bytes left. */
size_t cursor_count(struct cursor *cursor);
static inline size_t cursor_left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

/* Little-endian numbers of fixed width. */
static inline void store_le(uint8_t *at, uint64_t number, size_t width)
{
	for (size_t i = 0; i < width; i++)
		at[i] = (uint8_t)(number >> 8 * i);
}

static inline uint64_t load_le(const uint8_t *at, size_t width)
{
	uint64_t number = 0;

	for (size_t i = width; i > 0; i--)
		number = number << 8 | at[i - 1];
	return number;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json-writer.c - writes JSON into a reusable buffer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dump/json-writer.h"

void json_writer_done(struct json_writer *writer)
{
	free(writer->bytes);
	*writer = (struct json_writer){0};
}

void json_writer_reset(struct json_writer *writer)
{
	writer->length = 0;
}

/* Reserves space for `length` more bytes; NULL if out of memory. */
static char *reserve(struct json_writer *writer, size_t length)
{
	size_t size = writer->size == 0 ? 4096 : writer->size;
	char *bytes;

	if (writer->failed)
		return NULL;
	while (size - writer->length < length)
		size *= 2;
	if (size != writer->size) {
		bytes = realloc(writer->bytes, size);
		if (bytes == NULL) {
			writer->failed = true;
			return NULL;
		}
		writer->bytes = bytes;
		writer->size = size;
	}
	return writer->bytes + writer->length;
}

void json_put(struct json_writer *writer, const char *bytes, size_t length)
{
	char *to = length > 0 ? reserve(writer, length) : NULL;

	/* With length 0, `bytes` may be NULL, which memcpy() does not accept. */
	if (to == NULL || length == 0)
		return;
	memcpy(to, bytes, length);
	writer->length += length;
}

void json_put_text(struct json_writer *writer, const char *text)
{
	json_put(writer, text, strlen(text));
}

void json_put_comma(struct json_writer *writer, size_t start)
{
	if (writer->length > start)
		json_put(writer, ", ", writer->compact ? 1 : 2);
}

void json_put_key(struct json_writer *writer, size_t start, const char *key)
{
	json_put_comma(writer, start);
	json_put(writer, "\"", 1);
	json_put_text(writer, key);
	json_put(writer, "\": ", writer->compact ? 2 : 3);
}

static void put_escaped(struct json_writer *writer, unsigned char byte)
{
	static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
	const char *known = memchr(letters, byte, sizeof(letters) - 1);
	char text[8] = "\\";
	int length = 2;

	if (known != NULL)
		text[1] = names[known - letters];
	else
		length = snprintf(text, sizeof(text), "\\u%04X", byte);
	json_put(writer, text, (size_t)length);
}

void json_put_string(struct json_writer *writer, const char *text, size_t length)
{
	size_t plain = 0;

	json_put(writer, "\"", 1);
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		json_put(writer, text + plain, i - plain);
		put_escaped(writer, byte);
		plain = i + 1;
	}
	json_put(writer, text + plain, length - plain);
	json_put(writer, "\"", 1);
}

void json_put_hex(struct json_writer *writer, const void *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;

	json_put(writer, "\"", 1);
	for (size_t i = 0; i < length; i++)
		json_put(writer, (const char[]){digits[from[i] >> 4], digits[from[i] & 15]}, 2);
	json_put(writer, "\"", 1);
}

void json_put_integer(struct json_writer *writer, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	json_put(writer, digits + at, sizeof(digits) - at);
}

void json_put_real(struct json_writer *writer, double number)
{
	char text[40], *exponent;
	int length;

	if (!isfinite(number)) {
		json_put_text(writer, "null");
		return;
	}
	length = snprintf(text, sizeof(text), "%.15g", number);
	exponent = memchr(text, 'e', (size_t)length);
	if (exponent == NULL && strchr(text, '.') == NULL) {
		json_put(writer, text, (size_t)length);
		json_put(writer, ".0", 2);
		return;
	}
	/* Shorten "1e+20" to 1e20 and "1e-07" to 1e-7. */
	if (exponent != NULL) {
		char *digits = exponent + 1 + (exponent[1] == '+' || exponent[1] == '-');
		size_t zeros = strspn(digits, "0");

		json_put(writer, text, (size_t)(exponent + 1 - text));
		if (exponent[1] == '-')
			json_put(writer, "-", 1);
		json_put_text(writer, digits + zeros);
		return;
	}
	json_put(writer, text, (size_t)length);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json-writer.h - writes JSON into a reusable buffer: objects of a known shape, member by member,
 * without building a tree of values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `failed` is set when out of memory; later output is dropped. */
struct json_writer {
	char *bytes;
	size_t length, size;
	bool compact; /* no spaces after ':' and ',' */
	bool failed;
};

void json_writer_done(struct json_writer *writer);
/* Empties the buffer, and keeps its memory. */
void json_writer_reset(struct json_writer *writer);

/* Appends bytes unchanged. */
void json_put(struct json_writer *writer, const char *bytes, size_t length);
void json_put_text(struct json_writer *writer, const char *text);
/* Appends a comma before a member or element, unless it is the first after `start` bytes. */
void json_put_comma(struct json_writer *writer, size_t start);
/* Appends a comma if needed, and "key": with a key that needs no escaping. */
void json_put_key(struct json_writer *writer, size_t start, const char *key);

/* Appends a string of valid UTF-8, with quotes and control characters escaped. */
void json_put_string(struct json_writer *writer, const char *text, size_t length);
/* Appends bytes as a string of hexadecimal digits. */
void json_put_hex(struct json_writer *writer, const void *bytes, size_t length);
void json_put_integer(struct json_writer *writer, uint64_t number);
/* Appends a real number with 15 digits and a fraction or exponent; null if not finite. */
void json_put_real(struct json_writer *writer, double number);

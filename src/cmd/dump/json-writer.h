/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json-writer.h - JSON as bytes into a buffer that is used again: objects of known shape, written in
 * order, without a tree of values in between.
 */
#ifndef CGWARD_CMD_DUMP_JSON_WRITER_H
#define CGWARD_CMD_DUMP_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that ran out shows in `failed`; what is written after is dropped. */
struct json_writer {
	char *bytes;
	size_t length, size;
	bool compact; /* no blanks after ':' and ',' */
	bool failed;
};

void json_writer_done(struct json_writer *writer);
/* Empties it and keeps its memory. */
void json_writer_reset(struct json_writer *writer);

/* As they are. */
void json_put(struct json_writer *writer, const char *bytes, size_t length);
void json_put_text(struct json_writer *writer, const char *text);
/* A member's or element's comma, unless it is the first behind `start` bytes. */
void json_put_comma(struct json_writer *writer, size_t start);
/* "key": - with its comma; the key needs no escaping. */
void json_put_key(struct json_writer *writer, size_t start, const char *key);

/* A string; valid UTF-8 is expected, quotes and controls are escaped. */
void json_put_string(struct json_writer *writer, const char *text, size_t length);
/* Bytes in hexadecimal, as a string. */
void json_put_hex(struct json_writer *writer, const void *bytes, size_t length);
void json_put_integer(struct json_writer *writer, uint64_t number);
/* 15 digits, always recognisable as a real number; null where it is none. */
void json_put_real(struct json_writer *writer, double number);

#endif

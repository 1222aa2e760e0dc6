/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * listing.h - records of the same columns, as a table or as a JSON array; and other JSON output.
 *
 * Cells are added in the order of the columns. The first error is kept until listing_end().
 */
#pragma once

#include "lib/base/json-cleanup.h"
#include "shared/cli/text-table.h"

enum listing_style {
	LISTING_NAME,
	LISTING_NUMBER, /* aligned to the right */
	LISTING_FIXED,
	LISTING_PROSE, /* see TABLE_PROSE */
	LISTING_MINOR, /* see TABLE_MINOR */
	LISTING_MINOR_NUMBER,
	LISTING_MINOR_PROSE,
};

struct listing_column {
	const char *title; /* NULL: only in JSON */
	const char *key;   /* NULL: only in the table */
	enum listing_style style;
};

struct listing {
	FILE *out;
	bool json;
	const struct listing_column *columns;
	size_t column; /* of the next cell */
	struct table table;
	json_t *records, *record;
	const char *json_key; /* of the array in a document; NULL: only the array */
	int error;
};

/* `columns` ends with a row of neither title nor key; `width` is that of table_print(). */
void listing_start(struct listing *listing, FILE *out, bool json,
		   const struct listing_column *columns, unsigned width);
void listing_record(struct listing *listing);
/* Text that is safe to print. */
void listing_text(struct listing *listing, const char *text);
/* A time of cgw_format_time(), at a terminal without the year and parts of a second. */
void listing_time(struct listing *listing, const char *time);
/* The same as listing_text(), or if empty "-" and null. */
void listing_optional(struct listing *listing, const char *text);
/* Raw bytes, which are escaped. */
void listing_name(struct listing *listing, const char *name);
void listing_number(struct listing *listing, uint64_t number);
void listing_flag(struct listing *listing, bool flag);
/* For people: that nothing is printed is no fault. */
void listing_note_empty(void);
/* Prints the table, unless it is empty, or the JSON. Returns 0 or the first error. */
int listing_end(struct listing *listing);

/* A string with the raw bytes escaped, or null if there are none. */
json_t *json_escaped(const char *raw);
/* Prints a document and a newline, and releases it. -ENOMEM; write errors are in ferror(). */
int json_print(json_t *document, FILE *out, size_t flags);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text-table.h - tables with libsmartcols, that fit the terminal. table_end() returns the first
 * error.
 */
#pragma once

#include <stdio.h>

#include <libsmartcols.h>

#include "lib/base/cleanup.h"
#include "shared/cli/options.h"

/* Of a column whose text is cut at its end, and not in the middle as names of groups are. */
#define TABLE_PROSE SCOLS_FL_TRUNC
/* Of a column that is never shortened, as those aligned to the right. */
#define TABLE_FIXED SCOLS_FL_STRICTWIDTH
/* Of a column that is left out, the last one first, if shortening does not suffice. */
#define TABLE_MINOR SCOLS_FL_NOEXTREMES

struct table {
	unsigned width; /* maximum; 0: none */
	struct libscols_table *scols;
	struct libscols_line *line;
	size_t column;
	int error;
};

/* Row of the commands that print tables. */
/* clang-format off */
#define CLI_WIDE_OPTION                                                                            \
	{ 0, "wide", NULL, "do not shorten names or leave out columns",                            \
	  CLI_TRUE(struct cli_context, wide), .of_context = true }
/* clang-format on */

/* The width of the terminal that `out` is; 0 for other files, and with --wide. */
unsigned table_width(const struct cli_context *context, FILE *out);
/* Prints text in lines of at most `width` from a column on; without a width, in one line. */
void text_wrap(FILE *out, const char *text, unsigned column, unsigned width);

/* A table of libsmartcols; NULL if memory is short. */
struct libscols_table *table_new(FILE *out);
/*
 * Prints a table. If it is wider than a `width` other than 0, columns without values are left out,
 * then minor ones, and texts are shortened.
 */
int table_print(struct libscols_table *table, unsigned width);
DEFINE_CLEANUP(cleanup_table, struct libscols_table *, scols_unref_table)
/* Adds a column for escaped text. */
int table_add_column(struct libscols_table *table, const char *title, int flags);
/* Sets a cell to escaped text, which it takes over in any case; NULL: -ENOMEM. */
int table_set_cell(struct libscols_line *line, size_t column, char *text);

/*
 * Titles are separated by '|'. A leading '>' aligns the column to the right, a leading '<' cuts its
 * text at the end if the table is wider than a `width` other than 0.
 */
void table_start(struct table *table, FILE *out, const char *titles, unsigned width);
void table_row(struct table *table);
/* Adds the next cell of the row. The text must be safe to print. */
void table_cell(struct table *table, const char *format, ...) CGW_PRINTF(2, 3);
/* Same for raw bytes, which are escaped. */
void table_name(struct table *table, const char *name);
/* Prints and frees the table. Returns 0 or the first error. */
int table_end(struct table *table);

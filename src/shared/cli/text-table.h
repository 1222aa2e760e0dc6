/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text-table.h - tables with libsmartcols. table_end() returns the first error. */
#ifndef CGWARD_SHARED_CLI_TEXT_TABLE_H
#define CGWARD_SHARED_CLI_TEXT_TABLE_H

#include <stdio.h>

#include <libsmartcols.h>

#include <cgward/base.h>

struct table {
	struct libscols_table *scols;
	struct libscols_line *line;
	size_t column;
	int error;
};

/* A table of libsmartcols; NULL if memory is short. */
struct libscols_table *table_new(FILE *out);
static inline void cleanup_table(struct libscols_table **table)
{
	scols_unref_table(*table);
}
/* Adds a column for escaped text. */
int table_add_column(struct libscols_table *table, const char *title, int flags);
/* Sets a cell to escaped text, which it takes over in any case; NULL: -ENOMEM. */
int table_set_cell(struct libscols_line *line, size_t column, char *text);

/* Titles are separated by '|'; a leading '>' aligns the column to the right. */
void table_start(struct table *table, FILE *out, const char *titles);
void table_row(struct table *table);
/* Adds the next cell of the row. The text must be safe to print. */
void table_cell(struct table *table, const char *format, ...) CGW_PRINTF(2, 3);
/* Same for raw bytes, which are escaped. */
void table_name(struct table *table, const char *name);
/* Prints and frees the table. Returns 0 or the first error. */
int table_end(struct table *table);

#endif

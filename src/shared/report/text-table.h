/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text-table.h - columns for people, by libsmartcols; an error is kept until the table is printed. */
#ifndef CGWARD_SHARED_REPORT_TEXT_TABLE_H
#define CGWARD_SHARED_REPORT_TEXT_TABLE_H

#include <stdio.h>

#include <libsmartcols.h>

#include <cgward/base.h>

struct table {
	struct libscols_table *scols;
	struct libscols_line *line;
	size_t column;
	int error;
};

/* Titles separated by '|'; a '>' in front sets a column to the right. */
void table_start(struct table *table, FILE *out, const char *titles);
void table_row(struct table *table);
/* The next cell of the row: already safe to print. */
void table_cell(struct table *table, const char *format, ...) CGW_PRINTF(2, 3);
/* The same for raw bytes, which are escaped. */
void table_name(struct table *table, const char *name);
/* Prints and frees it. The first error of all, or 0. */
int table_end(struct table *table);

#endif

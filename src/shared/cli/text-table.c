/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text-table.c - prints tables with libsmartcols. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "shared/cli/text-table.h"

struct libscols_table *table_new(FILE *out)
{
	struct libscols_table *table = scols_new_table();

	if (table == NULL)
		return NULL;
	scols_table_set_stream(table, out);
	/* table_print() shortens text with a sign; libsmartcols would cut numbers as well. */
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	return table;
}

int table_add_column(struct libscols_table *table, const char *title, int flags)
{
	struct libscols_column *column = scols_table_new_column(table, title, 0, flags);

	/* Escaping the backslashes of escaped text again would change the names. */
	return column == NULL ? -ENOMEM : scols_column_set_safechars(column, "\\");
}

void table_start(struct table *table, FILE *out, const char *titles, unsigned width)
{
	*table = (struct table){.scols = table_new(out), .width = width};
	if (table->scols == NULL) {
		table->error = -ENOMEM;
		return;
	}
	while (*titles != '\0' && table->error == 0) {
		int flags = 0;
		size_t length;

		if (*titles == '>')
			flags |= SCOLS_FL_RIGHT;
		if (*titles == '<')
			flags |= TABLE_PROSE;
		titles += *titles == '>' || *titles == '<';
		length = strcspn(titles, "|");
		table->error = table_add_column(table->scols,
						FORMATTED(32, "%.*s", (int)length, titles), flags);
		titles += length + (titles[length] == '|');
	}
}

void table_row(struct table *table)
{
	table->column = 0;
	if (table->error == 0)
		table->line = scols_table_new_line(table->scols, NULL);
	if (table->line == NULL && table->error == 0)
		table->error = -ENOMEM;
}

int table_set_cell(struct libscols_line *line, size_t column, char *text)
{
	size_t length = text != NULL ? strlen(text) : 0;
	char *shown = text;
	int r;

	/* Of a cell that consists of safe characters, libsmartcols 2.38 prints nothing. */
	if (length > 0 && strspn(text, "\\") == length) {
		shown = NULL;
		if (asprintf(&shown, "\\x5c%s", text + 1) < 0)
			shown = NULL;
		free(text);
	}
	r = shown != NULL ? scols_line_refer_data(line, column, shown) : -ENOMEM;
	if (r < 0)
		free(shown);
	return r;
}

static void add_cell(struct table *table, char *text)
{
	table->error = table_set_cell(table->line, table->column++, text);
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list arguments;
	char *text;
	int r;

	if (table->error < 0)
		return;
	va_start(arguments, format);
	r = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (r < 0)
		table->error = -ENOMEM;
	else
		add_cell(table, text);
}

void table_name(struct table *table, const char *name)
{
	char *text = table->error == 0 ? escape_copy(name) : NULL;

	if (text != NULL)
		add_cell(table, text);
	else if (table->error == 0)
		table->error = -ENOMEM;
}

int table_end(struct table *table)
{
	if (table->error == 0)
		table->error = table_print(table->scols, table->width);
	scols_unref_table(table->scols);
	return table->error;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* table-fit.c - shortens tables and text to the width of the terminal. */
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "shared/cli/text-table.h"
#include <cgward/render.h>

/* What a column takes and may be reduced to. */
struct column_fit {
	struct libscols_column *column;
	size_t width, width_min;
	bool empty; /* no cell has a value */
};

#define COLUMNS_MAX    256
#define NAME_WIDTH_MIN 11
/* Less of a sentence is of no use. */
#define PROSE_WIDTH_MIN 20

/* The width of the branches that libsmartcols draws before the text of a tree. */
static size_t branches_width(struct libscols_column *column, const struct libscols_line *line)
{
	size_t width = 0;

	if (scols_column_is_tree(column))
		while ((line = scols_line_get_parent(line)) != NULL)
			width += 2;
	return width;
}

static const char *cell_text(struct libscols_line *line, struct libscols_column *column)
{
	struct libscols_cell *cell = scols_line_get_column_cell(line, column);
	const char *text = cell != NULL ? scols_cell_get_data(cell) : NULL;

	return text != NULL ? text : "";
}

/* Measures all columns; returns the width of the table. */
static size_t measure(struct libscols_table *table, struct column_fit *fits, size_t count)
{
	size_t total = count > 0 ? count - 1 : 0;

	for (size_t i = 0; i < count; i++) {
		struct column_fit *fit = &fits[i];
		const char *title;
		size_t least;

		fit->column = scols_table_get_column(table, i);
		title = scols_cell_get_data(scols_column_get_header(fit->column));
		fit->width = title != NULL ? cgw_text_width(title) : 0;
		fit->empty = true;
		least = scols_column_is_trunc(fit->column) ? PROSE_WIDTH_MIN : NAME_WIDTH_MIN;
		fit->width_min = fit->width > least ? fit->width : least;
		for (size_t j = 0; j < scols_table_get_nlines(table); j++) {
			struct libscols_line *line = scols_table_get_line(table, j);
			const char *text = cell_text(line, fit->column);
			size_t width = branches_width(fit->column, line) + cgw_text_width(text);

			fit->empty = fit->empty && (text[0] == '\0' || strcmp(text, "-") == 0 ||
						    strcmp(text, "0") == 0);
			if (width > fit->width)
				fit->width = width;
		}
		/* A number that is cut would be another number. */
		if (scols_column_is_right(fit->column) || scols_column_is_strict_width(fit->column))
			fit->width_min = fit->width;
		if (fit->width_min > fit->width)
			fit->width_min = fit->width;
		total += fit->width;
	}
	return total;
}

/* The width of what is shown: of `fits` that are not reduced, or of the least. */
static size_t shown_width(const struct column_fit *fits, size_t count, bool least)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		if (!scols_column_is_hidden(fits[i].column))
			total += (total > 0) + (least ? fits[i].width_min : fits[i].width);
	return total;
}

/* Leaves out columns, the last one first, until the table fits: those without values if it is too
 * wide, minor ones if shortening does not suffice. The first column remains. */
static int leave_out(struct column_fit *fits, size_t count, size_t table_width)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = count; i > 1 && shown_width(fits, count, pass > 0) > table_width;
		     i--) {
			struct libscols_column *column = fits[i - 1].column;
			int flags = scols_column_get_flags(column), r;

			if (pass == 0 ? !fits[i - 1].empty : !(flags & TABLE_MINOR))
				continue;
			r = scols_column_set_flags(column, flags | SCOLS_FL_HIDDEN);
			if (r < 0)
				return r;
			fits[i - 1].width = fits[i - 1].width_min = 0;
		}
	return 0;
}

/* Takes what is too much from the widest columns. */
static void reduce(struct column_fit *fits, size_t count, size_t excess)
{
	while (excess > 0) {
		struct column_fit *widest = NULL;
		size_t next = 0, step;

		for (size_t i = 0; i < count; i++)
			if (fits[i].width > fits[i].width_min &&
			    (widest == NULL || fits[i].width > widest->width))
				widest = &fits[i];
		if (widest == NULL)
			return;
		for (size_t i = 0; i < count; i++)
			if (&fits[i] != widest && fits[i].width > fits[i].width_min &&
			    fits[i].width > next)
				next = fits[i].width;
		if (next < widest->width_min)
			next = widest->width_min;
		step = widest->width - next > 0 ? widest->width - next : 1;
		if (step > excess)
			step = excess;
		widest->width -= step;
		excess -= step;
	}
}

/* The first bytes of a text that take at most `width`. */
static size_t bytes_within(const char *text, size_t width)
{
	CLEANUP(cleanup_free) char *copy = strdup(text);
	size_t length = copy != NULL ? strlen(copy) : 0;

	while (length > 0 && cgw_text_width(copy) > width) {
		do
			length--;
		while (length > 0 && ((unsigned char)copy[length] & 0xc0) == 0x80);
		copy[length] = '\0';
	}
	return length;
}

static const char *ellipsis(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "…" : "...";
}

/* "/kubepods.slice/kubepods-pod1" as "/kubep…epods-pod1": names differ most at their end. */
static int shorten(struct libscols_line *line, struct libscols_column *column, size_t width)
{
	const char *text = cell_text(line, column), *sign = ellipsis();
	size_t room = width > cgw_text_width(sign) ? width - cgw_text_width(sign) : 0;
	size_t head = scols_column_is_trunc(column) ? room : room / 3, head_bytes, skipped = 0;
	CLEANUP(cleanup_free) char *shorter = NULL;

	head_bytes = bytes_within(text, head);
	for (skipped = head_bytes; cgw_text_width(text + skipped) > room - head;)
		do
			skipped++;
		while (((unsigned char)text[skipped] & 0xc0) == 0x80);
	if (asprintf(&shorter, "%.*s%s%s", (int)head_bytes, text, sign, text + skipped) < 0)
		return -ENOMEM;
	return scols_line_set_column_data(line, column, shorter);
}

static int fit(struct libscols_table *table, unsigned table_width)
{
	struct column_fit fits[COLUMNS_MAX];
	size_t count = scols_table_get_ncols(table), total;
	int r = 0;

	if (count > COLUMNS_MAX)
		return 0;
	total = measure(table, fits, count);
	if (total <= table_width)
		return 0;
	r = leave_out(fits, count, table_width);
	total = shown_width(fits, count, false);
	if (total > table_width)
		reduce(fits, count, total - table_width);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < scols_table_get_nlines(table) && r == 0 &&
				   !scols_column_is_hidden(fits[i].column);
		     j++) {
			struct libscols_line *line = scols_table_get_line(table, j);
			size_t branches = branches_width(fits[i].column, line);

			if (branches + cgw_text_width(cell_text(line, fits[i].column)) >
			    fits[i].width)
				r = shorten(line, fits[i].column,
					    fits[i].width > branches ? fits[i].width - branches
								     : 0);
		}
	return r;
}

/* These flags are for us: a column of fixed width without values would break the lines. */
static int clear_flags(struct libscols_table *table)
{
	int r = 0;

	for (size_t i = 0; i < scols_table_get_ncols(table) && r == 0; i++) {
		struct libscols_column *column = scols_table_get_column(table, i);

		r = scols_column_set_flags(column, scols_column_get_flags(column) &
							   ~(TABLE_FIXED | TABLE_MINOR));
	}
	return r;
}

int table_print(struct libscols_table *table, unsigned width)
{
	int r = width > 0 ? fit(table, width) : 0;

	if (r == 0)
		r = clear_flags(table);
	return r < 0 ? r : scols_print_table(table);
}

unsigned table_width(const struct cli_context *context, FILE *out)
{
	const char *columns = getenv("COLUMNS");
	long width = columns != NULL ? strtol(columns, NULL, 10) : 0;
	struct winsize size = {0};

	if (context->wide || isatty(fileno(out)) == 0)
		return 0;
	if (width > 0 && width < UINT16_MAX)
		return (unsigned)width;
	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void text_wrap(FILE *out, const char *text, unsigned column, unsigned width)
{
	size_t at = column;

	while (*text != '\0') {
		size_t length = strcspn(text, " ");
		CLEANUP(cleanup_free) char *word = strndup(text, length);
		size_t needed = word != NULL ? cgw_text_width(word) : length;

		if (at > column && width > 0 && at + 1 + needed > width) {
			fprintf(out, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)length, text);
		at += needed;
		text += length;
		text += *text == ' ';
	}
	fputc('\n', out);
}

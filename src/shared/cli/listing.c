/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* listing.c - records of the same columns, as a table or as a JSON array. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/local-text.h"
#include "shared/cli/listing.h"

static bool is_end(const struct listing_column *column)
{
	return column->title == NULL && column->key == NULL;
}

void listing_start(struct listing *listing, FILE *out, bool json,
		   const struct listing_column *columns, unsigned width)
{
	static const int flags[] = {[LISTING_NAME] = 0,
				    [LISTING_NUMBER] = SCOLS_FL_RIGHT,
				    [LISTING_FIXED] = TABLE_FIXED,
				    [LISTING_PROSE] = TABLE_PROSE,
				    [LISTING_MINOR] = TABLE_MINOR,
				    [LISTING_MINOR_NUMBER] = TABLE_MINOR | SCOLS_FL_RIGHT,
				    [LISTING_MINOR_PROSE] = TABLE_MINOR | TABLE_PROSE};

	*listing = (struct listing){.out = out, .json = json, .columns = columns};
	if (json) {
		listing->records = json_array();
		listing->error = listing->records == NULL ? -ENOMEM : 0;
		return;
	}
	listing->table.width = width;
	listing->table.scols = table_new(out);
	if (listing->table.scols == NULL)
		listing->error = -ENOMEM;
	for (; listing->error == 0 && !is_end(columns); columns++)
		if (columns->title != NULL)
			listing->error = table_add_column(listing->table.scols, columns->title,
							  flags[columns->style]);
}

void listing_record(struct listing *listing)
{
	listing->column = 0;
	if (listing->error < 0)
		return;
	if (!listing->json) {
		table_row(&listing->table);
		return;
	}
	listing->record = json_object();
	if (json_array_append_new(listing->records, listing->record) < 0)
		listing->error = -ENOMEM;
}

/* Moves to the next column; returns whether it is part of the output. */
static bool next_column(struct listing *listing, const struct listing_column **ret_column)
{
	const struct listing_column *column = &listing->columns[listing->column];

	if (listing->error < 0 || is_end(column))
		return false;
	listing->column++;
	*ret_column = column;
	return listing->json ? column->key != NULL : column->title != NULL;
}

static void add_json(struct listing *listing, const struct listing_column *column, json_t *value)
{
	if (json_object_set_new(listing->record, column->key, value) < 0)
		listing->error = -ENOMEM;
}

static void add_text(struct listing *listing, const char *text, json_t *(*make)(const char *text),
		     const char *empty)
{
	const struct listing_column *column;

	if (!next_column(listing, &column))
		return;
	if (listing->json)
		add_json(listing, column, make(text));
	else
		table_cell(&listing->table, "%s", text[0] != '\0' ? text : empty);
}

static json_t *text_or_null(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

void listing_text(struct listing *listing, const char *text)
{
	add_text(listing, text, json_string, "");
}

void listing_time(struct listing *listing, const char *time)
{
	const char *month = strchr(time, '-'), *fraction = strchr(time, '.');

	if (listing->table.width == 0 || month == NULL || fraction == NULL) {
		listing_text(listing, time);
		return;
	}
	listing_text(listing, FORMATTED(24, "%.*sZ", (int)(fraction - month) - 1, month + 1));
}

void listing_optional(struct listing *listing, const char *text)
{
	add_text(listing, text != NULL ? text : "", text_or_null, "-");
}

void listing_name(struct listing *listing, const char *name)
{
	CLEANUP(cleanup_free) char *text = escape_copy(name);

	if (text == NULL)
		listing->error = -ENOMEM;
	else
		listing_text(listing, text);
}

void listing_number(struct listing *listing, uint64_t number)
{
	const struct listing_column *column;

	if (!next_column(listing, &column))
		return;
	if (listing->json)
		add_json(listing, column, json_integer((json_int_t)number));
	else
		table_cell(&listing->table, "%llu", (unsigned long long)number);
}

void listing_flag(struct listing *listing, bool flag)
{
	const struct listing_column *column;

	if (!next_column(listing, &column))
		return;
	if (listing->json)
		add_json(listing, column, json_boolean(flag));
	else
		table_cell(&listing->table, "%s", flag ? "yes" : "no");
}

void listing_note_empty(void)
{
	if (isatty(STDERR_FILENO))
		fputs("-- No entries --\n", stderr);
}

int listing_end(struct listing *listing)
{
	int r = listing->error < 0 ? listing->error : listing->table.error;

	if (listing->json && r == 0 && listing->json_key != NULL)
		listing->records = json_pack("{s:i, s:s, s:o}", "schema", CLI_JSON_SCHEMA, "cgward",
					     cgw_version(), listing->json_key, listing->records);
	if (listing->json && r == 0)
		return json_print(listing->records, listing->out,
				  JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	if (r == 0 && scols_table_get_nlines(listing->table.scols) > 0)
		r = table_print(listing->table.scols, listing->table.width);
	else if (r == 0)
		listing_note_empty();
	scols_unref_table(listing->table.scols);
	json_decref(listing->records);
	return r;
}

json_t *json_escaped(const char *raw)
{
	CLEANUP(cleanup_free) char *text = NULL;

	if (raw == NULL || raw[0] == '\0')
		return json_null();
	text = escape_copy(raw);
	return text != NULL ? json_string(text) : NULL;
}

int json_print(json_t *document, FILE *out, size_t flags)
{
	CLEANUP(cleanup_json) json_t *printed = document;

	if (printed == NULL)
		return -ENOMEM;
	if (json_dumpf(printed, out, flags) < 0 && !ferror(out))
		return -ENOMEM;
	fputc('\n', out);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* diff-output.c - output of `cgward diff` as a table or JSON. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "cmd/record/diff-command.h"
#include "lib/base/cleanup.h"
#include "lib/base/json-cleanup.h"
#include "lib/base/local-text.h"
#include "lib/render/value-text.h"
#include "shared/cli/listing.h"

/* Formats "+1.5G", "-12" or "0", or the symbol of a missing value. */
static char *format_change(const struct diff *diff, const struct diff_cell *cell,
			   enum cgw_unit unit)
{
	struct cgw_value value = {.state = cell->state, .real = fabs(cell->change)};
	char *text;

	/* The change of a counter that was reset is not known, although both values are. */
	value.exact = cell->state == CGW_OK && unit != CGW_UNIT_PERCENT &&
		      cell->to.exact | cell->from.exact;
	value.number = (uint64_t)value.real;
	if (asprintf(&text, "%s%s",
		     cell->state != CGW_OK || cell->change == 0 ? ""
		     : cell->change < 0                         ? "-"
								: "+",
		     VALUE_TEXT(value, unit, diff->exact ? CGW_STYLE_EXACT : CGW_STYLE_HUMAN)) < 0)
		return NULL;
	return text;
}

static int add_line(const struct diff *diff, const struct diff_row *row,
		    struct libscols_table *table)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	int r = line == NULL ? -ENOMEM : table_set_cell(line, 0, escape_copy(row->path));

	if (r == 0)
		r = table_set_cell(line, 1, strdup(row->what));
	for (size_t i = 0; i < diff->field_count && r == 0; i++)
		r = table_set_cell(line, i + 2,
				   format_change(diff, &row->cells[i], diff->fields[i].unit));
	return r;
}

int diff_table(const struct diff *diff, FILE *out)
{
	CLEANUP(cleanup_table) struct libscols_table *table = table_new(out);
	char to[40];
	int r = 0;

	if (table == NULL)
		return -ENOMEM;
	scols_table_enable_noheadings(table, !diff->headings);
	if (table_add_column(table, "GROUP", 0) < 0 || table_add_column(table, "STATE", 0) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < diff->field_count; i++) {
		char title[64];

		cgw_field_title(diff->fields[i], title, sizeof(title));
		if (table_add_column(table, title, SCOLS_FL_RIGHT) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < diff->row_count && r == 0; i++)
		r = add_line(diff, &diff->rows[i], table);
	if (r < 0)
		return r;
	cgw_format_time(diff->to_ns, to, sizeof(to));
	if (diff->headings)
		fprintf(out, "%s to %s%s\n", TIME_TEXT(diff->from_ns), to,
			diff->rebooted ? ", with a reboot in between: counters restarted" : "");
	return table_print(table, diff->width);
}

static json_t *number_json(struct cgw_value value)
{
	if (value.state != CGW_OK && value.state != CGW_RESET)
		return json_null();
	return value.exact && value.number <= INT64_MAX ? json_integer((json_int_t)value.number)
							: json_real(value.real);
}

static json_t *change_json(const struct diff_cell *cell)
{
	if (cell->state != CGW_OK)
		return json_null();
	return cell->change == rint(cell->change) && fabs(cell->change) < 9e15
		       ? json_integer((json_int_t)cell->change)
		       : json_real(cell->change);
}

static json_t *cell_json(const struct diff_cell *cell)
{
	return json_pack("{s:o, s:o, s:o, s:s*}", "from", number_json(cell->from), "to",
			 number_json(cell->to), "change", change_json(cell), "reason",
			 cell->state != CGW_OK ? cgw_state_name(cell->state) : NULL);
}

static json_t *row_json(const struct diff *diff, const struct diff_row *row)
{
	json_t *fields = json_object();
	json_t *object = json_pack("{s:o, s:s, s:o}", "group", json_escaped(row->path), "state",
				   row->what[0] != '\0' ? row->what : "same", "fields", fields);
	char key[96];

	for (size_t i = 0; i < diff->field_count && object != NULL; i++) {
		cgw_field_key(diff->fields[i], key, sizeof(key));
		if (json_object_set_new(fields, key, cell_json(&row->cells[i])) < 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

int diff_json(const struct diff *diff, FILE *out)
{
	fprintf(out,
		"{\"schema\": %d, \"cgward\": \"%s\", \"from\": \"%s\", \"to\": \"%s\", "
		"\"rebooted\": %s,\n",
		CLI_JSON_SCHEMA, cgw_version(), TIME_TEXT(diff->from_ns), TIME_TEXT(diff->to_ns),
		diff->rebooted ? "true" : "false");
	fputs("\"groups\": [", out);
	for (size_t i = 0; i < diff->row_count; i++) {
		CLEANUP(cleanup_json) json_t *object = row_json(diff, &diff->rows[i]);

		if (object == NULL)
			return -ENOMEM;
		fputs(i > 0 ? ",\n" : "\n", out);
		(void)json_dumpf(object, out, JSON_REAL_PRECISION(15));
	}
	fputs("\n]}\n", out);
	return 0;
}

static void print_escaped(const char *label, const char *bytes, FILE *out)
{
	CLEANUP(cleanup_free) char *text = escape_copy(bytes);

	if (text != NULL && text[0] != '\0')
		fprintf(out, "%s%s", label, text);
}

static void print_number(struct cgw_number number, enum cgw_unit unit, FILE *out)
{
	const struct cgw_value value = {number.state, true, number.value, (double)number.value};

	fputs(VALUE_TEXT(value, unit, CGW_STYLE_HUMAN), out);
}

void diff_event(const struct cgw_event *event, FILE *out)
{
	int metric = cgw_metric_find(event->key);

	fprintf(out, "%s  %s", TIME_TEXT(event->realtime_ns), cgw_event_kind_name(event->kind));
	print_escaped("  ", event->path, out);
	print_escaped("  ", event->key, out);
	if (event->old_number.state != CGW_ABSENT) {
		fputs("  ", out);
		print_number(event->old_number,
			     metric < 0 ? CGW_UNIT_COUNT
					: cgw_metric_info((enum cgw_metric)metric)->unit,
			     out);
		fputs(" -> ", out);
	} else if (event->new_number.state != CGW_ABSENT) {
		fputs("  ", out);
	}
	if (event->new_number.state != CGW_ABSENT)
		print_number(event->new_number,
			     metric >= 0 ? cgw_metric_info((enum cgw_metric)metric)->unit
			     : event->kind >= CGW_EVENT_CLOCK ? CGW_UNIT_NS
							      : CGW_UNIT_COUNT,
			     out);
	print_escaped("  ", event->why, out);
	print_escaped("  by ", event->who, out);
	fputc('\n', out);
}

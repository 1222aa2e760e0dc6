/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-metrics.c - list of all metric keys. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dump/dump-report.h"
#include "cmd/dump/list-metrics.h"
#include "lib/base/cleanup.h"
#include "shared/cli/text-table.h"

/* Formats the preferred source of a cgroup version, such as "memory.stat:anon", or "-". */
static void describe_source(struct cgw_field field, unsigned version, char *buffer, size_t size)
{
	const struct cgw_metric_info *info;

	(void)snprintf(buffer, size, "-");
	if (field.view != CGW_VIEW_VALUE)
		return;
	info = cgw_metric_info((enum cgw_metric)field.index);
	for (size_t i = 0; i < info->source_count; i++)
		if (info->sources[i].version == version) {
			bool keyed = info->sources[i].key != NULL;

			(void)snprintf(buffer, size, "%s%s%s", info->sources[i].file,
				       keyed ? ":" : "", keyed ? info->sources[i].key : "");
			return;
		}
}

static const char *kind_name(struct cgw_field field)
{
	if (field.view == CGW_VIEW_IDENTITY)
		return "identity";
	if (field.view == CGW_VIEW_DERIVED)
		return "derived";
	return cgw_kind_name((enum cgw_kind)cgw_metric_info((enum cgw_metric)field.index)->kind);
}

static int list_json(FILE *out)
{
	struct cgw_field field;
	json_t *list = json_array();
	int r = 0;

	for (size_t i = 0; cgw_field_nth(i, &field) == 0; i++) {
		char v2[96], v1[96];

		describe_source(field, 2, v2, sizeof(v2));
		describe_source(field, 1, v1, sizeof(v1));
		r |= json_array_append_new(list,
					   json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "key",
						     report_key(field).text, "unit",
						     cgw_unit_name((enum cgw_unit)field.unit),
						     "kind", kind_name(field), "v2", v2, "v1", v1,
						     "help", cgw_field_help(field), "instances",
						     (int)(field.shape == CGW_INSTANCES)));
	}
	if (r == 0)
		(void)json_dumpf(list, out, JSON_INDENT(1));
	fputc('\n', out);
	json_decref(list);
	return r < 0 ? -ENOMEM : 0;
}

int list_fields(FILE *out, bool json, bool headings)
{
	static const char *const titles[] = {"KEY", "UNIT", "KIND", "V2", "V1", "HELP"};
	struct libscols_table *table;
	struct cgw_field field;
	int r = 0;

	if (json)
		return list_json(out);
	table = table_new(out);
	if (table == NULL)
		return -ENOMEM;
	scols_table_enable_noheadings(table, !headings);
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		if (table_add_column(table, titles[i], 0) < 0)
			r = -ENOMEM;
	for (size_t i = 0; r == 0 && cgw_field_nth(i, &field) == 0; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);
		char v2[96], v1[96];

		if (line == NULL) {
			r = -ENOMEM;
			break;
		}
		describe_source(field, 2, v2, sizeof(v2));
		describe_source(field, 1, v1, sizeof(v1));
		r |= scols_line_set_data(line, 0, report_key(field).text);
		r |= scols_line_set_data(line, 1, cgw_unit_name((enum cgw_unit)field.unit));
		r |= scols_line_set_data(line, 2, kind_name(field));
		r |= scols_line_set_data(line, 3, v2);
		r |= scols_line_set_data(line, 4, v1);
		r |= scols_line_set_data(line, 5, cgw_field_help(field));
	}
	if (r == 0)
		r = scols_print_table(table);
	scols_unref_table(table);
	return r;
}

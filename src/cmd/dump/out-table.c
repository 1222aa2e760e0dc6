/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* out-table.c - aligned columns with libsmartcols, as in lsblk and lsns. */
#include <errno.h>
#include <stdlib.h>

#include "cmd/dump/dump-report.h"
#include "lib/base/cleanup.h"
#include "lib/render/value-text.h"
#include "shared/cli/text-table.h"

static int add_columns(const struct report *report, struct libscols_table *table)
{
	for (size_t i = 0; i < report->field_count; i++) {
		struct cgw_column column = cgw_column_for(report->fields[i]);
		int flags = column.align_right ? SCOLS_FL_RIGHT : 0;

		if (report->tree && i == 0)
			flags |= SCOLS_FL_TREE;
		if (table_add_column(table, column.title, flags) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* In a tree the first column shows only the name, since the tree shows the path. */
static struct cgw_field shown_field(const struct report *report, size_t i)
{
	struct cgw_field field = report->fields[i], group, name;

	if (report->tree && i == 0 && cgw_field_parse("group", &group, NULL) == 0 &&
	    cgw_field_equal(field, group) && cgw_field_parse("name", &name, NULL) == 0)
		return name;
	return field;
}

static int add_line(const struct report *report, struct libscols_table *table, uint32_t group,
		    struct libscols_line *parent, struct libscols_line **ret_line)
{
	struct libscols_line *line = scols_table_new_line(table, parent);

	if (line == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < report->field_count; i++) {
		char *text;
		int r = report_cell(report, shown_field(report, i), group,
				    report->exact ? CGW_STYLE_EXACT : CGW_STYLE_HUMAN, &text);

		if (r < 0)
			return r;
		r = table_set_cell(line, i, text);
		if (r < 0)
			return r;
	}
	*ret_line = line;
	return 0;
}

static int add_lines(const struct report *report, struct libscols_table *table)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(report->frame));
	CLEANUP(cleanup_free)
	struct libscols_line **lines = calloc(topology->count, sizeof(*lines));

	if (lines == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < report->group_count; i++) {
		uint32_t group = report->groups[i], parent = topology->parent[group];
		int r;

		while (report->tree && parent != CGW_NO_GROUP && lines[parent] == NULL)
			parent = topology->parent[parent];
		r = add_line(report, table, group,
			     report->tree && parent != CGW_NO_GROUP ? lines[parent] : NULL,
			     &lines[group]);
		if (r < 0)
			return r;
	}
	return 0;
}

static void print_left_out(const struct report *report)
{
	size_t groups = report->groups_left_out, columns = report->fields_left_out;

	if (groups + columns == 0)
		return;
	fputs("\nnot shown: ", report->out);
	if (groups > 0)
		fprintf(report->out, "%zu of %zu groups (idle)%s", groups,
			groups + report->group_count, columns > 0 ? ", " : "");
	if (columns > 0)
		fprintf(report->out, "%zu of %zu columns (empty)", columns,
			columns + report->field_count);
	fputs("; see --all\n", report->out);
}

int report_table(const struct report *report)
{
	CLEANUP(cleanup_table) struct libscols_table *table = table_new(report->out);
	int r;

	if (table == NULL)
		return -ENOMEM;
	scols_table_enable_noheadings(table, !report->headings);
	r = add_columns(report, table);
	if (r == 0)
		r = add_lines(report, table);
	if (r < 0)
		return r;
	if (report->repeated) {
		const struct cgw_snapshot *now = cgw_frame_now(report->frame);

		fprintf(report->out, "%s%s\n", report->first ? "" : "\n",
			TIME_TEXT(cgw_snapshot_realtime_ns(now)));
	}
	r = table_print(table, report->width);
	if (r == 0 && report->headings)
		print_left_out(report);
	return r;
}

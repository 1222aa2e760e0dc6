/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-controls.c - list of all controls, with their file on this machine. */
#include <cgward/render.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cmd/change/list-controls.h"
#include "lib/base/cleanup.h"
#include "shared/cli/text-table.h"

/* A row of the list, as text. */
struct row {
	const struct cgw_control_info *info;
	const char *unit, *risk;
	char range[96];
	char file[96]; /* "memory: memory.limit_in_bytes", or "-" */
	struct cgw_diag why_not;
};

static void format_bound(uint64_t number, enum cgw_unit unit, char *buffer, size_t size)
{
	const struct cgw_value value = {
		.state = CGW_OK, .exact = true, .number = number, .real = (double)number};

	if (unit == CGW_UNIT_FLAG || unit == CGW_UNIT_COUNT_PER_S)
		(void)snprintf(buffer, size, "%" PRIu64, number);
	else
		(void)cgw_format_value(value, unit, CGW_STYLE_HUMAN, buffer, size);
}

static void describe_range(const struct cgw_control_info *info, char *buffer, size_t size)
{
	char low[40], high[40] = "";

	if (info->maximum == 0) { /* keywords and lists: see the syntax */
		(void)snprintf(buffer, size, "-");
		return;
	}
	format_bound(info->minimum, (enum cgw_unit)info->unit, low, sizeof(low));
	if (info->maximum < UINT64_MAX)
		format_bound(info->maximum, (enum cgw_unit)info->unit, high, sizeof(high));
	(void)snprintf(buffer, size, "%s..%s", low, high);
}

/* The hierarchy of this machine that has the source of a control. */
static const struct cgw_hierarchy *find_hierarchy(const struct cgw_layout *layout,
						  const struct cgw_source *source)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		const struct cgw_hierarchy *hierarchy = &layout->hierarchies[i];

		if (hierarchy->version != source->version)
			continue;
		if (source->controller == CGW_CORE ||
		    hierarchy->controllers &
			    CGW_CONTROLLER_BIT((enum cgw_controller)source->controller))
			return hierarchy;
	}
	return NULL;
}

static void describe_file(const struct cgw_layout *layout, const struct cgw_control_info *info,
			  char *buffer, size_t size)
{
	const struct cgw_metric_info *metric;

	(void)snprintf(buffer, size, "yes");
	if (info->metric < 0)
		return;
	metric = cgw_metric_info((enum cgw_metric)info->metric);
	for (size_t i = 0; i < metric->source_count; i++) {
		const struct cgw_hierarchy *hierarchy = find_hierarchy(layout, &metric->sources[i]);

		if (hierarchy == NULL)
			continue;
		(void)snprintf(buffer, size, "%s: %s", hierarchy->label, metric->sources[i].file);
		return;
	}
}

static void describe(const struct cgw_layout *layout, enum cgw_control control, struct row *row)
{
	*row = (struct row){.info = cgw_control_info(control)};
	row->unit = cgw_unit_name((enum cgw_unit)row->info->unit);
	row->risk = cgw_risk_name((enum cgw_risk)row->info->risk);
	describe_range(row->info, row->range, sizeof(row->range));
	if (cgw_control_available(layout, control, &row->why_not) == 0)
		describe_file(layout, row->info, row->file, sizeof(row->file));
	else
		(void)snprintf(row->file, sizeof(row->file), "-");
}

static json_t *optional(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

static enum cli_exit list_json(const struct cgw_layout *layout)
{
	json_t *list = json_array();
	int r = list == NULL ? -1 : 0;

	for (int control = 0; control < CGW_CONTROL_COUNT && r == 0; control++) {
		struct row row;

		describe(layout, (enum cgw_control)control, &row);
		r = json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:s}", "key",
				  row.info->key, "unit", row.unit, "range", row.range, "risk",
				  row.risk, "syntax", row.info->syntax, "unlimited",
				  optional(row.info->unlimited), "default",
				  optional(row.info->default_value), "per_device",
				  (int)row.info->per_device, "file",
				  strcmp(row.file, "-") == 0 ? json_null() : json_string(row.file),
				  "why_not", optional(row.why_not.text), "help", row.info->help));
	}
	if (r == 0)
		(void)json_dumpf(list, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(list);
	return r == 0 ? CLI_OK : CLI_FAILED;
}

static int add_line(struct libscols_table *table, const struct row *row)
{
	const char *const cells[] = {row->info->key,    row->unit, row->range,     row->risk,
				     row->info->syntax, row->file, row->info->help};
	struct libscols_line *line = scols_table_new_line(table, NULL);
	int r = line == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < ARRAY_SIZE(cells) && r == 0; i++)
		r = scols_line_set_data(line, i, cells[i]);
	/* For an unavailable control, the reason replaces the help. */
	if (r == 0 && row->why_not.text[0] != '\0')
		r = scols_line_set_data(line, ARRAY_SIZE(cells) - 1, row->why_not.text);
	return r;
}

static enum cli_exit list_table(const struct cgw_layout *layout)
{
	static const char *const titles[] = {"KEY",    "UNIT", "RANGE", "RISK",
					     "SYNTAX", "FILE", "HELP"};
	struct libscols_table *table = table_new(stdout);
	int r = table == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < ARRAY_SIZE(titles) && r == 0; i++)
		if (table_add_column(table, titles[i], 0) < 0)
			r = -ENOMEM;
	for (int control = 0; control < CGW_CONTROL_COUNT && r == 0; control++) {
		struct row row;

		describe(layout, (enum cgw_control)control, &row);
		r = add_line(table, &row);
	}
	if (r == 0)
		r = scols_print_table(table);
	scols_unref_table(table);
	return r < 0 ? CLI_FAILED : CLI_OK;
}

enum cli_exit controls_list(struct change_command *command)
{
	enum cli_exit status = change_open(command);

	if (status != CLI_OK)
		return status;
	return command->json ? list_json(command->layout) : list_table(command->layout);
}

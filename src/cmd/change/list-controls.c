/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-controls.c - list of all controls, with their file on this machine. */
#include <cgward/render.h>
#include <inttypes.h>
#include <stdio.h>

#include "cmd/change/change.h"
#include "shared/cli/listing.h"

static void format_bound(uint64_t number, enum cgw_unit unit, char *buffer, size_t size)
{
	const struct cgw_value value = {
		.state = CGW_OK, .exact = true, .number = number, .real = (double)number};

	if (unit == CGW_UNIT_FLAG || unit == CGW_UNIT_COUNT_PER_S)
		snprintf(buffer, size, "%" PRIu64, number);
	else
		cgw_format_value(value, unit, CGW_STYLE_HUMAN, buffer, size);
}

static void describe_range(const struct cgw_control_info *info, char *buffer, size_t size)
{
	char low[40], high[40] = "";

	if (info->maximum == 0) { /* keywords and lists: see the syntax */
		snprintf(buffer, size, "-");
		return;
	}
	format_bound(info->minimum, info->unit, low, sizeof(low));
	if (info->maximum < UINT64_MAX)
		format_bound(info->maximum, info->unit, high, sizeof(high));
	snprintf(buffer, size, "%s..%s", low, high);
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
		    hierarchy->controllers & CGW_CONTROLLER_BIT(source->controller))
			return hierarchy;
	}
	return NULL;
}

static void describe_file(const struct cgw_layout *layout, const struct cgw_control_info *info,
			  char *buffer, size_t size)
{
	const struct cgw_metric_info *metric;

	snprintf(buffer, size, "yes");
	if (info->metric < 0)
		return;
	metric = cgw_metric_info((enum cgw_metric)info->metric);
	for (size_t i = 0; i < metric->source_count; i++) {
		const struct cgw_hierarchy *hierarchy = find_hierarchy(layout, &metric->sources[i]);

		if (hierarchy == NULL)
			continue;
		snprintf(buffer, size, "%s: %s", hierarchy->label, metric->sources[i].file);
		return;
	}
}

static const struct listing_column columns[] = {
	/* A key that is shortened cannot be used. */
	{"KEY", "key", LISTING_FIXED},       {"UNIT", "unit", LISTING_MINOR},
	{"RANGE", "range", LISTING_MINOR},   {"RISK", "risk", LISTING_NAME},
	{"SYNTAX", "syntax", LISTING_PROSE}, {NULL, "unlimited", LISTING_NAME},
	{NULL, "default", LISTING_NAME},     {NULL, "per_device", LISTING_NAME},
	{"FILE", "file", LISTING_MINOR},     {NULL, "why_not", LISTING_NAME},
	{NULL, "help", LISTING_NAME},        {"HELP", NULL, LISTING_PROSE},
	{NULL, NULL, LISTING_NAME},
};

static void list_control(struct listing *listing, const struct cgw_layout *layout,
			 enum cgw_control control)
{
	const struct cgw_control_info *info = cgw_control_info(control);
	char range[96], file[96] = ""; /* "memory: memory.limit_in_bytes" */
	struct cgw_diag why_not = {0};

	describe_range(info, range, sizeof(range));
	if (cgw_control_available(layout, control, &why_not) == 0)
		describe_file(layout, info, file, sizeof(file));
	listing_record(listing);
	listing_text(listing, info->key);
	listing_text(listing, cgw_unit_name(info->unit));
	listing_text(listing, range);
	listing_text(listing, cgw_risk_name(info->risk));
	listing_text(listing, info->syntax);
	listing_optional(listing, info->unlimited);
	listing_optional(listing, info->default_value);
	listing_flag(listing, info->per_device);
	listing_optional(listing, file);
	listing_optional(listing, why_not.text);
	listing_text(listing, info->help);
	/* For an unavailable control, the reason replaces the help. */
	listing_text(listing, why_not.text[0] != '\0' ? why_not.text : info->help);
}

enum cli_exit controls_list(struct change_command *command)
{
	enum cli_exit status = change_open(command);
	struct listing listing;

	if (status != CLI_OK)
		return status;
	listing_start(&listing, stdout, command->json, columns,
		      table_width(command->context, stdout));
	for (size_t i = 0; i < cgw_control_count(); i++)
		list_control(&listing, command->layout, (enum cgw_control)cgw_control_nth(i));
	return listing_end(&listing) < 0 ? CLI_FAILED : CLI_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leave-out-empty.c - removes idle groups and empty columns from a report. */
#include "cmd/dump/dump-report.h"

static bool is_limit(struct cgw_field field)
{
	return field.view == CGW_VIEW_EFFECTIVE;
}

/* Whether a value is missing because there is none, not set, or zero. */
static bool is_empty(struct cgw_value value)
{
	switch (value.state) {
	case CGW_OK:
		return value.exact ? value.number == 0 : value.real == 0;
	case CGW_ABSENT:
	case CGW_UNSUPPORTED:
	case CGW_MAX:
		return true;
	default:
		return false;
	}
}

static bool is_idle(const struct report *report, uint32_t group)
{
	for (size_t i = 0; i < report->field_count; i++) {
		struct cgw_field field = report->fields[i];

		if (field.shape != CGW_STRING && !is_limit(field) &&
		    !is_empty(cgw_frame_value(report->frame, field, group)))
			return false;
	}
	return true;
}

static bool is_empty_column(const struct report *report, struct cgw_field field)
{
	for (size_t i = 0; i < report->group_count; i++) {
		struct cgw_value value = cgw_frame_value(report->frame, field, report->groups[i]);

		if (field.shape == CGW_STRING &&
		    cgw_frame_text(report->frame, field, report->groups[i], NULL, 0, NULL) > 0)
			return false;
		if (field.shape != CGW_STRING && !is_empty(value))
			return false;
	}
	return true;
}

void report_leave_out_empty(struct report *report, uint32_t *groups, struct cgw_field *fields)
{
	size_t group_count = 0, field_count = 0;

	for (size_t i = 0; i < report->group_count; i++)
		if (!is_idle(report, report->groups[i]))
			groups[group_count++] = report->groups[i];
	report->groups_left_out = report->group_count - group_count;
	report->groups = groups;
	report->group_count = group_count;
	for (size_t i = 0; i < report->field_count; i++)
		if (!is_empty_column(report, report->fields[i]))
			fields[field_count++] = report->fields[i];
	report->fields_left_out = report->field_count - field_count;
	report->fields = fields;
	report->field_count = field_count;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detail-pages.c - the rows of an opened group: metrics, limits, processes, events. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/detail/detail.h"

static void format(struct cgw_value value, enum cgw_unit unit, char *buffer, size_t size)
{
	cgw_format_value(value, unit, CGW_STYLE_HUMAN, buffer, size);
}

static struct cgw_value exact_value(struct cgw_number number)
{
	return (struct cgw_value){.state = number.state,
				  .exact = true,
				  .number = number.value,
				  .real = (double)number.value};
}

/* Beside the value of a counter: its growth. CPU time per second is a percentage. */
static void add_rate(struct detail_row *row, struct cgw_value value, enum cgw_unit unit)
{
	if (value.state != CGW_OK || value.real <= 0)
		return;
	format(value, unit, row->more, sizeof(row->more) - 2);
	if (unit != CGW_UNIT_CPU)
		snprintf(row->more + strlen(row->more), 3, "/s");
}

/* One row per device, page size or CPU, below their metric. */
static void add_instances(struct detail *detail, struct cgw_field field, uint32_t group)
{
	const struct cgw_snapshot *now = cgw_frame_now(detail->frame);
	enum cgw_metric metric = (enum cgw_metric)field.index;
	struct cgw_field rate = {
		.view = CGW_VIEW_RATE, .shape = CGW_INSTANCES, .index = field.index};
	size_t count;
	const struct cgw_instance *instances = cgw_snapshot_instances(now, metric, group, &count);

	rate.unit = field.unit == CGW_UNIT_BYTES ? CGW_UNIT_BYTES_PER_S
		    : field.unit == CGW_UNIT_NS  ? CGW_UNIT_CPU
						 : CGW_UNIT_COUNT_PER_S;
	for (size_t i = 0; i < count; i++) {
		char name[64];
		struct detail_row *row;

		cgw_escape(name, sizeof(name) - 4, instances[i].name, strlen(instances[i].name));
		row = detail_add(detail, instances[i].number.value == 0 ? ROLE_DIM : ROLE_TEXT,
				 FORMATTED(64, "    %.59s", name));
		format(exact_value(instances[i].number), (enum cgw_unit)field.unit, row->value,
		       sizeof(row->value));
		if (cgw_metric_info(metric)->kind != CGW_COUNTER)
			continue;
		add_rate(row, cgw_frame_instance(detail->frame, rate, group, instances[i].name),
			 (enum cgw_unit)rate.unit);
	}
}

static void add_metric(struct detail *detail, struct cgw_field field, uint32_t group)
{
	char key[96], text[192];
	struct detail_row *row;
	enum cgw_state state = field_text(detail->frame, field, group, text, sizeof(text));
	struct cgw_field rate;

	if (state == CGW_ABSENT)
		return;
	cgw_field_key(field, key, sizeof(key));
	row = detail_add(detail, state == CGW_OK && strcmp(text, "0") != 0 ? ROLE_TEXT : ROLE_DIM,
			 key);
	snprintf(row->value, sizeof(row->value), "%s", text);
	snprintf(row->help, sizeof(row->help), "%s", cgw_field_help(field));
	if (field.view == CGW_VIEW_VALUE &&
	    cgw_field_parse(FORMATTED(112, "%s.rate", key), &rate, NULL) == 0) {
		add_rate(row, cgw_frame_value(detail->frame, rate, group),
			 (enum cgw_unit)rate.unit);
	}
	if (field.view == CGW_VIEW_VALUE && field.shape == CGW_INSTANCES)
		add_instances(detail, field, group);
}

void detail_fill_metrics(struct app *app, struct detail *detail)
{
	uint32_t group = detail_find_group(detail);
	struct cgw_field field;

	if (group == CGW_NO_GROUP)
		return;
	detail_add_heading(detail, "Derived metrics");
	for (size_t i = 0; cgw_field_nth(i, &field) == 0; i++)
		if (field.view == CGW_VIEW_DERIVED)
			add_metric(detail, field, group);
	detail_add_heading(detail, "Kernel metrics");
	for (size_t i = 0; cgw_field_nth(i, &field) == 0; i++)
		if (field.view != CGW_VIEW_DERIVED)
			add_metric(detail, field, group);
}

static void add_limit(struct detail *detail, enum cgw_metric metric, uint32_t group)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);
	struct cgw_number number = cgw_snapshot_number(cgw_frame_now(detail->frame), metric, group);
	struct detail_row *row;
	struct cgw_number binding;
	char text[64], raw[1024];
	uint32_t by;

	if (number.state == CGW_ABSENT)
		return;
	row = detail_add(detail, number.state == CGW_OK ? ROLE_LIMIT : ROLE_DIM, info->key);
	format(exact_value(number), info->unit, row->value, sizeof(row->value));
	snprintf(row->help, sizeof(row->help), "%s", info->help);
	if (info->kind != CGW_LIMIT)
		return;
	binding = cgw_frame_effective(detail->frame, metric, group, &by);
	if (binding.state != CGW_OK || by == CGW_NO_GROUP || by == group)
		return;
	format(exact_value(binding), info->unit, text, sizeof(text));
	cgw_topology_path(cgw_snapshot_topology(cgw_frame_now(detail->frame)), by, raw,
			  sizeof(raw));
	snprintf(row->more, sizeof(row->more), "limited to %s by %s", text, ESCAPED(100, raw));
}

void detail_fill_limits(struct app *app, struct detail *detail)
{
	static const struct {
		enum cgw_kind kind;
		const char *title;
	} parts[] = {
		{CGW_LIMIT, "Limits, own and effective"},
		{CGW_SETTING, "Weights, protections, settings"},
	};
	uint32_t group = detail_find_group(detail);

	if (group == CGW_NO_GROUP)
		return;
	if (detail->owner[0] != '\0')
		detail_add_value(detail, ROLE_TEXT, "owner", "%s", detail->owner);
	for (size_t part = 0; part < ARRAY_SIZE(parts); part++) {
		detail_add_heading(detail, parts[part].title);
		for (size_t i = 0; i < CGW_METRIC_COUNT; i++) {
			enum cgw_metric metric = (enum cgw_metric)cgw_metric_nth(i);
			const struct cgw_metric_info *info = cgw_metric_info(metric);
			struct cgw_field field;

			if (info->kind != parts[part].kind)
				continue;
			if (info->shape == CGW_SCALAR)
				add_limit(detail, metric, group);
			else if (cgw_field_parse(info->key, &field, NULL) == 0)
				add_metric(detail, field, group);
		}
	}
}

static void add_alerts(struct app *app, struct detail *detail)
{
	const struct alert *alert;

	for (size_t i = 0; (alert = alerts_nth(&app->alerts, i)) != NULL; i++) {
		char text[32];

		if (strcmp(alert->path, detail->path) != 0)
			continue;
		app_time(app, alert->realtime_ns, text, sizeof(text));
		detail_add_value(detail, alert->role, text, "%s this group", alert->text);
	}
}

static bool has_alerts(const struct app *app, const struct detail *detail)
{
	const struct alert *alert;

	for (size_t i = 0; (alert = alerts_nth(&app->alerts, i)) != NULL; i++)
		if (strcmp(alert->path, detail->path) == 0)
			return true;
	return false;
}

static bool counts_events(const char *key)
{
	static const char *const parts[] = {"events",   "failcnt",   "nr_throttled",
					    "oom_kill", "nr_bursts", "pgmajfault"};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(key, parts[i]) != NULL)
			return true;
	return false;
}

void detail_fill_events(struct app *app, struct detail *detail)
{
	uint32_t group = detail_find_group(detail);
	struct detail_row *row;

	if (group == CGW_NO_GROUP)
		return;
	detail_add_heading(detail, "Kernel counters, and increase since the group was opened");
	for (size_t i = 0; i < CGW_METRIC_COUNT; i++) {
		enum cgw_metric metric = (enum cgw_metric)cgw_metric_nth(i);
		const struct cgw_metric_info *info = cgw_metric_info(metric);
		struct cgw_number number;
		uint64_t grown;

		if (info->kind != CGW_COUNTER || !counts_events(info->key))
			continue;
		number = cgw_snapshot_number(cgw_frame_now(detail->frame), metric, group);
		if (number.state == CGW_ABSENT)
			continue;
		grown = detail->has_first_counts && number.value > detail->first_counts[metric]
				? number.value - detail->first_counts[metric]
				: 0;
		row = detail_add(detail,
				 grown > 0          ? ROLE_HOT
				 : number.value > 0 ? ROLE_TEXT
						    : ROLE_DIM,
				 info->key);
		format(exact_value(number), info->unit, row->value, sizeof(row->value));
		if (grown > 0)
			snprintf(row->more, sizeof(row->more), "+%llu", (unsigned long long)grown);
		snprintf(row->help, sizeof(row->help), "%s", info->help);
	}
	detail_add_heading(detail, has_alerts(app, detail) ? "Events seen in this session"
							   : "No events seen in this session");
	add_alerts(app, detail);
}

struct detail_row *detail_add(struct detail *detail, enum role role, const char *left)
{
	struct detail_row *row = &detail->lost_row;

	if (ARRAY_RESERVE(detail->rows, detail->row_capacity, detail->row_count + 1) == 0)
		row = &detail->rows[detail->row_count++];
	*row = (struct detail_row){.role = role};
	snprintf(row->left, sizeof(row->left), "%s", left);
	return row;
}

void detail_add_value(struct detail *detail, enum role role, const char *left, const char *format,
		      ...)
{
	struct detail_row *row = detail_add(detail, role, left);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(row->value, sizeof(row->value), format, arguments);
	va_end(arguments);
}

void detail_add_heading(struct detail *detail, const char *text)
{
	detail_add(detail, ROLE_TITLE, text)->heading = true;
}

uint32_t detail_find_group(const struct detail *detail)
{
	const struct cgw_snapshot *now = cgw_frame_now(detail->frame);

	return now == NULL ? CGW_NO_GROUP
			   : cgw_topology_find(cgw_snapshot_topology(now), detail->path);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * out-json.c - JSON by jansson, one group at a time: memory does not grow with their number.
 *
 * A value that is not there is null, and "reasons" says why beside it ("absent", "max", "denied").
 * Text that is no UTF-8, or that a terminal would obey, is escaped as on the screen; its bytes stand
 * in hexadecimal under "bytes" then, so that nothing is lost.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dump/report.h"

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

static json_t *json_value(struct cgw_value value, enum cgw_unit unit)
{
	if (value.state != CGW_OK && !(value.state == CGW_RESET && value.exact))
		return json_null();
	if (unit == CGW_UNIT_FLAG)
		return json_boolean(value.number != 0);
	if (unit == CGW_UNIT_PERCENT_E2)
		return json_real(value.real / 100);
	if (!value.exact)
		return json_real(round(value.real * 1000) / 1000);
	/* JSON readers hold 63 bits; what is larger is no count of anything real. */
	return value.number > INT64_MAX ? json_real(value.real)
					: json_integer((json_int_t)value.number);
}

static int set_text(const struct report *report, struct cgw_field field, uint32_t group,
		    json_t *object, json_t *bytes, enum cgw_state *ret_state)
{
	CLEANUP(cleanup_free) char *raw = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length, written;
	struct report_key name = report_key(field);
	int r = report_bytes(report, field, group, &raw, &length, ret_state);

	if (r < 0)
		return r;
	if (*ret_state != CGW_OK)
		return json_object_set_new(object, name.text, json_null());
	text = malloc(4 * length + 1);
	if (text == NULL)
		return -ENOMEM;
	written = cgw_escape(text, 4 * length + 1, raw, length);
	if (written != length) {
		char *hex = malloc(2 * length + 1);

		if (hex == NULL)
			return -ENOMEM;
		for (size_t i = 0; i < length; i++)
			(void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)raw[i]);
		r = json_object_set_new(bytes, name.text, json_string(hex));
		free(hex);
		if (r < 0)
			return -ENOMEM;
	}
	return json_object_set_new(object, name.text, json_string(text));
}

/* {"vda": 123, ...} of an instanced field, where there are any. */
static int set_instances(const struct report *report, struct cgw_field field, uint32_t group,
			 json_t *instances)
{
	const struct cgw_snapshot *now = cgw_frame_now(report->frame);
	struct cgw_metric_set wanted = {0};
	struct report_key key = report_key(field);
	json_t *object;
	size_t count = 0;
	const struct cgw_instance *rows = NULL;

	cgw_field_wants(field, &wanted);
	for (int metric = 0; metric < CGW_METRIC_COUNT && count == 0; metric++)
		if (cgw_metric_set_has(&wanted, (enum cgw_metric)metric))
			rows = cgw_snapshot_instances(now, (enum cgw_metric)metric, group, &count);
	if (count == 0)
		return 0;
	object = json_object();
	for (size_t i = 0; i < count; i++) {
		struct cgw_value value =
			cgw_frame_instance(report->frame, field, group, rows[i].name);
		char name[256];

		cgw_escape(name, sizeof(name), rows[i].name, strlen(rows[i].name));
		if (json_object_set_new(object, name,
					json_value(value, (enum cgw_unit)field.unit)) < 0) {
			json_decref(object);
			return -ENOMEM;
		}
	}
	return json_object_set_new(instances, key.text, object) < 0 ? -ENOMEM : 0;
}

static int set_field(const struct report *report, struct cgw_field field, uint32_t group,
		     json_t *object, json_t *reasons, json_t *instances, json_t *bytes)
{
	struct report_key key = report_key(field);
	enum cgw_state state;
	int r;

	if (field.shape == CGW_STRING) {
		r = set_text(report, field, group, object, bytes, &state);
	} else {
		struct cgw_value value = cgw_frame_value(report->frame, field, group);

		state = value.state;
		r = json_object_set_new(object, key.text,
					json_value(value, (enum cgw_unit)field.unit));
		if (r == 0 && field.shape == CGW_INSTANCES)
			r = set_instances(report, field, group, instances);
	}
	if (r == 0 && state != CGW_OK)
		r = json_object_set_new(reasons, key.text, json_string(cgw_state_name(state)));
	return r < 0 ? -ENOMEM : 0;
}

static json_t *group_object(const struct report *report, uint32_t group)
{
	json_t *object = json_object(), *reasons = json_object(), *instances = json_object(),
	       *bytes = json_object();
	int r = object == NULL || reasons == NULL || instances == NULL || bytes == NULL ? -ENOMEM
											: 0;

	for (size_t i = 0; i < report->field_count && r == 0; i++)
		r = set_field(report, report->fields[i], group, object, reasons, instances, bytes);
	if (r == 0 && json_object_size(instances) > 0)
		r = json_object_set(object, "instances", instances);
	if (r == 0 && json_object_size(bytes) > 0)
		r = json_object_set(object, "bytes", bytes);
	if (r == 0)
		r = json_object_set(object, "reasons", reasons);
	json_decref(reasons);
	json_decref(instances);
	json_decref(bytes);
	if (r == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *layout_object(const struct cgw_layout *layout)
{
	json_t *hierarchies = json_array();

	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		const struct cgw_hierarchy *hierarchy = &layout->hierarchies[i];
		json_t *controllers = json_array();

		for (int c = 0; c < CGW_CONTROLLER_COUNT; c++)
			if (hierarchy->controllers & CGW_CONTROLLER_BIT(c))
				json_array_append_new(controllers, json_string(cgw_controller_name(
									   (enum cgw_controller)c,
									   hierarchy->version)));
		json_array_append_new(
			hierarchies,
			json_pack("{s:s, s:i, s:o, s:s, s:b}", "label", hierarchy->label, "version",
				  (int)hierarchy->version, "controllers", controllers, "mountpoint",
				  hierarchy->mountpoint, "read_only", (int)hierarchy->read_only));
	}
	return json_pack("{s:s, s:o}", "kind", cgw_layout_kind_name(layout->kind), "hierarchies",
			 hierarchies);
}

static void format_now(const struct report *report, char *buffer, size_t size)
{
	(void)cgw_format_time(cgw_snapshot_realtime_ns(cgw_frame_now(report->frame)), buffer, size);
}

int report_json(const struct report *report)
{
	CLEANUP(cleanup_json) json_t *layout = layout_object(report->layout);
	CLEANUP(cleanup_json) json_t *host_name = NULL;
	char host[256] = "", time[40];

	if (layout == NULL)
		return -ENOMEM;
	(void)gethostname(host, sizeof(host) - 1);
	format_now(report, time, sizeof(time));
	host_name = json_string(host); /* NULL for a name that is no UTF-8 */
	fprintf(report->out, "{\"cgward\": \"%s\", \"host\": ", cgw_version());
	if (host_name != NULL)
		(void)json_dumpf(host_name, report->out, JSON_ENCODE_ANY);
	else
		fputs("null", report->out);
	fprintf(report->out, ", \"time\": \"%s\",\n\"layout\": ", time);
	(void)json_dumpf(layout, report->out, 0);
	fputs(",\n\"groups\": [", report->out);
	for (size_t i = 0; i < report->group_count; i++) {
		CLEANUP(cleanup_json) json_t *object = group_object(report, report->groups[i]);

		if (object == NULL)
			return -ENOMEM;
		fputs(i > 0 ? ",\n" : "\n", report->out);
		(void)json_dumpf(object, report->out, JSON_REAL_PRECISION(15));
	}
	fputs("\n]}\n", report->out);
	return 0;
}

int report_ndjson(const struct report *report)
{
	char time[40];

	format_now(report, time, sizeof(time));
	for (size_t i = 0; i < report->group_count; i++) {
		CLEANUP(cleanup_json) json_t *object = group_object(report, report->groups[i]);

		if (object == NULL || json_object_set_new(object, "time", json_string(time)) < 0)
			return -ENOMEM;
		(void)json_dumpf(object, report->out, JSON_COMPACT | JSON_REAL_PRECISION(15));
		fputc('\n', report->out);
	}
	return 0;
}

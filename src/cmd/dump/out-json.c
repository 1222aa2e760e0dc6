/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * out-json.c - JSON output, one group at a time, so that memory use does not depend on the number
 * of groups.
 *
 * A missing value is null, and "reasons" contains the reason ("absent", "max", "denied"). Text that
 * is not UTF-8, or that contains terminal control characters, is escaped as in the dashboard;
 * "bytes" then contains the original bytes in hexadecimal.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dump/dump-report.h"
#include "cmd/dump/json-writer.h"
#include "lib/base/cleanup.h"
#include "lib/base/json-cleanup.h"
#include "shared/cli/cli.h"

/* Buffers that are reused for each group. */
struct json_output {
	const struct report *report;
	struct report_key *keys;                      /* by field */
	struct json_writer object;                    /* members of a group */
	struct json_writer reasons, instances, bytes; /* members of the objects at its end */
	char *raw, *escaped;
	size_t raw_size;
};

static void json_output_done(struct json_output *output)
{
	json_writer_done(&output->object);
	json_writer_done(&output->reasons);
	json_writer_done(&output->instances);
	json_writer_done(&output->bytes);
	free(output->keys);
	free(output->raw);
	free(output->escaped);
}

static int json_output_init(struct json_output *output, const struct report *report, bool compact)
{
	*output = (struct json_output){.report = report};
	output->object.compact = compact;
	output->reasons.compact = compact;
	output->instances.compact = compact;
	output->bytes.compact = compact;
	output->keys = calloc(report->field_count, sizeof(*output->keys));
	if (output->keys == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < report->field_count; i++)
		output->keys[i] = report_key(report->fields[i]);
	return 0;
}

static void put_value(struct json_writer *to, struct cgw_value value, enum cgw_unit unit)
{
	if (value.state != CGW_OK && !(value.state == CGW_RESET && value.exact))
		json_put_text(to, "null");
	else if (unit == CGW_UNIT_FLAG)
		json_put_text(to, value.number != 0 ? "true" : "false");
	else if (unit == CGW_UNIT_PERCENT_E2)
		json_put_real(to, value.real / 100);
	else if (!value.exact)
		json_put_real(to, round(value.real * 1000) / 1000);
	else if (value.number > INT64_MAX)
		/* JSON readers expect 63-bit integers; larger values are not real counts. */
		json_put_real(to, value.real);
	else
		json_put_integer(to, value.number);
}

static int grow_text(struct json_output *output, size_t size)
{
	char *raw = realloc(output->raw, size), *escaped;

	if (raw == NULL)
		return -ENOMEM;
	output->raw = raw;
	escaped = realloc(output->escaped, 4 * size);
	if (escaped == NULL)
		return -ENOMEM;
	output->escaped = escaped;
	output->raw_size = size;
	return 0;
}

/* Reads the raw text of a field into the buffer. */
static int read_text(struct json_output *output, struct cgw_field field, uint32_t group,
		     size_t *ret_length, enum cgw_state *ret_state)
{
	int r = output->raw_size == 0 ? grow_text(output, 256) : 0;

	while (r == 0) {
		*ret_length = cgw_frame_text(output->report->frame, field, group, output->raw,
					     output->raw_size, ret_state);
		if (*ret_length < output->raw_size)
			break;
		r = grow_text(output, *ret_length + 1);
	}
	return r;
}

static int put_text(struct json_output *output, size_t index, uint32_t group,
		    enum cgw_state *ret_state)
{
	size_t length = 0, written;
	int r = read_text(output, output->report->fields[index], group, &length, ret_state);

	if (r < 0)
		return r;
	if (*ret_state != CGW_OK) {
		json_put_text(&output->object, "null");
		return 0;
	}
	written = cgw_escape(output->escaped, 4 * output->raw_size, output->raw, length);
	json_put_string(&output->object, output->escaped, written);
	if (written != length) {
		json_put_key(&output->bytes, 0, output->keys[index].text);
		json_put_hex(&output->bytes, output->raw, length);
	}
	return 0;
}

/* Adds {"vda": 123, ...} for an instanced field that has instances. */
static void put_instances(struct json_output *output, size_t index, uint32_t group)
{
	struct cgw_field field = output->report->fields[index];
	struct json_writer *to = &output->instances;
	size_t count, start;
	const struct cgw_instance *rows = report_instances(output->report, field, group, &count);

	if (count == 0)
		return;
	json_put_key(to, 0, output->keys[index].text);
	json_put(to, "{", 1);
	start = to->length;
	for (size_t i = 0; i < count; i++) {
		char name[256];
		size_t length = cgw_escape(name, sizeof(name), rows[i].name, strlen(rows[i].name));

		json_put_comma(to, start);
		json_put_string(to, name, length);
		json_put(to, ": ", to->compact ? 1 : 2);
		put_value(to, cgw_frame_instance(output->report->frame, field, group, rows[i].name),
			  field.unit);
	}
	json_put(to, "}", 1);
}

static int put_field(struct json_output *output, size_t index, uint32_t group)
{
	struct cgw_field field = output->report->fields[index];
	enum cgw_state state = CGW_ABSENT;
	int r = 0;

	json_put_key(&output->object, 0, output->keys[index].text);
	if (field.shape == CGW_STRING) {
		r = put_text(output, index, group, &state);
		if (r < 0)
			return r;
	} else {
		struct cgw_value value = cgw_frame_value(output->report->frame, field, group);

		state = value.state;
		put_value(&output->object, value, field.unit);
		if (field.shape == CGW_INSTANCES)
			put_instances(output, index, group);
	}
	if (state != CGW_OK) {
		const char *name = cgw_state_name(state);

		json_put_key(&output->reasons, 0, output->keys[index].text);
		json_put_string(&output->reasons, name, strlen(name));
	}
	return 0;
}

static void put_members(struct json_writer *to, const char *key, const struct json_writer *members)
{
	json_put_key(to, 0, key);
	json_put(to, "{", 1);
	json_put(to, members->bytes, members->length);
	json_put(to, "}", 1);
}

/* Writes a group's object; `time` is NULL if the document already contains it. */
static int write_group(struct json_output *output, uint32_t group, const char *time)
{
	int r = 0;

	json_writer_reset(&output->object);
	json_writer_reset(&output->reasons);
	json_writer_reset(&output->instances);
	json_writer_reset(&output->bytes);
	if (output->report->versioned) {
		json_put_key(&output->object, 0, "schema");
		json_put_integer(&output->object, CLI_JSON_SCHEMA);
	}
	for (size_t i = 0; i < output->report->field_count && r == 0; i++)
		r = put_field(output, i, group);
	if (output->instances.length > 0)
		put_members(&output->object, "instances", &output->instances);
	if (output->bytes.length > 0)
		put_members(&output->object, "bytes", &output->bytes);
	put_members(&output->object, "reasons", &output->reasons);
	if (time != NULL) {
		json_put_key(&output->object, 0, "time");
		json_put_string(&output->object, time, strlen(time));
	}
	if (r < 0 || output->object.failed || output->reasons.failed || output->instances.failed ||
	    output->bytes.failed)
		return -ENOMEM;
	fputc('{', output->report->out);
	fwrite(output->object.bytes, 1, output->object.length, output->report->out);
	fputc('}', output->report->out);
	return 0;
}

static json_t *layout_object(const struct cgw_layout *layout)
{
	json_t *hierarchies = json_array();

	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		const struct cgw_hierarchy *hierarchy = &layout->hierarchies[i];
		json_t *controllers = json_array();

		for (enum cgw_controller c = 0; c < CGW_CONTROLLER_COUNT; c++)
			if (hierarchy->controllers & CGW_CONTROLLER_BIT(c))
				json_array_append_new(controllers, json_string(cgw_controller_name(
									   c, hierarchy->version)));
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
	cgw_format_time(cgw_snapshot_realtime_ns(cgw_frame_now(report->frame)), buffer, size);
}

int report_json(const struct report *report)
{
	CLEANUP(cleanup_json) json_t *layout = layout_object(report->layout);
	CLEANUP(cleanup_json) json_t *host_name = NULL;
	CLEANUP(json_output_done) struct json_output output = {0};
	int r;
	char host[256] = "", time[40];

	if (layout == NULL)
		return -ENOMEM;
	if (report->host != NULL)
		snprintf(host, sizeof(host), "%s", report->host);
	else
		(void)gethostname(host, sizeof(host) - 1);
	format_now(report, time, sizeof(time));
	host_name = json_string(host); /* NULL for a name that is not UTF-8 */
	fprintf(report->out, "{\"schema\": %d, \"cgward\": \"%s\", \"host\": ", CLI_JSON_SCHEMA,
		cgw_version());
	if (host_name != NULL)
		(void)json_dumpf(host_name, report->out, JSON_ENCODE_ANY);
	else
		fputs("null", report->out);
	fprintf(report->out, ", \"time\": \"%s\",\n", time);
	/* The hierarchies do not change while a program runs, so a stream has them once. */
	if (report->first) {
		fputs("\"layout\": ", report->out);
		(void)json_dumpf(layout, report->out, 0);
		fputs(",\n", report->out);
	}
	fputs("\"groups\": [", report->out);
	r = json_output_init(&output, report, false);
	for (size_t i = 0; i < report->group_count && r == 0; i++) {
		fputs(i > 0 ? ",\n" : "\n", report->out);
		r = write_group(&output, report->groups[i], NULL);
	}
	fputs("\n]}\n", report->out);
	return r;
}

int report_ndjson(const struct report *report)
{
	CLEANUP(json_output_done) struct json_output output = {0};
	int r = json_output_init(&output, report, true);
	char time[40];

	format_now(report, time, sizeof(time));
	for (size_t i = 0; i < report->group_count && r == 0; i++) {
		r = write_group(&output, report->groups[i], time);
		fputc('\n', report->out);
	}
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * out-json.c - JSON, one group at a time: memory does not grow with their number, and a group costs no
 * tree of values.
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

#include "cmd/dump/dump-report.h"
#include "cmd/dump/json-writer.h"
#include "lib/base/cleanup.h"

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

/* What is used again from group to group, so that a report of many allocates as for one. */
struct job {
	const struct report *report;
	struct report_key *keys;                      /* by field */
	struct json_writer object;                    /* the members of a group */
	struct json_writer reasons, instances, bytes; /* the members of what stands at its end */
	char *raw, *escaped;
	size_t raw_size;
};

static void job_done(struct job *job)
{
	json_writer_done(&job->object);
	json_writer_done(&job->reasons);
	json_writer_done(&job->instances);
	json_writer_done(&job->bytes);
	free(job->keys);
	free(job->raw);
	free(job->escaped);
}

static int job_init(struct job *job, const struct report *report, bool compact)
{
	*job = (struct job){.report = report};
	job->object.compact = compact;
	job->reasons.compact = compact;
	job->instances.compact = compact;
	job->bytes.compact = compact;
	job->keys = calloc(report->field_count, sizeof(*job->keys));
	if (job->keys == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < report->field_count; i++)
		job->keys[i] = report_key(report->fields[i]);
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
		/* JSON readers hold 63 bits; what is larger is no count of anything real. */
		json_put_real(to, value.real);
	else
		json_put_integer(to, value.number);
}

static int grow_text(struct job *job, size_t size)
{
	char *raw = realloc(job->raw, size), *escaped;

	if (raw == NULL)
		return -ENOMEM;
	job->raw = raw;
	escaped = realloc(job->escaped, 4 * size);
	if (escaped == NULL)
		return -ENOMEM;
	job->escaped = escaped;
	job->raw_size = size;
	return 0;
}

/* The raw text of a field into the job's buffer. */
static int read_text(struct job *job, struct cgw_field field, uint32_t group, size_t *ret_length,
		     enum cgw_state *ret_state)
{
	int r = job->raw_size == 0 ? grow_text(job, 256) : 0;

	while (r == 0) {
		*ret_length = cgw_frame_text(job->report->frame, field, group, job->raw,
					     job->raw_size, ret_state);
		if (*ret_length < job->raw_size)
			break;
		r = grow_text(job, *ret_length + 1);
	}
	return r;
}

static int put_text(struct job *job, size_t index, uint32_t group, enum cgw_state *ret_state)
{
	size_t length = 0, written;
	int r = read_text(job, job->report->fields[index], group, &length, ret_state);

	if (r < 0)
		return r;
	if (*ret_state != CGW_OK) {
		json_put_text(&job->object, "null");
		return 0;
	}
	written = cgw_escape(job->escaped, 4 * job->raw_size, job->raw, length);
	json_put_string(&job->object, job->escaped, written);
	if (written != length) {
		json_put_key(&job->bytes, 0, job->keys[index].text);
		json_put_hex(&job->bytes, job->raw, length);
	}
	return 0;
}

/* {"vda": 123, ...} of an instanced field, where there are any. */
static void put_instances(struct job *job, size_t index, uint32_t group)
{
	struct cgw_field field = job->report->fields[index];
	struct json_writer *to = &job->instances;
	size_t count, start;
	const struct cgw_instance *rows = report_instances(job->report, field, group, &count);

	if (count == 0)
		return;
	json_put_key(to, 0, job->keys[index].text);
	json_put(to, "{", 1);
	start = to->length;
	for (size_t i = 0; i < count; i++) {
		char name[256];
		size_t length = cgw_escape(name, sizeof(name), rows[i].name, strlen(rows[i].name));

		json_put_comma(to, start);
		json_put_string(to, name, length);
		json_put(to, ": ", to->compact ? 1 : 2);
		put_value(to, cgw_frame_instance(job->report->frame, field, group, rows[i].name),
			  (enum cgw_unit)field.unit);
	}
	json_put(to, "}", 1);
}

static int put_field(struct job *job, size_t index, uint32_t group)
{
	struct cgw_field field = job->report->fields[index];
	enum cgw_state state = CGW_ABSENT;
	int r = 0;

	json_put_key(&job->object, 0, job->keys[index].text);
	if (field.shape == CGW_STRING) {
		r = put_text(job, index, group, &state);
		if (r < 0)
			return r;
	} else {
		struct cgw_value value = cgw_frame_value(job->report->frame, field, group);

		state = value.state;
		put_value(&job->object, value, (enum cgw_unit)field.unit);
		if (field.shape == CGW_INSTANCES)
			put_instances(job, index, group);
	}
	if (state != CGW_OK) {
		const char *name = cgw_state_name(state);

		json_put_key(&job->reasons, 0, job->keys[index].text);
		json_put_string(&job->reasons, name, strlen(name));
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

/* Writes a group's object; `time` is NULL where the document says it. */
static int write_group(struct job *job, uint32_t group, const char *time)
{
	int r = 0;

	json_writer_reset(&job->object);
	json_writer_reset(&job->reasons);
	json_writer_reset(&job->instances);
	json_writer_reset(&job->bytes);
	for (size_t i = 0; i < job->report->field_count && r == 0; i++)
		r = put_field(job, i, group);
	if (job->instances.length > 0)
		put_members(&job->object, "instances", &job->instances);
	if (job->bytes.length > 0)
		put_members(&job->object, "bytes", &job->bytes);
	put_members(&job->object, "reasons", &job->reasons);
	if (time != NULL) {
		json_put_key(&job->object, 0, "time");
		json_put_string(&job->object, time, strlen(time));
	}
	if (r < 0 || job->object.failed || job->reasons.failed || job->instances.failed ||
	    job->bytes.failed)
		return -ENOMEM;
	(void)fputc('{', job->report->out);
	(void)fwrite(job->object.bytes, 1, job->object.length, job->report->out);
	(void)fputc('}', job->report->out);
	return 0;
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
	CLEANUP(job_done) struct job job = {0};
	int r;
	char host[256] = "", time[40];

	if (layout == NULL)
		return -ENOMEM;
	if (report->host != NULL)
		(void)snprintf(host, sizeof(host), "%s", report->host);
	else
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
	r = job_init(&job, report, false);
	for (size_t i = 0; i < report->group_count && r == 0; i++) {
		fputs(i > 0 ? ",\n" : "\n", report->out);
		r = write_group(&job, report->groups[i], NULL);
	}
	fputs("\n]}\n", report->out);
	return r;
}

int report_ndjson(const struct report *report)
{
	CLEANUP(job_done) struct job job = {0};
	int r = job_init(&job, report, true);
	char time[40];

	format_now(report, time, sizeof(time));
	for (size_t i = 0; i < report->group_count && r == 0; i++) {
		r = write_group(&job, report->groups[i], time);
		(void)fputc('\n', report->out);
	}
	return r;
}

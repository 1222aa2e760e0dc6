/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stream.c - parsing of the stream from another host into snapshots. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/json-cleanup.h"
#include "lib/sample/system-stat.h"
#include "shared/remote/remote-layout.h"
#include "shared/remote/stream-rows.h"
#include "shared/remote/stream.h"

enum state { STATE_HEADER, STATE_SAMPLE, STATE_GROUPS, STATE_FAILED };

struct remote_stream {
	struct cgw_metric_set metrics;
	enum cgw_metric metric_of[CGW_METRIC_COUNT]; /* by column, in a snapshot's order */
	size_t columns;
	enum state state;
	char host[256];
	struct remote_layouts *layouts;
	const struct cgw_layout *layout;
	const struct cgw_source *source[CGW_METRIC_COUNT];
	bool stands_in[CGW_METRIC_COUNT];
	/* Of the sample that is being received. */
	struct rows rows;
	uint64_t expected, omitted; /* numbers of groups */
	uint64_t realtime_ns, boottime_ns, monotonic_ns, cost_ns;
	const char *collector;
	struct cgw_system_stat system;
	struct snapshot_pool *pool;
	struct topology *topology; /* of the previous sample */
};

int remote_stream_new(const struct cgw_metric_set *metrics, struct remote_layouts *layouts,
		      struct remote_stream **ret_stream)
{
	struct remote_stream *stream = calloc(1, sizeof(*stream));
	int r;

	if (stream == NULL)
		return -ENOMEM;
	stream->metrics = *metrics;
	stream->layouts = layouts;
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++)
		if (cgw_metric_set_has(metrics, metric))
			stream->metric_of[stream->columns++] = metric;
	r = snapshot_pool_new(&stream->pool);
	if (r < 0) {
		free(stream);
		return r;
	}
	*ret_stream = stream;
	return 0;
}

struct remote_stream *remote_stream_free(struct remote_stream *stream)
{
	if (stream == NULL)
		return NULL;
	rows_done(&stream->rows);
	topology_unref(stream->topology);
	snapshot_pool_free(stream->pool);
	free(stream);
	return NULL;
}

const char *remote_stream_host(const struct remote_stream *stream)
{
	return stream->host;
}

uint64_t remote_stream_omitted(const struct remote_stream *stream)
{
	return stream->omitted;
}

const struct cgw_layout *remote_stream_layout(const struct remote_stream *stream)
{
	return stream->layout;
}

static bool text_is(const json_t *json, const char *expected)
{
	return json_is_string(json) &&
	       strcmp(json_string_value(json), expected != NULL ? expected : "") == 0;
}

/* [VERSION, FILE, KEY]: finds the matching source in the metric table. */
static const struct cgw_source *find_source(enum cgw_metric metric, const json_t *json)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);

	for (size_t i = 0; i < info->source_count; i++)
		if (json_integer_value(json_array_get(json, 0)) == info->sources[i].version &&
		    text_is(json_array_get(json, 1), info->sources[i].file) &&
		    text_is(json_array_get(json, 2), info->sources[i].key))
			return &info->sources[i];
	return NULL;
}

static void parse_sources(struct remote_stream *stream, const json_t *head)
{
	const json_t *sources = json_object_get(head, "sources");
	const json_t *stands_in = json_object_get(head, "stands_in");
	const json_t *key;
	size_t i;

	for (size_t column = 0; column < stream->columns; column++) {
		enum cgw_metric metric = stream->metric_of[column];
		const json_t *source = json_object_get(sources, cgw_metric_info(metric)->key);

		if (source != NULL)
			stream->source[metric] = find_source(metric, source);
	}
	json_array_foreach(stands_in, i, key)
	{
		int metric = json_is_string(key) ? cgw_metric_find(json_string_value(key)) : -1;

		if (metric >= 0)
			stream->stands_in[metric] = true;
	}
}

static int parse_header(struct remote_stream *stream, const json_t *head, struct cgw_diag *diag)
{
	const json_t *schema = json_object_get(head, "stream");
	const char *host = json_string_value(json_object_get(head, "host"));
	const char *kind = json_string_value(json_object_get(head, "layout"));
	int r = -EBADMSG;

	if (!json_is_integer(schema))
		return cgw_diag_set(diag, -EBADMSG,
				    "invalid stream: the first line is not a cgward header");
	if (json_integer_value(schema) != REMOTE_SCHEMA)
		return cgw_diag_set(
			diag, -EPROTONOSUPPORT,
			"stream schema %lld is not supported (this cgward reads schema %d); "
			"update the older cgward",
			(long long)json_integer_value(schema), REMOTE_SCHEMA);
	for (int i = CGW_LAYOUT_V1; kind != NULL && i <= CGW_LAYOUT_V2 && r < 0; i++)
		if (strcmp(kind, cgw_layout_kind_name((enum cgw_layout_kind)i)) == 0)
			r = remote_layout_get(stream->layouts, (enum cgw_layout_kind)i,
					      &stream->layout);
	if (r < 0)
		return cgw_diag_set(diag, r, "invalid stream: unknown cgroup layout in the header");
	(void)snprintf(stream->host, sizeof(stream->host), "%s", host != NULL ? host : "");
	parse_sources(stream, head);
	stream->state = STATE_SAMPLE;
	return 0;
}

static bool parse_count(const json_t *object, const char *name, uint64_t *ret_count)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*ret_count = (uint64_t)json_integer_value(value);
	return true;
}

static struct cgw_number parse_unsigned(const json_t *json)
{
	if (json_is_integer(json) && json_integer_value(json) >= 0)
		return (struct cgw_number){(uint64_t)json_integer_value(json), CGW_OK};
	return (struct cgw_number){0, CGW_ABSENT};
}

static void parse_system(struct remote_stream *stream, const json_t *json)
{
	const struct system_stat_field *field;
	uint64_t cpu_count = 0;

	stream->system = (struct cgw_system_stat){0};
	(void)parse_count(json, "cpu_count", &cpu_count);
	stream->system.cpu_count = cpu_count < UINT16_MAX ? (unsigned)cpu_count : UINT16_MAX;
	for (size_t i = 0; (field = system_stat_field(i)) != NULL; i++) {
		const json_t *value = json_object_get(json, field->name);
		char *to = (char *)&stream->system + field->offset;

		for (size_t j = 0; j < field->count; j++) {
			struct cgw_number number = parse_unsigned(
				field->count == 1 ? value : json_array_get(value, j));

			memcpy(to + j * sizeof(number), &number, sizeof(number));
		}
	}
}

static int parse_sample(struct remote_stream *stream, const json_t *json, struct cgw_diag *diag)
{
	const char *collector = json_string_value(json_object_get(json, "collector"));

	if (!parse_count(json, "sample", &stream->expected) || stream->expected == 0 ||
	    !parse_count(json, "realtime_ns", &stream->realtime_ns) ||
	    !parse_count(json, "boottime_ns", &stream->boottime_ns) ||
	    !parse_count(json, "monotonic_ns", &stream->monotonic_ns) ||
	    !parse_count(json, "cost_ns", &stream->cost_ns))
		return cgw_diag_set(diag, -EBADMSG,
				    "invalid stream: expected the start of a sample");
	if (stream->expected > REMOTE_GROUPS_MAX)
		return cgw_diag_set(diag, -EBADMSG,
				    "invalid stream: more than %d groups in a sample",
				    REMOTE_GROUPS_MAX);
	if (!parse_count(json, "omitted", &stream->omitted))
		stream->omitted = 0;
	stream->collector = collector != NULL && strcmp(collector, "bpf") == 0 ? "bpf" : "files";
	parse_system(stream, json_object_get(json, "machine"));
	rows_reset(&stream->rows, stream->columns);
	stream->state = STATE_GROUPS;
	return 0;
}

/* "max", "denied", ...: the state of a value without a number. */
static struct cgw_number parse_reason(const json_t *reasons, const char *key)
{
	const char *reason = json_string_value(json_object_get(reasons, key));

	for (int state = 0; reason != NULL && state < CGW_STATE_COUNT; state++)
		if (state != CGW_OK && state != CGW_RESET &&
		    strcmp(reason, cgw_state_name((enum cgw_state)state)) == 0)
			return (struct cgw_number){0, (enum cgw_state)state};
	return (struct cgw_number){0, reason != NULL ? CGW_BAD : CGW_ABSENT};
}

/* dump writes numbers of more than 63 bits, and percentages with two decimals, as reals. */
static struct cgw_number parse_number(const json_t *json, enum cgw_metric metric)
{
	double real;

	if (json_is_boolean(json))
		return (struct cgw_number){json_is_true(json), CGW_OK};
	if (json_is_integer(json) && cgw_metric_info(metric)->unit != CGW_UNIT_PERCENT_E2)
		return json_integer_value(json) >= 0 ? parse_unsigned(json)
						     : (struct cgw_number){0, CGW_BAD};
	real = json_number_value(json);
	if (cgw_metric_info(metric)->unit == CGW_UNIT_PERCENT_E2)
		real = round(real * 100);
	if (!json_is_number(json) || !(real >= 0 && real < 18446744073709551615.0))
		return (struct cgw_number){0, CGW_BAD};
	return (struct cgw_number){(uint64_t)real, CGW_OK};
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns an allocated text, from its hexadecimal bytes if it was escaped. */
static int parse_text(const json_t *group, const char *key, char **ret_text, size_t *ret_length)
{
	const json_t *bytes = json_object_get(json_object_get(group, "bytes"), key);
	const json_t *value = bytes != NULL ? bytes : json_object_get(group, key);
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);
	char *copy;

	if (text == NULL || (bytes != NULL && length % 2 != 0))
		return -EBADMSG;
	copy = malloc(length + 1);
	if (copy == NULL)
		return -ENOMEM;
	if (bytes == NULL) {
		memcpy(copy, text, length);
	} else {
		length /= 2;
		for (size_t i = 0; i < length; i++) {
			int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

			if (high < 0 || low < 0 || high + low == 0) {
				free(copy);
				return -EBADMSG;
			}
			copy[i] = (char)(16 * high + low);
		}
	}
	copy[length] = '\0';
	*ret_text = copy;
	*ret_length = length;
	return 0;
}

static int parse_instances(struct remote_stream *stream, size_t column, const json_t *instances)
{
	enum cgw_metric metric = stream->metric_of[column];
	const json_t *all = json_object_get(instances, cgw_metric_info(metric)->key);
	void *at = json_object_iter((json_t *)(uintptr_t)all);
	int r = 0;

	for (; at != NULL && r == 0; at = json_object_iter_next((json_t *)(uintptr_t)all, at)) {
		const char *name = json_object_iter_key(at);

		r = rows_add_instance(&stream->rows, column, name, strlen(name),
				      parse_number(json_object_iter_value(at), metric));
	}
	return r;
}

static int parse_column(struct remote_stream *stream, size_t column, const json_t *group)
{
	const struct cgw_metric_info *info = cgw_metric_info(stream->metric_of[column]);
	const json_t *value = json_object_get(group, info->key);
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length = 0;
	int r;

	if (value == NULL || json_is_null(value)) {
		rows_set(&stream->rows, column,
			 parse_reason(json_object_get(group, "reasons"), info->key));
	} else if (info->shape == CGW_STRING) {
		r = parse_text(group, info->key, &text, &length);
		return r < 0 ? r : rows_add_text(&stream->rows, column, text, length);
	} else {
		rows_set(&stream->rows, column, parse_number(value, stream->metric_of[column]));
	}
	return info->shape == CGW_INSTANCES
		       ? parse_instances(stream, column, json_object_get(group, "instances"))
		       : 0;
}

static int make_snapshot(struct remote_stream *stream, struct cgw_snapshot **ret_snapshot)
{
	struct cgw_snapshot *snapshot = NULL;
	struct topology *topology;
	int r = rows_topology(&stream->rows, stream->layout, stream->topology, &topology);

	if (r < 0)
		return r;
	topology_unref(stream->topology);
	stream->topology = topology;
	r = snapshot_begin(stream->pool, topology, &stream->metrics, &snapshot);
	if (r < 0)
		return r;
	snapshot->realtime_ns = stream->realtime_ns;
	snapshot->boottime_ns = stream->boottime_ns;
	snapshot->monotonic_ns = stream->monotonic_ns;
	snapshot->cost_ns = stream->cost_ns;
	snapshot->collector = stream->collector;
	snapshot->machine = stream->system;
	memcpy(snapshot->source, stream->source, sizeof(snapshot->source));
	memcpy(snapshot->system_wide, stream->stands_in, sizeof(snapshot->system_wide));
	for (uint32_t i = 0; i < topology->view.count; i++)
		snapshot->read_ns[i] = stream->monotonic_ns;
	r = rows_fill(&stream->rows, snapshot);
	if (r < 0) {
		cgw_snapshot_unref(snapshot);
		return r;
	}
	*ret_snapshot = snapshot;
	return 1;
}

static int parse_group(struct remote_stream *stream, const json_t *group,
		       struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *path = NULL;
	size_t length = 0;
	uint64_t id = 0;
	int r = parse_text(group, "group", &path, &length);

	(void)parse_count(group, "id", &id);
	if (r == 0)
		r = rows_add_path(&stream->rows, path, length, id);
	if (r == -EBADMSG || r == -E2BIG)
		return cgw_diag_set(diag, -EBADMSG,
				    r == -E2BIG ? "invalid stream: groups more than %d levels deep"
						: "invalid stream: expected a group, in tree order",
				    REMOTE_DEPTH_MAX);
	for (size_t column = 0; column < stream->columns && r == 0; column++)
		r = parse_column(stream, column, group);
	if (r == -EBADMSG)
		return cgw_diag_set(diag, r, "invalid stream: invalid text value of a group");
	if (r < 0 || stream->rows.count < stream->expected)
		return r;
	stream->state = STATE_SAMPLE;
	return make_snapshot(stream, ret_snapshot);
}

static int parse_object(struct remote_stream *stream, const json_t *object,
			struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag)
{
	switch (stream->state) {
	case STATE_HEADER:
		return parse_header(stream, object, diag);
	case STATE_SAMPLE:
		return parse_sample(stream, object, diag);
	case STATE_GROUPS:
		return parse_group(stream, object, ret_snapshot, diag);
	default:
		return cgw_diag_set(diag, -EBADMSG, "the stream ended after an error");
	}
}

int remote_stream_parse_line(struct remote_stream *stream, const char *line, size_t length,
			     struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag)
{
	CLEANUP(cleanup_json) json_t *json = NULL;
	int r;

	if (length <= REMOTE_LINE_MAX)
		json = json_loadb(line, length, 0, NULL);
	if (length > REMOTE_LINE_MAX)
		r = cgw_diag_set(diag, -EBADMSG, "invalid stream: line longer than %d bytes",
				 REMOTE_LINE_MAX);
	else if (!json_is_object(json))
		r = cgw_diag_set(diag, -EBADMSG, "invalid stream: not a JSON object%s",
				 stream->state == STATE_HEADER
					 ? "; check that the shell startup files of the host "
					   "print nothing"
					 : "");
	else
		r = parse_object(stream, json, ret_snapshot, diag);
	if (r == -ENOMEM)
		(void)cgw_diag_set(diag, r, "out of memory");
	if (r < 0)
		stream->state = STATE_FAILED;
	return r;
}

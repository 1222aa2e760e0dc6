/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* out-stream.c - NDJSON with additional lines for another cgward, see shared/remote/stream.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dump/dump-report.h"
#include "cmd/dump/json-writer.h"
#include "lib/base/cleanup.h"
#include "lib/sample/system-stat.h"
#include "shared/remote/stream.h"

static void put_string(struct json_writer *to, const char *text)
{
	json_put_string(to, text, strlen(text));
}

/* Adds "cpu.usage": [1, "cpuacct.usage", ""], so that the reader knows the source of a metric. */
static void put_sources(struct json_writer *to, const struct cgw_snapshot *now)
{
	size_t start;

	json_put_key(to, 0, "sources");
	json_put(to, "{", 1);
	start = to->length;
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++) {
		const struct cgw_source *source = cgw_snapshot_source(now, metric);

		if (source == NULL || !cgw_metric_set_has(cgw_snapshot_metrics(now), metric))
			continue;
		json_put_key(to, start, cgw_metric_info(metric)->key);
		json_put(to, "[", 1);
		json_put_integer(to, source->version);
		json_put(to, ",", 1);
		put_string(to, source->file);
		json_put(to, ",", 1);
		put_string(to, source->key != NULL ? source->key : "");
		json_put(to, "]", 1);
	}
	json_put(to, "}", 1);
	json_put_key(to, 0, "stands_in");
	json_put(to, "[", 1);
	start = to->length;
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++)
		if (cgw_snapshot_is_system_wide(now, metric)) {
			json_put_comma(to, start);
			put_string(to, cgw_metric_info(metric)->key);
		}
	json_put(to, "]", 1);
}

static void put_head(struct json_writer *to, const struct report *report)
{
	char host[256] = "", escaped[1024];

	if (report->host != NULL)
		(void)snprintf(host, sizeof(host), "%s", report->host);
	else
		(void)gethostname(host, sizeof(host) - 1);
	(void)cgw_escape(escaped, sizeof(escaped), host, strlen(host));
	json_put_key(to, 0, "stream");
	json_put_integer(to, REMOTE_SCHEMA);
	json_put_key(to, 0, "cgward");
	put_string(to, cgw_version());
	json_put_key(to, 0, "host");
	put_string(to, escaped);
	json_put_key(to, 0, "layout");
	put_string(to, cgw_layout_kind_name(report->layout->kind));
	put_sources(to, cgw_frame_now(report->frame));
}

static void put_number(struct json_writer *to, struct cgw_number number)
{
	if (number.state == CGW_OK && number.value <= INT64_MAX)
		json_put_integer(to, number.value);
	else
		json_put_text(to, "null");
}

static void put_machine(struct json_writer *to, const struct cgw_system_stat *machine)
{
	const struct system_stat_field *field;
	size_t start;

	json_put_key(to, 0, "machine");
	json_put(to, "{", 1);
	start = to->length;
	json_put_key(to, start, "cpu_count");
	json_put_integer(to, machine->cpu_count);
	for (size_t i = 0; (field = system_stat_field(i)) != NULL; i++) {
		const struct cgw_number *numbers =
			(const void *)((const char *)machine + field->offset);

		json_put_key(to, start, field->name);
		if (field->count > 1)
			json_put(to, "[", 1);
		for (size_t j = 0; j < field->count; j++) {
			if (j > 0)
				json_put(to, ",", 1);
			put_number(to, numbers[j]);
		}
		if (field->count > 1)
			json_put(to, "]", 1);
	}
	json_put(to, "}", 1);
}

static void put_sample(struct json_writer *to, const struct report *report, size_t omitted)
{
	const struct cgw_snapshot *now = cgw_frame_now(report->frame);

	json_put_key(to, 0, "sample");
	json_put_integer(to, report->group_count);
	json_put_key(to, 0, "realtime_ns");
	json_put_integer(to, cgw_snapshot_realtime_ns(now));
	json_put_key(to, 0, "boottime_ns");
	json_put_integer(to, cgw_snapshot_boottime_ns(now));
	json_put_key(to, 0, "monotonic_ns");
	json_put_integer(to, cgw_snapshot_monotonic_ns(now));
	json_put_key(to, 0, "cost_ns");
	json_put_integer(to, cgw_snapshot_cost_ns(now));
	json_put_key(to, 0, "collector");
	put_string(to, cgw_snapshot_collector(now));
	put_machine(to, cgw_snapshot_system(now));
	if (omitted > 0) {
		json_put_key(to, 0, "omitted");
		json_put_integer(to, omitted);
	}
}

static int write_line(const struct json_writer *line, FILE *out)
{
	if (line->failed)
		return -ENOMEM;
	(void)fputc('{', out);
	(void)fwrite(line->bytes, 1, line->length, out);
	(void)fputs("}\n", out);
	return 0;
}

static bool is_too_long(const struct cgw_topology *topology, uint32_t group)
{
	/* Names have at most 255 bytes: only paths of many levels are measured. */
	return topology->depth[group] > REMOTE_DEPTH_MAX ||
	       (topology->depth[group] > REMOTE_PATH_MAX / 256 &&
		cgw_topology_path(topology, group, NULL, 0) > REMOTE_PATH_MAX);
}

/* The number of levels whose groups are not too many together. */
static unsigned levels_that_fit(const struct report *report, const struct cgw_topology *topology)
{
	size_t counts[REMOTE_DEPTH_MAX + 1] = {0}, count = 0;
	unsigned levels = 0;

	for (size_t i = 0; i < report->group_count; i++)
		if (topology->depth[report->groups[i]] <= REMOTE_DEPTH_MAX)
			counts[topology->depth[report->groups[i]]]++;
	while (levels <= REMOTE_DEPTH_MAX && count + counts[levels] <= REMOTE_GROUPS_MAX)
		count += counts[levels++];
	return levels;
}

/* Leaves out groups that a reader would refuse. */
static size_t select_groups(const struct report *report, uint32_t *groups)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(report->frame));
	unsigned levels = levels_that_fit(report, topology);
	size_t count = 0;

	for (size_t i = 0; i < report->group_count; i++) {
		uint32_t group = report->groups[i];

		if (topology->depth[group] < levels && !is_too_long(topology, group))
			groups[count++] = group;
	}
	return count;
}

int report_stream(const struct report *whole)
{
	CLEANUP(json_writer_done) struct json_writer line = {.compact = true};
	CLEANUP(cleanup_free)
	uint32_t *groups = calloc(whole->group_count + 1, sizeof(*groups));
	struct report report = *whole;
	int r = 0;

	if (groups == NULL)
		return -ENOMEM;
	report.groups = groups;
	report.group_count = select_groups(whole, groups);
	if (report.first) {
		put_head(&line, &report);
		r = write_line(&line, report.out);
		json_writer_reset(&line);
	}
	if (r == 0) {
		put_sample(&line, &report, whole->group_count - report.group_count);
		r = write_line(&line, report.out);
	}
	return r < 0 ? r : report_ndjson(&report);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * out-openmetrics.c - the exposition format of Prometheus: base units, _total for counters, HELP and
 * TYPE from metrics.def. Rates and other views are left to the reader, who has the counters.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dump/report.h"

/* How a unit of ours is exposed: its suffix, and how many of ours make one of theirs. */
static const struct {
	const char *suffix;
	uint64_t divisor;
} exposed[CGW_UNIT_COUNT_OF_UNITS] = {
	[CGW_UNIT_COUNT] = {"", 1},
	[CGW_UNIT_NS] = {"_seconds", 1000000000},
	[CGW_UNIT_BYTES] = {"_bytes", 1},
	[CGW_UNIT_PERCENT_E2] = {"_ratio", 10000},
	[CGW_UNIT_CPU] = {"_cpus", 1000000000},
	[CGW_UNIT_WEIGHT] = {"", 1},
	[CGW_UNIT_FLAG] = {"", 1},
	[CGW_UNIT_HEX] = {"", 1},
	[CGW_UNIT_BYTES_PER_S] = {"_bytes_per_second", 1},
	[CGW_UNIT_COUNT_PER_S] = {"_per_second", 1},
	[CGW_UNIT_TEXT] = {"", 1},
	[CGW_UNIT_PERCENT] = {"_ratio", 100},
};

struct family {
	char name[128];
	const char *sample_suffix; /* "_total" for counters, "_info" for texts */
	const struct cgw_metric_info *info;
};

static struct family make_family(struct cgw_field field)
{
	struct family family = {.info = cgw_metric_info((enum cgw_metric)field.index)};
	size_t length;

	(void)snprintf(family.name, sizeof(family.name), "cgward_%s%s", family.info->key,
		       exposed[family.info->unit].suffix);
	length = strlen(family.name);
	for (size_t i = 0; i < length; i++)
		if (family.name[i] == '.' || family.name[i] == '-')
			family.name[i] = '_';
	family.sample_suffix = family.info->shape == CGW_STRING   ? "_info"
			       : family.info->kind == CGW_COUNTER ? "_total"
								  : "";
	return family;
}

static void put_label(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
}

/* Exact decimals: a counter of nanoseconds must not lose its last digits in a double. */
static void put_number(FILE *out, uint64_t value, uint64_t divisor)
{
	int digits = 0;

	fprintf(out, "%" PRIu64, value / divisor);
	if (value % divisor == 0)
		return;
	for (uint64_t power = divisor; power > 1; power /= 10)
		digits++;
	fprintf(out, ".%0*" PRIu64, digits, value % divisor);
}

static void put_sample(const struct report *report, const struct family *family, const char *group,
		       const char *instance, struct cgw_number number)
{
	if (number.state != CGW_OK && number.state != CGW_MAX)
		return;
	fprintf(report->out, "%s%s{group=\"", family->name, family->sample_suffix);
	put_label(report->out, group);
	if (instance != NULL) {
		fputs("\",device=\"", report->out);
		put_label(report->out, instance);
	}
	fputs("\"} ", report->out);
	if (number.state == CGW_MAX)
		fputs("+Inf", report->out);
	else
		put_number(report->out, number.value, exposed[family->info->unit].divisor);
	fputc('\n', report->out);
}

static int put_text(const struct report *report, const struct family *family,
		    struct cgw_field field, uint32_t group, const char *path)
{
	CLEANUP(cleanup_free) char *text = NULL;
	int r = report_cell(report, field, group, CGW_STYLE_RAW, &text);

	if (r < 0)
		return r;
	if (text == NULL || text[0] == '\0')
		return 0;
	fprintf(report->out, "%s_info{group=\"", family->name);
	put_label(report->out, path);
	fputs("\",value=\"", report->out);
	put_label(report->out, text);
	fputs("\"} 1\n", report->out);
	return 0;
}

static int put_group(const struct report *report, const struct family *family,
		     struct cgw_field field, uint32_t group)
{
	const struct cgw_snapshot *now = cgw_frame_now(report->frame);
	enum cgw_metric metric = (enum cgw_metric)field.index;
	const struct cgw_instance *instances;
	CLEANUP(cleanup_free) char *path = NULL;
	struct cgw_field path_field;
	size_t count;
	int r = cgw_field_parse("group", &path_field, NULL);

	if (r == 0)
		r = report_cell(report, path_field, group, CGW_STYLE_RAW, &path);
	if (r < 0 || path == NULL)
		return r;
	if (family->info->shape == CGW_STRING)
		return put_text(report, family, field, group, path);
	if (family->info->shape == CGW_SCALAR) {
		put_sample(report, family, path, NULL, cgw_snapshot_number(now, metric, group));
		return 0;
	}
	instances = cgw_snapshot_instances(now, metric, group, &count);
	for (size_t i = 0; i < count; i++) {
		char name[256];

		cgw_escape(name, sizeof(name), instances[i].name, strlen(instances[i].name));
		put_sample(report, family, path, name, instances[i].number);
	}
	return 0;
}

int report_openmetrics(const struct report *report)
{
	for (size_t i = 0; i < report->field_count; i++) {
		struct family family;

		if (report->fields[i].view != CGW_VIEW_VALUE)
			continue;
		family = make_family(report->fields[i]);
		fprintf(report->out, "# HELP %s %s.\n# TYPE %s %s\n", family.name,
			family.info->help, family.name,
			family.info->shape == CGW_STRING   ? "info"
			: family.info->kind == CGW_COUNTER ? "counter"
							   : "gauge");
		if (exposed[family.info->unit].suffix[0] != '\0')
			fprintf(report->out, "# UNIT %s %s\n", family.name,
				exposed[family.info->unit].suffix + 1);
		for (size_t j = 0; j < report->group_count; j++) {
			int r = put_group(report, &family, report->fields[i], report->groups[j]);

			if (r < 0)
				return r;
		}
	}
	fputs("# EOF\n", report->out);
	return 0;
}

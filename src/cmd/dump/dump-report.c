/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-report.c - cells of a report, shared by all formats. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dump/dump-report.h"
#include "lib/base/cleanup.h"

struct report_key report_key(struct cgw_field field)
{
	struct report_key key;

	cgw_field_key(field, key.text, sizeof(key.text));
	return key;
}

/* Reads the raw bytes of a string field, NUL-terminated; the caller frees them. */
static int read_bytes(const struct report *report, struct cgw_field field, uint32_t group,
		      char **ret_text, size_t *ret_length, enum cgw_state *ret_state)
{
	size_t size = 256;
	char *text = malloc(size);

	while (text != NULL) {
		size_t length = cgw_frame_text(report->frame, field, group, text, size, ret_state);
		char *larger;

		if (length < size) {
			*ret_text = text;
			*ret_length = length;
			return 0;
		}
		size = length + 1;
		larger = realloc(text, size);
		if (larger == NULL)
			free(text);
		text = larger;
	}
	return -ENOMEM;
}

static int text_cell(const struct report *report, struct cgw_field field, uint32_t group,
		     enum cgw_style style, char **ret_text)
{
	CLEANUP(cleanup_free) char *bytes = NULL;
	enum cgw_state state;
	size_t length;
	char *text;
	int r = read_bytes(report, field, group, &bytes, &length, &state);

	if (r < 0)
		return r;
	if (state != CGW_OK) {
		text = strdup(style == CGW_STYLE_RAW ? "" : cgw_state_sign(state));
		if (text == NULL)
			return -ENOMEM;
		*ret_text = text;
		return 0;
	}
	text = malloc(4 * length + 1);
	if (text == NULL)
		return -ENOMEM;
	cgw_escape(text, 4 * length + 1, bytes, length);
	*ret_text = text;
	return 0;
}

const struct cgw_instance *report_instances(const struct report *report, struct cgw_field field,
					    uint32_t group, size_t *ret_count)
{
	const struct cgw_snapshot *now = cgw_frame_now(report->frame);
	const struct cgw_instance *rows = NULL;
	struct cgw_metric_set metrics = {0};

	*ret_count = 0;
	cgw_field_metrics(field, &metrics);
	for (enum cgw_metric metric = 0; metric < cgw_metric_count() && *ret_count == 0; metric++)
		if (cgw_metric_set_has(&metrics, metric))
			rows = cgw_snapshot_instances(now, metric, group, ret_count);
	return rows;
}

/* Per-device limits have no sum: formats "vda 2.0M, vdb 1.0M", in the syntax of `cgward set`. */
static int instances_cell(const struct report *report, struct cgw_field field, uint32_t group,
			  enum cgw_style style, char **ret_text)
{
	size_t count, size;
	const struct cgw_instance *rows = report_instances(report, field, group, &count);
	FILE *out;

	*ret_text = NULL;
	if (count == 0 || style == CGW_STYLE_RAW)
		return 0;
	out = open_memstream(ret_text, &size);
	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct cgw_value value =
			cgw_frame_instance(report->frame, field, group, rows[i].name);
		char name[256], number[64];

		cgw_escape(name, sizeof(name), rows[i].name, strlen(rows[i].name));
		cgw_format_value(value, field.unit, style, number, sizeof(number));
		fprintf(out, "%s%s %s", i > 0 ? ", " : "", name, number);
	}
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

int report_cell(const struct report *report, struct cgw_field field, uint32_t group,
		enum cgw_style style, char **ret_text)
{
	struct cgw_value value;
	char buffer[64];
	char *text;

	if (field.shape == CGW_STRING)
		return text_cell(report, field, group, style, ret_text);
	value = cgw_frame_value(report->frame, field, group);
	if (value.state == CGW_ABSENT) {
		int r = instances_cell(report, field, group, style, ret_text);

		if (r < 0 || *ret_text != NULL)
			return r;
	}
	cgw_format_value(value, field.unit, style, buffer, sizeof(buffer));
	text = strdup(buffer);
	if (text == NULL)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}

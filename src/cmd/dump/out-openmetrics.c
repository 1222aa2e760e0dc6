/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* out-openmetrics.c - OpenMetrics and Prometheus text format. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dump/dump-report.h"
#include "lib/base/cleanup.h"

static int put(void *context, const char *text, size_t length)
{
	fwrite(text, 1, length, context); /* errors are found with ferror() */
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static int write_exposition(const struct report *report, enum cgw_exposition_dialect dialect)
{
	struct cgw_exposition *exposition;
	CLEANUP(cleanup_free) uint32_t *groups = calloc(report->group_count + 1, sizeof(*groups));
	int r;

	if (groups == NULL)
		return -ENOMEM;
	/* A report may be sorted, but an exposition is written in topology order. */
	memcpy(groups, report->groups, report->group_count * sizeof(*groups));
	qsort(groups, report->group_count, sizeof(*groups), compare);
	r = cgw_exposition_new(dialect, put, report->out, &exposition);
	if (r < 0)
		return r;
	cgw_exposition_groups(
		exposition,
		&(struct cgw_exposition_group_filter){
			.frame = report->frame,
			.fields = report->fields,
			.field_count = report->field_count,
			.groups = groups,
			.group_count = report->group_count,
			.groups_max = report->groups_max,
			.more_labels = report->names != NULL ? container_columns_labels : NULL,
			.context = report->names,
		});
	return cgw_exposition_end(exposition);
}

int report_openmetrics(const struct report *report)
{
	return write_exposition(report, CGW_EXPOSITION_OPENMETRICS);
}

int report_prometheus(const struct report *report)
{
	return write_exposition(report, CGW_EXPOSITION_TEXT);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump-report.h - a report: the groups, fields and frame to print.
 *
 * Formats only print a report; they do not select what it contains.
 */
#pragma once

#include <stdio.h>

#include "cmd/dump/container-columns.h"
#include <cgward/render.h>

struct report {
	FILE *out;
	const struct cgw_layout *layout;
	const char *host; /* NULL: this machine */
	const struct cgw_frame *frame;
	struct container_columns *names; /* NULL: not requested */
	const struct cgw_field *fields;
	size_t field_count;
	const uint32_t *groups; /* in output order */
	size_t group_count;
	size_t groups_max; /* limit of an exposition */
	unsigned width;    /* limit of a table, or 0 */
	/* What report_leave_out_empty() removed. */
	size_t groups_left_out, fields_left_out;
	bool tree;
	bool headings;
	bool exact;    /* print exact bytes and times */
	bool repeated; /* one of several samples: each record includes its time */
	bool first;
	bool versioned; /* NDJSON: each object has the version of the schema */
};

/* Each returns 0 or a negative errno; write errors are found with ferror(). */
int report_table(const struct report *report);
int report_json(const struct report *report);
int report_ndjson(const struct report *report);
int report_csv(const struct report *report);
int report_raw(const struct report *report);
int report_export(const struct report *report);
int report_openmetrics(const struct report *report);
int report_prometheus(const struct report *report);

/* Values of an instanced field per device, CPU, page size, ...; NULL and 0 if there are none. */
const struct cgw_instance *report_instances(const struct report *report, struct cgw_field field,
					    uint32_t group, size_t *ret_count);
/* Formats a cell, with text escaped; the caller frees it. */
int report_cell(const struct report *report, struct cgw_field field, uint32_t group,
		enum cgw_style style, char **ret_text);
/*
 * Leaves out the groups that use nothing, and the columns in which no group has a value or a limit.
 * The arrays receive what remains; they may be those of the report.
 */
void report_leave_out_empty(struct report *report, uint32_t *groups, struct cgw_field *fields);
/* The canonical key of a field, which always fits. */
struct report_key {
	char text[96];
};
struct report_key report_key(struct cgw_field field);

/* Prints all keys with unit, kind, sources and help, as a table or as JSON: list-metrics.c. */
int list_fields(FILE *out, bool json, bool headings, unsigned width);

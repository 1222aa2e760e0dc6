/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump-report.h - what is to be written: which groups, which fields, of which frame.
 *
 * Formats take a report and write it; they decide nothing else.
 */
#ifndef CGWARD_CMD_DUMP_DUMP_REPORT_H
#define CGWARD_CMD_DUMP_DUMP_REPORT_H

#include <stdio.h>

#include <cgward/render.h>

struct report {
	FILE *out;
	const struct cgw_layout *layout;
	const char *host; /* NULL: this one */
	const struct cgw_frame *frame;
	const struct cgw_field *fields;
	size_t field_count;
	const uint32_t *groups; /* in the order in which they are shown */
	size_t group_count;
	size_t groups_max; /* of an exposition */
	bool tree;
	bool headings;
	bool exact;    /* bytes and times in full */
	bool repeated; /* one of several: each record says when */
	bool first;
};

/* Each returns 0 or a negative error; what could not be written shows in ferror(). */
int report_table(const struct report *report);
int report_json(const struct report *report);
int report_ndjson(const struct report *report);
/* NDJSON with what another cgward wants to know besides: shared/remote/stream.h. */
int report_stream(const struct report *report);
int report_csv(const struct report *report);
int report_raw(const struct report *report);
int report_export(const struct report *report);
int report_openmetrics(const struct report *report);
int report_prometheus(const struct report *report);

/* Of an instanced field, by device, CPU, page size, ...; NULL and 0 where there are none. */
const struct cgw_instance *report_instances(const struct report *report, struct cgw_field field,
					    uint32_t group, size_t *ret_count);
/* A cell: text escaped for people, or the formatted value. Allocated. */
int report_cell(const struct report *report, struct cgw_field field, uint32_t group,
		enum cgw_style style, char **ret_text);
/* The raw bytes of a string field, allocated and terminated; NULL text with the state why not. */
int report_bytes(const struct report *report, struct cgw_field field, uint32_t group,
		 char **ret_text, size_t *ret_length, enum cgw_state *ret_state);
/* The canonical key of a field; static size, always fits. */
struct report_key {
	char text[96];
};
struct report_key report_key(struct cgw_field field);

#endif

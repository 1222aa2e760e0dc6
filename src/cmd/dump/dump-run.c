/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-run.c - what a dump does with a frame, whatever it was read from. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dump/dump-run.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/muldiv.h"
#include "shared/cli/text-table.h"

static int print(struct dump *dump, const struct cgw_layout *layout, const struct cgw_frame *frame,
		 bool first, size_t *ret_count)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	CLEANUP(cleanup_free) uint32_t *groups = calloc(topology->count, sizeof(*groups));
	CLEANUP(cleanup_free)
	struct cgw_field *fields = calloc(dump->fields.count, sizeof(*fields));
	struct report report = {
		.out = dump->output.stream,
		.layout = layout,
		.host = dump->host,
		.frame = frame,
		.names = dump->named ? &dump->names : NULL,
		.fields = dump->fields.items,
		.field_count = dump->fields.count,
		.groups = groups,
		.groups_max = size_from_u64(dump->groups_max),
		.tree = dump->selection.tree,
		.headings = dump->headings,
		.exact = dump->exact,
		.repeated = dump->repeat,
		.first = first,
		.width = dump->output.path == NULL ? table_width(dump->context, stdout) : 0,
	};
	int r;

	if (groups == NULL || fields == NULL)
		return -ENOMEM;
	r = group_select(frame, &dump->selection, groups, &report.group_count);
	if (r < 0)
		return r;
	*ret_count = report.group_count;
	if (dump->now && !dump->all)
		report_leave_out_empty(&report, groups, fields);
	return dump->format(&report);
}

int dump_print(struct dump *dump, const struct cgw_layout *layout, const struct cgw_frame *frame,
	       bool first, size_t *ret_count)
{
	int r = output_begin(&dump->output), ended;

	if (r < 0) {
		dump->output_error = r;
		return r;
	}
	r = print(dump, layout, frame, first || dump->output.path != NULL, ret_count);
	ended = output_end(&dump->output, r == 0);
	if (r == 0 && ended < 0)
		r = dump->output_error = ended;
	return r;
}

void dump_metrics(const struct dump *dump, struct cgw_metric_set *set)
{
	for (size_t i = 0; i < dump->fields.count; i++)
		cgw_field_metrics(dump->fields.items[i], set);
	if (dump->selection.sorted)
		cgw_field_metrics(dump->selection.sort, set);
}

enum cli_exit dump_print_error(const struct dump *dump, int error, const char *reason)
{
	if (dump->output_error < 0) {
		cli_error(dump->context, "cannot write %s: %s", ESCAPED(512, dump->output.path),
			  strerror(-dump->output_error));
		return CLI_OUTPUT_FAILED;
	}
	return cli_error(dump->context, "%s",
			 reason != NULL && reason[0] != '\0' ? reason : strerror(-error));
}

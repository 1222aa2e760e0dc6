/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-run.h - options of a dump, and what all of its sources do with a frame. */
#pragma once

#include "cmd/dump/dump-report.h"
#include "cmd/dump/output-file.h"
#include "shared/cli/options.h"
#include "shared/cli/select-groups.h"

struct dump {
	struct cli_context *context;
	struct field_list fields;
	struct group_selection selection;
	struct cli_list globs, hosts;
	const char *columns; /* as given, or NULL */
	struct output output;
	int output_error; /* error of writing the output file */
	const char *sort;
	const char *below;
	unsigned formats; /* as given, one bit each */
	int (*format)(const struct report *report);
	enum cgw_collector_choice collector;
	bool list, headings, exact, rates, repeat;
	bool all; /* also what is empty */
	struct container_columns names;
	bool named; /* a column has names of containers or pods */
	bool now;   /* what uses how much now, for a terminal */
	uint64_t interval_ns, rates_ns, count, groups_max;
	/* Options of a recording. */
	const char *replay, *at, *begin, *end;
	const char *host;
	uint64_t every_ns;
	const char *ssh;
	uint64_t stream; /* schema of the data for another cgward, or 0 */
};

/* Prints a frame to standard output, or atomically to the output file. */
int dump_print(struct dump *dump, const struct cgw_layout *layout, const struct cgw_frame *frame,
	       bool first, size_t *ret_count);
/* Prints the reason of a failure to write the output file, or to sample. */
/* Adds the metrics of the columns and of the sort key. */
void dump_metrics(const struct dump *dump, struct cgw_metric_set *set);
enum cli_exit dump_print_error(const struct dump *dump, int error, const char *reason);

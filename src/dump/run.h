/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run.h - what a dump was asked for, for the two places where its samples come from. */
#ifndef CGWARD_DUMP_RUN_H
#define CGWARD_DUMP_RUN_H

#include "cli/select.h"
#include "dump/output.h"
#include "dump/report.h"

#define DUMP_GLOB_MAX 64

struct dump {
	struct cli_context *context;
	struct field_list fields;
	struct group_selection selection;
	const char *globs[DUMP_GLOB_MAX];
	const char *columns; /* as given, or NULL */
	struct output output;
	int output_error; /* of the file, to be told apart */
	const char *sort;
	const char *below;
	int (*format)(const struct report *report);
	enum cgw_collector_choice collector;
	bool list, headings, exact, rates, repeat;
	uint64_t interval_ns, count, groups_max;
	/* Of a recording instead of this machine. */
	const char *replay, *at, *begin, *end;
	const char *host;
	uint64_t every_ns;
};

/* Prints a frame into standard output or, whole, into the file. */
int dump_print(struct dump *dump, const struct cgw_layout *layout, const struct cgw_frame *frame,
	       bool first, size_t *ret_count);
/* Says what failed, the file that was to be written or anything else. */
enum cli_exit dump_say(const struct dump *dump, int error, const char *reason);

/* recorded.c: the same of a recording. */
enum cli_exit dump_recorded(struct dump *dump);

#endif

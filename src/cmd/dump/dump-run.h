/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-run.h - options of a dump, and its sources: this machine, a recording, other machines. */
#ifndef CGWARD_CMD_DUMP_DUMP_RUN_H
#define CGWARD_CMD_DUMP_DUMP_RUN_H

#include "cmd/dump/dump-report.h"
#include "cmd/dump/output-file.h"
#include "shared/cli/options.h"
#include "shared/cli/select-groups.h"

#define DUMP_GLOB_MAX 64
#define DUMP_HOST_MAX 64

enum {
	OPTION_TREE = CLI_OPTION_LONG,
	OPTION_SORT,
	OPTION_REVERSE,
	OPTION_MATCH,
	OPTION_DEPTH,
	OPTION_BELOW,
	OPTION_NDJSON,
	OPTION_CSV,
	OPTION_OPENMETRICS,
	OPTION_PROMETHEUS,
	OPTION_GROUPS_MAX,
	OPTION_OUTPUT,
	OPTION_INTERVAL,
	OPTION_COUNT,
	OPTION_RATES,
	OPTION_COLLECTOR,
	OPTION_REPLAY,
	OPTION_AT,
	OPTION_BEGIN,
	OPTION_END,
	OPTION_EVERY,
	OPTION_HOST,
	OPTION_SSH,
	OPTION_STREAM,
};

struct dump {
	struct cli_context *context;
	struct field_list fields;
	struct group_selection selection;
	const char *globs[DUMP_GLOB_MAX];
	const char *columns; /* as given, or NULL */
	struct output output;
	int output_error; /* error of writing the output file */
	const char *sort;
	const char *below;
	int (*format)(const struct report *report);
	enum cgw_collector_choice collector;
	bool list, headings, exact, rates, repeat;
	uint64_t interval_ns, count, groups_max;
	/* Options of a recording. */
	const char *replay, *at, *begin, *end;
	const char *host;
	uint64_t every_ns;
	/* Options of other machines. */
	const char *hosts[DUMP_HOST_MAX];
	size_t host_count;
	const char *ssh;
	bool stream; /* print data for another cgward */
};

/* Prints a frame to standard output, or atomically to the output file. */
int dump_print(struct dump *dump, const struct cgw_layout *layout, const struct cgw_frame *frame,
	       bool first, size_t *ret_count);
/* Prints the reason of a failure to write the output file, or to sample. */
enum cli_exit dump_print_error(const struct dump *dump, int error, const char *reason);

/* source-options.c: parses and checks options that select a recording or a machine. */
enum cli_exit dump_parse_source(struct dump *dump, int code, const char *value);
enum cli_exit dump_check_source(struct dump *dump);
/* Parses a positive number. */
enum cli_exit dump_parse_count(struct dump *dump, const char *option, const char *value,
			       uint64_t *ret_number);

/* Dumps a recording. */
enum cli_exit dump_recording(struct dump *dump);
/* Dumps other machines. */
enum cli_exit dump_hosts(struct dump *dump);

#endif

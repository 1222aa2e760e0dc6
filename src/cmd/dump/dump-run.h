/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-run.h - what a dump was asked for, for the places where its samples come from. */
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
	/* Of other machines. */
	const char *hosts[DUMP_HOST_MAX];
	size_t host_count;
	const char *ssh;
	bool stream; /* for another cgward */
};

/* Prints a frame into standard output or, whole, into the file. */
int dump_print(struct dump *dump, const struct cgw_layout *layout, const struct cgw_frame *frame,
	       bool first, size_t *ret_count);
/* Says what failed, the file that was to be written or anything else. */
enum cli_exit dump_warn(const struct dump *dump, int error, const char *reason);

/* elsewhere.c: options that say of which recording or machine, and whether they go together. */
enum cli_exit dump_parse_source(struct dump *dump, int code, const char *value);
enum cli_exit dump_check_elsewhere(struct dump *dump);
/* A number above zero. */
enum cli_exit dump_parse_count(struct dump *dump, const char *option, const char *value,
			       uint64_t *ret_number);

/* recorded.c: the same of a recording. */
enum cli_exit dump_recorded(struct dump *dump);
/* remote.c: of other machines. */
enum cli_exit dump_remote(struct dump *dump);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cli.h - what all faces share at the edge where people are: exit statuses, messages, the options
 * that every command takes.
 */
#ifndef CGWARD_SHARED_CLI_CLI_H
#define CGWARD_SHARED_CLI_CLI_H

#include <cgward/kernel.h>

/* Public API: documented in cgward(1), added to, never renumbered. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1, /* at run time */
	CLI_USAGE = 2,
	CLI_POLICY_INVALID = 3,
	CLI_NO_PRIVILEGE = 4, /* or a read-only cgroupfs */
	CLI_PARTLY = 5,
	CLI_NO_CGROUP = 6, /* no hierarchy is mounted */
	CLI_ALREADY_RUNNING = 7,
	CLI_NO_SUCH_GROUP = 8,  /* or nothing matched */
	CLI_REFUSED = 9,        /* protected or unsafe */
	CLI_NOT_KEPT = 10,      /* written, but the kernel reads back another value */
	CLI_WOULD_CHANGE = 11,  /* --dry-run */
	CLI_OUTPUT_FAILED = 12, /* standard output: disk full, pipe closed */
};

struct cli_command_help;

/* What main() read before the command's own options. */
struct cli_context {
	struct cgw_roots roots;
	const char *program; /* "cgward" */
	const char *command; /* "dump" */
	/* Asked for its options, a command gives them and ends: completions are made of them. */
	bool describe;
	const struct cli_command_help *described;
};

/* A face: one row of the table in main.c. */
struct cli_command {
	const char *name;
	const char *summary;
	int (*run)(struct cli_context *context, int argc, char **argv); /* returns enum cli_exit */
};

/* "cgward dump: TEXT\n" on standard error. */
void cli_error(const struct cli_context *context, const char *format, ...) CGW_PRINTF(2, 3);
/* The same for a reason from the library, with its file and line. */
void cli_diag(const struct cli_context *context, const struct cgw_diag *diag);
/* The exit status that an error of the library means. */
enum cli_exit cli_exit_from_error(int error);

/*
 * Opens the layout, or says why not and returns NULL with the exit status to end with: an empty
 * machine (CGW_LAYOUT_NONE) is CLI_NO_CGROUP here.
 */
struct cgw_layout *cli_layout(const struct cli_context *context, enum cli_exit *ret_exit);

/*
 * Flushes and closes standard output. CLI_OUTPUT_FAILED when that fails, which is said unless the reader went
 * away.
 */
enum cli_exit cli_finish(const struct cli_context *context, enum cli_exit status);

/* "500ms", "2s", "1.5", "1m30s" to nanoseconds; plain numbers are seconds. */
int cli_parse_duration(const char *text, uint64_t *ret_ns);

/*
 * A time to nanoseconds of the wall clock: "2026-11-24T03:12:00Z", "2026-11-24 03:12" (here),
 * "03:12" (the last one at or before the reference), "-10m" (before the reference), "@1764000000".
 * -EINVAL, -ERANGE.
 */
int cli_parse_time(const char *text, uint64_t reference_ns, uint64_t *ret_ns);
/* What is said of a time that is none; the option and the text follow. */
#define CLI_TIME_WANTED \
	"--%s wants a time such as 03:12, 2026-11-24T03:12:00Z or -10m, not \"%.64s\""

#endif

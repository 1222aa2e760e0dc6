/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cli.h - exit statuses, messages and time arguments, shared by all commands. */
#pragma once

#include <cgward/kernel.h>

/* Public API, documented in cgward(1): values are added, never renumbered. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1, /* at run time */
	CLI_USAGE = 2,
	CLI_POLICY_INVALID = 3,
	CLI_NO_PRIVILEGE = 4, /* or a read-only cgroupfs */
	CLI_PARTLY = 5,
	CLI_NO_CGROUP = 6, /* no hierarchy is mounted */
	CLI_ALREADY_RUNNING = 7,
	CLI_NO_SUCH_GROUP = 8,  /* process, change or page, or nothing matched */
	CLI_REFUSED = 9,        /* protected or unsafe */
	CLI_NOT_KEPT = 10,      /* written, but the kernel reports another value */
	CLI_WOULD_CHANGE = 11,  /* --dry-run */
	CLI_OUTPUT_FAILED = 12, /* standard output: disk full, pipe closed */
	CLI_NOT_RUNNING = 13,   /* the enforcement */
};

/*
 * The version in every JSON document: raised when a member is removed, renamed or changes its
 * meaning. docs/JSON.md is the contract.
 */
#define CLI_JSON_SCHEMA 1

struct cli_command_help;

/* What main() parsed before the command's own options. */
struct cli_context {
	struct cgw_roots roots;
	const char *program; /* "cgward" */
	const char *command; /* "dump" */
	bool wide;           /* tables may be wider than the terminal */
	/* If set, a command stores its help in `described` and exits, for shell completions. */
	bool describe;
	const struct cli_command_help *described;
};

/* One command. */
struct cli_command {
	const char *name;
	const char *summary;
	int (*run)(struct cli_context *context, int argc, char **argv); /* returns enum cli_exit */
};

/* The tables of the modules that are built; each ends with a NULL name. */
extern const struct cli_command advise_commands[], change_commands[], doctor_commands[],
	dump_commands[], enforce_commands[], inspect_commands[], record_commands[],
	serve_commands[], tui_commands[];

/* "cgward dump: TEXT\n" on standard error. Returns CLI_FAILED. */
enum cli_exit cli_error(const struct cli_context *context, const char *format, ...)
	CGW_PRINTF(2, 3);
/* The same for an error from the library, with its file and line. */
enum cli_exit cli_diag(const struct cli_context *context, const struct cgw_diag *diag);
/* Maps a negative errno from the library to an exit status. */
enum cli_exit cli_exit_from_error(int error);
/* Prints the diagnostic, or the error if that is NULL or empty. Returns the error's exit status. */
enum cli_exit cli_fail(const struct cli_context *context, int error, const struct cgw_diag *diag);

/*
 * Opens the layout, or prints the reason and returns NULL with the exit status. A machine without
 * hierarchies (CGW_LAYOUT_NONE) is an error: CLI_NO_CGROUP.
 */
struct cgw_layout *cli_layout(const struct cli_context *context, enum cli_exit *ret_exit);

/*
 * Flushes and closes standard output. On failure returns CLI_OUTPUT_FAILED, and prints the reason
 * unless the reader closed the pipe.
 */
enum cli_exit cli_finish(const struct cli_context *context, enum cli_exit status);

/* "500ms", "2s", "1.5", "1m30s" to nanoseconds; plain numbers are seconds. */
int cli_parse_duration(const char *text, uint64_t *ret_ns);

/*
 * Parses a time to nanoseconds of the wall clock: "2026-11-24T03:12:00Z", "2026-11-24 03:12" (local
 * time), "03:12" (the last one at or before the reference), "-10m" (before the reference),
 * "@1764000000". -EINVAL, -ERANGE.
 */
int cli_parse_time(const char *text, uint64_t reference_ns, uint64_t *ret_ns);
/* The usage error for an invalid time; its arguments are the option's name and value. */
#define CLI_INVALID_TIME \
	"invalid --%s '%.64s' (expected a time such as 03:12, 2026-11-24T03:12:00Z or -10m)"

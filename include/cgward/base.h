/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * base.h - value states, errors and diagnostics shared by all modules of libcgward.
 *
 * Errors. Every function that can fail returns an int: zero or positive on success, a negative
 * errno value on failure. Results are returned through ret_ parameters, which are left unchanged
 * on failure. Some errors have a fixed meaning:
 *
 *   -ENOENT, -ENODEV   the group was removed, or the file does not exist (cgw_error_is_gone())
 *   -EACCES, -EPERM    permission denied
 *   -EOPNOTSUPP        the file exists, but the kernel does not support reading or writing it
 *   -EBADMSG           the text from the kernel could not be parsed
 *   -ERANGE            a number is out of range
 *   -ESTALE            another group now exists under that path
 *
 * Threads. The library has no writable global data but that of debug.h. Use an object in one
 * thread at a time unless its header documents otherwise.
 */
#ifndef CGWARD_BASE_H
#define CGWARD_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CGW_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#define CGW_PURE                        __attribute__((pure))
#else
#define CGW_PRINTF(format_index, first)
#define CGW_PURE
#endif

/*
 * The state of a value. Only CGW_OK and CGW_RESET come with a number. Zeroed memory reads as
 * absent, so a value that was never stored is not shown as zero.
 */
enum cgw_state {
	CGW_ABSENT = 0,  /* the group has no such file or key: controller off, or older kernel */
	CGW_OK,          /* a number reported by the kernel */
	CGW_MAX,         /* unlimited ("max", -1, or the end of v1's page counter) */
	CGW_DENIED,      /* the file exists, but may not be read */
	CGW_UNSUPPORTED, /* the file exists, but reading it fails with EOPNOTSUPP */
	CGW_GONE,        /* the group was removed between listing and reading */
	CGW_BAD,         /* the text from the kernel could not be parsed */
	CGW_WARMUP,      /* a rate that needs one more sample */
	CGW_RESET,       /* a counter went backwards; the number is the new count */
	CGW_STATE_COUNT,
};

/* The name for machine formats: "ok", "max", "absent", "denied", "unsupported", "gone", ... */
const char *cgw_state_name(enum cgw_state state) CGW_PURE;

/* The symbol shown instead of a number: "-" absent, "!" denied, "?" not parsed, "max". */
const char *cgw_state_sign(enum cgw_state state) CGW_PURE;

/* The state for a read that failed with `error`, a negative errno value. */
enum cgw_state cgw_state_from_error(int error) CGW_PURE;

/* True for both errors by which the kernel reports that a group was removed. */
static inline bool cgw_error_is_gone(int error)
{
	return error == -2 /* ENOENT */ || error == -19 /* ENODEV */;
}

/* A number as read. `value` is valid only if `state` is CGW_OK or CGW_RESET. */
struct cgw_number {
	uint64_t value;
	enum cgw_state state;
};

/*
 * The reason for a failure: one line for the user, without a newline. Untrusted names in it are
 * already escaped. The caller provides the memory, usually on the stack; every function accepts
 * NULL instead.
 */
struct cgw_diag {
	char text[512];
	char file[256]; /* the file with the error, or "" */
	unsigned line;  /* the line of that file, or 0 */
};

/* Formats a message into `diag` (may be NULL). Returns `error`, for use in a return statement. */
int cgw_diag_set(struct cgw_diag *diag, int error, const char *format, ...) CGW_PRINTF(3, 4);

/*
 * Copies `length` bytes of untrusted `text` into `buffer` so that they are safe to print: control
 * bytes, invalid UTF-8, bidirectional and zero-width characters become \xNN, and so does a
 * backslash from which on the text looks like such an escape. Other backslashes are unchanged, as
 * in the names of systemd units. The result is always terminated (`size` must be at least 1).
 * Truncated text ends in "...", and no escape or character is split. Returns the number of bytes
 * written, without the terminator.
 */
size_t cgw_escape(char *buffer, size_t size, const char *text, size_t length);

/* Reverts cgw_escape(), in place. Returns the new length. */
size_t cgw_unescape(char *text);

/* The version of the library, "MAJOR.MINOR.PATCH". */
const char *cgw_version(void) CGW_PURE;

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * base.h - what every room of cgward shares: the state of a value, errors, reasons.
 *
 * Errors. Every function that can fail returns int: zero or positive is success, negative is
 * -errno taken at the line of the system call. Results come back through ret_ parameters, which
 * are not touched on failure. Fixed meanings beside errno's own:
 *
 *   -ENOENT, -ENODEV   the group went away, or the file is not there (see cgw_error_is_gone())
 *   -EACCES, -EPERM    denied
 *   -EOPNOTSUPP        the kernel has the file and does not serve it
 *   -EBADMSG           the kernel's text was not understood
 *   -ERANGE            a number that does not fit
 *   -ESTALE            another group stands under that name now
 *
 * Threads. The library holds no writable globals. An object is used by one thread at a time,
 * unless its header says otherwise.
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
 * Absence is data. Every value carries one of these; only CGW_OK and CGW_RESET carry a number.
 * Zeroed memory reads as "absent", so that a forgotten store never becomes a zero on a screen.
 */
enum cgw_state {
	CGW_ABSENT = 0,  /* no such file or key for this group: controller off, older kernel */
	CGW_OK,          /* a number the kernel gave */
	CGW_MAX,         /* no limit ("max", -1, or the page counter's end) */
	CGW_DENIED,      /* the file is there, reading it is not allowed */
	CGW_UNSUPPORTED, /* the file is there, the kernel answers EOPNOTSUPP */
	CGW_GONE,        /* the group vanished between listing and reading */
	CGW_BAD,         /* the kernel's text was not understood */
	CGW_WARMUP,      /* a rate that needs one more sample */
	CGW_RESET,       /* a counter that ran backwards; the number is the new count */
	CGW_STATE_COUNT,
};

/* One word for scripts: "ok", "max", "absent", "denied", "unsupported", "gone", ... */
const char *cgw_state_name(enum cgw_state state) CGW_PURE;

/* One character for screens where no number stands: '-' absent, '!' denied, '?' not understood. */
const char *cgw_state_sign(enum cgw_state state) CGW_PURE;

/* The state that a failed read (negative errno) leaves behind. */
enum cgw_state cgw_state_from_error(int error) CGW_PURE;

/* True for both ways in which the kernel says that a group is no more. */
static inline bool cgw_error_is_gone(int error)
{
	return error == -2 /* ENOENT */ || error == -19 /* ENODEV */;
}

/* A number as read: `value` counts only where `state` says so. */
struct cgw_number {
	uint64_t value;
	enum cgw_state state;
};

/*
 * Why something failed, for people: one line, without a newline, already safe to print (names are
 * escaped when they are put in). Held by the caller, usually on the stack; every function accepts
 * NULL instead.
 */
struct cgw_diag {
	char text[512];
	char file[256]; /* the file at fault, or "" */
	unsigned line;  /* its line, or 0 */
};

/* Fills `diag` (may be NULL) and returns `error`, so that a failure is one statement. */
int cgw_diag_set(struct cgw_diag *diag, int error, const char *format, ...) CGW_PRINTF(3, 4);

/*
 * Writes `length` bytes of `text` into `buffer` so that a terminal, a table or a log line shows
 * them and obeys none: control bytes, invalid UTF-8, bidirectional and zero-width characters and
 * the backslash become \xNN. Always terminates (`size` must be at least 1) and never cuts an
 * escape or a character in two. Returns the length written.
 */
size_t cgw_escape(char *buffer, size_t size, const char *text, size_t length);

/* The version of the library, "MAJOR.MINOR.PATCH". */
const char *cgw_version(void) CGW_PURE;

#ifdef __cplusplus
}
#endif

#endif

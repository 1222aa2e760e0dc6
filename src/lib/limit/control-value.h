/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * control-value.h - requested values and settings of controls. Pure.
 *
 * A request is a parsed value, which may be relative ("50% of parent", "+20%"). A setting is a
 * request resolved to an absolute value, or the value that the kernel reports. A formatted setting
 * is exact and parses to the same setting.
 */
#pragma once

#include "lib/limit/control.h"

#define VALUE_MAX    256 /* bytes of a value's text, more than any control accepts */
#define INSTANCE_MAX 96

struct setting {
	char instance[INSTANCE_MAX]; /* "8:0", "2MB", "mlx5_0", or "" */
	bool unlimited;
	uint64_t number;      /* in the control's unit; BANDWIDTH: the quota of one period, in ns */
	uint64_t period_ns;   /* BANDWIDTH; 0: the current period */
	char text[VALUE_MAX]; /* non-numeric forms */
};

enum request_kind {
	REQUEST_NUMBER,
	REQUEST_UNLIMITED,
	REQUEST_PERCENT, /* of a base */
	REQUEST_STEP,    /* a difference to the current value */
	REQUEST_STEP_PERCENT,
	REQUEST_TEXT,
};

enum percent_base { BASE_HOST, BASE_PARENT, BASE_NOW };

struct request {
	struct setting setting; /* the instance as written, and the number if there is one */
	enum request_kind kind;
	enum percent_base base;
	uint64_t percent_e2;
	bool less; /* REQUEST_STEP*: decrease */
};

/* The values that relative requests refer to; 0: unknown. */
struct percent_bases {
	uint64_t host;   /* CPUs: ns of CPU time per second */
	uint64_t parent; /* the tightest limit of an ancestor, else that of the host */
	const struct setting *now;
};

/* -EINVAL or -ERANGE, with the reason and the expected syntax. */
int request_parse(const struct control_row *row, const char *text, struct request *ret_request,
		  struct cgw_diag *diag);

/* Resolves the request to an absolute value and checks its range. */
int request_resolve(const struct control_row *row, const struct request *request,
		    const struct percent_bases *bases, struct setting *ret_setting,
		    struct cgw_diag *diag);

/* Formats the value without the instance. Returns the length as snprintf() does. */
size_t setting_format(const struct control_row *row, const struct setting *setting, char *buffer,
		      size_t size);

/* Compares the values; ignores the instances. */
bool setting_equal(const struct control_row *row, const struct setting *a, const struct setting *b);

/* -1, 0 or 1 if a is tighter than, equal to or looser than b. Numbers only; "max" is loosest. */
int setting_compare(const struct setting *a, const struct setting *b);

/* The bandwidth per second, for comparison across periods; other settings unchanged. */
struct setting setting_rate(const struct control_row *row, const struct setting *setting) CGW_PURE;

/* Does a list such as "0-3,8" contain all numbers of another? False for an invalid list. */
bool list_contains(const char *list, const char *other) CGW_PURE;

/* Sorts a list, removes duplicates and joins ranges: "3-5,0" to "0,3-5". -EINVAL, -ERANGE. */
int list_normalise(const char *text, char *buffer, size_t size);

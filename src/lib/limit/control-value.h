/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * control-value.h - what an operator asks for, and what a control is set to. Pure.
 *
 * A wish is text understood: it may be relative ("50% of parent", "+20%"). A setting is a wish made
 * absolute, or what the kernel says now. Settings are compared, written and given back; their words
 * are exact and parse to the same setting.
 */
#ifndef CGWARD_LIB_LIMIT_CONTROL_VALUE_H
#define CGWARD_LIB_LIMIT_CONTROL_VALUE_H

#include "lib/limit/control.h"

#define VALUE_MAX    256 /* bytes of a value's text, which is more than any control takes */
#define INSTANCE_MAX 96

struct setting {
	char instance[INSTANCE_MAX]; /* "8:0", "2MB", "mlx5_0", or "" */
	bool unlimited;
	uint64_t number;      /* in the control's unit; BANDWIDTH: the quota of one period, in ns */
	uint64_t period_ns;   /* BANDWIDTH; 0: whatever it is now */
	char text[VALUE_MAX]; /* forms that are no number */
};

enum request_kind {
	WISH_NUMBER,
	WISH_UNLIMITED,
	WISH_PERCENT, /* of a base */
	WISH_STEP,    /* a number more or less than now */
	WISH_STEP_PERCENT,
	WISH_TEXT,
};

enum percent_base { BASE_HOST, BASE_PARENT, BASE_NOW };

struct request {
	struct setting asked; /* instance as written; the number where the wish holds one */
	enum request_kind kind;
	enum percent_base base;
	uint64_t percent_e2;
	bool less; /* steps go down */
};

/* What relative wishes are relative to; 0: not known here. */
struct percent_bases {
	uint64_t host;   /* CPUs: ns of CPU a second */
	uint64_t parent; /* the tightest limit above, or the host's */
	const struct setting *now;
};

/* -EINVAL or -ERANGE with the reason and what would be right. */
int request_parse(const struct control_row *row, const char *text, struct request *ret_wish,
		  struct cgw_diag *diag);

/* Makes it absolute and checks the range. */
int request_resolve(const struct control_row *row, const struct request *wish,
		    const struct percent_bases *bases, struct setting *ret_setting,
		    struct cgw_diag *diag);

/* The value in our words, without the instance. Returns the length as snprintf does. */
size_t setting_format(const struct control_row *row, const struct setting *setting, char *buffer,
		      size_t size);

/* Do both say the same? Instances are not looked at. */
bool setting_equal(const struct control_row *row, const struct setting *a, const struct setting *b);

/* -1, 0, 1: is a tighter than b, the same, or looser? Numbers only; "max" is the loosest. */
int setting_compare(const struct setting *a, const struct setting *b);

/* "3-5,0" and "0,3,4,5" are one list: sorted, without doubles, in ranges. -EINVAL, -ERANGE. */
int list_normalise(const char *text, char *buffer, size_t size);

#endif

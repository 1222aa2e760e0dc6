/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * expression.h - conditions over groups: "cpu > 300% and memory.anon > 80% of limit".
 *
 * Policy rules, the filter of the dashboard and `dump --where` share this language. Evaluation
 * opens no file and reads no clock. It uses three-valued logic: if a value is not known, its term
 * is unknown, which neither starts a rule nor ends it.
 *
 *   EXPR   = EXPR or EXPR | EXPR and EXPR | not EXPR | ( EXPR ) | TERM       (also || && !)
 *   TERM   = VALUE OP BOUND | TEXT OP PATTERN | FLAG
 *   VALUE  = KEY [avg DURATION]            any key of model.h, "age", "host.memory.available", ...
 *   OP     = > >= < <= == !=
 *   BOUND  = NUMBER[UNIT] | max | KEY | NUMBER% of limit | NUMBER% of host | NUMBER% of parent
 *          | NUMBER% of KEY | NUMBERx avg DURATION
 *   TEXT   = group | name | unit | container | owner | user | command | executable | ...
 *
 * "90% of limit" refers to the tightest limit between the group and the root. A share of no limit
 * is unknown, for "90% of limit" as for the fields that are percentages of a limit. In other
 * comparisons an unlimited value ("max") is larger than every number and equal to "max". With "/s",
 * "/m" or "/h" after the bound, the growth of a counter is compared. Patterns are globs
 * (cgw_glob_match()); a pattern without wildcards must match exactly.
 */
#ifndef CGWARD_EXPRESSION_H
#define CGWARD_EXPRESSION_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_truth { CGW_FALSE, CGW_TRUE, CGW_UNKNOWN };

/* "false", "true" or "unknown". */
const char *cgw_truth_name(enum cgw_truth truth) CGW_PURE;

/* Properties of a group other than metrics, provided by the caller through struct cgw_facts. */
enum cgw_subject {
	CGW_SUBJECT_UNIT,       /* the systemd unit that the group belongs to */
	CGW_SUBJECT_CONTAINER,  /* the identifier or name of the container */
	CGW_SUBJECT_OWNER,      /* the manager of the group: "systemd", "docker", "user", ... */
	CGW_SUBJECT_USER,       /* the user that owns most of its processes: name or number */
	CGW_SUBJECT_USER_GROUP, /* the user group that owns most of its processes */
	CGW_SUBJECT_COMMAND,    /* the command of any of its processes */
	CGW_SUBJECT_EXECUTABLE, /* the executable of any of its processes */
	CGW_SUBJECT_ATTRIBUTE,  /* an extended attribute: "NAME" or "NAME=VALUE" */
	CGW_SUBJECT_CONTROLLER, /* a controller in whose hierarchy the group exists */
	CGW_SUBJECT_COUNT,
};

/* The name of the subject in an expression: "unit", "container", ... */
const char *cgw_subject_name(enum cgw_subject subject) CGW_PURE;

/* Answers questions about groups from /proc, from a recording, or from a test. */
struct cgw_facts {
	/* Compares a subject of a group with a glob; CGW_UNKNOWN if the subject cannot be read. */
	enum cgw_truth (*matches)(void *context, const struct cgw_frame *frame, uint32_t group,
				  enum cgw_subject subject, const char *pattern);
	/* The time since the group was created; UINT64_MAX if not known. */
	uint64_t (*age_ns)(void *context, const struct cgw_frame *frame, uint32_t group);
	void *context;
};

/* A parsed expression. It is constant, so any thread may evaluate it. */
struct cgw_expression;

/*
 * Parses an expression. Returns -EINVAL for a syntax error; `diag` then contains the position, the
 * error, and the nearest valid word. Free with cgw_expression_free(), which accepts NULL and
 * returns NULL.
 */
int cgw_expression_parse(const char *text, struct cgw_expression **ret_expression,
			 struct cgw_diag *diag);
struct cgw_expression *cgw_expression_free(struct cgw_expression *expression);
/* The text that was parsed; owned by the expression. */
const char *cgw_expression_text(const struct cgw_expression *expression) CGW_PURE;
/* Adds all metrics that the expression uses to `set`. */
void cgw_expression_metrics(const struct cgw_expression *expression, struct cgw_metric_set *set);

/* The state of the moving averages of one expression, for each group. */
struct cgw_averages;
/* The expression must outlive its averages. Free with cgw_averages_free(), which accepts NULL. */
int cgw_averages_new(const struct cgw_expression *expression, struct cgw_averages **ret_averages);
struct cgw_averages *cgw_averages_free(struct cgw_averages *averages);
/* Call once for each frame before evaluating. Allocates memory only if a group was added. */
int cgw_averages_update(struct cgw_averages *averages, const struct cgw_frame *frame);
/* Call after a gap in the samples: discards the averages collected so far. */
void cgw_averages_reset(struct cgw_averages *averages);

/* The group for which an expression is evaluated. */
struct cgw_scope {
	const struct cgw_frame *frame;
	uint32_t group;
	const struct cgw_averages *averages; /* NULL: averages are unknown */
	const struct cgw_facts *facts;       /* NULL: subjects and age are unknown */
	/*
	 * If not NULL, values are sums over these children of one parent, which include `group`.
	 * "of limit" then refers to the tightest limit of the parent, and the age is unknown.
	 */
	const uint32_t *members;
	size_t member_count;
};
enum cgw_truth cgw_expression_evaluate(const struct cgw_expression *expression,
				       const struct cgw_scope *scope);

/* The terms of an expression in the order of its text, for explanations and checks. */
enum cgw_term_kind {
	CGW_TERM_FIELD,   /* a value of the group */
	CGW_TERM_HOST,    /* a value of the whole system */
	CGW_TERM_AGE,     /* the age of the group */
	CGW_TERM_TEXT,    /* a text field compared with a pattern */
	CGW_TERM_SUBJECT, /* a subject compared with a pattern */
};
/* Strings are owned by the expression. */
struct cgw_term {
	enum cgw_term_kind kind;
	const char *text;       /* the term as written */
	const char *key;        /* the left side: "cpu", "host.load1" */
	struct cgw_field field; /* FIELD, TEXT */
	enum cgw_unit unit;     /* of both sides */
};
size_t cgw_expression_term_count(const struct cgw_expression *expression) CGW_PURE;
void cgw_expression_term(const struct cgw_expression *expression, size_t term,
			 struct cgw_term *ret_term);
/*
 * Evaluates one term and returns the values of both sides. An infinite bound is CGW_MAX; for text
 * terms both values are CGW_ABSENT.
 */
enum cgw_truth cgw_expression_evaluate_term(const struct cgw_expression *expression, size_t term,
					    const struct cgw_scope *scope,
					    struct cgw_value *ret_value,
					    struct cgw_value *ret_bound);

/* Lists the words of the language other than field keys: i from 0 until -ENOENT. */
int cgw_expression_word(size_t i, const char **ret_word, const char **ret_help);

/*
 * Parses a number with a unit at the start of `text`: "512M", "150%", "1m30s", "200/s". Returns the
 * number in `unit` and the length of the text parsed. Returns -EINVAL if there is no number or the
 * suffix is not valid for `unit`; `diag` then describes the expected syntax.
 */
int cgw_quantity_parse(const char *text, enum cgw_unit unit, double *ret_number, size_t *ret_length,
		       struct cgw_diag *diag);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * expression.h - conditions over groups: "cpu > 300% and memory.anon > 80% of limit".
 *
 * Rules, the dashboard's filter and `dump --where` ask in the same words. Pure, and three-valued: a
 * figure that is not known makes its term unknown, which neither starts a rule nor ends it.
 *
 *   EXPR   = EXPR or EXPR | EXPR and EXPR | not EXPR | ( EXPR ) | TERM       (also || && !)
 *   TERM   = FIGURE OP BOUND | TEXT OP PATTERN | FLAG
 *   FIGURE = KEY [avg DURATION]            every key of model.h, "age", "host.memory.available", ...
 *   OP     = > >= < <= == !=
 *   BOUND  = NUMBER[UNIT] | max | KEY | NUMBER% of limit | NUMBER% of host | NUMBER% of parent
 *          | NUMBER% of KEY | NUMBERx avg DURATION
 *   TEXT   = group | name | unit | container | owner | user | command | executable | ...
 *
 * "90% of limit" is of the tightest limit between the group and the root; where there is none, no
 * figure is above it. "/s", "/m" and "/h" behind the bound of a counter compare its growth. Patterns
 * are globs (cgw_glob_match()); one without wildcards is equal to itself alone.
 */
#ifndef CGWARD_EXPRESSION_H
#define CGWARD_EXPRESSION_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_truth { CGW_FALSE, CGW_TRUE, CGW_UNKNOWN };

const char *cgw_truth_name(enum cgw_truth truth) CGW_PURE;

/* What a group is beyond its figures: answered by the caller, from /proc, a recording or a test. */
enum cgw_subject {
	CGW_SUBJECT_UNIT,       /* the systemd unit that it belongs to */
	CGW_SUBJECT_CONTAINER,  /* id or name */
	CGW_SUBJECT_OWNER,      /* "systemd", "docker", "user", ...: who manages it */
	CGW_SUBJECT_USER,       /* name or number: of most of its processes */
	CGW_SUBJECT_USER_GROUP, /* the same of the user group */
	CGW_SUBJECT_COMMAND,    /* any of its processes */
	CGW_SUBJECT_EXECUTABLE,
	CGW_SUBJECT_ATTRIBUTE,  /* extended attribute: "NAME" or "NAME=VALUE" */
	CGW_SUBJECT_CONTROLLER, /* a controller whose hierarchy has the group */
	CGW_SUBJECT_COUNT,
};

const char *cgw_subject_name(enum cgw_subject subject) CGW_PURE;

struct cgw_facts {
	enum cgw_truth (*matches)(void *context, const struct cgw_frame *frame, uint32_t group,
				  enum cgw_subject subject, const char *pattern);
	/* UINT64_MAX where it is not known. */
	uint64_t (*age_ns)(void *context, const struct cgw_frame *frame, uint32_t group);
	void *context;
};

struct cgw_expression; /* constant once parsed: any thread may evaluate it */

/* -EINVAL with the position, what is wrong there, and the nearest right word. */
int cgw_expression_parse(const char *text, struct cgw_expression **ret_expression,
			 struct cgw_diag *diag);
struct cgw_expression *cgw_expression_free(struct cgw_expression *expression);
const char *cgw_expression_text(const struct cgw_expression *expression) CGW_PURE;
/* Adds all metrics that it reads. */
void cgw_expression_metrics(const struct cgw_expression *expression, struct cgw_metric_set *set);

/* What the moving averages of one expression remember of each group. */
struct cgw_averages;
int cgw_averages_new(const struct cgw_expression *expression, struct cgw_averages **ret_averages);
struct cgw_averages *cgw_averages_free(struct cgw_averages *averages);
/* Once for each frame, before it is evaluated. Nothing is allocated while no group comes. */
int cgw_averages_update(struct cgw_averages *averages, const struct cgw_frame *frame);
/* After a gap in the samples: what was remembered says nothing about now. */
void cgw_averages_reset(struct cgw_averages *averages);

/* Of what is asked. */
struct cgw_scope {
	const struct cgw_frame *frame;
	uint32_t group;
	const struct cgw_averages *averages; /* NULL: averages are unknown */
	const struct cgw_facts *facts;       /* NULL: subjects and age are unknown */
	/*
	 * Figures are sums over these, children of one parent, `group` among them; NULL: of the group
	 * alone. "of limit" is then of the parent's tightest limit; an age is unknown.
	 */
	const uint32_t *members;
	size_t member_count;
};
enum cgw_truth cgw_expression_evaluate(const struct cgw_expression *expression,
				       const struct cgw_scope *scope);

/* Its terms one by one, in the order in which they are written: for explanations and checks. */
enum cgw_term_kind {
	CGW_TERM_FIELD,   /* a figure of the group */
	CGW_TERM_HOST,    /* of the machine */
	CGW_TERM_AGE,     /* of the group */
	CGW_TERM_TEXT,    /* a text field against a pattern */
	CGW_TERM_SUBJECT, /* a subject against a pattern */
};
struct cgw_term {
	enum cgw_term_kind kind;
	const char *text;       /* as it is written */
	const char *key;        /* what is compared: "cpu", "host.load1" */
	struct cgw_field field; /* FIELD, TEXT */
	enum cgw_unit unit;     /* of both sides */
};
size_t cgw_expression_term_count(const struct cgw_expression *expression) CGW_PURE;
void cgw_expression_term(const struct cgw_expression *expression, size_t term,
			 struct cgw_term *ret_term);
/* Its truth now, and both sides; a bound without end is CGW_MAX. Sides of texts are absent. */
enum cgw_truth cgw_expression_evaluate_term(const struct cgw_expression *expression, size_t term,
					    const struct cgw_scope *scope,
					    struct cgw_value *ret_value,
					    struct cgw_value *ret_bound);

/* The i-th word that expressions know beside the keys of fields: -ENOENT at the end. */
int cgw_expression_word(size_t i, const char **ret_word, const char **ret_help);

/*
 * A number with its unit, as operators write it: "512M", "150%", "1m30s", "200/s". Reads what
 * belongs to it and says how much that was; -EINVAL where no number stands or the unit is none of
 * that kind, and what would be right in `diag`.
 */
int cgw_quantity_parse(const char *text, enum cgw_unit unit, double *ret_number, size_t *ret_length,
		       struct cgw_diag *diag);

#ifdef __cplusplus
}
#endif

#endif

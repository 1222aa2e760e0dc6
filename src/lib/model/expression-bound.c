/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expression-bound.c - parser of the right side of a comparison: number, share, key or average. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/model/expression-priv.h"
#include "lib/model/field.h"

/* The limit that "% of limit" refers to, or -1 if no limit applies to the field. */
static int limit_of(struct cgw_field field)
{
	const struct cgw_metric_info *info;
	const struct derived_field *derived;

	if (field.view == CGW_VIEW_DERIVED) {
		derived = field_derived(field.index);
		if (derived->operation == OPERATION_CPU_RATE)
			return CGW_M_CPU_MAX;
		return derived->operation == OPERATION_DIFFERENCE
			       ? cgw_metric_info((enum cgw_metric)derived->a)->limited_by
			       : -1;
	}
	if (field.view == CGW_VIEW_RATE)
		return field.index == CGW_M_CPU_USAGE ? CGW_M_CPU_MAX : -1;
	if (field.view != CGW_VIEW_VALUE)
		return -1;
	info = cgw_metric_info((enum cgw_metric)field.index);
	if (info->limited_by >= 0)
		return cgw_metric_info((enum cgw_metric)info->limited_by)->shape == CGW_SCALAR
			       ? info->limited_by
			       : -1;
	if (field.index == CGW_M_CGROUP_PROCS || field.index == CGW_M_CGROUP_THREADS)
		return CGW_M_PIDS_MAX;
	/* Every part of the charged memory counts towards memory.max. */
	if (info->kind == CGW_GAUGE && info->unit == CGW_UNIT_BYTES &&
	    strncmp(info->key, "memory.", strlen("memory.")) == 0)
		return CGW_M_MEMORY_MAX;
	return -1;
}

static bool is_cpu_percent(const struct term *term)
{
	return term->unit == CGW_UNIT_PERCENT &&
	       ((term->kind == CGW_TERM_FIELD && limit_of(term->value.field) == CGW_M_CPU_MAX) ||
		term->kind == CGW_TERM_HOST);
}

static int bound_of_limit(struct expression_parser *parser, const char *where, struct term *term)
{
	int limit = term->kind == CGW_TERM_FIELD ? limit_of(term->value.field) : -1;

	if (limit < 0)
		return expression_fail(parser, where, "no limit applies to '%s'", term->key);
	term->bound.kind = OPERAND_LIMIT;
	term->bound.index = (int16_t)limit;
	if (term->unit == CGW_UNIT_PERCENT)
		term->bound.factor /= 1e7; /* CPU limits are in ns per second */
	return 0;
}

static int bound_of_host(struct expression_parser *parser, const char *where, struct term *term)
{
	term->bound.kind = OPERAND_TOTAL;
	if (term->unit == CGW_UNIT_BYTES)
		term->bound.index = strstr(term->key, "swap") != NULL ? TOTAL_SWAP : TOTAL_MEMORY;
	else if (is_cpu_percent(term))
		term->bound.index = TOTAL_CPU;
	else
		return expression_fail(parser, where, "the machine has no total for '%s'",
				       term->key);
	return 0;
}

/* Both sides must have the same unit; a percentage of CPU also compares with CPU time. */
static int bound_of_key(struct expression_parser *parser, const char *where, size_t length,
			bool after_of, struct term *term)
{
	char key[96];
	unsigned unit;
	int host;

	if (length == 0 || length >= sizeof(key))
		return expression_fail(parser, where, "expected a number, percentage or field");
	memcpy(key, where, length);
	key[length] = '\0';
	host = host_find(key);
	if (host >= 0) {
		term->bound.kind = OPERAND_HOST;
		term->bound.index = (int16_t)host;
		unit = host_unit((int16_t)host);
	} else if (cgw_field_parse(key, &term->bound.field, NULL) == 0) {
		term->bound.kind = OPERAND_FIELD;
		unit = term->bound.field.unit;
	} else {
		return expression_unknown_key(parser, where, key, after_of);
	}
	if (unit == CGW_UNIT_CPU && is_cpu_percent(term))
		term->bound.factor /= 1e7;
	else if (unit != term->unit)
		return expression_fail(parser, where, "cannot compare '%s' (%s) with '%s' (%s)",
				       term->key, cgw_unit_name(term->unit), key,
				       cgw_unit_name(unit));
	parser->at += length;
	return 0;
}

/* The whole after "of": limit, host, parent or a key. */
static int parse_share(struct expression_parser *parser, double percent, struct term *term)
{
	const char *where = parser->at;

	term->bound.factor = percent / 100;
	term->bound.is_share = true;
	term->bound.share = percent / 100;
	if (expression_accept_word(parser, "limit"))
		return bound_of_limit(parser, where, term);
	if (expression_accept_word(parser, "host"))
		return bound_of_host(parser, where, term);
	if (expression_accept_word(parser, "parent")) {
		if (term->kind != CGW_TERM_FIELD)
			return expression_fail(parser, where,
					       "'of parent' is not valid for '%s' "
					       "(expected a metric of the group)",
					       term->key);
		term->bound.kind = OPERAND_PARENT;
		term->bound.field = term->value.field;
		return 0;
	}
	return bound_of_key(parser, where, expression_word_length(where), true, term);
}

/* The averaged operand if the left side is an average, else the left side itself. */
static struct operand *averaged_operand(struct expression_parser *parser, struct term *term)
{
	return term->value.kind == OPERAND_AVERAGE
		       ? &parser->expression->averages[term->value.index].operand
		       : &term->value;
}

/* "3/m" compares the rate of a counter: replaces the counter by its ".rate" field. */
static void convert_to_rate(struct expression_parser *parser, struct term *term)
{
	const char *slash = parser->at + strspn(parser->at, "0123456789.KMGTPkiBmuns");
	struct operand *operand = averaged_operand(parser, term);
	struct cgw_field rate;
	char key[112];
	size_t length;

	if (term->kind != CGW_TERM_FIELD || operand->field.view != CGW_VIEW_VALUE || *slash != '/')
		return;
	length = cgw_field_key(operand->field, key, sizeof(key) - sizeof(".rate"));
	if (length >= sizeof(key) - sizeof(".rate"))
		return;
	memcpy(key + length, ".rate", sizeof(".rate"));
	if (cgw_field_parse(key, &rate, NULL) < 0)
		return;
	operand->field = rate;
	term->unit = rate.unit;
}

/* "3x avg 5m": a multiple of the average. */
static bool accept_factor(struct expression_parser *parser, double *ret_factor)
{
	size_t digits = strspn(parser->at, "0123456789.");
	char *end;

	if (digits == 0 || parser->at[digits] != 'x')
		return false;
	*ret_factor = strtod(parser->at, &end);
	if (end != parser->at + digits)
		return false;
	parser->at = end + 1;
	return true;
}

static int parse_factor(struct expression_parser *parser, struct term *term)
{
	const char *where = parser->at;

	term->bound.field = term->value.field;
	if (!expression_accept_word(parser, "avg"))
		return expression_fail(parser, where,
				       "expected 'avg' and a time (for example 3x avg 5m)");
	return expression_parse_average(parser, false, &term->bound);
}

static int parse_number(struct expression_parser *parser, struct term *term)
{
	const char *where = parser->at;
	bool negative = *where == '-';
	struct cgw_diag reason = {0};
	size_t length;
	double number;

	parser->at += negative;
	convert_to_rate(parser, term);
	if (cgw_quantity_parse(parser->at, term->unit, &number, &length, &reason) < 0)
		return expression_fail(parser, where, "%s", reason.text);
	parser->at += length;
	term->bound.factor = negative ? -number : number;
	return 0;
}

/* "90% of ...". */
static bool accept_share(struct expression_parser *parser, double *ret_percent)
{
	size_t digits = strspn(parser->at, "0123456789.");
	struct expression_parser after = *parser;
	char *end;

	if (digits == 0 || parser->at[digits] != '%')
		return false;
	*ret_percent = strtod(parser->at, &end);
	after.at = parser->at + digits + 1;
	if (end != parser->at + digits || !expression_accept_word(&after, "of"))
		return false;
	*parser = after;
	return true;
}

static const struct {
	const char *word;
	double number;
} flag_words[] = {{"yes", 1}, {"true", 1}, {"no", 0}, {"false", 0}};

int expression_parse_bound(struct expression_parser *parser, struct term *term)
{
	size_t length;
	double number;

	term->bound = (struct operand){.kind = OPERAND_CONSTANT, .factor = 1};
	if (accept_share(parser, &number))
		return parse_share(parser, number, term);
	if (accept_factor(parser, &number)) {
		term->bound.factor = number;
		return parse_factor(parser, term);
	}
	if (expression_accept_word(parser, "max")) {
		term->bound.factor = HUGE_VAL;
		return 0;
	}
	for (size_t i = 0; term->unit == CGW_UNIT_FLAG && i < ARRAY_SIZE(flag_words); i++)
		if (expression_accept_word(parser, flag_words[i].word)) {
			term->bound.factor = flag_words[i].number;
			return 0;
		}
	length = expression_word_length(parser->at);
	if (length > 0)
		return bound_of_key(parser, parser->at, length, false, term);
	return parse_number(parser, term);
}

int expression_parse_average(struct expression_parser *parser, bool include_current,
			     struct operand *operand)
{
	struct cgw_expression *expression = parser->expression;
	const struct term *term = &expression->terms[expression->term_count - 1];
	const struct operand *left = &term->value;
	struct cgw_diag reason = {0};
	size_t length;
	double window_ns;

	if (left->kind == OPERAND_AVERAGE)
		left = &expression->averages[left->index].operand;
	if (term->kind != CGW_TERM_FIELD && term->kind != CGW_TERM_HOST)
		return expression_fail(parser, parser->at, "cannot average '%s'", term->key);
	if (expression->average_count == EXPRESSION_TERMS_MAX)
		return expression_fail(parser, parser->at, "too many averages (at most %d)",
				       EXPRESSION_TERMS_MAX);
	if (cgw_quantity_parse(parser->at, CGW_UNIT_NS, &window_ns, &length, &reason) < 0)
		return expression_fail(parser, parser->at, "%s", reason.text);
	if (window_ns < 1e9 || window_ns > 7 * 86400e9)
		return expression_fail(parser, parser->at,
				       "invalid averaging window '%.*s' (expected 1s to 7d)",
				       (int)length, parser->at);
	parser->at += length;
	expression->averages[expression->average_count] =
		(struct average){.operand = *left,
				 .window_seconds = window_ns / 1e9,
				 .include_current = include_current};
	operand->kind = OPERAND_AVERAGE;
	operand->index = (int16_t)expression->average_count++;
	return 0;
}

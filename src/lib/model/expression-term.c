/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expression-term.c - parser of one comparison: its key, operator and pattern. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/model/expression-priv.h"

/* Looks up the key and sets the left side. */
static int resolve_key(struct expression_parser *parser, const char *where, struct term *term)
{
	int host = host_find(term->key), r;

	term->value.factor = 1;
	if (expression_is_age(term->key)) {
		term->kind = CGW_TERM_AGE;
		term->value.kind = OPERAND_AGE;
		term->unit = CGW_UNIT_NS;
		return 0;
	}
	if (host >= 0) {
		term->kind = CGW_TERM_HOST;
		term->value.kind = OPERAND_HOST;
		term->value.index = (int16_t)host;
		term->unit = (uint8_t)host_unit((int16_t)host);
		return 0;
	}
	/* A field of the path ("unit", "container") takes precedence over the caller's facts. */
	r = cgw_field_parse(term->key, &term->value.field, NULL);
	if (r < 0 && expression_find_subject(term->key, term))
		return 0;
	if (r < 0)
		return expression_unknown_key(parser, where, term->key, false);
	term->kind = term->value.field.shape == CGW_STRING ? CGW_TERM_TEXT : CGW_TERM_FIELD;
	term->value.kind = OPERAND_FIELD;
	term->unit = term->value.field.unit;
	return 0;
}

/* ">=" precedes its prefix ">". */
static const struct {
	const char *sign;
	enum compare compare;
} signs[] = {
	{">=", COMPARE_MORE_EQUAL}, {"<=", COMPARE_LESS_EQUAL}, {"==", COMPARE_EQUAL},
	{"!=", COMPARE_NOT_EQUAL},  {">", COMPARE_MORE},        {"<", COMPARE_LESS},
	{"=", COMPARE_EQUAL},
};

static bool accept_compare(struct expression_parser *parser, struct term *term)
{
	expression_skip_blanks(parser);
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		if (strncmp(parser->at, signs[i].sign, strlen(signs[i].sign)) != 0)
			continue;
		term->compare = (uint8_t)signs[i].compare;
		parser->at += strlen(signs[i].sign);
		expression_skip_blanks(parser);
		return true;
	}
	return false;
}

/* A pattern: quoted, or up to the next blank or closing parenthesis. */
static int parse_pattern(struct expression_parser *parser, struct term *term)
{
	const char *where = parser->at;
	char quote = *where;
	struct cgw_diag reason = {0};
	size_t length;

	if (quote == '"' || quote == '\'') {
		const char *end = strchr(where + 1, quote);

		if (end == NULL)
			return expression_fail(parser, where, "missing closing %c", quote);
		term->pattern = strndup(where + 1, (size_t)(end - where - 1));
		parser->at = end + 1;
	} else {
		length = strcspn(where, " \t)");
		if (length == 0)
			return expression_fail(parser, where,
					       "missing pattern to compare '%s' with", term->key);
		term->pattern = strndup(where, length);
		parser->at = where + length;
	}
	if (term->pattern == NULL)
		return -ENOMEM;
	if (cgw_glob_check(term->pattern, &reason) < 0)
		return expression_fail(parser, where, "%s", reason.text);
	return 0;
}

static int parse_text(struct expression_parser *parser, struct term *term)
{
	const char *where = parser->at;

	if (!accept_compare(parser, term))
		return expression_fail(parser, where, "'%s' requires == or != and a pattern",
				       term->key);
	if (term->compare != COMPARE_EQUAL && term->compare != COMPARE_NOT_EQUAL)
		return expression_fail(parser, where,
				       "invalid operator for text '%s' (expected == or !=)",
				       term->key);
	return parse_pattern(parser, term);
}

static int parse_comparison(struct expression_parser *parser, struct term *term)
{
	const char *where;

	if (expression_accept_word(parser, "avg")) {
		int r = expression_parse_average(parser, true, &term->value);

		if (r < 0)
			return r;
	}
	where = parser->at;
	if (accept_compare(parser, term))
		return expression_parse_bound(parser, term);
	if (term->unit != CGW_UNIT_FLAG)
		return expression_fail(parser, where, "'%s' requires an operator such as >",
				       term->key);
	/* A flag needs no operator: "frozen" means "frozen != 0". */
	term->compare = COMPARE_NOT_EQUAL;
	term->bound = (struct operand){.kind = OPERAND_CONSTANT, .factor = 0};
	return 0;
}

int expression_parse_term(struct expression_parser *parser)
{
	struct cgw_expression *expression = parser->expression;
	const char *where = parser->at, *end;
	size_t length = expression_word_length(where);
	struct term *term;
	int r;

	if (length == 0)
		return expression_fail(parser, where, "%s",
				       *where == '\0' ? "expected a condition"
						      : "expected a field");
	if (length > 95)
		return expression_fail(parser, where, "field name too long");
	if (expression->term_count == EXPRESSION_TERMS_MAX)
		return expression_fail(parser, where, "too many comparisons (at most %d)",
				       EXPRESSION_TERMS_MAX);
	term = &expression->terms[expression->term_count++];
	term->key = strndup(where, length);
	if (term->key == NULL)
		return -ENOMEM;
	r = resolve_key(parser, where, term);
	if (r < 0)
		return r;
	parser->at += length;
	expression_skip_blanks(parser);
	r = term->unit == CGW_UNIT_TEXT ? parse_text(parser, term) : parse_comparison(parser, term);
	if (r < 0)
		return r;
	for (end = parser->at; end > where && (end[-1] == ' ' || end[-1] == '\t');)
		end--;
	term->text = strndup(where, (size_t)(end - where));
	expression_skip_blanks(parser);
	return term->text != NULL ? 0 : -ENOMEM;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expression-parse.c - operator-precedence parser of and, or, not and parentheses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/model/expression-priv.h"

static bool accept_sign(struct expression_parser *parser, const char *sign)
{
	expression_skip_blanks(parser);
	if (strncmp(parser->at, sign, strlen(sign)) != 0)
		return false;
	parser->at += strlen(sign);
	expression_skip_blanks(parser);
	return true;
}

/* Operators that await their right side, and open parentheses. */
enum pending { PENDING_OR, PENDING_AND, PENDING_NOT, PENDING_PARENTHESIS };

struct stack {
	enum pending items[EXPRESSION_DEPTH_MAX];
	const char *where[EXPRESSION_DEPTH_MAX];
	size_t count;
};

static int push(struct expression_parser *parser, struct stack *stack, enum pending item,
		const char *where)
{
	if (stack->count == EXPRESSION_DEPTH_MAX)
		return expression_fail(parser, where, "nested too deeply (at most %d levels)",
				       EXPRESSION_DEPTH_MAX);
	stack->where[stack->count] = where;
	stack->items[stack->count++] = item;
	return 0;
}

static int emit(struct expression_parser *parser, enum opcode opcode, uint8_t term)
{
	struct cgw_expression *expression = parser->expression;

	if (expression->length == ARRAY_SIZE(expression->program))
		return expression_fail(parser, parser->at, "condition too long");
	expression->program[expression->length++] =
		(struct instruction){.opcode = (uint8_t)opcode, .term = term};
	return 0;
}

/* Emits the operators of at least this precedence, up to the last open parenthesis. */
static int emit_pending(struct expression_parser *parser, struct stack *stack,
			enum pending precedence)
{
	static const enum opcode opcodes[] = {
		[PENDING_OR] = OPCODE_OR, [PENDING_AND] = OPCODE_AND, [PENDING_NOT] = OPCODE_NOT};
	int r = 0;

	while (r == 0 && stack->count > 0 &&
	       stack->items[stack->count - 1] != PENDING_PARENTHESIS &&
	       stack->items[stack->count - 1] >= precedence)
		r = emit(parser, opcodes[stack->items[--stack->count]], 0);
	return r;
}

/* Parses one term and any "not" and "(" before it. */
static int parse_operand(struct expression_parser *parser, struct stack *stack)
{
	int r = 0;

	for (;;) {
		const char *where;

		expression_skip_blanks(parser);
		where = parser->at;
		if (accept_sign(parser, "("))
			r = push(parser, stack, PENDING_PARENTHESIS, where);
		else if (expression_accept_word(parser, "not") ||
			 (strncmp(where, "!=", 2) != 0 && accept_sign(parser, "!")))
			r = push(parser, stack, PENDING_NOT, where);
		else
			break;
		if (r < 0)
			return r;
	}
	r = expression_parse_term(parser);
	return r < 0 ? r : emit(parser, OPCODE_TERM, (uint8_t)(parser->expression->term_count - 1));
}

/* Parses ")" and the operator after a term. Returns 1 if another term follows, 0 at the end. */
static int parse_operator(struct expression_parser *parser, struct stack *stack)
{
	int r;

	for (;;) {
		const char *where = parser->at;

		if (!accept_sign(parser, ")"))
			break;
		r = emit_pending(parser, stack, PENDING_OR);
		if (r < 0)
			return r;
		if (stack->count == 0)
			return expression_fail(parser, where, "unmatched ')'");
		stack->count--;
	}
	if (expression_accept_word(parser, "and") || accept_sign(parser, "&&")) {
		r = emit_pending(parser, stack, PENDING_AND);
		return r < 0 ? r : push(parser, stack, PENDING_AND, parser->at) < 0 ? -EINVAL : 1;
	}
	if (expression_accept_word(parser, "or") || accept_sign(parser, "||")) {
		r = emit_pending(parser, stack, PENDING_OR);
		return r < 0 ? r : push(parser, stack, PENDING_OR, parser->at) < 0 ? -EINVAL : 1;
	}
	if (*parser->at != '\0')
		return expression_fail(parser, parser->at,
				       "expected 'and', 'or' or end of condition");
	return emit_pending(parser, stack, PENDING_OR);
}

static int parse(struct expression_parser *parser)
{
	struct stack stack = {.count = 0};
	int r;

	do {
		r = parse_operand(parser, &stack);
		if (r == 0)
			r = parse_operator(parser, &stack);
	} while (r == 1);
	if (r == 0 && stack.count > 0)
		return expression_fail(parser, stack.where[stack.count - 1], "unmatched '('");
	return r;
}

int cgw_expression_parse(const char *text, struct cgw_expression **ret_expression,
			 struct cgw_diag *diag)
{
	struct cgw_expression *expression = calloc(1, sizeof(*expression));
	struct expression_parser parser = {.diag = diag, .expression = expression};
	int r;

	if (expression == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	expression->text = strdup(text);
	if (expression->text == NULL) {
		free(expression);
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	}
	parser.text = parser.at = expression->text;
	r = parse(&parser);
	if (r < 0) {
		cgw_expression_free(expression);
		return r;
	}
	*ret_expression = expression;
	return 0;
}

struct cgw_expression *cgw_expression_free(struct cgw_expression *expression)
{
	if (expression == NULL)
		return NULL;
	for (size_t i = 0; i < EXPRESSION_TERMS_MAX; i++) {
		free(expression->terms[i].key);
		free(expression->terms[i].text);
		free(expression->terms[i].pattern);
	}
	free(expression->text);
	free(expression);
	return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * expression-priv.h - a parsed condition: its terms, and the program that joins them.
 *
 * The program is in postfix order over a small stack, so that it is run without recursion; its depth
 * is bounded when it is parsed.
 */
#ifndef CGWARD_LIB_MODEL_EXPRESSION_PRIV_H
#define CGWARD_LIB_MODEL_EXPRESSION_PRIV_H

#include <cgward/expression.h>

#define EXPRESSION_TERMS_MAX 64
#define EXPRESSION_DEPTH_MAX 32

enum compare {
	COMPARE_MORE,
	COMPARE_MORE_EQUAL,
	COMPARE_LESS,
	COMPARE_LESS_EQUAL,
	COMPARE_EQUAL,
	COMPARE_NOT_EQUAL,
};

/* One side of a comparison: a figure times a factor, in the unit of the left one. */
enum operand_kind {
	OPERAND_CONSTANT, /* the factor itself; infinity is "max" */
	OPERAND_FIELD,
	OPERAND_HOST,
	OPERAND_AGE,
	OPERAND_LIMIT,   /* the tightest one of metric `index` */
	OPERAND_TOTAL,   /* what the machine has of it: `index` says of what */
	OPERAND_PARENT,  /* the field of the group's parent */
	OPERAND_AVERAGE, /* the moving average `index` */
};

enum operand_total { TOTAL_MEMORY, TOTAL_SWAP, TOTAL_CPU };

struct operand {
	uint8_t kind; /* enum operand_kind */
	int16_t index;
	struct cgw_field field;
	double factor;
};

struct term {
	uint8_t kind;    /* enum cgw_term_kind */
	uint8_t compare; /* enum compare */
	uint8_t unit;    /* enum cgw_unit */
	uint8_t subject; /* enum cgw_subject */
	struct operand figure, bound;
	char *key, *text;
	char *pattern; /* TEXT, SUBJECT */
};

/* What a moving average is taken of, and over how long. */
struct average {
	struct operand figure;
	double window_seconds;
	bool present_too; /* else the value of this frame is left out: "3x avg 5m" */
};

enum opcode { OPCODE_TERM, OPCODE_NOT, OPCODE_AND, OPCODE_OR };

struct instruction {
	uint8_t opcode; /* enum opcode */
	uint8_t term;
};

struct cgw_expression {
	char *text;
	struct term terms[EXPRESSION_TERMS_MAX];
	struct average averages[EXPRESSION_TERMS_MAX];
	struct instruction program[4 * EXPRESSION_TERMS_MAX];
	uint8_t term_count, average_count;
	uint16_t length;
};

/* What the parser of a term and that of the whole share. */
struct expression_parser {
	const char *text, *at;
	struct cgw_expression *expression;
	struct cgw_diag *diag;
};

/* -EINVAL, with the position of `at` before the reason. */
int expression_fail(const struct expression_parser *parser, const char *at, const char *format, ...)
	CGW_PRINTF(3, 4);
/* The same for a name that nothing has, with the nearest that something has. */
int expression_unknown_key(const struct expression_parser *parser, const char *where,
			   const char *key, bool after_of);
void expression_skip_blanks(struct expression_parser *parser);
/* The length of the word that stands here, or 0. */
size_t expression_word_length(const char *at);
bool expression_accepts_word(struct expression_parser *parser, const char *word);
/* Reads one comparison and appends it to the terms. */
int expression_parse_term(struct expression_parser *parser);
/* The right-hand side of a comparison of figures. */
int expression_parse_bound(struct expression_parser *parser, struct term *term);
/* Adds a moving average and makes `operand` stand for it; the window is read here. */
int expression_parse_average(struct expression_parser *parser, bool present_too,
			     struct operand *operand);

/* The figures of the machine, by name: "host.memory.available". */
int host_find(const char *key);
const char *host_key(size_t i, const char **ret_help); /* NULL at the end */
enum cgw_unit host_unit(int16_t host) CGW_PURE;
struct cgw_value host_value(const struct cgw_frame *frame, int16_t host);

struct cgw_value operand_value(const struct operand *operand, const struct cgw_scope *scope);
struct cgw_value average_value(const struct cgw_averages *averages, int16_t average,
			       uint32_t group);
/* Whether it is taken of a figure of groups; else of the machine's, the same for each. */
bool average_is_of_group(const struct cgw_averages *averages, int16_t average) CGW_PURE;

#endif

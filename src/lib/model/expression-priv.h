/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * expression-priv.h - a parsed condition: its terms and the program that combines them.
 *
 * The program is in postfix order and runs on a small stack without recursion. The parser bounds
 * the depth of the stack.
 */
#pragma once

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

/* One side of a comparison: a value times a factor, in the unit of the left side. */
enum operand_kind {
	OPERAND_CONSTANT, /* the factor itself; infinity is "max" */
	OPERAND_FIELD,
	OPERAND_HOST,
	OPERAND_AGE,
	OPERAND_LIMIT,   /* the effective limit; `index` is its metric */
	OPERAND_TOTAL,   /* a total of the machine; `index` is an enum operand_total */
	OPERAND_PARENT,  /* the field of the parent group */
	OPERAND_AVERAGE, /* `index` is that of the moving average */
};

enum operand_total { TOTAL_MEMORY, TOTAL_SWAP, TOTAL_CPU };

struct operand {
	uint8_t kind;  /* enum operand_kind */
	bool is_share; /* "90% of ...", which needs a whole that is known and not unlimited */
	int16_t index;
	struct cgw_field field;
	double factor;
	double share; /* 0.9; the factor also converts units */
};

struct term {
	uint8_t kind;    /* enum cgw_term_kind */
	uint8_t compare; /* enum compare */
	uint8_t unit;    /* enum cgw_unit */
	uint8_t subject; /* enum cgw_subject */
	struct operand value, bound;
	char *key, *text;
	char *pattern; /* TEXT, SUBJECT */
};

struct average {
	struct operand operand;
	double window_seconds;
	bool include_current; /* false for "3x avg 5m", which excludes the current frame */
};

struct average_slot {
	double mean;
	double before;  /* the mean without the current frame */
	double seconds; /* sampled so far, at most the window; negative: no sample yet */
};

struct cgw_averages {
	const struct cgw_expression *expression;
	struct average_slot *slots, *spare; /* [group * average_count + average] */
	size_t capacity;                    /* groups */
	uint32_t count;
	uint64_t last_ns; /* monotonic time of the frame that the slots belong to */
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

struct expression_parser {
	const char *text, *at;
	struct cgw_expression *expression;
	struct cgw_diag *diag;
};

/* Stores the position of `at` and the reason in the diag; returns -EINVAL. */
int expression_fail(const struct expression_parser *parser, const char *at, const char *format, ...)
	CGW_PRINTF(3, 4);
/* Reports an unknown key with the nearest known one. */
int expression_unknown_key(const struct expression_parser *parser, const char *where,
			   const char *key, bool after_of);
/* Makes the term that of a property of groups if the key names one. */
bool expression_find_subject(const char *key, struct term *term);
/* Whether the key is "age". */
bool expression_is_age(const char *key) CGW_PURE;
void expression_skip_blanks(struct expression_parser *parser);
/* The length of the word at `at`, or 0. */
size_t expression_word_length(const char *at);
bool expression_accept_word(struct expression_parser *parser, const char *word);
/* Parses one comparison and appends it to the terms. */
int expression_parse_term(struct expression_parser *parser);
/* Parses the right side of a comparison of numbers. */
int expression_parse_bound(struct expression_parser *parser, struct term *term);
/* Parses the window, adds a moving average and sets `operand` to it. */
int expression_parse_average(struct expression_parser *parser, bool include_current,
			     struct operand *operand);

/* Metrics of the machine by key, such as "host.memory.available". */
int host_find(const char *key);
const char *host_key(size_t i, const char **ret_help); /* NULL at the end */
enum cgw_unit host_unit(int16_t host) CGW_PURE;
struct cgw_value host_value(const struct cgw_frame *frame, int16_t host);

struct cgw_value operand_value(const struct operand *operand, const struct cgw_scope *scope);

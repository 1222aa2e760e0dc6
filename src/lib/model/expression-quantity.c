/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expression-quantity.c - parser of numbers with units, such as 512M or 1h30m. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include <cgward/expression.h>

struct suffix {
	const char *word;
	double scale;
};

#define BINARY(letter, rest, scale)                                               \
	{letter rest, scale}, {letter "i" rest, scale}, {letter "B" rest, scale}, \
	{                                                                         \
		letter "iB" rest, scale                                           \
	}
#define SIZES(rest)                                                                              \
	{"" rest, 1}, {"B" rest, 1}, BINARY("K", rest, 0x1p10), BINARY("k", rest, 0x1p10),       \
		BINARY("M", rest, 0x1p20), BINARY("G", rest, 0x1p30), BINARY("T", rest, 0x1p40), \
		BINARY("P", rest, 0x1p50)

static const struct suffix counts[] = {{"", 1}, {NULL, 0}};
static const struct suffix sizes[] = {SIZES(""), {NULL, 0}};
static const struct suffix size_rates[] = {SIZES(""), SIZES("/s"), {NULL, 0}};
static const struct suffix count_rates[] = {{"", 1},          {"/s", 1},          {"iops", 1},
					    {"/m", 1.0 / 60}, {"/h", 1.0 / 3600}, {NULL, 0}};
static const struct suffix durations[] = {{"ns", 1},     {"us", 1e3},    {"ms", 1e6},
					  {"s", 1e9},    {"min", 6e10},  {"m", 6e10},
					  {"h", 3600e9}, {"d", 86400e9}, {NULL, 0}};
static const struct suffix percents[] = {{"", 1}, {"%", 1}, {"cpus", 100}, {"cpu", 100}, {NULL, 0}};
static const struct suffix hundredths[] = {{"", 100}, {"%", 100}, {NULL, 0}};
static const struct suffix cpus[] = {{"%", 1e7},    {"cpus", 1e9}, {"cpu", 1e9}, {"s/s", 1e9},
				     {"ms/s", 1e6}, {"us/s", 1e3}, {NULL, 0}};

static const struct {
	const struct suffix *suffixes;
	const char *name, *examples;
} kinds[CGW_UNIT_COUNT_OF_UNITS] = {
	[CGW_UNIT_COUNT] = {counts, "a number", "200"},
	[CGW_UNIT_NS] = {durations, "a time", "90s, 5m, 1h30m"},
	[CGW_UNIT_BYTES] = {sizes, "a size", "512M, 2G"},
	[CGW_UNIT_PERCENT_E2] = {hundredths, "a percentage", "15%"},
	[CGW_UNIT_CPU] = {cpus, "CPU time", "150%, 2cpu, 500ms/s"},
	[CGW_UNIT_WEIGHT] = {counts, "a weight from 1 to 10000", "100"},
	[CGW_UNIT_FLAG] = {counts, "a flag", "0, 1"},
	[CGW_UNIT_HEX] = {counts, "a number", "200"},
	[CGW_UNIT_BYTES_PER_S] = {size_rates, "a rate", "10M/s"},
	[CGW_UNIT_COUNT_PER_S] = {count_rates, "a rate", "200/s, 3/m"},
	[CGW_UNIT_TEXT] = {counts, "a number", "200"},
	[CGW_UNIT_PERCENT] = {percents, "a percentage", "150%"},
};

static bool ends_word(char byte)
{
	return !((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '%' ||
		 byte == '/' || byte == '_' || byte == '.');
}

/* The suffix that is the whole word at `text`. */
static const struct suffix *find_suffix(const struct suffix *suffixes, const char *text)
{
	for (; suffixes->word != NULL; suffixes++) {
		size_t length = strlen(suffixes->word);

		if (strncmp(text, suffixes->word, length) == 0 && ends_word(text[length]))
			return suffixes;
	}
	return NULL;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* Digits with at most one point; strtod() would also accept hex, "inf" and exponents. */
static size_t number_length(const char *text)
{
	size_t digits = strspn(text, "0123456789"), length = digits;

	if (text[length] == '.') {
		size_t decimals = strspn(text + length + 1, "0123456789");

		digits += decimals;
		length += 1 + decimals;
	}
	return digits > 0 ? length : 0;
}

/* Reports the word at `text`, or that there is none. */
static int fail(struct cgw_diag *diag, enum cgw_unit unit, const char *what, const char *text)
{
	char shown[32];

	cgw_escape(shown, sizeof(shown), text, strcspn(text, " )"));
	if (shown[0] == '\0')
		return cgw_diag_set(diag, -EINVAL, "missing %s (for example %s)", what,
				    kinds[unit].examples);
	return cgw_diag_set(diag, -EINVAL, "invalid %s '%s' (expected %s such as %s)", what, shown,
			    kinds[unit].name, kinds[unit].examples);
}

int cgw_quantity_parse(const char *text, enum cgw_unit unit, double *ret_number, size_t *ret_length,
		       struct cgw_diag *diag)
{
	const char *at = text;
	double total = 0;

	do {
		size_t length = number_length(at);
		const struct suffix *suffix;
		char *end;
		double number;

		if (length == 0 || length > 30)
			return fail(diag, unit, "value", at);
		number = strtod(at, &end); /* stops at the point in a locale with decimal comma */
		if (end < at + length)
			return fail(diag, unit, "value", at);
		suffix = find_suffix(kinds[unit].suffixes, at + length);
		if (suffix == NULL)
			return fail(diag, unit, "unit", at + length);
		total += number * suffix->scale;
		at += length + strlen(suffix->word);
	} while (unit == CGW_UNIT_NS && is_digit(*at));
	if (!isfinite(total))
		return cgw_diag_set(diag, -ERANGE, "number too large");
	*ret_number = total;
	*ret_length = (size_t)(at - text);
	return 0;
}

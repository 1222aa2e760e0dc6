/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expression-quantity.c - numbers with units, as operators write them. */
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
	const char *wanted;
} kinds[CGW_UNIT_COUNT_OF_UNITS] = {
	[CGW_UNIT_COUNT] = {counts, "a number such as 200"},
	[CGW_UNIT_NS] = {durations, "a time such as 90s, 5m or 1h30m"},
	[CGW_UNIT_BYTES] = {sizes, "a size such as 512M or 2G"},
	[CGW_UNIT_PERCENT_E2] = {hundredths, "a percentage such as 15%"},
	[CGW_UNIT_CPU] = {cpus, "CPU time such as 150% (one and a half CPUs) or 2cpu"},
	[CGW_UNIT_WEIGHT] = {counts, "a weight from 1 to 10000"},
	[CGW_UNIT_FLAG] = {counts, "0 or 1"},
	[CGW_UNIT_HEX] = {counts, "a number"},
	[CGW_UNIT_BYTES_PER_S] = {size_rates, "a rate such as 10M/s"},
	[CGW_UNIT_COUNT_PER_S] = {count_rates, "a rate such as 200/s or 3/m"},
	[CGW_UNIT_TEXT] = {counts, "a number"},
	[CGW_UNIT_PERCENT] = {percents, "a percentage such as 150%"},
};

static bool ends_word(char byte)
{
	return !((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '%' ||
		 byte == '/' || byte == '_' || byte == '.');
}

/* The suffix that stands here as a whole word. */
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

/* Digits with at most one point: nothing else of what strtod() takes. */
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
			return cgw_diag_set(diag, -EINVAL, "%s is wanted", kinds[unit].wanted);
		number = strtod(at, &end); /* a locale's comma would stop it short */
		if (end < at + length)
			return cgw_diag_set(diag, -EINVAL, "%s is wanted", kinds[unit].wanted);
		suffix = find_suffix(kinds[unit].suffixes, at + length);
		if (suffix == NULL) {
			char shown[32];
			const char *rest = at + length;

			cgw_escape(shown, sizeof(shown), rest, strcspn(rest, " )"));
			return cgw_diag_set(diag, -EINVAL, "\"%s\" is no unit here; %s is wanted",
					    shown, kinds[unit].wanted);
		}
		total += number * suffix->scale;
		at += length + strlen(suffix->word);
	} while (unit == CGW_UNIT_NS && is_digit(*at));
	if (!isfinite(total))
		return cgw_diag_set(diag, -ERANGE, "the number is too large");
	*ret_number = total;
	*ret_length = (size_t)(at - text);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exact-quantity.c - exact parsing and formatting of numbers with units, without floating point. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/limit/exact-quantity.h"
#include "lib/metric/decode.h"

struct suffix {
	const char *text;
	uint64_t factor;
};

static const struct suffix sizes[] = {
	{"B", 1},
	{"", 1},
	{"K", UINT64_C(1) << 10},
	{"M", UINT64_C(1) << 20},
	{"G", UINT64_C(1) << 30},
	{"T", UINT64_C(1) << 40},
	{"P", UINT64_C(1) << 50},
	{"E", UINT64_C(1) << 60},
	{NULL, 0},
};
static const struct suffix times[] = {
	{"ns", 1},       {"us", NS_PER_US},    {"ms", NS_PER_MS},
	{"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S},
	{NULL, 0},
};
static const struct suffix counts[] = {{"", 1}, {"iops", 1}, {"/s", 1}, {NULL, 0}};
static const struct suffix hundredths[] = {{"", 100}, {"%", 100}, {NULL, 0}};

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* Parses a decimal number, whose value is `ret_number` / 10^`ret_digits`. */
static int parse_decimal(const char *text, uint64_t *ret_number, unsigned *ret_digits,
			 const char **ret_end)
{
	const char *at = text, *end = text + strlen(text);
	uint64_t whole = 0;
	unsigned digits = 0;
	int r = decode_u64(&at, end, &whole);

	if (r < 0)
		return r == -ERANGE ? r : -EINVAL;
	if (*at == '.' && at[1] >= '0' && at[1] <= '9') {
		for (at++; *at >= '0' && *at <= '9'; at++) {
			if (whole > (UINT64_MAX - 9) / 10 || digits == 18)
				return -ERANGE;
			whole = whole * 10 + (uint64_t)(*at - '0');
			digits++;
		}
	}
	*ret_number = whole;
	*ret_digits = digits;
	*ret_end = at;
	return 0;
}

static int scale(uint64_t number, unsigned digits, uint64_t factor, uint64_t *ret_number)
{
	return scale_u64(number, factor, power_of_ten(digits), ret_number) ? 0 : -ERANGE;
}

static int parse_suffixed(const char *text, const struct suffix *suffixes, uint64_t *ret_number)
{
	uint64_t number;
	unsigned digits;
	const char *end;
	int r = parse_decimal(text, &number, &digits, &end);

	if (r < 0)
		return r;
	end += strspn(end, " ");
	for (; suffixes->text != NULL; suffixes++)
		if (strcmp(end, suffixes->text) == 0)
			return scale(number, digits, suffixes->factor, ret_number);
	return -EINVAL;
}

/* "2G", "2Gi", "2GiB", "2GB", "2g"; a rate may end with "/s". */
static int parse_size(const char *text, bool rate, uint64_t *ret_number)
{
	char word[64];
	size_t length = strlen(text);

	if (rate && length > 2 && strcmp(text + length - 2, "/s") == 0)
		length -= 2;
	if (length >= sizeof(word))
		return strspn(text, "0123456789") == length ? -ERANGE : -EINVAL;
	for (size_t i = 0; i <= length; i++)
		word[i] = i == length ? '\0' : (char)toupper((unsigned char)text[i]);
	if (length > 1 && word[length - 1] == 'B' && strspn(word, "0123456789. ") < length - 1)
		word[--length] = '\0';
	if (length > 1 && word[length - 1] == 'I')
		word[--length] = '\0';
	return parse_suffixed(word, sizes, ret_number);
}

int quantity_time(const char *text, uint64_t plain_ns, uint64_t *ret_ns)
{
	const struct suffix plain[] = {{"", plain_ns}, {NULL, 0}};

	if (plain_ns != 0 && *text != '\0' && strspn(text, "0123456789") == strlen(text))
		return parse_suffixed(text, plain, ret_ns);
	if (strcmp(text, "0") == 0) /* requires no unit */
		return parse_suffixed("0s", times, ret_ns);
	return parse_suffixed(text, times, ret_ns);
}

int quantity_decimal_e2(const char *text, uint64_t *ret_number, const char **ret_end)
{
	uint64_t number;
	unsigned digits;
	int r = parse_decimal(text, &number, &digits, ret_end);

	return r < 0 ? r : scale(number, digits, 100, ret_number);
}

static int parse_hexadecimal(const char *text, uint64_t *ret_number)
{
	uint64_t value = 0;
	size_t length = strspn(text, "0123456789abcdefABCDEF");

	if (length == 0 || text[length] != '\0')
		return -EINVAL;
	if (length > 16)
		return -ERANGE;
	for (; *text != '\0'; text++)
		value = value << 4 |
			(uint64_t)(*text <= '9' ? *text - '0' : (*text | 32) - 'a' + 10);
	*ret_number = value;
	return 0;
}

/* "0x100001", "1048577", or "10:1" with two hexadecimal halves as in tc(8). */
static int parse_class(const char *text, uint64_t *ret_number)
{
	const char *colon = strchr(text, ':');
	char major[8];
	uint64_t high, low;

	if (strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0)
		return parse_hexadecimal(text + 2, ret_number);
	if (colon == NULL)
		return parse_suffixed(text, counts, ret_number);
	if ((size_t)(colon - text) >= sizeof(major))
		return -EINVAL;
	snprintf(major, sizeof(major), "%.*s", (int)(colon - text), text);
	if (parse_hexadecimal(major, &high) < 0 || parse_hexadecimal(colon + 1, &low) < 0)
		return -EINVAL;
	if (high > 0xffff || low > 0xffff)
		return -ERANGE;
	*ret_number = high << 16 | low;
	return 0;
}

int quantity_parse(enum cgw_unit unit, const char *text, uint64_t *ret_number)
{
	switch (unit) {
	case CGW_UNIT_BYTES:
		return parse_size(text, false, ret_number);
	case CGW_UNIT_BYTES_PER_S:
		return parse_size(text, true, ret_number);
	case CGW_UNIT_NS:
		return quantity_time(text, 0, ret_number);
	case CGW_UNIT_PERCENT_E2:
		return parse_suffixed(text, hundredths, ret_number);
	case CGW_UNIT_HEX:
		return parse_class(text, ret_number);
	case CGW_UNIT_COUNT_PER_S:
		return parse_suffixed(text, counts, ret_number);
	default:
		/* A count: an integer without a suffix. */
		return strchr(text, '.') != NULL || strchr(text, ' ') != NULL
			       ? -EINVAL
			       : parse_suffixed(text, (const struct suffix[]){{"", 1}, {NULL, 0}},
						ret_number);
	}
}

/* The largest suffix up to `largest` that keeps the number exact. */
static const struct suffix *exact_suffix(const struct suffix *largest,
					 const struct suffix *smallest, uint64_t number)
{
	while (largest > smallest && (number == 0 || number % largest->factor != 0))
		largest--;
	return largest;
}

size_t quantity_format(enum cgw_unit unit, uint64_t number, char *buffer, size_t size)
{
	const struct suffix *suffix = &counts[0];

	switch (unit) {
	case CGW_UNIT_NS: /* seconds are the largest unit printed */
		suffix = number == 0 ? &times[3] : exact_suffix(&times[3], &times[0], number);
		break;
	case CGW_UNIT_BYTES:
	case CGW_UNIT_BYTES_PER_S:
		suffix = exact_suffix(&sizes[7], &sizes[1], number);
		break;
	case CGW_UNIT_HEX:
		return (size_t)snprintf(buffer, size, "0x%" PRIx64, number);
	case CGW_UNIT_PERCENT_E2:
		return (size_t)snprintf(buffer, size, "%" PRIu64 ".%02" PRIu64, number / 100,
					number % 100);
	default:
		break;
	}
	return (size_t)snprintf(buffer, size, "%" PRIu64 "%s", number / suffix->factor,
				suffix->text);
}

size_t quantity_format_rounded(enum cgw_unit unit, uint64_t number, bool up, char *buffer,
			       size_t size)
{
	const struct suffix *suffix = &sizes[1];
	uint64_t rest;

	if (unit != CGW_UNIT_BYTES || number < 10 * sizes[2].factor)
		return quantity_format(unit, number, buffer, size);
	while (suffix[1].text != NULL && number / 10 >= suffix[1].factor)
		suffix++;
	rest = number % suffix->factor;
	return (size_t)snprintf(buffer, size, "%" PRIu64 "%s",
				number / suffix->factor +
					(up ? rest > 0 : rest >= suffix->factor / 2),
				suffix->text);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exact-quantity.h - exact parsing and formatting of numbers with units, without floating point. */
#pragma once

#include <cgward/metric.h>

/*
 * Parses the whole text as a number of `unit`: "1.5G" (K is 1024), "10M/s", "50ms", "0x100001",
 * "1:1" for traffic classes. -EINVAL: invalid syntax; -ERANGE: overflow.
 */
int quantity_parse(enum cgw_unit unit, const char *text, uint64_t *ret_number);

/* Parses a time; `plain_ns` is the unit of a number without a suffix, 0: a suffix is required. */
int quantity_time(const char *text, uint64_t plain_ns, uint64_t *ret_ns);

/* "12.34" to 1234; `ret_end` points behind it. */
int quantity_decimal_e2(const char *text, uint64_t *ret_number, const char **ret_end);

/* Exact, and as short as that allows: "50ms", "2147483648", "0x100001". */
size_t quantity_format(enum cgw_unit unit, uint64_t number, char *buffer, size_t size);

/* For messages: bytes with two digits or more, "63M", rounded up or to nearest; others exact. */
size_t quantity_format_rounded(enum cgw_unit unit, uint64_t number, bool up, char *buffer,
			       size_t size);

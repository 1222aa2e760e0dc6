/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exact-quantity.h - numbers with units as people write them, exact: no floating point, no wrapping. */
#ifndef CGWARD_LIB_LIMIT_EXACT_QUANTITY_H
#define CGWARD_LIB_LIMIT_EXACT_QUANTITY_H

#include <cgward/metric.h>

/*
 * The whole text as a number of `unit`: "1.5G" (1024 is K), "10M/s", "50ms", "0x100001", "1:1" for
 * traffic classes. -EINVAL: not understood; -ERANGE: does not fit.
 */
int quantity_parse(enum cgw_unit unit, const char *text, uint64_t *ret_number);

/* A time; a number without a unit counts `plain_ns` each. */
int quantity_time(const char *text, uint64_t plain_ns, uint64_t *ret_ns);

/* "12.34" to 1234; `ret_end` stands behind it. */
int quantity_decimal_e2(const char *text, uint64_t *ret_number, const char **ret_end);

/* Exact, and as short as that allows: "50ms", "2147483648", "0x100001". */
size_t quantity_format(enum cgw_unit unit, uint64_t number, char *buffer, size_t size);

#endif

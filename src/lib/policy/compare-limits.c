/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare-limits.c - ranks of control values, by which the stricter one is found. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/policy-priv.h"

/* The value without a leading device. */
static const char *last_word(const char *value)
{
	const char *blank = strrchr(value, ' ');

	return blank != NULL ? blank + 1 : value;
}

/* One side of a bandwidth: "50ms", or "50000" in microseconds. */
static bool parse_time(const char *text, size_t length, double *ret_ns)
{
	char side[32], *end;
	size_t used;

	if (length == 0 || length >= sizeof(side))
		return false;
	memcpy(side, text, length);
	side[length] = '\0';
	if (cgw_quantity_parse(side, CGW_UNIT_NS, ret_ns, &used, NULL) == 0)
		return side[used] == '\0';
	*ret_ns = strtod(side, &end) * 1e3;
	return *end == '\0';
}

/* "50ms/100ms" or "50000/100000": a quota in a period. */
static bool bandwidth_rank(const char *value, double *ret_rank)
{
	const char *slash = strchr(value, '/');
	double quota, period;

	if (slash == NULL || !parse_time(value, (size_t)(slash - value), &quota) ||
	    !parse_time(slash + 1, strlen(slash + 1), &period) || period <= 0)
		return false;
	*ret_rank = quota / period * 1e9;
	return true;
}

static bool share_rank(const struct cgw_control_info *info, const char *value,
		       const struct cgw_system_stat *system, double *ret_rank)
{
	double percent;
	char *end;

	percent = strtod(value, &end);
	if (end == value || end[0] != '%' || system == NULL || info->unit != CGW_UNIT_BYTES ||
	    system->memory_total_bytes.state != CGW_OK)
		return false;
	*ret_rank = percent / 100 * (double)system->memory_total_bytes.value;
	return true;
}

bool value_rank(enum cgw_control control, const char *value, const struct cgw_system_stat *system,
		double *ret_rank)
{
	const struct cgw_control_info *info = cgw_control_info(control);
	const char *number = last_word(value);
	size_t length;

	if (info->unit == CGW_UNIT_TEXT)
		return false;
	if (info->unlimited != NULL && strcmp(number, info->unlimited) == 0) {
		*ret_rank = HUGE_VAL;
		return true;
	}
	if (info->unit == CGW_UNIT_CPU && bandwidth_rank(value, ret_rank))
		return true;
	if (share_rank(info, number, system, ret_rank))
		return true;
	/* "2 cpus": the number precedes the last word. */
	if (info->unit == CGW_UNIT_CPU && strncmp(number, "cpu", 3) == 0) {
		*ret_rank = strtod(value, NULL) * 1e9;
		return *ret_rank > 0;
	}
	return cgw_quantity_parse(number, info->unit, ret_rank, &length, NULL) == 0 &&
	       number[length] == '\0';
}

enum cgw_metric tighten_usage(enum cgw_control control)
{
	switch (control) {
	case CGW_C_CPU_MAX:
		return CGW_M_CPU_USAGE;
	case CGW_C_PIDS_MAX:
		return CGW_M_PIDS_CURRENT;
	case CGW_C_MEMORY_SWAP_MAX:
		return CGW_M_MEMORY_SWAP_CURRENT;
	default:
		return CGW_M_MEMORY_CURRENT;
	}
}

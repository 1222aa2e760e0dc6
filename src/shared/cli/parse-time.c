/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-time.c - parser for clock times, relative times and full dates. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "shared/cli/cli.h"

/* Parses an optional fraction of a second. */
static uint64_t parse_fraction(const char **at)
{
	uint64_t ns = 0, unit = NS_PER_S / 10;

	if (**at != '.')
		return 0;
	for ((*at)++; isdigit((unsigned char)**at); (*at)++) {
		ns += unit * (uint64_t)(**at - '0');
		unit /= 10;
	}
	return ns;
}

/* Parses "Z" or "+02:00": returns 1 with the offset from UTC in seconds, 0 without a zone. */
static int parse_zone(const char **at, long *ret_seconds)
{
	int sign = **at == '-' ? -1 : 1;
	const char *digits = *at + 1;

	if (**at == 'Z' || **at == 'z') {
		(*at)++;
		*ret_seconds = 0;
		return 1;
	}
	if (**at != '+' && **at != '-')
		return 0;
	if (strspn(digits, "0123456789") != 2 || digits[2] != ':' ||
	    strspn(digits + 3, "0123456789") != 2)
		return -EINVAL;
	*ret_seconds = sign * (strtol(digits, NULL, 10) * 3600 + strtol(digits + 3, NULL, 10) * 60);
	*at = digits + 5;
	return 1;
}

static const char *parse_hours(const char *text, struct tm *when)
{
	const char *end = strptime(text, "%H:%M:%S", when);

	if (end == NULL) {
		when->tm_sec = 0;
		end = strptime(text, "%H:%M", when);
	}
	return end;
}

/* "2026-11-24", "2026-11-24T03:12", "2026-11-24 03:12:09.5+01:00"; without a zone, local time. */
static int parse_date(const char *text, uint64_t *ret_ns)
{
	struct tm when = {.tm_isdst = -1};
	const char *end = strptime(text, "%Y-%m-%d", &when);
	uint64_t fraction_ns = 0;
	long east = 0;
	time_t seconds;
	int zone = 0;

	if (end == NULL)
		return -EINVAL;
	if (*end == 'T' || *end == ' ') {
		end = parse_hours(end + 1, &when);
		if (end == NULL)
			return -EINVAL;
		fraction_ns = parse_fraction(&end);
		zone = parse_zone(&end, &east);
	}
	if (*end != '\0' || zone < 0)
		return -EINVAL;
	seconds = zone > 0 ? timegm(&when) - east : mktime(&when);
	if (seconds < 0)
		return -ERANGE;
	*ret_ns = (uint64_t)seconds * NS_PER_S + fraction_ns;
	return 0;
}

/* "03:12", "03:12:09": the last such time at or before the reference. */
static int parse_clock(const char *text, uint64_t reference_ns, uint64_t *ret_ns)
{
	time_t reference = (time_t)(reference_ns / NS_PER_S), seconds;
	uint64_t fraction_ns;
	const char *end;
	struct tm when;

	if (localtime_r(&reference, &when) == NULL)
		return -EINVAL;
	end = parse_hours(text, &when);
	if (end == NULL)
		return -EINVAL;
	fraction_ns = parse_fraction(&end);
	if (*end != '\0')
		return -EINVAL;
	when.tm_isdst = -1;
	seconds = mktime(&when);
	if (seconds > reference) {
		when.tm_mday--;
		when.tm_isdst = -1;
		seconds = mktime(&when);
	}
	if (seconds < 0)
		return -ERANGE;
	*ret_ns = (uint64_t)seconds * NS_PER_S + fraction_ns;
	return 0;
}

int cli_parse_time(const char *text, uint64_t reference_ns, uint64_t *ret_ns)
{
	uint64_t before_ns, seconds;
	char *end;

	if (text[0] == '-') {
		if (cli_parse_duration(text + 1, &before_ns) < 0)
			return -EINVAL;
		*ret_ns = before_ns < reference_ns ? reference_ns - before_ns : 0;
		return 0;
	}
	if (text[0] == '@') {
		errno = 0;
		seconds = strtoull(text + 1, &end, 10);
		if (!isdigit((unsigned char)text[1]) || *end != '\0' || errno != 0 ||
		    seconds > UINT64_MAX / NS_PER_S)
			return -EINVAL;
		*ret_ns = seconds * NS_PER_S;
		return 0;
	}
	if (strspn(text, "0123456789") == 4)
		return parse_date(text, ret_ns);
	return parse_clock(text, reference_ns, ret_ns);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format-number.c - human-readable sizes, durations and times. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include <cgward/render.h>

#include "lib/base/clock.h"

size_t cgw_format_bytes(double bytes, char *buffer, size_t size)
{
	static const char units[] = "BKMGTPEZ";
	const char *sign = bytes < 0 ? "-" : "";
	double value = fabs(bytes);
	size_t unit = 0;

	/* 1023.5 would be printed as "1024": use the next unit. */
	while (value >= 1023.5 && unit + 2 < sizeof(units)) {
		value /= 1024;
		unit++;
	}
	if (unit == 0)
		return (size_t)snprintf(buffer, size, "%s%.0f%s", sign, value,
					value == 0 ? "" : "B");
	if (value < 9.95)
		return (size_t)snprintf(buffer, size, "%s%.1f%c", sign, value, units[unit]);
	return (size_t)snprintf(buffer, size, "%s%.0f%c", sign, value, units[unit]);
}

size_t cgw_format_duration(double ns, char *buffer, size_t size)
{
	double seconds = ns / 1e9;
	unsigned long long whole = seconds < 1e18 ? (unsigned long long)seconds : 0;

	if (ns < 999.5)
		return (size_t)snprintf(buffer, size, "%.0f%s", ns, ns == 0 ? "" : "ns");
	if (ns < 999.5e3)
		return (size_t)snprintf(buffer, size, "%.0fus", ns / 1e3);
	if (ns < 999.5e6)
		return (size_t)snprintf(buffer, size, "%.0fms", ns / 1e6);
	if (seconds < 9.995)
		return (size_t)snprintf(buffer, size, "%.2fs", seconds);
	if (seconds < 59.95)
		return (size_t)snprintf(buffer, size, "%.1fs", seconds);
	if (whole < 3600)
		return (size_t)snprintf(buffer, size, "%llum%02llus", whole / 60, whole % 60);
	if (whole < 86400)
		return (size_t)snprintf(buffer, size, "%lluh%02llum", whole / 3600,
					whole / 60 % 60);
	return (size_t)snprintf(buffer, size, "%llud%02lluh", whole / 86400, whole / 3600 % 24);
}

size_t cgw_format_time(uint64_t realtime_ns, char *buffer, size_t size)
{
	time_t seconds = (time_t)(realtime_ns / NS_PER_S);
	char date[32];
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc) == 0)
		return (size_t)snprintf(buffer, size, "-");
	return (size_t)snprintf(buffer, size, "%s.%03uZ", date,
				(unsigned)(realtime_ns / NS_PER_MS % 1000));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format-value.c - human-readable, exact and raw texts of values. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cgward/render.h>

/* Percentages with one decimal; two below 0.05, none from 1000 on. */
static size_t format_percent(double percent, char *buffer, size_t size)
{
	double magnitude = fabs(percent);

	if (magnitude != 0 && magnitude < 0.05)
		return (size_t)snprintf(buffer, size, "%.2f%%", percent);
	return (size_t)snprintf(buffer, size, magnitude < 999.95 ? "%.1f%%" : "%.0f%%", percent);
}

static size_t format_rate(double rate, char *buffer, size_t size)
{
	return (size_t)snprintf(buffer, size, rate != 0 && fabs(rate) < 99.95 ? "%.1f" : "%.0f",
				rate);
}

static size_t format_human(struct cgw_value value, enum cgw_unit unit, char *buffer, size_t size)
{
	switch (unit) {
	case CGW_UNIT_BYTES:
	case CGW_UNIT_BYTES_PER_S:
		return cgw_format_bytes(value.real, buffer, size);
	case CGW_UNIT_NS:
		return cgw_format_duration(value.real, buffer, size);
	case CGW_UNIT_PERCENT_E2:
		return format_percent(value.real / 100, buffer, size);
	case CGW_UNIT_PERCENT:
		return format_percent(value.real, buffer, size);
	case CGW_UNIT_CPU: /* ns per second: 1e7 is one percent of a CPU */
		return format_percent(value.real / 1e7, buffer, size);
	case CGW_UNIT_FLAG:
		return (size_t)snprintf(buffer, size, "%s", value.real != 0 ? "yes" : "no");
	case CGW_UNIT_HEX:
		return (size_t)snprintf(buffer, size, "0x%" PRIx64, value.number);
	case CGW_UNIT_COUNT_PER_S:
		return format_rate(value.real, buffer, size);
	case CGW_UNIT_COUNT:
	case CGW_UNIT_WEIGHT:
	case CGW_UNIT_TEXT:
	case CGW_UNIT_COUNT_OF_UNITS:
		break;
	}
	return value.exact ? (size_t)snprintf(buffer, size, "%" PRIu64, value.number)
			   : format_rate(value.real, buffer, size);
}

/* At most three decimals, without trailing zeros, exponent or decimal comma. */
static size_t format_real(double value, char *buffer, size_t size)
{
	int length = snprintf(buffer, size, "%.3f", value);
	char *comma;

	if (length < 0 || (size_t)length >= size)
		return (size_t)length;
	comma = strchr(buffer, ',');
	if (comma != NULL)
		*comma = '.';
	while (length > 1 && buffer[length - 1] == '0')
		buffer[--length] = '\0';
	if (buffer[length - 1] == '.')
		buffer[--length] = '\0';
	return (size_t)length;
}

size_t cgw_format_value(struct cgw_value value, enum cgw_unit unit, enum cgw_style style,
			char *buffer, size_t size)
{
	if (value.state != CGW_OK && !(value.state == CGW_RESET && value.exact)) {
		bool silent = style == CGW_STYLE_RAW && value.state != CGW_MAX;

		return (size_t)snprintf(buffer, size, "%s",
					silent ? "" : cgw_state_sign(value.state));
	}
	if (style == CGW_STYLE_HUMAN)
		return format_human(value, unit, buffer, size);
	if (unit == CGW_UNIT_PERCENT_E2)
		return format_real(value.real / 100, buffer, size);
	if (value.exact)
		return (size_t)snprintf(buffer, size, "%" PRIu64, value.number);
	return format_real(value.real, buffer, size);
}

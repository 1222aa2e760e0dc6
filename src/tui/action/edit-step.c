/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* edit-step.c - steps values up and down through round numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/expression.h>
#include <cgward/render.h>

#include "tui/action/edit-step.h"

/* The first value below "max". */
static double first_below_max(enum cgw_unit unit)
{
	switch (unit) {
	case CGW_UNIT_BYTES:
		return 0x1p30;
	case CGW_UNIT_BYTES_PER_S:
		return 0x1p26;
	case CGW_UNIT_CPU:
		return 1e9;
	case CGW_UNIT_NS:
		return 1e8;
	default:
		return 1000;
	}
}

/* 1, 1.5, 2, 3, 4, 6, 8, 12, ...: powers of two and the values half way between. */
static double step_binary(double value, int by)
{
	double power = exp2(floor(log2(value))),
	       steps[] = {power / 2, power * 0.75, power, power * 1.5, power * 2};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (by > 0 && steps[i] > value)
			return steps[i];
		if (by < 0 && steps[4 - i] < value)
			return steps[4 - i];
	}
	return value;
}

/* In units of the leading digit: 7, 8, 9, 10, 20, ..., 100, 200. */
static double step_decimal(double value, int by)
{
	double size = pow(10, floor(log10(value >= 1 ? value : 1)));

	/* The step down from 100 is 90, not 0. */
	if (by < 0 && value <= size && size >= 10)
		size /= 10;
	return by > 0 ? (floor(value / size) + 1) * size : (ceil(value / size) - 1) * size;
}

static void format_bytes(double value, char *buffer, size_t size)
{
	static const char units[] = "KMGTP";
	size_t unit = 0;

	if (value < 1024 || fmod(value, 1024) != 0) {
		snprintf(buffer, size, "%.0f", value);
		return;
	}
	value /= 1024;
	while (unit + 2 < sizeof(units) && value >= 1024 && fmod(value, 1024) == 0) {
		value /= 1024;
		unit++;
	}
	snprintf(buffer, size, "%.0f%c", value, units[unit]);
}

static void format(enum cgw_unit unit, double value, char *buffer, size_t size)
{
	switch (unit) {
	case CGW_UNIT_BYTES:
	case CGW_UNIT_BYTES_PER_S:
		format_bytes(value, buffer, size);
		break;
	case CGW_UNIT_CPU:
		snprintf(buffer, size, "%g%%", value / 1e7);
		break;
	case CGW_UNIT_NS:
		snprintf(buffer, size, "%gms", value / 1e6);
		break;
	case CGW_UNIT_PERCENT_E2:
		snprintf(buffer, size, "%.2f", value / 100);
		break;
	default:
		snprintf(buffer, size, "%.0f", value);
		break;
	}
}

/* "50ms/100ms" is half a CPU. */
static bool parse_bandwidth(const char *text, double *ret_value)
{
	const char *slash = strchr(text, '/');
	double quota, period;
	char first[32];
	size_t length;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(slash - text));
	first[slash - text] = '\0';
	if (cgw_quantity_parse(first, CGW_UNIT_NS, &quota, &length, NULL) < 0 ||
	    cgw_quantity_parse(slash + 1, CGW_UNIT_NS, &period, &length, NULL) < 0 || period <= 0)
		return false;
	*ret_value = quota / period * 1e9;
	return true;
}

static bool parse(enum cgw_unit unit, const char *text, double *ret_value)
{
	char *end;
	size_t length;

	if (unit == CGW_UNIT_CPU) {
		if (parse_bandwidth(text, ret_value))
			return true;
		*ret_value = strtod(text, &end) * 1e7;
		return end != text && *end == '%';
	}
	if (unit == CGW_UNIT_PERCENT_E2) {
		*ret_value = strtod(text, &end) * 100;
		return end != text;
	}
	return cgw_quantity_parse(text, unit, ret_value, &length, NULL) == 0;
}

static double stepped(enum cgw_unit unit, double value, int by)
{
	switch (unit) {
	case CGW_UNIT_BYTES:
	case CGW_UNIT_BYTES_PER_S:
		return value < 4096 ? (by > 0 ? 4096 : 0) : step_binary(value, by);
	case CGW_UNIT_CPU:
		return step_decimal(round(value / 1e7), by) * 1e7;
	case CGW_UNIT_NS:
		return step_decimal(round(value / 1e6), by) * 1e6;
	default:
		return step_decimal(round(value), by);
	}
}

static bool step_number(const struct cgw_control_info *info, const char *from, int by, char *buffer,
			size_t size)
{
	enum cgw_unit unit = (enum cgw_unit)info->unit;
	bool unlimited = info->unlimited != NULL && strcmp(from, info->unlimited) == 0;
	double value, least = (double)info->minimum, most = (double)info->maximum;

	if (unlimited && by > 0)
		return false;
	if (unlimited)
		value = first_below_max(unit);
	else if (parse(unit, from, &value))
		value = stepped(unit, value, by);
	else
		return false;
	if (info->minimum == 0 && info->maximum == 0)
		most = INFINITY;
	if (value < least)
		value = least;
	/* Above the largest value comes "max". */
	if (value > most || (value >= 0x1p62 && info->unlimited != NULL)) {
		if (info->unlimited != NULL) {
			snprintf(buffer, size, "%s", info->unlimited);
			return true;
		}
		value = most;
	}
	format(unit, value, buffer, size);
	return true;
}

static bool step_word(const char *words, const char *from, int by, char *buffer, size_t size)
{
	const char *list[32];
	size_t lengths[32], count = 0, at = 0;

	for (const char *word = words; *word != '\0' && count < 32;) {
		size_t length = strcspn(word, " ");

		list[count] = word;
		lengths[count] = length;
		if (strlen(from) == length && memcmp(from, word, length) == 0)
			at = count;
		count++;
		word += length + (word[length] == ' ');
	}
	if (count == 0)
		return false;
	at = (at + count + (size_t)(by > 0 ? 1 : -1)) % count;
	snprintf(buffer, size, "%.*s", (int)lengths[at], list[at]);
	return true;
}

void value_human(const struct cgw_control_info *info, const char *text, char *buffer, size_t size)
{
	enum cgw_unit unit = (enum cgw_unit)info->unit;
	double value;
	char *end;

	snprintf(buffer, size, "%s", text);
	if (unit == CGW_UNIT_CPU && parse_bandwidth(text, &value))
		snprintf(buffer, size, "%g%% (%s)", value / 1e7, text);
	if ((unit != CGW_UNIT_BYTES && unit != CGW_UNIT_BYTES_PER_S) || text[0] == '\0')
		return;
	/* Only plain numbers: not "max", nor lists of devices. */
	value = strtod(text, &end);
	if (*end == '\0')
		cgw_format_bytes(value, buffer, size);
}

bool value_step(const struct cgw_control_info *info, const char *from, int by, char *buffer,
		size_t size)
{
	const char *last = strrchr(from, ' ');
	size_t front = last != NULL ? (size_t)(last - from) + 1 : 0;
	char value[128];
	bool moved;

	if (!info->instances && !info->per_device)
		front = 0;
	if (info->words != NULL)
		moved = step_word(info->words, from + front, by, value, sizeof(value));
	else if (info->unit == CGW_UNIT_FLAG)
		moved = step_word("0 1", from + front, by, value, sizeof(value));
	else if (info->unit == CGW_UNIT_TEXT || info->unit == CGW_UNIT_HEX)
		moved = false;
	else
		moved = step_number(info, from + front, by, value, sizeof(value));
	if (!moved || front + strlen(value) >= size)
		return false;
	memmove(buffer, from, front);
	memcpy(buffer + front, value, strlen(value) + 1);
	return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value-text.h - values as text, valid until the end of the enclosing block. */
#pragma once

#include <cgward/render.h>

/* As the functions that they call, in buffers that their longest texts fit in. */
#define TIME_TEXT(realtime_ns)         time_text((char[40]){0}, realtime_ns)
#define DURATION_TEXT(ns)              duration_text((char[32]){0}, (double)(ns))
#define BYTES_TEXT(bytes)              bytes_text((char[32]){0}, (double)(bytes))
#define VALUE_TEXT(value, unit, style) value_text((char[64]){0}, value, unit, style)

static inline const char *time_text(char buffer[40], uint64_t realtime_ns)
{
	cgw_format_time(realtime_ns, buffer, 40);
	return buffer;
}

static inline const char *duration_text(char buffer[32], double ns)
{
	cgw_format_duration(ns, buffer, 32);
	return buffer;
}

static inline const char *bytes_text(char buffer[32], double bytes)
{
	cgw_format_bytes(bytes, buffer, 32);
	return buffer;
}

static inline const char *value_text(char buffer[64], struct cgw_value value, enum cgw_unit unit,
				     enum cgw_style style)
{
	cgw_format_value(value, unit, style, buffer, 64);
	return buffer;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * render.h - values as people and programs read them. Pure.
 */
#ifndef CGWARD_RENDER_H
#define CGWARD_RENDER_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_style {
	CGW_STYLE_HUMAN, /* 1.5G, 12.3%, 4.2s; "-" absent, "max" no limit, "!" denied */
	CGW_STYLE_EXACT, /* bytes and nanoseconds in full, the same signs */
	CGW_STYLE_RAW,   /* as EXACT, nothing at all where there is no number: machine formats */
};

/* At most `size`-1 bytes, terminated. Returns the length as snprintf does. */
size_t cgw_format_value(struct cgw_value value, enum cgw_unit unit, enum cgw_style style,
			char *buffer, size_t size);

/* "1.5G", "512", "12M": IEC, at most 5 characters for any 64-bit number. */
size_t cgw_format_bytes(double bytes, char *buffer, size_t size);
/* "850us", "4.2s", "3m12s", "5h02m", "12d03h". */
size_t cgw_format_duration(double ns, char *buffer, size_t size);
/* "2026-11-24T08:15:00.123Z" from wall clock nanoseconds. */
size_t cgw_format_time(uint64_t realtime_ns, char *buffer, size_t size);

/* Display cells that a terminated UTF-8 text takes (it must have been escaped before). */
size_t cgw_text_width(const char *text) CGW_PURE;
/* Cuts an escaped text to `cells`, with "…" (or "~" where not UTF-8) in the last one when cut. */
size_t cgw_text_cut(const char *text, size_t cells, bool utf8, char *buffer, size_t size);

/* How a field is set out in a column. */
struct cgw_column {
	struct cgw_field field;
	const char *title;
	uint8_t width_min;
	bool align_right;
};
struct cgw_column cgw_column_for(struct cgw_field field);

#ifdef __cplusplus
}
#endif

#endif

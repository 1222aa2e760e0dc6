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
size_t cgw_text_truncate(const char *text, size_t cells, bool utf8, char *buffer, size_t size);

/* How a field is set out in a column. */
struct cgw_column {
	struct cgw_field field;
	const char *title;
	uint8_t width_min;
	bool align_right;
};
struct cgw_column cgw_column_for(struct cgw_field field);

/*
 * An exposition for Prometheus: a text of families, each with its samples, written in one go. Base
 * units, "_total" on counters, "_info" on texts, HELP and TYPE from the tables. Names of families are
 * public API like keys. Numbers are exact decimals: nanoseconds do not go through a double.
 *
 * Two dialects: OpenMetrics 1.0, which servers ask for, and the text format 0.0.4, which promtool
 * and node_exporter's textfile collector read.
 *
 * Errors are kept and come back from cgw_exposition_end(), so that callers write without looking.
 */
enum cgw_exposition_dialect { CGW_EXPOSITION_OPENMETRICS, CGW_EXPOSITION_TEXT };

/* Takes a piece of the text; a negative errno stops the writing. */
typedef int cgw_exposition_sink(void *context, const char *text, size_t length);

struct cgw_exposition;
/* The sink's context is the caller's. -ENOMEM. */
int cgw_exposition_new(enum cgw_exposition_dialect dialect, cgw_exposition_sink *sink,
		       void *context, struct cgw_exposition **ret_exposition);
/* Writes what is left, frees, returns the first error. Accepts NULL, which is -ENOMEM. */
int cgw_exposition_end(struct cgw_exposition *exposition);
/* "application/openmetrics-text; version=1.0.0; charset=utf-8", and its like. */
const char *cgw_exposition_content_type(enum cgw_exposition_dialect dialect) CGW_PURE;

enum cgw_family_type { CGW_FAMILY_COUNTER, CGW_FAMILY_GAUGE, CGW_FAMILY_INFO };

struct cgw_family {
	const char
		*name; /* with its unit, without "_total" or "_info": "cgward_cpu_usage_seconds" */
	const char *unit; /* "seconds", or "" */
	const char *help; /* one sentence, without its full stop */
	enum cgw_family_type type;
};

struct cgw_label {
	const char *name;
	const char *value; /* UTF-8: names of groups go through cgw_escape() before */
};

/* Samples that follow are of this family, which must not have been begun before. */
void cgw_exposition_family(struct cgw_exposition *exposition, const struct cgw_family *family);
/* value / divisor; a divisor is a power of ten. */
void cgw_exposition_sample(struct cgw_exposition *exposition, const struct cgw_label *labels,
			   size_t label_count, uint64_t value, uint64_t divisor);

/*
 * Fields that mean something at one moment: metrics as they were read, effective limits, derived
 * amounts. Rates and percentages are the reader's, who has the counters.
 */
bool cgw_exposition_accepts(struct cgw_field field);
/* The name of its family; the length as snprintf does. */
size_t cgw_exposition_name(struct cgw_field field, char *buffer, size_t size);
/* The fields that are exposed when none are named, separated by commas. */
const char *cgw_exposition_default_fields(void) CGW_PURE;

/*
 * The families of `fields` for `groups` (ascending indices of the frame's groups), and
 * "cgward_group_info". When there are more than `groups_max` (0: no maximum), the deepest are left
 * out: what they use is counted in their parents. How many there are, may be and were left out are
 * families of their own.
 */
struct cgw_exposition_group_filter {
	const struct cgw_frame *frame;
	const struct cgw_field *fields;
	size_t field_count;
	const uint32_t *groups;
	size_t group_count;
	size_t groups_max;
	/*
	 * More labels for "cgward_group_info" than a path tells: at most `capacity`, their values
	 * escaped and valid until the next call. NULL: there are none.
	 */
	size_t (*more_labels)(void *context, const struct cgw_identity *identity,
			      struct cgw_label *labels, size_t capacity);
	void *context;
};
void cgw_exposition_groups(struct cgw_exposition *exposition,
			   const struct cgw_exposition_group_filter *exposed);

#ifdef __cplusplus
}
#endif

#endif

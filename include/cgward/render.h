/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * render.h - format values for people and for programs, and the Prometheus exposition format.
 *
 * This module opens no file and reads no clock.
 */
#ifndef CGWARD_RENDER_H
#define CGWARD_RENDER_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_style {
	CGW_STYLE_HUMAN, /* 1.5G, 12.3%, 4.2s; or "-" absent, "max" unlimited, "!" denied */
	CGW_STYLE_EXACT, /* all digits in the base unit; symbols as HUMAN */
	CGW_STYLE_RAW,   /* as EXACT, but "" if there is no number: for machine formats */
};

/* Formats a value: at most `size` - 1 bytes, terminated. Returns the length, as snprintf() does. */
size_t cgw_format_value(struct cgw_value value, enum cgw_unit unit, enum cgw_style style,
			char *buffer, size_t size);

/* "1.5G", "512", "12M": powers of 1024, at most 5 characters for any 64-bit number. */
size_t cgw_format_bytes(double bytes, char *buffer, size_t size);
/* "850us", "4.2s", "3m12s", "5h02m", "12d03h". */
size_t cgw_format_duration(double ns, char *buffer, size_t size);
/* "2026-11-24T08:15:00.123Z" from nanoseconds of the wall clock. */
size_t cgw_format_time(uint64_t realtime_ns, char *buffer, size_t size);

/* The width of an escaped UTF-8 text in terminal cells. */
size_t cgw_text_width(const char *text) CGW_PURE;
/* Truncates an escaped text to `cells`; if truncated, the last one is "…", or "~" without UTF-8. */
size_t cgw_text_truncate(const char *text, size_t cells, bool utf8, char *buffer, size_t size);

/* The layout of a field in a column. */
struct cgw_column {
	struct cgw_field field;
	char title[64];
	uint8_t width_min;
	bool align_right;
};
struct cgw_column cgw_column_for(struct cgw_field field);

/*
 * Writes a Prometheus exposition: metric families with their samples, in one pass. Values are in
 * base units; counters end in "_total", texts in "_info"; HELP and TYPE come from metrics.def and
 * fields.def. Names of families are public API like keys. Numbers are exact decimals: nanoseconds
 * are not converted to a double.
 *
 * There are two dialects: OpenMetrics 1.0, which Prometheus requests, and the text format 0.0.4,
 * which promtool and the textfile collector of node_exporter read.
 *
 * An error is remembered and returned by cgw_exposition_end(): callers need not check every call.
 */
enum cgw_exposition_dialect { CGW_EXPOSITION_OPENMETRICS, CGW_EXPOSITION_TEXT };

/* Receives a piece of the text. A negative errno value stops writing. */
typedef int cgw_exposition_sink(void *context, const char *text, size_t length);

struct cgw_exposition;
/* Starts an exposition. `context` is passed to the sink. Fails with -ENOMEM only. */
int cgw_exposition_new(enum cgw_exposition_dialect dialect, cgw_exposition_sink *sink,
		       void *context, struct cgw_exposition **ret_exposition);
/* Writes the rest, frees the exposition, and returns the first error; -ENOMEM for NULL. */
int cgw_exposition_end(struct cgw_exposition *exposition);
/* The Content-Type: "application/openmetrics-text; version=1.0.0; charset=utf-8", ... */
const char *cgw_exposition_content_type(enum cgw_exposition_dialect dialect) CGW_PURE;

enum cgw_family_type {
	CGW_FAMILY_COUNTER,
	CGW_FAMILY_GAUGE,
	CGW_FAMILY_INFO,
	CGW_FAMILY_HISTOGRAM, /* written by cgw_exposition_groups() only */
};

struct cgw_family {
	const char *name; /* with unit, without "_total" or "_info": "cgward_cpu_usage_seconds" */
	const char *unit; /* "seconds", or "" */
	const char *help; /* one sentence without a full stop */
	enum cgw_family_type type;
};

struct cgw_label {
	const char *name;
	const char *value; /* UTF-8; pass names of groups through cgw_escape() first */
};

/* Starts a family, to which the following samples belong. Each family may be started only once. */
void cgw_exposition_family(struct cgw_exposition *exposition, const struct cgw_family *family);
/* Writes a sample with the value `value` / `divisor`; the divisor must be a power of ten. */
void cgw_exposition_sample(struct cgw_exposition *exposition, const struct cgw_label *labels,
			   size_t label_count, uint64_t value, uint64_t divisor);

/*
 * True for fields that need one sample only: metrics, effective limits, derived amounts. Prometheus
 * computes rates and percentages itself, from counters.
 */
bool cgw_exposition_accepts(struct cgw_field field);
/* Writes the name of the family of a field. Returns its length, as snprintf() does. */
size_t cgw_exposition_name(struct cgw_field field, char *buffer, size_t size);
/* The keys of the fields exposed by default, separated by commas. */
const char *cgw_exposition_default_fields(void) CGW_PURE;

/*
 * The groups and fields of an exposition. `groups` are indices into the frame in ascending order.
 * If there are more than `groups_max` (0: unlimited), the deepest groups are left out; their use is
 * included in that of their parents.
 */
struct cgw_exposition_group_filter {
	const struct cgw_frame *frame;
	const struct cgw_field *fields;
	size_t field_count;
	const uint32_t *groups;
	size_t group_count;
	size_t groups_max;
	/*
	 * Returns additional labels for "cgward_group_info": at most `capacity`, with escaped
	 * values that are valid until the next call. May be NULL.
	 */
	size_t (*more_labels)(void *context, const struct cgw_identity *identity,
			      struct cgw_label *labels, size_t capacity);
	void *context;
};
/*
 * Writes the families of all fields, "cgward_group_info", and the number of groups that exist, that
 * may be exposed, and that were left out.
 */
void cgw_exposition_groups(struct cgw_exposition *exposition,
			   const struct cgw_exposition_group_filter *filter);

#ifdef __cplusplus
}
#endif

#endif

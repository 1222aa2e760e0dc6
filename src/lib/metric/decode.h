/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * decode.h - kernel text to numbers. Pure; the text is hostile until decoded.
 *
 * One decoder a format (enum cgw_format). A file is decoded once for all metrics that want
 * something of it: each want has a slot in the caller's row of numbers. A want whose key does not
 * stand in the text leaves its slot ABSENT; text that is not understood leaves BAD in the slots it
 * concerns and never a number. Unknown keys, more keys, other order: all ignored.
 */
#ifndef CGWARD_LIB_METRIC_DECODE_H
#define CGWARD_LIB_METRIC_DECODE_H

#include <cgward/metric.h>

struct decode_request {
	const char *key; /* as in struct cgw_source; NULL where the format needs none */
	uint32_t key_length;
	uint32_t slot; /* index into `out` */
	uint64_t scale;
	uint8_t conversion; /* enum cgw_conversion */
	bool instances;     /* report each instance to the sink; the slot gets the sum */
};

/* Where instances and texts go. `name` and `text` are not terminated and die with the buffer. */
struct decode_sink {
	int (*instance)(void *context, uint32_t slot, const char *name, size_t name_length,
			struct cgw_number number);
	int (*text)(void *context, uint32_t slot, const char *text, size_t length);
	void *context;
};

/*
 * Decodes `length` bytes for `want_count` wants of one format. `text[length]` must be readable and 0.
 * `out` is indexed by slot; only the slots of the wants are written. `sink` may be NULL when no
 * want needs it. Returns 0, or the first negative result of the sink (-ENOMEM).
 */
int decode(enum cgw_format format, const char *text, size_t length,
	   const struct decode_request *wants, size_t want_count, struct cgw_number *out,
	   const struct decode_sink *sink);

/* A number of the file in the metric's base unit, as the want says. */
struct cgw_number decode_convert(const struct decode_request *want, uint64_t value);

/*
 * Reads an unsigned decimal number at *text, not beyond `end`; moves *text behind it. -EBADMSG
 * without a digit, -ERANGE above UINT64_MAX.
 */
int decode_u64(const char **text, const char *end, uint64_t *ret_value);

#endif

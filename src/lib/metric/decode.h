/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * decode.h - decode the text of kernel files to numbers. The text is untrusted.
 *
 * There is one decoder per format (enum cgw_format). A file is decoded once for all metrics that it
 * contains: each metric is a request with a slot in the caller's array of numbers. The slot of a
 * key that is missing in the text becomes CGW_ABSENT; text that cannot be parsed makes its slots
 * CGW_BAD. Additional keys are ignored, and keys may have any order.
 */
#pragma once

#include <cgward/metric.h>

struct decode_request {
	const char *key; /* as in struct cgw_source; NULL if the format has no keys */
	uint32_t key_length;
	uint32_t slot; /* index into `out` */
	uint64_t scale;
	uint8_t conversion; /* enum cgw_conversion */
	bool instances;     /* pass each instance to the sink; the slot contains the sum */
	bool shared;        /* another request may have the same key */
};

/* Receives instances and texts. `name` and `text` point into the buffer and are not terminated. */
struct decode_sink {
	int (*instance)(void *context, uint32_t slot, const char *name, size_t name_length,
			struct cgw_number number);
	int (*text)(void *context, uint32_t slot, const char *text, size_t length);
	void *context;
};

/*
 * Decodes `length` bytes of `text` for requests of one format. `text[length]` must be readable and
 * 0. `out` is indexed by slot; only the slots of the requests are written. `sink` may be NULL if no
 * request needs it. Returns 0, -EINVAL for an invalid format, or the first negative result of the
 * sink.
 */
int decode(enum cgw_format format, const char *text, size_t length,
	   const struct decode_request *requests, size_t request_count, struct cgw_number *out,
	   const struct decode_sink *sink);

/* Whether a metric is read from this key of the file, or from that of its "total_" on v1. */
bool metric_has_source(const char *file, const char *key, size_t key_length) CGW_PURE;

/* The source lists the keys of a file that no metric reads. */
static inline bool source_lists_other(const struct cgw_source *source)
{
	return source->format == CGW_FORMAT_OTHER || source->format == CGW_FORMAT_NESTED_OTHER ||
	       source->format == CGW_FORMAT_NUMA_OTHER;
}

/* It lists them for each device or node: the instance is "sda newkey". */
static inline bool source_nests_other(const struct cgw_source *source)
{
	return source_lists_other(source) && source->format != CGW_FORMAT_OTHER;
}

/* The source of a metric whose instances are keys of a file, or NULL. */
const struct cgw_source *metric_keyed_source(enum cgw_metric metric) CGW_PURE;

/* Converts a number from the file to the base unit of the metric. */
struct cgw_number decode_convert(const struct decode_request *request, uint64_t value);

/*
 * Parses an unsigned decimal number between *text and `end`, and moves *text behind it. Returns
 * -EBADMSG if there is no digit, -ERANGE above UINT64_MAX.
 */
int decode_u64(const char **text, const char *end, uint64_t *ret_value);

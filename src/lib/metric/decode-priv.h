/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode-priv.h - what the decoders share. */
#ifndef CGWARD_LIB_METRIC_DECODE_PRIV_H
#define CGWARD_LIB_METRIC_DECODE_PRIV_H

#include <errno.h>
#include <string.h>

#include "lib/metric/decode.h"

/* One decoding: where it stands, what is wanted, where it goes. */
struct decode_job {
	const char *at, *end;
	const struct decode_request *wants;
	size_t want_count;
	struct cgw_number *out;
	const struct decode_sink *sink;
	bool instance_seen;
	int result;
};

struct decode_line {
	const char *start, *end; /* without the newline */
};

/* False at the end. A last line without its newline counts: the kernel may cut there. */
static inline bool decode_next_line(struct decode_job *job, struct decode_line *ret_line)
{
	const char *newline;

	if (job->at >= job->end || job->result < 0)
		return false;
	newline = memchr(job->at, '\n', (size_t)(job->end - job->at));
	ret_line->start = job->at;
	ret_line->end = newline != NULL ? newline : job->end;
	job->at = ret_line->end + 1;
	return true;
}

/* The next word of a line, from *at on; blanks separate words. False at the line's end. */
static inline bool decode_next_word(const char **at, const char *line_end,
				    struct decode_line *ret_word)
{
	const char *space;

	if (*at >= line_end)
		return false;
	space = memchr(*at, ' ', (size_t)(line_end - *at));
	ret_word->start = *at;
	ret_word->end = space != NULL ? space : line_end;
	*at = ret_word->end + 1;
	return true;
}

/* The want of that key, looked for from `expected` on and around; want_count where there is none. */
static inline size_t decode_find_request(const struct decode_job *job, const char *key,
					 size_t length, size_t expected)
{
	for (size_t n = 0; n < job->want_count; n++) {
		size_t i = expected + n < job->want_count ? expected + n
							  : expected + n - job->want_count;

		if (job->wants[i].key_length == length &&
		    memcmp(job->wants[i].key, key, length) == 0)
			return i;
	}
	return job->want_count;
}

static inline void decode_store(struct decode_job *job, size_t want, struct cgw_number number)
{
	job->out[job->wants[want].slot] = number;
}

/* "max", "-1" or a number, converted as the want says; anything else is BAD. */
struct cgw_number decode_token(const struct decode_request *want, const char *text,
			       const char *end);

/* Finds " key=value" between `at` and `end`. */
bool decode_find_assignment(const char *at, const char *end, const char *key, size_t key_length,
			    const char **ret_start, const char **ret_end);

/* instances.c: the formats with a number for each device, CPU or resource. */
void decode_nested(struct decode_job *job);
void decode_blkio(struct decode_job *job);
void decode_named(struct decode_job *job);
void decode_per_cpu(struct decode_job *job);

#endif

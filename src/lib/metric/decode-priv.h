/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode-priv.h - helpers shared by the decoders. */
#pragma once

#include <errno.h>
#include <string.h>

#include "lib/metric/decode.h"

/* The state of one call of decode(). */
struct decode_job {
	const char *at, *end;
	const struct decode_request *requests;
	size_t request_count;
	struct cgw_number *out;
	const struct decode_sink *sink;
	bool instance_seen;
	int result;
};

struct decode_line {
	const char *start, *end; /* without the newline */
};

/* Returns false at the end. The last line may lack its newline: the kernel may truncate there. */
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

/* Returns the word at *at and moves *at behind it. Words are separated by one space. */
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

/* Finds the request for a key, starting with index `expected`; request_count if there is none. */
static inline size_t decode_find_request(const struct decode_job *job, const char *key,
					 size_t length, size_t expected)
{
	for (size_t n = 0; n < job->request_count; n++) {
		size_t i = expected + n < job->request_count ? expected + n
							     : expected + n - job->request_count;

		if (job->requests[i].key_length == length &&
		    memcmp(job->requests[i].key, key, length) == 0)
			return i;
	}
	return job->request_count;
}

/*
 * The request after `at` with the same key as `found`, the first one; request_count if there is
 * none.
 */
static inline size_t decode_next_shared(const struct decode_job *job, size_t found, size_t at)
{
	const struct decode_request *first = &job->requests[found];

	if (!first->shared)
		return job->request_count;
	for (size_t i = at == found ? 0 : at + 1; i < job->request_count; i++)
		if (i != found && job->requests[i].key_length == first->key_length &&
		    memcmp(job->requests[i].key, first->key, first->key_length) == 0)
			return i;
	return job->request_count;
}

static inline void decode_store(struct decode_job *job, size_t index, struct cgw_number number)
{
	job->out[job->requests[index].slot] = number;
}

/* Converts "max", "-1" or a number to the requested unit. Any other text is CGW_BAD. */
struct cgw_number decode_token(const struct decode_request *request, const char *text,
			       const char *end);

/* Finds " key=value" between `at` and `end` and returns the value. */
bool decode_find_assignment(const char *at, const char *end, const char *key, size_t key_length,
			    const char **ret_start, const char **ret_end);

/* instances.c: formats with one number per device, CPU or resource. */
void decode_nested(struct decode_job *job);
void decode_blkio(struct decode_job *job);
void decode_named(struct decode_job *job);
void decode_device_number(struct decode_job *job);
void decode_other(struct decode_job *job);
void decode_nested_other(struct decode_job *job);
void decode_numa_other(struct decode_job *job);
void decode_prefix(struct decode_job *job);
void decode_numa(struct decode_job *job);
void decode_per_cpu(struct decode_job *job);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * decode.c - decode kernel files: decode(), and the formats without instances.
 *
 * The requests for a file usually have the same order as its keys, so the search for a key starts
 * behind the last one found: usually one comparison per line.
 */
#include <string.h>

#include "lib/metric/decode-priv.h"

static void decode_flat(struct decode_job *job)
{
	size_t expected = 0;
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *space = memchr(line.start, ' ', (size_t)(line.end - line.start));
		size_t length, found;

		if (space == NULL)
			continue;
		length = (size_t)(space - line.start);
		found = decode_find_request(job, line.start, length, expected);
		for (size_t i = found; i < job->request_count;
		     i = decode_next_shared(job, found, i)) {
			decode_store(job, i, decode_token(&job->requests[i], space + 1, line.end));
			expected = found + 1;
		}
	}
}

/* "some avg10=1.23 avg60=0.00 avg300=0.00 total=123"; the keys are "some.avg10", ... */
static void decode_pressure(struct decode_job *job)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *word = memchr(line.start, ' ', (size_t)(line.end - line.start));
		size_t prefix;

		if (word == NULL)
			continue;
		prefix = (size_t)(word - line.start);
		for (size_t i = 0; i < job->request_count; i++) {
			struct decode_request request = job->requests[i];
			const char *start, *end;

			if (request.key_length <= prefix + 1 || request.key[prefix] != '.' ||
			    memcmp(request.key, line.start, prefix) != 0)
				continue;
			if (!decode_find_assignment(word, line.end, request.key + prefix + 1,
						    request.key_length - prefix - 1, &start, &end))
				continue;
			/* Averages are decimal numbers, totals are integers. */
			if (request.key[prefix + 1] == 'a')
				request.conversion = CGW_CONVERT_DECIMAL_E2;
			decode_store(job, i, decode_token(&request, start, end));
		}
	}
}

static void decode_number(struct decode_job *job)
{
	struct decode_line line;

	if (!decode_next_line(job, &line))
		return;
	for (size_t i = 0; i < job->request_count; i++)
		decode_store(job, i, decode_token(&job->requests[i], line.start, line.end));
}

/* The words of one line; the key is the position of the word, a digit. */
static void decode_words(struct decode_job *job)
{
	struct decode_line line, word;
	unsigned position = 0;

	if (!decode_next_line(job, &line))
		return;
	for (const char *at = line.start; decode_next_word(&at, line.end, &word); position++)
		for (size_t i = 0; i < job->request_count; i++)
			if (job->requests[i].key_length == 1 &&
			    job->requests[i].key[0] == (char)('0' + position))
				decode_store(job, i,
					     decode_token(&job->requests[i], word.start, word.end));
}

static void decode_state_word(struct decode_job *job)
{
	struct decode_line line;

	if (!decode_next_line(job, &line) || line.start == line.end)
		return;
	for (size_t i = 0; i < job->request_count; i++) {
		const struct decode_request *request = &job->requests[i];
		bool same = (size_t)(line.end - line.start) == request->key_length &&
			    memcmp(line.start, request->key, request->key_length) == 0;

		decode_store(job, i, (struct cgw_number){same, CGW_OK});
	}
}

static void decode_line_count(struct decode_job *job)
{
	uint64_t count = 0;
	struct decode_line line;

	while (decode_next_line(job, &line))
		count++;
	for (size_t i = 0; i < job->request_count; i++)
		decode_store(job, i, (struct cgw_number){count, CGW_OK});
}

/* The text without the last newline. An empty file is an empty text, not an absent one. */
static void decode_text(struct decode_job *job)
{
	size_t length = (size_t)(job->end - job->at);

	if (length > 0 && job->at[length - 1] == '\n')
		length--;
	for (size_t i = 0; i < job->request_count && job->result == 0; i++) {
		decode_store(job, i, (struct cgw_number){0, CGW_OK});
		if (job->sink != NULL && job->sink->text != NULL)
			job->result = job->sink->text(job->sink->context, job->requests[i].slot,
						      job->at, length);
	}
}

int decode(enum cgw_format format, const char *text, size_t length,
	   const struct decode_request *requests, size_t request_count, struct cgw_number *out,
	   const struct decode_sink *sink)
{
	static void (*const decoders[CGW_FORMAT_COUNT])(struct decode_job *) = {
		[CGW_FORMAT_NUMBER] = decode_number,
		[CGW_FORMAT_WORDS] = decode_words,
		[CGW_FORMAT_FLAT] = decode_flat,
		[CGW_FORMAT_NESTED] = decode_nested,
		[CGW_FORMAT_BLKIO] = decode_blkio,
		[CGW_FORMAT_DEVICE_NUMBER] = decode_device_number,
		[CGW_FORMAT_PRESSURE] = decode_pressure,
		[CGW_FORMAT_NAMED] = decode_named,
		[CGW_FORMAT_OTHER] = decode_other,
		[CGW_FORMAT_NESTED_OTHER] = decode_nested_other,
		[CGW_FORMAT_PREFIX] = decode_prefix,
		[CGW_FORMAT_NUMA] = decode_numa,
		[CGW_FORMAT_PER_CPU] = decode_per_cpu,
		[CGW_FORMAT_STATE_WORD] = decode_state_word,
		[CGW_FORMAT_LINE_COUNT] = decode_line_count,
		[CGW_FORMAT_TEXT] = decode_text,
	};
	struct decode_job job = {
		.at = text,
		.end = text + length,
		.requests = requests,
		.request_count = request_count,
		.out = out,
		.sink = sink,
	};

	for (size_t i = 0; i < request_count; i++)
		out[requests[i].slot] = (struct cgw_number){0, CGW_ABSENT};
	if ((unsigned)format >= CGW_FORMAT_COUNT || decoders[format] == NULL)
		return -EINVAL;
	decoders[format](&job);
	return job.result;
}

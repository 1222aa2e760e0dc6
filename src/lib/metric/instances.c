/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* instances.c - decode formats with one number per device, CPU or resource. */
#include <stdio.h>

#include "lib/metric/decode-priv.h"

/*
 * Passes an instance to the sink and adds it to the sum of its request. "max" is not added to the
 * sum of numbers; a sum that overflows is CGW_BAD.
 */
static void add_instance(struct decode_job *job, size_t index, const char *name, size_t name_length,
			 struct cgw_number number)
{
	const struct decode_request *request = &job->requests[index];
	struct cgw_number *sum = &job->out[request->slot];

	if (sum->state == CGW_ABSENT || number.state == CGW_BAD)
		*sum = number;
	else if (sum->state == CGW_OK && number.state == CGW_OK)
		*sum = number.value > UINT64_MAX - sum->value
			       ? (struct cgw_number){0, CGW_BAD}
			       : (struct cgw_number){sum->value + number.value, CGW_OK};
	if (request->instances && job->sink != NULL && job->sink->instance != NULL &&
	    job->result == 0)
		job->result = job->sink->instance(job->sink->context, request->slot, name,
						  name_length, number);
}

/*
 * Without any device in the file there was no activity: the sum is 0. If there are devices, but
 * none has the key, the metric stays absent.
 */
static void finish_instances(struct decode_job *job)
{
	for (size_t i = 0; i < job->request_count && !job->instance_seen; i++)
		decode_store(job, i, (struct cgw_number){0, CGW_OK});
}

bool decode_find_assignment(const char *at, const char *end, const char *key, size_t key_length,
			    const char **ret_start, const char **ret_end)
{
	while (at < end) {
		const char *space;
		size_t length;

		at += *at == ' ';
		space = memchr(at, ' ', (size_t)(end - at));
		length = (size_t)((space != NULL ? space : end) - at);
		if (length > key_length && at[key_length] == '=' &&
		    memcmp(at, key, key_length) == 0) {
			*ret_start = at + key_length + 1;
			*ret_end = at + length;
			return true;
		}
		at += length;
	}
	return false;
}

/*
 * "8:0 rbytes=1 wbytes=2". Some kernels leave out the newline behind a device without
 * activity, so values belong to the last name before them: "7:1 7:0 rbytes=1" is about 7:0.
 */
void decode_nested(struct decode_job *job)
{
	struct decode_line line, word;

	while (decode_next_line(job, &line)) {
		struct decode_line name = {line.start, line.start};
		size_t expected = 0;

		for (const char *at = line.start; decode_next_word(&at, line.end, &word);) {
			const char *equals =
				memchr(word.start, '=', (size_t)(word.end - word.start));
			size_t found;

			if (equals == NULL && word.end > word.start)
				name = word;
			if (equals == NULL || name.end == name.start)
				continue;
			job->instance_seen = true;
			found = decode_find_request(job, word.start, (size_t)(equals - word.start),
						    expected);
			if (found == job->request_count)
				continue;
			add_instance(job, found, name.start, (size_t)(name.end - name.start),
				     decode_token(&job->requests[found], equals + 1, word.end));
			expected = found + 1;
		}
	}
	finish_instances(job);
}

/* "8:0 Read 123", last line "Total 123". */
void decode_blkio(struct decode_job *job)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *device = memchr(line.start, ' ', (size_t)(line.end - line.start));
		const char *word, *number;
		size_t found;

		if (device == NULL)
			continue;
		word = device + 1;
		number = memchr(word, ' ', (size_t)(line.end - word));
		if (number == NULL)
			continue;
		job->instance_seen = true;
		found = decode_find_request(job, word, (size_t)(number - word), 0);
		/* In a correct table each key has one request; otherwise the first one is used. */
		if (found < job->request_count)
			add_instance(job, found, line.start, (size_t)(device - line.start),
				     decode_token(&job->requests[found], number + 1, line.end));
	}
	finish_instances(job);
}

/* "name value": every line is an instance. */
void decode_named(struct decode_job *job)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *space = memrchr(line.start, ' ', (size_t)(line.end - line.start));

		if (space == NULL || space == line.start)
			continue;
		job->instance_seen = true;
		for (size_t i = 0; i < job->request_count; i++)
			add_instance(job, i, line.start, (size_t)(space - line.start),
				     decode_token(&job->requests[i], space + 1, line.end));
	}
	finish_instances(job);
}

/* "1 2 3 ": each position is an instance, named "0", "1", ... */
void decode_per_cpu(struct decode_job *job)
{
	struct decode_line line, word;
	unsigned position = 0;

	if (!decode_next_line(job, &line))
		return;
	for (const char *at = line.start; decode_next_word(&at, line.end, &word); position++) {
		char name[16];
		int length = snprintf(name, sizeof(name), "%u", position);

		for (size_t i = 0; i < job->request_count && word.end > word.start; i++)
			add_instance(job, i, name, (size_t)length,
				     decode_token(&job->requests[i], word.start, word.end));
	}
}

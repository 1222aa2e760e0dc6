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
	/* Every device that the kernel cannot name is called "(unknown)". */
	if (request->instances && job->sink != NULL && job->sink->instance != NULL &&
	    job->result == 0 && (name_length != 9 || memcmp(name, "(unknown)", 9) != 0))
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

/* "8:0 rbytes=1 wbytes=2". A line without keys is a device without activity and is skipped. */
void decode_nested(struct decode_job *job)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *space = memchr(line.start, ' ', (size_t)(line.end - line.start));

		if (space == NULL || space == line.start || space + 1 == line.end)
			continue;
		job->instance_seen = true;
		for (size_t i = 0; i < job->request_count; i++) {
			const char *start, *end;

			if (decode_find_assignment(space, line.end, job->requests[i].key,
						   job->requests[i].key_length, &start, &end))
				add_instance(job, i, line.start, (size_t)(space - line.start),
					     decode_token(&job->requests[i], start, end));
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

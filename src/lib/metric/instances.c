/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* instances.c - the formats with a number for each device, CPU or resource. */
#include <stdio.h>

#include "lib/metric/decode-priv.h"

/*
 * Hands one instance to the sink and adds it to the want's sum. The sum of anything and "max" is no
 * number; a sum that does not fit is BAD.
 */
static void add_instance(struct decode_job *job, size_t index, const char *name, size_t name_length,
			 struct cgw_number number)
{
	const struct decode_request *want = &job->wants[index];
	struct cgw_number *sum = &job->out[want->slot];

	if (sum->state == CGW_ABSENT || number.state == CGW_BAD)
		*sum = number;
	else if (sum->state == CGW_OK && number.state == CGW_OK)
		*sum = number.value > UINT64_MAX - sum->value
			       ? (struct cgw_number){0, CGW_BAD}
			       : (struct cgw_number){sum->value + number.value, CGW_OK};
	if (want->instances && job->sink != NULL && job->sink->instance != NULL && job->result == 0)
		job->result = job->sink->instance(job->sink->context, want->slot, name, name_length,
						  number);
}

/*
 * A file that was read and names no device says that nothing happened: the sum is zero. A file whose
 * devices lack a key says nothing about it: that stays absent.
 */
static void finish_instances(struct decode_job *job)
{
	for (size_t i = 0; i < job->want_count && !job->instance_seen; i++)
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

/* "8:0 rbytes=1 wbytes=2": a line may carry no key yet, then the device has nothing to say. */
void decode_nested(struct decode_job *job)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *space = memchr(line.start, ' ', (size_t)(line.end - line.start));

		if (space == NULL || space == line.start || space + 1 == line.end)
			continue;
		job->instance_seen = true;
		for (size_t i = 0; i < job->want_count; i++) {
			const char *start, *end;

			if (decode_find_assignment(space, line.end, job->wants[i].key,
						   job->wants[i].key_length, &start, &end))
				add_instance(job, i, line.start, (size_t)(space - line.start),
					     decode_token(&job->wants[i], start, end));
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
		/* Several wants may share a key only by mistake of the table; the first one wins. */
		if (found < job->want_count)
			add_instance(job, found, line.start, (size_t)(device - line.start),
				     decode_token(&job->wants[found], number + 1, line.end));
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
		for (size_t i = 0; i < job->want_count; i++)
			add_instance(job, i, line.start, (size_t)(space - line.start),
				     decode_token(&job->wants[i], space + 1, line.end));
	}
	finish_instances(job);
}

/* "1 2 3 ": each position is an instance. */
void decode_per_cpu(struct decode_job *job)
{
	struct decode_line line, word;
	unsigned position = 0;

	if (!decode_next_line(job, &line))
		return;
	for (const char *at = line.start; decode_next_word(&at, line.end, &word); position++) {
		char name[16];
		int length = snprintf(name, sizeof(name), "%u", position);

		for (size_t i = 0; i < job->want_count && word.end > word.start; i++)
			add_instance(job, i, name, (size_t)length,
				     decode_token(&job->wants[i], word.start, word.end));
	}
}

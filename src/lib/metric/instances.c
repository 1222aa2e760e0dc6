/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* instances.c - decode formats with one number per device, CPU or resource. */
#include <ctype.h>
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

/* An assignment in a nested file. */
struct nested {
	struct decode_line name; /* of the instance */
	struct decode_line key, value;
	size_t position; /* in its line */
};

/*
 * "8:0 rbytes=1 wbytes=2". Some kernels leave out the newline behind a device without
 * activity, so values belong to the last name before them: "7:1 7:0 rbytes=1" is about 7:0.
 */
static void for_each_nested(struct decode_job *job,
			    void (*found)(struct decode_job *job, struct nested *nested))
{
	struct decode_line line, word;

	while (decode_next_line(job, &line)) {
		struct nested nested = {.name = {line.start, line.start}};

		for (const char *at = line.start; decode_next_word(&at, line.end, &word);) {
			const char *equals =
				memchr(word.start, '=', (size_t)(word.end - word.start));

			if (equals == NULL && word.end > word.start)
				nested.name = word;
			if (equals == NULL || nested.name.end == nested.name.start)
				continue;
			job->instance_seen = true;
			nested.key = (struct decode_line){word.start, equals};
			nested.value = (struct decode_line){equals + 1, word.end};
			found(job, &nested);
		}
	}
	finish_instances(job);
}

static void add_known(struct decode_job *job, struct nested *nested)
{
	size_t found = decode_find_request(job, nested->key.start,
					   (size_t)(nested->key.end - nested->key.start),
					   nested->position);

	for (size_t i = found; i < job->request_count; i = decode_next_shared(job, found, i)) {
		add_instance(
			job, i, nested->name.start, (size_t)(nested->name.end - nested->name.start),
			decode_token(&job->requests[i], nested->value.start, nested->value.end));
		nested->position = found + 1;
	}
}

void decode_nested(struct decode_job *job)
{
	for_each_nested(job, add_known);
}

static void add_other(struct decode_job *job, struct nested *nested)
{
	int key_length = (int)(nested->key.end - nested->key.start);
	char name[128];
	int length = snprintf(name, sizeof(name), "%.*s %.*s",
			      (int)(nested->name.end - nested->name.start), nested->name.start,
			      key_length, nested->key.start);

	for (size_t i = 0; (size_t)length < sizeof(name) && i < job->request_count; i++)
		if (!metric_has_source(job->requests[i].key, nested->key.start, (size_t)key_length))
			add_instance(job, i, name, (size_t)length,
				     decode_token(&job->requests[i], nested->value.start,
						  nested->value.end));
}

/* "8:0 newkey=5": the instance is "8:0 newkey". */
void decode_nested_other(struct decode_job *job)
{
	for_each_nested(job, add_other);
}

/* "newkey N0=1 N1=2": the instances are "N0 newkey" and "N1 newkey". */
void decode_numa_other(struct decode_job *job)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *at = line.start;
		struct nested nested;

		if (!decode_next_word(&at, line.end, &nested.key))
			continue;
		while (decode_next_word(&at, line.end, &nested.name)) {
			const char *equals = memchr(nested.name.start, '=',
						    (size_t)(nested.name.end - nested.name.start));

			if (equals == NULL || equals == nested.name.start)
				continue;
			nested.value = (struct decode_line){equals + 1, nested.name.end};
			nested.name.end = equals;
			add_other(job, &nested);
		}
	}
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
		for (size_t i = found; i < job->request_count;
		     i = decode_next_shared(job, found, i))
			add_instance(job, i, line.start, (size_t)(device - line.start),
				     decode_token(&job->requests[i], number + 1, line.end));
	}
	finish_instances(job);
}

/* "name value": every line is an instance, except one of the name `other`. */
static void decode_names(struct decode_job *job, const char *other)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *space = memrchr(line.start, ' ', (size_t)(line.end - line.start));
		struct decode_line name = {line.start, space};

		/* A value that names an instance is split at blanks. */
		while (name.start < name.end && isspace((unsigned char)*name.start))
			name.start++;
		while (name.start < name.end && isspace((unsigned char)name.end[-1]))
			name.end--;
		if (name.start >= name.end ||
		    (other != NULL && strncmp(name.start, other, strlen(other)) == 0))
			continue;
		job->instance_seen = true;
		for (size_t i = 0; i < job->request_count; i++)
			add_instance(job, i, name.start, (size_t)(name.end - name.start),
				     decode_token(&job->requests[i], space + 1, line.end));
	}
	finish_instances(job);
}

void decode_named(struct decode_job *job)
{
	decode_names(job, NULL);
}

/* "8:0 200"; the line "default 100" of io.weight is for all other devices. */
void decode_device_number(struct decode_job *job)
{
	decode_names(job, "default ");
}

/* "newkey 5": the keys of newer kernels, in the unit of the kernel. */
void decode_other(struct decode_job *job)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *space = memchr(line.start, ' ', (size_t)(line.end - line.start));

		for (size_t i = 0; space != NULL && i < job->request_count; i++)
			if (!metric_has_source(job->requests[i].key, line.start,
					       (size_t)(space - line.start)))
				add_instance(job, i, line.start, (size_t)(space - line.start),
					     decode_token(&job->requests[i], space + 1, line.end));
	}
}

/* "nr_subsys_cpu 5": the instance is what follows the key. Several keys share the file. */
void decode_prefix(struct decode_job *job)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *space = memchr(line.start, ' ', (size_t)(line.end - line.start));

		for (size_t i = 0; space != NULL && i < job->request_count; i++) {
			const struct decode_request *request = &job->requests[i];
			size_t length = (size_t)(space - line.start);

			if (length <= request->key_length ||
			    memcmp(line.start, request->key, request->key_length) != 0)
				continue;
			job->instance_seen = true;
			add_instance(job, i, line.start + request->key_length,
				     length - request->key_length,
				     decode_token(request, space + 1, line.end));
		}
	}
}

/* "anon N0=1 N1=2"; on v1 the sum follows the key: "anon=3 N0=1 N1=2". */
void decode_numa(struct decode_job *job)
{
	size_t expected = 0;
	struct decode_line line, word;

	while (decode_next_line(job, &line)) {
		const char *at = line.start;
		const char *equals;
		size_t found;

		if (!decode_next_word(&at, line.end, &word))
			continue;
		equals = memchr(word.start, '=', (size_t)(word.end - word.start));
		found = decode_find_request(
			job, word.start,
			(size_t)((equals != NULL ? equals : word.end) - word.start), expected);
		if (found == job->request_count)
			continue;
		expected = found + 1;
		while (decode_next_word(&at, line.end, &word)) {
			equals = memchr(word.start, '=', (size_t)(word.end - word.start));
			if (equals == NULL || equals == word.start)
				continue;
			for (size_t i = found; i < job->request_count;
			     i = decode_next_shared(job, found, i))
				add_instance(job, i, word.start, (size_t)(equals - word.start),
					     decode_token(&job->requests[i], equals + 1, word.end));
		}
	}
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

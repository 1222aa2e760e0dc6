/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * decode.c - decode kernel files: decode(), and the formats without instances.
 *
 * The requests for a file usually have the same order as its keys, so the search for a key starts
 * behind the last one found: usually one comparison per line.
 */
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/metric/decode-priv.h"

int decode_u64(const char **text, const char *end, uint64_t *ret_value)
{
	const char *at = *text;
	uint64_t value = 0;

	if (at == end || *at < '0' || *at > '9')
		return -EBADMSG;
	do {
		unsigned digit = (unsigned)(*at - '0');

		if (value > UINT64_MAX / 10 || value * 10 > UINT64_MAX - digit) {
			while (at != end && *at >= '0' && *at <= '9')
				at++;
			*text = at;
			return -ERANGE;
		}
		value = value * 10 + digit;
		at++;
	} while (at != end && *at >= '0' && *at <= '9');
	*text = at;
	*ret_value = value;
	return 0;
}

/* Parses "12.34" as hundredths. Further digits are ignored. */
static int decode_decimal_e2(const char **text, const char *end, uint64_t *ret_value)
{
	uint64_t whole, fraction = 0, weight = 10;
	int r = decode_u64(text, end, &whole);

	if (r < 0)
		return r;
	if (*text != end && **text == '.') {
		(*text)++;
		for (; *text != end && **text >= '0' && **text <= '9'; (*text)++) {
			fraction += weight * (uint64_t)(**text - '0');
			weight = weight == 10 ? 1 : 0;
		}
	}
	if (whole > (UINT64_MAX - fraction) / 100)
		return -ERANGE;
	*ret_value = whole * 100 + fraction;
	return 0;
}

/*
 * Converts v1 cpu.shares to the scale of cpu.weight. Linear, like systemd: 1024 shares are weight
 * 100, so that a weight set through systemd is read back unchanged.
 */
static uint64_t weight_from_shares(uint64_t shares)
{
	uint64_t weight = shares >= 262144 ? 10000 : shares * 100 / 1024;

	return weight < 1 ? 1 : weight > 10000 ? 10000 : weight;
}

/* Converts a weight of the BFQ scheduler to the scale of io.weight. */
static uint64_t weight_from_bfq(uint64_t bfq)
{
	if (bfq <= 100)
		return bfq < 1 ? 1 : bfq;
	return bfq >= 1000 ? 10000 : 100 + (bfq - 100) * (10000 - 100) / (1000 - 100);
}

/*
 * On v1 an unlimited value reads as the end of the page counter. It depends on the size of pages
 * and of huge pages, but is always within the last 2 GiB below 2^63.
 */
#define PAGE_COUNTER_END ((UINT64_C(1) << 63) - (UINT64_C(1) << 31))

struct cgw_number decode_convert(const struct decode_request *request, uint64_t value)
{
	uint64_t scale = request->scale;

	switch ((enum cgw_conversion)request->conversion) {
	case CGW_CONVERT_MEMORY_LIMIT:
		if (value >= PAGE_COUNTER_END)
			return (struct cgw_number){0, CGW_MAX};
		break;
	case CGW_CONVERT_SHARES:
		return (struct cgw_number){weight_from_shares(value), CGW_OK};
	case CGW_CONVERT_BFQ_WEIGHT:
		return (struct cgw_number){weight_from_bfq(value), CGW_OK};
	case CGW_CONVERT_PAGES:
		scale = (uint64_t)sysconf(_SC_PAGESIZE);
		break;
	case CGW_CONVERT_TICKS:
		scale = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
		break;
	case CGW_CONVERT_SCALE:
	case CGW_CONVERT_DECIMAL_E2:
		break;
	}
	if (scale > 1 && value > UINT64_MAX / scale)
		return (struct cgw_number){0, CGW_BAD};
	return (struct cgw_number){value * scale, CGW_OK};
}

struct cgw_number decode_token(const struct decode_request *request, const char *text,
			       const char *end)
{
	static const struct cgw_number bad = {0, CGW_BAD}, unlimited = {0, CGW_MAX};
	const char *at = text;
	uint64_t value = 0;
	int r;

	if (end - text == 3 && memcmp(text, "max", 3) == 0)
		return unlimited;
	if (end - text == 2 && memcmp(text, "-1", 2) == 0)
		return unlimited;
	/* net_cls.classid is decimal too, although users write it in hexadecimal. */
	r = request->conversion == CGW_CONVERT_DECIMAL_E2 ? decode_decimal_e2(&at, end, &value)
							  : decode_u64(&at, end, &value);
	if (r < 0 || at != end)
		return bad;
	return decode_convert(request, value);
}

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
		[CGW_FORMAT_NUMA_OTHER] = decode_numa_other,
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

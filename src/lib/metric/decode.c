/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * decode.c - kernel text to numbers: the formats that are keyed by lines, and the entry.
 *
 * The wants of a file usually stand in the order in which the kernel writes its keys, so each key is
 * looked for from behind the last one found: one comparison a line in the common case.
 */
#include <string.h>
#include <unistd.h>

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

/* Hundredths of a number such as "12.34"; further digits are cut. */
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
 * v1's scale to v2's and bfq's to io.weight's. Linear, as systemd converts: 1024 shares are weight
 * 100, and a weight set through systemd comes back as it was asked for.
 */
static uint64_t weight_from_shares(uint64_t shares)
{
	uint64_t weight = shares >= 262144 ? 10000 : shares * 100 / 1024;

	return weight < 1 ? 1 : weight > 10000 ? 10000 : weight;
}

static uint64_t weight_from_bfq(uint64_t bfq)
{
	if (bfq <= 100)
		return bfq < 1 ? 1 : bfq;
	return bfq >= 1000 ? 10000 : 100 + (bfq - 100) * (10000 - 100) / (1000 - 100);
}

/* No limit on v1 reads as the end of the page counter, which differs with the page size and, for
 * huge pages, with theirs: all of it lies in the last 2 GiB below 2^63. */
#define PAGE_COUNTER_END ((UINT64_C(1) << 63) - (UINT64_C(1) << 31))

struct cgw_number decode_convert(const struct decode_request *want, uint64_t value)
{
	uint64_t scale = want->scale;

	switch ((enum cgw_conversion)want->conversion) {
	case CGW_CONVERT_MEMORY_LIMIT:
		if (value >= PAGE_COUNTER_END)
			return (struct cgw_number){0, CGW_MAX};
		break;
	case CGW_CONVERT_SHARES:
		return (struct cgw_number){weight_from_shares(value), CGW_OK};
	case CGW_CONVERT_BFQ_WEIGHT:
		return (struct cgw_number){weight_from_bfq(value), CGW_OK};
	case CGW_CONVERT_TICKS:
		scale = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
		break;
	case CGW_CONVERT_SCALE:
	case CGW_CONVERT_DECIMAL_E2:
		break;
	}
	if (scale > 1 && value > UINT64_MAX / scale)
		return (struct cgw_number){0, CGW_BAD};
	return (struct cgw_number){value * scale, CGW_OK};
}

struct cgw_number decode_token(const struct decode_request *want, const char *text, const char *end)
{
	static const struct cgw_number bad = {0, CGW_BAD}, unlimited = {0, CGW_MAX};
	const char *at = text;
	uint64_t value = 0;
	int r;

	if (end - text == 3 && memcmp(text, "max", 3) == 0)
		return unlimited;
	if (end - text == 2 && memcmp(text, "-1", 2) == 0)
		return unlimited;
	/* net_cls.classid is decimal in current kernels, hexadecimal in what people write. */
	r = want->conversion == CGW_CONVERT_DECIMAL_E2 ? decode_decimal_e2(&at, end, &value)
						       : decode_u64(&at, end, &value);
	if (r < 0 || at != end)
		return bad;
	return decode_convert(want, value);
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
		if (found == job->want_count)
			continue;
		decode_store(job, found, decode_token(&job->wants[found], space + 1, line.end));
		expected = found + 1;
	}
}

/* "some avg10=1.23 avg60=0.00 avg300=0.00 total=123": keys are "some.avg10" and so on. */
static void decode_pressure(struct decode_job *job)
{
	struct decode_line line;

	while (decode_next_line(job, &line)) {
		const char *word = memchr(line.start, ' ', (size_t)(line.end - line.start));
		size_t prefix;

		if (word == NULL)
			continue;
		prefix = (size_t)(word - line.start);
		for (size_t i = 0; i < job->want_count; i++) {
			struct decode_request want = job->wants[i];
			const char *start, *end;

			if (want.key_length <= prefix + 1 || want.key[prefix] != '.' ||
			    memcmp(want.key, line.start, prefix) != 0)
				continue;
			if (!decode_find_assignment(word, line.end, want.key + prefix + 1,
						    want.key_length - prefix - 1, &start, &end))
				continue;
			if (want.key[prefix + 1] == 'a') /* averages are decimal, totals are not */
				want.conversion = CGW_CONVERT_DECIMAL_E2;
			decode_store(job, i, decode_token(&want, start, end));
		}
	}
}

static void decode_number(struct decode_job *job)
{
	struct decode_line line;

	if (!decode_next_line(job, &line))
		return;
	for (size_t i = 0; i < job->want_count; i++)
		decode_store(job, i, decode_token(&job->wants[i], line.start, line.end));
}

/* Words of one line; the key is the word's position, a digit. */
static void decode_words(struct decode_job *job)
{
	struct decode_line line, word;
	unsigned position = 0;

	if (!decode_next_line(job, &line))
		return;
	for (const char *at = line.start; decode_next_word(&at, line.end, &word); position++)
		for (size_t i = 0; i < job->want_count; i++)
			if (job->wants[i].key_length == 1 &&
			    job->wants[i].key[0] == (char)('0' + position))
				decode_store(job, i,
					     decode_token(&job->wants[i], word.start, word.end));
}

static void decode_state_word(struct decode_job *job)
{
	struct decode_line line;

	if (!decode_next_line(job, &line) || line.start == line.end)
		return;
	for (size_t i = 0; i < job->want_count; i++) {
		const struct decode_request *want = &job->wants[i];
		bool same = (size_t)(line.end - line.start) == want->key_length &&
			    memcmp(line.start, want->key, want->key_length) == 0;

		decode_store(job, i, (struct cgw_number){same, CGW_OK});
	}
}

static void decode_line_count(struct decode_job *job)
{
	uint64_t count = 0;
	struct decode_line line;

	while (decode_next_line(job, &line))
		count++;
	for (size_t i = 0; i < job->want_count; i++)
		decode_store(job, i, (struct cgw_number){count, CGW_OK});
}

/* The kernel's own text, its last newline cut; an empty file is an empty text, not an absent one. */
static void decode_text(struct decode_job *job)
{
	size_t length = (size_t)(job->end - job->at);

	if (length > 0 && job->at[length - 1] == '\n')
		length--;
	for (size_t i = 0; i < job->want_count && job->result == 0; i++) {
		decode_store(job, i, (struct cgw_number){0, CGW_OK});
		if (job->sink != NULL && job->sink->text != NULL)
			job->result = job->sink->text(job->sink->context, job->wants[i].slot,
						      job->at, length);
	}
}

int decode(enum cgw_format format, const char *text, size_t length,
	   const struct decode_request *wants, size_t want_count, struct cgw_number *out,
	   const struct decode_sink *sink)
{
	static void (*const decoders[CGW_FORMAT_COUNT])(struct decode_job *) = {
		[CGW_FORMAT_NUMBER] = decode_number,
		[CGW_FORMAT_WORDS] = decode_words,
		[CGW_FORMAT_FLAT] = decode_flat,
		[CGW_FORMAT_NESTED] = decode_nested,
		[CGW_FORMAT_BLKIO] = decode_blkio,
		[CGW_FORMAT_DEVICE_NUMBER] = decode_named,
		[CGW_FORMAT_PRESSURE] = decode_pressure,
		[CGW_FORMAT_NAMED] = decode_named,
		[CGW_FORMAT_PER_CPU] = decode_per_cpu,
		[CGW_FORMAT_STATE_WORD] = decode_state_word,
		[CGW_FORMAT_LINE_COUNT] = decode_line_count,
		[CGW_FORMAT_TEXT] = decode_text,
	};
	struct decode_job job = {
		.at = text,
		.end = text + length,
		.wants = wants,
		.want_count = want_count,
		.out = out,
		.sink = sink,
	};

	for (size_t i = 0; i < want_count; i++)
		out[wants[i].slot] = (struct cgw_number){0, CGW_ABSENT};
	if ((unsigned)format >= CGW_FORMAT_COUNT || decoders[format] == NULL)
		return -EINVAL;
	decoders[format](&job);
	return job.result;
}

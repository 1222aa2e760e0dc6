/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode-number.c - numbers in kernel files, and their conversion to the unit of a metric. */
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/metric/decode-priv.h"

/*
 * On v1 an unlimited value reads as the end of the page counter. It depends on the size of pages
 * and of huge pages, but is always within the last 2 GiB below 2^63.
 */
#define PAGE_COUNTER_END ((UINT64_C(1) << 63) - (UINT64_C(1) << 31))

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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cpu-list.c - lists of CPUs and memory nodes in the kernel's canonical form. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "lib/limit/control-value.h"
#include "lib/metric/decode.h"

/* More CPUs than any kernel supports. */
#define LIST_END 8192

struct bits {
	uint64_t words[LIST_END / 64];
};

static bool bits_have(const struct bits *bits, unsigned i)
{
	return i < LIST_END && (bits->words[i / 64] >> i % 64 & 1) != 0;
}

static int parse_range(const char **at, const char *end, struct bits *bits)
{
	uint64_t first, last;
	int r = decode_u64(at, end, &first);

	last = first;
	if (r == 0 && **at == '-') {
		(*at)++;
		r = decode_u64(at, end, &last);
	}
	if (r < 0 || last < first)
		return r == -ERANGE ? r : -EINVAL;
	if (last >= LIST_END)
		return -ERANGE;
	for (uint64_t i = first; i <= last; i++)
		bits->words[i / 64] |= UINT64_C(1) << i % 64;
	return 0;
}

static int parse_list(const char *text, struct bits *ret_bits)
{
	const char *at = text, *end = text + strlen(text);
	struct bits bits = {0};

	while (at < end) {
		int r = parse_range(&at, end, &bits);

		if (r < 0)
			return r;
		if (at < end && (*at != ',' || at + 1 == end))
			return -EINVAL;
		at += at < end;
	}
	*ret_bits = bits;
	return 0;
}

bool list_contains(const char *list, const char *other)
{
	struct bits bits, others;

	if (parse_list(list, &bits) < 0 || parse_list(other, &others) < 0)
		return false;
	for (size_t i = 0; i < LIST_END / 64; i++)
		if (others.words[i] & ~bits.words[i])
			return false;
	return true;
}

int list_normalise(const char *text, char *buffer, size_t size)
{
	struct bits bits;
	size_t used = 0;
	int r = parse_list(text, &bits);

	if (r < 0)
		return r;
	buffer[0] = '\0';
	for (unsigned i = 0; i < LIST_END; i++) {
		unsigned last = i;

		if (!bits_have(&bits, i))
			continue;
		while (bits_have(&bits, last + 1))
			last++;
		used = text_append(buffer, size, used, last > i ? "%s%u-%u" : "%s%u",
				   used > 0 ? "," : "", i, last);
		if (used + 1 >= size)
			return -ERANGE; /* possibly cut */
		i = last;
	}
	return 0;
}

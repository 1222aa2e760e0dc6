/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * glob.c - glob patterns for paths.
 *
 * All positions in the pattern are simulated at once: an untrusted pattern costs at most its length
 * per byte of the path, whereas backtracking can be exponential. Alternatives in braces are tried
 * one by one; cgw_glob_check() bounds their number.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <cgward/model.h>

#define PATTERN_MAX      1024
#define ALTERNATIVES_MAX 256

/* The length of "[...]", or 0 if the bracket is not closed. */
static size_t bracket_length(const char *pattern)
{
	size_t i = 1;

	if (pattern[i] == '!' || pattern[i] == '^')
		i++;
	if (pattern[i] == ']')
		i++;
	while (pattern[i] != '\0' && pattern[i] != ']')
		i++;
	return pattern[i] == ']' ? i + 1 : 0;
}

static bool bracket_has(const char *pattern, size_t length, unsigned char byte)
{
	size_t i = 1, end = length - 1;
	bool negated = pattern[i] == '!' || pattern[i] == '^', found = false;

	for (i += negated; i < end; i++) {
		unsigned char first = (unsigned char)pattern[i], last = first;

		if (i + 2 < end && pattern[i + 1] == '-') {
			last = (unsigned char)pattern[i + 2];
			i += 2;
		}
		found = found || (byte >= first && byte <= last);
	}
	return found != negated && byte != '/';
}

/* The set of positions in the pattern from which the rest of the text may match. */
struct positions {
	uint64_t bits[PATTERN_MAX / 64 + 1];
};

static void add_position(struct positions *positions, size_t position)
{
	positions->bits[position / 64] |= UINT64_C(1) << position % 64;
}

static bool has_position(const struct positions *positions, size_t position)
{
	return positions->bits[position / 64] >> position % 64 & 1;
}

/* Adds a position, and the one after it if it is a star, which may match nothing. */
static void add_reachable(struct positions *positions, const char *pattern, size_t position)
{
	for (;;) {
		add_position(positions, position);
		if (pattern[position] != '*')
			return;
		/* "**" with its slash may match nothing too: "a/" "**" "/b" matches "a/b". */
		if (pattern[position + 1] == '*' && pattern[position + 2] == '/' &&
		    (position == 0 || pattern[position - 1] == '/'))
			add_reachable(positions, pattern, position + 3);
		position += pattern[position + 1] == '*' ? 2 : 1;
	}
}

/* Advances one position by one byte of the text. */
static void step(const char *pattern, size_t position, char byte, struct positions *next)
{
	size_t bracket = pattern[position] == '[' ? bracket_length(pattern + position) : 0;

	if (pattern[position] == '*') {
		bool two = pattern[position + 1] == '*';

		/* The star matches this byte, and may match more or end here. */
		if (byte != '/' || two) {
			add_position(next, position);
			add_reachable(next, pattern, position + (two ? 2 : 1));
		}
	} else if (bracket > 0) {
		if (bracket_has(pattern + position, bracket, (unsigned char)byte))
			add_reachable(next, pattern, position + bracket);
	} else if (pattern[position] == byte || (pattern[position] == '?' && byte != '/')) {
		add_reachable(next, pattern, position + 1);
	}
}

/* The first `start` bytes of both are known to be equal. */
static bool match_simple(const char *pattern, size_t length, const char *text, size_t start)
{
	struct positions now = {0}, next;
	bool ends_open = length >= 2 && strcmp(pattern + length - 2, "**") == 0;

	add_reachable(&now, pattern, start);
	for (text += start; *text != '\0'; text++) {
		/* Whatever follows matches: paths may be very long. */
		if (ends_open && has_position(&now, length - 2))
			return true;
		memset(&next, 0, sizeof(next));
		for (size_t position = 0; position < length; position++)
			if (has_position(&now, position))
				step(pattern, position, *text, &next);
		now = next;
	}
	return has_position(&now, length);
}

/* The end of "{...}", after the closing brace; NULL if it is not closed. */
static const char *brace_end(const char *pattern)
{
	unsigned depth = 0;

	for (; *pattern != '\0'; pattern++) {
		depth += *pattern == '{';
		depth -= *pattern == '}';
		if (*pattern == '}' && depth == 0)
			return pattern + 1;
	}
	return NULL;
}

/* The comma or closing brace that ends the alternative at `at`. */
static const char *alternative_end(const char *at)
{
	unsigned depth = 0;

	for (; *at != '\0'; at++) {
		if (depth == 0 && (*at == ',' || *at == '}'))
			return at;
		depth += *at == '{';
		depth -= *at == '}';
	}
	return at;
}

/*
 * Writes the n-th combination of alternatives to `buffer`. Each brace uses n modulo its number of
 * alternatives and passes on the quotient; nested braces are expanded by the next iterations.
 * Returns false if n is past the last combination.
 */
static bool expand(const char *pattern, unsigned n, char *buffer, size_t size)
{
	const char *brace;

	if (strlen(pattern) >= size)
		return false;
	memcpy(buffer, pattern, strlen(pattern) + 1);
	while ((brace = strchr(buffer, '{')) != NULL) {
		char copy[PATTERN_MAX];
		const char *end = brace_end(brace), *at = brace + 1, *stop;
		unsigned count = 1, choice;
		size_t head = (size_t)(brace - buffer);

		if (end == NULL)
			return n == 0;
		for (stop = alternative_end(at); *stop == ','; stop = alternative_end(stop + 1))
			count++;
		choice = n % count;
		n /= count;
		for (stop = alternative_end(at); choice > 0; choice--) {
			at = stop + 1;
			stop = alternative_end(at);
		}
		memcpy(copy, buffer, head);
		memcpy(copy + head, at, (size_t)(stop - at));
		memcpy(copy + head + (stop - at), end, strlen(end) + 1);
		memcpy(buffer, copy, strlen(copy) + 1);
	}
	return n == 0;
}

/* The end of the pattern without special characters: the end of each path that matches. */
static const char *literal_end(const char *pattern)
{
	const char *end = pattern + strlen(pattern);

	while (end > pattern && strchr("*?[]{},", end[-1]) == NULL)
		end--;
	return *end == '/' ? end + 1 : end; /* "**" with its slash may match nothing */
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

static bool match(const char *pattern, const char *path)
{
	const char *component = strrchr(path, '/');
	char buffer[PATTERN_MAX];
	size_t plain = strcspn(pattern, "*?[{");

	if (strchr(pattern, '/') == NULL && component != NULL)
		path = component + 1;
	/* Fast path: most patterns differ in their literal start or end. */
	if (strncmp(pattern, path, plain) != 0 || !ends_with(path, literal_end(pattern)))
		return false;
	if (strchr(pattern, '{') == NULL)
		return strlen(pattern) < PATTERN_MAX &&
		       match_simple(pattern, strlen(pattern), path, plain);
	for (unsigned n = 0; n < ALTERNATIVES_MAX; n++)
		if (expand(pattern, n, buffer, sizeof(buffer)) &&
		    match_simple(buffer, strlen(buffer), path, plain))
			return true;
	return false;
}

bool cgw_glob_match(const char *pattern, const char *path)
{
	char printed[PATTERN_MAX];
	size_t length;

	if (match(pattern, path))
		return true;
	length = strchr(pattern, '\\') != NULL ? strlen(pattern) : PATTERN_MAX;
	if (length >= PATTERN_MAX)
		return false;
	/* A name with escapes as it was printed, which may have been copied from there. */
	memcpy(printed, pattern, length + 1);
	return cgw_unescape(printed) < length && match(printed, path);
}

int cgw_glob_check(const char *pattern, struct cgw_diag *diag)
{
	size_t length = strlen(pattern);
	unsigned combinations = 1;

	if (length == 0)
		return cgw_diag_set(diag, -EINVAL, "empty pattern");
	if (length >= PATTERN_MAX)
		return cgw_diag_set(diag, -EINVAL, "pattern too long (at most %d bytes)",
				    PATTERN_MAX - 1);
	for (size_t i = 0; i < length; i++) {
		if (pattern[i] == '[' && bracket_length(pattern + i) == 0)
			return cgw_diag_set(diag, -EINVAL, "unmatched '[' at position %zu", i + 1);
		if (pattern[i] == '{' && brace_end(pattern + i) == NULL)
			return cgw_diag_set(diag, -EINVAL, "unmatched '{' at position %zu", i + 1);
		if (pattern[i] == ',' || pattern[i] == '{')
			combinations += combinations;
		if (combinations > ALTERNATIVES_MAX)
			return cgw_diag_set(diag, -EINVAL, "too many alternatives in braces");
	}
	return 0;
}

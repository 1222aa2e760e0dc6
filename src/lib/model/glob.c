/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * glob.c - patterns over paths.
 *
 * Matched by simulating all places in the pattern at once, so that a hostile pattern costs at most
 * its length for each byte of a path, where backtracking would take for ever. Alternatives in braces
 * are tried one after the other, and their number is bounded when the pattern is checked.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <cgward/model.h>

#define PATTERN_MAX      1024
#define ALTERNATIVES_MAX 256

/* The length of "[...]" at the pattern, or 0 when it is not closed. */
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

/* The set of places in the pattern from which the rest may match. */
struct places {
	uint64_t bits[PATTERN_MAX / 64 + 1];
};

static void add_place(struct places *places, size_t place)
{
	places->bits[place / 64] |= UINT64_C(1) << place % 64;
}

static bool has_place(const struct places *places, size_t place)
{
	return places->bits[place / 64] >> place % 64 & 1;
}

/* A star may stand for nothing: with it, what follows it is a place too. */
static void add_reachable(struct places *places, const char *pattern, size_t place)
{
	for (;;) {
		add_place(places, place);
		if (pattern[place] != '*')
			return;
		/* And so may a whole "**" with its slash: "a, slash, two stars, slash, b" takes "a/b". */
		if (pattern[place + 1] == '*' && pattern[place + 2] == '/' &&
		    (place == 0 || pattern[place - 1] == '/'))
			add_reachable(places, pattern, place + 3);
		place += pattern[place + 1] == '*' ? 2 : 1;
	}
}

/* What one byte of the text makes of one place in the pattern. */
static void step(const char *pattern, size_t place, char byte, struct places *next)
{
	size_t bracket = pattern[place] == '[' ? bracket_length(pattern + place) : 0;

	if (pattern[place] == '*') {
		bool two = pattern[place + 1] == '*';

		/* It takes this byte and may take more, or ends here. */
		if (byte != '/' || two) {
			add_place(next, place);
			add_reachable(next, pattern, place + (two ? 2 : 1));
		}
	} else if (bracket > 0) {
		if (bracket_has(pattern + place, bracket, (unsigned char)byte))
			add_reachable(next, pattern, place + bracket);
	} else if (pattern[place] == byte || (pattern[place] == '?' && byte != '/')) {
		add_reachable(next, pattern, place + 1);
	}
}

static bool match_simple(const char *pattern, size_t length, const char *text)
{
	struct places now = {0}, next;

	add_reachable(&now, pattern, 0);
	for (; *text != '\0'; text++) {
		memset(&next, 0, sizeof(next));
		for (size_t place = 0; place < length; place++)
			if (has_place(&now, place))
				step(pattern, place, *text, &next);
		now = next;
	}
	return has_place(&now, length);
}

/* The end of "{...}" at the pattern, behind the brace; NULL when it is not closed. */
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

/* The end of the alternative that starts here: its comma or the closing brace. */
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
 * Writes the n-th way to choose among all alternatives into `buffer`. Each brace takes n modulo its
 * number of alternatives and hands the quotient on; a choice may hold braces itself, which are met
 * again as the text is scanned. Returns false when n is beyond the last way.
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

bool cgw_glob_match(const char *pattern, const char *path)
{
	const char *component = strrchr(path, '/');
	char buffer[PATTERN_MAX];
	size_t plain = strcspn(pattern, "*?[{");

	if (strchr(pattern, '/') == NULL && component != NULL)
		path = component + 1;
	/* Most patterns are for other groups, which their beginning tells already. */
	if (strncmp(pattern, path, plain) != 0)
		return false;
	if (strchr(pattern, '{') == NULL)
		return strlen(pattern) < PATTERN_MAX &&
		       match_simple(pattern, strlen(pattern), path);
	for (unsigned n = 0; n < ALTERNATIVES_MAX; n++)
		if (expand(pattern, n, buffer, sizeof(buffer)) &&
		    match_simple(buffer, strlen(buffer), path))
			return true;
	return false;
}

int cgw_glob_check(const char *pattern, struct cgw_diag *diag)
{
	size_t length = strlen(pattern);
	unsigned ways = 1;

	if (length == 0)
		return cgw_diag_set(diag, -EINVAL, "an empty pattern matches nothing");
	if (length >= PATTERN_MAX)
		return cgw_diag_set(diag, -EINVAL, "the pattern is longer than %d bytes",
				    PATTERN_MAX - 1);
	for (size_t i = 0; i < length; i++) {
		if (pattern[i] == '[' && bracket_length(pattern + i) == 0)
			return cgw_diag_set(diag, -EINVAL,
					    "\"[\" at position %zu is not closed by \"]\"", i + 1);
		if (pattern[i] == '{' && brace_end(pattern + i) == NULL)
			return cgw_diag_set(diag, -EINVAL,
					    "\"{\" at position %zu is not closed by \"}\"", i + 1);
		if (pattern[i] == ',' || pattern[i] == '{')
			ways += ways;
		if (ways > ALTERNATIVES_MAX)
			return cgw_diag_set(diag, -EINVAL,
					    "more alternatives in braces than can be told apart");
	}
	return 0;
}

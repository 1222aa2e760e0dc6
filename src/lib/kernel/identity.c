/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* identity.c - recognition of units, containers, pods and sessions from the path of a group. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/identity.h"

#define NO_PART CGW_PART_COUNT
/* The most path components and placeholders of one pattern. */
#define SPAN_MAX    3
#define CAPTURE_MAX 4

static const struct identity_rule {
	uint8_t kind; /* enum cgw_identity_kind */
	const char *engine, *pattern;
} rules[] = {
#define IDENTITY(kind_, engine_, pattern_) {CGW_IDENTITY_##kind_, (engine_), (pattern_)},
#include <cgward/identities.def>
#undef IDENTITY
};

/* What a placeholder in braces matches. */
static const struct placeholder {
	const char *word;
	uint8_t part;        /* enum cgw_identity_part, or NO_PART */
	bool unescape;       /* systemd's "\x2d" */
	const char *accept;  /* characters, or NULL: any except those in `reject` */
	const char *reject;  /* characters, or NULL */
	const char *choices; /* accepted words, or NULL: any */
	uint8_t length_min, length_max;
} placeholders[] = {
#define HEX    "0123456789abcdef"
#define DIGITS "0123456789"
	{"id", CGW_PART_CONTAINER, false, HEX, NULL, NULL, 12, 64},
	{"id64", CGW_PART_CONTAINER, false, HEX, NULL, NULL, 64, 64},
	{"task", CGW_PART_CONTAINER, false, HEX "-", NULL, NULL, 34, 64},
	{"name", CGW_PART_CONTAINER, true, NULL, NULL, NULL, 1, 255},
	{"pod", CGW_PART_POD, false, HEX "-_", NULL, NULL, 32, 36},
	{"podid", CGW_PART_POD, false, HEX, NULL, NULL, 64, 64},
	{"qos", CGW_PART_QOS, false, NULL, NULL, "besteffort burstable", 9, 10},
	{"uid", CGW_PART_UID, false, DIGITS, NULL, NULL, 1, 10},
	{"session", CGW_PART_SESSION, false, NULL, NULL, NULL, 1, 255},
	{"application", CGW_PART_APPLICATION, true, NULL, NULL, NULL, 1, 255},
	{"appid", CGW_PART_APPLICATION, true, NULL, "-", NULL, 1, 255},
	{"snap", CGW_PART_APPLICATION, false, NULL, ".", NULL, 1, 255},
	{"word", NO_PART, false, NULL, "-", NULL, 1, 255},
	{"number", NO_PART, false, DIGITS, NULL, NULL, 1, 20},
	{"random", NO_PART, false, HEX "-", NULL, NULL, 1, 64},
	/* '*' */
	{"", NO_PART, false, NULL, NULL, NULL, 0, 255},
#undef DIGITS
#undef HEX
};

struct capture {
	const struct placeholder *placeholder;
	const char *start;
	size_t length;
};

struct captures {
	struct capture items[CAPTURE_MAX];
	size_t count;
};

static const char *const unit_suffixes[] = {
	".service", ".scope",     ".mount",  ".socket", ".swap",
	".target",  ".automount", ".device", ".timer",  ".path",
};

size_t identity_rule_count(void)
{
	return ARRAY_SIZE(rules);
}

const char *identity_rule_pattern(size_t rule)
{
	return rules[rule].pattern;
}

const char *cgw_identity_kind_name(enum cgw_identity_kind kind)
{
	static const char *const names[] = {
		[CGW_IDENTITY_NONE] = "group",      [CGW_IDENTITY_SLICE] = "slice",
		[CGW_IDENTITY_UNIT] = "unit",       [CGW_IDENTITY_USER] = "user",
		[CGW_IDENTITY_SESSION] = "session", [CGW_IDENTITY_APPLICATION] = "application",
		[CGW_IDENTITY_JOB] = "job",         [CGW_IDENTITY_MACHINE] = "machine",
		[CGW_IDENTITY_POD] = "pod",         [CGW_IDENTITY_CONTAINER] = "container",
		[CGW_IDENTITY_MONITOR] = "monitor",
	};

	return (unsigned)kind < CGW_IDENTITY_KIND_COUNT ? names[kind] : "invalid";
}

const char *cgw_identity_part_name(enum cgw_identity_part part)
{
	static const char *const names[] = {
		[CGW_PART_ENGINE] = "engine", [CGW_PART_CONTAINER] = "container",
		[CGW_PART_POD] = "pod",       [CGW_PART_QOS] = "qos",
		[CGW_PART_UNIT] = "unit",     [CGW_PART_SYSTEM_UNIT] = "system_unit",
		[CGW_PART_SLICE] = "slice",   [CGW_PART_SESSION] = "session",
		[CGW_PART_UID] = "uid",       [CGW_PART_APPLICATION] = "application",
	};

	return (unsigned)part < CGW_PART_COUNT ? names[part] : "invalid";
}

static const struct placeholder *find_placeholder(const char *word, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++)
		if (strlen(placeholders[i].word) == length &&
		    memcmp(placeholders[i].word, word, length) == 0)
			return &placeholders[i];
	return NULL;
}

/* The most characters from `text` on that the placeholder can match. */
static size_t longest_match(const struct placeholder *placeholder, const char *text,
			    const char *end)
{
	size_t length = 0, limit = (size_t)(end - text);

	if (placeholder->accept == NULL && placeholder->reject == NULL) {
		const char *slash;

		limit = limit < placeholder->length_max ? limit : placeholder->length_max;
		slash = memchr(text, '/', limit);
		return slash == NULL ? limit : (size_t)(slash - text);
	}
	while (text + length < end && length < placeholder->length_max && text[length] != '/') {
		if (placeholder->accept != NULL &&
		    strchr(placeholder->accept, text[length]) == NULL)
			break;
		if (placeholder->reject != NULL &&
		    strchr(placeholder->reject, text[length]) != NULL)
			break;
		length++;
	}
	return length;
}

static bool is_choice(const struct placeholder *placeholder, const char *text, size_t length)
{
	const char *words = placeholder->choices;

	while (words != NULL && *words != '\0') {
		size_t size = strcspn(words, " ");

		if (size == length && memcmp(words, text, length) == 0)
			return true;
		words += size + (words[size] == ' ');
	}
	return words == NULL;
}

/*
 * The longest match of `shortest` to `length` characters that the pattern's next character follows;
 * SIZE_MAX: there is none. Names are long, and most match no pattern.
 */
static size_t next_length(const char *pattern, const char *text, const char *end, size_t length,
			  size_t shortest)
{
	size_t rest = (size_t)(end - text);
	const char *at;

	if (length == SIZE_MAX || length < shortest)
		return SIZE_MAX;
	if (*pattern == '{' || *pattern == '*')
		return length;
	if (*pattern == '\0')
		return length == rest ? length : SIZE_MAX;
	at = memrchr(text + shortest, *pattern, (length < rest ? length + 1 : rest) - shortest);
	return at == NULL ? SIZE_MAX : (size_t)(at - text);
}

/* True if the pattern matches text..end exactly. Recursion is bounded by CAPTURE_MAX. */
static bool matches(const char *pattern, const char *text, const char *end,
		    struct captures *captures)
{
	const struct placeholder *placeholder;
	size_t word, length, mark = captures->count;

	while (*pattern != '\0' && *pattern != '{' && *pattern != '*')
		if (text == end || *pattern++ != *text++)
			return false;
	if (*pattern == '\0')
		return text == end;
	word = *pattern == '*' ? 0 : strcspn(pattern + 1, "}");
	placeholder = find_placeholder(pattern + 1, word);
	if (placeholder == NULL || mark == CAPTURE_MAX)
		return false;
	pattern += *pattern == '*' ? 1 : word + 2;
	length = longest_match(placeholder, text, end);
	while ((length = next_length(pattern, text, end, length, placeholder->length_min)) !=
	       SIZE_MAX) {
		if (is_choice(placeholder, text, length)) {
			captures->items[mark] = (struct capture){placeholder, text, length};
			captures->count = mark + 1;
			if (matches(pattern, text + length, end, captures))
				return true;
		}
		length--;
	}
	captures->count = mark;
	return false;
}

static unsigned span_of(const char *pattern)
{
	unsigned span = 1;

	for (; *pattern != '\0'; pattern++)
		span += *pattern == '/';
	return span;
}

static int hex_digit(char character)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, character);

	return character == '\0' || at == NULL ? -1 : (int)(at - digits);
}

static void store(char *buffer, size_t size, const char *text, size_t length, bool unescape)
{
	size_t used = 0;

	for (size_t i = 0; i < length && used + 1 < size; i++) {
		int high = -1, low = -1;

		if (unescape && length - i >= 4 && text[i] == '\\' && text[i + 1] == 'x') {
			high = hex_digit(text[i + 2]);
			low = hex_digit(text[i + 3]);
		}
		if (high < 0 || low < 0 || high + low == 0) {
			buffer[used++] = text[i];
			continue;
		}
		buffer[used++] = (char)(high << 4 | low);
		i += 3;
	}
	buffer[used] = '\0';
}

static void store_captures(const struct identity_rule *rule, const struct captures *captures,
			   struct cgw_identity *identity)
{
	bool pod = false, qos = false;

	identity->kind = rule->kind;
	if (rule->engine[0] != '\0')
		store(identity->text[CGW_PART_ENGINE], sizeof(identity->text[0]), rule->engine,
		      strlen(rule->engine), false);
	for (size_t i = 0; i < captures->count; i++) {
		const struct capture *capture = &captures->items[i];
		char *text;

		if (capture->placeholder->part == NO_PART)
			continue;
		text = identity->text[capture->placeholder->part];
		store(text, sizeof(identity->text[0]), capture->start, capture->length,
		      capture->placeholder->unescape);
		pod = pod || capture->placeholder->part == CGW_PART_POD;
		qos = qos || capture->placeholder->part == CGW_PART_QOS;
		for (char *at = text; capture->placeholder->part == CGW_PART_POD && *at != '\0';
		     at++)
			if (*at == '_')
				*at = '-';
	}
	/* Kubernetes has a group for each QoS class except "guaranteed". */
	if (rule->kind == CGW_IDENTITY_POD && pod && !qos &&
	    strcmp(rule->engine, "kubernetes") == 0)
		store(identity->text[CGW_PART_QOS], sizeof(identity->text[0]), "guaranteed",
		      strlen("guaranteed"), false);
}

/* State of the scan for systemd units. */
struct unit_scan {
	bool foreign; /* the rest of the path has no units of this machine */
	bool in_unit; /* in a unit other than a slice; only a user manager has units below it */
	enum cgw_identity_part part;
};

static bool has_suffix(const char *text, size_t length, const char *suffix)
{
	size_t size = strlen(suffix);

	return length > size && memcmp(text + length - size, suffix, size) == 0;
}

static bool is_unit(const char *text, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_suffixes); i++)
		if (has_suffix(text, length, unit_suffixes[i]))
			return true;
	return false;
}

/* As in systemd: slices, then one unit; below a user manager, the same again. */
static bool scan_unit(struct unit_scan *scan, const char *text, size_t length,
		      struct cgw_identity *identity)
{
	if (scan->foreign)
		return false;
	/* systemd prefixes names that would collide with kernel files with an underscore. */
	if (length > 1 && *text == '_') {
		text++;
		length--;
	}
	if (scan->in_unit) {
		const char *unit = identity->text[CGW_PART_SYSTEM_UNIT];

		if (scan->part == CGW_PART_UNIT || strncmp(unit, "user@", 5) != 0 ||
		    !(has_suffix(text, length, ".slice") || is_unit(text, length))) {
			scan->foreign = true;
			return false;
		}
		scan->in_unit = false;
		scan->part = CGW_PART_UNIT;
	}
	if (has_suffix(text, length, ".slice")) {
		identity->kind = CGW_IDENTITY_SLICE;
		store(identity->text[CGW_PART_SLICE], sizeof(identity->text[0]), text, length,
		      false);
		return true;
	}
	scan->in_unit = is_unit(text, length);
	scan->foreign = !scan->in_unit;
	if (scan->foreign)
		return false;
	identity->kind = CGW_IDENTITY_UNIT;
	store(identity->text[scan->part], sizeof(identity->text[0]), text, length, false);
	return true;
}

/* Fast rejection by the first letter. */
static bool may_match(const char *pattern, const char *const starts[SPAN_MAX])
{
	if (*pattern == '*' || *pattern == '{')
		return true;
	for (size_t i = 0; i < SPAN_MAX && starts[i] != NULL; i++)
		if (*starts[i] == *pattern)
			return true;
	return false;
}

static bool rule_applies(const struct identity_rule *rule, const struct unit_scan *scan)
{
	return !scan->foreign ||
	       (rule->kind != CGW_IDENTITY_USER && rule->kind != CGW_IDENTITY_SESSION &&
		rule->kind != CGW_IDENTITY_APPLICATION);
}

/*
 * Finds the rule that matches the components ending at `end`; `starts` are the starts of the last
 * SPAN_MAX components, the nearest first. Returns the number of rules if none matches.
 */
static size_t find_rule(const char *const starts[SPAN_MAX], const char *end,
			const struct unit_scan *scan, struct captures *captures)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const char *start;

		if (!may_match(rules[i].pattern, starts))
			continue;
		start = starts[span_of(rules[i].pattern) - 1];
		captures->count = 0;
		if (start != NULL && rule_applies(&rules[i], scan) &&
		    matches(rules[i].pattern, start, end, captures))
			return i;
	}
	return ARRAY_SIZE(rules);
}

size_t identity_read(const char *path, struct cgw_identity *ret_identity)
{
	struct unit_scan scan = {.part = CGW_PART_SYSTEM_UNIT};
	const char *starts[SPAN_MAX] = {NULL};
	size_t last_rule = ARRAY_SIZE(rules), depth = 0;

	ret_identity->kind = CGW_IDENTITY_NONE;
	ret_identity->below = 0;
	for (size_t i = 0; i < CGW_PART_COUNT; i++)
		ret_identity->text[i][0] = '\0';
	for (path += strspn(path, "/"); *path != '\0'; path += strspn(path, "/")) {
		size_t length = strcspn(path, "/"), rule;
		struct captures captures;
		bool known = false;

		if (depth++ >= IDENTITY_DEPTH_MAX) {
			ret_identity->below++;
			path += length;
			continue;
		}
		memmove(starts + 1, starts, (SPAN_MAX - 1) * sizeof(starts[0]));
		starts[0] = path;
		known = scan_unit(&scan, path, length, ret_identity);
		rule = find_rule(starts, path + length, &scan, &captures);
		if (rule < ARRAY_SIZE(rules)) {
			store_captures(&rules[rule], &captures, ret_identity);
			last_rule = rule;
			known = true;
		} else if (known) {
			last_rule = ARRAY_SIZE(rules);
		}
		ret_identity->below = known ? 0 : ret_identity->below + 1;
		path += length;
	}
	if (ret_identity->kind == CGW_IDENTITY_NONE)
		ret_identity->below = 0;
	if (ret_identity->text[CGW_PART_UNIT][0] == '\0')
		memcpy(ret_identity->text[CGW_PART_UNIT], ret_identity->text[CGW_PART_SYSTEM_UNIT],
		       sizeof(ret_identity->text[0]));
	return last_rule;
}

void cgw_identity_from_path(const char *path, struct cgw_identity *ret_identity)
{
	(void)identity_read(path, ret_identity);
}

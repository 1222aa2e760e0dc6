/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exposition-reader.h - a strict reader of OpenMetrics 1.0 and of the Prometheus text format. What
 * any reader might refuse makes the test fail.
 */
#pragma once

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "test.h"

#define SERIES_LABELS_MAX 24

struct series_label {
	char *name, *value; /* without escapes */
};

struct series {
	char *name, *number;
	struct series_label labels[SERIES_LABELS_MAX]; /* sorted by name */
	size_t label_count;
};

struct series_family {
	char *name, *type, *help, *unit; /* NULL: not described */
	size_t first;                    /* series */
};

struct exposition_reader {
	bool openmetrics;
	struct series *series;
	struct series_family *families;
	size_t series_count, family_count;
};

static inline char *reader_copy(const char *from, size_t length)
{
	char *copy = strndup(from, length);

	assert_non_null(copy);
	return copy;
}

/* The length of a name of a family or label, which is at least 1. */
static inline size_t reader_name(const char *at)
{
	size_t length = 0;

	while (isalnum((unsigned char)at[length]) || at[length] == '_')
		length++;
	if (length == 0 || isdigit((unsigned char)at[0]))
		fail_msg("not a name: %.80s", at);
	return length;
}

/* Reads text with escapes up to `end`, and returns what follows. */
static inline const char *reader_text(const char *at, char end, bool quotes, char **ret_text)
{
	char *text = malloc(strlen(at) + 1), *to = text;

	assert_non_null(text);
	for (; *at != end; at++) {
		if (*at == '\0' || *at == '\n' || (quotes && *at == '"'))
			fail_msg("unescaped character in: %.80s", at);
		if (*at != '\\') {
			*to++ = *at;
			continue;
		}
		at++;
		if (*at != 'n' && *at != '\\' && (*at != '"' || !quotes))
			fail_msg("invalid escape: %.80s", at - 1);
		*to++ = *at == 'n' ? '\n' : *at;
	}
	*to = '\0';
	*ret_text = text;
	return at + 1;
}

static inline int reader_compare_labels(const void *a, const void *b)
{
	const struct series_label *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static inline const char *reader_labels(const char *at, struct series *series)
{
	do {
		struct series_label *label = &series->labels[series->label_count++];
		size_t length = reader_name(++at);

		assert_true(series->label_count < SERIES_LABELS_MAX);
		label->name = reader_copy(at, length);
		if (strncmp(label->name, "__", 2) == 0)
			fail_msg("reserved label %s", label->name);
		at += length;
		assert_int_equal(*at++, '=');
		assert_int_equal(*at++, '"');
		at = reader_text(at, '"', true, &label->value);
	} while (*at == ',');
	assert_int_equal(*at, '}');
	qsort(series->labels, series->label_count, sizeof(series->labels[0]),
	      reader_compare_labels);
	for (size_t i = 1; i < series->label_count; i++)
		assert_string_not_equal(series->labels[i - 1].name, series->labels[i].name);
	return at + 1;
}

/* Digits with at most one point, or +Inf. */
static inline void reader_check_number(const struct series_family *family, const char *number)
{
	size_t digits = strspn(number, "0123456789");
	const char *rest = number + digits;

	if (*rest == '.' && digits > 0)
		rest += 1 + strspn(rest + 1, "0123456789");
	if (strcmp(number, "+Inf") == 0 && strcmp(family->type, "gauge") == 0)
		return;
	if (digits == 0 || *rest != '\0' || rest[-1] == '.')
		fail_msg("%s: invalid number %s", family->name, number);
	if (family->type[0] == 'i')
		assert_string_equal(number, "1");
}

static inline bool reader_same_series(const struct series *a, const struct series *b)
{
	if (a->label_count != b->label_count || strcmp(a->name, b->name) != 0)
		return false;
	for (size_t i = 0; i < a->label_count; i++)
		if (strcmp(a->labels[i].name, b->labels[i].name) != 0 ||
		    strcmp(a->labels[i].value, b->labels[i].value) != 0)
			return false;
	return true;
}

static const char *const histogram_suffixes[] = {"_bucket", "_count", "_sum"};

/* The suffix of samples of a family; of a histogram, that of this sample if it is a valid one. */
static inline const char *reader_suffix(const struct exposition_reader *reader, const char *name,
					const char *type)
{
	const char *end = strrchr(name, '_');

	if (strcmp(type, "histogram") == 0) {
		for (size_t i = 0; end != NULL && i < 3; i++)
			if (strcmp(end, histogram_suffixes[i]) == 0)
				return histogram_suffixes[i];
		return "_bucket";
	}
	if (!reader->openmetrics)
		return "";
	return strcmp(type, "counter") == 0 ? "_total" : strcmp(type, "info") == 0 ? "_info" : "";
}

/* Only the samples of buckets have the label "le". */
static inline void reader_check_bucket(const struct series_family *family,
				       const struct series *series)
{
	bool has_bound = false;

	for (size_t i = 0; i < series->label_count; i++)
		has_bound |= strcmp(series->labels[i].name, "le") == 0;
	assert_int_equal(has_bound, strcmp(family->type, "histogram") == 0 &&
					    strstr(series->name, "_bucket") != NULL);
}

static inline const char *reader_sample(struct exposition_reader *reader, const char *at)
{
	struct series_family *family;
	struct series *series;
	size_t length = reader_name(at);
	char expected[256];

	assert_true(reader->family_count > 0);
	family = &reader->families[reader->family_count - 1];
	assert_non_null(family->type);
	reader->series = realloc(reader->series, (reader->series_count + 1) * sizeof(*series));
	assert_non_null(reader->series);
	series = &reader->series[reader->series_count];
	*series = (struct series){.name = reader_copy(at, length)};
	snprintf(expected, sizeof(expected), "%s%s", family->name,
		 reader_suffix(reader, series->name, family->type));
	assert_string_equal(series->name, expected);
	at += length;
	if (*at == '{')
		at = reader_labels(at, series);
	reader_check_bucket(family, series);
	assert_int_equal(*at++, ' ');
	length = strcspn(at, " \n");
	series->number = reader_copy(at, length);
	reader_check_number(family, series->number);
	for (size_t i = family->first; i < reader->series_count; i++)
		if (reader_same_series(&reader->series[i], series))
			fail_msg("%s is there twice", series->name);
	reader->series_count++;
	assert_int_equal(at[length], '\n'); /* neither timestamp nor exemplar */
	return at + length + 1;
}

/* In OpenMetrics a family also reserves the names of its samples. */
static inline bool reader_clash(const char *a, const char *b, bool openmetrics)
{
	const char *shorter = strlen(a) < strlen(b) ? a : b, *longer = shorter == a ? b : a;
	const char *rest = longer + strlen(shorter);

	if (strncmp(longer, shorter, strlen(shorter)) != 0)
		return false;
	return *rest == '\0' ||
	       (openmetrics && (strcmp(rest, "_total") == 0 || strcmp(rest, "_created") == 0 ||
				strcmp(rest, "_info") == 0));
}

/* The current family, or a new one at its first description. */
static inline struct series_family *reader_family(struct exposition_reader *reader,
						  const char *name, size_t length)
{
	struct series_family *family;

	if (reader->family_count > 0) {
		family = &reader->families[reader->family_count - 1];
		if (strlen(family->name) == length && strncmp(family->name, name, length) == 0) {
			assert_int_equal(family->first, reader->series_count); /* no samples yet */
			return family;
		}
	}
	reader->families = realloc(reader->families, (reader->family_count + 1) * sizeof(*family));
	assert_non_null(reader->families);
	family = &reader->families[reader->family_count];
	*family = (struct series_family){.name = reader_copy(name, length),
					 .first = reader->series_count};
	for (size_t i = 0; i < reader->family_count; i++)
		if (reader_clash(reader->families[i].name, family->name, reader->openmetrics))
			fail_msg("%s clashes with %s", family->name, reader->families[i].name);
	reader->family_count++;
	return family;
}

static inline const char *reader_description(struct exposition_reader *reader, const char *at)
{
	static const char *const types[] = {"gauge", "counter", "histogram", "info"};
	size_t length = reader_name(at + 7);
	struct series_family *family = reader_family(reader, at + 7, length);
	char **to = strncmp(at, "# HELP ", 7) == 0   ? &family->help
		    : strncmp(at, "# TYPE ", 7) == 0 ? &family->type
		    : strncmp(at, "# UNIT ", 7) == 0 ? &family->unit
						     : NULL;
	bool known = false;

	if (to == NULL || *to != NULL || at[7 + length] != ' ')
		fail_msg("unexpected: %.80s", at);
	at = reader_text(at + 8 + length, '\n', to == &family->help && reader->openmetrics, to);
	if (to == &family->unit) {
		length = strlen(family->name);
		assert_true(reader->openmetrics && length > strlen(*to) + 1);
		assert_string_equal(family->name + length - strlen(*to), *to);
		assert_int_equal(family->name[length - strlen(*to) - 1], '_');
	}
	for (size_t i = 0; i < 3 + (size_t)reader->openmetrics; i++)
		known |= strcmp(*to, types[i]) == 0;
	if (to == &family->type && !known)
		fail_msg("unknown type %s", *to);
	return at;
}

static inline void exposition_read(const char *text, bool openmetrics,
				   struct exposition_reader *ret_reader)
{
	struct exposition_reader *reader = ret_reader;
	bool ended = false;

	*reader = (struct exposition_reader){.openmetrics = openmetrics};
	if (mbstowcs(NULL, text, 0) == (size_t)-1)
		fail_msg("not UTF-8");
	for (const char *at = text; *at != '\0';) {
		assert_false(ended);
		if (strncmp(at, "# EOF\n", 6) == 0) {
			ended = true;
			at += 6;
		} else if (*at == '#') {
			at = reader_description(reader, at);
		} else {
			at = reader_sample(reader, at);
		}
	}
	assert_int_equal(ended, openmetrics);
	for (size_t i = 0; i < reader->family_count; i++) {
		assert_non_null(reader->families[i].help);
		assert_non_null(reader->families[i].type);
	}
}

static inline const char *series_label_value(const struct series *series, const char *name)
{
	for (size_t i = 0; i < series->label_count; i++)
		if (strcmp(series->labels[i].name, name) == 0)
			return series->labels[i].value;
	return NULL;
}

static inline void exposition_reader_free(struct exposition_reader *reader)
{
	for (size_t i = 0; i < reader->series_count; i++) {
		struct series *series = &reader->series[i];

		for (size_t j = 0; j < series->label_count; j++) {
			free(series->labels[j].name);
			free(series->labels[j].value);
		}
		free(series->name);
		free(series->number);
	}
	for (size_t i = 0; i < reader->family_count; i++) {
		free(reader->families[i].name);
		free(reader->families[i].type);
		free(reader->families[i].help);
		free(reader->families[i].unit);
	}
	free(reader->series);
	free(reader->families);
}

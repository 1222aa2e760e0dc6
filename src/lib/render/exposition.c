/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exposition.c - writer for the Prometheus text format and OpenMetrics. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/render/exposition.h"

const char *cgw_exposition_content_type(enum cgw_exposition_dialect dialect)
{
	return dialect == CGW_EXPOSITION_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

int cgw_exposition_new(enum cgw_exposition_dialect dialect, cgw_exposition_sink *sink,
		       void *context, struct cgw_exposition **ret_exposition)
{
	struct cgw_exposition *exposition;

	if (dialect != CGW_EXPOSITION_OPENMETRICS && dialect != CGW_EXPOSITION_TEXT)
		return -EINVAL;
	exposition = malloc(sizeof(*exposition));
	if (exposition == NULL)
		return -ENOMEM;
	exposition->dialect = dialect;
	exposition->sink = sink;
	exposition->context = context;
	exposition->used = 0;
	exposition->error = 0;
	exposition->name_length = 0;
	*ret_exposition = exposition;
	return 0;
}

static void flush(struct cgw_exposition *exposition)
{
	if (exposition->error == 0 && exposition->used > 0)
		exposition->error =
			exposition->sink(exposition->context, exposition->buffer, exposition->used);
	exposition->used = 0;
}

void exposition_put_slow(struct cgw_exposition *exposition, const char *text, size_t length)
{
	while (length > 0) {
		size_t space = sizeof(exposition->buffer) - exposition->used;
		size_t part = length < space ? length : space;

		memcpy(exposition->buffer + exposition->used, text, part);
		exposition->used += part;
		text += part;
		length -= part;
		if (exposition->used == sizeof(exposition->buffer))
			flush(exposition);
	}
}

static void put_text(struct cgw_exposition *exposition, const char *text)
{
	exposition_put(exposition, text, strlen(text));
}

/* Quotes are escaped in labels and in HELP of OpenMetrics, but not in HELP of the text format. */
static void put_escaped(struct cgw_exposition *exposition, const char *text, bool quotes)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			put_text(exposition, "\\n");
		else if (*text == '\\' || (*text == '"' && quotes))
			exposition_put(exposition, (const char[]){'\\', *text}, 2);
		else
			exposition_put(exposition, text, 1);
	}
}

int cgw_exposition_end(struct cgw_exposition *exposition)
{
	int error;

	if (exposition == NULL)
		return -ENOMEM;
	if (exposition->dialect == CGW_EXPOSITION_OPENMETRICS)
		put_text(exposition, "# EOF\n");
	flush(exposition);
	error = exposition->error;
	free(exposition);
	return error;
}

static const char *const suffixes[] = {
	[CGW_FAMILY_COUNTER] = "_total",
	[CGW_FAMILY_GAUGE] = "",
	[CGW_FAMILY_INFO] = "_info",
	[CGW_FAMILY_HISTOGRAM] = "", /* its samples have several */
};

static void put_comment(struct cgw_exposition *exposition, const char *what,
			const struct cgw_family *family, const char *text)
{
	bool openmetrics = exposition->dialect == CGW_EXPOSITION_OPENMETRICS;

	put_text(exposition, "# ");
	put_text(exposition, what);
	put_text(exposition, " ");
	put_text(exposition, family->name);
	/* OpenMetrics describes the family, the text format the samples. */
	if (!openmetrics)
		put_text(exposition, suffixes[family->type]);
	put_text(exposition, " ");
	put_escaped(exposition, text, openmetrics);
}

void cgw_exposition_family(struct cgw_exposition *exposition, const struct cgw_family *family)
{
	bool openmetrics = exposition->dialect == CGW_EXPOSITION_OPENMETRICS;
	const char *types[] = {
		[CGW_FAMILY_COUNTER] = "counter\n",
		[CGW_FAMILY_GAUGE] = "gauge\n",
		[CGW_FAMILY_INFO] = openmetrics ? "info\n" : "gauge\n",
		[CGW_FAMILY_HISTOGRAM] = "histogram\n",
	};
	size_t length = strlen(family->name), suffix = strlen(suffixes[family->type]);

	if (length + suffix > sizeof(exposition->name)) {
		exposition->error = exposition->error != 0 ? exposition->error : -ENAMETOOLONG;
		return;
	}
	put_comment(exposition, "HELP", family, family->help);
	put_text(exposition, ".\n");
	/* The type contains a newline, which must not be escaped. */
	put_comment(exposition, "TYPE", family, "");
	put_text(exposition, types[family->type]);
	if (openmetrics && family->unit[0] != '\0') {
		put_comment(exposition, "UNIT", family, family->unit);
		put_text(exposition, "\n");
	}
	memcpy(exposition->name, family->name, length);
	memcpy(exposition->name + length, suffixes[family->type], suffix);
	exposition->name_length = length + suffix;
}

static size_t digits_of(char *end, uint64_t value)
{
	size_t length = 0;

	do {
		*--end = (char)('0' + value % 10);
		value /= 10;
		length++;
	} while (value > 0);
	return length;
}

/* Exact decimals: a double would round counters of nanoseconds. */
void exposition_put_number(struct cgw_exposition *exposition, uint64_t value, uint64_t divisor)
{
	char digits[24];
	char *end = digits + sizeof(digits);
	uint64_t fraction = value % divisor;
	size_t length = digits_of(end, value / divisor);

	exposition_put(exposition, end - length, length);
	if (fraction == 0)
		return;
	/* Adding the divisor preserves leading zeros: 1e9 + 42 is 1000000042. */
	length = digits_of(end, divisor + fraction);
	end[-(ptrdiff_t)length] = '.';
	exposition_put(exposition, end - length, length);
}

void exposition_put_sample(struct cgw_exposition *exposition, const char *suffix,
			   const char *labels, size_t length)
{
	exposition_put(exposition, exposition->name, exposition->name_length);
	put_text(exposition, suffix);
	exposition_put(exposition, labels, length);
}

void cgw_exposition_sample(struct cgw_exposition *exposition, const struct cgw_label *labels,
			   size_t label_count, uint64_t value, uint64_t divisor)
{
	exposition_put(exposition, exposition->name, exposition->name_length);
	for (size_t i = 0; i < label_count; i++) {
		put_text(exposition, i == 0 ? "{" : ",");
		put_text(exposition, labels[i].name);
		put_text(exposition, "=\"");
		put_escaped(exposition, labels[i].value, true);
		put_text(exposition, "\"");
	}
	put_text(exposition, label_count > 0 ? "} " : " ");
	exposition_put_number(exposition, value, divisor);
	put_text(exposition, "\n");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* out-lines.c - one line a group for programs: raw words, KEY="value" pairs, CSV. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dump/report.h"

/* Bytes in `special`, which mean something to the reader, as \xNN; the rest was escaped before. */
static void put_escaped(FILE *out, const char *text, const char *special)
{
	for (; *text != '\0'; text++)
		if (strchr(special, *text) != NULL)
			fprintf(out, "\\x%02x", (unsigned char)*text);
		else
			fputc(*text, out);
}

static void put_time(const struct report *report)
{
	char time[40];

	(void)cgw_format_time(cgw_snapshot_realtime_ns(cgw_frame_now(report->frame)), time,
			      sizeof(time));
	fputs(time, report->out);
}

int report_raw(const struct report *report)
{
	if (report->headings && report->first) {
		fputs(report->repeated ? "time " : "", report->out);
		for (size_t i = 0; i < report->field_count; i++)
			fprintf(report->out, "%s%s", i > 0 ? " " : "",
				report_key(report->fields[i]).text);
		fputc('\n', report->out);
	}
	for (size_t i = 0; i < report->group_count; i++) {
		if (report->repeated) {
			put_time(report);
			fputc(' ', report->out);
		}
		for (size_t j = 0; j < report->field_count; j++) {
			CLEANUP(cleanup_free) char *text = NULL;
			int r = report_cell(report, report->fields[j], report->groups[i],
					    CGW_STYLE_EXACT, &text);

			if (r < 0)
				return r;
			if (j > 0)
				fputc(' ', report->out);
			put_escaped(report->out, text[0] == '\0' ? "-" : text, " ");
		}
		fputc('\n', report->out);
	}
	return 0;
}

/* "memory.current" to MEMORY_CURRENT: a name that a shell takes. */
static void put_variable(FILE *out, const char *key)
{
	for (; *key != '\0'; key++)
		fputc(*key >= 'a' && *key <= 'z'   ? *key - 'a' + 'A'
		      : *key >= '0' && *key <= '9' ? *key
						   : '_',
		      out);
}

int report_export(const struct report *report)
{
	for (size_t i = 0; i < report->group_count; i++) {
		if (report->repeated) {
			fputs("TIME=\"", report->out);
			put_time(report);
			fputs("\" ", report->out);
		}
		for (size_t j = 0; j < report->field_count; j++) {
			CLEANUP(cleanup_free) char *text = NULL;
			int r = report_cell(report, report->fields[j], report->groups[i],
					    CGW_STYLE_RAW, &text);

			if (r < 0)
				return r;
			if (j > 0)
				fputc(' ', report->out);
			put_variable(report->out, report_key(report->fields[j]).text);
			fputs("=\"", report->out);
			put_escaped(report->out, text, "\"$`");
			fputc('"', report->out);
		}
		fputc('\n', report->out);
	}
	return 0;
}

/*
 * RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers
 * are ours and stay numbers.
 */
static void put_csv(FILE *out, const char *text, bool number)
{
	bool quoted = strpbrk(text, "\",\r\n") != NULL || text[0] == ' ';

	if (quoted)
		fputc('"', out);
	if (!number && text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
		fputc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	if (quoted)
		fputc('"', out);
}

int report_csv(const struct report *report)
{
	if (report->headings && report->first) {
		fputs(report->repeated ? "time," : "", report->out);
		for (size_t i = 0; i < report->field_count; i++)
			fprintf(report->out, "%s%s", i > 0 ? "," : "",
				report_key(report->fields[i]).text);
		fputs("\r\n", report->out);
	}
	for (size_t i = 0; i < report->group_count; i++) {
		if (report->repeated) {
			put_time(report);
			fputc(',', report->out);
		}
		for (size_t j = 0; j < report->field_count; j++) {
			CLEANUP(cleanup_free) char *text = NULL;
			int r = report_cell(report, report->fields[j], report->groups[i],
					    CGW_STYLE_RAW, &text);

			if (r < 0)
				return r;
			if (j > 0)
				fputc(',', report->out);
			put_csv(report->out, text, report->fields[j].shape != CGW_STRING);
		}
		fputs("\r\n", report->out);
	}
	return 0;
}

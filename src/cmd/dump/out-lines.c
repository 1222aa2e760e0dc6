/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* out-lines.c - one line per group, for programs: raw fields, KEY="value" pairs, CSV. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dump/dump-report.h"
#include "lib/base/cleanup.h"

/*
 * True for a backslash that is printed unchanged: it starts an escape of cgw_escape(), or it is not
 * special and does not look like the escape of a special byte.
 */
static bool keeps_backslash(const char *text, const char *special)
{
	unsigned byte = 0;

	if (text[1] == 'x' && isxdigit((unsigned char)text[2]) && isxdigit((unsigned char)text[3]))
		byte = (unsigned)strtoul((char[]){text[2], text[3], '\0'}, NULL, 16);
	if (byte == '\\')
		return true;
	return strchr(special, byte != 0 ? (int)byte : '\\') == NULL;
}

/* Prints text that is already escaped; bytes in `special`, too, become \xNN. */
static void put_escaped(FILE *out, const char *text, const char *special)
{
	for (; *text != '\0'; text++)
		if (*text == '\\' ? !keeps_backslash(text, special)
				  : strchr(special, *text) != NULL)
			fprintf(out, "\\x%02x", (unsigned char)*text);
		else
			fputc(*text, out);
}

/* Converts "memory.current" to MEMORY_CURRENT, a valid shell variable name. */
static void put_variable(FILE *out, const char *key)
{
	/* UID is read-only in bash, and setting it in zsh changes the user of the shell. */
	if (strcmp(key, "uid") == 0)
		key = "owner_uid";
	for (; *key != '\0'; key++)
		fputc(*key >= 'a' && *key <= 'z'   ? *key - 'a' + 'A'
		      : *key >= '0' && *key <= '9' ? *key
						   : '_',
		      out);
}

static void put_raw(FILE *out, const char *key, const char *text, bool number)
{
	put_escaped(out, text[0] == '\0' ? "-" : text, " ");
}

static void put_pair(FILE *out, const char *key, const char *text, bool number)
{
	put_variable(out, key);
	fputs("=\"", out);
	put_escaped(out, text, "\"$`\\");
	fputc('"', out);
}

/*
 * RFC 4180. Text that a spreadsheet would interpret as a formula gets a leading apostrophe; numbers
 * come from cgward and stay unchanged.
 */
static void put_csv(FILE *out, const char *key, const char *text, bool number)
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

/* Line layout of a format. */
struct line_format {
	void (*put)(FILE *out, const char *key, const char *text, bool number);
	char separator;
	const char *line_end;
	bool header;
	enum cgw_style style;
};

static void put_header(const struct report *report, const struct line_format *format)
{
	if (report->repeated)
		fprintf(report->out, "time%c", format->separator);
	for (size_t i = 0; i < report->field_count; i++) {
		if (i > 0)
			fputc(format->separator, report->out);
		fputs(report_key(report->fields[i]).text, report->out);
	}
	fputs(format->line_end, report->out);
}

static int put_group(const struct report *report, const struct line_format *format, uint32_t group)
{
	char time[40];

	cgw_format_time(cgw_snapshot_realtime_ns(cgw_frame_now(report->frame)), time, sizeof(time));
	if (report->repeated) {
		format->put(report->out, "time", time, false);
		fputc(format->separator, report->out);
	}
	for (size_t i = 0; i < report->field_count; i++) {
		CLEANUP(cleanup_free) char *text = NULL;
		int r = report_cell(report, report->fields[i], group, format->style, &text);

		if (r < 0)
			return r;
		if (i > 0)
			fputc(format->separator, report->out);
		format->put(report->out, report_key(report->fields[i]).text, text,
			    report->fields[i].shape != CGW_STRING);
	}
	fputs(format->line_end, report->out);
	return 0;
}

static int put_lines(const struct report *report, const struct line_format *format)
{
	int r = 0;

	if (format->header && report->headings && report->first)
		put_header(report, format);
	for (size_t i = 0; i < report->group_count && r == 0; i++)
		r = put_group(report, format, report->groups[i]);
	return r;
}

int report_raw(const struct report *report)
{
	return put_lines(report, &(struct line_format){put_raw, ' ', "\n", true, CGW_STYLE_EXACT});
}

int report_export(const struct report *report)
{
	return put_lines(report, &(struct line_format){put_pair, ' ', "\n", false, CGW_STYLE_RAW});
}

int report_csv(const struct report *report)
{
	return put_lines(report, &(struct line_format){put_csv, ',', "\r\n", true, CGW_STYLE_RAW});
}

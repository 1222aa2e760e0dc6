/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* short-page.c - a page in memory that was allocated before. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/cli/cli.h"
#include "shared/postmortem/short-page.h"
#include <cgward/render.h>

#define INCOMPLETE "no memory for limits, history, processes and policy"
/* For what follows the lines of the report. */
#define END_BYTES 128

static const enum cgw_metric memory_kinds[] = {
	CGW_M_MEMORY_CURRENT, CGW_M_MEMORY_ANON,   CGW_M_MEMORY_FILE,
	CGW_M_MEMORY_SHMEM,   CGW_M_MEMORY_KERNEL, CGW_M_MEMORY_MAX,
};

/* Text of a fixed size. What does not fit is cut. */
struct fixed {
	char *start;
	size_t size, length;
};

static void put(struct fixed *out, const char *format, ...) CGW_PRINTF(2, 3);
static void put(struct fixed *out, const char *format, ...)
{
	size_t left = out->size - out->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(out->start + out->length, left, format, arguments);
	va_end(arguments);
	if (length > 0)
		out->length += (size_t)length < left ? (size_t)length : left - 1;
}

/* A JSON string; escaped texts contain no other characters that JSON would need escaped. */
static void put_json(struct fixed *out, const char *escaped)
{
	put(out, "\"");
	for (const char *at = escaped; *at != '\0'; at++)
		put(out, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
	put(out, "\"");
}

static const char *escape(struct short_page *to, const char *text, size_t length)
{
	cgw_escape(to->escaped, sizeof(to->escaped), text, length);
	return to->escaped;
}

static void put_member(struct short_page *to, struct fixed *json, const char *key, const char *text)
{
	put(json, ",\n \"%s\": ", key);
	if (text == NULL)
		put(json, "null");
	else
		put_json(json, escape(to, text, strlen(text)));
}

static void put_time(struct fixed *json, const char *key, uint64_t realtime_ns)
{
	char time[40];

	(void)cgw_format_time(realtime_ns, time, sizeof(time));
	put(json, ",\n \"%s\": \"%s\"", key, time);
}

static void put_memory(struct fixed *json, struct fixed *text, const struct event_page *page)
{
	const struct cgw_snapshot *snapshot = cgw_frame_now(page->frame);
	const char *before = "";

	put(json, ",\n \"memory\": {");
	put(text, "\nMEMORY BEFORE THE EVENT (bytes)\n");
	for (size_t i = 0; i < ARRAY_SIZE(memory_kinds); i++) {
		struct cgw_number number =
			cgw_snapshot_number(snapshot, memory_kinds[i], page->group);
		const char *key = cgw_metric_info(memory_kinds[i])->key;

		if (number.state != CGW_OK || number.value > INT64_MAX)
			continue;
		put(json, "%s\"%s\": %llu", before, key, (unsigned long long)number.value);
		put(text, "%s %llu\n", key, (unsigned long long)number.value);
		before = ", ";
	}
	put(json, "}");
}

static void put_report(struct short_page *to, struct fixed *json, struct fixed *text,
		       const struct oom_report *report)
{
	size_t omitted = report->omitted;
	const char *before = "";

	put(json, ", \"lines\": [");
	put(text, "\nKERNEL LOG\n");
	for (const char *at = report->text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		/* Each character needs at most four in the text, and eight in JSON. */
		if (json->size - json->length < 8 * (size_t)(end - at) + END_BYTES ||
		    text->size - text->length < 4 * (size_t)(end - at) + END_BYTES) {
			omitted++;
			continue;
		}
		put(json, "%s\n  ", before);
		put_json(json, escape(to, at, (size_t)(end - at)));
		put(text, "  %s\n", to->escaped);
		before = ",";
	}
	put(json, "], \"omitted_lines\": %zu}", omitted);
	if (omitted > 0)
		put(text, "  (%zu lines left out)\n", omitted);
}

static void put_kernel_log(struct short_page *to, struct fixed *json, struct fixed *text,
			   const struct event_page *page)
{
	put(json, ",\n \"kernel_log\": ");
	if (page->event != PAGE_OOM_KILL) {
		put(json, "null");
	} else if (page->report == NULL) {
		put(json, "{\"missing\": ");
		put_json(json, page->report_missing);
		put(json, "}");
		put(text, "\nKERNEL LOG\n  missing    %s\n", page->report_missing);
	} else {
		put(json, "{\"killed_pid\": %d, \"killed_name\": ", (int)page->decision.pid);
		put_json(json, escape(to, page->decision.name, strlen(page->decision.name)));
		put(json, ", \"machine\": %s", page->decision.machine ? "true" : "false");
		if (page->decision.limit_length > 0) {
			put(json, ", \"limit_of\": ");
			put_json(json, escape(to, page->path, page->decision.limit_length));
		}
		put_report(to, json, text, page->report);
	}
}

void short_page_make(struct short_page *to, const struct event_page *page, const char *id)
{
	struct fixed json = {to->json, sizeof(to->json), 0}, text = {to->text, sizeof(to->text), 0};
	uint64_t sampled_ns = cgw_snapshot_realtime_ns(cgw_frame_now(page->frame));
	char summary[EVENT_SUMMARY_BYTES];

	event_summary(page, summary, sizeof(summary));
	put(&json, "{\"schema\": %d,\n \"cgward\": \"%s\",\n \"id\": \"%s\"", CLI_JSON_SCHEMA,
	    cgw_version(), id);
	put_time(&json, "time", page->realtime_ns);
	put(&json, ",\n \"event\": \"%s\"", page_event_name(page->event));
	put_member(to, &json, "group", page->path);
	put(&text, "%s\n", to->escaped);
	put_member(to, &json, "summary", summary);
	put(&text, "  what       %s\n  event      %s\n  page       %s\n  incomplete %s\n",
	    to->escaped, page_event_name(page->event), id, INCOMPLETE);
	put_member(to, &json, "rule", page->rule);
	put_member(to, &json, "reason", page->reason);
	put_time(&json, "sampled", sampled_ns);
	put(&json,
	    ",\n \"removed\": %s,\n \"count\": %llu,\n \"skipped\": %llu,\n \"incomplete\": "
	    "\"%s\",\n \"limits\": [],\n \"history\": null,\n \"processes\": null,\n \"policy\": "
	    "null",
	    page->group_now == CGW_NO_GROUP ? "true" : "false", (unsigned long long)page->count,
	    (unsigned long long)page->skipped, INCOMPLETE);
	put_memory(&json, &text, page);
	put_kernel_log(to, &json, &text, page);
	put(&json, "}\n");
}

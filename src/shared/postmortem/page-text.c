/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* page-text.c - a post-mortem page as text, from its JSON. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/render/value-text.h"
#include "shared/cli/text-table.h"
#include "shared/postmortem/page-text.h"

#define ROW_SECONDS 5 /* of a row of the history */

struct cell {
	char text[40];
};

/* A copy that is safe to print, of a text that is escaped already unless the file was forged. */
static char *safe_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	CLEANUP(cleanup_free) char *raw = text != NULL ? strdup(text) : NULL;

	if (raw == NULL)
		return NULL;
	(void)cgw_unescape(raw);
	return escape_copy(raw);
}

static void print_member(FILE *out, const char *label, const json_t *object, const char *key)
{
	CLEANUP(cleanup_free) char *text = safe_text(object, key);

	if (text != NULL)
		fprintf(out, "  %-10s %s\n", label, text);
}

/* Adds a cell, "-" for null. */
static void add_text(struct table *table, const json_t *object, const char *key)
{
	CLEANUP(cleanup_free) char *text = safe_text(object, key);

	table_cell(table, "%s", text != NULL ? text : "-");
}

static struct cell format_bytes(const json_t *number)
{
	struct cell cell = {"-"};

	if (json_is_number(number))
		(void)cgw_format_bytes(json_number_value(number), cell.text, sizeof(cell.text));
	return cell;
}

static int print_limits(FILE *out, unsigned width, const json_t *limits)
{
	struct table table;

	if (json_array_size(limits) == 0)
		return 0;
	fprintf(out, "\nLIMITS\n");
	table_start(&table, out, "RESOURCE|KEY|>LIMIT|>BEFORE|>USED|OF GROUP|LAST CHANGE BY CGWARD",
		    width);
	for (size_t i = 0; i < json_array_size(limits); i++) {
		const json_t *limit = json_array_get(limits, i);
		const json_t *change = json_object_get(limit, "last_change");
		CLEANUP(cleanup_free) char *who = safe_text(change, "who");
		CLEANUP(cleanup_free) char *value = safe_text(change, "value");
		CLEANUP(cleanup_free) char *time = safe_text(change, "time");

		table_row(&table);
		add_text(&table, limit, "resource");
		add_text(&table, limit, "key");
		add_text(&table, limit, "limit_text");
		add_text(&table, limit, "limit_before_text");
		add_text(&table, limit, "used_text");
		add_text(&table, limit, "set_by");
		if (who != NULL && value != NULL && time != NULL)
			table_cell(&table, "%s by %s, %s", value, who, time);
		else
			table_cell(&table, "-");
	}
	return table_end(&table);
}

/* The mean of the known values from `first` on; NAN: none. */
static double mean_of(const json_t *values, size_t first, size_t count)
{
	double sum = 0;
	size_t known = 0;

	for (size_t i = first; i < first + count; i++) {
		if (!json_is_number(json_array_get(values, i)))
			continue;
		sum += json_number_value(json_array_get(values, i));
		known++;
	}
	return known > 0 ? sum / (double)known : NAN;
}

static struct cell format_mean(double mean, bool bytes)
{
	struct cell cell = {"-"};

	if (!isnan(mean) && bytes)
		(void)cgw_format_bytes(mean, cell.text, sizeof(cell.text));
	else if (!isnan(mean))
		snprintf(cell.text, sizeof(cell.text), "%.1f", mean);
	return cell;
}

static int print_history(FILE *out, unsigned width, const json_t *history)
{
	const json_t *memory = json_object_get(history, "memory_bytes");
	const json_t *cpu = json_object_get(history, "cpu_percent");
	const json_t *io = json_object_get(history, "io_bytes_per_s");
	const json_t *pids = json_object_get(history, "pids");
	size_t count = json_array_size(memory);
	struct table table;

	if (count == 0)
		return 0;
	fprintf(out, "\nLAST %zu SECONDS BEFORE THE EVENT (means of %d seconds)\n", count,
		ROW_SECONDS);
	table_start(&table, out, ">SECONDS BEFORE|>MEMORY|>CPU%|>IO/S|>PIDS", width);
	for (size_t i = count % ROW_SECONDS; i < count; i += ROW_SECONDS) {
		double row[] = {mean_of(memory, i, ROW_SECONDS), mean_of(cpu, i, ROW_SECONDS),
				mean_of(io, i, ROW_SECONDS), mean_of(pids, i, ROW_SECONDS)};

		if (isnan(row[0]) && isnan(row[1]) && isnan(row[2]) && isnan(row[3]))
			continue; /* the group or the daemon did not exist yet */
		table_row(&table);
		table_cell(&table, "%zu", count - i);
		table_cell(&table, "%s", format_mean(row[0], true).text);
		table_cell(&table, "%s", format_mean(row[1], false).text);
		table_cell(&table, "%s", format_mean(row[2], true).text);
		table_cell(&table, "%s", format_mean(row[3], false).text);
	}
	return table_end(&table);
}

static int print_memory(FILE *out, unsigned width, const json_t *memory)
{
	struct table table;
	const char *key;
	json_t *value;

	if (json_object_size(memory) == 0)
		return 0;
	fprintf(out, "\nMEMORY BEFORE THE EVENT\n");
	table_start(&table, out, "KEY|>BYTES", width);
	json_object_foreach((json_t *)(uintptr_t)memory, key, value)
	{
		if (!json_is_number(value))
			continue;
		table_row(&table);
		table_name(&table, key);
		table_cell(&table, "%s", format_bytes(value).text);
	}
	return table_end(&table);
}

/* "+48M in 35s"; empty: the size before is not known. */
static void add_growth(struct table *table, const json_t *process)
{
	json_int_t bytes = json_integer_value(json_object_get(process, "growth_bytes"));
	const json_t *seconds = json_object_get(process, "growth_seconds");

	if (json_is_integer(seconds))
		table_cell(table, "%c%s in %llds", bytes < 0 ? '-' : '+',
			   BYTES_TEXT((bytes < 0 ? -bytes : bytes)),
			   (long long)json_integer_value(seconds));
	else
		table_cell(table, "-");
}

static int print_processes(FILE *out, unsigned width, const char *heading, const json_t *processes)
{
	struct table table;

	if (json_array_size(processes) == 0)
		return 0;
	fprintf(out, "\n%s\n", heading);
	table_start(&table, out, ">PID|>RESIDENT|>GROWTH|NAME|<COMMAND", width);
	for (size_t i = 0; i < json_array_size(processes); i++) {
		const json_t *process = json_array_get(processes, i);

		table_row(&table);
		table_cell(&table, "%lld",
			   (long long)json_integer_value(json_object_get(process, "pid")));
		table_cell(&table, "%s",
			   format_bytes(json_object_get(process, "resident_bytes")).text);
		add_growth(&table, process);
		add_text(&table, process, "name");
		add_text(&table, process, "command");
	}
	return table_end(&table);
}

static int print_policy(FILE *out, unsigned width, const json_t *policy)
{
	struct table table;

	if (!json_is_array(policy))
		return 0;
	fprintf(out, "\nPOLICY\n");
	if (json_array_size(policy) == 0)
		fprintf(out, "no policy section applies\n");
	table_start(&table, out, "SECTION|NAME|CONDITION|HOLDS|PHASE", width);
	for (size_t i = 0; i < json_array_size(policy); i++) {
		const json_t *section = json_array_get(policy, i);
		const json_t *when = json_object_get(section, "when");

		table_row(&table);
		add_text(&table, section, "kind");
		add_text(&table, section, "name");
		add_text(&table, when, "text");
		add_text(&table, when, "truth");
		add_text(&table, json_object_get(section, "enforcement"), "phase");
	}
	return table_end(&table);
}

static int print_kernel_report(FILE *out, unsigned width, const json_t *report)
{
	const json_t *lines = json_object_get(report, "lines");
	int r = print_processes(out, width, "LARGEST PROCESSES AT THE KILL (kernel log)",
				json_object_get(report, "processes"));

	if (r < 0 || report == NULL || json_is_null(report))
		return r;
	fprintf(out, "\nKERNEL LOG\n");
	print_member(out, "missing", report, "missing");
	for (size_t i = 0; i < json_array_size(lines); i++) {
		CLEANUP(cleanup_free)
		char *raw = strdup(json_string_value(json_array_get(lines, i)) ?: "");
		CLEANUP(cleanup_free) char *line = NULL;

		if (raw == NULL)
			return -ENOMEM;
		(void)cgw_unescape(raw);
		line = escape_copy(raw);
		fprintf(out, "  %s\n", line != NULL ? line : "");
	}
	if (json_integer_value(json_object_get(report, "omitted_lines")) > 0)
		fprintf(out, "  (%lld lines left out)\n",
			(long long)json_integer_value(json_object_get(report, "omitted_lines")));
	return 0;
}

int page_text(const json_t *page, unsigned width, char **ret_text)
{
	CLEANUP(cleanup_free) char *group = safe_text(page, "group");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (out == NULL)
		return -ENOMEM;
	fprintf(out, "%s\n", group != NULL ? group : "?");
	print_member(out, "what", page, "summary");
	print_member(out, "event", page, "event");
	print_member(out, "time", page, "time");
	print_member(out, "sampled", page, "sampled");
	print_member(out, "reason", page, "reason");
	print_member(out, "page", page, "id");
	if (json_is_true(json_object_get(page, "removed")))
		fprintf(out, "  %-10s no longer exists\n", "group");
	if (json_integer_value(json_object_get(page, "skipped")) > 0)
		fprintf(out, "  %-10s %lld such events since the previous page, within its gap\n",
			"skipped", (long long)json_integer_value(json_object_get(page, "skipped")));
	r = print_limits(out, width, json_object_get(page, "limits"));
	if (r == 0)
		r = print_history(out, width, json_object_get(page, "history"));
	if (r == 0)
		r = print_memory(out, width, json_object_get(page, "memory"));
	if (r == 0)
		r = print_processes(out, width, "LARGEST PROCESSES WHEN THE PAGE WAS WRITTEN",
				    json_object_get(page, "processes"));
	if (r == 0)
		r = print_policy(out, width, json_object_get(page, "policy"));
	if (r == 0)
		r = print_kernel_report(out, width, json_object_get(page, "kernel_log"));
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0) {
		free(text);
		return r;
	}
	*ret_text = text;
	return 0;
}

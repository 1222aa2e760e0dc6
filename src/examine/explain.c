/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain.c - `cgward explain GROUP`: what holds it back now, and the line that would change it. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/options.h"
#include "examine/commands.h"
#include "examine/subject.h"
#include <cgward/inspect.h>
#include <cgward/render.h>

enum { OPTION_RATES = CLI_OPTION_LONG };

static const struct cli_option options[] = {
	{'J', "json", NULL, false, "one JSON object"},
	{OPTION_RATES, "rates", "TIME", false, "watch for TIME (1s)"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward explain [OPTION...] GROUP",
	.text = "Says what holds a group back, the worst of now first, with the numbers, the "
		"group\n"
		"at fault and the line that would change it. Nothing is changed.",
	.options = options,
};

struct number {
	char text[48];
};

static struct number format(double value, enum cgw_unit unit)
{
	struct cgw_value cell = {.state = CGW_OK, .real = value};
	struct number number;

	(void)cgw_format_value(cell, unit, CGW_STYLE_HUMAN, number.text, sizeof(number.text));
	return number;
}

static const char *often(double count, char (*buffer)[48])
{
	(void)snprintf(*buffer, sizeof(*buffer), "%.0f time%s", count,
		       count > 0.5 && count < 1.5 ? "" : "s");
	return *buffer;
}

static void sentence_cpu(const struct cgw_cause *cause, char *text, size_t size)
{
	struct number share = format(cause->percent, CGW_UNIT_PERCENT);
	struct number bound = format(cause->bound, CGW_UNIT_CPU);
	struct number lost = format(cause->amount, CGW_UNIT_NS);

	if (cause->kind == CGW_CAUSE_CPU_THROTTLED && cause->now)
		(void)snprintf(
			text, size,
			"throttled in %s of the periods by cpu.max %s: %s of CPU time lost a "
			"second",
			share.text, bound.text, lost.text);
	else if (cause->kind == CGW_CAUSE_CPU_THROTTLED)
		(void)snprintf(text, size, "was throttled in %s of all periods by cpu.max %s",
			       share.text, bound.text);
	else
		(void)snprintf(text, size, "uses %.2f of the %.0f CPUs it may run on",
			       cause->amount, cause->bound);
}

static void sentence_memory(const struct cgw_cause *cause, char *text, size_t size)
{
	struct number amount = format(cause->amount, CGW_UNIT_BYTES);
	struct number bound = format(cause->bound, CGW_UNIT_BYTES);
	char times[48];

	switch (cause->kind) {
	case CGW_CAUSE_MEMORY_HIGH:
		(void)snprintf(text, size,
			       "%s of memory.high %s must stay; slowed down to reclaim %s",
			       amount.text, bound.text, often(cause->count, &times));
		break;
	case CGW_CAUSE_MEMORY_MAX:
		(void)snprintf(text, size, "%s of memory.max %s must stay; ran into it %s",
			       amount.text, bound.text, often(cause->count, &times));
		break;
	case CGW_CAUSE_OOM_KILLED:
		(void)snprintf(text, size, "%.0f process%s killed for want of memory%s%s",
			       cause->count, cause->count < 1.5 ? "" : "es",
			       cause->limit >= 0 ? " under memory.max " : "",
			       cause->limit >= 0 ? bound.text : "");
		break;
	case CGW_CAUSE_SWAPPING:
		(void)snprintf(text, size, "%s in swap; %.0f faults a second waited for a disk",
			       amount.text, cause->count);
		break;
	default:
		(void)snprintf(text, size, "the machine has %s of %s available", amount.text,
			       bound.text);
		break;
	}
}

static void sentence_pressure(const struct cgw_cause *cause, char *text, size_t size)
{
	const char *what = cause->kind == CGW_CAUSE_CPU_PRESSURE      ? "a CPU"
			   : cause->kind == CGW_CAUSE_MEMORY_PRESSURE ? "memory"
								      : "a disk";
	struct number share = format(cause->percent, CGW_UNIT_PERCENT);

	(void)snprintf(text, size, "%s waited for %s in %s of the last 10 s",
		       cause->machine ? "somebody on the machine" : "some of it", what, share.text);
}

static void sentence_rest(const struct cgw_cause *cause, char *text, size_t size)
{
	const struct cgw_metric_info *limit =
		cause->limit >= 0 ? cgw_metric_info((enum cgw_metric)cause->limit) : NULL;
	char times[48], device[200];

	if (cause->kind == CGW_CAUSE_FROZEN) {
		(void)snprintf(text, size, "%s",
			       cause->percent < 100 ? "is being frozen" : "frozen: nothing runs");
	} else if (cause->kind == CGW_CAUSE_PIDS_MAX) {
		(void)snprintf(text, size, "%.0f of pids.max %.0f; forks refused %s", cause->amount,
			       cause->bound, often(cause->count, &times));
	} else if (limit != NULL) {
		struct number amount = format(cause->amount, (enum cgw_unit)limit->unit);
		struct number bound = format(cause->bound, (enum cgw_unit)limit->unit);

		cgw_escape(device, sizeof(device), cause->device, strlen(cause->device));
		(void)snprintf(text, size, "%s a second of %s %s on %s", amount.text, limit->key,
			       bound.text, device);
	}
}

/* One sentence with the numbers, for each kind of cause. */
static void sentence(const struct cgw_cause *cause, char *text, size_t size)
{
	static void (*const tellers[CGW_CAUSE_KIND_COUNT])(const struct cgw_cause *cause,
							   char *text, size_t size) = {
		[CGW_CAUSE_FROZEN] = sentence_rest,
		[CGW_CAUSE_CPU_THROTTLED] = sentence_cpu,
		[CGW_CAUSE_CPUSET_FULL] = sentence_cpu,
		[CGW_CAUSE_CPU_PRESSURE] = sentence_pressure,
		[CGW_CAUSE_MEMORY_HIGH] = sentence_memory,
		[CGW_CAUSE_MEMORY_MAX] = sentence_memory,
		[CGW_CAUSE_MEMORY_PRESSURE] = sentence_pressure,
		[CGW_CAUSE_OOM_KILLED] = sentence_memory,
		[CGW_CAUSE_SWAPPING] = sentence_memory,
		[CGW_CAUSE_MACHINE_MEMORY] = sentence_memory,
		[CGW_CAUSE_IO_LIMIT] = sentence_rest,
		[CGW_CAUSE_IO_PRESSURE] = sentence_pressure,
		[CGW_CAUSE_PIDS_MAX] = sentence_rest,
	};

	text[0] = '\0';
	tellers[cause->kind](cause, text, size);
}

static char *path_of(const struct subject *subject, uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(subject->frame));
	size_t length = cgw_topology_path(topology, group, NULL, 0);
	char *path = malloc(length + 1);

	if (path != NULL)
		(void)cgw_topology_path(topology, group, path, length + 1);
	return path;
}

/* The line for a shell, each word that needs it in quotes; NULL where there is none or no memory. */
static char *command_line(const struct cgw_cause *cause, const char *path)
{
	size_t used = 0, size = 4 * strlen(path) + 256;
	char *line = cause->key[0] != '\0' ? malloc(size) : NULL;
	bool thaw = strcmp(cause->key, "thaw") == 0;

	if (line == NULL)
		return NULL;
	used = (size_t)snprintf(line, size, "cgward %s ", thaw ? "thaw" : "set");
	line[used++] = '\'';
	for (; *path != '\0' && used + 96 + 64 < size; path++)
		if (*path == '\'')
			used += (size_t)snprintf(line + used, size - used, "'\\''");
		else
			line[used++] = *path;
	line[used++] = '\'';
	line[used] = '\0';
	if (!thaw)
		(void)snprintf(line + used, size - used, " '%s=%s'", cause->key, cause->value);
	return line;
}

static void print_escaped(const char *before, const char *raw)
{
	size_t size = 4 * strlen(raw) + 1;
	char *shown = malloc(size);

	if (shown == NULL)
		return;
	cgw_escape(shown, size, raw, strlen(raw));
	printf("%s%s\n", before, shown);
	free(shown);
}

static void print_text(const struct subject *subject, const struct cgw_cause *causes, size_t count)
{
	print_escaped("", subject->path);
	if (count == 0)
		puts("  nothing holds it back: not throttled, no limit near, no pressure");
	for (size_t i = 0; i < count; i++) {
		CLEANUP(cleanup_free) char *path = path_of(subject, causes[i].by);
		CLEANUP(cleanup_free)
		char *line = path != NULL ? command_line(&causes[i], path) : NULL;
		char text[400];

		if (i == 0 || causes[i].now != causes[i - 1].now)
			printf("\n%s\n", causes[i].now ? "NOW" : "BEFORE");
		sentence(&causes[i], text, sizeof(text));
		printf("%2zu. %s\n", i + 1, text);
		if (path != NULL && causes[i].by != subject->group && !causes[i].machine)
			print_escaped("    by the group above: ", path);
		if (line != NULL)
			print_escaped("    would change it:    ", line);
	}
}

static json_t *text_or_null(const char *raw)
{
	size_t size = raw != NULL ? 4 * strlen(raw) + 1 : 1;
	CLEANUP(cleanup_free) char *safe = malloc(size);

	if (raw == NULL || *raw == '\0' || safe == NULL)
		return json_null();
	cgw_escape(safe, size, raw, strlen(raw));
	return json_string(safe);
}

static int print_json(const struct subject *subject, const struct cgw_cause *causes, size_t count)
{
	json_t *list = json_array();
	json_t *json = json_pack("{s:s, s:o, s:o}", "cgward", cgw_version(), "group",
				 text_or_null(subject->path), "causes", list);
	int r;

	for (size_t i = 0; json != NULL && i < count; i++) {
		CLEANUP(cleanup_free) char *path = path_of(subject, causes[i].by);
		CLEANUP(cleanup_free)
		char *line = path != NULL ? command_line(&causes[i], path) : NULL;
		char text[400];

		sentence(&causes[i], text, sizeof(text));
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:b, s:f, s:o, s:b, s:s, s:f, s:f, s:f, s:o, s:o}",
				  "cause", cgw_cause_name(causes[i].kind), "now",
				  (int)causes[i].now, "percent", causes[i].percent, "by",
				  text_or_null(path), "machine", (int)causes[i].machine, "text",
				  text, "amount", causes[i].amount, "bound", causes[i].bound,
				  "count", causes[i].count, "device",
				  text_or_null(causes[i].device), "change", text_or_null(line)));
	}
	if (json == NULL)
		return -ENOMEM;
	r = json_dumpf(json, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(json);
	return r < 0 ? -EIO : 0;
}

static enum cli_exit explain(struct subject *subject, bool json)
{
	struct cgw_cause causes[CGW_CAUSE_MAX];
	size_t count = cgw_explain(subject->frame, subject->group, causes);

	if (json)
		return print_json(subject, causes, count) < 0 ? CLI_FAILED : CLI_OK;
	print_text(subject, causes, count);
	return CLI_OK;
}

int explain_run(struct cli_context *context, int argc, char **argv)
{
	uint64_t rates_ns = 1000000000;
	enum cli_exit status = CLI_OK;
	struct cgw_metric_set wanted = {0};
	struct subject subject;
	bool json = false;
	const char *value;
	int code;

	while ((code = cli_next_option(context, &help, argc, argv, &value, &status)) > 0) {
		if (code == 'J')
			json = true;
		else if (cli_parse_duration(value, &rates_ns) < 0 || rates_ns == 0)
			return (int)cli_usage_error(
				context, "--rates wants a time such as 2s, not \"%.64s\"", value);
	}
	if (code < 0)
		return (int)status;
	if (argc - optind != 1)
		return (int)cli_usage_error(context, "one GROUP is wanted");
	cgw_explain_wants(&wanted);
	status = subject_open(&subject, context, argv[optind], &wanted);
	if (status == CLI_OK)
		status = subject_sample_again(&subject, rates_ns);
	if (status == CLI_OK)
		status = explain(&subject, json);
	subject_done(&subject);
	return (int)status;
}

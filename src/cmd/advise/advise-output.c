/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advise-output.c - advice as a table, JSON, commands, policy, drop-ins or resources. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <cgward/render.h>

#include "cmd/advise/advise-output.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/string-builder.h"
#include "lib/policy/export-limits.h"
#include "shared/cli/listing.h"

/* A recording of a day has seen each hour once. */
#define DAY_NS (UINT64_C(24) * 3600 * NS_PER_S)

bool advise_has_value(const struct cgw_advice *advice)
{
	return advice->kind == CGW_ADVICE_SET || advice->kind == CGW_ADVICE_LIMITED;
}

static void bytes(struct string_builder *text, const char *before, uint64_t number)
{
	char shown[32];

	(void)cgw_format_bytes((double)number, shown, sizeof(shown));
	string_builder_printf(text, "%s%s", before, shown);
}

static double percent(uint64_t ns_per_s)
{
	return (double)ns_per_s * 100 / (double)NS_PER_S;
}

/* What was recorded of the resource. */
static void add_use(struct string_builder *text, const struct cgw_advice *advice)
{
	const struct cgw_usage *usage = advice->usage;

	switch (advice->control) {
	case CGW_C_CPU_MAX:
		string_builder_printf(text, "used up to %.1f%%, p99 %.1f%%",
				      percent(usage->cpu_peak), percent(usage->cpu_p99));
		if (usage->throttled_intervals > 0)
			string_builder_printf(text,
					      "; throttled in %" PRIu64 " of %" PRIu64 " intervals",
					      usage->throttled_intervals, usage->intervals);
		break;
	case CGW_C_PIDS_MAX:
		string_builder_printf(text, "up to %" PRIu64 " tasks", usage->tasks_peak);
		if (usage->forks_refused > 0)
			string_builder_printf(text, "; %" PRIu64 " forks refused",
					      usage->forks_refused);
		break;
	default:
		bytes(text, "working set up to ", usage->working_set_peak_bytes);
		bytes(text, ", not reclaimable ", usage->unreclaimable_peak_bytes);
		if (usage->refaults > 0)
			string_builder_printf(text, "; %" PRIu64 " refaults", usage->refaults);
		if (usage->oom_kills > 0)
			string_builder_printf(text, "; %" PRIu64 " OOM kills", usage->oom_kills);
		break;
	}
}

/* What the limit would have done. */
static void add_trial(struct string_builder *text, const struct cgw_advice *advice,
		      const struct cgw_trial *trial, const char *where)
{
	const char *effect = advice->control == CGW_C_CPU_MAX    ? "throttled"
			     : advice->control == CGW_C_PIDS_MAX ? "full"
								 : "reclaimed";
	char duration[32];

	string_builder_printf(text, "; %s: ", where);
	if (trial->samples == 0) {
		string_builder_printf(text, "not recorded");
		return;
	}
	if (trial->reached == 0 && trial->exceeded == 0) {
		string_builder_printf(text, "never %s in %" PRIu64 " samples", effect,
				      trial->samples);
		return;
	}
	if (trial->reached == 0) {
		string_builder_printf(text, "OOM-killed in %" PRIu64 " of %" PRIu64 " samples",
				      trial->exceeded, trial->samples);
		return;
	}
	(void)cgw_format_duration((double)trial->reached_ns, duration, sizeof(duration));
	string_builder_printf(text, "%s in %" PRIu64 " of %" PRIu64 " samples (%s)", effect,
			      trial->reached, trial->samples, duration);
	if (advice->control == CGW_C_MEMORY_MAX)
		string_builder_printf(text,
				      trial->exceeded > 0 ? ", OOM-killed in %" PRIu64
							  : ", never OOM-killed",
				      trial->exceeded);
}

static void add_reason(struct string_builder *text, const struct advise_report *report, size_t i)
{
	const struct cgw_advice *advice = &report->advice[i];
	char length[32];

	add_use(text, advice);
	switch (advice->kind) {
	case CGW_ADVICE_LEAK:
		bytes(text, "; grew by ", advice->usage->growth_bytes);
		(void)cgw_format_duration((double)advice->usage->growth_ns, length, sizeof(length));
		string_builder_printf(text, " within %s without shrinking: find the cause first",
				      length);
		return;
	case CGW_ADVICE_WHOLE:
		string_builder_printf(text, "; may use the whole machine");
		return;
	case CGW_ADVICE_UNPROVEN:
		string_builder_printf(text, "; only %" PRIu64 " samples", advice->usage->samples);
		return;
	case CGW_ADVICE_LIMITED:
		string_builder_printf(text, "; was limited, so record again with this limit");
		break;
	default:
		break;
	}
	add_trial(text, advice, report->first != NULL ? &report->first[i] : &advice->trial,
		  "with the limit");
	if (report->second != NULL)
		add_trial(text, advice, &report->second[i], "second recording");
}

static void format_now(const struct cgw_advice *advice, char *buffer, size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(advice->control);
	const struct cgw_value value = {
		.state = advice->now.state,
		.exact = true,
		.number = advice->now.value,
		.real = (double)advice->now.value,
	};

	(void)cgw_format_value(value, (enum cgw_unit)info->unit, CGW_STYLE_HUMAN, buffer, size);
}

static void print_heading(const struct advise_report *report, FILE *out)
{
	uint64_t length_ns = report->info.last_ns - report->info.first_ns;
	char length[32], interval[32];

	(void)cgw_format_duration((double)length_ns, length, sizeof(length));
	(void)cgw_format_duration((double)report->interval_ns, interval, sizeof(interval));
	fprintf(out, "%" PRIu64 " samples over %s, one every %s; objective: %s\n",
		report->info.samples, length, interval, report->objective);
	if (length_ns < DAY_NS)
		fputs("The recording is shorter than a day: it does not show daily peaks.\n", out);
	fputs("CPU use is the mean of each interval: shorter peaks are higher.\n\n", out);
}

static int print_table(const struct advise_report *report, unsigned width, FILE *out)
{
	static const struct listing_column columns[] = {
		{"GROUP", NULL, LISTING_NAME}, {"LIMIT", NULL, LISTING_FIXED},
		{"NOW", NULL, LISTING_NUMBER}, {"ADVICE", NULL, LISTING_NUMBER},
		{"WHY", NULL, LISTING_PROSE},  {NULL, NULL, LISTING_NAME},
	};
	struct listing listing;

	if (report->headings)
		print_heading(report, out);
	listing_start(&listing, out, false, columns, width);
	for (size_t i = 0; i < report->count; i++) {
		const struct cgw_advice *advice = &report->advice[i];
		CLEANUP(string_builder_free) struct string_builder why = {0};
		char now[32], value[64] = "-";

		format_now(advice, now, sizeof(now));
		if (advise_has_value(advice))
			(void)cgw_advice_format(advice, value, sizeof(value));
		add_reason(&why, report, i);
		listing_record(&listing);
		listing_name(&listing, advice->usage->path);
		listing_text(&listing, cgw_control_info(advice->control)->key);
		listing_text(&listing, now);
		listing_text(&listing, value);
		listing_text(&listing, string_builder_text(&why));
	}
	return listing_end(&listing);
}

/* In single quotes for the shell, after escaping. */
static void add_quoted(struct string_builder *text, const char *path)
{
	CLEANUP(string_builder_free) struct string_builder escaped = {0};

	string_builder_add_escaped(&escaped, path);
	string_builder_add(text, "'");
	for (const char *at = string_builder_text(&escaped); *at != '\0'; at++)
		if (*at == '\'')
			string_builder_add(text, "'\\''");
		else
			string_builder_add_bytes(text, at, 1);
	string_builder_add(text, "'");
}

/* Starts the output of a group. Returns a negative errno if the format cannot name it. */
typedef int begin_group(struct string_builder *text, const struct cgw_usage *usage);
/* Adds one value, and what is after the last one. */
typedef void add_value(struct string_builder *text, const struct cgw_advice *advice,
		       const char *value);

static int begin_command(struct string_builder *text, const struct cgw_usage *usage)
{
	string_builder_add(text, "cgward set -- ");
	add_quoted(text, usage->path);
	return 0;
}

static void add_assignment(struct string_builder *text, const struct cgw_advice *advice,
			   const char *value)
{
	string_builder_printf(text, " %s=%s", cgw_control_info(advice->control)->key, value);
}

static int begin_section(struct string_builder *text, const struct cgw_usage *usage)
{
	return export_header(usage->path, text);
}

static void add_policy_key(struct string_builder *text, const struct cgw_advice *advice,
			   const char *value)
{
	string_builder_printf(text, "%s = %s\n", cgw_control_info(advice->control)->key, value);
}

static const char *last_component(const char *path)
{
	return strrchr(path, '/') + 1;
}

static int begin_drop_in(struct string_builder *text, const struct cgw_usage *usage)
{
	static const struct {
		const char *suffix, *section;
	} kinds[] = {{".service", "Service"}, {".slice", "Slice"}, {".scope", "Scope"}};
	const char *unit = last_component(usage->path), *dot = strrchr(unit, '.');

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && dot != NULL; i++)
		if (strcmp(dot, kinds[i].suffix) == 0) {
			string_builder_add(text, "# /etc/systemd/system/");
			string_builder_add_escaped(text, unit);
			string_builder_printf(text, ".d/50-cgward.conf\n[%s]\n", kinds[i].section);
			return 0;
		}
	return -EINVAL;
}

static void add_property(struct string_builder *text, const struct cgw_advice *advice,
			 const char *value)
{
	const char *name = advice->control == CGW_C_CPU_MAX       ? "CPUQuota"
			   : advice->control == CGW_C_MEMORY_HIGH ? "MemoryHigh"
			   : advice->control == CGW_C_MEMORY_MAX  ? "MemoryMax"
								  : "TasksMax";

	string_builder_printf(text, "%s=%s\n", name, value);
}

/* Requests are rounded up, and not 0. */
static uint64_t in_units(uint64_t value, uint64_t unit)
{
	return value > unit ? (value - 1) / unit + 1 : 1;
}

static int begin_resources(struct string_builder *text, const struct cgw_usage *usage)
{
	string_builder_add(text, "# ");
	string_builder_add_escaped(text, usage->path);
	string_builder_printf(text,
			      "\nresources:\n  requests:\n    cpu: %" PRIu64 "m\n"
			      "    memory: %" PRIu64 "Mi\n  limits:\n",
			      in_units(usage->cpu_p99, NS_PER_S / 1000),
			      in_units(usage->working_set_peak_bytes, UINT64_C(1) << 20));
	return 0;
}

static void add_resource(struct string_builder *text, const struct cgw_advice *advice,
			 const char *value)
{
	(void)value;
	if (advice->control == CGW_C_CPU_MAX)
		string_builder_printf(text, "    cpu: %" PRIu64 "m\n",
				      advice->value / (NS_PER_S / 1000));
	else if (advice->control == CGW_C_MEMORY_MAX)
		string_builder_printf(text, "    memory: %" PRIu64 "Mi\n", advice->value >> 20);
}

static const struct {
	begin_group *begin;
	add_value *add;
	const char *end;
} formats[] = {
	{NULL, NULL, NULL}, /* the table */
	{begin_command, add_assignment, "\n"},
	{begin_section, add_policy_key, "\n"},
	{begin_drop_in, add_property, "\n"},
	{begin_resources, add_resource, "\n"},
};

const char *const advise_formats[] = {"table", "set", "policy", "systemd", "kubernetes", NULL};

/* Prints the values of the group of advice `i`; returns the index of the next group. */
static size_t print_group(const struct advise_report *report, unsigned format, size_t i, FILE *out)
{
	const struct cgw_usage *usage = report->advice[i].usage;
	CLEANUP(string_builder_free) struct string_builder text = {0};
	bool any = false, named = formats[format].begin(&text, usage) == 0;

	for (; i < report->count && report->advice[i].usage == usage; i++) {
		char value[64];

		if (!advise_has_value(&report->advice[i]))
			continue;
		(void)cgw_advice_format(&report->advice[i], value, sizeof(value));
		formats[format].add(&text, &report->advice[i], value);
		any = true;
	}
	if (any && named)
		fprintf(out, "%s%s", string_builder_text(&text), formats[format].end);
	return i;
}

int advise_print(const struct advise_report *report, unsigned format, unsigned width, FILE *out)
{
	if (formats[format].begin == NULL)
		return print_table(report, width, out);
	for (size_t i = 0; i < report->count;)
		i = print_group(report, format, i, out);
	return 0;
}

static json_t *trial_json(const struct cgw_trial *trial)
{
	return json_pack("{s:I,s:I,s:I,s:I}", "samples", (json_int_t)trial->samples, "reached",
			 (json_int_t)trial->reached, "reached_ns", (json_int_t)trial->reached_ns,
			 "exceeded", (json_int_t)trial->exceeded);
}

static json_t *usage_json(const struct cgw_usage *usage)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
			 "samples", (json_int_t)usage->samples, "intervals",
			 (json_int_t)usage->intervals, "lives", (json_int_t)usage->lives,
			 "cpu_peak_ns_per_s", (json_int_t)usage->cpu_peak, "cpu_p99_ns_per_s",
			 (json_int_t)usage->cpu_p99, "throttled_intervals",
			 (json_int_t)usage->throttled_intervals, "memory_peak_bytes",
			 (json_int_t)usage->memory_peak_bytes, "working_set_peak_bytes",
			 (json_int_t)usage->working_set_peak_bytes, "unreclaimable_peak_bytes",
			 (json_int_t)usage->unreclaimable_peak_bytes, "growth_bytes",
			 (json_int_t)usage->growth_bytes, "growth_ns", (json_int_t)usage->growth_ns,
			 "oom_kills", (json_int_t)usage->oom_kills, "memory_limit_hits",
			 (json_int_t)usage->memory_limit_hits, "refaults",
			 (json_int_t)usage->refaults, "tasks_peak", (json_int_t)usage->tasks_peak,
			 "forks_refused", (json_int_t)usage->forks_refused);
}

static json_t *advice_json(const struct advise_report *report, size_t i)
{
	const struct cgw_advice *advice = &report->advice[i];
	json_t *object, *value = json_null();
	char text[64], now[32];

	if (advise_has_value(advice)) {
		(void)cgw_advice_format(advice, text, sizeof(text));
		value = json_string(text);
	}
	format_now(advice, now, sizeof(now));
	object = json_pack(
		"{s:o,s:s,s:s,s:s,s:o,s:o,s:o}", "group", json_escaped(advice->usage->path), "key",
		cgw_control_info(advice->control)->key, "kind", cgw_advice_kind_name(advice->kind),
		"now", now, "value", value, "usage", usage_json(advice->usage), "trial",
		trial_json(report->first != NULL ? &report->first[i] : &advice->trial));
	if (object != NULL && report->second != NULL &&
	    json_object_set_new(object, "verify", trial_json(&report->second[i])) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

int advise_print_json(const struct advise_report *report, FILE *out)
{
	char first[40], last[40];
	json_t *advice = json_array(), *document;

	(void)cgw_format_time(report->info.first_ns, first, sizeof(first));
	(void)cgw_format_time(report->info.last_ns, last, sizeof(last));
	for (size_t i = 0; i < report->count; i++)
		if (json_array_append_new(advice, advice_json(report, i)) < 0) {
			json_decref(advice);
			return -ENOMEM;
		}
	document = json_pack("{s:i,s:s,s:s,s:s,s:I,s:I,s:s,s:o}", "schema", CLI_JSON_SCHEMA,
			     "cgward", cgw_version(), "begin", first, "end", last, "samples",
			     (json_int_t)report->info.samples, "interval_ns",
			     (json_int_t)report->interval_ns, "objective", report->objective,
			     "advice", advice);
	return document != NULL ? json_print(document, out, JSON_INDENT(2)) : -ENOMEM;
}

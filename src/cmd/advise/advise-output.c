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
#include "shared/report/advice-text.h"

/* A recording of a day has seen each hour once. */
#define DAY_NS (UINT64_C(24) * 3600 * NS_PER_S)

static void print_heading(const struct advise_report *report, FILE *out)
{
	/* The clock may have been set back. */
	uint64_t length_ns = report->info.last_ns > report->info.first_ns
				     ? report->info.last_ns - report->info.first_ns
				     : 0;
	char length[32], interval[32];

	(void)cgw_format_duration((double)length_ns, length, sizeof(length));
	(void)cgw_format_duration((double)report->interval_ns, interval, sizeof(interval));
	fprintf(out, "%" PRIu64 " sample%s over %s, one every %s; objective: %s\n",
		report->info.samples, report->info.samples == 1 ? "" : "s", length, interval,
		report->objective);
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
	if (listing.error == 0)
		scols_table_enable_noheadings(listing.table.scols, !report->headings);
	for (size_t i = 0; i < report->count; i++) {
		const struct cgw_advice *advice = &report->advice[i];
		CLEANUP(string_builder_free) struct string_builder why = {0};
		char now[32], value[CGW_ADVICE_TEXT_SIZE] = "-";

		advice_format_now(advice, now, sizeof(now));
		if (advice_has_value(advice))
			(void)cgw_advice_format(advice, value, sizeof(value));
		advice_add_reason(&why, advice,
				  report->first != NULL ? &report->first[i] : &advice->trial);
		if (report->second != NULL && advice_has_value(advice))
			advice_add_trial(&why, advice, &report->second[i], "second recording");
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
	string_builder_add_quoted(text, string_builder_text(&escaped));
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
	const char *key = cgw_control_info(advice->control)->key;

	if (advice->device == NULL) {
		string_builder_printf(text, " %s=%s", key, value);
	} else {
		CLEANUP(string_builder_free) struct string_builder assignment = {0};

		string_builder_printf(&assignment, "%s=%s", key, value);
		string_builder_add(text, " ");
		add_quoted(text, string_builder_text(&assignment));
	}
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

static bool has_suffix(const char *name, size_t length, const char *suffix)
{
	size_t suffix_length = strlen(suffix);

	return length >= suffix_length &&
	       memcmp(name + length - suffix_length, suffix, suffix_length) == 0;
}

/*
 * The directory of the manager whose unit a group may be: units are below slices only, others are
 * those of a container that runs systemd. NULL: none.
 */
static const char *manager_of(const char *path)
{
	const char *manager = "system", *end;

	for (const char *name = path + 1; (end = strchr(name, '/')) != NULL; name = end + 1) {
		size_t length = (size_t)(end - name);

		if (has_suffix(name, length, ".slice"))
			continue;
		if (strcmp(manager, "user") == 0 || strncmp(name, "user@", 5) != 0 ||
		    !has_suffix(name, length, ".service"))
			return NULL;
		manager = "user";
	}
	return manager;
}

static int begin_drop_in(struct string_builder *text, const struct cgw_usage *usage)
{
	static const struct {
		const char *suffix, *section;
	} kinds[] = {{".service", "Service"}, {".slice", "Slice"}, {".scope", "Scope"}};
	const char *unit = last_component(usage->path), *dot = strrchr(unit, '.');
	const char *manager = manager_of(usage->path);

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && dot != NULL && manager != NULL; i++)
		if (strcmp(dot, kinds[i].suffix) == 0) {
			string_builder_printf(text, "# /etc/systemd/%s/", manager);
			string_builder_add_escaped(text, unit);
			string_builder_printf(text, ".d/50-cgward.conf\n[%s]\n", kinds[i].section);
			return 0;
		}
	return -EINVAL;
}

static const struct property {
	enum cgw_control control;
	const char *name;
} properties[] = {
	{CGW_C_CPU_MAX, "CPUQuota"},
	{CGW_C_CPU_WEIGHT, "CPUWeight"},
	{CGW_C_MEMORY_HIGH, "MemoryHigh"},
	{CGW_C_MEMORY_MAX, "MemoryMax"},
	{CGW_C_PIDS_MAX, "TasksMax"},
	{CGW_C_IO_MAX_RBPS, "IOReadBandwidthMax"},
	{CGW_C_IO_MAX_WBPS, "IOWriteBandwidthMax"},
	{CGW_C_IO_MAX_RIOPS, "IOReadIOPSMax"},
	{CGW_C_IO_MAX_WIOPS, "IOWriteIOPSMax"},
};

/* The suffixes of systemd are powers of 1000 for IO, so these have none. */
static void add_device(struct string_builder *text, const struct cgw_advice *advice)
{
	CLEANUP(string_builder_free) struct string_builder device = {0};

	string_builder_add_escaped(&device, advice->device);
	string_builder_add(text, "/dev/");
	for (const char *at = string_builder_text(&device); *at != '\0'; at++)
		string_builder_add_bytes(text, *at == '!' ? "/" : at, 1); /* as in sysfs */
	string_builder_printf(text, " %" PRIu64, advice->value);
}

static void add_property(struct string_builder *text, const struct cgw_advice *advice,
			 const char *value)
{
	const struct property *property = properties;

	while (property->control != advice->control)
		property++;
	string_builder_printf(text, "%s=", property->name);
	if (advice->device != NULL)
		add_device(text, advice);
	else
		string_builder_add(text, value);
	string_builder_add(text, "\n");
}

/* Requests are rounded up, and not 0. */
static uint64_t in_units(uint64_t value, uint64_t unit)
{
	return value > unit ? (value - 1) / unit + 1 : 1;
}

static int begin_resources(struct string_builder *text, const struct cgw_usage *usage)
{
	/* A need that was not recorded is not requested. */
	string_builder_add(text, "# ");
	string_builder_add_escaped(text, usage->path);
	string_builder_add(text, "\nresources:\n");
	if (usage->cpu_peak > 0 || usage->working_set_peak_bytes > 0)
		string_builder_add(text, "  requests:\n");
	if (usage->cpu_peak > 0)
		string_builder_printf(text, "    cpu: %" PRIu64 "m\n",
				      in_units(usage->cpu_p99, NS_PER_S / 1000));
	if (usage->working_set_peak_bytes > 0)
		string_builder_printf(text, "    memory: %" PRIu64 "Mi\n",
				      in_units(usage->working_set_peak_bytes, UINT64_C(1) << 20));
	string_builder_add(text, "  limits:\n");
	return 0;
}

static void add_resource(struct string_builder *text, const struct cgw_advice *advice,
			 const char *value)
{
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
	size_t before;
	bool any = false, named = formats[format].begin(&text, usage) == 0;

	for (; i < report->count && report->advice[i].usage == usage; i++) {
		char value[CGW_ADVICE_TEXT_SIZE];

		if (!advice_has_value(&report->advice[i]))
			continue;
		(void)cgw_advice_format(&report->advice[i], value, sizeof(value));
		before = text.length;
		formats[format].add(&text, &report->advice[i], value);
		any |= text.length > before; /* not every format has every limit */
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
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
			 "samples", (json_int_t)usage->samples, "intervals",
			 (json_int_t)usage->intervals, "lives", (json_int_t)usage->lives,
			 "cpu_peak_ns_per_s", (json_int_t)usage->cpu_peak, "cpu_p99_ns_per_s",
			 (json_int_t)usage->cpu_p99, "throttled_intervals",
			 (json_int_t)usage->throttled_intervals, "full_intervals",
			 (json_int_t)usage->full_intervals, "memory_peak_bytes",
			 (json_int_t)usage->memory_peak_bytes, "working_set_peak_bytes",
			 (json_int_t)usage->working_set_peak_bytes, "unreclaimable_peak_bytes",
			 (json_int_t)usage->unreclaimable_peak_bytes, "growth_bytes",
			 (json_int_t)usage->growth_bytes, "growth_ns", (json_int_t)usage->growth_ns,
			 "oom_kills", (json_int_t)usage->oom_kills, "memory_limit_hits",
			 (json_int_t)usage->memory_limit_hits, "refaults",
			 (json_int_t)usage->refaults, "tasks_peak", (json_int_t)usage->tasks_peak,
			 "forks_refused", (json_int_t)usage->forks_refused);
}

/* Of one device; null for limits that have none. */
static json_t *device_json(const struct cgw_advice *advice)
{
	if (advice->device == NULL)
		return json_null();
	return json_pack("{s:o,s:I,s:I,s:I,s:I}", "name", json_escaped(advice->device), "peak",
			 (json_int_t)advice->device_peak, "p99", (json_int_t)advice->device_p99,
			 "busiest", (json_int_t)advice->device_busiest, "intervals_at_limit",
			 (json_int_t)advice->device_at_limit);
}

/* CPU time per second; null for limits that guarantee none. */
static json_t *guarantee_json(const struct cgw_advice *advice)
{
	if (advice->control != CGW_C_CPU_WEIGHT)
		return json_null();
	return json_pack("{s:I,s:I}", "now_ns_per_s", (json_int_t)advice->guaranteed_now,
			 "advised_ns_per_s", (json_int_t)advice->guaranteed);
}

static json_t *advice_json(const struct advise_report *report, size_t i)
{
	const struct cgw_advice *advice = &report->advice[i];
	json_t *object, *value = json_null();
	char text[CGW_ADVICE_TEXT_SIZE], now[32];

	if (advice_has_value(advice)) {
		(void)cgw_advice_format(advice, text, sizeof(text));
		value = json_string(text);
	}
	advice_format_now(advice, now, sizeof(now));
	object = json_pack(
		"{s:o,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "group",
		json_escaped(advice->usage->path), "key", cgw_control_info(advice->control)->key,
		"kind", cgw_advice_kind_name(advice->kind), "now", now, "value", value, "usage",
		usage_json(advice->usage), "trial",
		trial_json(report->first != NULL ? &report->first[i] : &advice->trial), "device",
		device_json(advice), "guaranteed", guarantee_json(advice), "bound_by",
		advice->bound_by != NULL ? json_escaped(advice->bound_by) : json_null());
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

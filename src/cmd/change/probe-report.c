/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe-report.c - the result of a probe, as text or JSON. */
#include <string.h>

#include "cmd/change/probe-report.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/render/value-text.h"
#include "shared/cli/listing.h"

#define PERCENT_TEXT(e2) FORMATTED(16, "%u.%02u%%", (e2) / 100, (e2) % 100)

static const char *const ends[] = {
	[PROBE_RUNNING] = NULL,
	[PROBE_PRESSURE] = "pressure",
	[PROBE_REFAULTS] = "refaults",
	[PROBE_UNRECLAIMABLE] = "unreclaimable",
	[PROBE_MINIMUM] = "minimum",
	[PROBE_DURATION] = "duration",
	[PROBE_INTERRUPTED] = "interrupted",
};

static void print_dry_run(const struct probe_report *report, const char *path, FILE *out)
{
	const struct probe_options *options = report->options;

	fprintf(out,
		"%s: would take up to %s of %s from the group every %s, for at most %s, by "
		"memory.%s\n",
		path, BYTES_TEXT(probe_step_bytes(options, report->use_bytes, 0)),
		BYTES_TEXT(report->use_bytes), DURATION_TEXT(options->interval_ns),
		DURATION_TEXT(options->duration_ns), report->method);
}

/* What the last interval showed. */
static void print_end(const struct probe_report *report, FILE *out)
{
	const struct probe_result *result = report->result;
	const struct probe_options *options = report->options;
	const struct probe_step *last = &result->steps[result->count - 1];

	fprintf(out, "  stopped by %s: ", ends[result->end]);
	switch (result->end) {
	case PROBE_PRESSURE:
		fprintf(out,
			"processes waited for memory in %s of %s after %s were taken (bound %s)",
			PERCENT_TEXT(probe_pressure_e2(last)), DURATION_TEXT(last->length_ns),
			BYTES_TEXT(last->taken_bytes), PERCENT_TEXT(options->pressure_e2));
		break;
	case PROBE_REFAULTS:
		fprintf(out, "%s were read back within %s after %s were taken (bound %u%%)",
			BYTES_TEXT(last->refaults_bytes), DURATION_TEXT(last->length_ns),
			BYTES_TEXT(last->taken_bytes), options->refaults_percent);
		break;
	case PROBE_UNRECLAIMABLE:
		fprintf(out, "the kernel reclaimed %s of %s requested",
			BYTES_TEXT(last->taken_bytes), BYTES_TEXT(last->asked_bytes));
		break;
	case PROBE_MINIMUM:
		fprintf(out, "the group uses %s (minimum %s)", BYTES_TEXT(last->use_bytes),
			BYTES_TEXT(options->minimum_bytes));
		break;
	case PROBE_DURATION:
		fprintf(out, "%s were over", DURATION_TEXT(options->duration_ns));
		break;
	default:
		fprintf(out, "a signal");
		break;
	}
	fputc('\n', out);
}

/* The highest pressure of an interval within the bounds. */
static unsigned highest_pressure(const struct probe_result *result)
{
	unsigned highest = 0;

	for (size_t i = 0; i < result->count; i++)
		if (result->steps[i].exceeded == PROBE_RUNNING &&
		    probe_pressure_e2(&result->steps[i]) > highest)
			highest = probe_pressure_e2(&result->steps[i]);
	return highest;
}

static void print_evidence(const struct probe_report *report, FILE *out)
{
	const struct probe_result *result = report->result;
	uint64_t taken = 0, refaults = 0;
	size_t taking = 0, missed = 0;

	for (size_t i = 1; i < result->count; i++) {
		const struct probe_step *step = &result->steps[i];

		taken += step->taken_bytes;
		refaults += step->refaults_bytes;
		taking += step->asked_bytes > 0;
		missed += step->asked_bytes > 0 && step->exceeded != PROBE_RUNNING;
	}
	fprintf(out,
		"  %zu steps by memory.%s in %s took %s, %s were read back; %zu exceeded a "
		"bound\n",
		taking, report->method, DURATION_TEXT(result->steps[result->count - 1].end_ns),
		BYTES_TEXT(taken), BYTES_TEXT(refaults), missed);
	fprintf(out, "  pressure before %s, up to %s in steps within the bounds\n",
		PERCENT_TEXT(probe_pressure_e2(&result->steps[0])),
		PERCENT_TEXT(highest_pressure(result)));
	if (report->no_swap && report->anon_bytes > 0)
		fprintf(out,
			"  %s of anonymous memory cannot be reclaimed, whether it is used or not, "
			"because the group has no swap left\n",
			BYTES_TEXT(report->anon_bytes));
}

void probe_print(const struct probe_report *report, FILE *out)
{
	const struct probe_result *result = report->result;
	const char *path = ESCAPED(1024, report->path);

	if (report->dry_run) {
		print_dry_run(report, path, out);
		return;
	}
	fprintf(out, "%s: needs %s%s of %s\n", path, probe_is_upper_bound(result) ? "at most " : "",
		BYTES_TEXT(result->needs_bytes), BYTES_TEXT(result->use_bytes));
	print_end(report, out);
	print_evidence(report, out);
}

static json_t *integer(uint64_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *json_percent(unsigned e2)
{
	return json_real((double)e2 / 100);
}

static json_t *json_word(const char *word)
{
	return word != NULL ? json_string(word) : json_null();
}

static json_t *json_step(const struct probe_step *step)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "end_ns", integer(step->end_ns),
		"length_ns", integer(step->length_ns), "asked", integer(step->asked_bytes), "taken",
		integer(step->taken_bytes), "use", integer(step->use_bytes), "pressure",
		json_percent(probe_pressure_e2(step)), "refaulted", integer(step->refaults_bytes),
		"exceeded", json_word(ends[step->exceeded]));
}

int probe_print_json(const struct probe_report *report, FILE *out)
{
	const struct probe_options *options = report->options;
	const struct probe_result *result = report->result;
	json_t *steps = json_array(), *document;
	bool known = !report->dry_run;

	for (size_t i = 0; i < result->count; i++)
		json_array_append_new(steps, json_step(&result->steps[i]));
	document = json_pack(
		"{s:i, s:s, s:b, s:i, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
		"schema", CLI_JSON_SCHEMA, "cgward", cgw_version(), "dry_run", (int)report->dry_run,
		"status", (int)report->status, "group", json_escaped(report->path), "method",
		report->method, "needs", known ? integer(result->needs_bytes) : json_null(),
		"at_most", known ? json_boolean(probe_is_upper_bound(result)) : json_null(), "use",
		integer(report->use_bytes), "stopped", json_word(known ? ends[result->end] : NULL),
		"bounds",
		json_pack("{s:o, s:i, s:o, s:o}", "pressure", json_percent(options->pressure_e2),
			  "refaults", (int)options->refaults_percent, "minimum",
			  integer(options->minimum_bytes), "duration_ns",
			  integer(options->duration_ns)),
		"interval_ns", integer(options->interval_ns), "no_swap", (int)report->no_swap,
		"anon", integer(report->anon_bytes), "steps", steps);
	return json_print(document, out, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
}

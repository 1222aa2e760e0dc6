/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-command.c - `cgward dump`: all groups, once or repeatedly, in a format. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/dump/dump-command.h"
#include "cmd/dump/dump-run.h"
#include "cmd/dump/get-command.h"
#include "cmd/dump/list-metrics.h"
#include "lib/base/cleanup.h"
#include "lib/base/muldiv.h"
#include "shared/cli/options.h"

#define COLUMNS_ONCE                                                                           \
	"group,cpu.usage,memory.working_set,memory.current,memory.max.effective,pids.current," \
	"pids.max.effective,io.rbytes,io.wbytes"
#define COLUMNS_RATES                                                                       \
	"group,cpu,cpu.throttled_percent,memory.working_set,memory.current,memory.percent," \
	"pids.current,io.read,io.write"

static const struct cli_option options[] = {
	{'o', "columns", "KEY,...", false,
	 "columns to show; +KEY,... adds to the usual ones, \"all\" is every one"},
	{'T', "tree", NULL, false, "show groups as a tree"},
	{OPTION_SORT, "sort", "KEY", false, "largest first; usually by path"},
	{OPTION_REVERSE, "reverse", NULL, false, "smallest first"},
	{OPTION_MATCH, "match", "GLOB", false,
	 "only groups whose path matches; may be given again"},
	{OPTION_DEPTH, "depth", "N", false, "only groups up to N levels below the root"},
	{OPTION_BELOW, "below", "GROUP", false, "only this group and what is beneath it"},
	{'J', "json", NULL, false, "one JSON document a sample"},
	{OPTION_NDJSON, "ndjson", NULL, false, "one JSON object a line and group"},
	{OPTION_CSV, "csv", NULL, false, "comma-separated values (RFC 4180)"},
	{'r', "raw", NULL, false, "words separated by blanks, \\xNN inside them"},
	{'P', "export", NULL, false, "KEY=\"value\" pairs that a shell can read"},
	{OPTION_OPENMETRICS, "openmetrics", NULL, false, "OpenMetrics, as Prometheus scrapes it"},
	{OPTION_PROMETHEUS, "prometheus", NULL, false,
	 "Prometheus' text format, for node_exporter's textfile collector"},
	{OPTION_GROUPS_MAX, "groups-max", "N", false,
	 "at most N groups in the last two, the deepest are left out"},
	{OPTION_OUTPUT, "output", "FILE", false, "into FILE, which each sample replaces at once"},
	{'b', "bytes", NULL, false, "bytes and times in full"},
	{'n', "noheadings", NULL, false, "no heading line"},
	{OPTION_INTERVAL, "interval", "TIME", false, "repeat every TIME (500ms, 2s, 1m)"},
	{OPTION_COUNT, "count", "N", false, "stop after N samples"},
	{OPTION_RATES, "rates", "TIME", true, "two samples TIME apart (1s), then print with rates"},
	{OPTION_COLLECTOR, "collector", "HOW", false,
	 "read by \"files\" or \"bpf\"; \"auto\" takes what costs less"},
	{OPTION_REPLAY, "replay", "RECORDING", false,
	 "of a recording (cgward record) instead of this machine; its end"},
	{OPTION_AT, "at", "TIME", false,
	 "its last sample at TIME: 03:12, -10m, 2026-11-24T03:12:00Z"},
	{OPTION_BEGIN, "begin", "TIME", false, "its samples from TIME on"},
	{OPTION_END, "end", "TIME", false, "its samples up to TIME"},
	{OPTION_EVERY, "every", "TIME", false, "one sample every TIME of these, rates over that"},
	{OPTION_HOST, "host", "HOST", false,
	 "of another machine, over ssh; several are groups of one tree"},
	{OPTION_SSH, "ssh", "COMMAND", false, "what reaches it (\"ssh -p 2222\")"},
	{OPTION_STREAM, "stream", "SCHEMA", false,
	 "with --ndjson: what another cgward wants to know besides"},
	{'H', "list-metrics", NULL, false, "list all keys with unit, sources and meaning"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward dump [OPTION...]",
	.text = "Prints every control group of this machine with what the kernel says of it.",
	.options = options,
};

static enum cli_exit take_format(struct dump *dump, int (*format)(const struct report *report))
{
	if (dump->format != NULL && dump->format != format)
		return cli_usage_error(dump->context, "only one format can be written at a time");
	dump->format = format;
	return CLI_OK;
}

static enum cli_exit take_duration(struct dump *dump, const char *option, const char *value)
{
	if (value != NULL &&
	    (cli_parse_duration(value, &dump->interval_ns) < 0 || dump->interval_ns == 0))
		return cli_usage_error(dump->context,
				       "--%s wants a time above zero such as 500ms, 2s or 1m, not "
				       "\"%.64s\"",
				       option, value);
	return CLI_OK;
}

static enum cli_exit take_glob(struct dump *dump, const char *glob)
{
	struct cgw_diag diag = {0};

	if (cgw_glob_check(glob, &diag) < 0)
		return cli_usage_error(dump->context, "--match: %s", diag.text);
	if (dump->selection.glob_count == DUMP_GLOB_MAX)
		return cli_usage_error(dump->context, "--match can be given %d times",
				       DUMP_GLOB_MAX);
	dump->globs[dump->selection.glob_count++] = glob;
	return CLI_OK;
}

static enum cli_exit take_collector(struct dump *dump, const char *how)
{
	static const char *const names[] = {
		[CGW_COLLECTOR_AUTO] = "auto",
		[CGW_COLLECTOR_FILES] = "files",
		[CGW_COLLECTOR_BPF] = "bpf",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(how, names[i]) == 0) {
			dump->collector = (enum cgw_collector_choice)i;
			return CLI_OK;
		}
	return cli_usage_error(dump->context,
			       "--collector is one of auto, files and bpf, not \"%.64s\"", how);
}

static enum cli_exit take_option(struct dump *dump, int code, const char *value)
{
	uint64_t number = 0;
	enum cli_exit status;

	switch (code) {
	case 'o':
		dump->columns = value;
		return CLI_OK;
	case 'T':
		dump->selection.tree = true;
		return CLI_OK;
	case OPTION_SORT:
		dump->sort = value;
		return CLI_OK;
	case OPTION_REVERSE:
		dump->selection.ascending = true;
		return CLI_OK;
	case OPTION_MATCH:
		return take_glob(dump, value);
	case OPTION_DEPTH:
		status = dump_parse_count(dump, "depth", value, &number);
		dump->selection.depth_max = (uint32_t)number;
		return status;
	case OPTION_BELOW:
		dump->below = value;
		return CLI_OK;
	case 'J':
		return take_format(dump, report_json);
	case OPTION_NDJSON:
		return take_format(dump, report_ndjson);
	case OPTION_CSV:
		return take_format(dump, report_csv);
	case 'r':
		return take_format(dump, report_raw);
	case 'P':
		return take_format(dump, report_export);
	case OPTION_OPENMETRICS:
		return take_format(dump, report_openmetrics);
	case OPTION_PROMETHEUS:
		return take_format(dump, report_prometheus);
	case OPTION_GROUPS_MAX:
		return dump_parse_count(dump, "groups-max", value, &dump->groups_max);
	case OPTION_OUTPUT:
		dump->output.path = value;
		return CLI_OK;
	case 'b':
		dump->exact = true;
		return CLI_OK;
	case 'n':
		dump->headings = false;
		return CLI_OK;
	case OPTION_INTERVAL:
		dump->repeat = true;
		return take_duration(dump, "interval", value);
	case OPTION_COUNT:
		return dump_parse_count(dump, "count", value, &dump->count);
	case OPTION_RATES:
		dump->rates = true;
		return take_duration(dump, "rates", value);
	case OPTION_COLLECTOR:
		return take_collector(dump, value);
	case 'H':
		dump->list = true;
		return CLI_OK;
	default:
		return dump_parse_source(dump, code, value);
	}
}

static bool is_exposition(const struct dump *dump)
{
	return dump->format == report_openmetrics || dump->format == report_prometheus;
}

static enum cli_exit check_combination(const struct dump *dump)
{
	if (dump->repeat && dump->rates)
		return cli_usage_error(
			dump->context,
			"--rates takes two samples, --interval repeats: one of them");
	if (dump->count > 0 && !dump->repeat)
		return cli_usage_error(dump->context, "--count goes with --interval");
	if (dump->selection.tree && dump->format != report_table)
		return cli_usage_error(dump->context,
				       "--tree draws a table, it has no other format");
	if (is_exposition(dump) && dump->rates)
		return cli_usage_error(dump->context,
				       "an exposition has no rates: its reader takes them");
	if (is_exposition(dump) && dump->repeat && dump->output.path == NULL)
		return cli_usage_error(dump->context,
				       "--interval writes one exposition after the other: give it "
				       "an --output FILE that each replaces");
	if (dump->groups_max > 0 && !is_exposition(dump))
		return cli_usage_error(dump->context,
				       "--groups-max goes with --openmetrics or --prometheus");
	return CLI_OK;
}

/* What was asked for by name and cannot be exposed is said, not left out. */
static int check_exposed(const struct dump *dump, struct cgw_diag *diag)
{
	for (size_t i = 0; i < dump->fields.count; i++) {
		struct cgw_field field = dump->fields.items[i];

		if (field.view != CGW_VIEW_IDENTITY && !cgw_exposition_accepts(field))
			return cgw_diag_set(diag, -EINVAL,
					    "\"%s\" is a figure over time, which the reader of an "
					    "exposition computes from counters",
					    report_key(field).text);
	}
	return 0;
}

static enum cli_exit parse_fields(struct dump *dump)
{
	struct cgw_diag diag = {0};
	const char *usual =
		dump->rates || dump->repeat || dump->replay != NULL ? COLUMNS_RATES : COLUMNS_ONCE;
	int r = 0;

	if (is_exposition(dump))
		usual = cgw_exposition_default_fields();
	r = field_list_parse(&dump->fields, usual, &diag);
	if (r == 0 && dump->columns != NULL)
		r = field_list_parse(&dump->fields, dump->columns, &diag);
	if (r == 0 && is_exposition(dump) && dump->columns != NULL &&
	    strcmp(dump->columns + (dump->columns[0] == '+'), "all") != 0)
		r = check_exposed(dump, &diag);
	if (r == 0 && dump->sort != NULL) {
		r = cgw_field_parse(dump->sort, &dump->selection.sort, &diag);
		dump->selection.sorted = true;
	}
	if (r == 0)
		return CLI_OK;
	return cli_usage_error(dump->context, "%s", r == -ENOMEM ? "out of memory" : diag.text);
}

static int wait_until(struct timespec *next, uint64_t interval_ns)
{
	int r;

	next->tv_sec += (time_t)(interval_ns / 1000000000);
	next->tv_nsec += (long)(interval_ns % 1000000000);
	if (next->tv_nsec >= 1000000000) {
		next->tv_nsec -= 1000000000;
		next->tv_sec++;
	}
	do
		r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
	while (r == EINTR);
	return -r;
}

static int print(struct dump *dump, const struct cgw_layout *layout, const struct cgw_frame *frame,
		 bool first, size_t *ret_count)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	CLEANUP(cleanup_free) uint32_t *groups = calloc(topology->count, sizeof(*groups));
	struct report report = {
		.out = dump->output.stream,
		.layout = layout,
		.host = dump->host,
		.frame = frame,
		.fields = dump->fields.items,
		.field_count = dump->fields.count,
		.groups = groups,
		.groups_max = size_from_u64(dump->groups_max),
		.tree = dump->selection.tree,
		.headings = dump->headings,
		.exact = dump->exact,
		.repeated = dump->repeat,
		.first = first,
	};
	int r;

	if (groups == NULL)
		return -ENOMEM;
	r = group_select(frame, &dump->selection, groups, &report.group_count);
	if (r < 0)
		return r;
	*ret_count = report.group_count;
	return dump->format(&report);
}

int dump_print(struct dump *dump, const struct cgw_layout *layout, const struct cgw_frame *frame,
	       bool first, size_t *ret_count)
{
	int r = output_begin(&dump->output), ended;

	if (r < 0) {
		dump->output_error = r;
		return r;
	}
	r = print(dump, layout, frame, first || dump->output.path != NULL, ret_count);
	ended = output_end(&dump->output, r == 0);
	if (r == 0 && ended < 0)
		r = dump->output_error = ended;
	return r;
}

/* Samples and prints until the count is reached or nobody reads any more. */
static int run_samples(struct dump *dump, const struct cgw_layout *layout,
		       struct cgw_sampler *sampler, struct cgw_frame *frame, size_t *ret_shown)
{
	uint64_t samples = dump->rates ? 2 : dump->repeat ? dump->count : 1;
	struct timespec next;

	(void)clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint64_t i = 0; samples == 0 || i < samples; i++) {
		struct cgw_snapshot *snapshot;
		int r;

		if (i > 0)
			(void)wait_until(&next, dump->interval_ns);
		r = cgw_sampler_sample(sampler, &snapshot);
		if (r < 0)
			return r;
		r = cgw_frame_update(frame, snapshot);
		cgw_snapshot_unref(snapshot);
		if (r == 0 && (!dump->rates || i == 1))
			r = dump_print(dump, layout, frame, i == 0 || dump->rates, ret_shown);
		if (r < 0)
			return r;
		if (dump->repeat && fflush(stdout) != 0)
			return 0; /* said at the end */
	}
	return 0;
}

enum cli_exit dump_warn(const struct dump *dump, int error, const char *reason)
{
	char path[512];

	if (dump->output_error < 0) {
		(void)cgw_escape(path, sizeof(path), dump->output.path, strlen(dump->output.path));
		cli_error(dump->context, "cannot write %s: %s", path,
			  strerror(-dump->output_error));
		return CLI_OUTPUT_FAILED;
	}
	cli_error(dump->context, "%s",
		  reason != NULL && reason[0] != '\0' ? reason : strerror(-error));
	return CLI_FAILED;
}

static void cleanup_frame(struct cgw_frame **frame)
{
	cgw_frame_free(*frame);
}

static void cleanup_sampler(struct cgw_sampler **sampler)
{
	cgw_sampler_free(*sampler);
}

static enum cli_exit sample_and_print(struct dump *dump, const struct cgw_layout *layout)
{
	CLEANUP(cleanup_frame) struct cgw_frame *frame = NULL;
	CLEANUP(cleanup_sampler) struct cgw_sampler *sampler = NULL;
	const struct cgw_sampler_options sampler_options = {
		.collector = dump->collector,
		.once = !dump->repeat && !dump->rates,
		.below = dump->selection.below,
	};
	struct cgw_metric_set wanted = {0};
	struct cgw_diag diag = {0};
	size_t shown = 0;
	int r = cgw_sampler_new(layout, &sampler_options, &sampler, &diag);

	if (r == 0)
		r = cgw_frame_new(&frame);
	for (size_t i = 0; r == 0 && i < dump->fields.count; i++)
		cgw_field_metrics(dump->fields.items[i], &wanted);
	if (r == 0 && dump->selection.sorted)
		cgw_field_metrics(dump->selection.sort, &wanted);
	if (r == 0)
		r = cgw_sampler_set_metrics(sampler, &wanted);
	if (r == 0)
		r = run_samples(dump, layout, sampler, frame, &shown);
	if (r < 0)
		return dump_warn(dump, r, diag.text);
	if (shown == 0 && dump->selection.glob_count > 0) {
		cli_error(dump->context, "no group matches");
		return CLI_NO_SUCH_GROUP;
	}
	return CLI_OK;
}

static enum cli_exit run_dump(struct dump *dump)
{
	CLEANUP(cleanup_free) char *below = NULL;
	struct cgw_diag diag = {0};
	struct cgw_layout *layout;
	enum cli_exit status = parse_fields(dump);

	if (status != CLI_OK)
		return status;
	dump->selection.globs = dump->globs;
	if (dump->replay != NULL)
		return dump_recorded(dump);
	if (dump->host_count > 0)
		return dump_remote(dump);
	layout = cli_layout(dump->context, &status);
	if (layout == NULL)
		return status;
	if (dump->below != NULL) {
		int r = cgw_group_find(layout, dump->below, &below, &diag);

		if (r < 0) {
			cli_diag(dump->context, &diag);
			cgw_layout_free(layout);
			return cli_exit_from_error(r);
		}
		dump->selection.below = below;
	}
	(void)cgw_sampler_raise_descriptors();
	status = sample_and_print(dump, layout);
	cgw_layout_free(layout);
	return status;
}

static int dump_run(struct cli_context *context, int argc, char **argv)
{
	struct dump dump = {.context = context, .headings = true, .interval_ns = 1000000000};
	enum cli_exit status = CLI_OK;
	const char *value;
	int code;

	while ((code = cli_next_option(context, &help, argc, argv, &value, &status)) > 0) {
		status = take_option(&dump, code, value);
		if (status != CLI_OK)
			return (int)status;
	}
	if (code < 0)
		return (int)status;
	if (optind < argc)
		return (int)cli_usage_error(context, "dump takes no operand; --match picks groups");
	if (dump.list)
		return list_fields(stdout, dump.format == report_json, dump.headings) < 0
			       ? CLI_FAILED
			       : CLI_OK;
	if (dump.format == NULL)
		dump.format = report_table;
	status = dump_check_elsewhere(&dump);
	if (status == CLI_OK)
		status = check_combination(&dump);
	if (status == CLI_OK)
		status = run_dump(&dump);
	field_list_done(&dump.fields);
	return (int)status;
}

const struct cli_command dump_commands[] = {
	{"dump", "print all groups and their figures once", dump_run},
	{"get", "print single figures of one group", get_run},
	{NULL, NULL, NULL},
};

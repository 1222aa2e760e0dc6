/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-command.c - `cgward dump`: prints all groups, once or repeatedly. */
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
	 "columns to show; +KEY,... adds to the defaults, 'all' shows every column"},
	{'T', "tree", NULL, false, "show groups as a tree"},
	{OPTION_SORT, "sort", "KEY", false, "sort by KEY, largest first (default: by path)"},
	{OPTION_REVERSE, "reverse", NULL, false, "sort smallest first"},
	{OPTION_MATCH, "match", "GLOB", false,
	 "show only groups whose path matches GLOB (can be repeated)"},
	{OPTION_DEPTH, "depth", "N", false, "show only groups up to N levels below the root"},
	{OPTION_BELOW, "below", "GROUP", false, "show only GROUP and its descendants"},
	{'J', "json", NULL, false, "print one JSON document per sample"},
	{OPTION_NDJSON, "ndjson", NULL, false,
	 "print newline-delimited JSON, one object per group"},
	{OPTION_CSV, "csv", NULL, false, "print comma-separated values (RFC 4180)"},
	{'r', "raw", NULL, false, "print fields separated by spaces, with \\xNN for special bytes"},
	{'P', "export", NULL, false, "print KEY=\"value\" pairs that a shell can read"},
	{OPTION_OPENMETRICS, "openmetrics", NULL, false,
	 "print OpenMetrics text, as scraped by Prometheus"},
	{OPTION_PROMETHEUS, "prometheus", NULL, false,
	 "print Prometheus text format, for node_exporter's textfile collector"},
	{OPTION_GROUPS_MAX, "groups-max", "N", false,
	 "print at most N groups in these two formats, omitting the deepest"},
	{OPTION_OUTPUT, "output", "FILE", false,
	 "write to FILE, which each sample replaces atomically"},
	{'b', "bytes", NULL, false, "print exact bytes and times"},
	{'n', "noheadings", NULL, false, "do not print a header line"},
	{OPTION_INTERVAL, "interval", "TIME", false, "repeat every TIME (500ms, 2s, 1m)"},
	{OPTION_COUNT, "count", "N", false, "stop after N samples"},
	{OPTION_RATES, "rates", "TIME", true,
	 "take two samples TIME apart (default: 1s), and print rates"},
	{OPTION_COLLECTOR, "collector", "HOW", false,
	 "how to read the kernel: files, bpf, or auto for the cheaper one"},
	{OPTION_REPLAY, "replay", "RECORDING", false,
	 "read a recording instead of this machine (default: its last sample)"},
	{OPTION_AT, "at", "TIME", false,
	 "print the last sample at TIME (03:12, -10m, 2026-11-24T03:12:00Z)"},
	{OPTION_BEGIN, "begin", "TIME", false, "print the samples from TIME on"},
	{OPTION_END, "end", "TIME", false, "print the samples up to TIME"},
	{OPTION_EVERY, "every", "TIME", false,
	 "print one sample per TIME, with rates over that time"},
	{OPTION_HOST, "host", "HOST", false,
	 "read HOST over ssh; several hosts become groups of one tree"},
	{OPTION_SSH, "ssh", "COMMAND", false, "ssh command for --host, such as 'ssh -p 2222'"},
	{OPTION_STREAM, "stream", "SCHEMA", false,
	 "add the data that another cgward needs (only with --ndjson)"},
	{'H', "list-metrics", NULL, false, "list all keys with unit, sources and description"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward dump [OPTION...]",
	.text = "Print all control groups of this machine with their metrics.",
	.options = options,
};

static enum cli_exit parse_format(struct dump *dump, int (*format)(const struct report *report))
{
	if (dump->format != NULL && dump->format != format)
		return cli_usage_error(dump->context, "only one output format can be selected");
	dump->format = format;
	return CLI_OK;
}

static enum cli_exit parse_interval(struct dump *dump, const char *option, const char *value)
{
	if (value != NULL &&
	    (cli_parse_duration(value, &dump->interval_ns) < 0 || dump->interval_ns == 0))
		return cli_usage_error(
			dump->context,
			"invalid --%s '%.64s' (expected a positive time such as 500ms, 2s or 1m)",
			option, value);
	return CLI_OK;
}

static enum cli_exit parse_glob(struct dump *dump, const char *glob)
{
	struct cgw_diag diag = {0};

	if (cgw_glob_check(glob, &diag) < 0)
		return cli_usage_error(dump->context, "--match: %s", diag.text);
	if (dump->selection.glob_count == DUMP_GLOB_MAX)
		return cli_usage_error(dump->context, "too many --match options (at most %d)",
				       DUMP_GLOB_MAX);
	dump->globs[dump->selection.glob_count++] = glob;
	return CLI_OK;
}

static enum cli_exit parse_collector(struct dump *dump, const char *name)
{
	static const char *const names[] = {
		[CGW_COLLECTOR_AUTO] = "auto",
		[CGW_COLLECTOR_FILES] = "files",
		[CGW_COLLECTOR_BPF] = "bpf",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0) {
			dump->collector = (enum cgw_collector_choice)i;
			return CLI_OK;
		}
	return cli_usage_error(dump->context,
			       "unknown collector '%.64s' (expected auto, files or bpf)", name);
}

static enum cli_exit parse_option(struct dump *dump, int code, const char *value)
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
		return parse_glob(dump, value);
	case OPTION_DEPTH:
		status = dump_parse_count(dump, "depth", value, &number);
		dump->selection.depth_max = (uint32_t)number;
		return status;
	case OPTION_BELOW:
		dump->below = value;
		return CLI_OK;
	case 'J':
		return parse_format(dump, report_json);
	case OPTION_NDJSON:
		return parse_format(dump, report_ndjson);
	case OPTION_CSV:
		return parse_format(dump, report_csv);
	case 'r':
		return parse_format(dump, report_raw);
	case 'P':
		return parse_format(dump, report_export);
	case OPTION_OPENMETRICS:
		return parse_format(dump, report_openmetrics);
	case OPTION_PROMETHEUS:
		return parse_format(dump, report_prometheus);
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
		return parse_interval(dump, "interval", value);
	case OPTION_COUNT:
		return dump_parse_count(dump, "count", value, &dump->count);
	case OPTION_RATES:
		dump->rates = true;
		return parse_interval(dump, "rates", value);
	case OPTION_COLLECTOR:
		return parse_collector(dump, value);
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
		return cli_usage_error(dump->context,
				       "--rates and --interval are mutually exclusive");
	if (dump->count > 0 && !dump->repeat)
		return cli_usage_error(dump->context, "--count requires --interval");
	if (dump->selection.tree && dump->format != report_table)
		return cli_usage_error(dump->context, "--tree is only valid with the table format");
	if (is_exposition(dump) && dump->rates)
		return cli_usage_error(dump->context,
				       "--rates is not valid with --openmetrics or --prometheus");
	if (is_exposition(dump) && dump->repeat && dump->output.path == NULL)
		return cli_usage_error(
			dump->context,
			"--interval with --openmetrics or --prometheus requires --output");
	if (dump->groups_max > 0 && !is_exposition(dump))
		return cli_usage_error(dump->context,
				       "--groups-max requires --openmetrics or --prometheus");
	return CLI_OK;
}

/* Rejects requested fields that cannot be exposed, instead of omitting them silently. */
static int check_exposed(const struct dump *dump, struct cgw_diag *diag)
{
	for (size_t i = 0; i < dump->fields.count; i++) {
		struct cgw_field field = dump->fields.items[i];

		if (field.view != CGW_VIEW_IDENTITY && !cgw_exposition_accepts(field))
			return cgw_diag_set(diag, -EINVAL,
					    "cannot expose '%s': it is computed over time, which "
					    "the scraper does from counters",
					    report_key(field).text);
	}
	return 0;
}

static enum cli_exit parse_fields(struct dump *dump)
{
	struct cgw_diag diag = {0};
	const char *defaults =
		dump->rates || dump->repeat || dump->replay != NULL ? COLUMNS_RATES : COLUMNS_ONCE;
	int r = 0;

	if (is_exposition(dump))
		defaults = cgw_exposition_default_fields();
	r = field_list_parse(&dump->fields, defaults, &diag);
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

/* Samples and prints until the count is reached or the reader closes the pipe. */
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
			return 0; /* reported at exit */
	}
	return 0;
}

enum cli_exit dump_print_error(const struct dump *dump, int error, const char *reason)
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
	struct cgw_metric_set metrics = {0};
	struct cgw_diag diag = {0};
	size_t shown = 0;
	int r = cgw_sampler_new(layout, &sampler_options, &sampler, &diag);

	if (r == 0)
		r = cgw_frame_new(&frame);
	for (size_t i = 0; r == 0 && i < dump->fields.count; i++)
		cgw_field_metrics(dump->fields.items[i], &metrics);
	if (r == 0 && dump->selection.sorted)
		cgw_field_metrics(dump->selection.sort, &metrics);
	if (r == 0)
		r = cgw_sampler_set_metrics(sampler, &metrics);
	if (r == 0)
		r = run_samples(dump, layout, sampler, frame, &shown);
	if (r < 0)
		return dump_print_error(dump, r, diag.text);
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
		return dump_recording(dump);
	if (dump->host_count > 0)
		return dump_hosts(dump);
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
		status = parse_option(&dump, code, value);
		if (status != CLI_OK)
			return (int)status;
	}
	if (code < 0)
		return (int)status;
	if (optind < argc)
		return (int)cli_usage_error(
			context, "unexpected argument '%.64s' (use --match to select groups)",
			argv[optind]);
	if (dump.list)
		return list_fields(stdout, dump.format == report_json, dump.headings) < 0
			       ? CLI_FAILED
			       : CLI_OK;
	if (dump.format == NULL)
		dump.format = report_table;
	status = dump_check_source(&dump);
	if (status == CLI_OK)
		status = check_combination(&dump);
	if (status == CLI_OK)
		status = run_dump(&dump);
	field_list_done(&dump.fields);
	return (int)status;
}

const struct cli_command dump_commands[] = {
	{"dump", "print all groups with their metrics", dump_run},
	{"get", "print metrics of one group", get_run},
	{NULL, NULL, NULL},
};

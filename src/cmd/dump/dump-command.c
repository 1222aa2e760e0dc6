/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-command.c - `cgward dump`: prints all groups, once or repeatedly. */
#include <cgward/inspect.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cmd/dump/dump-sources.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/model/sampling.h"
#include "shared/cli/options.h"
#include "shared/cli/text-table.h"
#include "shared/remote/stream.h"

#define COLUMNS_ONCE                                                                           \
	"group,cpu.usage,memory.working_set,memory.current,memory.max.effective,pids.current," \
	"pids.max.effective,io.rbytes,io.wbytes"
#define COLUMNS_RATES                                                                       \
	"group,cpu,cpu.throttled_percent,memory.working_set,memory.current,memory.percent," \
	"pids.current,io.read,io.write"

/* At a terminal: what uses how much of how much, now. */
#define COLUMNS_NOW                                                                            \
	"group,container_name,cpu,cpu.max.effective,cpu.throttled_percent,memory.working_set," \
	"memory.max.effective,pids.current,pids.max.effective,io.read,io.write"

#define TRUE(member) CLI_TRUE(struct dump, member)
#define TEXT(member) CLI_TEXT(struct dump, member)
#define FORMAT(bit)  CLI_BITS(struct dump, formats, 1 << (bit))

static const char *const collectors[] = {
	[CGW_COLLECTOR_AUTO] = "auto",
	[CGW_COLLECTOR_FILES] = "files",
	[CGW_COLLECTOR_BPF] = "bpf",
	NULL,
};

enum format { JSON, NDJSON, CSV, RAW, EXPORT, OPENMETRICS, PROMETHEUS };

static int (*const formats[])(const struct report *report) = {
	[JSON] = report_json,
	[NDJSON] = report_ndjson,
	[CSV] = report_csv,
	[RAW] = report_raw,
	[EXPORT] = report_export,
	[OPENMETRICS] = report_openmetrics,
	[PROMETHEUS] = report_prometheus,
};

/* Binary data for another cgward. */
static int report_stream(const struct report *report)
{
	return remote_stream_write(report->frame, report->first, report->out);
}

static const struct cli_option options[] = {
	{'o', "columns", "KEY,...",
	 "columns to show; +KEY,... adds to the defaults, 'all' shows every column", TEXT(columns),
	 .heading = "Table"},
	{'T', "tree", NULL, "show groups as a tree", TRUE(selection.tree)},
	{0, "sort", "KEY", "sort by KEY, largest first (default: by path, at a terminal by CPU)",
	 TEXT(sort)},
	{0, "reverse", NULL, "sort smallest first", TRUE(selection.ascending)},
	{'a', "all", NULL, "at a terminal, also show idle groups and empty columns", TRUE(all)},
	CLI_WIDE_OPTION,
	{0, "match", "GLOB", "show only groups whose path matches GLOB (can be repeated)",
	 CLI_GLOBS(struct dump, globs), .heading = "Selection"},
	{0, "depth", "N", "show only groups up to N levels below the root",
	 CLI_COUNT32(struct dump, selection.depth_max)},
	{0, "below", "GROUP", "show only GROUP and its descendants", TEXT(below)},
	{'J', "json", NULL, "print one JSON document per sample", FORMAT(JSON),
	 .heading = "Format"},
	{0, "ndjson", NULL, "print newline-delimited JSON, one object per group", FORMAT(NDJSON)},
	{0, "csv", NULL, "print comma-separated values (RFC 4180)", FORMAT(CSV)},
	{'r', "raw", NULL, "print fields separated by spaces, with \\xNN for special bytes",
	 FORMAT(RAW)},
	{'P', "export", NULL, "print KEY=\"value\" pairs that a shell can read", FORMAT(EXPORT)},
	{0, "openmetrics", NULL, "print OpenMetrics text, as scraped by Prometheus",
	 FORMAT(OPENMETRICS)},
	{0, "prometheus", NULL,
	 "print Prometheus text format, for node_exporter's textfile collector",
	 FORMAT(PROMETHEUS)},
	{0, "groups-max", "N", "print at most N groups in these two formats, omitting the deepest",
	 CLI_COUNT(struct dump, groups_max)},
	{0, "output", "FILE", "write to FILE, which each sample replaces atomically",
	 TEXT(output.path)},
	{'b', "bytes", NULL, "print exact bytes and times", TRUE(exact)},
	{0, "noheadings", NULL, "do not print a header line", CLI_FALSE(struct dump, headings)},
	{0, "interval", "TIME", "repeat every TIME (500ms, 2s, 1m)",
	 CLI_TIME(struct dump, interval_ns), .heading = "Sampling"},
	{'n', "count", "N", "stop after N samples", CLI_COUNT(struct dump, count)},
	{0, "rates", "TIME", "take two samples TIME apart (default: 1s), and print rates",
	 CLI_TIME(struct dump, rates_ns), .otherwise = "1s"},
	{0, "collector", "HOW", "how to read the kernel: files, bpf, or auto for the cheaper one",
	 CLI_CHOICE(struct dump, collector, collectors)},
	{0, "replay", "RECORDING",
	 "read a recording instead of this machine (default: its last sample)", TEXT(replay),
	 .heading = "Recording"},
	{0, "at", "TIME", "print the last sample at TIME (03:12, -10m, 2026-11-24T03:12:00Z)",
	 TEXT(at)},
	{0, "begin", "TIME", "print the samples from TIME on", TEXT(begin)},
	{0, "end", "TIME", "print the samples up to TIME", TEXT(end)},
	{0, "every", "TIME", "print one sample per TIME, with rates over that time",
	 CLI_TIME(struct dump, every_ns)},
	{0, "host", "HOST", "read HOST over ssh; several hosts become groups of one tree",
	 CLI_LIST(struct dump, hosts), .heading = "Remote"},
	{0, "ssh", "COMMAND", "ssh command for --host, such as 'ssh -p 2222'", TEXT(ssh)},
	/* The client sends the newest schema that it knows; the answer is never newer. */
	{0, "stream", "SCHEMA", "print the samples for another cgward, as binary data",
	 CLI_COUNT(struct dump, stream)},
	{'H', "list-metrics", NULL, "list all keys with unit, sources and description", TRUE(list),
	 .heading = "Other"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Show what uses CPU, memory and IO now", "cgward dump"},
	{"Print the ten groups that use most memory",
	 "cgward dump -o group,memory.working_set --sort memory.working_set | head"},
	{"Print all metrics as JSON", "cgward dump --json -o all"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward dump [OPTION...]",
	.text = "Print all control groups of this machine with their metrics: at a terminal what "
		"uses CPU,\n"
		"memory, processes and IO now, most CPU first; to files and pipes the totals, by "
		"path.",
	.options = options,
	.examples = examples,
};

static bool is_exposition(const struct dump *dump)
{
	return dump->format == report_openmetrics || dump->format == report_prometheus;
}

static enum cli_exit check_replay(struct dump *dump)
{
	bool range = dump->begin != NULL || dump->end != NULL || dump->every_ns > 0;

	if (dump->replay == NULL && (dump->at != NULL || range))
		return cli_usage_error(dump->context,
				       "--at, --begin, --end and --every require --replay");
	if (dump->replay == NULL)
		return CLI_OK;
	if (dump->repeat || dump->rates)
		return cli_usage_error(
			dump->context,
			"--replay is not valid with --interval or --rates; use --at, "
			"--begin, --end or --every");
	if (dump->at != NULL && range)
		return cli_usage_error(dump->context, "--at is not valid with --begin, --end or "
						      "--every");
	dump->repeat = range;
	return CLI_OK;
}

static enum cli_exit check_remote(struct dump *dump)
{
	if (dump->stream > 0 &&
	    (dump->formats != 0 || dump->hosts.count > 0 || dump->replay != NULL ||
	     dump->sort != NULL || dump->globs.count > 0 || dump->below != NULL ||
	     dump->selection.depth_max > 0))
		return cli_usage_error(dump->context,
				       "--stream is not valid with another output format, --host, "
				       "--replay, --sort, --match, --below or --depth");
	if (dump->stream > 0)
		dump->format = report_stream;
	if (dump->ssh != NULL && dump->hosts.count == 0)
		return cli_usage_error(dump->context, "--ssh requires --host");
	if (dump->hosts.count > 0 && dump->replay != NULL)
		return cli_usage_error(dump->context, "--host and --replay are mutually exclusive");
	return CLI_OK;
}

static enum cli_exit check_combination(const struct dump *dump)
{
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

	if (dump->now)
		defaults = COLUMNS_NOW;
	if (is_exposition(dump))
		defaults = cgw_exposition_default_fields();
	r = field_list_parse(&dump->fields, defaults, &diag);
	if (r == 0 && dump->columns != NULL)
		r = field_list_parse(&dump->fields, dump->columns, &diag);
	if (r == 0 && is_exposition(dump) && dump->columns != NULL &&
	    strcmp(dump->columns + (dump->columns[0] == '+'), "all") != 0)
		r = check_exposed(dump, &diag);
	if (r == 0 && (dump->sort != NULL || dump->now)) {
		r = cgw_field_parse(dump->sort != NULL ? dump->sort : "cpu", &dump->selection.sort,
				    &diag);
		dump->selection.sorted = true;
	}
	for (size_t i = 0; i < dump->fields.count; i++)
		dump->named |= container_columns_has(dump->fields.items[i]);
	if (r == 0)
		return CLI_OK;
	return cli_usage_error(dump->context, "%s", r == -ENOMEM ? "out of memory" : diag.text);
}

static int wait_until(uint64_t at_ns)
{
	const struct timespec at = timespec_from_ns(at_ns);
	int r;

	do
		r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	while (r == EINTR);
	return -r;
}

/* Samples and prints until the count is reached or the reader closes the pipe. */
static int run_samples(struct dump *dump, const struct cgw_layout *layout,
		       struct cgw_sampler *sampler, struct cgw_frame *frame, size_t *ret_shown)
{
	uint64_t samples = dump->rates ? 2 : dump->repeat ? dump->count : 1;
	uint64_t start_ns = clock_now_ns();

	for (uint64_t i = 0; samples == 0 || i < samples; i++) {
		int r;

		if (i > 0)
			wait_until(start_ns + i * dump->interval_ns);
		r = sample_into_frame(sampler, frame);
		if (r == 0 && (!dump->rates || i == 1))
			r = dump_print(dump, layout, frame, i == 0 || dump->rates, ret_shown);
		if (r < 0)
			return r;
		if (dump->repeat && fflush(stdout) != 0)
			return 0; /* reported at exit */
	}
	return 0;
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
	if (r == 0)
		container_columns_use(&dump->names, frame);
	dump_metrics(dump, &metrics);
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
	CLEANUP(cleanup_layout) struct cgw_layout *layout = NULL;
	CLEANUP(cleanup_free) char *below = NULL;
	struct cgw_diag diag = {0};
	enum cli_exit status = parse_fields(dump);

	if (status != CLI_OK)
		return status;
	dump->selection.globs = dump->globs.items;
	dump->selection.glob_count = dump->globs.count;
	if (dump->replay != NULL)
		return dump_recording(dump);
	if (dump->hosts.count > 0)
		return dump_hosts(dump);
	layout = cli_layout(dump->context, &status);
	if (layout == NULL)
		return status;
	if (dump->below != NULL) {
		int r = cgw_names_find(layout, dump->below, UINT32_MAX, NULL, &below, &diag);

		if (r < 0)
			return cli_fail(dump->context, r, &diag);
		dump->selection.below = below;
	}
	(void)cgw_sampler_raise_descriptors();
	return sample_and_print(dump, layout);
}

/* Derives how often to sample and how to print from the options. */
static enum cli_exit check_options(struct dump *dump)
{
	enum cli_exit status;

	if ((dump->formats & (dump->formats - 1)) != 0)
		return cli_usage_error(dump->context, "only one output format can be selected");
	dump->format = dump->formats != 0 ? formats[ffs((int)dump->formats) - 1] : report_table;
	dump->repeat = dump->interval_ns > 0;
	dump->rates = dump->rates_ns > 0;
	/* Files and pipes have totals by path, on which scripts depend. */
	dump->now = dump->format == report_table && dump->output.path == NULL && !dump->repeat &&
		    dump->replay == NULL && dump->hosts.count == 0 && isatty(STDOUT_FILENO) &&
		    (dump->columns == NULL || dump->columns[0] == '+');
	if (dump->now && !dump->rates) {
		dump->rates = true;
		dump->rates_ns = NS_PER_S;
	}
	if (dump->repeat && dump->rates)
		return cli_usage_error(dump->context,
				       "--rates and --interval are mutually exclusive");
	if (!dump->repeat)
		dump->interval_ns = dump->rates ? dump->rates_ns : NS_PER_S;
	status = check_replay(dump);
	if (status == CLI_OK)
		status = check_remote(dump);
	return status == CLI_OK ? check_combination(dump) : status;
}

static int dump_run(struct cli_context *context, int argc, char **argv)
{
	struct dump dump = {.context = context, .headings = true};
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &dump, &status))
		return (int)status;
	if (argc > 0)
		return (int)cli_usage_error(
			context, "unexpected argument '%.64s' (use --match to select groups)",
			argv[0]);
	if (dump.list)
		return list_fields(stdout, dump.formats == 1 << JSON, dump.headings,
				   table_width(context, stdout)) < 0
			       ? CLI_FAILED
			       : CLI_OK;
	status = check_options(&dump);
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

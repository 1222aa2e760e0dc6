/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* diff-command.c - `cgward diff`: changes and events between two times of a recording. */
#include <stdlib.h>
#include <string.h>

#include "cmd/record/diff-command.h"
#include "lib/base/cleanup.h"
#include "lib/model/sampling.h"
#include "lib/render/value-text.h"
#include "shared/cli/options.h"
#include "shared/cli/recording-common.h"
#include "shared/cli/text-table.h"

#define COLUMNS                                                                         \
	"memory.working_set,memory.current,cpu.usage,pids.current,io.rbytes,io.wbytes," \
	"memory.events.oom_kill"

struct arguments {
	struct cli_context *context;
	const char *path, *from, *to, *columns, *sort;
	bool events, json;
	struct cgw_field fields[DIFF_FIELD_MAX];
	struct diff diff;
	size_t sort_field;
};

#define TEXT(member) CLI_TEXT(struct arguments, member)
#define TRUE(member) CLI_TRUE(struct arguments, member)

static const struct cli_option options[] = {
	{0, "from", "TIME", "start time: 03:12, 2026-11-24T03:12:00Z, -2h (default: first sample)",
	 TEXT(from)},
	{0, "to", "TIME", "end time (default: last sample)", TEXT(to)},
	{'o', "columns", "KEY,...", "metrics to compare", TEXT(columns)},
	{0, "sort", "KEY", "sort by increase of KEY, largest first (default: first column)",
	 TEXT(sort)},
	{0, "events", NULL, "print the events between both times instead", TRUE(events)},
	{'J', "json", NULL, "print one JSON document", TRUE(json)},
	{'b', "bytes", NULL, "print exact bytes and times", TRUE(diff.exact)},
	{0, "noheadings", NULL, "do not print header lines",
	 CLI_FALSE(struct arguments, diff.headings)},
	CLI_WIDE_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Show what grew since the beginning", "cgward diff today.cgwr"},
	{"Show what grew in memory during the last minute",
	 "cgward diff --from -1m --sort memory.current today.cgwr"},
	{"List what happened", "cgward diff --events today.cgwr"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward diff [OPTION...] RECORDING",
	.text = "Compare two times of a recording: print groups that were created or removed, and\n"
		"metrics that changed.",
	.options = options,
	.examples = examples,
};

static enum cli_exit add_field(struct arguments *arguments, const char *key, size_t *ret_index)
{
	struct cgw_diag diag = {0};
	struct cgw_field field;
	size_t i;

	if (cgw_field_parse(key, &field, &diag) < 0)
		return cli_usage_error(arguments->context, "%s", diag.text);
	if (field.shape == CGW_STRING)
		return cli_usage_error(arguments->context,
				       "cannot compare '%.64s': its value is not a number", key);
	for (i = 0; i < arguments->diff.field_count; i++)
		if (cgw_field_equal(arguments->fields[i], field))
			break;
	if (i == DIFF_FIELD_MAX)
		return cli_usage_error(arguments->context, "too many columns (at most %d)",
				       DIFF_FIELD_MAX);
	if (i == arguments->diff.field_count)
		arguments->fields[arguments->diff.field_count++] = field;
	*ret_index = i;
	return CLI_OK;
}

static enum cli_exit parse_columns(struct arguments *arguments)
{
	const char *columns = arguments->columns != NULL ? arguments->columns : COLUMNS;
	CLEANUP(cleanup_free) char *copy = strdup(columns);
	enum cli_exit status = CLI_OK;
	char *key, *rest;
	size_t index;

	if (copy == NULL)
		return CLI_FAILED;
	for (key = strtok_r(copy, ", ", &rest); key != NULL && status == CLI_OK;
	     key = strtok_r(NULL, ", ", &rest))
		status = add_field(arguments, key, &index);
	if (status == CLI_OK && arguments->diff.field_count == 0)
		return cli_usage_error(arguments->context, "missing column (expected KEY,KEY,...)");
	if (status == CLI_OK && arguments->sort != NULL)
		status = add_field(arguments, arguments->sort, &arguments->sort_field);
	return status;
}

/* Seeks the sample of a time, or prints why there is none. */
static enum cli_exit seek_sample(struct arguments *arguments, struct cgw_replay *replay,
				 const char *option, const char *text)
{
	struct cgw_recording_info info;
	uint64_t when_ns;
	int r;

	cgw_replay_info(replay, &info);
	if (text == NULL) {
		r = strcmp(option, "from") == 0 ? cgw_replay_first(replay)
						: cgw_replay_last(replay);
	} else {
		if (cli_parse_time(text, info.last_ns, &when_ns) < 0)
			return cli_usage_error(arguments->context, CLI_INVALID_TIME, option, text);
		r = cgw_replay_seek(replay, when_ns);
		if (r == 0 && strcmp(option, "from") == 0) {
			arguments->from = NULL; /* the recording begins later */
			r = cgw_replay_first(replay);
		}
	}
	if (r > 0)
		return CLI_OK;
	if (r < 0)
		cli_error(arguments->context, "%s", strerror(-r));
	else
		cli_error(arguments->context, "no sample for --%s: the recording begins at %s",
			  option, TIME_TEXT(info.first_ns));
	return r < 0 ? CLI_FAILED : CLI_NO_SUCH_GROUP;
}

static enum cli_exit print_events(struct arguments *arguments, struct cgw_replay *replay)
{
	struct cgw_recording_info info;
	enum cli_exit status = seek_sample(arguments, replay, "to", arguments->to);
	uint64_t last;
	int r;

	if (status != CLI_OK)
		return status;
	cgw_replay_info(replay, &info);
	last = info.position;
	status = seek_sample(arguments, replay, "from", arguments->from);
	if (status != CLI_OK)
		return status;
	/*
	 * The events of a sample are what happened since the one before it, so those of --from are
	 * left out. The first sample of the recording has its start.
	 */
	r = arguments->from != NULL ? cgw_replay_next_event(replay, CGW_EVENT_EVERY_KIND) : 1;
	for (; r > 0; r = cgw_replay_next_event(replay, CGW_EVENT_EVERY_KIND)) {
		const struct cgw_event *events;
		size_t count;

		cgw_replay_info(replay, &info);
		if (info.position > last)
			break;
		events = cgw_replay_events(replay, &count);
		for (size_t i = 0; i < count; i++)
			diff_event(&events[i], stdout);
	}
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static enum cli_exit print_diff(struct arguments *arguments, struct cgw_replay *replay)
{
	CLEANUP(cleanup_snapshot) struct cgw_snapshot *from = NULL;
	struct diff *diff = &arguments->diff;
	enum cli_exit status = seek_sample(arguments, replay, "from", arguments->from);
	uint64_t boot;
	int r;

	if (status != CLI_OK)
		return status;
	from = cgw_snapshot_ref(cgw_replay_snapshot(replay));
	boot = cgw_replay_boot(replay);
	status = seek_sample(arguments, replay, "to", arguments->to);
	if (status != CLI_OK)
		return status;
	diff->width = table_width(arguments->context, stdout);
	diff->rebooted = cgw_replay_boot(replay) != boot;
	r = diff_compare(diff, from, cgw_replay_snapshot(replay));
	if (r == 0 && diff->from_ns > diff->to_ns)
		cli_error(arguments->context,
			  "--from is later than --to: all changes are reversed");
	if (r == 0) {
		diff_sort(diff, arguments->sort_field);
		r = arguments->json ? diff_json(diff, stdout) : diff_table(diff, stdout);
	}
	diff_done(diff);
	if (r < 0)
		cli_error(arguments->context, "%s", strerror(-r));
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static enum cli_exit run_diff(struct arguments *arguments)
{
	CLEANUP(cleanup_replay) struct cgw_replay *replay = NULL;
	struct cgw_metric_set metrics = {0};
	struct cgw_diag diag = {0};
	enum cli_exit status = parse_columns(arguments);
	int r;

	if (status != CLI_OK)
		return status;
	if (arguments->events && arguments->json)
		return cli_usage_error(arguments->context,
				       "--events and --json are mutually exclusive");
	r = cgw_replay_open(arguments->path, &replay, &diag);
	if (r < 0)
		return cli_diag(arguments->context, &diag);
	arguments->diff.fields = arguments->fields;
	for (size_t i = 0; i < arguments->diff.field_count && !arguments->events; i++)
		cgw_field_metrics(arguments->fields[i], &metrics);
	(void)cgw_replay_select(replay, &metrics); /* no sample was read yet */
	status =
		arguments->events ? print_events(arguments, replay) : print_diff(arguments, replay);
	return recording_report_damage(arguments->context, replay, status);
}

int diff_run(struct cli_context *context, int argc, char **argv)
{
	struct arguments arguments = {.context = context, .diff.headings = true};
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &arguments, &status))
		return (int)status;
	if (argc != 1)
		return (int)cli_usage_error(context, "expected exactly one RECORDING");
	arguments.path = argv[0];
	return (int)run_diff(&arguments);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record-command.c - `cgward record`: records samples until it is stopped. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/record/diff-command.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/journal-tail.h"
#include "lib/model/sampling.h"
#include "lib/render/value-text.h"
#include "shared/cli/options.h"
#include "shared/cli/recording-common.h"
#include "shared/postmortem/postmortem.h"
#include <cgward/recording.h>

struct record {
	struct cli_context *context;
	const char *path, *columns, *state, *postmortem;
	struct cli_list globs;
	struct cgw_recorder_options options;
	uint64_t count;
	struct cgw_metric_set metrics;
	const struct cgw_layout *layout;
	struct cgw_sampler *sampler;
	struct cgw_recorder *recorder;
	uint64_t groups, started_ns; /* sum over all samples; monotonic */
	int last_error;              /* last write error, reported once */
};

static const struct cli_option options[] = {
	{0, "interval", "TIME", "record a sample every TIME (default: 5s)",
	 CLI_TIME(struct record, options.interval_ns)},
	{0, "size", "SIZE", "use at most SIZE on disk (200M), dropping the oldest",
	 CLI_SIZE(struct record, options.size_max_bytes)},
	{0, "keep", "TIME", "drop samples older than TIME (7d)",
	 CLI_TIME(struct record, options.age_max_ns)},
	{0, "match", "GLOB",
	 "record only groups that match GLOB, and their ancestors (can be repeated)",
	 CLI_GLOBS(struct record, globs)},
	{'n', "count", "N", "stop after N samples", CLI_COUNT(struct record, count)},
	{0, "state", "DIR", "read the journal of changes in DIR to record who changed a limit",
	 CLI_TEXT(struct record, state)},
	{'o', "columns", "KEY,...",
	 "metrics to record; +KEY,... adds to the defaults, 'all' records all",
	 CLI_TEXT(struct record, columns)},
	{0, "postmortem", "DIR", "write a page to DIR about each OOM kill and each refused fork",
	 CLI_TEXT(struct record, postmortem)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Record a week, in at most 500 MiB", "cgward record --size 500M --keep 7d recordings/"},
	{"Record one minute to a file", "cgward record --interval 1s --count 60 today.cgwr"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward record [OPTION...] FILE\n       cgward record [OPTION...] DIRECTORY/",
	.text = "Record samples of all groups to a file, or to files in a directory, until "
		"interrupted.\n"
		"An existing recording is continued. 'cgward dump --replay' and 'cgward diff' can "
		"read\n"
		"the recording while it is being written.",
	.options = options,
	.examples = examples,
};

static enum cli_exit parse_columns(struct record *record)
{
	struct cgw_diag diag = {0};
	int r = recording_metrics(record->columns, &record->metrics, &diag);

	if (r == -ENOMEM)
		return CLI_FAILED;
	return r < 0 ? cli_usage_error(record->context, "%s", diag.text) : CLI_OK;
}

/* Waits until `next_ns`, or for a signal to stop, in which case it returns true. */
static bool wait_until(uint64_t next_ns, const sigset_t *stop)
{
	for (;;) {
		uint64_t now_ns = clock_now_ns();
		uint64_t left_ns = next_ns > now_ns ? next_ns - now_ns : 0;
		const struct timespec left = {(time_t)(left_ns / NS_PER_S),
					      (long)(left_ns % NS_PER_S)};

		if (sigtimedwait(stop, NULL, &left) > 0)
			return true;
		if (errno == EAGAIN)
			return false;
	}
}

/* Reports a write error once, and the recovery from it. */
static void print_write_state(struct record *record, int error, const struct cgw_diag *diag)
{
	if (error < 0 && error != record->last_error)
		cli_error(record->context, "%s; samples are lost until writing succeeds",
			  diag->text);
	else if (error == 0 && record->last_error < 0)
		cli_error(record->context, "recording resumed; %llu samples lost so far",
			  (unsigned long long)cgw_recorder_stats(record->recorder).lost);
	record->last_error = error;
}

static int run_samples(struct record *record, const sigset_t *stop)
{
	uint64_t next_ns = clock_now_ns();
	struct cgw_diag diag = {0};

	for (uint64_t i = 0; record->count == 0 || i < record->count; i++) {
		struct cgw_snapshot *snapshot;
		int r;

		if (i > 0 && wait_until(next_ns, stop))
			return 0;
		r = cgw_sampler_sample(record->sampler, &snapshot);
		if (r < 0)
			return r;
		r = cgw_recorder_sample(record->recorder, snapshot, &diag);
		record->groups += r == 0 ? cgw_snapshot_topology(snapshot)->count : 0;
		cgw_snapshot_unref(snapshot);
		print_write_state(record, r, &diag);
		next_ns += record->options.interval_ns;
		/* After an overrun, skip missed samples: the next one is a full interval away. */
		if (next_ns < clock_now_ns())
			next_ns = clock_now_ns() + record->options.interval_ns;
	}
	return 0;
}

static void print_summary(const struct record *record)
{
	struct cgw_recorder_stats stats = cgw_recorder_stats(record->recorder);
	double passed_ns = (double)(clock_now_ns() - record->started_ns);
	const char *bytes = BYTES_TEXT(stats.bytes_written);

	printf("%llu samples in %s: %s, %.1f bytes per group and sample, %.3f %% of a CPU for "
	       "recording\n",
	       (unsigned long long)stats.samples, DURATION_TEXT(passed_ns), bytes,
	       record->groups > 0 ? (double)stats.bytes_written / (double)record->groups : 0,
	       passed_ns > 0 ? (double)stats.cost_ns * 100 / passed_ns : 0);
	if (stats.lost > 0)
		printf("%llu samples could not be written\n", (unsigned long long)stats.lost);
}

DEFINE_CLEANUP(cleanup_recorder, struct cgw_recorder *, cgw_recorder_free)

static void print_page(void *context, const char *directory, const char *id, const char *group,
		       const char *summary)
{
	const struct record *record = context;

	cli_error(record->context, "%s: %s; see `cgward postmortem --directory '%s' show %s`",
		  group, summary, directory, id);
}

static void print_problem(void *context, const char *text)
{
	const struct record *record = context;

	cli_error(record->context, "%s", text);
}

DEFINE_CLEANUP(cleanup_postmortem, struct postmortem *, postmortem_stop)

static int start_postmortem(struct record *record, struct postmortem **ret_postmortem,
			    struct cgw_diag *diag)
{
	const struct cgw_policy_postmortem settings = postmortem_defaults(record->postmortem);
	const struct postmortem_options watching = {
		.layout = record->layout,
		.state = record->state,
		.on_page = print_page,
		.on_problem = print_problem,
		.context = record,
	};

	return postmortem_start(&settings, &watching, ret_postmortem, diag);
}

static enum cli_exit sample_and_write(struct record *record)
{
	CLEANUP(cleanup_sampler) struct cgw_sampler *sampler = NULL;
	CLEANUP(cleanup_recorder) struct cgw_recorder *recorder = NULL;
	CLEANUP(cleanup_postmortem) struct postmortem *postmortem = NULL;
	struct cgw_diag diag = {0};
	sigset_t stop;
	int r = cgw_recorder_open(record->path, &record->options, &recorder, &diag);

	if (r < 0) {
		cli_diag(record->context, &diag);
		return r == -EBUSY     ? CLI_ALREADY_RUNNING
		       : r == -EBADMSG ? CLI_FAILED
				       : cli_exit_from_error(r);
	}
	r = cgw_sampler_new(record->layout, NULL, &sampler, &diag);
	if (r == 0)
		r = cgw_sampler_set_metrics(sampler, &record->metrics);
	record->sampler = sampler;
	record->recorder = recorder;
	record->started_ns = clock_now_ns();
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if (r == 0 && record->postmortem != NULL)
		r = start_postmortem(record, &postmortem, &diag);
	if (r == 0)
		r = run_samples(record, &stop);
	if (r < 0)
		return cli_error(record->context, "%s",
				 diag.text[0] != '\0' ? diag.text : strerror(-r));
	print_summary(record);
	return cgw_recorder_stats(recorder).lost > 0 ? CLI_PARTLY : CLI_OK;
}

DEFINE_CLEANUP(cleanup_who, struct journal_tail *, journal_tail_free)

static enum cli_exit run_record(struct record *record)
{
	CLEANUP(cleanup_who) struct journal_tail *who = NULL;
	CLEANUP(cleanup_free) char *boot_id = NULL;
	char host[256] = "";
	struct cgw_layout *layout;
	enum cli_exit status = parse_columns(record);

	if (status != CLI_OK)
		return status;
	layout = cli_layout(record->context, &status);
	if (layout == NULL)
		return status;
	record->layout = layout;
	boot_id = recording_boot_id(layout);
	(void)gethostname(host, sizeof(host) - 1);
	record->options.globs = record->globs.items;
	record->options.glob_count = record->globs.count;
	record->options.host = host;
	record->options.boot_id = boot_id;
	record->options.facts = recording_owner;
	record->options.facts_context = layout;
	/* Without a journal directory, no command can have recorded changes. */
	if (journal_tail_new(record->state, &who) == 0)
		record->options.who = journal_tail_find_author;
	record->options.who_context = who;
	(void)cgw_sampler_raise_descriptors();
	status = sample_and_write(record);
	cgw_layout_free(layout);
	return status;
}

static int record_run(struct cli_context *context, int argc, char **argv)
{
	struct record record = {.context = context, .options.interval_ns = 5 * NS_PER_S};
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &record, &status))
		return (int)status;
	if (argc != 1)
		return (int)cli_usage_error(context, "expected exactly one FILE or DIRECTORY");
	record.path = argv[0];
	return (int)run_record(&record);
}

const struct cli_command record_commands[] = {
	{"record", "record samples to a file or directory", record_run},
	{"diff", "compare two times of a recording", diff_run},
	{NULL, NULL, NULL},
};

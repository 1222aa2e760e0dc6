/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advise-command.c - `cgward advise`: read a recording, compute limits, try them, apply them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/advise/advise-output.h"
#include "cmd/change/change-report.h"
#include "lib/base/cleanup.h"
#include "lib/base/string-builder.h"
#include "shared/cli/options.h"
#include "shared/cli/recording-common.h"
#include "shared/cli/text-table.h"
#include "shared/report/advice-text.h"

static const char *const objectives[] = {
	[CGW_OBJECTIVE_SAFE] = "safe",
	[CGW_OBJECTIVE_TIGHT] = "tight",
	NULL,
};

struct arguments {
	struct change_command change; /* first: options of all commands that change groups */
	struct cli_context *context;
	const char *recording, *verify;
	unsigned objective, format;
	bool apply;
	char **groups; /* paths or globs; all groups if there are none */
	int group_count;
	struct advise_report report;
};

#define TEXT(member) CLI_TEXT(struct arguments, member)
#define TRUE(member) CLI_TRUE(struct arguments, member)

static const struct cli_option options[] = {
	{0, "recording", "PATH", "compute limits from this recording (file or directory)",
	 TEXT(recording)},
	{0, "objective", "NAME", "safe: with room for use that was not recorded; or tight",
	 CLI_CHOICE(struct arguments, objective, objectives)},
	{0, "verify", "PATH", "also try the limits on this recording", TEXT(verify)},
	{0, "format", "NAME", "table, set (commands), policy, systemd (drop-ins) or kubernetes",
	 CLI_CHOICE(struct arguments, format, advise_formats)},
	{0, "noheadings", NULL, "do not print header lines",
	 CLI_FALSE(struct arguments, report.headings)},
	CLI_WIDE_OPTION,
	{0, "apply", NULL, "set the limits on this machine, all or none; undo with 'cgward undo'",
	 TRUE(apply), .heading = "Apply"},
	CHANGE_SET_OPTIONS,
	CHANGE_OPTIONS,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Compute limits for all groups of a recording", "cgward advise --recording today.cgwr"},
	{"Print them for a service, as a section of a policy file",
	 "cgward advise --recording today.cgwr --format policy '/**/nginx.service'"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward advise [OPTION...] --recording PATH [GROUP|GLOB...]",
	.text = "Compute limits for groups from what a recording shows of their use, and count "
		"how\n"
		"often the groups would have reached these limits.",
	.options = options,
	.examples = examples,
};

static void cleanup_advisor(struct cgw_advisor **advisor)
{
	cgw_advisor_free(*advisor);
}

static bool is_selected(void *context, const char *path)
{
	const struct arguments *arguments = context;

	for (int i = 0; i < arguments->group_count; i++)
		if (cgw_glob_match(arguments->groups[i], path))
			return true;
	return arguments->group_count == 0;
}

/* Warns of metrics that were not recorded: limits that need them are missing. */
static void report_missing(const struct arguments *arguments, const struct cgw_replay *replay)
{
	const struct cgw_metric_set *recorded = cgw_snapshot_metrics(cgw_replay_snapshot(replay));
	CLEANUP(string_builder_free) struct string_builder missing = {0};
	struct cgw_metric_set needed = {0};

	cgw_advisor_metrics(&needed);
	for (size_t i = 0; i < cgw_metric_count(); i++)
		if (cgw_metric_set_has(&needed, (enum cgw_metric)i) &&
		    !cgw_metric_set_has(recorded, (enum cgw_metric)i))
			string_builder_printf(&missing, "%s%s", missing.length > 0 ? ", " : "",
					      cgw_metric_info((enum cgw_metric)i)->key);
	if (missing.length > 0)
		cli_error(arguments->context, "not in the recording: %s",
			  string_builder_text(&missing));
}

static enum cli_exit open_recording(const struct arguments *arguments, const char *path,
				    const struct cgw_metric_set *needed,
				    struct cgw_replay **ret_replay)
{
	struct cgw_diag diag = {0};

	if (cgw_replay_open(path, ret_replay, &diag) == 0 &&
	    cgw_replay_select(*ret_replay, needed) == 0)
		return CLI_OK;
	cli_diag(arguments->context, &diag);
	return CLI_FAILED;
}

/* Passes a recording to a trial that has begun. */
static enum cli_exit try_limits(const struct arguments *arguments, const char *path,
				struct cgw_advisor *advisor)
{
	CLEANUP(cleanup_replay) struct cgw_replay *replay = NULL;
	struct cgw_metric_set needed = {0};
	enum cli_exit status;
	int r;

	cgw_advisor_trial_metrics(advisor, &needed);
	status = open_recording(arguments, path, &needed, &replay);
	if (status != CLI_OK)
		return status;
	r = advice_replay(replay, advisor, cgw_advisor_trial);
	if (r < 0) {
		cli_error(arguments->context, "cannot read '%s': %s", path, strerror(-r));
		return CLI_FAILED;
	}
	return recording_report_damage(arguments->context, replay, CLI_OK);
}

/* Tries the limits on the second recording, and keeps the results of the first. */
static enum cli_exit verify(struct arguments *arguments, struct cgw_advisor *advisor,
			    struct cgw_trial *first, struct cgw_trial *second)
{
	const struct advise_report *report = &arguments->report;
	enum cli_exit status;

	for (size_t i = 0; i < report->count; i++)
		first[i] = report->advice[i].trial;
	cgw_advisor_trial_begin(advisor);
	status = try_limits(arguments, arguments->verify, advisor);
	for (size_t i = 0; i < report->count; i++)
		second[i] = report->advice[i].trial;
	return status;
}

/* Nothing is printed or set then. */
static void report_no_value(const struct arguments *arguments)
{
	const struct advise_report *report = &arguments->report;

	for (size_t i = 0; i < report->count; i++)
		if (advice_has_value(&report->advice[i]))
			return;
	cli_error(arguments->context, "no limit could be computed; the table has the reasons");
}

/* Sets all limits in one transaction. */
static enum cli_exit apply(struct arguments *arguments)
{
	const struct advise_report *report = &arguments->report;
	enum cli_exit status = change_open(&arguments->change);

	for (size_t i = 0; i < report->count && status == CLI_OK; i++) {
		const struct cgw_advice *advice = &report->advice[i];
		struct cgw_step step = {.kind = CGW_STEP_SET, .path = advice->usage->path};
		char value[CGW_ADVICE_TEXT_SIZE];

		if (!advice_has_value(advice))
			continue;
		(void)cgw_advice_format(advice, value, sizeof(value));
		step.control = advice->control;
		step.value = value;
		status = change_add_step(&arguments->change, &step);
	}
	return status == CLI_OK ? change_apply(&arguments->change) : status;
}

static enum cli_exit print_report(struct arguments *arguments)
{
	struct advise_report *report = &arguments->report;
	int r = arguments->change.json
			? advise_print_json(report, stdout)
			: advise_print(report, arguments->format,
				       table_width(arguments->context, stdout), stdout);

	if (r < 0)
		cli_error(arguments->context, "%s", strerror(-r));
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static enum cli_exit try_and_report(struct arguments *arguments, const struct cgw_replay *replay,
				    struct cgw_advisor *advisor)
{
	struct advise_report *report = &arguments->report;
	CLEANUP(cleanup_free) struct cgw_trial *first = NULL;
	CLEANUP(cleanup_free) struct cgw_trial *second = NULL;
	enum cli_exit status =
		cgw_advisor_trial_rest(advisor)
			? try_limits(arguments, arguments->recording, advisor)
			: recording_report_damage(arguments->context, replay, CLI_OK);

	if (arguments->apply || (arguments->format > 0 && !arguments->change.json))
		report_no_value(arguments);
	if (status == CLI_OK && arguments->apply)
		return apply(arguments);
	if (status != CLI_OK && status != CLI_PARTLY)
		return status;
	if (arguments->apply)
		cli_error(arguments->context,
			  "nothing was set, because a part of the recording could not be read");
	if (arguments->verify != NULL) {
		enum cli_exit other;

		first = calloc(report->count + 1, sizeof(*first));
		second = calloc(report->count + 1, sizeof(*second));
		if (first == NULL || second == NULL)
			return CLI_FAILED;
		other = verify(arguments, advisor, first, second);
		if (other != CLI_OK && other != CLI_PARTLY)
			return other;
		report->first = first;
		report->second = second;
		report->verify_path = arguments->verify;
		status = status == CLI_OK ? other : status;
	}
	return print_report(arguments) == CLI_OK ? status : CLI_FAILED;
}

static enum cli_exit run_advise(struct arguments *arguments)
{
	struct cgw_advisor_options advisor_options = {
		.objective = (enum cgw_objective)arguments->objective,
		.selects = is_selected,
		.context = arguments,
	};
	CLEANUP(cleanup_advisor) struct cgw_advisor *advisor = NULL;
	CLEANUP(cleanup_replay) struct cgw_replay *replay = NULL;
	struct advise_report *report = &arguments->report;
	struct cgw_metric_set needed = {0};
	enum cli_exit status;
	int r;

	cgw_advisor_metrics(&needed);
	status = open_recording(arguments, arguments->recording, &needed, &replay);
	if (status != CLI_OK)
		return status;
	r = cgw_replay_first(replay); /* the layout is that of a sample */
	if (r < 0) {
		cli_error(arguments->context, "cannot read '%s': %s", arguments->recording,
			  strerror(-r));
		return CLI_FAILED;
	}
	cgw_replay_info(replay, &report->info);
	report->interval_ns = cgw_replay_interval_ns(replay);
	report->objective = objectives[arguments->objective];
	advice_describe_recording(replay, &advisor_options);
	r = cgw_advisor_new(&advisor_options, &advisor);
	if (r == 0)
		r = advice_replay(replay, advisor, cgw_advisor_add);
	if (r == 0)
		r = cgw_advisor_finish(advisor, &report->advice, &report->count);
	if (r < 0) {
		cli_error(arguments->context, "cannot read '%s': %s", arguments->recording,
			  strerror(-r));
		return CLI_FAILED;
	}
	report_missing(arguments, replay);
	if (report->count == 0) {
		cli_error(arguments->context, "no such group in the recording");
		return CLI_NO_SUCH_GROUP;
	}
	return try_and_report(arguments, replay, advisor);
}

static int advise_run(struct cli_context *context, int argc, char **argv)
{
	struct arguments arguments = {.context = context, .report.headings = true};
	CLEANUP(change_cleanup_pointer) struct change_command *change = &arguments.change;
	struct cgw_diag diag = {0};
	enum cli_exit status;

	change_init(change, context);
	if (!change_parse_options(change, &help, &argc, &argv, &status))
		return (int)status;
	if (arguments.recording == NULL)
		return (int)cli_usage_error(context, "missing --recording PATH");
	if (change->options.dry_run && !arguments.apply)
		return (int)cli_usage_error(context, "--dry-run requires --apply");
	if (change->options.why == NULL)
		change->options.why = arguments.recording;
	arguments.groups = argv;
	arguments.group_count = argc;
	for (int i = 0; i < argc; i++)
		if (cgw_glob_check(argv[i], &diag) < 0)
			return (int)cli_usage_error(context, "%s", diag.text);
	return (int)run_advise(&arguments);
}

const struct cli_command advise_commands[] = {
	{"advise", "compute limits for groups from a recording", advise_run},
	{NULL, NULL, NULL},
};

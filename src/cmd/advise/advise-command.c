/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advise-command.c - `cgward advise`: read a recording, compute limits, try them, apply them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/advise/advise-output.h"
#include "lib/base/cleanup.h"
#include "lib/base/string-builder.h"
#include "shared/cli/options.h"
#include "shared/cli/recording-common.h"

static const char *const objectives[] = {
	[CGW_OBJECTIVE_SAFE] = "safe",
	[CGW_OBJECTIVE_TIGHT] = "tight",
	NULL,
};

struct arguments {
	struct cli_context *context;
	const char *recording, *verify, *journal;
	unsigned objective, format;
	bool json, apply, dry_run;
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
	{'J', "json", NULL, "print one JSON document", TRUE(json)},
	{0, "noheadings", NULL, "do not print header lines",
	 CLI_FALSE(struct arguments, report.headings)},
	{0, "apply", NULL, "set the limits on this machine, all or none; undo with 'cgward undo'",
	 TRUE(apply)},
	{0, "dry-run", NULL, "with --apply: print what would be set", TRUE(dry_run)},
	{0, "journal", "DIR", "with --apply: record the changes in the journal in DIR",
	 TEXT(journal)},
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

static void cleanup_plan(struct cgw_plan **plan)
{
	cgw_plan_free(*plan);
}

static bool is_selected(void *context, const char *path)
{
	const struct arguments *arguments = context;

	for (int i = 0; i < arguments->group_count; i++)
		if (cgw_glob_match(arguments->groups[i], path))
			return true;
	return arguments->group_count == 0;
}

static int replay_frames(struct cgw_replay *replay, struct cgw_advisor *advisor,
			 int (*each)(struct cgw_advisor *advisor, const struct cgw_frame *frame))
{
	int r = cgw_replay_first(replay);

	while (r > 0) {
		r = each(advisor, cgw_replay_frame(replay));
		if (r == 0)
			r = cgw_replay_next(replay);
	}
	return r;
}

/* Warns of metrics that were not recorded: limits that need them are missing. */
static void report_missing(const struct arguments *arguments, const struct cgw_replay *replay)
{
	const struct cgw_metric_set *recorded = cgw_snapshot_metrics(cgw_replay_snapshot(replay));
	CLEANUP(string_builder_free) struct string_builder missing = {0};
	struct cgw_metric_set needed = {0};

	cgw_advisor_metrics(&needed);
	for (int i = 0; i < CGW_METRIC_COUNT; i++)
		if (cgw_metric_set_has(&needed, (enum cgw_metric)i) &&
		    !cgw_metric_set_has(recorded, (enum cgw_metric)i))
			string_builder_printf(&missing, "%s%s", missing.length > 0 ? ", " : "",
					      cgw_metric_info((enum cgw_metric)i)->key);
	if (missing.length > 0)
		cli_error(arguments->context, "not in the recording: %s",
			  string_builder_text(&missing));
}

static enum cli_exit open_recording(const struct arguments *arguments, const char *path,
				    struct cgw_replay **ret_replay)
{
	struct cgw_metric_set needed = {0};
	struct cgw_diag diag = {0};

	cgw_advisor_metrics(&needed);
	if (cgw_replay_open(path, ret_replay, &diag) == 0 &&
	    cgw_replay_select(*ret_replay, &needed) == 0)
		return CLI_OK;
	cli_diag(arguments->context, &diag);
	return CLI_FAILED;
}

/* Tries the limits on a recording. */
static enum cli_exit try_limits(const struct arguments *arguments, const char *path,
				struct cgw_advisor *advisor)
{
	CLEANUP(cleanup_replay) struct cgw_replay *replay = NULL;
	enum cli_exit status = open_recording(arguments, path, &replay);
	int r;

	if (status != CLI_OK)
		return status;
	cgw_advisor_trial_begin(advisor);
	r = replay_frames(replay, advisor, cgw_advisor_trial);
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
	status = try_limits(arguments, arguments->verify, advisor);
	for (size_t i = 0; i < report->count; i++)
		second[i] = report->advice[i].trial;
	return status;
}

static void print_result(const struct arguments *arguments, const struct cgw_plan *plan, size_t i)
{
	const struct cgw_step *step = cgw_plan_step(plan, i);
	const struct cgw_result *result = cgw_plan_result(plan, i);
	CLEANUP(string_builder_free) struct string_builder text = {0};
	const char *key = cgw_control_info(step->control)->key;
	bool done = result->outcome == CGW_OUTCOME_DONE || result->outcome == CGW_OUTCOME_ADJUSTED;

	string_builder_add_escaped(&text, step->path);
	if (result->outcome == CGW_OUTCOME_UNCHANGED)
		string_builder_printf(&text, ": %s is already %s", key, step->value);
	else if (result->outcome == CGW_OUTCOME_PENDING && arguments->dry_run)
		string_builder_printf(&text, ": %s would become %s (now %s)", key, step->value,
				      result->old_value);
	else if (done)
		string_builder_printf(&text, ": %s %s (was %s, change %llu)", key,
				      result->new_value, result->old_value,
				      (unsigned long long)result->change_id);
	else
		string_builder_printf(&text, ": %s not changed", key);
	puts(string_builder_text(&text));
}

static int add_steps(const struct arguments *arguments, struct cgw_plan *plan,
		     struct cgw_diag *diag)
{
	const struct advise_report *report = &arguments->report;
	char value[64];
	int r = 0;

	for (size_t i = 0; i < report->count && r == 0; i++) {
		const struct cgw_advice *advice = &report->advice[i];
		struct cgw_step step = {.kind = CGW_STEP_SET, .path = advice->usage->path};

		if (!advise_has_value(advice))
			continue;
		(void)cgw_advice_format(advice, value, sizeof(value));
		step.control = advice->control;
		step.value = value;
		r = cgw_plan_add(plan, &step, diag);
	}
	return r;
}

/* Sets all limits in one transaction. */
static enum cli_exit apply(const struct arguments *arguments)
{
	const struct cgw_limit_options limit_options = {
		.dry_run = arguments->dry_run,
		.journal = arguments->journal,
		.who = "cgward advise",
		.why = arguments->recording,
	};
	CLEANUP(cleanup_plan) struct cgw_plan *plan = NULL;
	struct cgw_diag diag = {0};
	enum cli_exit status;
	struct cgw_layout *layout = cli_layout(arguments->context, &status);
	int r;

	if (layout == NULL)
		return status;
	r = cgw_plan_new(layout, &limit_options, &plan);
	if (r == 0)
		r = add_steps(arguments, plan, &diag);
	if (r == 0)
		r = cgw_plan_apply(plan);
	if (plan != NULL && diag.text[0] == '\0') {
		const struct cgw_result *failure = cgw_plan_failure(plan);

		for (size_t i = 0; i < cgw_plan_count(plan); i++)
			print_result(arguments, plan, i);
		if (failure != NULL)
			diag = failure->diag;
	}
	if (r < 0 && diag.text[0] != '\0')
		cli_diag(arguments->context, &diag);
	else if (r < 0)
		cli_error(arguments->context, "%s", strerror(-r));
	status = r < 0 ? cli_exit_from_error(r) : arguments->dry_run ? CLI_WOULD_CHANGE : CLI_OK;
	plan = cgw_plan_free(plan);
	cgw_layout_free(layout);
	return status;
}

static enum cli_exit print_report(struct arguments *arguments)
{
	struct advise_report *report = &arguments->report;
	int r = arguments->json ? advise_print_json(report, stdout)
				: advise_print(report, arguments->format, stdout);

	if (r < 0)
		cli_error(arguments->context, "%s", strerror(-r));
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static enum cli_exit try_and_report(struct arguments *arguments, struct cgw_advisor *advisor)
{
	struct advise_report *report = &arguments->report;
	CLEANUP(cleanup_free) struct cgw_trial *first = NULL;
	CLEANUP(cleanup_free) struct cgw_trial *second = NULL;
	enum cli_exit status = try_limits(arguments, arguments->recording, advisor);

	if (status == CLI_OK && arguments->apply)
		return apply(arguments);
	if (status != CLI_OK && status != CLI_PARTLY)
		return status;
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
	enum cli_exit status = open_recording(arguments, arguments->recording, &replay);
	int r;

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
	advisor_options.begin_ns = report->info.first_ns;
	advisor_options.end_ns = report->info.last_ns;
	advisor_options.memory_high =
		cgw_control_available(cgw_replay_layout(replay), CGW_C_MEMORY_HIGH, NULL) == 0;
	r = cgw_advisor_new(&advisor_options, &advisor);
	if (r == 0)
		r = replay_frames(replay, advisor, cgw_advisor_add);
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
	return try_and_report(arguments, advisor);
}

static int advise_run(struct cli_context *context, int argc, char **argv)
{
	struct arguments arguments = {.context = context, .report.headings = true};
	struct cgw_diag diag = {0};
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &arguments, &status))
		return (int)status;
	if (arguments.recording == NULL)
		return (int)cli_usage_error(context, "missing --recording PATH");
	if (arguments.dry_run && !arguments.apply)
		return (int)cli_usage_error(context, "--dry-run requires --apply");
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

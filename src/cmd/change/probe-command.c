/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe-command.c - `cgward probe GROUP`: how much memory a group needs, found by reclaim. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change-report.h"
#include "cmd/change/group-arguments.h"
#include "cmd/change/probe-damon.h"
#include "cmd/change/probe-group.h"
#include "cmd/change/probe-report.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/render/value-text.h"

struct state {
	struct change_command command; /* first: options of all commands that change groups */
	struct probe_options options;
	uint64_t refaults_percent;
	unsigned method; /* enum probe_method */
	bool damon;
	bool dry_run; /* the plan is always a dry run: it only checks */
};

/* "1", "0.5%", "12.25": at most two decimals. */
static bool parse_percent_e2(const char *text, unsigned *ret_e2)
{
	unsigned long whole;
	unsigned part = 0;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	whole = strtoul(text, &end, 10);
	if (end[0] == '.' && isdigit((unsigned char)end[1])) {
		part = (unsigned)(end[1] - '0') * 10;
		end += 2;
		if (isdigit((unsigned char)end[0]))
			part += (unsigned)(*end++ - '0');
	}
	end += *end == '%';
	if (*end != '\0' || whole > 100)
		return false;
	*ret_e2 = (unsigned)whole * 100 + part;
	return *ret_e2 > 0 && *ret_e2 <= 10000;
}

static enum cli_exit parse_pressure(void *target, struct cli_context *context,
				    const struct cli_option *option, const char *argument)
{
	struct state *state = target;

	if (parse_percent_e2(argument, &state->options.pressure_e2))
		return CLI_OK;
	return cli_usage_error(context,
			       "invalid --%s '%.64s' (expected a percentage such as 0.5%%, at most "
			       "100%%)",
			       option->name, argument);
}

static const struct cli_option options[] = {
	{0, "pressure", "PERCENT", "bound: time in which processes wait for memory (default: 1%)",
	 CLI_CALL(parse_pressure), .heading = "Probe"},
	{0, "refaults", "PERCENT", "bound: part of a step that is read back (default: 25)",
	 CLI_COUNT(struct state, refaults_percent)},
	{0, "step", "SIZE", "memory to take at a time (default: a 32nd of what is in use)",
	 CLI_SIZE(struct state, options.step_bytes)},
	{0, "interval", "TIME", "time between two steps (default: 5s)",
	 CLI_TIME(struct state, options.interval_ns)},
	{0, "duration", "TIME", "stop after TIME (default: 10m)",
	 CLI_TIME(struct state, options.duration_ns)},
	{0, "minimum", "SIZE", "take nothing below this use (default: 1M)",
	 CLI_SIZE(struct state, options.minimum_bytes)},
	{0, "method", "NAME", "reclaim (memory.reclaim), high (memory.high) or auto",
	 CLI_CHOICE(struct state, method, probe_methods)},
	{0, "damon", NULL, "count the memory that the group accesses; take nothing (Linux 6.14)",
	 CLI_TRUE(struct state, damon)},
	{0, "dry-run", NULL, "only check the group, and print what would be done",
	 CLI_TRUE(struct state, dry_run), .heading = "Output"},
	{'J', "json", NULL, "print one JSON document", CLI_TRUE(struct state, command.json)},
	{0, "yes-really", NULL, "act on protected groups too (never on those the machine needs)",
	 CLI_TRUE(struct state, command.options.yes_really), .heading = "Protection"},
	{0, "policy", "FILE", "use the [protect] sections of FILE instead of those in /etc/cgward",
	 CLI_TEXT(struct state, command.policy)},
	{0, "direct", NULL, "write kernel files even if systemd manages the group",
	 CLI_ENUM(struct state, command.options.backend, CGW_BACKEND_DIRECT)},
	CHANGE_IF_ID_OPTION,
	{0, "why", "TEXT", "reason to record in the journal",
	 CLI_TEXT(struct state, command.options.why), .heading = "Journal"},
	{0, "journal", "DIR", "directory of the journal of changes",
	 CLI_TEXT(struct state, command.options.journal)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Find out how much memory a service needs", "cgward probe nginx.service"},
	{"The same, with less disturbance and more time",
	 "cgward probe --pressure 0.1% --interval 30s --duration 2h nginx.service"},
	{"Count what it accesses in each minute, without disturbance",
	 "cgward probe --damon --interval 1m --duration 1h nginx.service"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward probe [OPTION...] GROUP",
	.text = "Find out how much memory a group needs (cgroup v2): reclaim its memory in small "
		"steps,\n"
		"until it waits for memory or reads back what was taken. No limit stays changed.",
	.options = options,
	.examples = examples,
};

static void cleanup_state(struct state *state)
{
	change_done(&state->command);
}

static enum cli_exit fail(const struct change_command *command, const struct probe_group *group,
			  int error)
{
	cli_error(command->context, "cannot probe %s: %s", ESCAPED(1024, group->path),
		  group->diag.text[0] != '\0' ? group->diag.text : strerror(-error));
	return error == -EOPNOTSUPP || error == -EBUSY ? CLI_REFUSED : cli_exit_from_error(error);
}

/* Lets a plan that changes nothing refuse the group. */
static enum cli_exit check(struct change_command *command, const struct probe_group *group)
{
	bool reclaim = group->method == PROBE_BY_RECLAIM;
	const struct cgw_step step = {
		.kind = CGW_STEP_SET,
		.path = group->path,
		.control = reclaim ? CGW_C_MEMORY_RECLAIM : CGW_C_MEMORY_HIGH,
		.value = reclaim ? "1M" : "max",
	};
	enum cli_exit status = change_add_step(command, &step);
	const struct cgw_result *failure;
	int r;

	if (status != CLI_OK)
		return status;
	r = cgw_plan_apply(command->plan);
	failure = cgw_plan_failure(command->plan);
	if (r == 0)
		return CLI_OK;
	cli_error(command->context, "%s",
		  failure != NULL && failure->diag.text[0] != '\0' ? failure->diag.text
								   : strerror(-r));
	return failure != NULL ? report_status(failure, true) : cli_exit_from_error(r);
}

/* A signal ends the wait between two steps, never a step. */
static void block_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE};
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static int run_probe(struct state *state, struct probe_group *group, struct probe_result *result)
{
	const struct probe_kernel kernel = {
		.read = probe_group_read,
		.take = probe_group_take,
		.wait = probe_group_wait,
		.context = group,
	};
	int r;

	block_signals();
	r = probe_group_start(group);
	return r < 0 ? r : probe_run(&state->options, &kernel, result);
}

static enum cli_exit report_busy(const struct state *state, const struct probe_group *group,
				 const struct probe_result *result)
{
	const struct probe_step *first = &result->steps[0];
	unsigned pressure_e2 = probe_pressure_e2(first), bound_e2 = state->options.pressure_e2;

	cli_error(state->command.context,
		  "cannot probe %s: before the first step, processes already waited for memory in "
		  "%u.%02u%% of the time (bound %u.%02u%%), and %s were read back",
		  ESCAPED(1024, group->path), pressure_e2 / 100, pressure_e2 % 100, bound_e2 / 100,
		  bound_e2 % 100, BYTES_TEXT(first->refaults_bytes));
	return CLI_REFUSED;
}

static enum cli_exit print_report(const struct state *state, const struct probe_report *report)
{
	int r = 0;

	if (state->command.json)
		r = probe_print_json(report, stdout);
	else
		probe_print(report, stdout);
	if (r < 0)
		cli_error(state->command.context, "%s", strerror(-r));
	return r < 0 ? CLI_FAILED : report->status;
}

static void cleanup_result(struct probe_result *result)
{
	probe_result_done(result);
}

static enum cli_exit probe(struct state *state, struct probe_group *group)
{
	CLEANUP(cleanup_result) struct probe_result result = {0};
	struct probe_report report = {.path = group->path,
				      .options = &state->options,
				      .result = &result,
				      .dry_run = state->dry_run};
	struct probe_reading reading = {0};
	int r = probe_group_open(group, state->options.pressure_e2);
	enum cli_exit status;

	if (r < 0)
		return fail(&state->command, group, r);
	status = check(&state->command, group);
	if (status != CLI_OK)
		return status;
	/* The second process must not share the plan's files. */
	state->command.plan = cgw_plan_free(state->command.plan);
	report.method = probe_methods[group->method];
	r = state->dry_run ? probe_group_read(group, &reading) : run_probe(state, group, &result);
	if (r < 0)
		return fail(&state->command, group, r);
	if (result.busy)
		return report_busy(state, group, &result);
	report.use_bytes = state->dry_run ? reading.use_bytes : result.use_bytes;
	report.status = state->dry_run                    ? CLI_WOULD_CHANGE
			: result.end == PROBE_INTERRUPTED ? CLI_PARTLY
							  : CLI_OK;
	report.no_swap = !probe_group_has_swap(group);
	report.anon_bytes = probe_group_anon_bytes(group);
	return print_report(state, &report);
}

static enum cli_exit find_and_probe(struct state *state, const char *what)
{
	CLEANUP(groups_done) struct group_list groups = {0};
	CLEANUP(probe_group_close) struct probe_group group = PROBE_GROUP_NONE;
	struct change_command *command = &state->command;
	enum cli_exit status = change_open(command);

	if (status != CLI_OK)
		return status;
	groups.hierarchies = cgw_metric_hierarchies(command->layout, CGW_M_MEMORY_CURRENT);
	status = groups_add(command, &groups, what);
	if (status == CLI_OK && groups.count != 1)
		status = cli_usage_error(command->context, "%zu groups match (expected one)",
					 groups.count);
	if (status != CLI_OK)
		return status;
	if (state->damon) {
		const struct probe_damon by_damon = {
			.command = command,
			.path = groups.paths[0],
			.interval_ns = state->options.interval_ns,
			.duration_ns = state->options.duration_ns,
			.dry_run = state->dry_run,
		};

		/* The second process must not share the plan's files. */
		command->plan = cgw_plan_free(command->plan);
		block_signals();
		return probe_damon(&by_damon);
	}
	group.layout = command->layout;
	group.path = groups.paths[0];
	group.method = (enum probe_method)state->method;
	group.options = command->options;
	group.options.dry_run = false;
	return probe(state, &group);
}

int probe_command(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(cleanup_state)
	struct state state = {
		.options = {.interval_ns = 5 * NS_PER_S,
			    .duration_ns = 600 * NS_PER_S,
			    .minimum_bytes = UINT64_C(1) << 20,
			    .pressure_e2 = 100},
		.refaults_percent = 25,
	};
	enum cli_exit status;

	change_init(&state.command, context);
	if (!change_parse_options(&state.command, &help, &argc, &argv, &status))
		return (int)status;
	if (argc != 1)
		return (int)cli_usage_error(
			context, argc == 0 ? "missing GROUP" : "unexpected argument '%.64s'",
			argc == 0 ? "" : argv[1]);
	if (state.refaults_percent > 100)
		return (int)cli_usage_error(context,
					    "invalid --refaults '%llu' (expected 1 to 100)",
					    (unsigned long long)state.refaults_percent);
	state.options.refaults_percent = (unsigned)state.refaults_percent;
	state.command.options.dry_run = true; /* of the plan that checks */
	return (int)find_and_probe(&state, argv[0]);
}

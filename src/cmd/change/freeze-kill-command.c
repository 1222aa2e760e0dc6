/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* freeze-kill-command.c - `cgward freeze`, `thaw` and `kill`. */
#include <signal.h>

#include "cmd/change/change-report.h"
#include "cmd/change/group-arguments.h"
#include "cmd/change/signal-names.h"
#include "lib/base/cleanup.h"

static const struct cli_option freeze_options[] = {
	CHANGE_OPTIONS,
	CHANGE_IF_ID_OPTION,
	CHANGE_TIMEOUT_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example freeze_examples[] = {
	{"Stop a service without ending it", "cgward freeze nginx.service"},
	{"Show what would be stopped", "cgward freeze --dry-run nginx.service"},
	{0},
};

static const struct cli_command_help freeze_help = {
	.usage = "cgward freeze [OPTION...] GROUP...",
	.text = "Stop all processes of each group and wait until the kernel reports the group "
		"frozen.\n"
		"On timeout the group is thawed.",
	.options = freeze_options,
	.examples = freeze_examples,
};

static const struct cli_example thaw_examples[] = {
	{"Resume a service", "cgward thaw nginx.service"},
	{"Resume everything below a group", "cgward thaw '/batch/**'"},
	{0},
};

static const struct cli_command_help thaw_help = {
	.usage = "cgward thaw [OPTION...] GROUP...",
	.text = "Resume the processes of each group. A group below a frozen group stays frozen.",
	.options = freeze_options,
	.examples = thaw_examples,
};

/* The command, and the step that its options describe. */
struct state {
	struct change_command command;
	struct cgw_step step;
};

static enum cli_exit parse_signal(void *target, struct cli_context *context,
				  const struct cli_option *option, const char *argument)
{
	struct state *state = target;

	if (signal_find(argument, &state->step.signal) == 0)
		return CLI_OK;
	return cli_usage_error(
		context,
		"unknown %s '%.64s' (expected a name or number such as TERM, SIGSTOP or 15)",
		option->name, argument);
}

static const struct cli_option kill_options[] = {
	{'s', "signal", "SIGNAL", "signal name or number (default: KILL)", CLI_CALL(parse_signal)},
	CHANGE_OPTIONS,
	CHANGE_IF_ID_OPTION,
	CHANGE_TIMEOUT_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example kill_examples[] = {
	{"Ask all processes of a service to exit", "cgward kill --signal TERM nginx.service"},
	{"Show which processes would be killed", "cgward kill --dry-run nginx.service"},
	{0},
};

static const struct cli_command_help kill_help = {
	.usage = "cgward kill [OPTION...] GROUP...",
	.text = "Send a signal to every process of each group and its descendants. With KILL, "
		"wait\n"
		"until they are empty; processes forked meanwhile are killed too.",
	.options = kill_options,
	.examples = kill_examples,
};

static void cleanup_state(struct state *state)
{
	change_done(&state->command);
}

static enum cli_exit apply(struct state *state, int count, char **arguments)
{
	CLEANUP(groups_done) struct group_list groups = {0};
	struct change_command *command = &state->command;
	enum cli_exit status;

	if (count == 0)
		return cli_usage_error(command->context, "missing GROUP");
	status = change_open(command);
	if (status == CLI_OK && state->step.kind != CGW_STEP_KILL)
		groups.hierarchies = cgw_metric_hierarchies(command->layout, CGW_M_CGROUP_FREEZE);
	for (int i = 0; i < count && status == CLI_OK; i++)
		status = groups_add(command, &groups, arguments[i]);
	state->step.timeout_ns = command->timeout_ns;
	for (size_t i = 0; i < groups.count && status == CLI_OK; i++) {
		state->step.path = groups.paths[i];
		status = change_add_step(command, &state->step);
	}
	return status == CLI_OK ? change_apply(command) : status;
}

static int run(struct cli_context *context, const struct cli_command_help *help,
	       enum cgw_step_kind kind, int argc, char **argv)
{
	CLEANUP(cleanup_state)
	struct state state = {.step = {.kind = kind, .signal = SIGKILL}};
	enum cli_exit status;

	change_init(&state.command, context);
	if (change_parse_options(&state.command, help, &argc, &argv, &status))
		status = apply(&state, argc, argv);
	return (int)status;
}

int freeze_command(struct cli_context *context, int argc, char **argv)
{
	return run(context, &freeze_help, CGW_STEP_FREEZE, argc, argv);
}

int thaw_command(struct cli_context *context, int argc, char **argv)
{
	return run(context, &thaw_help, CGW_STEP_THAW, argc, argv);
}

int kill_command(struct cli_context *context, int argc, char **argv)
{
	return run(context, &kill_help, CGW_STEP_KILL, argc, argv);
}

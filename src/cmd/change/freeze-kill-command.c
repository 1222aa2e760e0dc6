/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* freeze-kill-command.c - `cgward freeze`, `thaw` and `kill`: what is done to all processes of a group at once. */
#include <getopt.h>
#include <signal.h>

#include "cmd/change/change-entry.h"
#include "cmd/change/group-arguments.h"
#include "cmd/change/signal-names.h"
#include "lib/base/cleanup.h"

static const struct cli_option freeze_options[] = {
	VERB_OPTIONS,
	VERB_IF_ID_OPTION,
	VERB_TIMEOUT_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help freeze_help = {
	.usage = "cgward freeze [OPTION...] GROUP...",
	.text = "Stops all processes of each group, and waits until the kernel says that they "
		"stand.\nWhere that does not come to pass in time, the group is thawed again.",
	.options = freeze_options,
};

static const struct cli_command_help thaw_help = {
	.usage = "cgward thaw [OPTION...] GROUP...",
	.text = "Lets the processes of each group go on. A group beneath a frozen one stays frozen "
		"with it.",
	.options = freeze_options,
};

static const struct cli_option kill_options[] = {
	{'s', "signal", "SIGNAL", false, "send SIGNAL (a name or a number), not KILL"},
	VERB_OPTIONS,
	VERB_IF_ID_OPTION,
	VERB_TIMEOUT_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help kill_help = {
	.usage = "cgward kill [OPTION...] GROUP...",
	.text = "Sends a signal to every process of each group and of those beneath it; with "
		"KILL,\n"
		"waits until they are empty. New processes do not slip through.",
	.options = kill_options,
};

/* What the options of a verb fill in. */
struct state {
	struct verb verb;
	struct cgw_step step;
};

static enum cli_exit take_signal(void *context, int code, const char *value)
{
	struct state *state = context;

	if (code != 's')
		return CLI_WOULD_CHANGE;
	if (signal_find(value, &state->step.signal) == 0)
		return CLI_OK;
	return cli_usage_error(state->verb.context,
			       "--signal wants a signal such as TERM, SIGSTOP or 15, not \"%.64s\"",
			       value);
}

static void cleanup_state(struct state *state)
{
	verb_done(&state->verb);
}

static enum cli_exit apply(struct state *state, int count, char **operands)
{
	CLEANUP(groups_done) struct group_list groups = {0};
	struct verb *verb = &state->verb;
	enum cli_exit status;

	if (count == 0)
		return cli_usage_error(verb->context, "a GROUP is wanted");
	status = verb_open(verb);
	for (int i = 0; i < count && status == CLI_OK; i++)
		status = groups_add(verb, &groups, operands[i]);
	state->step.timeout_ns = verb->timeout_ns;
	for (size_t i = 0; i < groups.count && status == CLI_OK; i++) {
		state->step.path = groups.paths[i];
		status = verb_add(verb, &state->step);
	}
	return status == CLI_OK ? verb_apply(verb) : status;
}

static int run(struct cli_context *context, const struct cli_command_help *help,
	       enum cgw_step_kind kind, int argc, char **argv)
{
	CLEANUP(cleanup_state)
	struct state state = {.step = {.kind = kind, .signal = SIGKILL}};
	enum cli_exit status;
	bool ended;

	verb_init(&state.verb, context);
	status = verb_options(&state.verb, help, argc, argv,
			      kind == CGW_STEP_KILL ? take_signal : NULL, &state, &ended);
	if (ended || status != CLI_OK)
		return (int)status;
	return (int)apply(&state, argc - optind, argv + optind);
}

int verb_freeze(struct cli_context *context, int argc, char **argv)
{
	return run(context, &freeze_help, CGW_STEP_FREEZE, argc, argv);
}

int verb_thaw(struct cli_context *context, int argc, char **argv)
{
	return run(context, &thaw_help, CGW_STEP_THAW, argc, argv);
}

int verb_kill(struct cli_context *context, int argc, char **argv)
{
	return run(context, &kill_help, CGW_STEP_KILL, argc, argv);
}

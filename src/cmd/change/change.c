/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change.c - options, layout and plan, shared by all commands that change groups. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change.h"
#include "lib/base/cleanup.h"
#include <cgward/policy.h>

void change_init(struct change_command *command, struct cli_context *context)
{
	*command = (struct change_command){.context = context};
	snprintf(command->who, sizeof(command->who), "%s %s", context->program, context->command);
	command->options.who = command->who;
}

void change_done(struct change_command *command)
{
	cgw_plan_free(command->plan);
	command->protection = cgw_protection_free(command->protection);
	cgw_layout_free(command->layout);
	command->plan = NULL;
	command->layout = NULL;
}

enum cli_exit change_parse_ids(void *target, struct cli_context *context,
			       const struct cli_option *option, const char *argument)
{
	struct change_command *command = target;
	const char *at = argument;
	char *end;

	command->id_count = 0;
	do {
		errno = 0;
		command->ids[command->id_count] = strtoull(at, &end, 10);
		if (!isdigit((unsigned char)at[0]) || errno != 0 || (*end != ',' && *end != '\0') ||
		    command->ids[command->id_count] == 0)
			return cli_usage_error(context,
					       "invalid --%s '%.64s' (expected IDs separated "
					       "by commas, as printed by 'cgward dump -o id')",
					       option->name, at);
		if (++command->id_count == CHANGE_IDS_MAX && *end != '\0')
			return cli_usage_error(context, "too many IDs for --%s (at most %d)",
					       option->name, CHANGE_IDS_MAX);
		at = end + 1;
	} while (*end != '\0');
	return CLI_OK;
}

bool change_parse_options(struct change_command *command, const struct cli_command_help *help,
			  int *argc, char ***argv, enum cli_exit *ret_exit)
{
	if (!cli_parse_options(command->context, help, argc, argv, command, ret_exit))
		return false;
	if (!command->options.persist || command->options.backend != CGW_BACKEND_DIRECT)
		return true;
	*ret_exit =
		cli_usage_error(command->context, "--persist and --direct are mutually exclusive");
	return false;
}

static void print_problem(void *context, const struct cgw_policy_problem *problem)
{
	if (!problem->warning)
		cli_diag(context, &problem->diag);
}

/*
 * Loads the [protect] sections of the policy, if there is one. An invalid policy might protect any
 * group, so it is an error.
 */
static enum cli_exit load_protection(struct change_command *command)
{
	const struct cgw_policy_reporter reporter = {print_problem, command->context};

	if (command->options.yes_really)
		return CLI_OK;
	if (cgw_protection_load(command->layout, command->policy, &reporter, &command->protection) <
	    0) {
		cli_error(command->context, "cannot load the [protect] sections of the policy; "
					    "use --yes-really to proceed without them");
		return CLI_POLICY_INVALID;
	}
	command->options.protect = cgw_protection_check;
	command->options.protect_context = command->protection;
	return CLI_OK;
}

enum cli_exit change_open(struct change_command *command)
{
	enum cli_exit status = CLI_OK;
	int r;

	command->layout = cli_layout(command->context, &status);
	if (command->layout == NULL)
		return status;
	status = load_protection(command);
	if (status != CLI_OK)
		return status;
	r = cgw_plan_new(command->layout, &command->options, &command->plan);
	if (r < 0) {
		cli_error(command->context, "%s", strerror(-r));
		return cli_exit_from_error(r);
	}
	return CLI_OK;
}

/* Makes the plan check the group's ID, which is that of the first hierarchy with the group. */
static void expect_id(const struct change_command *command, struct cgw_step *step)
{
	uint64_t id = 0;

	for (size_t h = 0; h < command->layout->hierarchy_count; h++) {
		CLEANUP(cleanup_close) int directory = -1;

		if (cgw_group_open(command->layout, h, step->path, &directory, &id) == 0) {
			step->expected_hierarchy = h;
			break;
		}
	}
	step->expected_id = command->ids[0];
	for (size_t i = 0; i < command->id_count; i++)
		if (command->ids[i] == id)
			step->expected_id = id;
}

enum cli_exit change_add_step(struct change_command *command, const struct cgw_step *requested)
{
	struct cgw_diag diag = {0};
	struct cgw_step step = *requested;
	int r;

	if (command->id_count > 0 && step.expected_id == 0)
		expect_id(command, &step);
	r = cgw_plan_add(command->plan, &step, &diag);
	if (r == 0)
		return CLI_OK;
	if (diag.text[0] == '\0')
		cgw_diag_set(&diag, r, "%s", strerror(-r));
	cli_diag(command->context, &diag);
	/* The plan has not read the group yet, so the error is in the arguments. */
	return r == -ENOMEM ? CLI_FAILED : CLI_USAGE;
}

const struct cli_command change_commands[] = {
	{"set", "set limits and weights of groups", set_command},
	{"freeze", "freeze all processes of groups", freeze_command},
	{"thaw", "resume the processes of frozen groups", thaw_command},
	{"kill", "send a signal to all processes of groups", kill_command},
	{"create", "create groups", create_command},
	{"move", "move processes into a group", move_command},
	{"delete", "remove groups", delete_command},
	{"run", "run a command in a new group with limits", run_command},
	{"undo", "undo a change", undo_command},
	{"log", "show the journal of changes", log_command},
	{NULL, NULL, NULL},
};

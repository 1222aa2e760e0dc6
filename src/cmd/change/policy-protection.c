/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-protection.c - enforces the [protect] sections of the policy for commands. */
#include "cmd/change/policy-protection.h"

static void print_problem(void *context, const struct cgw_policy_problem *problem)
{
	if (!problem->warning)
		cli_diag(context, &problem->diag);
}

enum cli_exit protect_load(struct change_command *command)
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

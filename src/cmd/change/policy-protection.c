/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-protection.c - the [protect] sections of the machine's policy stand in the way of the verbs. */
#include "cmd/change/policy-protection.h"

static void say_problem(void *context, const struct cgw_policy_problem *problem)
{
	if (!problem->warning)
		cli_diag(context, &problem->diag);
}

enum cli_exit protect_load(struct verb *verb)
{
	const struct cgw_policy_reporter reporter = {say_problem, verb->context};

	if (verb->options.yes_really)
		return CLI_OK;
	if (cgw_protection_load(verb->layout, verb->policy, &reporter, &verb->protection) < 0) {
		cli_error(verb->context, "the policy says what is protected, and cannot be read; "
					 "--yes-really goes on without it");
		return CLI_POLICY_INVALID;
	}
	verb->options.protect = cgw_protection_check;
	verb->options.protect_context = verb->protection;
	return CLI_OK;
}

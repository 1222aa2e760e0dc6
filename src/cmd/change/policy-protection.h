/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-protection.h - enforces the [protect] sections of the policy for commands. */
#ifndef CGWARD_CMD_CHANGE_POLICY_PROTECTION_H
#define CGWARD_CMD_CHANGE_POLICY_PROTECTION_H

#include <cgward/policy.h>

#include "cmd/change/change.h"

/*
 * Loads the policy, if there is one, for the command's plan. An invalid policy might protect any
 * group, so it is an error: CLI_POLICY_INVALID. With --yes-really no policy is loaded.
 */
enum cli_exit protect_load(struct change_command *command);

#endif

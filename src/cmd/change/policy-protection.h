/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-protection.h - the [protect] sections of the machine's policy stand in the way of the verbs. */
#ifndef CGWARD_CMD_CHANGE_POLICY_PROTECTION_H
#define CGWARD_CMD_CHANGE_POLICY_PROTECTION_H

#include <cgward/policy.h>

#include "cmd/change/change.h"

/*
 * Loads the policy, where there is one, for the verb's plan. A policy with mistakes protects nobody
 * knows what: CLI_POLICY_INVALID. --yes-really goes without it.
 */
enum cli_exit protect_load(struct verb *verb);

#endif

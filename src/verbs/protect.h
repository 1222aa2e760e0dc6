/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* protect.h - the [protect] sections of the machine's policy, for changes by hand. */
#ifndef CGWARD_VERBS_PROTECT_H
#define CGWARD_VERBS_PROTECT_H

#include "verbs/verb.h"

#define PROTECT_FILE      "/etc/cgward/cgward.conf"
#define PROTECT_DIRECTORY "/etc/cgward/conf.d"

struct verb_protection;

/*
 * Loads the policy, where there is one, and makes it stand in the way of the verb's plan. A policy
 * with mistakes protects nobody knows what: CLI_POLICY_INVALID, unless --yes-really is given.
 */
enum cli_exit protect_load(struct verb *verb);
struct verb_protection *protect_free(struct verb_protection *protection);

#endif

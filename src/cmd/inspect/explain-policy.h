/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-policy.h - policy part of `cgward explain`. */
#ifndef CGWARD_CMD_INSPECT_EXPLAIN_POLICY_H
#define CGWARD_CMD_INSPECT_EXPLAIN_POLICY_H

#include "cmd/inspect/inspect-target.h"
#include "shared/cli/group-facts.h"
#include "shared/report/policy-report.h"

struct explained_policy {
	struct cgw_policy *policy; /* NULL: no policy */
	const char *state; /* state directory of the enforcement; NULL: that of the policy */
	struct facts facts;
};

/*
 * Loads the policy `file`; NULL: that of the machine, if it has one. Prints the errors of an
 * invalid policy.
 */
enum cli_exit explained_policy_load(struct explained_policy *explained, const char *file);
void explained_policy_print(struct explained_policy *explained,
			    const struct inspect_target *target);
/* Returns null without a policy. */
json_t *explained_policy_json(struct explained_policy *explained,
			      const struct inspect_target *target);
void explained_policy_done(struct explained_policy *explained);

#endif

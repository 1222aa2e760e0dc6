/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-policy.h - the part of `cgward explain` that is about the policy and its enforcement. */
#ifndef CGWARD_CMD_INSPECT_EXPLAIN_POLICY_H
#define CGWARD_CMD_INSPECT_EXPLAIN_POLICY_H

#include "cmd/inspect/inspect-target.h"
#include "shared/cli/group-facts.h"
#include "shared/report/policy-report.h"

struct explained_policy {
	struct cgw_policy *policy; /* NULL: there is none */
	const char *state; /* directory of the enforcement's state; NULL: as the policy says */
	struct facts facts;
};

/*
 * `file` NULL is the machine's own, where there is one. A policy with mistakes is said and explained no
 * further.
 */
enum cli_exit explained_policy_load(struct explained_policy *explained, const char *file);
void explained_policy_print(struct explained_policy *explained, const struct subject *subject);
/* null where there is no policy. */
json_t *explained_policy_json(struct explained_policy *explained, const struct subject *subject);
void explained_policy_done(struct explained_policy *explained);

#endif

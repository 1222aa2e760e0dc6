/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-trial.h - one look at the machine through a policy: what check, explain and export work on. */
#ifndef CGWARD_CMD_ENFORCE_POLICY_TRIAL_H
#define CGWARD_CMD_ENFORCE_POLICY_TRIAL_H

#include "shared/cli/cli.h"
#include "shared/cli/group-facts.h"
#include <cgward/policy.h>

struct view {
	struct cgw_layout *layout;
	struct cgw_policy *policy; /* or NULL */
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	struct facts facts_state;
	struct cgw_facts facts;
};

/*
 * Loads the policy (file NULL: none) and takes samples: two, `interval_ns` apart, where that is more
 * than 0. Says what is wrong, and returns the status to end with.
 */
enum cli_exit view_open(const struct cli_context *context, const char *file, const char *directory,
			uint64_t interval_ns, struct view *view);
/* The policy alone, for the caller to free; `ret_policy` NULL asks only whether it can be loaded. */
enum cli_exit view_policy(const char *file, const char *directory, struct cgw_policy **ret_policy);
void view_close(struct view *view);
/* The path of a group, safe to print. */
const char *view_path(const struct view *view, uint32_t group, char *buffer, size_t size);

/* Of one group, by what an operator calls it: sections, present values of terms, refusals. */
enum cli_exit view_explain(const struct cli_context *context, const struct view *view,
			   const char *what);

#endif

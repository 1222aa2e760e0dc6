/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-trial.h - evaluate a policy on this machine without applying it, for check and export. */
#pragma once

#include "shared/cli/cli.h"
#include "shared/cli/group-facts.h"
#include <cgward/policy.h>

struct policy_trial {
	struct cgw_layout *layout;
	struct cgw_policy *policy; /* or NULL */
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	struct facts facts_state;
	struct cgw_facts facts;
};

/*
 * Loads the policy (none if `file` is NULL) and takes one sample, or two if `interval_ns` is not
 * 0. Prints errors and returns the exit status.
 */
enum cli_exit trial_open(const struct cli_context *context, const char *file, const char *directory,
			 uint64_t interval_ns, struct policy_trial *trial);
void trial_close(struct policy_trial *trial);
/* The escaped path of a group, to be freed by the caller; NULL without memory. */
char *trial_group_path(const struct policy_trial *trial, uint32_t group);

/* Explains the policy for one group: sections, current values of terms, refusals. */
enum cli_exit trial_explain(const struct cli_context *context, const struct policy_trial *trial,
			    const char *name);

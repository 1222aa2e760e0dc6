/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy-report.h - how a policy applies to a group: matching sections, current values of their
 * conditions, reasons to refuse an action, and the status of the running enforcement.
 */
#pragma once

#include <jansson.h>

#include "lib/base/string-builder.h"
#include "shared/cli/cli.h"
#include "shared/cli/daemon-status.h"
#include <cgward/policy.h>

struct policy_report {
	const struct cgw_layout *layout;
	const struct cgw_policy *policy;
	const struct cgw_frame *frame;
	const struct cgw_facts *facts;
	uint32_t group;
	const char *path;
	const struct daemon_status *status; /* NULL: enforcement is not running */
};

/*
 * Loads a policy, which the caller frees; prints its problems to standard error. With `ret_policy`
 * NULL it is only validated.
 */
enum cli_exit policy_report_load(const char *file, const char *directory,
				 struct cgw_policy **ret_policy);
/* The status of the daemon that applies the policy; `state` is its directory, if not NULL. */
struct daemon_status *policy_report_status(const struct cgw_policy *policy, const char *state);

/* Appends "for TIME; acts in TIME" for a status that was written `age_seconds` ago. */
void policy_report_append_progress(struct string_builder *text,
				   const struct daemon_instance *instance, double age_seconds);
/*
 * Prints "PHASE RULE on GROUP, step N, for TIME; WHAT in TIME: REASON"; the times are those of a
 * status that was written `age_seconds` ago.
 */
void policy_report_print_instance(const struct daemon_instance *instance, double age_seconds);
/*
 * Prints the truth of a condition of the section for the group, and each term with its current
 * values, after `indent` spaces.
 */
void policy_report_print_condition(const struct policy_report *report, size_t section,
				   const struct cgw_expression *expression, const char *label,
				   int indent);
/* Prints to standard output, without a heading. */
void policy_report_print(const struct policy_report *report);
/* The same as an array of sections. NULL: out of memory. */
json_t *policy_report_json(const struct policy_report *report);

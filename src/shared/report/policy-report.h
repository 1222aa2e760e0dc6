/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy-report.h - how a policy applies to a group: matching sections, current values of their
 * conditions, reasons to refuse an action, and the status of the running enforcement.
 */
#ifndef CGWARD_SHARED_REPORT_POLICY_REPORT_H
#define CGWARD_SHARED_REPORT_POLICY_REPORT_H

#include <jansson.h>

#include <cgward/policy.h>

struct policy_report {
	const struct cgw_layout *layout;
	const struct cgw_policy *policy;
	const struct cgw_frame *frame;
	const struct cgw_facts *facts;
	uint32_t group;
	const char *path;
	const json_t *status; /* policy_report_status(), or NULL */
};

/* Reads the status from the state directory. NULL: enforcement is not running. */
json_t *policy_report_status(const char *directory);

/* Prints to standard output, without a heading. */
void policy_report_print(const struct policy_report *report);
/* The same as an array of sections. NULL: out of memory. */
json_t *policy_report_json(const struct policy_report *report);

#endif

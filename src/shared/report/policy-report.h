/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy-report.h - where one group stands with the policy: which sections are for it, what each term of their
 * conditions is now, why an action would be refused; and what the running enforcement says of it.
 *
 * Faces that explain groups share it; what it needs of the machine they have already.
 */
#ifndef CGWARD_SHARED_REPORT_POLICY_REPORT_H
#define CGWARD_SHARED_REPORT_POLICY_REPORT_H

#include <jansson.h>

#include <cgward/policy.h>

#define STANDING_STATE \
	"/run/cgward" /* where enforcement keeps its state unless it is told otherwise */

struct policy_report {
	const struct cgw_layout *layout;
	const struct cgw_policy *policy;
	const struct cgw_frame *frame;
	const struct cgw_facts *facts;
	uint32_t group;
	const char *path;
	const json_t *status; /* policy_report_status(), or NULL */
};

/* What enforcement wrote of itself into the directory; NULL where none is running. */
json_t *policy_report_status(const char *directory);

/* On standard output, beneath a heading of the caller's. */
void policy_report_print(const struct policy_report *standing);
/* The same as a list of sections; NULL without memory. */
json_t *policy_report_json(const struct policy_report *standing);

#endif

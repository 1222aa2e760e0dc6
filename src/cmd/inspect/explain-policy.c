/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-policy.c - policy sections that apply to the group, and state of their enforcement. */
#include <stdio.h>
#include <unistd.h>

#include "cmd/inspect/explain-policy.h"
#include "lib/base/cleanup.h"
#include "shared/cli/daemon-status.h"

static void print_problem(void *context, const struct cgw_policy_problem *problem)
{
	fprintf(stderr, "%s:%u: %s%s\n", problem->diag.file, problem->diag.line,
		problem->warning ? "warning: " : "", problem->diag.text);
}

enum cli_exit explained_policy_load(struct explained_policy *explained, const char *file)
{
	static const struct cgw_policy_reporter reporter = {print_problem, NULL};
	const char *directory = NULL;

	if (file == NULL) {
		if (access(DAEMON_POLICY, R_OK) < 0)
			return CLI_OK;
		file = DAEMON_POLICY;
		directory = DAEMON_POLICY_DIRECTORY;
	}
	return cgw_policy_load(file, directory, &reporter, &explained->policy) < 0
		       ? CLI_POLICY_INVALID
		       : CLI_OK;
}

void explained_policy_print(struct explained_policy *explained, const struct inspect_target *target)
{
	const struct cgw_facts facts = facts_of(&explained->facts, target->layout);
	struct daemon_status *status;

	if (explained->policy == NULL)
		return;
	status = policy_report_status(explained->policy, explained->state);
	printf("\nPOLICY\n");
	policy_report_print(&(struct policy_report){target->layout, explained->policy,
						    target->frame, &facts, target->group,
						    target->path, status});
	daemon_status_free(status);
}

json_t *explained_policy_json(struct explained_policy *explained,
			      const struct inspect_target *target)
{
	const struct cgw_facts facts = facts_of(&explained->facts, target->layout);
	struct daemon_status *status;
	json_t *list;

	if (explained->policy == NULL)
		return json_null();
	status = policy_report_status(explained->policy, explained->state);
	list = policy_report_json(&(struct policy_report){target->layout, explained->policy,
							  target->frame, &facts, target->group,
							  target->path, status});
	daemon_status_free(status);
	return list;
}

void explained_policy_done(struct explained_policy *explained)
{
	facts_done(&explained->facts);
	cgw_policy_free(explained->policy);
}

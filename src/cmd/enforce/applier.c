/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* applier.c - what the handlers of all actions share: checks of the group, the plan, its result. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/enforce/applier.h"
#include "lib/base/cleanup.h"
#include "lib/limit/plan.h"
#include "lib/limit/unit-setting.h"

bool group_is_gone(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		   uint64_t group_id)
{
	CLEANUP(cleanup_close) int fd = -1;
	uint64_t id = 0;
	int r = cgw_group_open(layout, hierarchy, path, &fd, &id);

	return cgw_error_is_gone(r) || (r == 0 && id != group_id);
}

/* Actions may be performed over several turns of the event loop, so the rule is copied. */
static struct rule_transaction *find_transaction(struct applier *applier,
						 const struct cgw_action *action)
{
	struct rule_transaction *transaction;

	for (size_t i = 0; i < RULES_AT_ONCE_MAX; i++) {
		transaction = &applier->transactions[i];
		if (transaction->evaluation == action->evaluation &&
		    strcmp(transaction->rule, action->rule) == 0)
			return transaction;
	}
	transaction = &applier->transactions[applier->next_transaction++ % RULES_AT_ONCE_MAX];
	snprintf(transaction->rule, sizeof(transaction->rule), "%s", action->rule);
	transaction->evaluation = action->evaluation;
	transaction->id = 0;
	return transaction;
}

const char *applier_journal(const struct applier *applier)
{
	return applier->store != NULL ? undo_store_directory(applier->store) : NULL;
}

int applier_open_plan(struct applier *applier, const struct cgw_limit_options *options)
{
	if (applier->plan != NULL)
		return cgw_plan_reset(applier->plan, options);
	return cgw_plan_new(applier->layout, options, &applier->plan);
}

int apply_step(struct applier *applier, const struct cgw_action *action,
	       const struct cgw_step *step, const char *drop_ins, struct applied_action *applied)
{
	struct rule_transaction *transaction = find_transaction(applier, action);
	char who[80];
	const struct cgw_limit_options options = {
		.transaction = transaction->id,
		.backend = applier->settings->backend,
		.dry_run = !is_applied(applier, action),
		/* A restored value was in effect before, so it is safe. */
		.force = action->force || action->kind == CGW_ACTION_RESTORE,
		.enable = true,
		.no_undo = true,
		.journal = applier_journal(applier),
		.who = who,
		.why = action->reason,
	};
	struct cgw_diag diag = {0};
	int r;

	snprintf(who, sizeof(who), "rule %.60s", action->rule);
	r = applier_open_plan(applier, &options);
	if (r == 0)
		r = cgw_plan_add(applier->plan, step, &diag);
	if (r == 0 && drop_ins != NULL)
		r = unit_setting_drop(applier->plan, drop_ins);
	if (r == 0)
		r = cgw_plan_apply(applier->plan);
	if (applier->plan != NULL)
		transaction->id = cgw_plan_transaction(applier->plan);
	if (applier->plan != NULL && cgw_plan_count(applier->plan) > 0) {
		const struct cgw_result *result = cgw_plan_result(applier->plan, 0);

		applied->result.outcome = result->outcome;
		memcpy(applied->accepted_value, result->new_value, sizeof(result->new_value));
		memcpy(applied->how, result->how, sizeof(result->how));
		if (result->diag.text[0] != '\0')
			diag = result->diag;
	}
	if (r < 0)
		snprintf(applied->reason, sizeof(applied->reason), "%s",
			 diag.text[0] != '\0' ? diag.text : strerror(-r));
	return r;
}

bool is_applied(const struct applier *applier, const struct cgw_action *action)
{
	return applier->store != NULL && !action->dry_run;
}

int check_group(const struct applier *applier, const struct cgw_action *action, size_t hierarchy,
		uint64_t group_id, struct applied_action *applied)
{
	if (hierarchy == action->hierarchy ? group_id == action->group_id
					   : !group_is_gone(applier->layout, action->hierarchy,
							    action->path, action->group_id))
		return 0;
	snprintf(applied->reason, sizeof(applied->reason),
		 "the group was removed; another one now has its name");
	return -ESTALE;
}

int report_absent(const struct applier *applier, const struct cgw_action *action, const char *what,
		  struct applied_action *applied)
{
	if (group_is_gone(applier->layout, action->hierarchy, action->path, action->group_id)) {
		snprintf(applied->reason, sizeof(applied->reason), "the group was removed");
	} else {
		applied->result.outcome = CGW_OUTCOME_NOT_TRIED;
		snprintf(applied->reason, sizeof(applied->reason), "the group does not have %s yet",
			 what);
	}
	return -ENOENT;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* applier.h - the state of applying actions, and what their handlers share. */
#pragma once

#include "cmd/enforce/run-program.h"
#include "cmd/enforce/thaw-guard.h"
#include "cmd/enforce/undo-store.h"
#include <cgward/policy.h>

/* False if the lookup failed for another reason than a missing group. */
bool group_is_gone(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		   uint64_t group_id);

/* What one rule does in one evaluation is one action in the journal of changes. */
#define RULES_AT_ONCE_MAX 64
struct rule_transaction {
	char rule[64];
	uint64_t evaluation, id;
};

struct applier {
	const struct cgw_layout *layout;
	const struct cgw_policy_settings *settings;
	struct undo_store *store; /* NULL: dry run, actions are only logged */
	struct thaw_guard *guard; /* or NULL */
	struct cgw_plan *plan;    /* used again by the next action; NULL: none */
	struct running_commands commands;
	bool restoring;
	size_t forget_threshold; /* record count that triggers the next scan for removed groups */
	/* Called after each action; may be NULL. */
	void (*on_applied)(void *context, const struct cgw_action *action, bool by_rule,
			   const struct cgw_action_result *result);
	void *on_applied_context;
	struct rule_transaction transactions[RULES_AT_ONCE_MAX];
	size_t next_transaction; /* replaced by the next new one */
	bool batch;              /* more actions follow: keep the plan */
	unsigned done, failed, would_change;
};

/* The strings of `result` point into the buffers. */
struct applied_action {
	struct cgw_action_result result;
	char old_value[256], accepted_value[256], how[768], reason[512];
};

/* For the handlers of actions, which return 0 or a negative error and fill `applied`. */

/* The directory of the journal; NULL: that of the user, which a dry run does not write. */
const char *applier_journal(const struct applier *applier);
/* The plan of the applier, without steps. It keeps the journal open if it is the same. */
int applier_open_plan(struct applier *applier, const struct cgw_limit_options *options);
/*
 * Runs one step through the limit module and copies its result. `drop_ins` of the step's unit,
 * which may be NULL, are removed with it.
 */
int apply_step(struct applier *applier, const struct cgw_action *action,
	       const struct cgw_step *step, const char *drop_ins, struct applied_action *applied);
/* Does the action change this machine? Otherwise it is only planned and logged. */
bool is_applied(const struct applier *applier, const struct cgw_action *action);
/*
 * Checks that the action's group is the one that `hierarchy` now contains under its path, with the
 * inode `group_id`. -ESTALE: it is another one.
 */
int check_group(const struct applier *applier, const struct cgw_action *action, size_t hierarchy,
		uint64_t group_id, struct applied_action *applied);
/* The group has no such file. Returns -ENOENT; the outcome is NOT_TRIED if that may change. */
int report_absent(const struct applier *applier, const struct cgw_action *action, const char *what,
		  struct applied_action *applied);

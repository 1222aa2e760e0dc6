/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply-actions.h - apply the actions of a policy to the machine. */
#pragma once

#include "cmd/enforce/applier.h"

/* Applies and logs the action; the result is for the engine. */
void apply_action(struct applier *applier, const struct cgw_action *action, bool by_rule,
		  struct applied_action *ret_applied);
/*
 * Applies actions from the first one on and reports each result to the engine, until all are
 * applied or `enough` returns true. Returns how many were applied. `enough` may be NULL.
 */
size_t apply_actions(struct applier *applier, struct cgw_engine *engine,
		     const struct cgw_policy *policy, const struct cgw_action *actions,
		     size_t count, bool (*enough)(void *context), void *context);

/*
 * Restores what rules have set on units that were restarted or stopped since: the rule acted on
 * the group that is gone, but the unit still has the setting. `all`, at the end: also what standing
 * limits have set, unless they are kept.
 */
void restore_restarted_units(struct applier *applier, bool all);
/* Drops records of removed groups; scans only when the number of records has doubled. */
void forget_gone_groups(struct applier *applier);

/*
 * Restores what an earlier run left, thaws first; returns the number of failures. `all`: also what
 * a policy keeps on purpose.
 */
unsigned restore_leftovers(struct applier *applier, bool all);

/* apply-values.c */
int apply_limit(struct applier *applier, const struct cgw_action *action, bool by_rule,
		struct applied_action *applied);
int apply_restore(struct applier *applier, const struct cgw_action *action,
		  struct applied_action *applied);
int apply_yield(struct applier *applier, const struct cgw_action *action,
		struct applied_action *applied);

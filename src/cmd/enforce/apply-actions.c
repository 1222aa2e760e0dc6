/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply-actions.c - apply policy actions: freeze, kill, commands, and the dispatch of all kinds. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/enforce/apply-actions.h"
#include "cmd/enforce/log.h"
#include "cmd/enforce/run-program.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/essential-groups.h"
#include "lib/limit/freezer.h"
#include "lib/limit/plan.h"

/* The event loop waits no longer than this for processes to freeze or to die. */
#define WAIT_NS        (2 * NS_PER_S)
#define GUARD_GRACE_NS (20 * NS_PER_MS) /* the event loop comes first */

/* The record of a freeze, under the inode in the freezer's hierarchy. */
static struct undo_record freeze_record(const struct cgw_action *action,
					const struct target *target)
{
	return (struct undo_record){
		.level = STORE_RULE,
		.control = CGW_CONTROL_NONE,
		.group_id = target->id,
		.hierarchy = target->hierarchy,
		.path = action->path,
		.instance = "",
		.old = "",
	};
}

static struct cgw_step group_step(const struct cgw_action *action, enum cgw_step_kind kind)
{
	return (struct cgw_step){
		.kind = kind,
		.path = action->path,
		.signal = action->signal,
		.timeout_ns = WAIT_NS,
		.expected_id = action->group_id,
		.expected_hierarchy = action->hierarchy,
	};
}

static int freeze_target(struct applier *applier, const struct cgw_action *action,
			 const struct target *target, struct applied_action *applied)
{
	const struct undo_record record = freeze_record(action, target);
	struct cgw_step step = group_step(action, CGW_STEP_FREEZE);
	struct freezer_state state = {0};
	bool ours = undo_store_find(applier->store, &record) != NULL;
	int r = freezer_read(target, &state);

	step.expected_id = target->id;
	step.expected_hierarchy = target->hierarchy;
	if (r == 0 && state.requested && !ours) {
		/* Frozen by another process, which decides when to thaw it. */
		applied->result.outcome = CGW_OUTCOME_UNCHANGED;
		return 0;
	}
	r = undo_store_put(applier->store, &record);
	if (r < 0) {
		snprintf(applied->reason, sizeof(applied->reason),
			 "not frozen: cannot save that it has to be thawed: %s", strerror(-r));
		return r;
	}
	r = apply_step(applier, action, &step, NULL, applied);
	if (r == 0 && applier->guard != NULL)
		(void)thaw_guard_set(applier->guard, target->hierarchy, target->id, action->path,
				     clock_ns(CLOCK_BOOTTIME) + action->duration_ns +
					     GUARD_GRACE_NS);
	if (r < 0 && r != -ETIMEDOUT && !ours)
		(void)undo_store_remove(applier->store, &record);
	if (r == 0 && applied->result.outcome == CGW_OUTCOME_UNCHANGED)
		applied->result.outcome = CGW_OUTCOME_DONE; /* a longer time */
	return r;
}

static int thaw_target(struct applier *applier, const struct cgw_action *action,
		       const struct target *target, struct applied_action *applied)
{
	const struct undo_record record = freeze_record(action, target);
	struct cgw_step step = group_step(action, CGW_STEP_THAW);
	bool by_guard = applier->guard != NULL &&
			thaw_guard_clear(applier->guard, target->hierarchy, target->id);
	int r;

	if (undo_store_find(applier->store, &record) == NULL) {
		applied->result.outcome = CGW_OUTCOME_UNCHANGED;
		return 0;
	}
	step.expected_id = target->id;
	step.expected_hierarchy = target->hierarchy;
	r = apply_step(applier, action, &step, NULL, applied);
	if (r == 0 && by_guard && applied->result.outcome == CGW_OUTCOME_UNCHANGED) {
		applied->result.outcome = CGW_OUTCOME_DONE;
		plan_record(applier->plan, "frozen");
	}
	if (r == 0 || cgw_error_is_gone(r) || r == -ESTALE)
		(void)undo_store_remove(applier->store, &record);
	return r;
}

static int freeze_or_thaw(struct applier *applier, const struct cgw_action *action,
			  struct applied_action *applied)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	bool freeze = action->kind == CGW_ACTION_FREEZE;
	const struct cgw_step step = group_step(action, freeze ? CGW_STEP_FREEZE : CGW_STEP_THAW);
	int r = freezer_open(applier->layout, action->path, &target);

	if (r == -ENOENT)
		return report_absent(applier, action, "a freezer", applied);
	if (r == 0)
		r = check_group(applier, action, target.hierarchy, target.id, applied);
	else if (r == -EOPNOTSUPP)
		r = 0; /* the step explains it */
	if (r < 0)
		return r;
	if (target.directory < 0 || !is_applied(applier, action))
		return apply_step(applier, action, &step, NULL, applied);
	return freeze ? freeze_target(applier, action, &target, applied)
		      : thaw_target(applier, action, &target, applied);
}

static int reclaim(struct applier *applier, const struct cgw_action *action,
		   struct applied_action *applied)
{
	struct cgw_step step = {
		.kind = CGW_STEP_SET,
		.path = action->path,
		.control = CGW_C_MEMORY_RECLAIM,
		.value = action->value,
		.expected_id = action->group_id,
		.expected_hierarchy = action->hierarchy,
	};
	int r;

	if (cgw_control_available(applier->layout, CGW_C_MEMORY_RECLAIM, NULL) < 0) {
		step.control = CGW_C_MEMORY_FORCE_EMPTY; /* v1: as much as possible */
		step.value = "0";
	}
	r = apply_step(applier, action, &step, NULL, applied);
	return r == -EAGAIN ? 0 : r; /* less than requested is fine */
}

static int log_only(struct applier *applier, const struct cgw_action *action,
		    struct applied_action *applied)
{
	applied->result.outcome = CGW_OUTCOME_DONE;
	return 0;
}

static int kill_group(struct applier *applier, const struct cgw_action *action,
		      struct applied_action *applied)
{
	struct cgw_step step = group_step(action, CGW_STEP_KILL);
	struct cgw_diag diag = {0};
	int r = 0;

	if (action->largest_only) {
		r = find_largest_process(applier->layout, action, &step.pid);
		/* A signal to one process of a service can end it as well. */
		r = r < 0 ? r : protection_check_service(action->path, &diag);
	}
	if (r < 0 && diag.text[0] != '\0')
		snprintf(applied->reason, sizeof(applied->reason), "%s", diag.text);
	return r < 0 ? r : apply_step(applier, action, &step, NULL, applied);
}

static int run_command(struct applier *applier, const struct cgw_action *action,
		       struct applied_action *applied)
{
	applied->result.outcome = CGW_OUTCOME_DONE;
	if (action->command == NULL || !is_applied(applier, action))
		return 0; /* notify without a command only logs */
	return command_start(&applier->commands, action, applied->reason, sizeof(applied->reason));
}

typedef int action_handler(struct applier *applier, const struct cgw_action *action,
			   struct applied_action *applied);

static action_handler *const handlers[CGW_ACTION_KIND_COUNT] = {
	[CGW_ACTION_RESTORE] = apply_restore, [CGW_ACTION_FREEZE] = freeze_or_thaw,
	[CGW_ACTION_THAW] = freeze_or_thaw,   [CGW_ACTION_KILL] = kill_group,
	[CGW_ACTION_RECLAIM] = reclaim,       [CGW_ACTION_NOTIFY] = run_command,
	[CGW_ACTION_RUN] = run_command,       [CGW_ACTION_LOG] = log_only,
	[CGW_ACTION_YIELD] = apply_yield,
};

/* Not tried: the group lacks the file so far, or another process decides about the value. */
static bool is_waiting(const struct cgw_action_result *result)
{
	return result->error < 0 && (result->outcome == CGW_OUTCOME_NOT_TRIED ||
				     result->outcome == CGW_OUTCOME_UNCHANGED);
}

void apply_action(struct applier *applier, const struct cgw_action *action, bool by_rule,
		  struct applied_action *ret_applied)
{
	struct applied_action *applied = ret_applied;
	int r;

	memset(applied, 0, sizeof(*applied));
	applied->result.token = action->token;
	applied->result.outcome = CGW_OUTCOME_FAILED;
	applied->result.old_value = applied->old_value;
	applied->result.accepted_value = applied->accepted_value;
	r = action->kind == CGW_ACTION_LIMIT ? apply_limit(applier, action, by_rule, applied)
					     : handlers[action->kind](applier, action, applied);
	applied->result.error = r;
	/* What the plan knows about processes is true for a short time only. */
	if (!applier->batch)
		applier->plan = cgw_plan_free(applier->plan);
	if (applied->reason[0] != '\0')
		applied->result.reason = applied->reason;
	/* A dry run sets nothing, but the engine keeps track as if it had. */
	if (r == 0 && applied->accepted_value[0] == '\0' && action->value != NULL)
		snprintf(applied->accepted_value, sizeof(applied->accepted_value), "%s",
			 action->value);
	if (is_waiting(&applied->result))
		return;
	applier->done += r == 0;
	applier->failed += r < 0;
	applier->would_change += action->dry_run && r == 0 && action->kind != CGW_ACTION_LOG;
	/* Do not log a standing limit that was already set. */
	if (r < 0 ? !action->quiet : applied->result.outcome != CGW_OUTCOME_UNCHANGED)
		log_action(action, &applied->result, applied->how);
}

size_t apply_actions(struct applier *applier, struct cgw_engine *engine,
		     const struct cgw_policy *policy, const struct cgw_action *actions,
		     size_t count, bool (*enough)(void *context), void *context)
{
	size_t i = 0;

	applier->batch = true;
	while (i < count && (i == 0 || enough == NULL || !enough(context))) {
		struct cgw_action action = actions[i++];
		bool by_rule = action.section == UINT32_MAX ||
			       cgw_policy_section(policy, action.section).kind == CGW_SECTION_RULE;
		struct applied_action applied;

		action.dry_run = action.dry_run || applier->store == NULL;
		apply_action(applier, &action, by_rule, &applied);
		if (applier->on_applied != NULL)
			applier->on_applied(applier->on_applied_context, &action, by_rule,
					    &applied.result);
		cgw_engine_action_done(engine, &applied.result);
	}
	applier->plan = cgw_plan_free(applier->plan);
	applier->batch = false;
	return i;
}

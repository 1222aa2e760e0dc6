/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * apply-actions.c - apply policy actions and restore what they changed.
 *
 * The old value is on disk before the new one is written. A value that another process has changed
 * since is never overwritten when restoring.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/enforce/apply-actions.h"
#include "cmd/enforce/log.h"
#include "cmd/enforce/run-program.h"
#include "lib/base/cleanup.h"

#define FORGET_MIN        64 /* do not scan fewer records than this */
#define FREEZE_TIMEOUT_NS UINT64_C(2000000000)

/* The transaction of the rule in this evaluation; NULL: of the change alone. */
static struct rule_transaction *find_transaction(struct applier *applier, const char *rule)
{
	for (size_t i = 0; i < applier->transaction_count; i++)
		if (strcmp(applier->transactions[i].rule, rule) == 0)
			return &applier->transactions[i];
	if (applier->transaction_count == RULES_AT_ONCE_MAX)
		return NULL;
	applier->transactions[applier->transaction_count].rule = rule;
	applier->transactions[applier->transaction_count].id = 0;
	return &applier->transactions[applier->transaction_count++];
}

/* Runs one step through the limit module and copies its result. */
static int apply_step(struct applier *applier, const struct cgw_action *action,
		      const struct cgw_step *step, struct applied_action *applied)
{
	struct rule_transaction *transaction = find_transaction(applier, action->rule);
	char who[80];
	struct cgw_limit_options options = {
		.transaction = transaction != NULL ? transaction->id : 0,
		.backend = applier->settings->backend,
		.dry_run = action->dry_run || applier->store == NULL,
		/* A restored value was in effect before, so it is safe. */
		.force = action->force || action->kind == CGW_ACTION_RESTORE,
		.enable = true,
		.no_undo = true,
		.journal = applier->store != NULL ? undo_store_directory(applier->store) : NULL,
		.who = who,
		.why = action->reason,
	};
	struct cgw_plan *plan = NULL;
	struct cgw_diag diag = {0};
	int r;

	(void)snprintf(who, sizeof(who), "rule %.60s", action->rule);
	r = cgw_plan_new(applier->layout, &options, &plan);
	if (r == 0)
		r = cgw_plan_add(plan, step, &diag);
	if (r == 0)
		r = cgw_plan_apply(plan);
	if (plan != NULL && transaction != NULL)
		transaction->id = cgw_plan_transaction(plan);
	if (plan != NULL && cgw_plan_count(plan) > 0) {
		const struct cgw_result *result = cgw_plan_result(plan, 0);

		applied->result.outcome = result->outcome;
		memcpy(applied->accepted_value, result->new_value, sizeof(result->new_value));
		memcpy(applied->how, result->how, sizeof(result->how));
		if (result->diag.text[0] != '\0')
			diag = result->diag;
	}
	if (r < 0)
		(void)snprintf(applied->reason, sizeof(applied->reason), "%s",
			       diag.text[0] != '\0' ? diag.text : strerror(-r));
	cgw_plan_free(plan);
	return r;
}

/*
 * The device, page size or resource in front of the value; "" if the control has none. A disk is
 * "MAJ:MIN", since the policy and the kernel's value may call it differently.
 */
static void parse_instance(const struct applier *applier, enum cgw_control control,
			   const char *value, char *buffer, size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(control);
	size_t length = info->instances ? strcspn(value, " ") : 0;
	unsigned major, minor;

	(void)snprintf(buffer, size, "%.*s", (int)length, value);
	if (info->per_device && cgw_device_find(applier->layout, buffer, &major, &minor, NULL) == 0)
		(void)snprintf(buffer, size, "%u:%u", major, minor);
}

static int read_value(const struct applier *applier, const struct undo_record *record, char *buffer,
		      size_t size)
{
	struct cgw_diag diag = {0};
	const char *instance = record->instance[0] != '\0' ? record->instance : NULL;
	int r = cgw_control_read(applier->layout, record->path, record->control, instance, buffer,
				 size, &diag);

	if (r != -ENOENT || instance == NULL)
		return r;
	(void)snprintf(buffer, size, "%s max", instance); /* the device has no line */
	return 0;
}

static struct cgw_step step_of(const struct undo_record *record, const char *value)
{
	return (struct cgw_step){
		.kind = CGW_STEP_SET,
		.path = record->path,
		.control = record->control,
		.value = value,
		.expected_id = record->group_id,
		.expected_hierarchy = record->hierarchy,
	};
}

/* The value before cgward first changed it: the lowest level's record, else the current one. */
static void oldest_value(const struct applier *applier, const struct undo_record *record,
			 char *buffer, size_t size)
{
	struct undo_record key = *record;
	const struct undo_record *found;

	for (int level = 0; applier->store != NULL && level < STORE_LEVEL_COUNT; level++) {
		key.level = (enum undo_store_level)level;
		found = undo_store_find(applier->store, &key);
		if (found != NULL) {
			(void)snprintf(buffer, size, "%s", found->old);
			return;
		}
	}
	(void)snprintf(buffer, size, "%s", record->old);
}

static void remove_records(struct applier *applier, struct undo_record *key)
{
	/* restore_leftovers() removes records one by one: a standing limit's may have to stay. */
	if (applier->store == NULL || applier->restoring)
		return;
	for (int level = 0; level < STORE_LEVEL_COUNT; level++) {
		key->level = (enum undo_store_level)level;
		(void)undo_store_remove(applier->store, key);
	}
}

static int set_limit(struct applier *applier, const struct cgw_action *action, bool by_rule,
		     struct applied_action *applied)
{
	char instance[128], current[256], path[4096];
	struct undo_record record = {
		.level = by_rule ? STORE_RULE : STORE_STANDING,
		.control = action->control,
		.group_id = action->group_id,
		.hierarchy = action->hierarchy,
		.persistent =
			by_rule ? applier->settings->keep_on_exit : applier->settings->keep_limits,
		.path = path,
		.instance = instance,
		.old = current,
	};
	struct cgw_step step;
	int r;

	parse_instance(applier, action->control, action->value, instance, sizeof(instance));
	(void)snprintf(path, sizeof(path), "%s", action->path);
	r = read_value(applier, &record, current, sizeof(current));
	if (r < 0) {
		(void)snprintf(applied->reason, sizeof(applied->reason), "cannot read %s: %s",
			       cgw_control_info(action->control)->key, strerror(-r));
		return r;
	}
	oldest_value(applier, &record, applied->old_value, sizeof(applied->old_value));
	if (applier->store != NULL && !action->dry_run) {
		r = undo_store_add(applier->store, &record);
		if (r < 0) {
			(void)snprintf(applied->reason, sizeof(applied->reason),
				       "not applied: cannot save the old value for undo: %s",
				       strerror(-r));
			return r;
		}
	}
	step = step_of(&record, action->value);
	r = apply_step(applier, action, &step, applied);
	if (applier->store == NULL || action->dry_run)
		return r;
	if (r < 0) {
		const struct undo_record *found = undo_store_find(applier->store, &record);

		if (found != NULL && found->kept == NULL)
			(void)undo_store_remove(applier->store, &record);
		return r;
	}
	(void)undo_store_set_kept(applier->store, &record, applied->accepted_value);
	if (!by_rule) {
		/* The standing limit is back: the rule's override is gone. */
		record.level = STORE_RULE;
		(void)undo_store_remove(applier->store, &record);
	}
	return r;
}

static int restore_value(struct applier *applier, const struct cgw_action *action,
			 struct applied_action *applied)
{
	char instance[128], current[256], path[4096];
	struct undo_record record = {
		.control = action->control,
		.group_id = action->group_id,
		.hierarchy = action->hierarchy,
		.path = path,
		.instance = instance,
		.old = current,
	};
	struct cgw_step step;
	int r;

	instance[0] = '\0';
	if (action->expected != NULL)
		parse_instance(applier, action->control, action->expected, instance,
			       sizeof(instance));
	(void)snprintf(path, sizeof(path), "%s", action->path);
	r = read_value(applier, &record, current, sizeof(current));
	if (r == 0 && !action->dry_run && action->expected != NULL &&
	    strcmp(current, action->expected) != 0) {
		(void)snprintf(applied->reason, sizeof(applied->reason),
			       "another process changed it to %s; left unchanged", current);
		r = -ESTALE;
	}
	(void)snprintf(applied->old_value, sizeof(applied->old_value), "%s", current);
	if (r == 0) {
		step = step_of(&record, action->value);
		r = apply_step(applier, action, &step, applied);
	}
	if (r == 0 || r == -ESTALE || cgw_error_is_gone(r))
		remove_records(applier, &record);
	return r;
}

static int change_group_state(struct applier *applier, const struct cgw_action *action,
			      enum cgw_step_kind kind, struct applied_action *applied)
{
	const struct cgw_step step = {
		.kind = kind,
		.path = action->path,
		.signal = action->signal,
		.timeout_ns = kind == CGW_STEP_KILL ? 0 : FREEZE_TIMEOUT_NS,
		.expected_id = action->group_id,
		.expected_hierarchy = action->hierarchy,
	};

	return apply_step(applier, action, &step, applied);
}

static int freeze_or_thaw(struct applier *applier, const struct cgw_action *action,
			  struct applied_action *applied)
{
	bool freeze = action->kind == CGW_ACTION_FREEZE;
	char path[4096], empty[1] = "";
	struct undo_record record = {
		.level = STORE_RULE,
		.control = CGW_CONTROL_COUNT,
		.group_id = action->group_id,
		.hierarchy = action->hierarchy,
		.path = path,
		.instance = empty,
		.old = empty,
	};
	int r = 0;

	(void)snprintf(path, sizeof(path), "%s", action->path);
	if (freeze && applier->store != NULL && !action->dry_run)
		r = undo_store_add(applier->store, &record);
	if (r == 0)
		r = change_group_state(applier, action, freeze ? CGW_STEP_FREEZE : CGW_STEP_THAW,
				       applied);
	if (applier->store == NULL)
		return r;
	if (freeze && r < 0 && r != -ETIMEDOUT)
		(void)undo_store_remove(applier->store, &record);
	if (!freeze && (r == 0 || cgw_error_is_gone(r) || r == -ESTALE))
		(void)undo_store_remove(applier->store, &record);
	return r;
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
	r = apply_step(applier, action, &step, applied);
	return r == -EAGAIN ? 0 : r; /* less than requested is fine */
}

static int log_only(struct applier *applier, const struct cgw_action *action,
		    struct applied_action *applied)
{
	(void)applier;
	(void)action;
	applied->result.outcome = CGW_OUTCOME_DONE;
	return 0;
}

static int kill_group(struct applier *applier, const struct cgw_action *action,
		      struct applied_action *applied)
{
	if (action->largest_only)
		return kill_largest_process(applier->layout, action,
					    action->dry_run || applier->store == NULL, applied->how,
					    sizeof(applied->how));
	return change_group_state(applier, action, CGW_STEP_KILL, applied);
}

static int run_command(struct applier *applier, const struct cgw_action *action,
		       struct applied_action *applied)
{
	applied->result.outcome = CGW_OUTCOME_DONE;
	if (action->command == NULL || action->dry_run || applier->store == NULL)
		return 0; /* notify without a command only logs */
	return command_start(applier, action, applied->reason, sizeof(applied->reason));
}

typedef int action_handler(struct applier *applier, const struct cgw_action *action,
			   struct applied_action *applied);

static action_handler *const handlers[CGW_ACTION_KIND_COUNT] = {
	[CGW_ACTION_RESTORE] = restore_value, [CGW_ACTION_FREEZE] = freeze_or_thaw,
	[CGW_ACTION_THAW] = freeze_or_thaw,   [CGW_ACTION_KILL] = kill_group,
	[CGW_ACTION_RECLAIM] = reclaim,       [CGW_ACTION_NOTIFY] = run_command,
	[CGW_ACTION_RUN] = run_command,       [CGW_ACTION_LOG] = log_only,
};

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
	r = action->kind == CGW_ACTION_LIMIT ? set_limit(applier, action, by_rule, applied)
					     : handlers[action->kind](applier, action, applied);
	applied->result.error = r;
	if (applied->reason[0] != '\0')
		applied->result.reason = applied->reason;
	/* A dry run sets nothing, but the engine keeps track as if it had. */
	if (r == 0 && applied->accepted_value[0] == '\0' && action->value != NULL)
		(void)snprintf(applied->accepted_value, sizeof(applied->accepted_value), "%s",
			       action->value);
	applier->done += r == 0;
	applier->failed += r < 0;
	applier->would_change += action->dry_run && r == 0 && action->kind != CGW_ACTION_LOG;
	/* Do not log a standing limit that was already set. */
	if (r < 0 ? !action->quiet : applied->result.outcome != CGW_OUTCOME_UNCHANGED)
		log_action(action, &applied->result, applied->how);
}

void apply_actions(struct applier *applier, struct cgw_engine *engine,
		   const struct cgw_policy *policy, const struct cgw_action *actions, size_t count)
{
	applier->transaction_count = 0;
	for (size_t i = 0; i < count; i++) {
		bool by_rule =
			actions[i].section == UINT32_MAX ||
			cgw_policy_section(policy, actions[i].section).kind == CGW_SECTION_RULE;
		struct cgw_action action = actions[i];
		struct applied_action applied;

		action.dry_run = action.dry_run || applier->store == NULL;
		apply_action(applier, &action, by_rule, &applied);
		if (applier->on_applied != NULL)
			applier->on_applied(applier->on_applied_context, &action, by_rule,
					    &applied.result);
		cgw_engine_action_done(engine, &applied.result);
	}
}

bool group_is_gone(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		   uint64_t group_id)
{
	CLEANUP(cleanup_close) int fd = -1;
	uint64_t id = 0;
	int r = cgw_group_open(layout, hierarchy, path, &fd, &id);

	return cgw_error_is_gone(r) || (r == 0 && id != group_id);
}

static bool is_record_gone(const struct applier *applier, const struct undo_record *record)
{
	return group_is_gone(applier->layout, record->hierarchy, record->path, record->group_id);
}

/* Returns 0 if nothing remains to restore, else the reason of the failure. */
static int restore_record(struct applier *applier, const struct undo_record *record)
{
	struct cgw_action action = {
		.kind = record->control == CGW_CONTROL_COUNT ? CGW_ACTION_THAW : CGW_ACTION_RESTORE,
		.rule = "restore",
		.path = record->path,
		.group_id = record->group_id,
		.hierarchy = record->hierarchy,
		.control = record->control,
		.value = record->control == CGW_CONTROL_COUNT ? NULL : record->old,
		.expected = record->kept,
		.reason = "left by a run that did not exit cleanly",
	};
	struct applied_action applied;

	if (is_record_gone(applier, record))
		return 0;
	apply_action(applier, &action, true, &applied);
	return applied.result.error == -ESTALE ? 0 : applied.result.error;
}

/* Copies the record with its strings: restoring it may remove the original. */
static int copy_record(const struct undo_record *record, struct undo_record *ret_copy)
{
	*ret_copy = *record;
	ret_copy->path = strdup(record->path);
	ret_copy->instance = strdup(record->instance);
	ret_copy->old = strdup(record->old);
	ret_copy->kept = record->kept != NULL ? strdup(record->kept) : NULL;
	return ret_copy->path != NULL && ret_copy->instance != NULL && ret_copy->old != NULL &&
			       (record->kept == NULL || ret_copy->kept != NULL)
		       ? 0
		       : -ENOMEM;
}

void forget_gone_groups(struct applier *applier)
{
	struct undo_store *store = applier->store;

	if (store == NULL || undo_store_count(store) < applier->forget_threshold)
		return;
	for (size_t i = undo_store_count(store); i-- > 0;)
		if (is_record_gone(applier, undo_store_at(store, i)))
			(void)undo_store_remove_at(store, i);
	applier->forget_threshold = 2 * undo_store_count(store) + FORGET_MIN;
}

unsigned restore_leftovers(struct applier *applier, bool all)
{
	unsigned failed = 0;

	applier->restoring = true;
	/* Newest first: a rule's override before the standing limit below it. */
	for (size_t i = undo_store_count(applier->store); i-- > 0;) {
		struct undo_record copy;
		int r;

		if (i >= undo_store_count(applier->store) ||
		    (undo_store_at(applier->store, i)->persistent && !all))
			continue;
		r = copy_record(undo_store_at(applier->store, i), &copy);
		if (r == 0)
			r = restore_record(applier, &copy);
		if (r == 0)
			(void)undo_store_remove(applier->store, &copy);
		failed += r < 0;
		free(copy.path);
		free(copy.instance);
		free(copy.old);
		free(copy.kept);
	}
	applier->restoring = false;
	return failed;
}

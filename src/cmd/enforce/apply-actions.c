/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * apply-actions.c - values that are set, and given back.
 *
 * The old value is on disk before the new one is written. What somebody else wrote since is never
 * overwritten by giving back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/enforce/apply-actions.h"
#include "cmd/enforce/log.h"
#include "cmd/enforce/run-program.h"
#include "lib/base/cleanup.h"

#define FORGET_MIN        64 /* records that are not worth looking through */
#define FREEZE_TIMEOUT_NS UINT64_C(2000000000)

/* One step by the limit room, with its result copied out. */
static int apply(const struct performer *performer, const struct cgw_action *action,
		 const struct cgw_step *step, struct applied_action *performed)
{
	char who[80];
	struct cgw_limit_options options = {
		.backend = performer->settings->backend,
		.dry_run = action->dry_run || performer->store == NULL,
		/* What is given back was there before: it is no danger to go there again. */
		.force = action->force || action->kind == CGW_ACTION_RESTORE,
		.enable = true,
		.no_undo = true,
		.journal = performer->store != NULL ? undo_store_directory(performer->store) : NULL,
		.who = who,
		.why = action->reason,
	};
	struct cgw_plan *plan = NULL;
	struct cgw_diag diag = {0};
	int r;

	(void)snprintf(who, sizeof(who), "rule %.60s", action->rule);
	r = cgw_plan_new(performer->layout, &options, &plan);
	if (r == 0)
		r = cgw_plan_add(plan, step, &diag);
	if (r == 0)
		r = cgw_plan_apply(plan);
	if (plan != NULL && cgw_plan_count(plan) > 0) {
		const struct cgw_result *result = cgw_plan_result(plan, 0);

		performed->result.outcome = result->outcome;
		memcpy(performed->accepted_value, result->new_value, sizeof(result->new_value));
		memcpy(performed->how, result->how, sizeof(result->how));
		if (result->diag.text[0] != '\0')
			diag = result->diag;
	}
	if (r < 0)
		(void)snprintf(performed->reason, sizeof(performed->reason), "%s",
			       diag.text[0] != '\0' ? diag.text : strerror(-r));
	cgw_plan_free(plan);
	return r;
}

/* The device, page size or resource before the value; "" where the control has none. */
static void instance_of(enum cgw_control control, const char *value, char *buffer, size_t size)
{
	size_t length = cgw_control_info(control)->instances ? strcspn(value, " ") : 0;

	(void)snprintf(buffer, size, "%.*s", (int)length, value);
}

static int read_value(const struct performer *performer, const struct undo_record *record,
		      char *buffer, size_t size)
{
	struct cgw_diag diag = {0};

	return cgw_control_read(performer->layout, record->path, record->control,
				record->instance[0] != '\0' ? record->instance : NULL, buffer, size,
				&diag);
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

/* What was there before anybody here wrote: of the lowest record, else what is there now. */
static void oldest_value(const struct performer *performer, const struct undo_record *record,
			 char *buffer, size_t size)
{
	struct undo_record like = *record;
	const struct undo_record *there;

	for (int level = 0; performer->store != NULL && level < STORE_LEVEL_COUNT; level++) {
		like.level = (enum undo_store_level)level;
		there = undo_store_find(performer->store, &like);
		if (there != NULL) {
			(void)snprintf(buffer, size, "%s", there->old);
			return;
		}
	}
	(void)snprintf(buffer, size, "%s", record->old);
}

static void end_records(struct performer *performer, struct undo_record *like)
{
	/* After a crash each record goes by itself: a rule's may go while a standing limit stays. */
	if (performer->store == NULL || performer->restoring)
		return;
	for (int level = 0; level < STORE_LEVEL_COUNT; level++) {
		like->level = (enum undo_store_level)level;
		(void)undo_store_end(performer->store, like);
	}
}

/* Values with an instance are written with it, "8:0 10M"; they are read without. */
static const char *with_instance(const struct undo_record *record, const char *value, char *buffer,
				 size_t size)
{
	if (record->instance[0] == '\0')
		return value;
	(void)snprintf(buffer, size, "%s %s", record->instance, value);
	return buffer;
}

static int set_limit(struct performer *performer, const struct cgw_action *action, bool of_rule,
		     struct applied_action *performed)
{
	char instance[128], present[256], path[4096];
	struct undo_record record = {
		.level = of_rule ? STORE_RULE : STORE_STANDING,
		.control = action->control,
		.group_id = action->group_id,
		.hierarchy = action->hierarchy,
		.stays = of_rule ? performer->settings->keep_on_exit
				 : performer->settings->keep_limits,
		.path = path,
		.instance = instance,
		.old = present,
	};
	struct cgw_step step;
	int r;

	instance_of(action->control, action->value, instance, sizeof(instance));
	(void)snprintf(path, sizeof(path), "%s", action->path);
	r = read_value(performer, &record, present, sizeof(present));
	if (r == -ENOENT && instance[0] != '\0') {
		(void)snprintf(present, sizeof(present), "max"); /* a device without a line */
		r = 0;
	}
	if (r < 0) {
		(void)snprintf(performed->reason, sizeof(performed->reason), "cannot read %s: %s",
			       cgw_control_info(action->control)->key, strerror(-r));
		return r;
	}
	oldest_value(performer, &record, performed->old_value, sizeof(performed->old_value));
	if (performer->store != NULL && !action->dry_run) {
		r = undo_store_add(performer->store, &record);
		if (r < 0) {
			(void)snprintf(performed->reason, sizeof(performed->reason),
				       "not done, since what must be undone cannot be kept: %s",
				       strerror(-r));
			return r;
		}
	}
	step = step_of(&record, action->value);
	r = apply(performer, action, &step, performed);
	if (performer->store == NULL || action->dry_run)
		return r;
	if (r < 0) {
		const struct undo_record *there = undo_store_find(performer->store, &record);

		if (there != NULL && there->kept == NULL)
			(void)undo_store_end(performer->store, &record);
		return r;
	}
	(void)undo_store_compact(performer->store, &record, performed->accepted_value);
	if (!of_rule) {
		/* The standing limit stands again: what a rule had set over it is gone. */
		record.level = STORE_RULE;
		(void)undo_store_end(performer->store, &record);
	}
	return r;
}

static int give_back(struct performer *performer, const struct cgw_action *action,
		     struct applied_action *performed)
{
	char instance[128], present[256], path[4096], value[400];
	struct undo_record record = {
		.control = action->control,
		.group_id = action->group_id,
		.hierarchy = action->hierarchy,
		.path = path,
		.instance = instance,
		.old = present,
	};
	struct cgw_step step;
	int r;

	instance[0] = '\0';
	if (action->expected != NULL)
		instance_of(action->control, action->expected, instance, sizeof(instance));
	(void)snprintf(path, sizeof(path), "%s", action->path);
	r = read_value(performer, &record, present, sizeof(present));
	if (r == 0 && !action->dry_run && action->expected != NULL &&
	    strcmp(present, action->expected) != 0) {
		(void)snprintf(performed->reason, sizeof(performed->reason),
			       "somebody else set it to %s since: it is theirs", present);
		r = -ESTALE;
	}
	(void)snprintf(performed->old_value, sizeof(performed->old_value), "%s", present);
	if (r == 0) {
		step = step_of(&record,
			       with_instance(&record, action->value, value, sizeof(value)));
		r = apply(performer, action, &step, performed);
	}
	if (r == 0 || r == -ESTALE || cgw_error_is_gone(r))
		end_records(performer, &record);
	return r;
}

static int act_on_group(struct performer *performer, const struct cgw_action *action,
			enum cgw_step_kind kind, struct applied_action *performed)
{
	const struct cgw_step step = {
		.kind = kind,
		.path = action->path,
		.signal = action->signal,
		.timeout_ns = kind == CGW_STEP_KILL ? 0 : FREEZE_TIMEOUT_NS,
		.expected_id = action->group_id,
		.expected_hierarchy = action->hierarchy,
	};

	return apply(performer, action, &step, performed);
}

static int freeze_or_thaw(struct performer *performer, const struct cgw_action *action,
			  struct applied_action *performed)
{
	bool freeze = action->kind == CGW_ACTION_FREEZE;
	char path[4096], nothing[1] = "";
	struct undo_record record = {
		.level = STORE_RULE,
		.control = CGW_CONTROL_COUNT,
		.group_id = action->group_id,
		.hierarchy = action->hierarchy,
		.path = path,
		.instance = nothing,
		.old = nothing,
	};
	int r = 0;

	(void)snprintf(path, sizeof(path), "%s", action->path);
	if (freeze && performer->store != NULL && !action->dry_run)
		r = undo_store_add(performer->store, &record);
	if (r == 0)
		r = act_on_group(performer, action, freeze ? CGW_STEP_FREEZE : CGW_STEP_THAW,
				 performed);
	if (performer->store == NULL)
		return r;
	if (freeze && r < 0 && r != -ETIMEDOUT)
		(void)undo_store_end(performer->store, &record);
	if (!freeze && (r == 0 || cgw_error_is_gone(r) || r == -ESTALE))
		(void)undo_store_end(performer->store, &record);
	return r;
}

static int reclaim(struct performer *performer, const struct cgw_action *action,
		   struct applied_action *performed)
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

	if (cgw_control_available(performer->layout, CGW_C_MEMORY_RECLAIM, NULL) < 0) {
		step.control = CGW_C_MEMORY_FORCE_EMPTY; /* v1 has but "all that can be had" */
		step.value = "0";
	}
	r = apply(performer, action, &step, performed);
	return r == -EAGAIN ? 0 : r; /* less than asked for is what it had to give */
}

static int say_only(struct performer *performer, const struct cgw_action *action,
		    struct applied_action *performed)
{
	(void)performer;
	(void)action;
	performed->result.outcome = CGW_OUTCOME_DONE;
	return 0;
}

static int kill_group(struct performer *performer, const struct cgw_action *action,
		      struct applied_action *performed)
{
	if (action->largest_only)
		return command_kill_largest(performer->layout, action,
					    action->dry_run || performer->store == NULL,
					    performed->how, sizeof(performed->how));
	return act_on_group(performer, action, CGW_STEP_KILL, performed);
}

static int run_command(struct performer *performer, const struct cgw_action *action,
		       struct applied_action *performed)
{
	performed->result.outcome = CGW_OUTCOME_DONE;
	if (action->command == NULL || action->dry_run || performer->store == NULL)
		return 0; /* notify without a command: the record is all */
	return command_start(performer, action, performed->reason, sizeof(performed->reason));
}

typedef int perform_kind(struct performer *performer, const struct cgw_action *action,
			 struct applied_action *performed);

static perform_kind *const kinds[CGW_ACTION_KIND_COUNT] = {
	[CGW_ACTION_RESTORE] = give_back,   [CGW_ACTION_FREEZE] = freeze_or_thaw,
	[CGW_ACTION_THAW] = freeze_or_thaw, [CGW_ACTION_KILL] = kill_group,
	[CGW_ACTION_RECLAIM] = reclaim,     [CGW_ACTION_NOTIFY] = run_command,
	[CGW_ACTION_RUN] = run_command,     [CGW_ACTION_LOG] = say_only,
};

void perform(struct performer *performer, const struct cgw_action *action, bool of_rule,
	     struct applied_action *ret_performed)
{
	struct applied_action *performed = ret_performed;
	int r;

	memset(performed, 0, sizeof(*performed));
	performed->result.token = action->token;
	performed->result.outcome = CGW_OUTCOME_FAILED;
	performed->result.old_value = performed->old_value;
	performed->result.accepted_value = performed->accepted_value;
	r = action->kind == CGW_ACTION_LIMIT ? set_limit(performer, action, of_rule, performed)
					     : kinds[action->kind](performer, action, performed);
	performed->result.error = r;
	if (performed->reason[0] != '\0')
		performed->result.reason = performed->reason;
	/* A dry run keeps nothing; for the books it is as if it had. */
	if (r == 0 && performed->accepted_value[0] == '\0' && action->value != NULL)
		(void)snprintf(performed->accepted_value, sizeof(performed->accepted_value), "%s",
			       action->value);
	performer->done += r == 0;
	performer->failed += r < 0;
	performer->would += action->dry_run && r == 0 && action->kind != CGW_ACTION_LOG;
	/* That a standing limit stands already is no news. */
	if (r < 0 ? !action->quiet : performed->result.outcome != CGW_OUTCOME_UNCHANGED)
		log_action(action, &performed->result, performed->how);
}

void perform_all(struct performer *performer, struct cgw_engine *engine,
		 const struct cgw_policy *policy, const struct cgw_action *actions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool of_rule =
			actions[i].section == UINT32_MAX ||
			cgw_policy_section(policy, actions[i].section).kind == CGW_SECTION_RULE;
		struct cgw_action action = actions[i];
		struct applied_action performed;

		action.dry_run = action.dry_run || performer->store == NULL;
		perform(performer, &action, of_rule, &performed);
		if (performer->told != NULL)
			performer->told(performer->told_context, &action, of_rule,
					&performed.result);
		cgw_engine_action_done(engine, &performed.result);
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

static bool is_gone(const struct performer *performer, const struct undo_record *record)
{
	return group_is_gone(performer->layout, record->hierarchy, record->path, record->group_id);
}

/* 0: nothing is left of it; else why it could not be given back. */
static int restore_record(struct performer *performer, const struct undo_record *record)
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
		.reason = "left by a run that did not end in order",
	};
	struct applied_action performed;

	if (is_gone(performer, record))
		return 0;
	perform(performer, &action, true, &performed);
	return performed.result.error == -ESTALE ? 0 : performed.result.error;
}

/* The texts of a record, which goes while it is given back. */
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

void perform_forget(struct performer *performer)
{
	struct undo_store *store = performer->store;

	if (store == NULL || undo_store_count(store) < performer->forget_from)
		return;
	for (size_t i = undo_store_count(store); i-- > 0;)
		if (is_gone(performer, undo_store_at(store, i)))
			(void)undo_store_end_at(store, i);
	performer->forget_from = 2 * undo_store_count(store) + FORGET_MIN;
}

unsigned perform_restore(struct performer *performer, bool all)
{
	unsigned failed = 0;

	performer->restoring = true;
	/* The last first: what a rule set over a standing limit goes before that. */
	for (size_t i = undo_store_count(performer->store); i-- > 0;) {
		struct undo_record copy;
		int r;

		if (i >= undo_store_count(performer->store) ||
		    (undo_store_at(performer->store, i)->stays && !all))
			continue;
		r = copy_record(undo_store_at(performer->store, i), &copy);
		if (r == 0)
			r = restore_record(performer, &copy);
		if (r == 0)
			(void)undo_store_end(performer->store, &copy);
		failed += r < 0;
		free(copy.path);
		free(copy.instance);
		free(copy.old);
		free(copy.kept);
	}
	performer->restoring = false;
	return failed;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * apply-values.c - set and restore values of controls.
 *
 * The old value is on disk before the new one is written, under the inode that the group has in the
 * hierarchy of the control, or under the path if it is the setting of a systemd unit. A record is
 * ours only while the kernel reports what we wrote: a value that another process has set since is
 * never overwritten when restoring, and becomes the old value when it is set again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/enforce/apply-actions.h"
#include "cmd/enforce/log.h"
#include "lib/base/cleanup.h"
#include "lib/limit/target.h"
#include "lib/limit/unit-setting.h"

/* Texts of one value; a device is written as "MAJ:MIN", so that each spelling is one record. */
struct value_buffers {
	char instance[128], current[256];
	bool file_missing; /* of a unit, which has the default value */
};

static void format_instance(const struct applier *applier, const struct cgw_action *action,
			    struct value_buffers *buffers)
{
	const struct cgw_control_info *info = cgw_control_info(action->control);
	const char *instance = action->instance;
	unsigned major, minor;

	if (instance == NULL)
		instance = action->kind == CGW_ACTION_LIMIT ? action->value : action->expected;
	if (instance == NULL || !info->instances)
		instance = "";
	snprintf(buffers->instance, sizeof(buffers->instance), "%.*s", (int)strcspn(instance, " "),
		 instance);
	if (buffers->instance[0] != '\0' && info->per_device &&
	    cgw_device_find(applier->layout, buffers->instance, &major, &minor, NULL) == 0)
		snprintf(buffers->instance, sizeof(buffers->instance), "%u:%u", major, minor);
}

static struct undo_record record_of(const struct applier *applier, const struct cgw_action *action,
				    struct value_buffers *buffers)
{
	format_instance(applier, action, buffers);
	buffers->current[0] = '\0';
	buffers->file_missing = false;
	return (struct undo_record){
		.control = action->control,
		.group_id = action->group_id,
		.hierarchy = action->hierarchy,
		.path = action->path,
		.instance = buffers->instance,
		.old = buffers->current,
	};
}

static int report_unreadable(const struct undo_record *record, int error,
			     const struct cgw_diag *diag, struct applied_action *applied)
{
	snprintf(applied->reason, sizeof(applied->reason), "cannot read %s: %.400s",
		 cgw_control_info(record->control)->key,
		 diag->text[0] != '\0' ? diag->text : strerror(-error));
	return error;
}

/*
 * Is it the setting of a unit? Then it has the default value if the group does not have the file,
 * and the manager lets it appear.
 */
static bool is_of_unit(struct applier *applier, const struct undo_record *record,
		       struct value_buffers *buffers)
{
	const char *value = cgw_control_info(record->control)->default_value;
	bool is_instance = record->instance[0] != '\0';

	const struct cgw_limit_options options = {.backend = applier->settings->backend,
						  .journal = applier_journal(applier)};

	if (applier_open_plan(applier, &options) < 0 ||
	    !unit_setting_applies(applier->plan, record->path, record->control))
		return false;
	if (buffers->current[0] == '\0') {
		buffers->file_missing = true;
		snprintf(buffers->current, sizeof(buffers->current), "%s%s%s", record->instance,
			 is_instance ? " " : "", value != NULL ? value : "none");
	}
	return true;
}

/* Reads the current value; identifies the group in the hierarchy of the control's file. */
static int read_current(struct applier *applier, const struct cgw_action *action,
			struct undo_record *record, struct value_buffers *buffers,
			struct applied_action *applied)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	bool is_instance = record->instance[0] != '\0';
	struct cgw_diag diag = {0};
	int r;

	target.layout = applier->layout;
	r = control_read(record->path, record->control, is_instance ? record->instance : NULL,
			 &target, buffers->current, sizeof(buffers->current), &diag);

	if (r == -ENOENT && target.directory >= 0 && is_instance) {
		/* The device has no line. */
		snprintf(buffers->current, sizeof(buffers->current), "%s max", record->instance);
		r = 0;
	}
	if (r < 0 && !cgw_error_is_gone(r))
		return report_unreadable(record, r, &diag, applied);
	if (r < 0)
		buffers->current[0] = '\0';
	if (is_of_unit(applier, record, buffers)) {
		record->group_id = 0;
		record->hierarchy = r < 0 ? action->hierarchy : target.hierarchy;
		record->live_id = r < 0 ? action->group_id : target.id;
		record->live_hierarchy = record->hierarchy;
		if (r < 0 || action->group_id == 0)
			return 0;
	} else if (r < 0) {
		return report_absent(applier, action, cgw_control_info(record->control)->key,
				     applied);
	} else {
		record->hierarchy = target.hierarchy;
		record->group_id = target.id;
	}
	applied->result.hierarchy = target.hierarchy;
	applied->result.group_id = target.id;
	return check_group(applier, action, target.hierarchy, target.id, applied);
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

/* Would setting the value change nothing? */
static bool is_in_effect(const struct applier *applier, const struct undo_record *record,
			 const char *value)
{
	const struct cgw_limit_options options = {
		.backend = applier->settings->backend, .dry_run = true, .force = true};
	const struct cgw_step step = step_of(record, value);
	struct cgw_plan *plan = NULL;
	bool unchanged = cgw_plan_new(applier->layout, &options, &plan) == 0 &&
			 cgw_plan_add(plan, &step, NULL) == 0 && cgw_plan_apply(plan) == 0 &&
			 cgw_plan_result(plan, 0)->outcome == CGW_OUTCOME_UNCHANGED;

	cgw_plan_free(plan);
	return unchanged;
}

/*
 * Did another process set the current value? After a crash between the record and the write, or
 * with a full disk after it, only the value that was asked for is known.
 */
static bool is_foreign(const struct applier *applier, const struct undo_record *record,
		       const char *current)
{
	if (record->kept != NULL && strcmp(record->kept, current) == 0)
		return false;
	if (record->asked != NULL)
		return !is_in_effect(applier, record, record->asked);
	return record->kept != NULL;
}

/* The record of that level, without those whose value was left to another process. */
static const struct undo_record *find_ours(const struct applier *applier,
					   const struct undo_record *key, int level)
{
	struct undo_record leveled = *key;
	const struct undo_record *found = NULL;

	leveled.level = (enum undo_store_level)level;
	if (applier->store != NULL)
		found = undo_store_find(applier->store, &leveled);
	return found != NULL && !found->left ? found : NULL;
}

/* The record of the last value that was written: a rule's override, else the standing limit's. */
static const struct undo_record *find_last(const struct applier *applier,
					   const struct undo_record *key)
{
	const struct undo_record *found = NULL;

	for (int level = STORE_LEVEL_COUNT; found == NULL && level-- > 0;)
		found = find_ours(applier, key, level);
	return found;
}

/* The value before cgward first changed it. */
static const char *find_oldest(const struct applier *applier, const struct undo_record *record)
{
	for (int level = 0; level < STORE_LEVEL_COUNT; level++) {
		const struct undo_record *found = find_ours(applier, record, level);

		if (found != NULL)
			return found->old;
	}
	return record->old;
}

/* The drop-ins of the unit that were created for the value; NULL: none. */
static const char *find_drop_ins(const struct applier *applier, const struct undo_record *key)
{
	for (int level = 0; level < STORE_LEVEL_COUNT; level++) {
		const struct undo_record *found = find_ours(applier, key, level);

		if (found != NULL && found->drop_ins != NULL)
			return found->drop_ins;
	}
	return NULL;
}

static void remove_records(struct applier *applier, const struct undo_record *record)
{
	struct undo_record key = *record;

	for (int level = 0; level < STORE_LEVEL_COUNT; level++) {
		key.level = (enum undo_store_level)level;
		(void)undo_store_remove(applier->store, &key);
	}
}

/* Forgets the old value. A standing limit is not set again, not even by the next run. */
static void leave_value(struct applier *applier, const struct undo_record *key)
{
	const struct undo_record *standing = find_ours(applier, key, STORE_STANDING);
	struct undo_record left, rule = *key;

	rule.level = STORE_RULE;
	(void)undo_store_remove(applier->store, &rule);
	if (standing == NULL)
		return;
	left = *standing;
	left.left = true;
	(void)undo_store_put(applier->store, &left);
}

/* Has another process set a value after this limit was applied, in this run or an earlier one? */
static bool is_left(struct applier *applier, const struct cgw_action *action,
		    const struct undo_record *record)
{
	struct undo_record key = *record;
	const struct undo_record *standing;

	key.level = STORE_STANDING;
	standing = undo_store_find(applier->store, &key);
	return standing != NULL && standing->left && !action->again && standing->asked != NULL &&
	       strcmp(standing->asked, action->value) == 0;
}

static void log_left(const struct cgw_action *action, const char *current)
{
	const struct cgw_action_result result = {.outcome = CGW_OUTCOME_DONE};
	struct cgw_action yield = *action;
	char reason[512];

	snprintf(reason, sizeof(reason),
		 "conflict: another process changed %s to %s; leaving it alone",
		 cgw_control_info(action->control)->key, current);
	yield.kind = CGW_ACTION_YIELD;
	yield.value = NULL;
	yield.reason = reason;
	log_action(&yield, &result, "");
}

/* Compares the records with the current value. -ESTALE: it is left to another process. */
static int yield_foreign(struct applier *applier, const struct cgw_action *action, bool by_rule,
			 const struct undo_record *record, struct applied_action *applied)
{
	const struct undo_record *last = find_last(applier, record);

	if (last != NULL && is_foreign(applier, last, record->old)) {
		bool standing = last->level == STORE_STANDING && !by_rule;

		leave_value(applier, record);
		if (standing && is_left(applier, action, record))
			log_left(action, record->old);
	}
	if (by_rule)
		return 0;
	if (is_left(applier, action, record)) {
		applied->result.outcome = CGW_OUTCOME_UNCHANGED;
		snprintf(applied->reason, sizeof(applied->reason),
			 "another process changed it to %s; left unchanged", record->old);
		return -ESTALE;
	}
	if (find_ours(applier, record, STORE_STANDING) == NULL)
		remove_records(applier, record); /* a new limit, or one that is always set again */
	return 0;
}

static int write_limit(struct applier *applier, const struct cgw_action *action,
		       struct undo_record *record, struct applied_action *applied)
{
	const struct cgw_step step = step_of(record, action->value);
	const struct undo_record *found;
	int r;

	record->asked = action->value;
	r = undo_store_put(applier->store, record);
	if (r < 0) {
		snprintf(applied->reason, sizeof(applied->reason),
			 "not applied: cannot save the old value for undo: %s", strerror(-r));
		return r;
	}
	r = apply_step(applier, action, &step, NULL, applied);
	if (r < 0) {
		found = undo_store_find(applier->store, record);
		if (found != NULL && found->kept == NULL)
			(void)undo_store_remove(applier->store, record);
		return r;
	}
	record->kept = applied->accepted_value;
	record->drop_ins = applier->plan != NULL ? unit_setting_drop_ins(applier->plan) : NULL;
	(void)undo_store_put(applier->store, record);
	if (record->level == STORE_STANDING) {
		/* The standing limit is back: the rule's override is gone. */
		record->level = STORE_RULE;
		(void)undo_store_remove(applier->store, record);
	}
	return 0;
}

int apply_limit(struct applier *applier, const struct cgw_action *action, bool by_rule,
		struct applied_action *applied)
{
	struct value_buffers buffers;
	struct undo_record record = record_of(applier, action, &buffers);
	struct cgw_step step;
	int r;

	record.level = by_rule ? STORE_RULE : STORE_STANDING;
	record.persistent =
		by_rule ? applier->settings->keep_on_exit : applier->settings->keep_limits;
	r = read_current(applier, action, &record, &buffers, applied);
	if (r < 0)
		return r;
	if (is_applied(applier, action) && !buffers.file_missing)
		r = yield_foreign(applier, action, by_rule, &record, applied);
	if (r < 0)
		return r;
	snprintf(applied->old_value, sizeof(applied->old_value), "%s",
		 find_oldest(applier, &record));
	step = step_of(&record, action->value);
	r = is_applied(applier, action) ? write_limit(applier, action, &record, applied)
					: apply_step(applier, action, &step, NULL, applied);
	/* Until the manager has the controller, which the next frames show. */
	if (r == -ENOENT && buffers.file_missing)
		applied->result.outcome = CGW_OUTCOME_NOT_TRIED;
	return r;
}

/* Is the value that the kernel reports still the one that was written? */
static int check_unchanged(const struct applier *applier, const struct cgw_action *action,
			   const struct undo_record *record, struct applied_action *applied)
{
	const struct undo_record *last = find_last(applier, record);

	if (!is_applied(applier, action) ||
	    !(last != NULL
		      ? is_foreign(applier, last, record->old)
		      : action->expected != NULL && strcmp(action->expected, record->old) != 0))
		return 0;
	snprintf(applied->reason, sizeof(applied->reason),
		 "another process changed it to %s; left unchanged", record->old);
	return -ESTALE;
}

int apply_restore(struct applier *applier, const struct cgw_action *action,
		  struct applied_action *applied)
{
	struct value_buffers buffers;
	struct undo_record record = record_of(applier, action, &buffers), key = record;
	int r = read_current(applier, action, &record, &buffers, applied);
	struct cgw_step step;

	if (record.group_id == 0)
		key = record;
	step = step_of(&key, action->value);
	snprintf(applied->old_value, sizeof(applied->old_value), "%s", buffers.current);
	if (r == 0 && strcmp(buffers.current, action->value) == 0 && record.group_id != 0) {
		applied->result.outcome = CGW_OUTCOME_UNCHANGED; /* nothing to restore */
	} else if (r == 0) {
		if (!buffers.file_missing)
			r = check_unchanged(applier, action, &key, applied);
		r = r < 0 ? r
			  : apply_step(applier, action, &step, find_drop_ins(applier, &key),
				       applied);
	}
	/* restore_leftovers() removes records one by one: a standing limit's may have to stay. */
	if ((r == 0 || r == -ESTALE || cgw_error_is_gone(r)) && applier->store != NULL &&
	    !action->dry_run && !applier->restoring)
		remove_records(applier, &key);
	return r;
}

int apply_yield(struct applier *applier, const struct cgw_action *action,
		struct applied_action *applied)
{
	struct value_buffers buffers;
	const struct undo_record record = record_of(applier, action, &buffers);

	if (is_applied(applier, action))
		leave_value(applier, &record);
	applied->result.outcome = CGW_OUTCOME_DONE;
	return 0;
}

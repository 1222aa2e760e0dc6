/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* restore-leftovers.c - restore what an earlier run changed, and forget removed groups. */
#include <errno.h>
#include <stdlib.h>

#include "cmd/enforce/apply-actions.h"
#include "lib/base/cleanup.h"

#define FORGET_MIN 64 /* do not scan fewer records than this */

static bool is_record_gone(const struct applier *applier, const struct undo_record *record)
{
	/* restore_record() finds out whether a unit still exists. */
	return record->group_id != 0 &&
	       group_is_gone(applier->layout, record->hierarchy, record->path, record->group_id);
}

/* Returns 0 if nothing remains to restore, else the reason of the failure. */
static int restore_record(struct applier *applier, const struct undo_record *record)
{
	bool freeze = record->control == CGW_CONTROL_NONE;
	const struct cgw_action action = {
		.kind = freeze ? CGW_ACTION_THAW : CGW_ACTION_RESTORE,
		.rule = "restore",
		.path = record->path,
		.group_id = record->group_id,
		.hierarchy = record->hierarchy,
		.control = record->control,
		.instance = record->instance,
		.value = freeze ? NULL : record->old,
		.reason = "left by an earlier run",
	};
	struct applied_action applied;

	if (is_record_gone(applier, record))
		return 0;
	apply_action(applier, &action, true, &applied);
	if (record->group_id == 0 && cgw_error_is_gone(applied.result.error))
		return 0;
	return applied.result.error == -ESTALE ? 0 : applied.result.error;
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

/* Does the unit still have a value, although its group is gone from the engine? */
static bool is_obsolete(const struct applier *applier, const struct undo_record *record, bool all)
{
	if (record->group_id != 0 || record->left)
		return false;
	if (all)
		return !record->persistent;
	return record->level == STORE_RULE && record->live_id != 0 &&
	       group_is_gone(applier->layout, record->live_hierarchy, record->path,
			     record->live_id);
}

void restore_restarted_units(struct applier *applier, bool all)
{
	struct undo_store *store = applier->store;
	bool restoring = applier->restoring;

	for (size_t i = store != NULL ? undo_store_count(store) : 0; i-- > 0;) {
		const struct undo_record *record = undo_store_at(store, i);
		CLEANUP(cleanup_free) struct undo_record *copy = NULL;

		if (!is_obsolete(applier, record, all))
			continue;
		applier->batch = true; /* one reload of systemd for all */
		copy = undo_record_copy(record);
		applier->restoring = true;
		if (copy != NULL && restore_record(applier, copy) == 0)
			(void)undo_store_remove(store, copy);
		applier->restoring = restoring;
	}
	if (applier->batch)
		applier->plan = cgw_plan_free(applier->plan);
	applier->batch = false;
}

/* A record and its age; the store moves records when others are removed. */
struct leftover {
	struct undo_record *record;
	size_t age;
};

/* Freezes first, then a rule's override before the standing limit below it, then the newest. */
static int compare_leftovers(const void *a, const void *b)
{
	const struct leftover *first = a, *second = b;
	bool freeze = first->record->control == CGW_CONTROL_NONE;

	if (freeze != (second->record->control == CGW_CONTROL_NONE))
		return freeze ? -1 : 1;
	if (first->record->level != second->record->level)
		return first->record->level > second->record->level ? -1 : 1;
	return first->age > second->age ? -1 : first->age < second->age;
}

static size_t copy_leftovers(const struct applier *applier, bool all, struct leftover *leftovers)
{
	size_t count = 0;

	for (size_t i = 0; i < undo_store_count(applier->store); i++) {
		const struct undo_record *record = undo_store_at(applier->store, i);

		if ((record->persistent && !all) || record->left)
			continue;
		leftovers[count] = (struct leftover){undo_record_copy(record), i};
		count += leftovers[count].record != NULL;
	}
	return count;
}

unsigned restore_leftovers(struct applier *applier, bool all)
{
	CLEANUP(cleanup_free)
	struct leftover *leftovers =
		calloc(undo_store_count(applier->store) + 1, sizeof(*leftovers));
	size_t count = leftovers != NULL ? copy_leftovers(applier, all, leftovers) : 0;
	unsigned failed = 0;

	if (count > 1)
		qsort(leftovers, count, sizeof(*leftovers), compare_leftovers);
	applier->restoring = applier->batch = true;
	for (size_t i = 0; i < count; i++) {
		int r = restore_record(applier, leftovers[i].record);

		if (r == 0)
			(void)undo_store_remove(applier->store, leftovers[i].record);
		failed += r < 0;
		free(leftovers[i].record);
	}
	applier->restoring = applier->batch = false;
	applier->plan = cgw_plan_free(applier->plan);
	return failed;
}

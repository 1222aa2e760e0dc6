/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal-undo.c - undo of a change in the journal, unless the value has been changed since. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/plan.h"

/* The step that undoes a change; false: it cannot be undone. */
static bool inverse_of(const struct cgw_change *change, struct cgw_step *step, char *buffer,
		       size_t size)
{
	const struct control_row *row;
	int control, pid;

	*step = (struct cgw_step){.path = change->path};
	switch (change->kind) {
	case CGW_STEP_SET:
		control = cgw_control_find(change->key, NULL);
		row = control >= 0 ? control_row((enum cgw_control)control) : NULL;
		if (row == NULL || (row->info.action && !row->undoable) ||
		    (!row->info.action && change->old_value[0] == '\0'))
			return false;
		step->kind = CGW_STEP_SET;
		step->control = (enum cgw_control)(row->undoable ? row->undo_by : control);
		step->value = row->undoable ? change->new_value : change->old_value;
		return true;
	case CGW_STEP_FREEZE:
		step->kind = CGW_STEP_THAW;
		return strcmp(change->old_value, "thawed") == 0;
	case CGW_STEP_THAW:
		step->kind = CGW_STEP_FREEZE;
		return strcmp(change->old_value, "frozen") == 0;
	case CGW_STEP_CREATE:
		step->kind = CGW_STEP_DELETE;
		return true;
	case CGW_STEP_MOVE:
		step->kind = CGW_STEP_MOVE;
		/* NOLINTNEXTLINE(cert-err34-c): a pid fits */
		if (sscanf(change->old_value, "%d in %n", &pid, &control) != 1 ||
		    change->old_value[control] != '/' || strstr(change->old_value, " and others"))
			return false;
		(void)snprintf(buffer, size, "%s", change->old_value + control);
		step->path = buffer;
		step->pid = pid;
		return true;
	case CGW_STEP_KILL:
	case CGW_STEP_DELETE:
		break;
	}
	return false;
}

bool cgw_change_reversible(const struct cgw_change *change)
{
	struct cgw_step step;
	char buffer[256];

	return !change->undone && change->undoes == 0 &&
	       inverse_of(change, &step, buffer, sizeof(buffer));
}

static const struct cgw_change *find_change(const struct cgw_change *changes, size_t count,
					    uint64_t id)
{
	for (size_t i = count; i-- > 0;)
		if (id != 0 ? changes[i].id == id : cgw_change_reversible(&changes[i]))
			return &changes[i];
	return NULL;
}

/* Refuses to overwrite a value that has been changed since. */
static int check_conflict(const struct cgw_layout *layout, const struct cgw_change *change,
			  struct cgw_diag *diag)
{
	char now[256], shown[256], instance[INSTANCE_MAX] = "";
	int control = cgw_control_find(change->key, NULL);
	int r;

	if (change->kind != CGW_STEP_SET || control < 0 ||
	    cgw_control_info((enum cgw_control)control)->action)
		return 0;
	if (cgw_control_info((enum cgw_control)control)->instances)
		(void)snprintf(instance, sizeof(instance), "%.*s",
			       (int)strcspn(change->new_value, " "), change->new_value);
	r = cgw_control_read(layout, change->path, (enum cgw_control)control,
			     instance[0] != '\0' ? instance : NULL, now, sizeof(now), diag);
	if (r < 0)
		return r == -ENOENT ? cgw_diag_set(diag, r,
						   "cannot undo change %llu: the group or its "
						   "controller no longer exists",
						   (unsigned long long)change->id)
				    : r;
	if (strcmp(now, change->new_value) == 0)
		return 0;
	cgw_escape(shown, sizeof(shown), change->path, strlen(change->path));
	return cgw_diag_set(diag, -EBUSY,
			    "cannot undo change %llu: it set %s of %s to %s, which has since been "
			    "changed to %s; use --force to restore %s",
			    (unsigned long long)change->id, change->key, shown, change->new_value,
			    now, change->old_value);
}

/* Another process may have moved it since, or its PID belongs to another process by now. */
static int check_process(const struct cgw_layout *layout, const struct cgw_change *change,
			 pid_t pid, struct cgw_diag *diag)
{
	CLEANUP(cgw_membership_done) struct cgw_membership membership = {0};
	int r = cgw_membership_read(layout, pid, &membership);
	char shown[256];

	for (size_t h = 0; r == 0 && h < membership.count; h++)
		if (strcmp(layout->hierarchies[h].label, change->hierarchy) == 0 &&
		    membership.paths[h] != NULL && strcmp(membership.paths[h], change->path) == 0)
			return 0;
	cgw_escape(shown, sizeof(shown), change->path, strlen(change->path));
	return cgw_diag_set(diag, r < 0 ? r : -EBUSY,
			    "cannot undo change %llu: process %d is no longer in %s",
			    (unsigned long long)change->id, (int)pid, shown);
}

/* The group may have been removed or replaced by another one of the same name. */
static int check_group(const struct cgw_layout *layout, const struct cgw_change *change,
		       struct cgw_diag *diag)
{
	bool found = false, same = false;
	char shown[256];

	for (size_t h = 0; h < layout->hierarchy_count; h++) {
		CLEANUP(target_close) struct target target = TARGET_NONE;

		if (target_open(layout, h, change->path, &target) < 0)
			continue;
		found = true;
		/* Inode numbers are unique within a hierarchy only. */
		same |= target.id == change->group_id &&
			strcmp(layout->hierarchies[h].label, change->hierarchy) == 0;
	}
	cgw_escape(shown, sizeof(shown), change->path, strlen(change->path));
	if (!found)
		return cgw_diag_set(diag, -ENOENT, "cannot undo change %llu: %s no longer exists",
				    (unsigned long long)change->id, shown);
	if (!same && change->group_id != 0)
		return cgw_diag_set(diag, -ESTALE,
				    "cannot undo change %llu: another group now has the name %s; "
				    "it was not changed",
				    (unsigned long long)change->id, shown);
	return 0;
}

static int refuse(struct cgw_result *result, int error)
{
	result->outcome = CGW_OUTCOME_REFUSED;
	result->error = error;
	return error;
}

static int apply_inverse(const struct cgw_layout *layout, const struct cgw_limit_options *options,
			 const struct cgw_change *change, const struct cgw_step *step,
			 struct cgw_result *ret_result)
{
	struct cgw_limit_options forced = *options;
	struct cgw_plan *plan;
	int r;

	/* The old value was valid before: do not guard it. */
	forced.force = true;
	r = cgw_plan_new(layout, &forced, &plan);
	if (r < 0)
		return r;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): not NULL if the caller's r is 0 */
	plan->undoes = change->id;
	r = cgw_plan_add(plan, step, &ret_result->diag);
	if (r == 0) {
		r = cgw_plan_apply(plan);
		*ret_result = *cgw_plan_result(plan, 0);
	}
	cgw_plan_free(plan);
	return r;
}

int cgw_journal_undo(const struct cgw_layout *layout, const struct cgw_limit_options *options,
		     uint64_t change_id, struct cgw_result *ret_result)
{
	struct cgw_change *changes;
	const struct cgw_change *change;
	struct cgw_diag *diag = &ret_result->diag;
	struct cgw_step step = {0};
	char buffer[256];
	size_t count;
	int r;

	*ret_result = (struct cgw_result){0};
	r = journal_load(options->journal, &changes, &count, diag);
	if (r < 0)
		return refuse(ret_result, r);
	change = find_change(changes, count, change_id);
	if (change == NULL && change_id == 0)
		r = cgw_diag_set(diag, -ENOENT,
				 "cannot undo: the journal contains no change that can be undone");
	else if (change == NULL)
		r = cgw_diag_set(diag, -ENOENT, "cannot undo change %llu: no such change",
				 (unsigned long long)change_id);
	else if (change->undone)
		r = cgw_diag_set(diag, -EALREADY, "cannot undo change %llu: it was already undone",
				 (unsigned long long)change->id);
	else if (!inverse_of(change, &step, buffer, sizeof(buffer)))
		r = cgw_diag_set(diag, -EOPNOTSUPP,
				 "cannot undo change %llu: %s%s%s is not reversible",
				 (unsigned long long)change->id, cgw_step_kind_name(change->kind),
				 change->key[0] != '\0' ? " " : "", change->key);
	else
		r = check_group(layout, change, diag);
	if (r == 0 && !options->force)
		r = check_conflict(layout, change, diag);
	if (r == 0 && !options->force && step.kind == CGW_STEP_MOVE)
		r = check_process(layout, change, step.pid, diag);
	if (r < 0)
		(void)refuse(ret_result, r);
	else
		r = apply_inverse(layout, options, change, &step, ret_result);
	journal_free_changes(changes, count);
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-check.c - whether a change can be undone: what it acted on, and its value, are the same. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/limit/controller-set.h"
#include "lib/limit/members.h"
#include "lib/limit/unit-setting.h"

/* The step that undoes a change; false: it cannot be undone. */
bool undo_inverse(const struct cgw_change *change, struct cgw_step *step)
{
	const struct control_row *row;
	int control;

	*step = (struct cgw_step){.kind = change->kind, .path = change->path};
	switch (change->kind) {
	case CGW_STEP_SET:
		control = cgw_control_find(change->key, NULL);
		row = control >= 0 ? control_row((enum cgw_control)control) : NULL;
		if (row == NULL)
			return false;
		step->control = (enum cgw_control)(row->undoable ? row->undo_by : control);
		step->value = row->undoable ? change->new_value : change->old_value;
		return row->undoable || (!row->info.action && change->old_value[0] != '\0');
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
		step->pid = change->process;
		if (change->process_start == 0 || change->place_count == 0)
			return false;
		step->path = change->places[0].path;
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

	return !change->undone && change->undoes == 0 && undo_inverse(change, &step);
}

static int find_hierarchy(const struct cgw_layout *layout, const char *label)
{
	for (size_t h = 0; h < layout->hierarchy_count; h++)
		if (strcmp(layout->hierarchies[h].label, label) == 0)
			return (int)h;
	return -ENOENT;
}

/* 0: the same group, -ESTALE: another one, -ENOENT: none, or an error of opening it. */
static int check_place(const struct cgw_layout *layout, const char *label, const char *path,
		       uint64_t group_id)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int hierarchy = find_hierarchy(layout, label);
	int r = hierarchy < 0 ? hierarchy : target_open(layout, (size_t)hierarchy, path, &target);

	if (r < 0)
		return cgw_error_is_gone(r) ? -ENOENT : r;
	return group_id == 0 || target.id == group_id ? 0 : -ESTALE;
}

static int report_place(struct cgw_diag *diag, int error, const char *hierarchy, const char *path)
{
	const char *shown = ESCAPED(256, path);

	if (error == -ENOENT)
		return cgw_diag_set(diag, error, "%s no longer exists in the %s hierarchy", shown,
				    hierarchy);
	if (error == -ESTALE)
		return cgw_diag_set(diag, error, "another group now has the name %s", shown);
	return cgw_diag_set(diag, error, "cannot open %s: %s", shown, strerror(-error));
}

/* The moved process must still run, and its old groups must still exist. */
static int check_process(const struct cgw_layout *layout, const struct cgw_change *change,
			 struct cgw_diag *diag)
{
	uint64_t start = 0;
	int r = process_start(layout, change->process, &start);

	if (r == -ESRCH || (r == 0 && start != change->process_start))
		return cgw_diag_set(diag, -ESRCH, "process %d has exited", (int)change->process);
	for (size_t i = 0; i < change->place_count && r == 0; i++) {
		const struct cgw_place *place = &change->places[i];

		r = check_place(layout, place->hierarchy, place->path, place->group_id);
		if (r < 0)
			return report_place(diag, r, place->hierarchy, place->path);
	}
	return r;
}

/* A group that was created must not have been replaced in any of the places. */
static int check_created(const struct cgw_layout *layout, const struct cgw_change *change,
			 struct cgw_diag *diag)
{
	bool found = false;

	for (size_t i = 0; i < change->place_count; i++) {
		const struct cgw_place *place = &change->places[i];
		int r = check_place(layout, place->hierarchy, change->path, place->group_id);

		if (r < 0 && r != -ENOENT)
			return report_place(diag, r, place->hierarchy, change->path);
		found = found || r == 0;
	}
	return found ? 0 : report_place(diag, -ENOENT, change->places[0].hierarchy, change->path);
}

static bool any_exists(const char *list)
{
	for (; list != NULL && *list != '\0'; list += strcspn(list, "\n"), list += *list == '\n')
		if (access(FORMATTED(4096, "%.*s", (int)strcspn(list, "\n"), list), F_OK) == 0)
			return true;
	return false;
}

/* "nvme0n1 max": the first word of a value with instances; "". */
static void instance_of(const struct control_row *row, const struct cgw_change *change,
			char *buffer, size_t size)
{
	snprintf(buffer, size, "%.*s",
		 row->info.instances ? (int)strcspn(change->new_value, " ") : 0, change->new_value);
}

/*
 * A setting of a unit is undone by the unit's name: the unit keeps it when it is restarted with
 * another group. It has lost it if it is another unit of that name.
 */
static int check_unit(struct cgw_plan *plan, struct step *step)
{
	const struct cgw_change *change = step->undoes;
	int control = cgw_control_find(change->key, NULL);
	char now[256], instance[INSTANCE_MAX];
	const char *path;
	int r = unit_setting_locate(plan, step);

	if (r < 0 || control < 0 || step->not_running || change->drop_ins == NULL ||
	    any_exists(change->drop_ins))
		return r;
	path = step->spec.path != NULL ? step->spec.path : change->path;
	instance_of(control_row((enum cgw_control)control), change, instance, sizeof(instance));
	if (cgw_control_read(plan->layout, path, (enum cgw_control)control,
			     instance[0] != '\0' ? instance : NULL, now, sizeof(now), NULL) == 0 &&
	    strcmp(now, change->new_value) != 0 && strcmp(now, change->old_value) == 0)
		return cgw_diag_set(&step->result.diag, -ESTALE,
				    "%s has %s again already, and no drop-in of the change is left",
				    change->unit, change->old_value);
	return 0;
}

/* Is what the change acted on still there, and is it the same? */
static int check_object(struct cgw_plan *plan, struct step *step)
{
	const struct cgw_layout *layout = plan->layout;
	const struct cgw_change *change = step->undoes;
	struct cgw_diag *diag = &step->result.diag;
	int r;

	if (change->unit[0] != '\0') {
		r = check_unit(plan, step);
		/* Without systemd, the group is the only thing that can be changed. */
		if (r != -EHOSTDOWN)
			return r;
	}
	if (change->kind == CGW_STEP_MOVE)
		return check_process(layout, change, diag);
	if (change->kind == CGW_STEP_CREATE && change->place_count > 0)
		return check_created(layout, change, diag);
	r = check_place(layout, change->hierarchy, change->path, change->group_id);
	return r < 0 ? report_place(diag, r, change->hierarchy, change->path) : 0;
}

/* Refuses to overwrite a value that has been changed since. */
static int check_value(const struct cgw_layout *layout, const struct step *step,
		       struct cgw_diag *diag)
{
	const struct cgw_change *change = step->undoes;
	const char *path = step->spec.path != NULL ? step->spec.path : change->path;
	char now[256], toggled[256], instance[INSTANCE_MAX] = "";
	int control = cgw_control_find(change->key, NULL);
	const struct control_row *row = control_row((enum cgw_control)control);
	int r;

	if (row->info.action || step->not_running)
		return 0;
	instance_of(row, change, instance, sizeof(instance));
	r = cgw_control_read(layout, path, (enum cgw_control)control,
			     instance[0] != '\0' ? instance : NULL, now, sizeof(now), diag);
	if (r < 0)
		return r == -ENOENT
			       ? cgw_diag_set(diag, r, "the group no longer has %s", change->key)
			       : r;
	if (strcmp(now, change->new_value) == 0)
		return 0;
	/* Other controllers of the list may have been changed since. */
	if (row->form == FORM_TOGGLES && strpbrk(change->new_value, "+-") != NULL &&
	    toggles_apply(now, change->new_value, toggled, sizeof(toggled)) == 0 &&
	    strcmp(now, toggled) == 0)
		return 0;
	return cgw_diag_set(diag, -EBUSY,
			    "it set %s to %s, which has since been changed to %s; use --force to "
			    "restore %s",
			    change->key, change->new_value, now, change->old_value);
}

/* Refuses to move a process that has been moved again since. */
static int check_moved(const struct cgw_layout *layout, const struct cgw_change *change,
		       struct cgw_diag *diag)
{
	CLEANUP(cgw_membership_done) struct cgw_membership now = {0};
	int r = cgw_membership_read(layout, change->process, &now);

	if (r < 0)
		return cgw_diag_set(diag, r, "cannot read the groups of process %d: %s",
				    (int)change->process, strerror(-r));
	for (size_t i = 0; i < change->place_count; i++) {
		int h = find_hierarchy(layout, change->places[i].hierarchy);

		if (h < 0 || now.paths[h] == NULL || strcmp(now.paths[h], change->path) == 0)
			continue;
		return cgw_diag_set(diag, -EBUSY,
				    "process %d is no longer in %s, but in %s; use --force to move "
				    "it back",
				    (int)change->process, ESCAPED(256, change->path),
				    ESCAPED(256, now.paths[h]));
	}
	return 0;
}

int undo_check(struct cgw_plan *plan, struct step *step)
{
	const struct cgw_change *change = step->undoes;
	struct cgw_diag *diag = &step->result.diag;
	struct cgw_step inverse;
	int r;

	if (change->undone)
		return cgw_diag_set(diag, -EALREADY, "it was already undone");
	if (!undo_inverse(change, &inverse))
		return cgw_diag_set(diag, -EOPNOTSUPP, "%s%s%s is not reversible",
				    cgw_step_kind_name(change->kind),
				    change->key[0] != '\0' ? " " : "", change->key);
	r = check_object(plan, step);
	if (r < 0 || plan->undo_forced)
		return r;
	/* Of two changes of one value in the plan, only the later one is what is there now. */
	for (const struct step *later = plan->steps; later < step && plan->count > 0; later++)
		if (later->undoes != NULL && change->kind == CGW_STEP_SET &&
		    strcmp(later->undoes->key, change->key) == 0 &&
		    strcmp(later->undoes->path, change->path) == 0)
			return 0;
	if (change->kind == CGW_STEP_SET)
		return check_value(plan->layout, step, diag);
	return change->kind == CGW_STEP_MOVE ? check_moved(plan->layout, change, diag) : 0;
}

uint32_t undo_hierarchies(const struct cgw_plan *plan, const struct step *step)
{
	const struct cgw_change *change = step->undoes;
	uint32_t mask = 0;

	for (size_t i = 0; change != NULL && i < change->place_count; i++) {
		const struct cgw_place *place = &change->places[i];

		int hierarchy = find_hierarchy(plan->layout, place->hierarchy);

		if (hierarchy >= 0 &&
		    check_place(plan->layout, place->hierarchy, change->path, place->group_id) == 0)
			mask |= UINT32_C(1) << hierarchy;
	}
	return mask != 0 ? mask : UINT32_MAX;
}

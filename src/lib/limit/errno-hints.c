/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* errno-hints.c - reasons and remedies for changes that the kernel refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/exact-quantity.h"
#include "lib/limit/percent-base.h"
#include "lib/limit/plan.h"

/* Reasons that do not depend on the control. */
static const struct {
	int error;
	const char *text;
} general[] = {
	{-ENOENT, "no such group"},
	{-EACCES, "permission denied (the group belongs to another user, or is not delegated)"},
	{-EPERM, "operation not permitted (root of a cgroup namespace, or missing capability)"},
	{-EROFS, "the cgroup file system is mounted read-only, as is usual in containers"},
	{-ENODEV, "the group was removed in the meantime"},
	{-ESTALE, "another group now has this name"},
	{-EOPNOTSUPP, "the kernel does not support the file for this group"},
	{-ENOSPC, "processes would be left without a CPU or memory node"},
	{-E2BIG, "the value is too long for the kernel"},
	{-EINTR, "interrupted by a signal during reclaim; nothing was changed"},
	{-ENAMETOOLONG, "the name of the device or resource is too long"},
	{-ERANGE, "the value is too large, or the machine has no such CPU or memory node"},
	{-ESRCH, "no such process"},
};

static const char *general_reason(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(general); i++)
		if (general[i].error == error)
			return general[i].text;
	return strerror(-error);
}

static bool group_exists(const struct cgw_plan *plan, const struct step *step, size_t hierarchy)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;

	return target_open(plan->layout, hierarchy, step->spec.path, &target) == 0;
}

static int advise_missing(struct cgw_plan *plan, struct step *step)
{
	const struct cgw_hierarchy *hierarchy = &plan->layout->hierarchies[step->hierarchy];
	const char *controller =
		step->source->controller >= 0
			? cgw_controller_name((enum cgw_controller)step->source->controller,
					      hierarchy->version)
			: NULL;
	const char *slash = strrchr(step->spec.path, '/');
	char shown[256], parent[256];

	cgw_escape(shown, sizeof(shown), step->spec.path, strlen(step->spec.path));
	cgw_escape(parent, sizeof(parent), step->spec.path,
		   slash > step->spec.path ? (size_t)(slash - step->spec.path) : 1);
	if (!group_exists(plan, step, step->hierarchy))
		return cgw_diag_set(&step->result.diag, -ENOENT,
				    "no such group in the %s hierarchy; create it there with "
				    "`cgward create %s`",
				    hierarchy->label, shown);
	if (strcmp(step->spec.path, "/") == 0)
		return cgw_diag_set(&step->result.diag, -ENOENT,
				    "the root group cannot be limited; limit its children instead");
	if (hierarchy->version == 2 && controller != NULL)
		return cgw_diag_set(
			&step->result.diag, -ENOENT,
			"the %s controller is not enabled for the group; enable it on all levels "
			"with --enable, or on one with `cgward set %s cgroup.subtree_control=+%s`",
			controller, parent, controller);
	return cgw_diag_set(&step->result.diag, -ENOENT, "the kernel provides no %s for this group",
			    step->source->file);
}

/* EINVAL: the value conflicts with that of an ancestor or of a related control. */
static int advise_invalid(struct cgw_plan *plan, struct step *step, const struct target *target)
{
	const struct control_row *row = control_row(step->spec.control), *bound_row;
	const struct cgw_source *source;
	struct setting limit = {0};
	char words[VALUE_MAX], path[256], shown[256];
	size_t hierarchy;

	if (strcmp(step->spec.path, "/") == 0)
		return cgw_diag_set(&step->result.diag, -EINVAL,
				    "the root group cannot be limited; limit its children instead");
	if (row->bounded && control_place(plan->layout, (enum cgw_control)row->at_most,
					  step->spec.path, &hierarchy, &source) == 0) {
		bound_row = control_row((enum cgw_control)row->at_most);
		if (target_get(target, bound_row, source, &limit) == 0 &&
		    setting_compare(&step->after, &limit) > 0) {
			(void)setting_format(bound_row, &limit, words, sizeof(words));
			return cgw_diag_set(&step->result.diag, -EINVAL,
					    "the value exceeds %s (%s); set both in one command",
					    bound_row->info.key, words);
		}
	}
	if (percent_bases_parent_limit(row, step->source, target, &limit, path, sizeof(path))) {
		(void)setting_format(row, &limit, words, sizeof(words));
		cgw_escape(shown, sizeof(shown), path, strlen(path));
		return cgw_diag_set(
			&step->result.diag, -EINVAL,
			"the kernel rejected the value: the limit of its ancestor %s is %s, and on "
			"cgroup v1 a limit must not exceed an ancestor's or be below a "
			"descendant's",
			shown, words);
	}
	return cgw_diag_set(&step->result.diag, -EINVAL,
			    "the kernel rejected the value %s (a descendant may have a higher one)",
			    step->result.new_value);
}

static int advise_busy(struct step *step, const struct target *target)
{
	const struct control_row *row = control_row(step->spec.control);
	uint64_t used = 0;
	char text[32];

	if (row->form == FORM_TOGGLES)
		return cgw_diag_set(
			&step->result.diag, -EBUSY,
			"the group contains processes, which on cgroup v2 excludes enabling "
			"controllers for its children, or a child still uses the controller");
	if (row->reclaimable && target != NULL &&
	    target_number(target, (enum cgw_metric)row->guard, &used) == 0) {
		(void)quantity_format_rounded((enum cgw_unit)row->info.unit, used, false, text,
					      sizeof(text));
		return cgw_diag_set(
			&step->result.diag, -EBUSY,
			"%s in use; the kernel could not reclaim down to the new value; "
			"reclaim more with --reclaim, or stop a process in the group",
			text);
	}
	return cgw_diag_set(&step->result.diag, -EBUSY,
			    "the group or one of its descendants still uses the current value");
}

int advise_set(struct cgw_plan *plan, struct step *step, const struct target *target, int error)
{
	struct cgw_diag *diag = &step->result.diag;

	if (diag->text[0] != '\0') /* systemd's message is more precise */
		return error;
	if (error == -ENOENT)
		return advise_missing(plan, step);
	if (error == -EINVAL && target != NULL)
		return advise_invalid(plan, step, target);
	if (error == -EBUSY)
		return advise_busy(step, target);
	if (error == -ENODEV && control_row(step->spec.control)->info.per_device &&
	    group_exists(plan, step, step->hierarchy))
		return cgw_diag_set(diag, error, "no such disk, or the device is a partition");
	return cgw_diag_set(diag, error, "%s", general_reason(error));
}

int advise_group(struct step *step, int error)
{
	return cgw_diag_set(&step->result.diag, error, "%s", general_reason(error));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* errno-hints.c - why the kernel refused a change, and what to do about it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/percent-base.h"
#include "lib/limit/plan.h"

/* What is true of an errno whatever the control. */
static const struct {
	int error;
	const char *text;
} general[] = {
	{-EACCES,
	 "not allowed: the group belongs to another user, or is not delegated to this one"},
	{-EPERM, "not allowed: root of a cgroup namespace, or a capability is missing"},
	{-EROFS, "the control group file system is mounted read-only here, as containers have it"},
	{-ENODEV, "the group went away meanwhile"},
	{-ESTALE, "another group stands under that name now"},
	{-EOPNOTSUPP, "the kernel has the file and does not serve it for this group"},
	{-ENOSPC, "it would leave processes without a CPU or a memory node to run on"},
	{-E2BIG, "the value is longer than the kernel takes"},
	{-EINTR, "a signal came while the kernel reclaimed; nothing was changed"},
	{-ENAMETOOLONG, "the instance's name is too long"},
	{-ERANGE,
	 "the kernel takes no such number here: a CPU or a node that the machine does not have, or "
	 "too large a value"},
	{-ESRCH, "there is no such process any more"},
};

static const char *general_reason(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(general); i++)
		if (general[i].error == error)
			return general[i].text;
	return strerror(-error);
}

static bool group_is_there(const struct cgw_plan *plan, const struct step *step, size_t hierarchy)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;

	return target_open(plan->layout, hierarchy, step->ask.path, &target) == 0;
}

static int advise_missing(struct cgw_plan *plan, struct step *step)
{
	const struct cgw_hierarchy *hierarchy = &plan->layout->hierarchies[step->hierarchy];
	const char *controller =
		step->source->controller >= 0
			? cgw_controller_name((enum cgw_controller)step->source->controller,
					      hierarchy->version)
			: NULL;
	const char *slash = strrchr(step->ask.path, '/');
	char shown[256], parent[256];

	cgw_escape(shown, sizeof(shown), step->ask.path, strlen(step->ask.path));
	cgw_escape(parent, sizeof(parent), step->ask.path,
		   slash > step->ask.path ? (size_t)(slash - step->ask.path) : 1);
	if (!group_is_there(plan, step, step->hierarchy))
		return cgw_diag_set(
			&step->result.diag, -ENOENT,
			"%s is not in the hierarchy of %s; `cgward create %s` makes it there",
			shown, hierarchy->label, shown);
	if (strcmp(step->ask.path, "/") == 0)
		return cgw_diag_set(&step->result.diag, -ENOENT,
				    "the root takes no limits: set it on the groups beneath");
	if (hierarchy->version == 2 && controller != NULL)
		return cgw_diag_set(
			&step->result.diag, -ENOENT,
			"the controller %s is not on for %s: --enable switches it on down to "
			"there (`cgward set %s cgroup.subtree_control=+%s` one level)",
			controller, shown, parent, controller);
	return cgw_diag_set(&step->result.diag, -ENOENT, "this kernel has no %s for %s",
			    step->source->file, shown);
}

/* A value that the kernel does not take: the parent's, or a companion's, stands in the way. */
static int advise_invalid(struct cgw_plan *plan, struct step *step, const struct target *target)
{
	const struct control_row *row = control_row(step->ask.control), *bound_row;
	const struct cgw_source *source;
	struct setting limit = {0};
	char words[VALUE_MAX], path[256], shown[256];
	size_t hierarchy;

	if (strcmp(step->ask.path, "/") == 0)
		return cgw_diag_set(&step->result.diag, -EINVAL,
				    "the root takes no limits: set it on the groups beneath");
	if (row->bounded && control_place(plan->layout, (enum cgw_control)row->at_most,
					  step->ask.path, &hierarchy, &source) == 0) {
		bound_row = control_row((enum cgw_control)row->at_most);
		if (target_get(target, bound_row, source, &limit) == 0 &&
		    setting_compare(&step->wanted, &limit) > 0) {
			(void)setting_format(bound_row, &limit, words, sizeof(words));
			return cgw_diag_set(
				&step->result.diag, -EINVAL,
				"it may not exceed %s, which is %s: set both in one call",
				bound_row->info.key, words);
		}
	}
	if (bases_parent_limit(row, step->source, target, &limit, path, sizeof(path))) {
		(void)setting_format(row, &limit, words, sizeof(words));
		cgw_escape(shown, sizeof(shown), path, strlen(path));
		return cgw_diag_set(
			&step->result.diag, -EINVAL,
			"the kernel does not take it: %s above allows %s, and on cgroup "
			"v1 a group may have no more, nor less than one beneath it",
			shown, words);
	}
	return cgw_diag_set(&step->result.diag, -EINVAL,
			    "the kernel does not take %s (a group beneath may have more)",
			    step->result.new_value);
}

static int advise_busy(struct step *step, const struct target *target)
{
	const struct control_row *row = control_row(step->ask.control);
	uint64_t used = 0;

	if (row->form == FORM_TOGGLES)
		return cgw_diag_set(
			&step->result.diag, -EBUSY,
			"the group has processes of its own, or a group beneath still uses "
			"what is switched off: on v2 a group has either processes or "
			"controllers for the groups beneath it");
	if (row->reclaimable && target != NULL &&
	    target_number(target, (enum cgw_metric)row->guard, &used) == 0)
		return cgw_diag_set(
			&step->result.diag, -EBUSY,
			"%" PRIu64 " bytes are in use and the kernel could not reclaim down to the "
			"new value; --reclaim tries harder, or stop something in the group",
			used);
	return cgw_diag_set(
		&step->result.diag, -EBUSY,
		"something in the group, or a group beneath, still needs the present value");
}

int advise_set(struct cgw_plan *plan, struct step *step, const struct target *target, int error)
{
	struct cgw_diag *diag = &step->result.diag;

	if (diag->text[0] != '\0') /* systemd's own words say more */
		return error;
	if (error == -ENOENT)
		return advise_missing(plan, step);
	if (error == -EINVAL && target != NULL)
		return advise_invalid(plan, step, target);
	if (error == -EBUSY)
		return advise_busy(step, target);
	if (error == -ENODEV && control_row(step->ask.control)->info.per_device &&
	    group_is_there(plan, step, step->hierarchy))
		return cgw_diag_set(diag, error,
				    "the kernel knows no such disk, or it is a partition");
	return cgw_diag_set(diag, error, "%s", general_reason(error));
}

int advise_group(struct cgw_plan *plan, struct step *step, int error, const char *what)
{
	char shown[256];

	(void)plan;
	cgw_escape(shown, sizeof(shown), step->ask.path, strlen(step->ask.path));
	return cgw_diag_set(&step->result.diag, error, "cannot %s %s: %s", what, shown,
			    error == -ENOENT ? "there is no such group" : general_reason(error));
}

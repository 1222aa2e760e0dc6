/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-move.c - step that moves a process into a group, in every hierarchy that has the group. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/limit/members.h"
#include "lib/limit/plan.h"

/* Moving a process that is being forked fails with EINVAL for a short time. */
#define TRIES 4

static int write_pid(const struct cgw_layout *layout, size_t hierarchy, const char *path, pid_t pid)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	const struct timespec wait = {0, 30000000};
	char text[16];
	int r = target_open(layout, hierarchy, path, &target);

	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	for (int i = 0; r == 0 && i < TRIES; i++) {
		r = target_write(&target, "cgroup.procs", text);
		if (r != -EINVAL)
			break;
		r = i + 1 < TRIES ? 0 : -EINVAL;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
	}
	return r;
}

/* 1: the hierarchy has the group, 0: it has not; errors must not leave the process behind. */
static int has_group(const struct cgw_plan *plan, const struct step *step, size_t hierarchy)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r;

	if (hierarchy_tracks_members(plan->layout, hierarchy))
		return 0;
	r = target_open(plan->layout, hierarchy, step->spec.path, &target);
	return r == 0 ? 1 : cgw_error_is_gone(r) ? 0 : r;
}

static bool is_in_group(const struct step *step, size_t hierarchy)
{
	const char *path = step->old_membership.paths[hierarchy];

	return path != NULL && strcmp(path, step->spec.path) == 0;
}

static int check_process(struct cgw_plan *plan, struct step *step)
{
	char name[64], state;
	bool kernel;
	int r = process_state(plan->layout, step->spec.pid, &state, &kernel, name, sizeof(name));

	if (r < 0)
		return advise_group(step, r);
	if (kernel) {
		step->result.outcome = CGW_OUTCOME_REFUSED;
		return cgw_diag_set(&step->result.diag, -EPERM,
				    "%s is a kernel thread, which cannot be moved", name);
	}
	return 0;
}

static int advise(struct cgw_plan *plan, struct step *step, size_t hierarchy, int error)
{
	const struct cgw_hierarchy *of = &plan->layout->hierarchies[hierarchy];
	struct cgw_diag *diag = &step->result.diag;

	switch (error) {
	case -ENOSPC:
		return cgw_diag_set(diag, error,
				    "the group has no CPU or memory node; set cpuset.cpus and "
				    "cpuset.mems first");
	case -EBUSY:
		return cgw_diag_set(
			diag, error,
			"the group enables controllers for its children and so cannot contain "
			"processes; choose one of its children");
	case -EOPNOTSUPP:
		return cgw_diag_set(diag, error,
				    "the group is threaded or an invalid domain, and cannot "
				    "contain this process");
	case -ENOENT:
		return cgw_diag_set(
			diag, error,
			"the process is in another cgroup namespace, which is not accessible");
	case -EACCES:
		return cgw_diag_set(
			diag, error,
			"permission denied; moving requires write access to both groups and their "
			"common ancestor (%s hierarchy)",
			of->label);
	default:
		return advise_group(step, error);
	}
}

static int move_prepare(struct cgw_plan *plan, struct step *step)
{
	struct cgw_result *result = &step->result;
	const char *from = NULL;
	char shown[200];
	size_t group_count = 0, member_count = 0;
	bool same_path = true;
	int r = check_process(plan, step);

	r = r < 0 ? r : cgw_membership_read(plan->layout, step->spec.pid, &step->old_membership);
	if (r < 0)
		return result->diag.text[0] != '\0' ? r : advise_group(step, r);
	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		char pid[16];

		r = has_group(plan, step, h);
		if (r < 0)
			return advise(plan, step, h, r);
		if (r == 0)
			continue;
		group_count++;
		member_count += is_in_group(step, h);
		if (step->old_membership.paths[h] != NULL) {
			same_path = same_path && (from == NULL ||
						  strcmp(from, step->old_membership.paths[h]) == 0);
			from = step->old_membership.paths[h];
		}
		(void)snprintf(pid, sizeof(pid), "%d", (int)step->spec.pid);
		step->hierarchy = h;
		if (!is_in_group(step, h))
			step_describe_write(step, plan->layout, h, "cgroup.procs", pid);
	}
	if (group_count == 0)
		return advise_group(step, -ENOENT);
	/* Undo supports one path for all hierarchies: the text only notes that there are others. */
	if (from != NULL)
		cgw_escape(shown, sizeof(shown), from, strlen(from));
	(void)snprintf(result->old_value, sizeof(result->old_value), "%d in %s%s",
		       (int)step->spec.pid, from != NULL ? shown : "nothing",
		       same_path ? "" : " and others");
	cgw_escape(shown, sizeof(shown), step->spec.path, strlen(step->spec.path));
	(void)snprintf(result->new_value, sizeof(result->new_value), "%d in %s",
		       (int)step->spec.pid, shown);
	if (member_count == group_count)
		result->outcome = CGW_OUTCOME_UNCHANGED;
	if (plan_owned(step))
		(void)systemd_format_unit(&step->owner, "AttachProcessesToUnit", result->how,
					  sizeof(result->how));
	return 0;
}

static int move_rollback(struct cgw_plan *plan, struct step *step)
{
	int first = 0;

	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		int r = has_group(plan, step, h);

		if (r == 0 || is_in_group(step, h) || step->old_membership.paths[h] == NULL)
			continue;
		/* On errors try to move the process back: a no-op where it never left. */
		r = write_pid(plan->layout, h, step->old_membership.paths[h], step->spec.pid);
		if (r < 0 && r != -ESRCH && first == 0)
			first = r;
	}
	return first;
}

static int move_apply(struct cgw_plan *plan, struct step *step)
{
	if (plan_owned(step))
		return systemd_attach(plan->systemd, &step->owner, "", &step->spec.pid, 1,
				      &step->result.diag);
	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		int r = has_group(plan, step, h);

		if (r == 0 || is_in_group(step, h))
			continue;
		r = r < 0 ? r : write_pid(plan->layout, h, step->spec.path, step->spec.pid);
		if (r < 0) {
			(void)move_rollback(plan, step);
			return advise(plan, step, h, r);
		}
	}
	return 0;
}

const struct step_kind step_move = {
	.prepare = move_prepare,
	.apply = move_apply,
	.rollback = move_rollback,
};

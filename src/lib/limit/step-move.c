/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-move.c - the step that puts a process into a group, in every hierarchy that holds the group. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/limit/members.h"
#include "lib/limit/plan.h"

/* A process that is being born cannot be moved for a moment. */
#define TRIES 4

static int put(const struct cgw_layout *layout, size_t hierarchy, const char *path, pid_t pid)
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

/* 1 where the hierarchy holds the group, 0 where not; not to know would be to leave the process behind there. */
static int takes_part(const struct cgw_plan *plan, const struct step *step, size_t hierarchy)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r;

	if (hierarchy_tracks_members(plan->layout, hierarchy))
		return 0;
	r = target_open(plan->layout, hierarchy, step->ask.path, &target);
	return r == 0 ? 1 : cgw_error_is_gone(r) ? 0 : r;
}

static bool is_there(const struct step *step, size_t hierarchy)
{
	const char *path = step->was_in.paths[hierarchy];

	return path != NULL && strcmp(path, step->ask.path) == 0;
}

static int check_process(struct cgw_plan *plan, struct step *step)
{
	char name[64], state;
	bool kernel;
	int r = process_state(plan->layout, step->ask.pid, &state, &kernel, name, sizeof(name));

	if (r < 0)
		return cgw_diag_set(&step->result.diag, r, "there is no process %d",
				    (int)step->ask.pid);
	if (kernel) {
		step->result.outcome = CGW_OUTCOME_REFUSED;
		return cgw_diag_set(&step->result.diag, -EPERM,
				    "%d (%s) is a thread of the kernel's, which stays where it is",
				    (int)step->ask.pid, name);
	}
	return 0;
}

static int advise(struct cgw_plan *plan, struct step *step, size_t hierarchy, int error)
{
	const struct cgw_hierarchy *of = &plan->layout->hierarchies[hierarchy];
	struct cgw_diag *diag = &step->result.diag;

	switch (error) {
	case -ENOSPC:
		return cgw_diag_set(
			diag, error,
			"the group has no CPU or no memory node yet: set cpuset.cpus and "
			"cpuset.mems first");
	case -EBUSY:
		return cgw_diag_set(
			diag, error,
			"the group passes controllers on to groups beneath it, so that it "
			"takes no processes itself: name one beneath it");
	case -EOPNOTSUPP:
		return cgw_diag_set(
			diag, error,
			"the group is threaded, or an invalid domain: it takes no processes "
			"from there");
	case -ENOENT:
		return cgw_diag_set(
			diag, error,
			"the process is in another cgroup namespace, out of reach from here");
	case -EACCES:
		return cgw_diag_set(
			diag, error,
			"not allowed: moving needs write access to both groups and to the one "
			"above both (%s)",
			of->label);
	default:
		return advise_group(plan, step, error, "move into");
	}
}

static int move_prepare(struct cgw_plan *plan, struct step *step)
{
	struct cgw_result *result = &step->result;
	const char *from = NULL;
	char shown[200];
	size_t parts = 0, there = 0;
	bool one = true;
	int r = check_process(plan, step);

	r = r < 0 ? r : cgw_membership_read(plan->layout, step->ask.pid, &step->was_in);
	if (r < 0)
		return result->diag.text[0] != '\0' ? r : advise_group(plan, step, r, "move to");
	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		char pid[16];

		r = takes_part(plan, step, h);
		if (r < 0)
			return advise(plan, step, h, r);
		if (r == 0)
			continue;
		parts++;
		there += is_there(step, h);
		if (step->was_in.paths[h] != NULL) {
			one = one && (from == NULL || strcmp(from, step->was_in.paths[h]) == 0);
			from = step->was_in.paths[h];
		}
		(void)snprintf(pid, sizeof(pid), "%d", (int)step->ask.pid);
		step->hierarchy = h;
		if (!is_there(step, h))
			step_describe_write(step, plan->layout, h, "cgroup.procs", pid);
	}
	if (parts == 0)
		return advise_group(plan, step, -ENOENT, "move to");
	/* One path goes back in every hierarchy; several are told apart for people only. */
	if (from != NULL)
		cgw_escape(shown, sizeof(shown), from, strlen(from));
	(void)snprintf(result->old_value, sizeof(result->old_value), "%d in %s%s",
		       (int)step->ask.pid, from != NULL ? shown : "nothing",
		       one ? "" : " and others");
	cgw_escape(shown, sizeof(shown), step->ask.path, strlen(step->ask.path));
	(void)snprintf(result->new_value, sizeof(result->new_value), "%d in %s", (int)step->ask.pid,
		       shown);
	if (there == parts)
		result->outcome = CGW_OUTCOME_UNCHANGED;
	if (plan_owned(step))
		(void)systemd_format_unit(&step->owner, "AttachProcessesToUnit", result->how,
					  sizeof(result->how));
	return 0;
}

static int move_back(struct cgw_plan *plan, struct step *step)
{
	int first = 0;

	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		int r = takes_part(plan, step, h);

		if (r == 0 || is_there(step, h) || step->was_in.paths[h] == NULL)
			continue;
		/* Not known is tried: where the process never left, it stays. */
		r = put(plan->layout, h, step->was_in.paths[h], step->ask.pid);
		if (r < 0 && r != -ESRCH && first == 0)
			first = r;
	}
	return first;
}

static int move_apply(struct cgw_plan *plan, struct step *step)
{
	if (plan_owned(step))
		return systemd_attach(plan->systemd, &step->owner, "", &step->ask.pid, 1,
				      &step->result.diag);
	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		int r = takes_part(plan, step, h);

		if (r == 0 || is_there(step, h))
			continue;
		r = r < 0 ? r : put(plan->layout, h, step->ask.path, step->ask.pid);
		if (r < 0) {
			(void)move_back(plan, step);
			return advise(plan, step, h, r);
		}
	}
	return 0;
}

const struct step_kind step_move = {
	.prepare = move_prepare,
	.apply = move_apply,
	.take_back = move_back,
};

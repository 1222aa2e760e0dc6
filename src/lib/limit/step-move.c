/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-move.c - step that moves a process into a group, in every hierarchy that has the group. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/limit/freezer.h"
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

	snprintf(text, sizeof(text), "%d", (int)pid);
	for (int i = 0; r == 0 && i < TRIES; i++) {
		r = target_write(&target, "cgroup.procs", text);
		if (r != -EINVAL)
			break;
		r = i + 1 < TRIES ? 0 : -EINVAL;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
	}
	return r;
}

/*
 * Where the process is moved in a hierarchy: 1 and the path, or 0 if it stays where it is. Errors
 * must not leave the process behind.
 */
static int find_destination(const struct cgw_plan *plan, const struct step *step, size_t hierarchy,
			    const char **ret_path)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	const struct cgw_change *undoes = step->undoes;
	const char *path = undoes == NULL ? step->spec.path : NULL;
	int r;

	for (size_t i = 0; undoes != NULL && i < undoes->place_count && path == NULL; i++)
		if (strcmp(undoes->places[i].hierarchy,
			   plan->layout->hierarchies[hierarchy].label) == 0)
			path = undoes->places[i].path;
	if (path == NULL || hierarchy_tracks_members(plan->layout, hierarchy))
		return 0;
	r = target_open(plan->layout, hierarchy, path, &target);
	if (r < 0)
		return undoes == NULL && cgw_error_is_gone(r) ? 0 : r;
	*ret_path = path;
	return 1;
}

static bool is_there(const struct step *step, size_t hierarchy, const char *path)
{
	const char *now = step->old_membership.paths[hierarchy];

	return now != NULL && strcmp(now, path) == 0;
}

static int check_process(struct cgw_plan *plan, struct step *step)
{
	char name[64], state;
	bool kernel;
	int r;

	/* The kernel moves the whole process of a thread. */
	step->spec.pid = process_of_thread(plan->layout, step->spec.pid);
	r = process_state(plan->layout, step->spec.pid, &state, &kernel, name, sizeof(name));

	r = r < 0 ? r : process_start(plan->layout, step->spec.pid, &step->process_start);
	if (r == 0 && step->spec.process_start != 0 &&
	    step->process_start != step->spec.process_start)
		r = -ESRCH;
	r = r < 0 ? r : cgw_membership_read(plan->layout, step->spec.pid, &step->old_membership);
	if (r == -ENAMETOOLONG)
		return cgw_diag_set(&step->result.diag, r,
				    "the path of its present group is longer than the kernel "
				    "reports (%d bytes), so the process could not be moved back",
				    PATH_MAX);
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
			diag, error, "permission denied: moving requires %s (%s hierarchy)",
			of->version == 1
				? "write access to the group, and a process of the same user"
				: "write access to the group and to its common ancestor with the "
				  "present one",
			of->label);
	default:
		return advise_group(step, error);
	}
}

/* Is the process, or a group that it would leave, protected? */
static int check_protection(struct cgw_plan *plan, struct step *step)
{
	struct cgw_diag *diag = &step->result.diag;
	int r = plan_protection(plan);

	if (r == 0 && step->spec.pid == 1)
		r = cgw_diag_set(diag, -EPERM, "process 1 is the init process");
	for (size_t h = 0; h < step->old_membership.count && r == 0; h++) {
		const char *path = step->old_membership.paths[h];

		/* The root is protected too, but it is where most processes start. */
		if (path == NULL || strcmp(path, "/") == 0 ||
		    (h > 0 && step->old_membership.paths[h - 1] != NULL &&
		     strcmp(path, step->old_membership.paths[h - 1]) == 0))
			continue;
		if (plan->options.protect != NULL)
			r = plan->options.protect(plan->options.protect_context, path,
						  CGW_STEP_MOVE, diag);
		if (r == 0 && !plan->options.yes_really)
			r = protection_check_service(path, diag);
	}
	if (r < 0)
		step->result.outcome = CGW_OUTCOME_REFUSED;
	return r;
}

/* "1234 in /a", with a remark if the process was in other groups in other hierarchies. */
static void describe_places(struct step *step, const char *from, bool same_path)
{
	struct cgw_result *result = &step->result;
	char shown[200];

	if (from != NULL)
		cgw_escape(shown, sizeof(shown), from, strlen(from));
	snprintf(result->old_value, sizeof(result->old_value), "%d in %s%s", (int)step->spec.pid,
		 from != NULL ? shown : "nothing", same_path ? "" : " and others");
	cgw_escape(shown, sizeof(shown), step->spec.path, strlen(step->spec.path));
	snprintf(result->new_value, sizeof(result->new_value), "%d in %s", (int)step->spec.pid,
		 shown);
}

/* A limit, and how much must be available below it. */
struct headroom {
	enum cgw_metric use, limit;
	uint64_t more;
};

/*
 * The group, or an ancestor that does not contain the process yet, that has no room for `more` in
 * its limit.
 */
static bool is_full(const struct cgw_plan *plan, const struct step *step, size_t hierarchy,
		    const char *path, const struct headroom *headroom, char full[200])
{
	CLEANUP(cleanup_free) char *above = strdup(path);
	const char *now = step->old_membership.paths[hierarchy];
	char *slash = above;

	while (slash != NULL && above[1] != '\0' && (now == NULL || !path_contains(above, now))) {
		CLEANUP(target_close) struct target target = TARGET_NONE;
		uint64_t used, most;

		if (target_open(plan->layout, hierarchy, above, &target) == 0 &&
		    target_number(&target, headroom->use, &used) == 0 &&
		    target_number(&target, headroom->limit, &most) == 0 &&
		    used + headroom->more >= most) {
			cgw_escape(full, 200, above, strlen(above));
			return true;
		}
		slash = strrchr(above, '/');
		if (slash == above)
			break;
		*slash = '\0';
	}
	return false;
}

/*
 * In a frozen group this process, or one that it depends on, could not undo the move; in a full one
 * it could not start another process or would be killed.
 */
static int check_own_chain(struct cgw_plan *plan, struct step *step, size_t hierarchy,
			   const char *path)
{
	const char *description = protection_describe(plan->protection, step->spec.pid);
	CLEANUP(target_close) struct target target = TARGET_NONE;
	static const struct headroom pids = {CGW_M_PIDS_CURRENT, CGW_M_PIDS_MAX, 1};
	static const struct headroom memory = {CGW_M_MEMORY_CURRENT, CGW_M_MEMORY_MAX, 0};
	struct freezer_state state = {0};
	char full[200];

	if (description == NULL)
		return 0;
	step->result.outcome = CGW_OUTCOME_REFUSED;
	if (target_open(plan->layout, hierarchy, path, &target) == 0 &&
	    target_has(&target, freezer_file(&target)) && freezer_read(&target, &state) == 0 &&
	    (state.requested || state.frozen || state.by_ancestor))
		return cgw_diag_set(&step->result.diag, -EPERM,
				    "process %d is %s, and the group is frozen",
				    (int)step->spec.pid, description);
	if (is_full(plan, step, hierarchy, path, &pids, full))
		return cgw_diag_set(&step->result.diag, -EPERM,
				    "process %d is %s, and %s is at its pids.max: it could not "
				    "start another process",
				    (int)step->spec.pid, description, full);
	if (is_full(plan, step, hierarchy, path, &memory, full))
		return cgw_diag_set(&step->result.diag, -EPERM,
				    "process %d is %s, and %s is at its memory.max: it could be "
				    "killed",
				    (int)step->spec.pid, description, full);
	step->result.outcome = CGW_OUTCOME_PENDING;
	return 0;
}

/* v1 requires write access to the group and a process of the same user; v2 the common ancestor. */
static int check_rights(const struct cgw_plan *plan, const struct step *step, size_t hierarchy,
			const char *path)
{
	CLEANUP(target_close) struct target target = TARGET_NONE, above = TARGET_NONE;
	const char *now = step->old_membership.paths[hierarchy];
	CLEANUP(cleanup_free) char *common = strdup(path);
	int r = common == NULL ? -ENOMEM : target_open(plan->layout, hierarchy, path, &target);

	r = r < 0 ? r : target_may_write(&target, "cgroup.procs");
	if (r < 0 || now == NULL)
		return r;
	if (plan->layout->hierarchies[hierarchy].version == 1)
		return kill(step->spec.pid, 0) < 0 && errno == EPERM ? -EACCES : 0;
	while (!path_contains(common, now)) {
		char *slash = strrchr(common, '/');

		slash[slash == common] = '\0';
	}
	r = target_open(plan->layout, hierarchy, common, &above);
	r = r < 0 ? r : target_may_write(&above, "cgroup.procs");
	return cgw_error_is_gone(r) ? 0 : r;
}

static int move_prepare(struct cgw_plan *plan, struct step *step)
{
	struct cgw_result *result = &step->result;
	const char *from = NULL, *path = NULL;
	size_t group_count = 0, member_count = 0;
	bool same_path = true;
	int r = check_process(plan, step);

	r = r < 0 ? r : check_protection(plan, step);
	for (size_t h = 0; r >= 0 && h < plan->layout->hierarchy_count; h++) {
		const char *now = step->old_membership.paths[h];

		r = find_destination(plan, step, h, &path);
		if (r < 0)
			return advise(plan, step, h, r);
		if (r == 0)
			continue;
		group_count++;
		step->hierarchy = h;
		if (now != NULL) {
			same_path = same_path && (from == NULL || strcmp(from, now) == 0);
			from = now;
		}
		if (is_there(step, h, path)) {
			member_count++;
			continue;
		}
		step->moved |= UINT32_C(1) << h;
		r = check_own_chain(plan, step, h, path);
		step_describe_write(step, plan->layout, h, path, "cgroup.procs",
				    FORMATTED(16, "%d", (int)step->spec.pid));
		if (r < 0 || plan_owned(step))
			continue;
		r = check_rights(plan, step, h, path);
		if (r < 0)
			return advise(plan, step, h, r);
	}
	if (r < 0)
		return r;
	if (group_count == 0)
		return advise_group(step, -ENOENT);
	describe_places(step, from, same_path);
	if (member_count == group_count)
		result->outcome = CGW_OUTCOME_UNCHANGED;
	if (plan_owned(step)) {
		(void)systemd_format_unit(&step->owner, "AttachProcessesToUnit", result->how,
					  sizeof(result->how));
		step_note_authorization(plan, step);
	}
	return 0;
}

static int move_rollback(struct cgw_plan *plan, struct step *step)
{
	int first = 0;

	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		const char *old = step->old_membership.paths[h], *path;
		int r = find_destination(plan, step, h, &path);

		if (r == 0 || old == NULL || (r > 0 && is_there(step, h, path)))
			continue;
		/* On errors try to move the process back: a no-op where it never left. */
		r = write_pid(plan->layout, h, old, step->spec.pid);
		if (r < 0 && r != -ESRCH && first == 0)
			first = r;
	}
	return first;
}

static int move_apply(struct cgw_plan *plan, struct step *step)
{
	uint64_t start = 0;

	/* The PID may have been reused since it was checked. */
	if (process_start(plan->layout, step->spec.pid, &start) < 0 || start != step->process_start)
		return advise_group(step, -ESRCH);
	if (plan_owned(step))
		return systemd_attach(plan->systemd, &step->owner, "", &step->spec.pid, 1,
				      &step->result.diag);
	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		const char *path;
		int r = find_destination(plan, step, h, &path);

		if (r == 0 || (r > 0 && is_there(step, h, path)))
			continue;
		r = r < 0 ? r : write_pid(plan->layout, h, path, step->spec.pid);
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

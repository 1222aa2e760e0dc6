/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * step-kill.c - step that signals all processes of a group and its descendants.
 *
 * For SIGKILL v2 has cgroup.kill, which forks cannot escape. On v1 the group is frozen first, so
 * that it cannot fork while it is signalled, and thawed afterwards, because a frozen process does
 * not die there. This is repeated until no process is left. Signals are sent through pidfds after
 * checking the membership again, since a PID may have been reused.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/freezer.h"
#include "lib/limit/members.h"
#include "lib/limit/plan.h"

#define TIMEOUT_NS      UINT64_C(10000000000)
#define FREEZE_FOR_NS   UINT64_C(500000000)
#define NOT_KILL_PASSES 3

static int signal_of(const struct step *step)
{
	return step->spec.signal != 0 ? step->spec.signal : SIGKILL;
}

static bool is_in_subtree(const char *group, const char *path)
{
	size_t length = strlen(path);

	return strncmp(group, path, length) == 0 && (group[length] == '/' || group[length] == '\0');
}

/* Is the process still in the group, in any hierarchy? */
static bool is_member(const struct cgw_layout *layout, pid_t pid, const char *path)
{
	CLEANUP(cgw_membership_done) struct cgw_membership membership = {0};

	if (cgw_membership_read(layout, pid, &membership) < 0)
		return false;
	for (size_t h = 0; h < membership.count; h++)
		if (membership.paths[h] != NULL && is_in_subtree(membership.paths[h], path))
			return true;
	return false;
}

static bool send_signal(const struct cgw_layout *layout, pid_t pid, const char *path, int signal)
{
	CLEANUP(cleanup_close) int fd = -1;
	char state;
	bool kernel = false;

	if (pid <= 1 || pid == getpid())
		return false;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0 && errno != ENOSYS && errno != EPERM)
		return false;
	if (!is_member(layout, pid, path) ||
	    process_state(layout, pid, &state, &kernel, NULL, 0) < 0 || kernel)
		return false;
	if (fd >= 0)
		return syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
	return kill(pid, signal) == 0;
}

/* Kills all processes of the v2 group at once, if the kernel has cgroup.kill. */
static bool kill_at_once(const struct cgw_plan *plan, const struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int hierarchy = cgw_layout_find_v2(plan->layout);

	return hierarchy >= 0 &&
	       target_open(plan->layout, (size_t)hierarchy, step->spec.path, &target) == 0 &&
	       target_write(&target, "cgroup.kill", "1") == 0;
}

/* SIGKILL has no effect on processes in the v1 freezer: thaw the group and its descendants. */
static void thaw_all(const struct cgw_plan *plan, const struct step *step)
{
	CLEANUP(subtree_done) struct subtree subtree = {0};
	int hierarchy = cgw_layout_find(plan->layout, CGW_FREEZER);

	if (hierarchy < 0 ||
	    subtree_list(plan->layout, (size_t)hierarchy, step->spec.path, &subtree) < 0)
		return;
	for (size_t i = 0; i < subtree.count; i++) {
		CLEANUP(target_close) struct target target = TARGET_NONE;

		if (target_open(plan->layout, (size_t)hierarchy, subtree.paths[i], &target) == 0)
			(void)target_write(&target, "freezer.state", "THAWED");
	}
}

static size_t signal_all(const struct cgw_plan *plan, const struct step *step,
			 const struct members *members)
{
	size_t signalled = 0;

	for (size_t i = 0; i < members->count; i++)
		signalled += send_signal(plan->layout, members->pids[i], step->spec.path,
					 signal_of(step));
	return signalled;
}

/* Does the list contain processes that were not in the list before? */
static bool has_new(const struct members *now, const struct members *before)
{
	size_t at = 0;

	for (size_t i = 0; i < now->count; i++) {
		while (at < before->count && before->pids[at] < now->pids[i])
			at++;
		if (at == before->count || before->pids[at] != now->pids[i])
			return true;
	}
	return false;
}

/* For any signal but SIGKILL: signals each process once, including those forked in the meantime. */
static int signal_once(struct cgw_plan *plan, struct step *step, size_t *ret_signalled)
{
	CLEANUP(members_done) struct members before = {0};

	for (int pass = 0; pass < NOT_KILL_PASSES; pass++) {
		CLEANUP(members_done) struct members now = {0};
		int r = members_add_all(&now, plan->layout, step->spec.path);

		if (r < 0)
			return r;
		if (!has_new(&now, &before))
			return 0;
		for (size_t i = 0; i < now.count; i++) {
			const struct members one = {.pids = &now.pids[i], .count = 1};

			if (has_new(&one, &before))
				*ret_signalled += signal_all(plan, step, &one);
		}
		members_done(&before);
		before = now;
		now = (struct members){0};
	}
	return 0;
}

static int report_survivors(const struct cgw_plan *plan, struct step *step,
			    const struct members *members)
{
	char names[256];

	members_format(members, plan->layout, names, sizeof(names));
	return cgw_diag_set(
		&step->result.diag, -ETIMEDOUT,
		"processes remain after SIGKILL (blocked in the kernel, or not permitted "
		"to signal): %s",
		names);
}

static int kill_until_empty(struct cgw_plan *plan, struct step *step, size_t *ret_signalled)
{
	uint64_t end_ns =
		clock_now_ns() + (step->spec.timeout_ns != 0 ? step->spec.timeout_ns : TIMEOUT_NS);
	CLEANUP(members_done) struct members first = {0};
	bool at_once;

	/* Count first: cgroup.kill leaves nothing to count. */
	(void)members_add_all(&first, plan->layout, step->spec.path);
	*ret_signalled = first.count;
	at_once = kill_at_once(plan, step);
	for (unsigned pass = 0;; pass++) {
		CLEANUP(members_done) struct members members = {0};
		CLEANUP(target_close) struct target freezer = TARGET_NONE;
		int r = members_add_all(&members, plan->layout, step->spec.path);

		if (r < 0 && !cgw_error_is_gone(r))
			return r;
		if (members.count == 0) {
			thaw_all(plan, step);
			return 0;
		}
		if (clock_now_ns() >= end_ns) {
			thaw_all(plan, step);
			return report_survivors(plan, step, &members);
		}
		/* Freeze a possible fork bomb, but signal processes that do not freeze as well. */
		if (!at_once && freezer_open(plan->layout, step->spec.path, &freezer) == 0 &&
		    plan->layout->hierarchies[freezer.hierarchy].version == 1) {
			(void)freezer_set(&freezer, true, FREEZE_FOR_NS);
			members.count = 0;
			(void)members_add_all(&members, plan->layout, step->spec.path);
		}
		(void)signal_all(plan, step, &members);
		thaw_all(plan, step);
		clock_sleep_ms(pass < 10 ? 2 : 20);
	}
}

static int kill_prepare(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(members_done) struct members members = {0};
	struct cgw_result *result = &step->result;
	char names[384];
	int r = members_add_all(&members, plan->layout, step->spec.path);

	if (r < 0)
		return advise_group(step, r);
	(void)snprintf(result->old_value, sizeof(result->old_value), "%zu processes",
		       members.count);
	if (members.count == 0) {
		(void)snprintf(result->new_value, sizeof(result->new_value), "0 processes");
		result->outcome = CGW_OUTCOME_UNCHANGED;
		return 0;
	}
	members_format(&members, plan->layout, names, sizeof(names));
	(void)snprintf(result->how, sizeof(result->how), "send signal %d to %s", signal_of(step),
		       names);
	return 0;
}

static int kill_apply(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(members_done) struct members left = {0};
	size_t signalled = 0;
	int r = signal_of(step) == SIGKILL ? kill_until_empty(plan, step, &signalled)
					   : signal_once(plan, step, &signalled);

	if (r < 0)
		return step->result.diag.text[0] != '\0' ? r : advise_group(step, r);
	(void)members_add_all(&left, plan->layout, step->spec.path);
	(void)snprintf(step->result.new_value, sizeof(step->result.new_value),
		       "%zu signalled, %zu processes left", signalled, left.count);
	return 0;
}

const struct step_kind step_kill = {
	.prepare = kill_prepare,
	.apply = kill_apply,
	.always_refused = true,
};

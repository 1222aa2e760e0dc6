/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * step-signal.c - step that signals one process of a group.
 *
 * The process is identified by its start time, and must still be in the group or below it. Its
 * pidfd is opened before that is checked, so that the signal cannot reach another process with its
 * PID.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/limit/members.h"
#include "lib/limit/plan.h"

/* Finds the process below the group, in the hierarchy by which the caller identified the group. */
static int find_member(const struct cgw_plan *plan, struct step *step)
{
	CLEANUP(members_done) struct members members = {0};
	struct cgw_membership *now = &step->old_membership;
	const struct cgw_step *spec = &step->spec;
	int r;

	cgw_membership_done(now);
	r = cgw_membership_read(plan->layout, spec->pid, now);
	for (size_t h = 0; r == 0 && h < now->count; h++)
		if ((spec->expected_id == 0 || spec->expected_hierarchy == h) &&
		    now->paths[h] != NULL && path_contains(spec->path, now->paths[h])) {
			step->hierarchy = h;
			return 0;
		}
	/* The kernel does not report the path of a very deep group, nor show others' processes. */
	if (r < 0)
		r = members_add_all(&members, plan->layout, spec->path);
	return r < 0 || members_contain(&members, spec->pid) ? r : -ESRCH;
}

/* Is it still the process that was meant, and in the group? */
static int check_process(const struct cgw_plan *plan, struct step *step)
{
	uint64_t start = 0;
	int r = process_start(plan->layout, step->spec.pid, &start);

	if (r == -ESRCH || (r == 0 && step->process_start != 0 && start != step->process_start))
		return cgw_diag_set(&step->result.diag, -ESRCH, "it has exited");
	if (r < 0)
		return advise_group(step, r);
	step->process_start = start;
	r = find_member(plan, step);
	if (r == -ESRCH)
		return cgw_diag_set(&step->result.diag, r, "it is no longer in the group");
	return r < 0 ? advise_group(step, r) : 0;
}

static int check_allowed(struct cgw_plan *plan, struct step *step, bool is_kernel_thread)
{
	pid_t pid = step->spec.pid;
	struct cgw_diag *diag = &step->result.diag;
	const char *description = pid == 1          ? "the init process"
				  : pid == getpid() ? "this process"
						    : NULL;
	int r = description == NULL ? plan_protection(plan) : 0;

	if (r < 0)
		return advise_group(step, r);
	if (description == NULL)
		description = protection_describe(plan->protection, pid);
	if (description == NULL && !is_kernel_thread && (kill(pid, 0) == 0 || errno != EPERM))
		return 0;
	if (description == NULL && !is_kernel_thread)
		return cgw_diag_set(diag, -EPERM, "user %u may not signal it; root may",
				    (unsigned)geteuid());
	step->result.outcome = CGW_OUTCOME_REFUSED;
	if (description != NULL)
		return cgw_diag_set(diag, -EPERM, "it is protected: it is %s", description);
	return cgw_diag_set(diag, -EPERM, "it is a kernel thread");
}

/* "process 12 (sleep)", with its group if that is below the step's. */
static void describe_process(struct step *step, const char *name)
{
	struct cgw_result *result = &step->result;
	const struct cgw_membership *now = &step->old_membership;
	const char *path = step->hierarchy < now->count ? now->paths[step->hierarchy] : NULL;
	bool is_below = path != NULL && strcmp(path, step->spec.path) != 0;
	char shown[200] = "";

	if (is_below)
		cgw_escape(shown, sizeof(shown), path, strlen(path));
	snprintf(result->old_value, sizeof(result->old_value), "process %d (%s)%s%s",
		 (int)step->spec.pid, name, is_below ? " in " : "", shown);
	snprintf(result->new_value, sizeof(result->new_value), "signal %d", signal_of(step));
	snprintf(result->how, sizeof(result->how), "send signal %d to process %d (%s)",
		 signal_of(step), (int)step->spec.pid, name);
}

static int signal_prepare(struct cgw_plan *plan, struct step *step)
{
	bool is_kernel_thread = false;
	char name[64] = "?", state;
	int r;

	step->process_start = step->spec.process_start;
	r = check_process(plan, step);
	if (r < 0)
		return r;
	(void)process_state(plan->layout, step->spec.pid, &state, &is_kernel_thread, name,
			    sizeof(name));
	describe_process(step, name);
	return check_allowed(plan, step, is_kernel_thread);
}

static int signal_apply(struct cgw_plan *plan, struct step *step)
{
	int fd = process_open(step->spec.pid);
	int r = fd == -ESRCH ? fd : check_process(plan, step);

	if (r == 0)
		r = process_signal(fd, step->spec.pid, signal_of(step));
	if (fd >= 0)
		close(fd);
	if (r == -ESRCH && step->result.diag.text[0] == '\0')
		return cgw_diag_set(&step->result.diag, r, "it has exited");
	return r < 0 && step->result.diag.text[0] == '\0' ? advise_group(step, r) : r;
}

const struct step_kind step_signal = {
	.prepare = signal_prepare,
	.apply = signal_apply,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-freeze.c - steps that freeze and thaw a group. */
#include <errno.h>
#include <stdio.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/freezer.h"
#include "lib/limit/members.h"
#include "lib/limit/plan.h"

#define TIMEOUT_NS (5 * NS_PER_S)

static uint64_t timeout_of(const struct step *step)
{
	return step->spec.timeout_ns != 0 ? step->spec.timeout_ns : TIMEOUT_NS;
}

/* systemd freezes units on v2 only; on v1 and hybrid layouts it does not use the freezer. */
static bool through_systemd(const struct cgw_plan *plan, const struct step *step)
{
	return plan_owned(step) && plan->layout->kind == CGW_LAYOUT_V2;
}

static int open_freezer(struct cgw_plan *plan, struct step *step, struct target *target)
{
	int r = freezer_open(plan->layout, step->spec.path, target);

	if (r == -EOPNOTSUPP)
		return cgw_diag_set(&step->result.diag, r,
				    "neither the v1 freezer controller nor cgroup v2 is mounted");
	if (r == -ENOENT)
		return advise_create(step, "freezer", " and move its processes into it");
	return r < 0 ? advise_group(step, r) : 0;
}

/* A frozen service cannot notify its watchdog. */
static void warn_about_watchdog(const struct cgw_plan *plan, struct step *step)
{
	uint64_t watchdog_us =
		plan_owned(step) ? systemd_watchdog_us(plan->systemd, &step->owner) : 0;

	if (watchdog_us > 0)
		cgw_diag_set(&step->result.diag, 0,
			     "systemd terminates the unit if it is frozen for longer than its "
			     "watchdog timeout of %.1f s",
			     (double)watchdog_us / 1e6);
}

static int prepare(struct cgw_plan *plan, struct step *step, bool freeze)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	struct cgw_result *result = &step->result;
	struct freezer_state state = {0};
	int r = open_freezer(plan, step, &target);

	r = r < 0 ? r : freezer_read(&target, &state);
	if (r < 0)
		return result->diag.text[0] != '\0' ? r : advise_group(step, r);
	step->hierarchy = target.hierarchy;
	step->was_frozen = state.requested;
	snprintf(result->old_value, sizeof(result->old_value), "%s",
		 state.requested ? "frozen" : "thawed");
	snprintf(result->new_value, sizeof(result->new_value), "%s", freeze ? "frozen" : "thawed");
	if (state.requested == freeze && state.frozen == freeze)
		result->outcome = CGW_OUTCOME_UNCHANGED;
	if (!freeze && !state.requested && state.by_ancestor) {
		result->outcome = CGW_OUTCOME_REFUSED;
		return cgw_diag_set(&result->diag, -EBUSY,
				    "an ancestor is frozen; thaw that group instead");
	}
	if (freeze && result->outcome != CGW_OUTCOME_UNCHANGED)
		warn_about_watchdog(plan, step);
	if (through_systemd(plan, step)) {
		(void)systemd_format_unit(&step->owner, freeze ? "FreezeUnit" : "ThawUnit",
					  result->how, sizeof(result->how));
		step_note_authorization(plan, step);
		return 0;
	}
	step_describe_write(step, plan->layout, target.hierarchy, step->spec.path,
			    freezer_file(&target), freezer_word(&target, freeze));
	if (result->outcome == CGW_OUTCOME_UNCHANGED)
		return 0;
	r = target_may_write(&target, freezer_file(&target));
	return r < 0 ? advise_write(step, &target, freezer_file(&target), r) : 0;
}

/* Lists processes that do not freeze: on v1 those not in state D (frozen), on v2 those in it. */
static void report_blockers(const struct cgw_plan *plan, struct step *step,
			    const struct target *target)
{
	CLEANUP(members_done) struct members members = {0}, blockers = {0};
	bool on_v1 = plan->layout->hierarchies[target->hierarchy].version == 1;
	char names[256] = "";

	(void)members_add(&members, target);
	blockers.pids = calloc(members.count + 1, sizeof(pid_t));
	for (size_t i = 0; blockers.pids != NULL && i < members.count; i++) {
		char state = 0;
		bool kernel;

		if (process_state(plan->layout, members.pids[i], &state, &kernel, NULL, 0) == 0 &&
		    (state == 'D') != on_v1)
			blockers.pids[blockers.count++] = members.pids[i];
	}
	members_format(&blockers, plan->layout, names, sizeof(names));
	cgw_diag_set(&step->result.diag, -ETIMEDOUT,
		     "not frozen within %llu ms and thawed again; blocked by: %s",
		     (unsigned long long)(timeout_of(step) / NS_PER_MS),
		     names[0] != '\0' ? names : "no process that can be identified");
}

static int freeze_apply(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r;

	if (through_systemd(plan, step))
		return systemd_freeze(plan->systemd, &step->owner, timeout_of(step),
				      &step->result.diag);
	r = open_freezer(plan, step, &target);
	if (r < 0)
		return r;
	r = freezer_set(&target, true, timeout_of(step));
	if (r == -ETIMEDOUT)
		report_blockers(plan, step, &target);
	/* A partially frozen group is worse than a running one: thaw it on any error. */
	if (r < 0 && !step->was_frozen)
		(void)target_write(&target, freezer_file(&target), freezer_word(&target, false));
	/* diag may contain the watchdog warning, which is not the reason. */
	return r < 0 && r != -ETIMEDOUT ? advise_group(step, r) : r;
}

static int thaw_apply(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r;

	if (through_systemd(plan, step))
		return systemd_thaw(plan->systemd, &step->owner, timeout_of(step),
				    &step->result.diag);
	r = open_freezer(plan, step, &target);
	r = r < 0 ? r : freezer_set(&target, false, timeout_of(step));
	if (r < 0 && step->result.diag.text[0] == '\0')
		return advise_group(step, r);
	return r;
}

static int freeze_prepare(struct cgw_plan *plan, struct step *step)
{
	return prepare(plan, step, true);
}

static int thaw_prepare(struct cgw_plan *plan, struct step *step)
{
	return prepare(plan, step, false);
}

/* A group that was frozen before this plan remains frozen. */
static int freeze_rollback(struct cgw_plan *plan, struct step *step)
{
	return step->was_frozen ? 0 : thaw_apply(plan, step);
}

static int thaw_rollback(struct cgw_plan *plan, struct step *step)
{
	return step->was_frozen ? freeze_apply(plan, step) : 0;
}

const struct step_kind step_freeze = {
	.prepare = freeze_prepare,
	.apply = freeze_apply,
	.rollback = freeze_rollback,
	.always_refused = true,
};

const struct step_kind step_thaw = {
	.prepare = thaw_prepare,
	.apply = thaw_apply,
	.rollback = thaw_rollback,
};

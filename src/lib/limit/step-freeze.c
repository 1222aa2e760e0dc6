/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-freeze.c - the steps that freeze and thaw a group. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/freezer.h"
#include "lib/limit/members.h"
#include "lib/limit/plan.h"

#define TIMEOUT_NS UINT64_C(5000000000)

static uint64_t timeout_of(const struct step *step)
{
	return step->ask.timeout_ns != 0 ? step->ask.timeout_ns : TIMEOUT_NS;
}

/* systemd freezes its units itself, on v2 alone; on v1 and hybrid it does not, and leaves the freezer to others. */
static bool through_systemd(const struct cgw_plan *plan, const struct step *step)
{
	return plan_owned(step) && plan->layout->kind == CGW_LAYOUT_V2;
}

static int open_freezer(struct cgw_plan *plan, struct step *step, struct target *target)
{
	int r = freezer_open(plan->layout, step->ask.path, target);
	char shown[256];

	cgw_escape(shown, sizeof(shown), step->ask.path, strlen(step->ask.path));
	if (r == -EOPNOTSUPP)
		return cgw_diag_set(
			&step->result.diag, r,
			"no hierarchy here can freeze: neither v1's freezer nor v2 is mounted");
	if (r == -ENOENT)
		return cgw_diag_set(
			&step->result.diag, r,
			"%s is not in the hierarchy of the freezer; `cgward create %s` makes "
			"it there, and processes must then be moved into it",
			shown, shown);
	return r < 0 ? advise_group(plan, step, r, "freeze or thaw") : 0;
}

/* The frozen do not say that they live. */
static void warn_of_watchdog(const struct cgw_plan *plan, struct step *step)
{
	uint64_t watchdog_us =
		plan_owned(step) ? systemd_watchdog_us(plan->systemd, &step->owner) : 0;

	if (watchdog_us > 0)
		(void)cgw_diag_set(&step->result.diag, 0,
				   "its watchdog waits %.1f s: frozen for longer, systemd takes it "
				   "for dead and ends it",
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
		return result->diag.text[0] != '\0' ? r : advise_group(plan, step, r, "look at");
	step->hierarchy = target.hierarchy;
	step->was_frozen = state.asked;
	(void)snprintf(result->old_value, sizeof(result->old_value), "%s",
		       state.asked ? "frozen" : "thawed");
	(void)snprintf(result->new_value, sizeof(result->new_value), "%s",
		       freeze ? "frozen" : "thawed");
	if (state.asked == freeze && state.frozen == freeze)
		result->outcome = CGW_OUTCOME_UNCHANGED;
	if (!freeze && !state.asked && state.above) {
		result->outcome = CGW_OUTCOME_REFUSED;
		return cgw_diag_set(&result->diag, -EBUSY,
				    "a group above it is frozen: thaw that one");
	}
	if (freeze && result->outcome != CGW_OUTCOME_UNCHANGED)
		warn_of_watchdog(plan, step);
	if (through_systemd(plan, step))
		(void)systemd_format_unit(&step->owner, freeze ? "FreezeUnit" : "ThawUnit",
					  result->how, sizeof(result->how));
	else
		step_describe_write(step, plan->layout, target.hierarchy, freezer_file(&target),
				    freezer_word(&target, freeze));
	return 0;
}

/* Who holds it up: on v1 what does not stand still, on v2 what cannot be woken to be stopped. */
static void say_holders(const struct cgw_plan *plan, struct step *step, const struct target *target)
{
	CLEANUP(members_done) struct members members = {0}, holders = {0};
	bool on_v1 = plan->layout->hierarchies[target->hierarchy].version == 1;
	char names[256] = "";

	(void)members_add(&members, plan->layout, target->hierarchy, step->ask.path);
	holders.pids = calloc(members.count + 1, sizeof(pid_t));
	for (size_t i = 0; holders.pids != NULL && i < members.count; i++) {
		char state = 0;
		bool kernel;

		if (process_state(plan->layout, members.pids[i], &state, &kernel, NULL, 0) == 0 &&
		    (state == 'D') != on_v1)
			holders.pids[holders.count++] = members.pids[i];
	}
	members_format(&holders, plan->layout, names, sizeof(names));
	(void)cgw_diag_set(&step->result.diag, -ETIMEDOUT,
			   "not frozen within %llu ms, so it was thawed again; held up by: %s",
			   (unsigned long long)(timeout_of(step) / 1000000),
			   names[0] != '\0' ? names : "nothing that could be seen");
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
		say_holders(plan, step, &target);
	/* Half frozen is worse than not at all: whatever went wrong, it runs on. */
	if (r < 0 && !step->was_frozen)
		(void)target_write(&target, freezer_file(&target), freezer_word(&target, false));
	/* The warning of a watchdog may stand there, and is no reason. */
	return r < 0 && r != -ETIMEDOUT ? advise_group(plan, step, r, "freeze") : r;
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
		return advise_group(plan, step, r, "thaw");
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

/* What was frozen before this plan stays so: nobody thaws what somebody else froze. */
static int freeze_take_back(struct cgw_plan *plan, struct step *step)
{
	return step->was_frozen ? 0 : thaw_apply(plan, step);
}

static int thaw_take_back(struct cgw_plan *plan, struct step *step)
{
	return step->was_frozen ? freeze_apply(plan, step) : 0;
}

const struct step_kind step_freeze = {
	.prepare = freeze_prepare,
	.apply = freeze_apply,
	.take_back = freeze_take_back,
	.harms_all = true,
};

const struct step_kind step_thaw = {
	.prepare = thaw_prepare,
	.apply = thaw_apply,
	.take_back = thaw_take_back,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan-apply.c - all-or-nothing execution of the steps of a plan.
 *
 * All steps are prepared first, so that refusals precede any change. They are then applied in an
 * order in which no control ever exceeds its bound. If one fails, the steps before it are rolled
 * back in reverse order.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/debug-message.h"
#include "lib/base/local-text.h"
#include "lib/limit/plan.h"

/* May this step harm an essential group? A setting may if it slows, fails or kills. */
static bool is_risky(const struct step *step)
{
	return step->kind->always_refused ||
	       (step->spec.kind == CGW_STEP_SET &&
		cgw_control_info(step->spec.control)->risk != CGW_RISK_NONE);
}

static int check_protection(struct cgw_plan *plan, struct step *step)
{
	struct cgw_diag *diag = &step->result.diag;
	enum protect_reason reason;
	int r;

	if (plan->options.protect != NULL) {
		r = plan->options.protect(plan->options.protect_context, step->spec.path,
					  step->spec.kind, diag);
		if (r < 0)
			return r;
	}
	if (!is_risky(step))
		return 0;
	r = plan_protection(plan);
	if (r < 0)
		return cgw_diag_set(diag, r,
				    "cannot determine the groups of this process and its parents: "
				    "%s",
				    strerror(-r));
	reason = protection_check(plan->protection, step->spec.path, diag);
	if (reason == PROTECT_NOTHING)
		return 0;
	/* A limit on our own group can be undone, unlike freezing or killing it. */
	if (plan->options.yes_really &&
	    (reason == PROTECT_SERVICE || !step->kind->always_refused)) {
		*diag = (struct cgw_diag){0};
		return 0;
	}
	return -EPERM;
}

static int prepare(struct cgw_plan *plan, struct step *step)
{
	int r = check_protection(plan, step);

	if (r < 0) {
		step->result.outcome = CGW_OUTCOME_REFUSED;
		return r;
	}
	/* A group that an earlier step creates is prepared once it exists. */
	if (plan_creates_group(plan, step))
		return 0;
	if (step->undoes != NULL) {
		r = undo_check(plan, step);
		if (r < 0) {
			step->result.outcome = CGW_OUTCOME_REFUSED;
			return r;
		}
	}
	r = plan_check_identity(plan, step);
	if (!step->not_running) /* undo_check() has found the owner */
		r = r < 0 ? r : plan_owner(plan, step);
	r = r < 0 ? r : step->kind->prepare(plan, step);
	step->group_id = plan_group_id(plan, step);
	if (r < 0 && step->result.outcome == CGW_OUTCOME_PENDING)
		step->result.outcome = CGW_OUTCOME_FAILED;
	return r;
}

/* A container engine is not aware of the change and may overwrite it. */
static void note_engine(struct step *step)
{
	if (step->owner.engine[0] != '\0' && !plan_owned(step) && step->result.diag.text[0] == '\0')
		(void)cgw_diag_set(&step->result.diag, 0,
				   "%s manages this group and is not aware of the change",
				   step->owner.engine);
}

static int apply(struct cgw_plan *plan, struct step *step)
{
	bool is_new = plan_creates_group(plan, step);
	int r = 0;

	if (is_new) {
		r = plan_owner(plan, step);
		r = r < 0 ? r : step->kind->prepare(plan, step);
	}
	if (r == 0 && step->result.outcome == CGW_OUTCOME_UNCHANGED)
		return 0;
	if (r == 0 && step->kind->reserve != NULL)
		r = step->kind->reserve(plan, step);
	r = r < 0 ? r : plan_journal(plan, step);
	/* Earlier steps may have taken seconds. */
	if (r == 0 && !is_new)
		r = plan_check_identity(plan, step);
	if (r == 0 && (is_new || !plan_expects_written(step)) && plan_is_replaced(plan, step))
		r = advise_group(step, -ESTALE);
	r = r < 0 ? r : step->kind->apply(plan, step);
	if (r < 0 && step->kind->release != NULL)
		step->kind->release(plan, step);
	if (r < 0) {
		if (step->result.outcome != CGW_OUTCOME_REFUSED &&
		    step->result.outcome != CGW_OUTCOME_INCONSISTENT)
			step->result.outcome = CGW_OUTCOME_FAILED;
	} else if (step->result.outcome == CGW_OUTCOME_PENDING) {
		step->result.outcome = CGW_OUTCOME_DONE;
	}
	if (r == 0)
		note_engine(step);
	plan_settle_step(plan, step, r);
	DEBUG(CGW_DEBUG_LIMIT, "%s: %s%s%s: %s%s%s", step->spec.path,
	      cgw_step_kind_name(step->spec.kind), step->spec.value != NULL ? " " : "",
	      step->spec.value != NULL ? step->spec.value : "",
	      cgw_outcome_name(step->result.outcome), r < 0 ? ": " : "", r < 0 ? strerror(-r) : "");
	return r;
}

static void rollback_step(struct cgw_plan *plan, struct step *step)
{
	int r;

	if (step->result.outcome != CGW_OUTCOME_DONE &&
	    step->result.outcome != CGW_OUTCOME_ADJUSTED)
		return;
	if (step->kind->rollback == NULL) {
		(void)cgw_diag_set(&step->result.diag, 0, "done; this step cannot be rolled back");
		return;
	}
	/* The old state is not that of a group which has replaced the changed one. */
	r = plan_is_replaced(plan, step) ? 0 : step->kind->rollback(plan, step);
	step->result.outcome = r < 0 ? CGW_OUTCOME_INCONSISTENT : CGW_OUTCOME_ROLLED_BACK;
	step->result.reversible = step->result.reversible && r < 0;
	if (r < 0) {
		step->result.error = r;
		if (r != -ECANCELED) /* the step gives the reason */
			(void)cgw_diag_set(&step->result.diag, r,
					   "done, but cannot be rolled back: %s", strerror(-r));
	}
	plan_settle_step(plan, step, r);
}

/* Must `later` be written before `earlier`, so that no value ever exceeds its bound? */
static bool out_of_order(const struct step *earlier, const struct step *later)
{
	const struct control_row *low, *high;
	const struct step *bound;

	if (earlier->spec.kind != CGW_STEP_SET || later->spec.kind != CGW_STEP_SET)
		return false;
	low = control_row(earlier->spec.control);
	high = control_row(later->spec.control);
	/* Paths are compared last: those of a deep tree are long and many. */
	if (!(low->bounded && low->at_most == (int16_t)later->spec.control) &&
	    !(high->bounded && high->at_most == (int16_t)earlier->spec.control))
		return false;
	if (earlier->path_length != later->path_length ||
	    strcmp(earlier->spec.path, later->spec.path) != 0)
		return false;
	/* The bounded value comes first: correct only if the bound is lowered. */
	if (low->bounded && low->at_most == (int16_t)later->spec.control) {
		bound = later;
		return bound->has_before && setting_compare(&bound->after, &bound->before) > 0;
	}
	bound = earlier;
	return bound->has_before && setting_compare(&bound->after, &bound->before) < 0;
}

/* Moves each step before the first one that must follow it; the others keep their order. */
static void sort_steps(struct cgw_plan *plan)
{
	for (size_t i = 1; i < plan->count; i++)
		for (size_t j = 0; j < i; j++) {
			struct step moved;

			if (!out_of_order(&plan->steps[j], &plan->steps[i]))
				continue;
			moved = plan->steps[i];
			memmove(&plan->steps[j + 1], &plan->steps[j],
				(i - j) * sizeof(plan->steps[0]));
			plan->steps[j] = moved;
			break;
		}
}

/* "cannot set memory.max=2G on /a: REASON": the reason alone does not name what failed. */
static void name_failure(struct step *step, int error)
{
	static const char *const actions[] = {
		[CGW_STEP_FREEZE] = "freeze", [CGW_STEP_THAW] = "thaw",
		[CGW_STEP_KILL] = "kill",     [CGW_STEP_CREATE] = "create",
		[CGW_STEP_DELETE] = "delete",
	};
	struct cgw_diag *diag = &step->result.diag;
	const char *path = ESCAPED(256, step->spec.path);
	char reason[sizeof(diag->text)];

	snprintf(reason, sizeof(reason), "%s",
		 diag->text[0] != '\0' ? diag->text : strerror(-error));
	if (step->undoes != NULL) {
		(void)cgw_diag_set(diag, error, "cannot undo change %llu: %s",
				   (unsigned long long)step->undoes->id, reason);
	} else if (step->spec.kind == CGW_STEP_SET) {
		(void)cgw_diag_set(diag, error, "cannot set %s=%s on %s: %s",
				   cgw_control_info(step->spec.control)->key,
				   ESCAPED(96, step->spec.value), path, reason);
	} else if (step->spec.kind == CGW_STEP_MOVE) {
		(void)cgw_diag_set(diag, error, "cannot move process %d into %s: %s",
				   (int)step->spec.pid, path, reason);
	} else if (step->kind == &step_signal) {
		(void)cgw_diag_set(diag, error, "cannot signal process %d: %s", (int)step->spec.pid,
				   reason);
	} else {
		(void)cgw_diag_set(diag, error, "cannot %s %s: %s", actions[step->spec.kind], path,
				   reason);
	}
}

static int fail(struct cgw_plan *plan, size_t failed, int error)
{
	plan->failed = failed + 1;
	plan->steps[failed].result.error = error;
	name_failure(&plan->steps[failed], error);
	for (size_t i = failed; i-- > 0;)
		rollback_step(plan, &plan->steps[i]);
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].result.outcome == CGW_OUTCOME_PENDING)
			plan->steps[i].result.outcome = CGW_OUTCOME_NOT_TRIED;
	return error;
}

int cgw_plan_apply(struct cgw_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		int r = prepare(plan, &plan->steps[i]);

		if (r < 0)
			return fail(plan, i, r);
	}
	sort_steps(plan);
	if (plan->options.dry_run)
		return 0;
	for (size_t i = 0; i < plan->count; i++) {
		int r = apply(plan, &plan->steps[i]);

		if (r < 0)
			return fail(plan, i, r);
	}
	return 0;
}

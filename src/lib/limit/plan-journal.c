/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-journal.c - writes the changes of a plan into the journal. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/regular-file.h"
#include "lib/limit/members.h"
#include "lib/limit/unit-setting.h"

static int intend(struct cgw_plan *plan, struct cgw_change *change)
{
	int r = 0;

	change->realtime_ns = clock_ns(CLOCK_REALTIME);
	change->pid = getpid();
	change->uid = getuid();
	change->transaction = plan->options.transaction;
	snprintf(change->who, sizeof(change->who), "%s", plan->options.who);
	snprintf(change->why, sizeof(change->why), "%s", plan->options.why);
	if (plan->journal == NULL)
		r = journal_open(plan->options.journal, &plan->journal, NULL);
	r = r < 0 ? r : journal_intend(plan->journal, change);
	if (r == 0)
		plan->options.transaction = change->transaction;
	return r;
}

int plan_journal_other(struct cgw_plan *plan, struct cgw_change *change)
{
	int r = intend(plan, change);

	return r < 0 && plan->options.no_undo ? 0 : r;
}

/* The groups of a process before it is moved. */
static size_t fill_places(const struct cgw_plan *plan, const struct step *step,
			  struct cgw_place *places)
{
	size_t count = 0;

	for (size_t h = 0; h < step->old_membership.count; h++) {
		CLEANUP(target_close) struct target target = TARGET_NONE;
		const char *path = step->old_membership.paths[h];

		if (path == NULL || !(step->moved & UINT32_C(1) << h))
			continue;
		places[count].path = path;
		places[count].group_id =
			target_open(plan->layout, h, path, &target) == 0 ? target.id : 0;
		snprintf(places[count].hierarchy, sizeof(places[count].hierarchy), "%s",
			 plan->layout->hierarchies[h].label);
		count++;
	}
	return count;
}

int plan_journal(struct cgw_plan *plan, struct step *step)
{
	struct cgw_place places[CGW_HIERARCHY_MAX];
	struct cgw_change change = {
		.kind = step->spec.kind,
		.path = step->spec.path,
		.undoes = step->undoes != NULL ? step->undoes->id : 0,
	};
	struct journal *journal;
	int r;

	if (step->spec.kind == CGW_STEP_SET)
		snprintf(change.key, sizeof(change.key), "%s",
			 cgw_control_info(step->spec.control)->key);
	memcpy(change.old_value, step->result.old_value, sizeof(change.old_value));
	memcpy(change.new_value, step->result.new_value, sizeof(change.new_value));
	if (step->group_id == 0) /* an earlier step created the group */
		step->group_id = plan_group_id(plan, step);
	change.group_id = step->group_id;
	snprintf(change.hierarchy, sizeof(change.hierarchy), "%s",
		 plan->layout->hierarchies[step->hierarchy].label);
	if (step->spec.kind == CGW_STEP_SET && plan_through_systemd(plan, step)) {
		memcpy(change.unit, step->owner.unit, sizeof(change.unit));
		change.user_unit = step->owner.kind == CGW_OWNER_SYSTEMD_USER;
		change.manager_uid = step->owner.uid;
		change.persistent = unit_setting_persists(plan, step);
	}
	if (step->spec.kind == CGW_STEP_KILL)
		change.signal = signal_of(step);
	if (step->process_start != 0) {
		change.process = step->spec.pid;
		change.process_start = step->process_start;
	}
	if (step->spec.kind == CGW_STEP_MOVE) {
		change.places = places;
		change.place_count = fill_places(plan, step, places);
	}
	r = intend(plan, &change);
	if (r == 0) {
		step->result.change_id = change.id;
		step->result.reversible = cgw_change_reversible(&change);
		return 0;
	}
	if (plan->options.no_undo)
		return 0;
	/* Open the journal again for the reason only. */
	if (plan->journal == NULL &&
	    journal_open(plan->options.journal, &journal, &step->result.diag) == 0)
		journal_close(journal);
	else if (plan->journal != NULL)
		cgw_diag_set(&step->result.diag, r, "cannot write the change journal: %s",
			     regular_file_error_text(r));
	return r;
}

void plan_settle(struct cgw_plan *plan, const struct cgw_change *change, enum cgw_outcome outcome)
{
	if (plan->journal != NULL && change->id != 0)
		(void)journal_settle(plan->journal, change, outcome);
}

void plan_settle_step(struct cgw_plan *plan, const struct step *step, int error)
{
	struct cgw_place places[CGW_HIERARCHY_MAX];
	struct cgw_change change = {
		.id = step->result.change_id, .places = places, .drop_ins = step->drop_ins};

	change.persistent = step->spec.kind == CGW_STEP_SET && plan_through_systemd(plan, step) &&
			    unit_setting_persists(plan, step);
	memcpy(change.new_value, step->result.new_value, sizeof(change.new_value));
	if (step->spec.kind == CGW_STEP_CREATE) {
		change.group_id = plan_group_id(plan, step);
		change.place_count = created_places(plan, step, step->spec.path, places);
	}
	/* An operation that did less than requested has been done. */
	plan_settle(plan, &change,
		    step->result.outcome == CGW_OUTCOME_FAILED && error == -EAGAIN
			    ? CGW_OUTCOME_ADJUSTED
			    : step->result.outcome);
}

void plan_record(struct cgw_plan *plan, const char *old_value)
{
	struct step *step = &plan->steps[0];

	step->result.outcome = CGW_OUTCOME_DONE;
	snprintf(step->result.old_value, sizeof(step->result.old_value), "%s", old_value);
	if (plan_journal(plan, step) == 0)
		plan_settle_step(plan, step, 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change-job.h - changes as jobs: a plan that the acting thread does, or the looking one only tries.
 */
#ifndef CGWARD_TUI_ACTION_CHANGE_JOB_H
#define CGWARD_TUI_ACTION_CHANGE_JOB_H

#include <cgward/limit.h>

#include "tui/action/targets.h"

/* One change, done to each of the targets. */
struct act_change {
	enum cgw_step_kind kind;
	enum cgw_control control;
	char *value; /* SET */
	int signal;
	pid_t pid;
	bool recursive;
};

/* What came of one step. */
struct act_outcome {
	char *path; /* raw */
	enum cgw_step_kind kind;
	enum cgw_control control;
	struct cgw_result result;
};

struct act;

/* `name` is a constant: "Freezing". The targets are copied. */
int act_new(const char *name, const struct targets *targets, struct act **ret_act);
/* Takes a copy of the value. */
int act_add(struct act *act, const struct act_change *change);
/* Nothing is done, but all is checked: outcomes say what would be. */
void act_dry_run(struct act *act);
/* Beyond what is safe without a second look: below what is in use. */
void act_force(struct act *act);
struct job *act_as_job(struct act *act);
struct act *act_of(struct job *job);

size_t act_outcome_count(const struct act *act) CGW_PURE;
const struct act_outcome *act_outcome(const struct act *act, size_t i) CGW_PURE;
bool act_is_dry(const struct act *act) CGW_PURE;
/* 0, or the first error with its reason. */
int act_error(const struct act *act, struct cgw_diag *ret_diag);

/* One line for the status line: what was done, what the kernel kept, or why not and what to do. */
unsigned act_report(struct app *app, struct act *act);
/* "memory.max of /a: max -> 2G", escaped: what a step did or would do. */
void act_describe(const struct act_outcome *outcome, char *buffer, size_t size);

/* Takes back change `id` (0: the last one that can be). */
struct job *undo_job(uint64_t id);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change-job.h - jobs that apply changes to groups, or preview them with a dry run.
 */
#ifndef CGWARD_TUI_ACTION_CHANGE_JOB_H
#define CGWARD_TUI_ACTION_CHANGE_JOB_H

#include <cgward/limit.h>

#include "tui/action/targets.h"

/* One change, applied to each target. */
struct change_step {
	enum cgw_step_kind kind;
	enum cgw_control control;
	char *value; /* SET */
	int signal;
	pid_t pid;
	bool recursive;
};

/* The result of one step on one group. */
struct change_outcome {
	char *path; /* raw */
	enum cgw_step_kind kind;
	enum cgw_control control;
	pid_t pid; /* MOVE */
	struct cgw_result result;
};

struct change_job;

/* `name` is a string literal such as "Freezing". The targets are copied. */
int change_job_new(const char *name, const struct targets *targets, struct change_job **ret_job);
/* Copies the value. */
int change_job_add(struct change_job *change, const struct change_step *step);
/* Checks everything and changes nothing: outcomes describe what would happen. */
void change_job_set_dry_run(struct change_job *change);
/* Also applies limits below current use. */
void change_job_set_force(struct change_job *change);
/* Called when the job is done, instead of change_job_report(). */
void change_job_set_done(struct change_job *change,
			 unsigned (*done)(struct app *app, struct job *job));
struct job *change_job_as_job(struct change_job *change);
struct change_job *change_job_from(struct job *job);

size_t change_job_outcome_count(const struct change_job *change) CGW_PURE;
const struct change_outcome *change_job_outcome(const struct change_job *change, size_t i) CGW_PURE;
bool change_job_is_dry_run(const struct change_job *change) CGW_PURE;
/* 0, or the first error and its reason. */
int change_job_error(const struct change_job *change, struct cgw_diag *ret_diag);

/* Shows the result in the status line: the new value, or the error and its remedy. */
unsigned change_job_report(struct app *app, struct change_job *change);
/* "memory.max of /a: max → 2G", "frozen /a", escaped: the effect of a step. */
void change_outcome_format(const struct change_outcome *outcome, char *buffer, size_t size);
/* The same of a step that is not done yet: "freeze /a". */
void change_outcome_preview(const struct change_outcome *outcome, char *buffer, size_t size);

/*
 * Undoes the first of the actions with these changes that can still be undone; a later one that was
 * undone, or whose group is gone, is passed over. The dry run finds it.
 */
int undo_job_new(const uint64_t *changes, size_t count, struct change_job **ret_job);
/* The change among them whose action is undone. */
uint64_t change_job_undone(const struct change_job *change) CGW_PURE;

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change-job.h - changes to groups as a job, on this machine or on a remote host.
 *
 * What the user sees is written once: dialog, preview, result, undo. A back end performs the
 * changes: local-change.c with plans, remote-change.c with cgward commands over ssh.
 */
#pragma once

#include <cgward/limit.h>

#include "lib/base/string-list.h"
#include "shared/remote/remote-command.h"
#include "tui/action/targets.h"
#include "tui/core/window.h"

/* One change, applied to each target. */
struct change_step {
	enum cgw_step_kind kind;
	enum cgw_control control;
	char *value; /* SET; on a remote host "KEY=VALUE" */
	int signal;
	pid_t pid; /* MOVE, KILL */
	uint64_t process_start;
	bool recursive;
};

/* The result of one step on one group of this machine. */
struct change_outcome {
	char *path; /* raw */
	enum cgw_step_kind kind;
	enum cgw_control control;
	pid_t pid; /* MOVE, KILL */
	int signal;
	struct cgw_result result;
};

struct change_job;

struct change_backend {
	/* Performs the steps, or undoes one of the changes, in a worker thread. */
	void (*run)(struct job *job);
	/* Adds to the dialog what Enter does. */
	void (*describe)(const struct change_job *change, struct window *window);
	/* The job that finds what is affected, and its result in the dialog. */
	struct job *(*preview)(const struct app *app, const struct change_job *change);
	void (*show)(struct window *window, struct job *preview);
	/* Shows what was done. */
	unsigned (*report)(struct app *app, struct change_job *change);
};
extern const struct change_backend local_changes, remote_changes;

struct change_job {
	struct job job;
	const struct change_backend *backend;
	struct targets targets;
	struct change_step *steps;
	size_t step_count, step_capacity;
	bool dry_run; /* changes nothing: outcomes describe what would happen */
	/* Called after a dry run; may be NULL. Not copied: a copy is to change something. */
	unsigned (*on_dry_run)(struct app *app, struct change_job *change);
	bool force; /* also applies limits below current use */
	/*
	 * Undoes the first of the actions with these changes that can still be undone; a later
	 * one that was undone, or whose group is gone, is passed over. NULL: applies the steps.
	 */
	uint64_t *undo;
	size_t undo_count;

	/* The result. */
	int error; /* 0, or the first error and its reason */
	struct cgw_diag diag;
	uint64_t undone;      /* the change among `undo` whose action is undone */
	uint64_t transaction; /* in the journal; 0: nothing was recorded */
	bool reversible;      /* at least one of the changes */
	/* Of this machine. */
	struct change_outcome *outcomes;
	size_t outcome_count;
	/* Of a remote host. */
	struct string_list arguments; /* empty: derived from the steps */
	struct remote_command_result answer;
};

/* `name` is a string literal such as "Freezing". Takes the targets over, also on failure (NULL). */
struct change_job *change_job_new(const char *name, struct targets *targets);
/* The same changes; `name` as above. NULL if out of memory. */
struct change_job *change_job_copy(const struct change_job *change, const char *name);
/* Copies the value. Without memory, the job fails when it is run. */
void change_job_add(struct change_job *change, const struct change_step *step);
/* Adds changes to undo. */
void change_job_add_undo(struct change_job *change, const uint64_t *changes, size_t count);
void change_job_set_dry_run(struct change_job *change);
/* NULL: another job. */
struct change_job *change_job_from(struct job *job);

/* Runs the job, after confirmation where an action of its kind can do harm. */
unsigned change_job_start(struct app *app, struct change_job *change);
/* Asks in any case. */
unsigned change_job_ask(struct app *app, struct change_job *change, const char *title);
/* Shows the result in the status line: the new value, or the error and its remedy. */
unsigned change_job_report(struct app *app, struct change_job *change);
/* "memory.max of /a: max → 2G", "frozen /a", escaped: the effect of a step. */
void change_outcome_format(const struct change_outcome *outcome, char *buffer, size_t size);
/* The same of a step that is not done yet: "freeze /a". */
void change_outcome_preview(const struct change_outcome *outcome, char *buffer, size_t size);

/* How an action of each kind is called. */
struct change_kind {
	const char *title, *name;               /* of the dialog and of the job */
	const char *intro, *hint;               /* in the dialog: "Freeze all processes of" */
	const char *done, *unchanged, *preview; /* of one group: "frozen", "freeze" */
	bool ask;                               /* on this machine: confirm it */
	bool check_protection;                  /* call cgw_protect_check() for the preview */
};
const struct change_kind *change_kind(enum cgw_step_kind kind) CGW_PURE;

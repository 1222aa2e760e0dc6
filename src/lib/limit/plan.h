/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan.h - internal structures of a plan: its steps and their kinds.
 *
 * A step goes through prepare() (reads, resolves and refuses, but changes nothing), apply() and,
 * if a later step fails, rollback(). Each fills the step's result and returns 0 or a negative
 * error with the reason in the result's diag, to which the plan adds what failed.
 */
#ifndef CGWARD_LIB_LIMIT_PLAN_H
#define CGWARD_LIB_LIMIT_PLAN_H

#include "lib/limit/essential-groups.h"
#include "lib/limit/journal.h"
#include "lib/limit/systemd.h"
#include "lib/limit/target.h"

/* A group that a step created or a controller that it enabled on the way, for rollback. */
struct created_step {
	size_t hierarchy;
	char *path;
	char text[32]; /* what to write for rollback; "": remove the directory */
	bool done;
};

struct step {
	struct cgw_step spec; /* its strings are the step's own */
	struct cgw_result result;
	const struct step_kind *kind;
	struct cgw_owner owner;

	/* SET */
	struct request request;
	struct setting before, after;
	const struct cgw_source *source;
	size_t hierarchy;
	bool has_before;

	/* FREEZE, THAW: the group's own state before; MOVE: the old groups of the process. */
	bool was_frozen;
	struct cgw_membership old_membership;

	struct created_step *created;
	size_t created_count;
};

struct cgw_plan {
	const struct cgw_layout *layout;
	struct cgw_limit_options options; /* strings are the plan's own */
	struct systemd *systemd;          /* NULL: not needed yet, or not running */
	bool systemd_tried;
	struct journal *journal;
	struct protection *protection;
	struct step *steps;
	size_t count, size;
	size_t failed;   /* the step that failed, counted from 1; 0: none */
	uint64_t undoes; /* the change that this plan undoes, or 0 */
};

struct step_kind {
	int (*prepare)(struct cgw_plan *plan, struct step *step);
	int (*apply)(struct cgw_plan *plan, struct step *step);
	int (*rollback)(struct cgw_plan *plan, struct step *step); /* NULL: not reversible */
	bool always_refused; /* always refused on essential groups */
};

extern const struct step_kind step_set, step_freeze, step_thaw, step_kill, step_create, step_delete,
	step_move;

/* Finds the manager of the step's group; none without systemd or with --direct. */
int plan_owner(struct cgw_plan *plan, struct step *step);
/* Is the group a systemd unit, which must be changed through its manager? */
bool plan_owned(const struct step *step);

/* Writes the intent of a change into the journal and sets step->result.change_id. */
int plan_journal(struct cgw_plan *plan, struct step *step);
/* The same for a side effect, such as a controller enabled in an ancestor. */
int plan_journal_other(struct cgw_plan *plan, const struct cgw_change *change, uint64_t *ret_id);

/* Does an earlier step create the group of this one? */
bool plan_creates_group(const struct cgw_plan *plan, const struct step *step);

int step_add_created(struct step *step, size_t hierarchy, const char *path, const char *text);

/* Appends "write 'TEXT' to FILE" to the result's `how`. */
void step_describe_write(struct step *step, const struct cgw_layout *layout, size_t hierarchy,
			 const char *file, const char *text);

/* plan-options.c: a plan's own copy of its options, which may be NULL. */
int plan_options_copy(const struct cgw_limit_options *options, struct cgw_limit_options *ret_copy);
void plan_options_done(const struct cgw_limit_options *options);
bool plan_options_same_journal(const struct cgw_limit_options *a,
			       const struct cgw_limit_options *b);

/* errno-hints.c: fill the result's diag with the reason and the remedy. Return `error`. */
int advise_set(struct cgw_plan *plan, struct step *step, const struct target *target, int error);
int advise_group(struct step *step, int error);

/* enable-controller.c: enables the step's controller from the root down to the parent (v2). */
int enable_controller(struct cgw_plan *plan, struct step *step, bool prepare_only);
int enable_rollback(struct cgw_plan *plan, struct step *step);

#endif

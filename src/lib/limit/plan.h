/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan.h - a plan from within: its steps, and what each kind of step can do.
 *
 * A step goes through prepare() (look, resolve, refuse: nothing is changed), apply() and, when a later
 * step fails, take_back(). Each fills the step's result; each returns 0 or a negative error with the
 * reason in the result's diag.
 */
#ifndef CGWARD_LIB_LIMIT_PLAN_H
#define CGWARD_LIB_LIMIT_PLAN_H

#include "lib/limit/essential-groups.h"
#include "lib/limit/journal.h"
#include "lib/limit/systemd.h"
#include "lib/limit/target.h"

/* A group that a step made, or a switch that it turned, on the way: to be taken back. */
struct created_step {
	size_t hierarchy;
	char *path;
	char text[32]; /* what to write to give it back; "": the directory itself */
	bool done;
};

struct step {
	struct cgw_step ask; /* its strings are the step's own */
	struct cgw_result result;
	const struct step_kind *kind;
	struct cgw_owner owner;

	/* SET */
	struct request wish;
	struct setting before, wanted;
	const struct cgw_source *source;
	size_t hierarchy;
	bool has_before;

	/* FREEZE, THAW: what the group itself was asked before; MOVE: where the process was. */
	bool was_frozen;
	struct cgw_membership was_in;

	struct created_step *made;
	size_t made_count;
};

struct cgw_plan {
	const struct cgw_layout *layout;
	struct cgw_limit_options options; /* strings are the plan's own */
	struct systemd *systemd;          /* NULL: not asked for yet, or none runs */
	bool systemd_tried;
	struct journal *journal;
	struct protection *protection;
	struct step *steps;
	size_t count, size;
	size_t failed;   /* the step that failed, counted from 1; 0: none */
	uint64_t undoes; /* the change that this plan takes back, or 0 */
};

struct step_kind {
	int (*prepare)(struct cgw_plan *plan, struct step *step);
	int (*apply)(struct cgw_plan *plan, struct step *step);
	int (*take_back)(struct cgw_plan *plan, struct step *step); /* NULL: there is no way back */
	bool harms_all; /* refused on what must live, whatever the control */
};

extern const struct step_kind step_set, step_freeze, step_thaw, step_kill, step_create, step_delete,
	step_move;

/* Who manages the step's group, into step->owner; nobody where no systemd runs or --direct. */
int plan_owner(struct cgw_plan *plan, struct step *step);
/* Does systemd stand for this very group, so that it must be asked? */
bool plan_owned(const struct step *step);

/* Writes the intent of a change into the journal; step->result.change_id gets its number. */
int plan_journal(struct cgw_plan *plan, struct step *step);
/* ... and a change made on the way, such as a controller switched on in an ancestor. */
int plan_journal_other(struct cgw_plan *plan, const struct cgw_change *change, uint64_t *ret_id);

/* Does an earlier step make the group of this one? */
bool plan_makes(const struct cgw_plan *plan, const struct step *step);

int step_add_created(struct step *step, size_t hierarchy, const char *path, const char *text);

/* "FILE: write "TEXT"" appended to the result's `how`. */
void step_describe_write(struct step *step, const struct cgw_layout *layout, size_t hierarchy,
			 const char *file, const char *text);

/* Why the kernel refused, and what to do; into the result's diag. Returns `error`. */
int advise_set(struct cgw_plan *plan, struct step *step, const struct target *target, int error);
int advise_group(struct cgw_plan *plan, struct step *step, int error, const char *what);

/* enable.c: switches the step's controller on from the top down to its parent (v2). */
int enable_controller(struct cgw_plan *plan, struct step *step, bool only_say);
int enable_rollback(struct cgw_plan *plan, struct step *step);

#endif

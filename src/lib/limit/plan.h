/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan.h - internal structures of a plan: its steps and their kinds.
 *
 * A step goes through prepare() (reads, resolves and refuses, but changes nothing), apply() and,
 * if a later step fails, rollback(). Each fills the step's result and returns 0 or a negative
 * error with the reason in the result's diag, to which the plan adds what failed.
 */
#pragma once

#include <signal.h>

#include "lib/kernel/group-cursor.h"
#include "lib/limit/essential-groups.h"
#include "lib/limit/journal.h"
#include "lib/limit/systemd.h"
#include "lib/limit/target.h"

/* A group that a step created or a controller that it enabled on the way, for rollback. */
struct created_step {
	size_t hierarchy;
	char *path;
	char text[32]; /* what to write for rollback; "": remove the directory */
	uint64_t id;   /* of the directory */
	bool done;
	uint64_t change_id; /* in the journal; 0: part of the step's own change */
};

struct step {
	struct cgw_step spec; /* its strings are the step's own */
	size_t path_length;
	struct cgw_result result;
	const struct step_kind *kind;
	struct cgw_owner owner;
	const struct cgw_change *undoes; /* owned by the plan; NULL: a new change */

	/* SET */
	struct request request;
	struct setting before, after;
	const struct cgw_source *source;
	size_t hierarchy;
	bool has_before;
	bool file_missing; /* so far: a property of the unit makes it appear */
	bool not_running;  /* the unit whose setting is undone: it has no group */
	char *drop_ins;    /* created by systemd for the step, one per line; NULL: none */
	char *obsolete;    /* drop-ins to remove after the step; NULL: those of `undoes` */
	char note[640];    /* to report with success */
	uint64_t group_id; /* in `hierarchy` when the step was prepared; 0: did not exist */

	/* FREEZE, THAW: the group's own state before; MOVE: the process and its old groups. */
	bool was_frozen;
	uint64_t process_start; /* of a single process, also KILL */
	uint32_t moved;         /* the hierarchies in which the process is moved */
	struct cgw_membership old_membership;
	size_t process_count; /* KILL: before */

	struct created_step *created;
	size_t created_count, created_capacity;
};

struct cgw_plan {
	const struct cgw_layout *layout; /* that of `cursor` */
	struct group_cursor cursor;
	struct cgw_limit_options options; /* strings are the plan's own */
	struct systemd *systemd;          /* NULL: not needed yet, or not running */
	bool systemd_tried;
	char *owned_path; /* that `owner` was last found for; NULL */
	struct cgw_owner owner;
	struct journal *journal;
	struct protection *protection;
	struct step *steps;
	size_t count, size;
	size_t failed; /* the step that failed, counted from 1; 0: none */

	/* Of a plan that undoes changes. */
	struct cgw_change *changes;
	size_t change_count;
	bool undo_forced; /* also what others have changed since */
};

struct step_kind {
	int (*prepare)(struct cgw_plan *plan, struct step *step);
	/* Changes other groups first, each journalled; rolled back by release(). May be NULL. */
	int (*reserve)(struct cgw_plan *plan, struct step *step);
	void (*release)(struct cgw_plan *plan, struct step *step);
	int (*apply)(struct cgw_plan *plan, struct step *step);
	int (*rollback)(struct cgw_plan *plan, struct step *step); /* NULL: not reversible */
	bool always_refused; /* always refused on essential groups */
};

extern const struct step_kind step_set, step_freeze, step_thaw, step_kill, step_signal, step_create,
	step_delete, step_move;

/* The ID of the step's group in the step's hierarchy; 0: no such group. */
uint64_t plan_group_id(const struct cgw_plan *plan, const struct step *step);
/* The expected IDs, one for each hierarchy, since the caller may have fewer. */
uint64_t *plan_copy_ids(const struct cgw_plan *plan, const struct cgw_step *spec);
/* Fails if another group has replaced the expected one, or the part of it in one hierarchy. */
int plan_check_identity(struct cgw_plan *plan, struct step *step);
/* plan_check_identity() compares the ID in the hierarchy that is written, too. */
bool plan_expects_written(const struct step *step);
/* Is the group another one than when the step was prepared? */
bool plan_is_replaced(const struct cgw_plan *plan, const struct step *step);

/* Connects to systemd, once: plan->systemd remains NULL without systemd or with --direct. */
int plan_connect(struct cgw_plan *plan, struct cgw_diag *diag);
/* Finds the manager of the step's group; none without systemd or with --direct. */
int plan_owner(struct cgw_plan *plan, struct step *step);
/* Reads the essential processes, once. */
int plan_protection(struct cgw_plan *plan);
/* Is the group a systemd unit, which must be changed through its manager? */
bool plan_owned(const struct step *step);

/* Is the control of a SET step a property of a unit? */
bool plan_through_systemd(const struct cgw_plan *plan, const struct step *step);

/* Writes the intent of a change into the journal and sets step->result.change_id. */
int plan_journal(struct cgw_plan *plan, struct step *step);
/* The same for a side effect, such as a controller enabled in an ancestor. */
int plan_journal_other(struct cgw_plan *plan, struct cgw_change *change);
/* Writes the outcome of a change; an intent without outcome counts as done. */
void plan_settle(struct cgw_plan *plan, const struct cgw_change *change, enum cgw_outcome outcome);
/* Writes that of a step, which failed with `error` unless that is 0. */
void plan_settle_step(struct cgw_plan *plan, const struct step *step, int error);

/*
 * Records the first step of an applied plan, which found nothing to do because its change had been
 * made already, in its name and without the journal. `old_value` is that before the change.
 */
void plan_record(struct cgw_plan *plan, const char *old_value);

/*
 * undo-check.c: the step that undoes a change. False: it cannot be undone; the step is then what
 * would be required.
 */
bool undo_inverse(const struct cgw_change *change, struct cgw_step *ret_step);
/* Is it still possible to undo the step's change, and not in conflict? */
int undo_check(struct cgw_plan *plan, struct step *step);
/* The hierarchies that the step may change: those of the change that it undoes. */
uint32_t undo_hierarchies(const struct cgw_plan *plan, const struct step *step);

/* The signal of a KILL step. */
static inline int signal_of(const struct step *step)
{
	return step->spec.signal != 0 ? step->spec.signal : SIGKILL;
}

/* Does an earlier step create the group of this one? */
bool plan_creates_group(const struct cgw_plan *plan, const struct step *step);

/* step-record.c: the paths are the step's. */
int step_add_created(struct step *step, size_t hierarchy, const char *path, const char *text);
/* Where the step has created that path. */
size_t created_places(const struct cgw_plan *plan, const struct step *step, const char *path,
		      struct cgw_place *places);

/* Appends "write 'TEXT' to FILE" of the group `path` to the result's `how`. */
void step_describe_write(struct step *step, const struct cgw_layout *layout, size_t hierarchy,
			 const char *path, const char *file, const char *text);
/* A dry run cannot know whether systemd lets an ordinary user change a unit of the system. */
void step_note_authorization(const struct cgw_plan *plan, struct step *step);

/* plan-options.c: a plan's own copy of its options, which may be NULL. */
int plan_options_copy(const struct cgw_limit_options *options, struct cgw_limit_options *ret_copy);
void plan_options_done(const struct cgw_limit_options *options);
bool plan_options_same_journal(const struct cgw_limit_options *a,
			       const struct cgw_limit_options *b);

/* errno-hints.c: fill the result's diag with the reason and the remedy. Return `error`. */
int advise_set(struct cgw_plan *plan, struct step *step, const struct target *target, int error);
int advise_group(struct step *step, int error);
/* The file cannot be written. */
int advise_write(struct step *step, const struct target *target, const char *file, int error);
/* The group is not in that hierarchy. `then`: what else helps. */
int advise_create(struct step *step, const char *hierarchy, const char *then);
/* -EOPNOTSUPP: the group is threaded, and the controller cannot be enabled for it. */
int advise_threaded(struct cgw_plan *plan, struct step *step, const char *controller);
/* v2: does the group list the controller in cgroup.controllers? */
bool plan_has_controller(const struct cgw_plan *plan, size_t hierarchy, const char *path,
			 const char *controller);

/* enable-controller.c: enables the step's controller from the root down to the parent (v2). */
int enable_prepare(struct cgw_plan *plan, struct step *step);
int enable_reserve(struct cgw_plan *plan, struct step *step);
int enable_rollback(struct cgw_plan *plan, struct step *step);

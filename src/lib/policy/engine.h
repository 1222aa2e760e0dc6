/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * engine.h - the state of rules on groups and of the values they hold.
 *
 * An instance is one rule on one group, from the first sample in which its condition holds until
 * it has released everything. A slot is one control of one group that cgward has written or is
 * about to write: the original value, and a claim for each section that sets the control. The
 * strictest claim is written; without claims, the original value is restored. Both belong to the
 * row of a group and are freed with the group.
 */
#pragma once

#include "lib/base/clock.h"
#include "lib/policy/policy-priv.h"

#define NONE      UINT32_MAX
#define NO_ACTION SIZE_MAX

/* State of a group in a section. Indexes of a rule's instances start at ROW_FIRST. */
enum row {
	ROW_NONE,      /* not selected by path */
	ROW_UNDECIDED, /* selected by path; the facts exclude it or are not known yet */
	ROW_SELECTED,  /* selected */
	ROW_FIRST,     /* LIMIT: its values are claimed; RULE: instance 0 */
};

struct instance {
	bool used;
	uint32_t generation; /* incremented when freed, so that actions recognize a successor */
	uint32_t next_free;
	uint32_t section; /* NONE: the rule was removed, the instance releases */
	uint32_t group;
	char *path, *rule;
	uint64_t group_id;
	uint32_t hierarchy;
	enum cgw_phase phase;
	uint32_t step;
	uint64_t since_ns;    /* of this phase */
	uint64_t true_ns;     /* PENDING: start of the condition; 0: it does not hold */
	uint64_t until_ns;    /* ACTIVE: start of `until`; 0: it does not hold */
	uint64_t acted_ns;    /* ACTIVE: time of the first action */
	uint64_t hold_end_ns; /* ACTIVE */
	uint64_t ready_ns;    /* COOLDOWN: end of the cooldown */
	uint64_t thaw_ns;     /* when to thaw the group; 0: not frozen */
	uint64_t freeze_ns;   /* how long to freeze it once it has a freezer; 0: no such request */
	size_t freeze_action; /* index of its FREEZE that is not performed yet, or NO_ACTION */
	uint64_t signal_ns;   /* when to send the second signal; 0: none */
	int signal;
	bool largest, dry_run;
	bool renew;     /* after a reload: update the values to the new rule */
	double strikes; /* number of recent actions; each lengthens the cooldown */
	double budget;  /* actions left of the rule's max_per_hour */
	uint64_t budget_ns;
	uint64_t logged_ns; /* when a refusal was recorded last */
	char why[192];
};

struct claim {
	uint32_t section;  /* NONE: the section was removed */
	uint32_t instance; /* NONE: claim of a [limit] section */
	char *value;
	uint64_t order; /* later claims are undone first */
	bool stale;     /* from the previous policy; dropped unless the new one claims it, too */
};

struct slot {
	bool used;
	uint32_t next; /* next slot of the group */
	uint32_t group;
	char *path;
	uint64_t group_id;
	uint32_t hierarchy; /* of the control, once it is known */
	enum cgw_control control;
	char *device; /* for controls with instances, else "" */
	bool dry_run;
	struct claim *claims;
	size_t count;
	char *original;         /* value before the first write; NULL: not written yet */
	char *rule;             /* name of the section that requested `written` */
	char *written;          /* last value written; NULL: none, or restored */
	char *kept;             /* value that the kernel made of it */
	struct cgw_number seen; /* value in the frames since then; WARMUP: not seen yet */
	uint64_t retry_ns;      /* no retry before, after a failure or conflict */
	unsigned failures, conflicts;
	uint64_t waiting_ns;  /* since when the group does not have the control's file; 0: it has */
	unsigned tries;       /* of a control whose file the frames do not show */
	bool warned;          /* about waiting */
	size_t action;        /* index of its action that is not performed yet, or NO_ACTION */
	uint64_t reassert_ns; /* no reassertion before, so that two daemons do not fight */
};

struct text {
	struct text *next;
	char bytes[];
};

/* The order of actions: a late thaw does harm, and rules do not wait for many new groups. */
enum urgency { URGENCY_DUE, URGENCY_NORMAL, URGENCY_STANDING, URGENCY_COUNT };

/* What the engine knows about an action until its result is reported. */
struct pending {
	uint32_t slot, instance;
	uint32_t generation; /* of the instance */
	enum urgency urgency;
	bool done; /* reported or cancelled */
	struct text *texts;
};

struct section_state {
	uint32_t *rows;    /* by group */
	uint32_t selected; /* number of selected groups */
	uint32_t parents;  /* scope = sum: number of parents with selected groups */
	struct cgw_averages *when, *until;
	uint64_t tripped_ns; /* the circuit breaker is open until then */
	uint64_t logged_ns;  /* when a refusal was recorded last */
	uint64_t pause_ns;   /* `pick`: no group is picked before */
};

struct cgw_engine {
	const struct cgw_policy *policy;
	const struct cgw_frame *frame; /* of this step */
	const struct cgw_facts *facts;
	uint64_t now_ns, last_ns; /* this step and the previous one; 0: none yet */
	uint64_t frame_ns;        /* monotonic time of the last frame */
	uint64_t facts_ns;        /* when facts were last evaluated */
	uint64_t order, serial;
	bool rows_stale; /* after a reload: match all groups again */
	uint32_t group_count;
	size_t group_capacity;
	struct section_state *sections;
	uint32_t *first_slot, *spare; /* by group */
	struct instance *instances;
	uint32_t instance_count, instance_free;
	size_t instance_capacity;
	struct slot *slots;
	uint32_t slot_count, slot_free;
	size_t slot_capacity;
	double budget; /* actions left of max_per_hour in [policy] */
	uint64_t budget_ns;
	uint32_t *candidates; /* instances that are due to act */
	uint32_t candidate_count;
	size_t candidate_capacity;
	/* Cache of the groups that a rule with scope = sum selects below one parent. */
	uint32_t *members;
	uint32_t member_count, member_section, member_parent;
	uint64_t member_serial;
	uint32_t *order_of_rules; /* indexes of [rule] sections, by priority */
	uint32_t rule_count;
	/* Actions that are not performed yet, also of earlier steps, and memory to sort them. */
	struct cgw_action *actions, *spare_actions;
	struct pending *pendings, *spare_pendings;
	size_t action_count, action_capacity;
	size_t reported;    /* actions before this one are done */
	uint64_t token;     /* the last one */
	struct text *texts; /* of the next action */
	bool running_timers;
	bool out_of_memory;
};

/* follow-groups.c: moves rows, slots and instances along with their groups. */
int engine_follow_groups(struct cgw_engine *engine);
int engine_new_sections(struct cgw_engine *engine);
void engine_free_sections(struct section_state *sections, size_t count);

/* instance-state.c: one rule on one group. */

/* The path of a group, in memory that the caller frees; NULL without memory. */
char *engine_path(struct cgw_engine *engine, uint32_t group);
struct instance *instance_new(struct cgw_engine *engine, uint32_t section, uint32_t group);
void instance_free(struct cgw_engine *engine, struct instance *instance);
void instance_set_phase(struct instance *instance, enum cgw_phase phase, uint64_t now_ns);
void instance_block(struct instance *instance, uint64_t now_ns, const char *format, ...)
	CGW_PRINTF(3, 4);
/* A value or freeze waits for a file of the group; `what` names it. */
void instance_wait(struct instance *instance, const char *what);

/* rule-instance.c: the transitions between its phases. */
void instance_release(struct cgw_engine *engine, struct instance *instance);
/* Thaws the group if the instance has frozen it, and drops a freeze that is not performed yet. */
void instance_thaw(struct cgw_engine *engine, struct instance *instance, const char *reason);
/* Leaves the group alone for an hour, because another process changed it. */
void instance_yield(struct cgw_engine *engine, struct instance *instance, const char *why);
/* Applies the truth of the rule's condition. Returns true if the instance is due to act. */
bool instance_advance(struct cgw_engine *engine, struct instance *instance, enum cgw_truth when);
/* Takes the first action. On false, `why` has the reason. */
bool instance_begin(struct cgw_engine *engine, struct instance *instance);
/* An idle instance is kept only for its strikes and its budget. */
bool instance_is_disposable(const struct cgw_engine *engine, struct instance *instance);
/* Counts instances with values or a freeze in effect. */
uint32_t engine_count_acting(const struct cgw_engine *engine);
/* Collects the selected groups below a parent as members. */
void engine_collect_members(struct cgw_engine *engine, uint32_t section, uint32_t parent);
/* Scope of a rule's condition: the group, or with scope = sum also its siblings. */
struct cgw_scope engine_scope(struct cgw_engine *engine, uint32_t section,
			      const struct cgw_averages *averages, uint32_t group);
/* The condition of a rule, or its `until`, for a group. */
enum cgw_truth engine_condition(struct cgw_engine *engine, uint32_t section, bool is_until,
				uint32_t group);

/* run-rules.c */
void engine_run_rules(struct cgw_engine *engine);
void engine_run_timers(struct cgw_engine *engine);
/* After a gap in sampling: restarts windows and extends holds by the gap. */
void engine_reset_windows(struct cgw_engine *engine, uint64_t gap_ns);

/* candidates.c: selects the due groups to act on. */
bool candidate_add(struct cgw_engine *engine, uint32_t instance);
void candidates_act(struct cgw_engine *engine, uint32_t section);

/* renew.c: state carried over a policy reload. */
void instance_reload(struct cgw_engine *engine, struct instance *instance,
		     const struct rule *before);
/* Called with the first frame after the reload. */
void engine_renew(struct cgw_engine *engine);

/* request-actions.c: the actions of a step. On false, `why` has the reason. */
bool instance_act(struct cgw_engine *engine, struct instance *instance, const char *reason);
/* Freezes groups that did not have a freezer when their rule acted, and have it now. */
void engine_freeze_waiting(struct cgw_engine *engine);

/* ledger.c: claims on control values. */
struct slot *slot_get(struct cgw_engine *engine, uint32_t group, enum cgw_control control,
		      const char *value, bool dry_run);
void slot_free(struct cgw_engine *engine, struct slot *slot);
bool slot_claim(struct cgw_engine *engine, struct slot *slot, uint32_t section, uint32_t instance,
		const char *value);
/* `why` is for debug messages. */
void slot_drop_claim(const struct cgw_engine *engine, struct slot *slot, size_t i, const char *why);
/* Requests the value that results from the claims, unless it is already set. */
void slot_settle(struct cgw_engine *engine, struct slot *slot, const char *reason);
/* Is the value set again when another process changes it? */
bool slot_is_reasserted(const struct cgw_engine *engine, const struct slot *slot);
/* The group does not have the control's file yet. */
void slot_wait(struct cgw_engine *engine, struct slot *slot);
void ledger_drop_instance(struct cgw_engine *engine, uint32_t instance);
bool ledger_has_claim(const struct cgw_engine *engine, uint32_t instance);
void ledger_sweep_stale(struct cgw_engine *engine);
/* Detects values changed by other processes since the last write; retries what is not written. */
void ledger_check_slots(struct cgw_engine *engine);
/* The file of a metric does not exist, according to the frame. */
bool engine_lacks_file(const struct cgw_engine *engine, enum cgw_metric metric, uint32_t group);
void ledger_on_result(struct cgw_engine *engine, struct slot *slot, const struct cgw_action *action,
		      const struct cgw_action_result *result);
void engine_apply_limits(struct cgw_engine *engine);

/* emit-actions.c: actions that are not performed yet. */
void engine_begin_actions(struct cgw_engine *engine);
/* Cancels an action; engine_finish_actions() removes it. Accepts NO_ACTION. */
void engine_cancel(struct cgw_engine *engine, size_t action);
/* Cancels everything but the end of what is in effect. */
void engine_cancel_changes(struct cgw_engine *engine);
/* Removes actions that are done and sorts the others. */
void engine_finish_actions(struct cgw_engine *engine);
void engine_free_actions(struct cgw_engine *engine);
/* Returns a copy that belongs to the next action to be emitted; "" if out of memory. */
const char *engine_copy_text(struct cgw_engine *engine, const char *text);
/* All strings of the action are copies of engine_copy_text(). */
void engine_emit(struct cgw_engine *engine, struct cgw_action action, uint32_t slot,
		 uint32_t instance);
/* The instance that the action was requested for; NULL if it was freed meanwhile. */
struct instance *pending_instance(const struct cgw_engine *engine, const struct pending *pending);
/* An action on an instance's group, with the common members filled in. */
struct cgw_action instance_action(struct cgw_engine *engine, const struct instance *instance,
				  enum cgw_action_kind kind, const char *reason);
/* Describes the terms that hold: "cpu > 300% (now 412%), ...". */
void engine_describe(const struct cgw_expression *expression, const struct cgw_scope *scope,
		     char *buffer, size_t size);

static inline uint32_t instance_index(const struct cgw_engine *engine,
				      const struct instance *instance)
{
	return (uint32_t)(instance - engine->instances);
}

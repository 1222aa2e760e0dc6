/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * engine.h - what goes on: rules on groups, and the values they hold.
 *
 * An instance is one rule on one group, from the first sample in which its condition holds until
 * nothing of it is left. A slot is one control of one group that somebody here wrote or wants to:
 * what was there before, and a claim for each section that wants a value. The strictest claim is
 * written; without one, what was there before. Both hang on the group's row and go with the
 * group.
 */
#ifndef CGWARD_LIB_POLICY_ENGINE_H
#define CGWARD_LIB_POLICY_ENGINE_H

#include "lib/policy/policy-priv.h"

#define NONE      UINT32_MAX
#define SECOND_NS UINT64_C(1000000000)

/* What a section has to do with a group. Instances of rules count on from ROW_FIRST. */
enum row {
	ROW_NONE,      /* not selected by path */
	ROW_UNDECIDED, /* by path it is; facts say no, or nothing yet */
	ROW_SELECTED,  /* selected */
	ROW_FIRST,     /* LIMIT: its values are claimed; RULE: instance 0 */
};

struct instance {
	bool used;
	uint32_t next_free;
	uint32_t section; /* NONE: its rule is no more, it releases */
	uint32_t group;
	char *path, *rule;
	uint64_t group_id;
	uint32_t hierarchy;
	enum cgw_phase phase;
	uint32_t step;
	uint64_t since_ns;    /* of this phase */
	uint64_t true_ns;     /* PENDING: since when the condition holds; 0: it does not */
	uint64_t until_ns;    /* ACTIVE: since when `until` holds; 0: it does not */
	uint64_t acted_ns;    /* ACTIVE: the first action */
	uint64_t hold_end_ns; /* ACTIVE */
	uint64_t ready_ns;    /* COOLDOWN: its end */
	uint64_t thaw_ns;     /* when it must thaw what it froze; 0: it froze nothing */
	uint64_t signal_ns;   /* when the second signal is due; 0: none is */
	int signal;
	bool largest, dry_run;
	bool renew;     /* the policy was loaded anew: it holds what its rule says now */
	double strikes; /* how often it acted lately: each one makes the cooldown longer */
	double budget;  /* actions left of max_per_hour */
	uint64_t budget_ns;
	uint64_t logged_ns; /* when a refusal was recorded last */
	char why[192];
};

struct claim {
	uint32_t section;  /* NONE: the section is no more */
	uint32_t instance; /* NONE: a standing limit */
	char *value;
	uint64_t order; /* later ones are undone first */
	bool stale;     /* of the policy before: goes unless the new one claims the same */
};

struct slot {
	bool used;
	uint32_t next; /* of the same group */
	uint32_t group;
	char *path;
	uint64_t group_id;
	uint32_t hierarchy;
	enum cgw_control control;
	char *device; /* of a control with instances; "" else */
	bool dry_run;
	struct claim *claims;
	size_t count;
	char *original;         /* before anybody here wrote; NULL: nobody did */
	char *rule;             /* who asked for it */
	char *written;          /* what was written last; NULL: nothing, or it was given back */
	char *kept;             /* what the kernel made of it */
	struct cgw_number seen; /* as the frames show it since; WARMUP: not seen yet */
	uint64_t retry_ns;      /* not before: after a failure or a conflict */
	unsigned failures, conflicts;
	uint64_t serial;      /* of the step that asked for something last ... */
	size_t action;        /* ... and what of it */
	uint64_t reassert_ns; /* not set again before, so that two who do so do not fight */
};

/* What a token stands for until the action is done. */
struct pending {
	uint32_t slot, instance;
};

struct section_state {
	uint32_t *rows;    /* by group */
	uint32_t selected; /* groups selected */
	uint32_t parents;  /* of a rule with scope = sum: parents of such groups */
	struct cgw_averages *when, *until;
	uint64_t tripped_ns; /* the circuit breaker holds until then */
	uint64_t logged_ns;  /* when a refusal was recorded last */
	uint64_t pause_ns;   /* a rule that picks one group picks none before */
};

struct cgw_engine {
	const struct cgw_policy *policy;
	const struct cgw_frame *frame; /* of this step */
	const struct cgw_facts *facts;
	uint64_t now_ns, last_ns; /* this step, the one before; 0: none yet */
	uint64_t frame_ns;        /* monotonic time of the last frame */
	uint64_t facts_ns;        /* when facts were asked last */
	uint64_t order, serial;
	bool rows_stale; /* a new policy: all groups are looked at again */
	uint32_t group_count, group_capacity;
	struct section_state *sections;
	uint32_t *first_slot, *spare; /* by group */
	struct instance *instances;
	uint32_t instance_count, instance_free;
	struct slot *slots;
	uint32_t slot_count, slot_free;
	double budget; /* actions left of [policy] max_per_hour */
	uint64_t budget_ns;
	uint32_t *candidates; /* instances that are ready to act */
	uint32_t candidate_count, candidate_capacity;
	/*
	 * The groups of one parent that a rule with scope = sum selects, and for which one they
	 * are.
	 */
	uint32_t *members;
	uint32_t member_count, member_section, member_parent;
	uint64_t member_serial;
	uint32_t *order_of_rules; /* sections of rules, by priority */
	uint32_t rule_count;
	struct cgw_action *actions;
	struct pending *pendings;
	size_t action_count, action_capacity;
	char **strings; /* that the actions of this step point to */
	size_t string_count, string_capacity;
	bool deciding; /* the actions of this step are not handed out yet */
	bool out_of_memory;
};

/* follow.c: rows, slots and instances go where their groups are now. */
int engine_follow_groups(struct cgw_engine *engine);
int engine_new_sections(struct cgw_engine *engine);
void engine_free_sections(struct section_state *sections, size_t count);

/* instance.c: one rule on one group. */
struct instance *instance_new(struct cgw_engine *engine, uint32_t section, uint32_t group);
void instance_free(struct cgw_engine *engine, struct instance *instance);
void instance_release(struct cgw_engine *engine, struct instance *instance);
void instance_block(struct instance *instance, uint64_t now_ns, const char *format, ...)
	CGW_PRINTF(3, 4);
/* Somebody else has a hand on the group: it is left alone for an hour. */
void instance_yield(struct cgw_engine *engine, struct instance *instance, const char *why);
void engine_run_rules(struct cgw_engine *engine);
/*
 * What a condition of a rule is asked of: the group, or with scope = sum those beside it as well.
 */
struct cgw_scope engine_scope(struct cgw_engine *engine, uint32_t section,
			      const struct cgw_averages *averages, uint32_t group);
/* The first action. True when the rule acts on the group from now on; else `why` says why not. */
bool instance_begin(struct cgw_engine *engine, struct instance *instance);
/* Instances that hold something of their groups. */
uint32_t engine_count_acting(const struct cgw_engine *engine);
void engine_run_timers(struct cgw_engine *engine);
/* After a gap in the samples: what was counted says nothing, holds go on for as long as it took. */
void engine_reset_windows(struct cgw_engine *engine, uint64_t gap_ns);

/* candidates.c: of the groups that it is time for, on which ones is acted. */
bool candidate_add(struct cgw_engine *engine, uint32_t instance);
void candidates_act(struct cgw_engine *engine, uint32_t section);

/* renew.c: what goes on under a policy that was loaded anew. */
void instance_reload(struct cgw_engine *engine, struct instance *instance,
		     const struct rule *before);
/* With the first frame under it. */
void engine_renew(struct cgw_engine *engine);

/* perform.c: the actions of a rung. False when nothing could be asked for, and `why` says so. */
bool instance_act(struct cgw_engine *engine, struct instance *instance, const char *reason);

/* ledger.c: who wants which value. */
struct slot *slot_get(struct cgw_engine *engine, uint32_t group, enum cgw_control control,
		      const char *value, bool dry_run);
void slot_free(struct cgw_engine *engine, struct slot *slot);
bool slot_claim(struct cgw_engine *engine, struct slot *slot, uint32_t section, uint32_t instance,
		const char *value);
/* Asks for what the claims come to, unless it is so already. */
void slot_settle(struct cgw_engine *engine, struct slot *slot, const char *reason);
void ledger_drop_instance(struct cgw_engine *engine, uint32_t instance);
bool ledger_has_claim(const struct cgw_engine *engine, uint32_t instance);
void ledger_sweep_stale(struct cgw_engine *engine);
/* What somebody else changed since we wrote it. */
void ledger_check_conflicts(struct cgw_engine *engine);
void ledger_on_result(struct cgw_engine *engine, struct slot *slot, const struct cgw_action *action,
		      const struct cgw_action_result *result);
void engine_apply_limits(struct cgw_engine *engine);

/* emit.c: the actions of a step. */
void engine_begin_actions(struct cgw_engine *engine);
/* Takes back what this step asked for already; the rest moves up when it is handed out. */
void engine_cancel(struct cgw_engine *engine, size_t action);
void engine_finish_actions(struct cgw_engine *engine);
/* A copy that lives as long as the step; "" where there is no memory. */
const char *engine_copy_text(struct cgw_engine *engine, const char *text);
void engine_emit(struct cgw_engine *engine, struct cgw_action action, uint32_t slot,
		 uint32_t instance);
/* An action on an instance's group, its common parts filled in. */
struct cgw_action instance_action(struct cgw_engine *engine, const struct instance *instance,
				  enum cgw_action_kind kind, const char *reason);
/* "cpu > 300% (412%), ..." of the terms that hold. */
void engine_describe(const struct cgw_expression *expression, const struct cgw_scope *scope,
		     char *buffer, size_t size);

static inline uint32_t instance_index(const struct cgw_engine *engine,
				      const struct instance *instance)
{
	return (uint32_t)(instance - engine->instances);
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy.h - what an operator wants of the groups, and what follows from it at this moment.
 *
 * Two halves. A policy is what the files say: loaded whole or not at all, constant afterwards, every
 * mistake with file, line and the nearest right word. An engine is what goes on: which rule watches,
 * holds or cools down on which group. cgw_engine_step() opens no file and reads no clock; given the
 * same frames and times it asks for the same actions, so that hours are tested in milliseconds and a
 * policy is run over a recording.
 *
 * Expressions are those of expression.h. Control names are those of controls.def.
 */
#ifndef CGWARD_POLICY_H
#define CGWARD_POLICY_H

#include <cgward/expression.h>
#include <cgward/limit.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_policy_mode {
	CGW_MODE_ENFORCE,
	CGW_MODE_DRY_RUN, /* all is decided and said, nothing is done */
	CGW_MODE_OBSERVE, /* rules are evaluated and shown, no action is even planned */
};

enum cgw_section_kind {
	CGW_SECTION_PROTECT, /* groups that nothing here touches */
	CGW_SECTION_LIMIT,   /* standing limits of all groups that match, new ones too */
	CGW_SECTION_RULE,    /* what happens when a condition holds */
	CGW_SECTION_PLACE,   /* into which group processes are moved */
	CGW_SECTION_KIND_COUNT,
};
const char *cgw_section_kind_name(enum cgw_section_kind kind) CGW_PURE;

struct cgw_policy;

/* One mistake; all of a load are reported, not only the first. */
struct cgw_policy_problem {
	struct cgw_diag diag; /* file, line, text */
	bool warning;         /* the policy may still be used */
};
struct cgw_policy_reporter {
	void (*report)(void *context, const struct cgw_policy_problem *problem);
	void *context;
};

/*
 * Loads `file`, then each *.conf of `directory` in byte order (either NULL: none). Nothing of a policy
 * with an error is used: -EINVAL then, with each problem handed to `report`. As root, a file that
 * others than root can write is an error, and so is a command in it that others can write.
 */
int cgw_policy_load(const char *file, const char *directory,
		    const struct cgw_policy_reporter *reporter, struct cgw_policy **ret_policy);
/* The same from memory; `name` stands in messages. For tests, fuzzers and recordings. */
int cgw_policy_parse(const char *name, const char *text, size_t length,
		     const struct cgw_policy_reporter *reporter, struct cgw_policy **ret_policy);
struct cgw_policy *cgw_policy_free(struct cgw_policy *policy);

/* [policy] */
struct cgw_policy_settings {
	uint64_t interval_ns;
	enum cgw_policy_mode mode;
	enum cgw_backend backend;
	bool keep_on_exit;       /* what rules changed stays as it is at the end */
	bool keep_limits;        /* standing limits stay at the end */
	bool reassert;           /* what somebody else changed is set again, else it is theirs */
	unsigned max_concurrent; /* groups acted on at once */
	unsigned max_per_hour;   /* actions of all rules */
	unsigned max_fraction;   /* percent of its groups that a rule may act on at once */
	double gap;              /* samples so many intervals apart say nothing about between */
	const char *state;       /* directory of what must outlive a crash, or NULL */
	const char *notify;      /* command of the action `notify`, or NULL */
};
const struct cgw_policy_settings *cgw_policy_settings(const struct cgw_policy *policy) CGW_PURE;
/* [record]: samples that are kept while the policy is enforced. False where there is no such section. */
struct cgw_policy_record {
	const char *to;      /* a file, or a directory with a slash at its end */
	const char *columns; /* "[+]KEY,...", or NULL: the usual */
	uint64_t interval_ns, size_bytes, keep_ns;
	const char *const *globs;
	size_t glob_count;
};
bool cgw_policy_record_section(const struct cgw_policy *policy,
			       struct cgw_policy_record *ret_record);

/* [metrics]: an endpoint for Prometheus beside it. False where there is no such section. */
struct cgw_policy_metrics {
	const char *listen;  /* or NULL: systemd's socket, else the loopback */
	const char *columns; /* "[+]KEY,...", or NULL: the usual */
	uint32_t depth_max;  /* 0: all */
	uint64_t groups_max;
	const char *const *globs;
	size_t glob_count;
};
bool cgw_policy_metrics_section(const struct cgw_policy *policy,
				struct cgw_policy_metrics *ret_metrics);

/* Before an engine has it: a dry run of a policy that would enforce. */
void cgw_policy_set_mode(struct cgw_policy *policy, enum cgw_policy_mode mode);

/* All metrics that its conditions, selections and controls read. */
void cgw_policy_metrics_used(const struct cgw_policy *policy, struct cgw_metric_set *set);

struct cgw_section_info {
	enum cgw_section_kind kind;
	const char *name;
	const char *file;
	unsigned line;
	const struct cgw_expression *when, *until; /* RULE; `until` may be NULL */
	unsigned priority;                         /* RULE */
	bool dry_run;                              /* RULE */
	bool sum;                                  /* RULE: scope = sum */
	const char *to;                            /* PLACE: the group ... */
	bool create;                               /* ... which is made where it is not there */
};
size_t cgw_policy_section_count(const struct cgw_policy *policy) CGW_PURE;
struct cgw_section_info cgw_policy_section(const struct cgw_policy *policy, size_t section);
/* The i-th value that a [limit] section sets: -ENOENT at the end. */
int cgw_policy_assignment(const struct cgw_policy *policy, size_t section, size_t i,
			  enum cgw_control *ret_control, const char **ret_value);

/* Whether a section selects a group: match, exclude, and what `facts` say of it. */
enum cgw_truth cgw_policy_section_matches(const struct cgw_policy *policy, size_t section,
					  const struct cgw_frame *frame,
					  const struct cgw_facts *facts, uint32_t group);
/*
 * The groups whose sum a rule with `scope = sum` looks at when it looks at `group`: those of the same
 * parent that it selects. For the members `together` of a struct cgw_scope; freed by the caller. NULL
 * and 0 for all other sections. -ENOMEM.
 */
int cgw_policy_sum_members(const struct cgw_policy *policy, size_t section,
			   const struct cgw_frame *frame, const struct cgw_facts *facts,
			   uint32_t group, uint32_t **ret_groups, size_t *ret_count);
/* Whether a [place] section selects a process: `matches` is asked for each pattern. */
enum cgw_truth cgw_policy_place_matches(const struct cgw_policy *policy, size_t section,
					enum cgw_truth (*matches)(void *context,
								  enum cgw_subject subject,
								  const char *pattern),
					void *context);
/*
 * May the policy set this control on the group? CGW_CONTROL_COUNT asks for freeze, kill and moves.
 * 0, or -EPERM and which section, or which protection built in, forbids it.
 */
int cgw_policy_check_protected(const struct cgw_policy *policy, const struct cgw_frame *frame,
			       const struct cgw_facts *facts, uint32_t group,
			       enum cgw_control control, struct cgw_diag *diag);

/* The keys of the file, for manuals, completions and editors: i from 0 until -ENOENT. */
struct cgw_policy_key {
	const char *sections; /* "limit rule", or "policy" */
	const char *key;
	const char *syntax;
	const char *help;
	bool repeatable;
};
int cgw_policy_key(size_t i, struct cgw_policy_key *ret_key);

enum cgw_action_kind {
	CGW_ACTION_LIMIT,
	CGW_ACTION_RESTORE, /* give back the value that was there before */
	CGW_ACTION_FREEZE,
	CGW_ACTION_THAW,
	CGW_ACTION_KILL,
	CGW_ACTION_RECLAIM,
	CGW_ACTION_NOTIFY,
	CGW_ACTION_RUN,
	CGW_ACTION_LOG,
	CGW_ACTION_KIND_COUNT,
};
const char *cgw_action_kind_name(enum cgw_action_kind kind) CGW_PURE;

/* One thing to do now. Strings live until the engine's next step. */
struct cgw_action {
	enum cgw_action_kind kind;
	uint64_t token;   /* names this action in cgw_engine_action_done() */
	uint32_t section; /* UINT32_MAX: of a policy that is no more */
	const char *rule; /* name of the section */
	uint32_t step;    /* of a ladder, from 0 */
	const char *path;
	uint64_t group_id;        /* act on this group only: its inode ... */
	size_t hierarchy;         /* ... in this hierarchy */
	enum cgw_control control; /* LIMIT, RESTORE */
	const char *value;        /* LIMIT, RECLAIM: operator's words; RESTORE: the value before */
	const char *expected; /* RESTORE: what the kernel kept of ours; other: not ours to undo */
	int signal;           /* KILL */
	bool largest_only;    /* KILL */
	bool force;           /* the rule says so: below what is in use */
	bool dry_run;         /* the rule, or the policy, only says what it would do */
	bool quiet;           /* a failure is no news: it is tried again, or was expected */
	uint64_t duration_ns; /* FREEZE: the mandatory maximum */
	const char *command;  /* RUN, NOTIFY: absolute path and arguments, no shell */
	const char *reason;   /* one line: the condition with its present figures */
};

/* What came of an action; the engine's books follow what the kernel did, not what was asked. */
struct cgw_action_result {
	uint64_t token;
	int error; /* 0 or negative errno; -ESTALE: somebody else changed the value since */
	enum cgw_outcome outcome;
	const char *old_value, *accepted_value; /* LIMIT, RESTORE */
	const char *reason;                     /* of a failure; or NULL */
};

struct cgw_engine;
/* The policy must outlive the engine, or its next reload. What returns int of an engine fails with -ENOMEM only. */
int cgw_engine_new(const struct cgw_policy *policy, struct cgw_engine **ret_engine);
struct cgw_engine *cgw_engine_free(struct cgw_engine *engine);

/*
 * One tick: `now_ns` is the frame's moment on a clock that runs with suspend (boottime). Actions come
 * back in the order in which they must be done; the array belongs to the engine until its next step,
 * and each action wants its cgw_engine_action_done() before that.
 */
int cgw_engine_step(struct cgw_engine *engine, const struct cgw_frame *frame,
		    const struct cgw_facts *facts, uint64_t now_ns,
		    const struct cgw_action **ret_actions, size_t *ret_count);
void cgw_engine_action_done(struct cgw_engine *engine, const struct cgw_action_result *result);

/* When something is due between samples (a thaw, a second signal); UINT64_MAX: nothing is. */
uint64_t cgw_engine_due_ns(const struct cgw_engine *engine) CGW_PURE;
/* The actions that are due now, without a frame. */
int cgw_engine_timers(struct cgw_engine *engine, uint64_t now_ns,
		      const struct cgw_action **ret_actions, size_t *ret_count);

/* A new policy under running state: instances go on by rule name, those of removed rules release. */
int cgw_engine_reload(struct cgw_engine *engine, const struct cgw_policy *policy);

/* All that is to be given back at an orderly end, by what [policy] says of it. */
int cgw_engine_release_all(struct cgw_engine *engine, const struct cgw_action **ret_actions,
			   size_t *ret_count);

enum cgw_phase {
	CGW_PHASE_IDLE,
	CGW_PHASE_PENDING, /* the condition holds, counting `for` */
	CGW_PHASE_ACTIVE,  /* acted, holding */
	CGW_PHASE_RELEASING,
	CGW_PHASE_COOLDOWN,
	CGW_PHASE_BLOCKED, /* budget spent, protected, or a conflict: `why` says which */
};
const char *cgw_phase_name(enum cgw_phase phase) CGW_PURE;

/* Where each rule stands on each group, for status, explain and the dashboard. */
struct cgw_instance_state {
	uint32_t section;
	uint64_t group_id;
	const char *path; /* raw bytes; until the next step */
	enum cgw_phase phase;
	uint32_t step;
	uint64_t since_ns, until_ns; /* boottime; 0: open */
	const char *why;
};
/* Writes at most `capacity` of them, returns how many there are. Idle ones are not among them. */
size_t cgw_engine_instances(const struct cgw_engine *engine, struct cgw_instance_state *states,
			    size_t capacity);

/* What it holds at this moment: changed values and their originals, and frozen groups. */
struct cgw_applied_value {
	const char *path;
	uint64_t group_id;
	enum cgw_control control; /* CGW_CONTROL_COUNT: frozen */
	const char *original, *accepted;
	uint32_t section; /* whose value it is now */
};
size_t cgw_engine_applied_values(const struct cgw_engine *engine, struct cgw_applied_value *values,
				 size_t capacity);

/*
 * A policy run over samples that were kept, with nothing done: what it would have done, when and for how
 * long. Limits would have changed what followed: from the first action on, the figures are those of
 * groups that were not limited. Selections and terms by user, command and attribute, which no sample
 * holds, are unknown.
 */
struct cgw_rehearsal;
/* `interval_ns` is that of the samples. The policy must outlive it. -ENOMEM, here and at a step. */
int cgw_rehearsal_new(const struct cgw_policy *policy, uint64_t interval_ns,
		      struct cgw_rehearsal **ret_rehearsal);
/* Accepts NULL, returns NULL. */
struct cgw_rehearsal *cgw_rehearsal_free(struct cgw_rehearsal *rehearsal);
/* The next sample. `boot` tells boots of the machine apart: nothing stands longer than one. */
int cgw_rehearsal_step(struct cgw_rehearsal *rehearsal, const struct cgw_frame *frame,
		       uint64_t boot);

/* One action. Texts belong to the rehearsal. */
struct cgw_rehearsed_action {
	uint64_t realtime_ns, boottime_ns; /* of the sample, or the timer, that it comes of */
	enum cgw_action_kind kind;         /* never RESTORE or THAW: they end another one */
	enum cgw_control control;          /* LIMIT, RECLAIM */
	uint32_t section, step;            /* UINT32_MAX: of no section */
	int signal;                        /* KILL */
	uint64_t group_id;
	char *path, *value, *reason;
	uint64_t active_ns; /* LIMIT, FREEZE: until it ends or is replaced, or the last sample */
	bool active_at_end; /* it stands at the last sample */
};
/* All so far, in order; valid until the next step. */
const struct cgw_rehearsed_action *cgw_rehearsal_actions(struct cgw_rehearsal *rehearsal,
							 size_t *ret_count);

/* Why a section acted, or did not. */
struct cgw_rehearsed_section {
	uint64_t samples;    /* in which it was looked at */
	uint64_t truths[3];  /* RULE: by enum cgw_truth, over all its groups and samples */
	uint64_t actions;    /* beside records */
	uint64_t longest_ns; /* RULE: that its condition held on one group */
	uint32_t groups;     /* the most at one sample */
};
struct cgw_rehearsed_section cgw_rehearsal_section(const struct cgw_rehearsal *rehearsal,
						   size_t section);

/*
 * The [protect] sections for changes by hand: what stands in cgw_limit_options as `protect` and
 * `protect_context`. `file` NULL is the machine's own, /etc/cgward/cgward.conf with its
 * conf.d. Where there is no policy, 0 and NULL: nothing more is protected. A policy with mistakes
 * protects nobody knows what: -EINVAL, with each problem reported. The layout must outlive it.
 */
struct cgw_protection;
int cgw_protection_load(const struct cgw_layout *layout, const char *file,
			const struct cgw_policy_reporter *reporter,
			struct cgw_protection **ret_protection);
/* Accepts NULL, returns NULL. */
struct cgw_protection *cgw_protection_free(struct cgw_protection *protection);
/* -EPERM with the section that protects the group; what lets a group go on or makes one is let pass. */
int cgw_protection_check(void *protection, const char *path, enum cgw_step_kind kind,
			 struct cgw_diag *diag);

#ifdef __cplusplus
}
#endif

#endif

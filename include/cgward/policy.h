/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy.h - policy files, and the engine that derives actions from them.
 *
 * A policy is the parsed content of the policy files. It is loaded completely or not at all, and
 * constant afterwards; every error is reported with file, line and the nearest valid word. An
 * engine holds the state of the rules: on which groups each rule is pending, active or cooling
 * down. cgw_engine_step() opens no file and reads no clock: for the same frames and times it
 * requests the same actions. Therefore tests run hours of a policy in milliseconds, and a policy
 * can be run over a recording.
 *
 * Expressions are documented in expression.h, the names of controls in controls.def.
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
	CGW_MODE_DRY_RUN, /* actions are decided and logged, but not performed */
	CGW_MODE_OBSERVE, /* rules are evaluated and shown, but no actions are decided */
};

enum cgw_section_kind {
	CGW_SECTION_PROTECT, /* groups that must not be changed */
	CGW_SECTION_LIMIT,   /* permanent limits for all matching groups, including new ones */
	CGW_SECTION_RULE,    /* actions to perform when a condition is true */
	CGW_SECTION_PLACE,   /* groups into which matching processes are moved */
	CGW_SECTION_KIND_COUNT,
};
/* "protect", "limit", "rule" or "place". */
const char *cgw_section_kind_name(enum cgw_section_kind kind) CGW_PURE;

struct cgw_policy;

/* An error or warning in a policy file. All of them are reported, not only the first one. */
struct cgw_policy_problem {
	struct cgw_diag diag; /* file, line, text */
	bool warning;         /* the policy can be used anyway */
};
struct cgw_policy_reporter {
	void (*report)(void *context, const struct cgw_policy_problem *problem);
	void *context;
};

/*
 * Loads `file`, then each *.conf file in `directory` in byte order of the names. Either may be
 * NULL. Returns -EINVAL if there are errors; each problem is passed to `report`. If run as root, it
 * is an error if a policy file, or a command in it, is writable by other users. Free with
 * cgw_policy_free(), which accepts NULL and returns NULL.
 */
int cgw_policy_load(const char *file, const char *directory,
		    const struct cgw_policy_reporter *reporter, struct cgw_policy **ret_policy);
/* Parses a policy in memory; messages use `name` as the file name. For tests and fuzzers. */
int cgw_policy_parse(const char *name, const char *text, size_t length,
		     const struct cgw_policy_reporter *reporter, struct cgw_policy **ret_policy);
struct cgw_policy *cgw_policy_free(struct cgw_policy *policy);

/* The [policy] section. Strings of all sections are owned by the policy. */
struct cgw_policy_settings {
	uint64_t interval_ns;
	enum cgw_policy_mode mode;
	enum cgw_backend backend;
	bool keep_on_exit;       /* do not undo the changes of rules on exit */
	bool keep_limits;        /* do not undo permanent limits on exit */
	bool reassert;           /* set a value again if another process changes it */
	unsigned max_concurrent; /* groups that may be acted on at the same time */
	unsigned max_per_hour;   /* actions of all rules per hour */
	unsigned max_fraction;   /* percent of its groups that a rule may act on at the same time */
	double gap;              /* samples more than this many intervals apart are a gap */
	const char *state;       /* directory for the state needed after a crash, or NULL */
	const char *notify;      /* command for the notify action, or NULL */
};
const struct cgw_policy_settings *cgw_policy_settings(const struct cgw_policy *policy) CGW_PURE;

/* The [record] section: record samples while enforcing. */
struct cgw_policy_record {
	const char *to;      /* a file, or a directory with a trailing slash */
	const char *columns; /* "[+]KEY,...", or NULL: the default */
	uint64_t interval_ns, size_bytes, keep_ns;
	const char *const *globs;
	size_t glob_count;
};
/* Returns false if there is no such section. */
bool cgw_policy_record_section(const struct cgw_policy *policy,
			       struct cgw_policy_record *ret_record);

/* The [metrics] section: serve metrics to Prometheus while enforcing. */
struct cgw_policy_metrics {
	const char *listen; /* NULL: the socket passed by systemd, otherwise the loopback address */
	const char *columns; /* "[+]KEY,...", or NULL: the default */
	uint32_t depth_max;  /* 0: unlimited */
	uint64_t groups_max;
	const char *const *globs;
	size_t glob_count;
};
/* Returns false if there is no such section. */
bool cgw_policy_metrics_section(const struct cgw_policy *policy,
				struct cgw_policy_metrics *ret_metrics);

/* The [postmortem] section: a page about each OOM kill and the like, while enforcing. */
struct cgw_policy_postmortem {
	const char *to; /* a directory */
	uint64_t interval_ns, last_ns, gap_ns, size_bytes;
	uint32_t pages_max;
};
#define CGW_POSTMORTEM_DIRECTORY "/var/lib/cgward/postmortem"
/* Returns false if there is no such section. */
bool cgw_policy_postmortem_section(const struct cgw_policy *policy,
				   struct cgw_policy_postmortem *ret_postmortem);

/* Overrides the mode, for a dry run. Call it before creating an engine. */
void cgw_policy_set_mode(struct cgw_policy *policy, enum cgw_policy_mode mode);

/* Adds all metrics used by conditions, selections and controls to `set`. */
void cgw_policy_metrics_used(const struct cgw_policy *policy, struct cgw_metric_set *set);

/* A section other than [policy], [record], [metrics] and [postmortem]. */
struct cgw_section_info {
	enum cgw_section_kind kind;
	const char *name;
	const char *file;
	unsigned line;
	const struct cgw_expression *when, *until; /* RULE; `until` may be NULL */
	unsigned priority;                         /* RULE */
	bool dry_run;                              /* RULE */
	bool sum;                                  /* RULE: scope = sum */
	bool holds_values;        /* LIMIT, or RULE with an action that has to be undone */
	const char *const *globs; /* `match`; none: all groups */
	size_t glob_count;
	const char *to; /* PLACE: path of the group */
	bool create;    /* PLACE: create the group if it does not exist */
};
size_t cgw_policy_section_count(const struct cgw_policy *policy) CGW_PURE;
struct cgw_section_info cgw_policy_section(const struct cgw_policy *policy, size_t section);
/* Lists the values set by a [limit] section: i from 0 until -ENOENT. */
int cgw_policy_assignment(const struct cgw_policy *policy, size_t section, size_t i,
			  enum cgw_control *ret_control, const char **ret_value);

/* Evaluates whether a section selects a group: by path, and by the subjects in `facts`. */
enum cgw_truth cgw_policy_section_matches(const struct cgw_policy *policy, size_t section,
					  const struct cgw_frame *frame,
					  const struct cgw_facts *facts, uint32_t group);
/*
 * For a rule with `scope = sum`, returns the siblings of `group` that the rule selects, for
 * `members` of struct cgw_scope; the caller frees the array. Returns NULL and 0 for other sections.
 * Fails with -ENOMEM only.
 */
int cgw_policy_sum_members(const struct cgw_policy *policy, size_t section,
			   const struct cgw_frame *frame, const struct cgw_facts *facts,
			   uint32_t group, uint32_t **ret_groups, size_t *ret_count);
/* Evaluates whether a [place] section selects a process. Calls `matches` for each pattern. */
enum cgw_truth cgw_policy_place_matches(const struct cgw_policy *policy, size_t section,
					enum cgw_truth (*matches)(void *context,
								  enum cgw_subject subject,
								  const char *pattern),
					void *context);
/*
 * Checks whether the policy may set a control of a group; CGW_CONTROL_NONE checks freeze, kill and
 * move. Returns 0, or -EPERM with the section or built-in protection that forbids it in `diag`.
 */
int cgw_policy_check_protected(const struct cgw_policy *policy, const struct cgw_frame *frame,
			       const struct cgw_facts *facts, uint32_t group,
			       enum cgw_control control, struct cgw_diag *diag);

/* A key of the policy file, for manuals, completions and editors. */
struct cgw_policy_key {
	const char *sections; /* "limit rule", or "policy" */
	const char *key;
	const char *syntax;
	const char *help;
	bool repeatable;
};
/* Lists the keys: i from 0 until -ENOENT. */
int cgw_policy_key(size_t i, struct cgw_policy_key *ret_key);

enum cgw_action_kind {
	CGW_ACTION_LIMIT,
	CGW_ACTION_RESTORE, /* set the value from before LIMIT */
	CGW_ACTION_FREEZE,
	CGW_ACTION_THAW,
	CGW_ACTION_KILL,
	CGW_ACTION_RECLAIM,
	CGW_ACTION_NOTIFY,
	CGW_ACTION_RUN,
	CGW_ACTION_LOG,
	CGW_ACTION_YIELD, /* another process changed the value: forget how to restore it */
	CGW_ACTION_KIND_COUNT,
};
/* "limit", "restore", "freeze", ... */
const char *cgw_action_kind_name(enum cgw_action_kind kind) CGW_PURE;
/*
 * Formats what an action does: "limit cpu.max 200%", "freeze", "kill SIGTERM". `control` is only
 * used for LIMIT and RESTORE, `signal` for KILL; `value` may be NULL.
 */
void cgw_action_format(enum cgw_action_kind kind, enum cgw_control control, const char *value,
		       int signal, char *buffer, size_t size);

/* An action to perform now. Strings are valid until the next call that returns actions. */
struct cgw_action {
	enum cgw_action_kind kind;
	uint64_t token;      /* identifies the action in cgw_engine_action_done() */
	uint32_t section;    /* UINT32_MAX: the section was removed by a reload */
	uint64_t evaluation; /* what a section requests in one evaluation is one change */
	const char *rule;    /* name of the section */
	uint32_t step;       /* of a ladder, from 0 */
	const char *path;
	uint64_t group_id;        /* inode; fail with -ENOENT or -ESTALE for any other group */
	size_t hierarchy;         /* the hierarchy of `group_id`, if known that of the control */
	enum cgw_control control; /* LIMIT, RESTORE, YIELD */
	const char *instance;     /* of the control: the device, page size or resource, or NULL */
	const char *value;    /* LIMIT, RECLAIM: as in the policy; RESTORE: the original value */
	const char *expected; /* RESTORE: the current value; if it differs, do not restore */
	int signal;           /* KILL */
	bool largest_only;    /* KILL: only the largest process */
	bool force;           /* allow limits below current use */
	bool again;           /* LIMIT: set it even if another process has changed it before */
	bool dry_run;         /* log the action, do not perform it */
	bool quiet;           /* do not log a failure: it was expected, or is retried */
	uint64_t duration_ns; /* FREEZE: the maximum duration */
	const char *command;  /* RUN, NOTIFY: absolute path and arguments, no shell */
	const char *reason;   /* one line: the condition with its current values */
};

/* The result of an action. The engine records what the kernel did, not what was requested. */
struct cgw_action_result {
	uint64_t token;
	int error; /* 0 or negative errno; -ESTALE: the value was changed by another process */
	/*
	 * LIMIT, FREEZE: NOT_TRIED if the group exists, but does not have the file yet; the engine
	 * then requests the action again. FREEZE: UNCHANGED if another process froze the group.
	 */
	enum cgw_outcome outcome;
	uint64_t group_id; /* LIMIT: the inode in the hierarchy that was written; 0: not known */
	size_t hierarchy;  /* of `group_id` */
	const char *old_value, *accepted_value; /* LIMIT, RESTORE */
	const char *reason;                     /* of a failure, or NULL */
};

struct cgw_engine;
/*
 * Creates an engine. The policy must outlive it, or its next reload. All functions of an engine
 * fail with -ENOMEM only. Free with cgw_engine_free(), which accepts NULL and returns NULL.
 */
int cgw_engine_new(const struct cgw_policy *policy, struct cgw_engine **ret_engine);
struct cgw_engine *cgw_engine_free(struct cgw_engine *engine);

/*
 * Evaluates all rules for a frame; `now_ns` is its time on CLOCK_BOOTTIME. Returns the actions in
 * the order in which they must be performed: what is due first, standing limits last. The array is
 * valid until the next call that returns actions. Perform as many of them as there is time for,
 * and call cgw_engine_action_done() after each. The next call returns the others again, behind
 * those that are due, unless they have become unnecessary.
 */
int cgw_engine_step(struct cgw_engine *engine, const struct cgw_frame *frame,
		    const struct cgw_facts *facts, uint64_t now_ns,
		    const struct cgw_action **ret_actions, size_t *ret_count);
void cgw_engine_action_done(struct cgw_engine *engine, const struct cgw_action_result *result);

/* The boottime of the next action due between samples, such as a thaw; UINT64_MAX: none. */
uint64_t cgw_engine_due_ns(const struct cgw_engine *engine) CGW_PURE;
/* Returns the actions that are due at `now_ns`, as cgw_engine_step() does, without a new frame. */
int cgw_engine_timers(struct cgw_engine *engine, uint64_t now_ns,
		      const struct cgw_action **ret_actions, size_t *ret_count);

/* Replaces the policy. The state of rules is carried over by name; removed rules are released. */
int cgw_engine_reload(struct cgw_engine *engine, const struct cgw_policy *policy);

/* Returns the actions which undo changes on exit, as configured in [policy]. */
int cgw_engine_release_all(struct cgw_engine *engine, const struct cgw_action **ret_actions,
			   size_t *ret_count);

enum cgw_phase {
	CGW_PHASE_IDLE,
	CGW_PHASE_PENDING, /* the condition is true, but not yet for the time of `for` */
	CGW_PHASE_ACTIVE,  /* the actions are in effect */
	CGW_PHASE_RELEASING,
	CGW_PHASE_COOLDOWN,
	CGW_PHASE_BLOCKED, /* budget spent, protected, or a conflict; see `why` */
};
/* "idle", "pending", ... */
const char *cgw_phase_name(enum cgw_phase phase) CGW_PURE;

/* The state of a rule for a group, for status, explain and the dashboard. */
struct cgw_instance_state {
	uint32_t section;
	uint64_t group_id;
	const char *path; /* raw bytes, valid until the next step */
	enum cgw_phase phase;
	uint32_t step;
	uint64_t since_ns, until_ns; /* boottime; 0: no end */
	const char *why;
};
/* Fills in at most `capacity` states, except idle ones, and returns how many there are. */
size_t cgw_engine_instances(const struct cgw_engine *engine, struct cgw_instance_state *states,
			    size_t capacity);

/* A value that the engine has changed, or a group that it has frozen. */
struct cgw_applied_value {
	const char *path;
	uint64_t group_id;
	enum cgw_control control; /* CGW_CONTROL_NONE: the group is frozen */
	const char *original;     /* the value before the change */
	const char *accepted;     /* the value that the kernel accepted */
	uint32_t section;         /* the section that set the current value */
};
/* Fills in at most `capacity` values and returns how many there are. */
size_t cgw_engine_applied_values(const struct cgw_engine *engine, struct cgw_applied_value *values,
				 size_t capacity);

/*
 * A rehearsal runs a policy over recorded samples without acting, and collects the actions that it
 * would have performed, when, and for how long. After the first action the result is approximate,
 * because the recorded groups were not limited. Selections and terms by user, command and
 * attribute are unknown, because samples do not contain them.
 */
struct cgw_rehearsal;
/*
 * `interval_ns` is the interval of the samples. The policy must outlive the rehearsal. This
 * function and cgw_rehearsal_step() fail with -ENOMEM only.
 */
int cgw_rehearsal_new(const struct cgw_policy *policy, uint64_t interval_ns,
		      struct cgw_rehearsal **ret_rehearsal);
/* Accepts NULL, returns NULL. */
struct cgw_rehearsal *cgw_rehearsal_free(struct cgw_rehearsal *rehearsal);
/* Adds the next sample. `boot` is cgw_replay_boot(): the state is reset when it changes. */
int cgw_rehearsal_step(struct cgw_rehearsal *rehearsal, const struct cgw_frame *frame,
		       uint64_t boot);

/* An action that would have been performed. Strings are owned by the rehearsal. */
struct cgw_rehearsed_action {
	uint64_t realtime_ns, boottime_ns; /* time of the sample or timer that caused it */
	enum cgw_action_kind kind;         /* never RESTORE or THAW, which end another action */
	enum cgw_control control;          /* LIMIT, RECLAIM */
	uint32_t section, step;            /* section UINT32_MAX: none */
	int signal;                        /* KILL */
	uint64_t group_id;
	char *path, *value, *reason;
	uint64_t active_ns; /* LIMIT, FREEZE: how long it was in effect */
	bool active_at_end; /* LIMIT, FREEZE: still in effect at the last sample */
};
/* The actions so far, in order of time; valid until the next step. */
const struct cgw_rehearsed_action *cgw_rehearsal_actions(struct cgw_rehearsal *rehearsal,
							 size_t *ret_count);

/* Statistics of a section, which explain why it acted or did not act. */
struct cgw_rehearsed_section {
	uint64_t samples;    /* number of samples for which it was evaluated */
	uint64_t truths[3];  /* RULE: results by enum cgw_truth, over all groups and samples */
	uint64_t actions;    /* number of actions, without CGW_ACTION_LOG */
	uint64_t longest_ns; /* RULE: longest time that the condition was true for one group */
	uint32_t groups;     /* maximum number of groups selected in one sample */
};
struct cgw_rehearsed_section cgw_rehearsal_section(const struct cgw_rehearsal *rehearsal,
						   size_t section);

/*
 * Loads the [protect] sections for changes by a user, for `protect` and `protect_context` of struct
 * cgw_limit_options. `file` NULL means /etc/cgward/cgward.conf and its conf.d directory. Returns 0
 * and NULL if there is no policy. Returns -EINVAL for a policy with errors, because it is not known
 * what it protects; each problem is reported. The layout must outlive the protection.
 */
struct cgw_protection;
int cgw_protection_load(const struct cgw_layout *layout, const char *file,
			const struct cgw_policy_reporter *reporter,
			struct cgw_protection **ret_protection);
/* Accepts NULL, returns NULL. */
struct cgw_protection *cgw_protection_free(struct cgw_protection *protection);
/* Returns -EPERM with the section that protects the group in `diag`. Allows thaw and create. */
int cgw_protection_check(void *protection, const char *path, enum cgw_step_kind kind,
			 struct cgw_diag *diag);

#ifdef __cplusplus
}
#endif

#endif

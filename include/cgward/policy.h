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

#include <cgward/limit.h>
#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_policy_mode {
	CGW_MODE_ENFORCE,
	CGW_MODE_DRY_RUN, /* all is decided and said, nothing is done */
	CGW_MODE_OBSERVE, /* rules are evaluated and shown, no action is even planned */
};

enum cgw_section_kind {
	CGW_SECTION_PROTECT,
	CGW_SECTION_LIMIT,
	CGW_SECTION_RULE,
	CGW_SECTION_PLACE,
	CGW_SECTION_KIND_COUNT,
};

struct cgw_policy;

/* One mistake; all of a load are reported, not only the first. */
struct cgw_policy_problem {
	struct cgw_diag diag; /* file, line, text */
	bool warning;         /* the policy may still be used */
};

/*
 * Loads `file`, then each *.conf of `directory` in byte order (NULL: none). Nothing of a policy with an error
 * is used: -EINVAL then, with each problem handed to `report`. As root, a file that others than root
 * can write is an error.
 */
int cgw_policy_load(const char *file, const char *directory,
		    void (*report)(void *context, const struct cgw_policy_problem *problem),
		    void *context, struct cgw_policy **ret_policy);
/* The same from memory; `name` stands in messages. For tests and fuzzers. */
int cgw_policy_parse(const char *name, const char *text, size_t length,
		     void (*report)(void *context, const struct cgw_policy_problem *problem),
		     void *context, struct cgw_policy **ret_policy);
struct cgw_policy *cgw_policy_free(struct cgw_policy *policy);

/* All metrics that its conditions and selections read. */
void cgw_policy_wants(const struct cgw_policy *policy, struct cgw_metric_set *set);
uint64_t cgw_policy_interval_ns(const struct cgw_policy *policy) CGW_PURE;
enum cgw_policy_mode cgw_policy_mode(const struct cgw_policy *policy) CGW_PURE;

size_t cgw_policy_section_count(const struct cgw_policy *policy) CGW_PURE;
struct cgw_section_info {
	enum cgw_section_kind kind;
	const char *name;
	const char *file;
	unsigned line;
};
struct cgw_section_info cgw_policy_section(const struct cgw_policy *policy, size_t section);

/*
 * What a selection asks about a group beyond the frame: who owns it, what runs in it. Answered by the
 * caller (from /proc, from a recording, from a test); asked only for groups that match by path.
 */
struct cgw_group_facts {
	const char *unit;           /* or NULL */
	const char *container;      /* id or name, or NULL */
	uint32_t user_id, group_id; /* of most of its processes; UINT32_MAX: unknown */
	bool (*runs)(void *context, uint32_t group, const char *glob, bool executable);
	bool (*has_attribute)(void *context, uint32_t group, const char *name, const char *value);
	uint64_t age_ns; /* UINT64_MAX: unknown */
};
struct cgw_facts {
	int (*group)(void *context, uint32_t group, struct cgw_group_facts *ret_facts);
	void *context;
};

enum cgw_action_kind {
	CGW_ACTION_LIMIT,
	CGW_ACTION_FREEZE,
	CGW_ACTION_THAW,
	CGW_ACTION_KILL,
	CGW_ACTION_RECLAIM,
	CGW_ACTION_NOTIFY,
	CGW_ACTION_RUN,
	CGW_ACTION_LOG,
	CGW_ACTION_RESTORE, /* give back the value that `undoes` took */
	CGW_ACTION_KIND_COUNT,
};

/* One thing to do now. Strings live as long as the engine's step. */
struct cgw_action {
	enum cgw_action_kind kind;
	uint32_t section;
	uint32_t step;  /* of a ladder, from 0 */
	uint32_t group; /* in the frame's topology */
	uint64_t group_id;
	enum cgw_control control; /* LIMIT, RESTORE */
	const char *value;        /* LIMIT, RECLAIM: operator's words; RESTORE: the value before */
	int signal;               /* KILL */
	bool largest_only;        /* KILL */
	uint64_t duration_ns;     /* FREEZE: the mandatory maximum */
	const char *command;      /* RUN, NOTIFY: absolute path and arguments, no shell */
	const char *reason;       /* one line: the condition with its present figures */
	uint64_t token;           /* names this action in cgw_engine_done() */
};

/* What came of an action; the engine's books follow what the kernel did, not what was asked. */
struct cgw_action_result {
	uint64_t token;
	int error; /* 0 or negative errno */
	enum cgw_outcome outcome;
	const char *old_value, *kept_value;
};

struct cgw_engine;
int cgw_engine_new(const struct cgw_policy *policy, struct cgw_engine **ret_engine);
struct cgw_engine *cgw_engine_free(struct cgw_engine *engine);

/*
 * One tick. `now_ns` runs with suspend (boottime); `wall_ns` is for the record alone. Actions come
 * back in the order in which they must be done; the array belongs to the engine until its next step.
 */
int cgw_engine_step(struct cgw_engine *engine, const struct cgw_frame *frame,
		    const struct cgw_facts *facts, uint64_t now_ns,
		    const struct cgw_action **ret_actions, size_t *ret_count);
void cgw_engine_done(struct cgw_engine *engine, const struct cgw_action_result *result);

/* A new policy under running state: instances go on by rule name, those of removed rules release. */
int cgw_engine_reload(struct cgw_engine *engine, const struct cgw_policy *policy);

/* All that rules changed, given back: the actions of an orderly end. */
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

/* Where each rule stands on each group, for status, explain and the dashboard. */
struct cgw_instance_state {
	uint32_t section;
	uint64_t group_id;
	const char *path;
	enum cgw_phase phase;
	uint32_t step;
	uint64_t since_ns, until_ns; /* boottime; 0: open */
	const char *why;
};
size_t cgw_engine_instances(const struct cgw_engine *engine, struct cgw_instance_state *states,
			    size_t capacity);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limit.h - what can be set on a group, and how it is set, undone and refused.
 *
 * One row of controls.def is one control, under one key on v1, hybrid and v2. Values are text as an
 * operator writes them ("2G", "50%", "+20%", "max", "150%", "nvme0n1 rbps=10M") until a plan has
 * resolved them against the machine; then they are the bytes for a kernel file or the arguments of
 * a call to the group's owner.
 *
 * A plan is all or nothing. Every step is journalled before it is done, resolved beneath the
 * hierarchy's top, checked against the group's id, written once and read back; what the kernel kept
 * is what the result says.
 */
#ifndef CGWARD_LIMIT_H
#define CGWARD_LIMIT_H

#include <cgward/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_risk {
	CGW_RISK_NONE, /* weights, protections */
	CGW_RISK_SLOW, /* may throttle what runs */
	CGW_RISK_FAIL, /* forks or allocations may fail */
	CGW_RISK_KILL, /* processes may be killed */
	CGW_RISK_HANG, /* processes may wait for ever; nothing sets it by itself */
};

/* "none", "slow", "fail", "kill", "hang": the word for lists and machine formats. */
const char *cgw_risk_name(enum cgw_risk risk) CGW_PURE;

struct cgw_control_info {
	const char *key;
	const char *title;
	const char *aliases; /* v1's names, separated by spaces */
	const char *help;    /* one sentence */
	const char *syntax;  /* "SIZE | PERCENT | max", for help and forms */
	uint8_t unit;        /* enum cgw_unit */
	uint8_t risk;        /* enum cgw_risk */
	int16_t metric;      /* the metric that reads it back, or -1 */
	bool per_device;     /* the value starts with a whole block device */
	bool instances;      /* the value starts with a device, page size, resource or interface */
	bool action; /* something that is done: there is no value to read back or to restore */
	uint64_t minimum, maximum; /* in `unit`; both 0 where the value is no number */
	const char *unlimited;     /* the word that takes it away: "max", or NULL */
	const char *default_value; /* the kernel's default in our words, or NULL */
	const char *words;         /* the words it takes, separated by spaces, or NULL */
};

enum cgw_control {
#define CONTROL(id, ...) CGW_C_##id,
#define ACTION(id, ...)  CGW_C_##id,
#include <cgward/controls.def>
#undef CONTROL
#undef ACTION
	CGW_CONTROL_COUNT,
};

const struct cgw_control_info *cgw_control_info(enum cgw_control control) CGW_PURE;
/*
 * By key or alias. A key that holds its instance ("hugetlb.2MB.max") is found by
 * cgw_assignment_parse() alone. -ENOENT with the nearest known key.
 */
int cgw_control_find(const char *key, struct cgw_diag *diag);

/*
 * "KEY=VALUE" as people write it. `ret_value` (the caller frees it) starts with the instance where the
 * key held it: "hugetlb.2MB.max=1G" is HUGETLB_MAX with "2MB 1G". The value is not looked at.
 */
int cgw_assignment_parse(const char *text, enum cgw_control *ret_control, char **ret_value,
			 struct cgw_diag *diag);

/* Checks a value as far as that goes without a machine: syntax, range, words. */
int cgw_value_check(enum cgw_control control, const char *value, struct cgw_diag *diag);

/* 0 where the control works on this layout, else -EOPNOTSUPP and why in `diag`. */
int cgw_control_available(const struct cgw_layout *layout, enum cgw_control control,
			  struct cgw_diag *diag);

/*
 * The present value of a group's control in our words, exact, as cgw_plan_add() takes it: "max",
 * "2147483648", "50ms/100ms", "0-3". `instance` (may be NULL) picks a device, page size or resource;
 * without one, the first. `buffer` is terminated. -ENOENT: the group has no such control (its
 * controller is not on there); -EOPNOTSUPP: not on this layout, or an action.
 */
int cgw_control_read(const struct cgw_layout *layout, const char *path, enum cgw_control control,
		     const char *instance, char *buffer, size_t size, struct cgw_diag *diag);

enum cgw_step_kind {
	CGW_STEP_SET,
	CGW_STEP_FREEZE,
	CGW_STEP_THAW,
	CGW_STEP_KILL,
	CGW_STEP_CREATE,
	CGW_STEP_DELETE,
	CGW_STEP_MOVE,
};

/* One change as asked for. Strings are copied by cgw_plan_add(). */
struct cgw_step {
	enum cgw_step_kind kind;
	const char *path;
	enum cgw_control control; /* SET */
	const char *value;        /* SET: as an operator writes it */
	int signal;               /* KILL */
	pid_t pid;                /* MOVE */
	bool recursive;           /* DELETE */
	uint64_t timeout_ns;      /* FREEZE, THAW, KILL; 0: a sensible default */
	/* Act only on the group whose directory has this inode in that hierarchy; 0: whoever it is. */
	uint64_t expected_id;
	size_t expected_hierarchy;
};

enum cgw_outcome {
	CGW_OUTCOME_PENDING, /* not done yet; after a dry run: it would be done */
	CGW_OUTCOME_DONE,
	CGW_OUTCOME_ADJUSTED,    /* done, the kernel kept another value than asked */
	CGW_OUTCOME_UNCHANGED,   /* it was so already */
	CGW_OUTCOME_REFUSED,     /* by cgward: protected, unsafe, out of range */
	CGW_OUTCOME_FAILED,      /* by the kernel or the owner */
	CGW_OUTCOME_ROLLED_BACK, /* done, then undone because a later step failed */
	CGW_OUTCOME_NOT_TRIED,
	CGW_OUTCOME_INCONSISTENT, /* done, and taking it back failed: the loudest one */
};

struct cgw_result {
	enum cgw_outcome outcome;
	int error;            /* negative errno, or 0 */
	char old_value[256];  /* in our words */
	char new_value[256];  /* what the kernel kept */
	char how[768];        /* "file: write \"2147483648\" to memory.max" or the call */
	struct cgw_diag diag; /* what happened and what to do */
	uint64_t change_id;   /* in the journal, for undo; 0: none */
};

enum cgw_backend { CGW_BACKEND_AUTO, CGW_BACKEND_DIRECT, CGW_BACKEND_SYSTEMD };

struct cgw_limit_options {
	enum cgw_backend backend;
	bool dry_run;
	bool force;          /* below what is in use; changed by another since */
	bool yes_really;     /* protected groups that the kernel could survive */
	bool reclaim;        /* before lowering a limit */
	bool persist;        /* keep over reboot, where the owner can */
	bool no_undo;        /* go on where no journal can be kept, and offer nothing for undo */
	bool enable;         /* v2: switch the controller on down to the group where it is off */
	const char *journal; /* directory; NULL: /run/cgward or the user's runtime directory */
	const char *who;     /* "cgward set", "rule mem-runaway": into the journal */
	const char *why;
	/*
	 * Beyond what no process may do to itself (cgw_protect_check()): asked for each step, answers
	 * 0, or -EPERM with the reason. A policy's [protect] sections come in here. NULL: nobody.
	 */
	int (*protect)(void *context, const char *path, enum cgw_step_kind kind,
		       struct cgw_diag *diag);
	void *protect_context;
};

struct cgw_plan;
int cgw_plan_new(const struct cgw_layout *layout, const struct cgw_limit_options *options,
		 struct cgw_plan **ret_plan);
struct cgw_plan *cgw_plan_free(struct cgw_plan *plan);
/*
 * Checks the step as far as it can be checked without the machine: -EINVAL for a path that is none or a value of
 * the wrong form, -ERANGE for one out of range, with the reason in `diag`; the plan then stays as it was.
 */
int cgw_plan_add(struct cgw_plan *plan, const struct cgw_step *step, struct cgw_diag *diag);
/* A SET step from "KEY=VALUE" as people write it: cgw_assignment_parse() and cgw_plan_add() in one. */
int cgw_plan_assign(struct cgw_plan *plan, const char *path, const char *assignment,
		    struct cgw_diag *diag);
size_t cgw_plan_count(const struct cgw_plan *plan) CGW_PURE;
/*
 * 0: all done; else the first error, after all that was done is taken back: -ENOENT (no such group, or not in the
 * control's hierarchy), -ESTALE (another group stands there now), -EPERM (protected), -EACCES (no rights), -EBUSY (below
 * what is in use, not empty), -EOPNOTSUPP (not on this layout), -ETIMEDOUT (freezing, killing), -EHOSTDOWN (systemd is
 * there and does not answer), or the kernel's own. Each step's result says what came of it, and what to do.
 */
int cgw_plan_apply(struct cgw_plan *plan);
/* What came of the step that made cgw_plan_apply() fail; NULL where none did. The plan's own. */
const struct cgw_result *cgw_plan_failure(const struct cgw_plan *plan) CGW_PURE;
const struct cgw_step *cgw_plan_step(const struct cgw_plan *plan, size_t i) CGW_PURE;
const struct cgw_result *cgw_plan_result(const struct cgw_plan *plan, size_t i) CGW_PURE;

/* A change as the journal has it. What it points to is valid while cgw_journal_read() shows it. */
struct cgw_change {
	uint64_t id;
	uint64_t realtime_ns;
	enum cgw_step_kind kind;
	const char *path;  /* raw bytes */
	uint64_t group_id; /* its directory's inode, in the hierarchy of that label; 0: not known */
	char hierarchy[64];
	char key[64];
	char old_value[256], new_value[256];
	char who[64], why[192];
	pid_t pid;
	uid_t uid;
	uint64_t undoes; /* the change that this one took back, or 0 */
	bool undone;
};
/*
 * Calls `each` with the newest first; an answer other than 0 ends it and is returned. `directory`: as in struct
 * cgw_limit_options. No journal is none of changes; lines that a crash cut off say nothing.
 */
int cgw_journal_read(const char *directory,
		     int (*each)(void *context, const struct cgw_change *change), void *context,
		     struct cgw_diag *diag);
/* "set", "freeze", "thaw", ...: as the journal writes it. */
const char *cgw_step_kind_name(enum cgw_step_kind kind) CGW_PURE;
/* "done", "refused", "taken-back", ...: as the journal and `--json` say it. */
const char *cgw_outcome_name(enum cgw_outcome outcome) CGW_PURE;
/* It was not taken back, is no way back itself, and there is one: a group that went, or a signal, has none. */
bool cgw_change_reversible(const struct cgw_change *change);
/*
 * `change_id` 0: the last one that can be undone. -ENOENT: no such change, or its group is gone; -EALREADY: it is
 * taken back; -EOPNOTSUPP: it cannot be; -ESTALE: another group stands there now; -EBUSY: somebody changed the value
 * since, which `options->force` overrides; else as cgw_plan_apply().
 */
int cgw_journal_undo(const struct cgw_layout *layout, const struct cgw_limit_options *options,
		     uint64_t change_id, struct cgw_result *ret_result);

/*
 * Why a group must not be frozen, killed or starved by this process: it holds us, our terminal, our
 * session's processes, PID 1, or is the root. 0: it may; else -EPERM and why in `diag`.
 */
int cgw_protect_check(const struct cgw_layout *layout, const char *path, struct cgw_diag *diag);

/* Who manages a group. */
enum cgw_owner_kind {
	CGW_OWNER_NONE,
	CGW_OWNER_SYSTEMD,      /* a unit of the system manager stands exactly here */
	CGW_OWNER_SYSTEMD_USER, /* a unit of a user's manager */
	CGW_OWNER_DELEGATED,    /* below a unit that delegates: an engine's or a user's own */
	CGW_OWNER_ENGINE,       /* a container engine's group outside of systemd */
};
struct cgw_owner {
	enum cgw_owner_kind kind;
	char unit[256];
	char engine[32]; /* "docker", "podman", ... or "" */
	uid_t uid;
};
int cgw_owner_find(const struct cgw_layout *layout, const char *path, struct cgw_owner *ret_owner);

#ifdef __cplusplus
}
#endif

#endif

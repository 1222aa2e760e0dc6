/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limit.h - controls of a group: how to set, check, journal and undo changes.
 *
 * Each row of controls.def defines one control, which has the same key on v1, hybrid and v2. Values
 * are texts as typed by the user ("2G", "50%", "+20%", "max", "150%", "nvme0n1 rbps=10M"). A plan
 * resolves them on the machine to the bytes for a kernel file, or to the arguments of a D-Bus call
 * to systemd.
 *
 * A plan is applied completely or not at all. Each step is written to the journal first; then the
 * directory of the group is opened below the top of the hierarchy, its inode is compared, and the
 * value is written once and read back. The result contains the value that the kernel accepted.
 */
#ifndef CGWARD_LIMIT_H
#define CGWARD_LIMIT_H

#include <cgward/control-ids.h>
#include <cgward/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The worst effect that a wrong value can have. */
enum cgw_risk {
	CGW_RISK_NONE, /* weights, protections */
	CGW_RISK_SLOW, /* processes may be throttled */
	CGW_RISK_FAIL, /* forks or allocations may fail */
	CGW_RISK_KILL, /* processes may be killed */
	CGW_RISK_HANG, /* processes may block forever; policies may not set it */
};

/* "none", "slow", "fail", "kill", "hang": the name for lists and machine formats. */
const char *cgw_risk_name(enum cgw_risk risk) CGW_PURE;

struct cgw_control_info {
	const char *key;
	const char *title;
	const char *aliases; /* names on v1, separated by spaces */
	const char *help;    /* one sentence without a full stop */
	const char *syntax;  /* "SIZE | PERCENT | max", for help texts and forms */
	uint8_t unit;        /* enum cgw_unit */
	uint8_t risk;        /* enum cgw_risk */
	int16_t metric;      /* the metric that reads it back, or -1 */
	bool per_device;     /* the value starts with a whole block device */
	bool instances;      /* the value starts with a device, page size, resource or interface */
	bool action;         /* a one-time operation, without a value to read back or restore */
	uint64_t minimum, maximum; /* in `unit`; both 0 if the value is not a number */
	const char *unlimited;     /* the word that removes the limit: "max", or NULL */
	const char
		*default_value; /* the default of the kernel, as accepted by cgward set, or NULL */
	const char *words;      /* the accepted words, separated by spaces, or NULL */
};

const struct cgw_control_info *cgw_control_info(enum cgw_control control) CGW_PURE;

/* The number of controls. A program that was compiled with an earlier release knows fewer. */
size_t cgw_control_count(void) CGW_PURE;
/* Lists the controls by family: returns the i-th one, or -ENOENT behind the last. */
int cgw_control_nth(size_t i) CGW_PURE;
/*
 * Finds a control by key or alias. Returns -ENOENT for an unknown key, with the nearest known one
 * in `diag`. Only cgw_assignment_parse() accepts a key that contains an instance
 * ("hugetlb.2MB.max").
 */
int cgw_control_find(const char *key, struct cgw_diag *diag);

/*
 * Splits "KEY=VALUE". An instance in the key is moved to the start of the value:
 * "hugetlb.2MB.max=1G" returns HUGETLB_MAX and "2MB 1G". Does not check the value. The caller frees
 * `ret_value`.
 */
int cgw_assignment_parse(const char *text, enum cgw_control *ret_control, char **ret_value,
			 struct cgw_diag *diag);

/*
 * Checks the syntax and range of a value, without reading anything from the machine. Returns
 * -EINVAL or -ERANGE with the reason in `diag`.
 */
int cgw_value_check(enum cgw_control control, const char *value, struct cgw_diag *diag);

/* The hierarchies that provide a control, as a bit mask. */
uint32_t cgw_control_hierarchies(const struct cgw_layout *layout, enum cgw_control control);

/* Returns 0 if the control works on this layout, or -EOPNOTSUPP with the reason in `diag`. */
int cgw_control_available(const struct cgw_layout *layout, enum cgw_control control,
			  struct cgw_diag *diag);

/*
 * Reads the current value of a control of a group, in the exact form accepted by cgw_plan_add():
 * "max", "2147483648", "50ms/100ms", "0-3". `instance` selects a device, page size or resource;
 * NULL selects the first one. Returns -ENOENT if the group has no such control because the
 * controller is not enabled, -EOPNOTSUPP if the layout has none or the control is an action,
 * -ENOBUFS if `buffer` is too small.
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

/* A requested change. cgw_plan_add() copies the strings. */
struct cgw_step {
	enum cgw_step_kind kind;
	const char *path;
	enum cgw_control control; /* SET */
	const char *value;        /* SET: as typed by the user */
	int signal;               /* KILL */
	pid_t pid;                /* MOVE; KILL: only this process, 0: all of them */
	bool recursive;           /* DELETE */
	uint64_t timeout_ns;      /* FREEZE, THAW, KILL; 0: a sensible default */
	/* If not 0, fail with -ESTALE unless the directory has this inode in that hierarchy. */
	uint64_t expected_id;
	size_t expected_hierarchy;
	/* The same by hierarchy of the layout; 0: not checked there. cgw_plan_add() copies them. */
	const uint64_t *expected_ids;
	size_t expected_id_count;
	/* If not 0, fail with -ESRCH unless `pid` started then, in clock ticks since boot. */
	uint64_t process_start;
};

enum cgw_outcome {
	CGW_OUTCOME_PENDING, /* not done yet; after a dry run: would be done */
	CGW_OUTCOME_DONE,
	CGW_OUTCOME_ADJUSTED,    /* done, but the kernel accepted another value */
	CGW_OUTCOME_UNCHANGED,   /* already set */
	CGW_OUTCOME_REFUSED,     /* by cgward: protected, unsafe, out of range */
	CGW_OUTCOME_FAILED,      /* by the kernel or systemd */
	CGW_OUTCOME_ROLLED_BACK, /* done, then undone because a later step failed */
	CGW_OUTCOME_NOT_TRIED,
	CGW_OUTCOME_INCONSISTENT, /* done, and the roll back failed: always report it */
};

struct cgw_result {
	enum cgw_outcome outcome;
	int error;            /* negative errno, or 0 */
	char old_value[256];  /* as accepted by cgw_plan_add() */
	char new_value[256];  /* the value accepted by the kernel */
	char how[768];        /* "file: write \"2147483648\" to memory.max", or the D-Bus call */
	struct cgw_diag diag; /* the reason and the remedy */
	uint64_t change_id;   /* in the journal; 0: none */
	bool reversible;      /* cgw_journal_undo() can undo it */
};

enum cgw_backend { CGW_BACKEND_AUTO, CGW_BACKEND_DIRECT, CGW_BACKEND_SYSTEMD };

struct cgw_limit_options {
	enum cgw_backend backend;
	bool dry_run;
	bool force;      /* allow limits below current use; overwrite changes made by others */
	bool yes_really; /* act on protected groups too, except those that the machine needs */
	bool reclaim;    /* reclaim memory before lowering a limit */
	bool persist;    /* keep the value over a reboot, if systemd manages the group */
	bool no_undo;    /* continue if the journal cannot be written; the change has no undo */
	bool enable;     /* v2: enable the controller in all ancestors of the group */
	/*
	 * Directory; NULL: /run/cgward, and /var/lib/cgward for changes that survive a reboot, or
	 * the same two for the user.
	 */
	const char *journal;
	const char *who; /* for the journal: "cgward set", "rule mem-runaway" */
	const char *why; /* for the journal, or NULL */
	/* The changes belong to this one action in the journal; 0: to a new one. */
	uint64_t transaction;
	/*
	 * Called for each step, in addition to cgw_protect_check(). Returns 0, or -EPERM with the
	 * reason. Use it for the [protect] sections of a policy. May be NULL.
	 */
	int (*protect)(void *context, const char *path, enum cgw_step_kind kind,
		       struct cgw_diag *diag);
	void *protect_context;
};

/* A list of steps. The layout must outlive it. */
struct cgw_plan;
/*
 * Creates an empty plan. `options` may be NULL; their strings are copied. Free with
 * cgw_plan_free(), which accepts NULL and returns NULL.
 */
int cgw_plan_new(const struct cgw_layout *layout, const struct cgw_limit_options *options,
		 struct cgw_plan **ret_plan);
struct cgw_plan *cgw_plan_free(struct cgw_plan *plan);
/*
 * Removes all steps and replaces the options, to use the plan again. It keeps its connections to
 * systemd and to the journal, and what it knows about essential processes, so that many small
 * changes are cheap; use it for a short time only. Fails with -ENOMEM only, without any change.
 */
int cgw_plan_reset(struct cgw_plan *plan, const struct cgw_limit_options *options);
/*
 * Adds a step after checking its syntax. Returns -EINVAL for an invalid path, value or constant and
 * -ERANGE for a value out of range, with the reason in `diag`; the plan is then unchanged.
 */
int cgw_plan_add(struct cgw_plan *plan, const struct cgw_step *step, struct cgw_diag *diag);
/* Adds a SET step for "KEY=VALUE": cgw_assignment_parse() and cgw_plan_add() in one call. */
int cgw_plan_assign(struct cgw_plan *plan, const char *path, const char *assignment,
		    struct cgw_diag *diag);
size_t cgw_plan_count(const struct cgw_plan *plan) CGW_PURE;
/*
 * Applies all steps. On failure, rolls back the steps already done and returns the first error:
 * -ENOENT (no such group, or not in the hierarchy of the control), -ESTALE (another group now
 * exists under that path), -EPERM (protected), -EACCES (permission denied), -EBUSY (below current
 * use, or group not empty), -EOPNOTSUPP (not on this layout), -ETIMEDOUT (freezing or killing),
 * -EHOSTDOWN (systemd does not reply), or another error from the kernel. The result of each step
 * contains its outcome and the remedy.
 */
int cgw_plan_apply(struct cgw_plan *plan);
/*
 * The number of the plan's first change in the journal, which all of its changes have as their
 * transaction; 0 before the first one.
 */
uint64_t cgw_plan_transaction(const struct cgw_plan *plan) CGW_PURE;
/* The result of the step that failed, owned by the plan; NULL if none failed. */
const struct cgw_result *cgw_plan_failure(const struct cgw_plan *plan) CGW_PURE;
/* Steps and results are owned by the plan. */
const struct cgw_step *cgw_plan_step(const struct cgw_plan *plan, size_t i) CGW_PURE;
const struct cgw_result *cgw_plan_result(const struct cgw_plan *plan, size_t i) CGW_PURE;

/* A group in one hierarchy. */
struct cgw_place {
	char hierarchy[64]; /* label */
	uint64_t group_id;  /* inode of its directory; 0: not known */
	const char *path;   /* raw bytes */
};

/* A change in the journal. Strings are valid only during the callback of cgw_journal_read(). */
struct cgw_change {
	uint64_t id;
	uint64_t realtime_ns;
	enum cgw_step_kind kind;
	const char *path;   /* raw bytes */
	uint64_t group_id;  /* inode of its directory in `hierarchy`; 0: not known */
	char hierarchy[64]; /* label */
	char key[64];
	char old_value[256], new_value[256];
	char who[64], why[192];
	pid_t pid;
	uid_t uid;
	uint64_t undoes; /* the change that this one undid, or 0 */
	bool undone;
	uint64_t transaction; /* the first change of the same action */
	/* MOVE, KILL of one process: its PID, and its start in clock ticks since boot. */
	pid_t process;
	uint64_t process_start;
	/* MOVE: its groups before; CREATE: where the group was created. */
	const struct cgw_place *places;
	size_t place_count;
	/* SET through systemd: the unit whose property was set; otherwise "". */
	char unit[256];
	bool user_unit; /* of the manager of user `manager_uid` */
	uid_t manager_uid;
	bool persistent;      /* set over a reboot */
	const char *drop_ins; /* the files that systemd created for it, one per line; or NULL */
	int signal;           /* KILL */
};
/*
 * Calls `each` for every change, newest first. Stops if `each` returns a value other than 0, and
 * returns that value. `directory` is as `journal` in struct cgw_limit_options. A missing journal is
 * an empty one; lines truncated by a crash are skipped.
 */
int cgw_journal_read(const char *directory,
		     int (*each)(void *context, const struct cgw_change *change), void *context,
		     struct cgw_diag *diag);
/* "set", "freeze", "thaw", ...: the name in the journal. */
const char *cgw_step_kind_name(enum cgw_step_kind kind) CGW_PURE;
/* "done", "refused", "taken-back", ...: the name in the journal and in JSON output. */
const char *cgw_outcome_name(enum cgw_outcome outcome) CGW_PURE;
/* False for kill, delete, undo itself, a change already undone, or one without an old value. */
bool cgw_change_reversible(const struct cgw_change *change);
/*
 * Undoes a change; 0 selects the last action that can be undone, with all of its changes. Returns
 * -ENOENT if there is no such change or its group was removed, -EALREADY if it was already undone,
 * -EOPNOTSUPP if it cannot be undone, -ESTALE if another group now exists under that path, -ESRCH
 * if the moved process has exited, -EBUSY if the value was changed, or the process was moved, since
 * (options->force overrides this), or an error of cgw_plan_apply(). The result is that of the
 * failed step, else of the first one.
 */
int cgw_journal_undo(const struct cgw_layout *layout, const struct cgw_limit_options *options,
		     uint64_t change_id, struct cgw_result *ret_result);

enum cgw_undo_scope {
	CGW_UNDO_CHANGE,      /* the change with that number only */
	CGW_UNDO_TRANSACTION, /* all changes of its action that are not undone yet */
};
/*
 * Adds the steps that undo a change, or its whole action, to an empty plan; the last step is undone
 * first. Change 0 selects the last action that can be undone; `skipped` (may be NULL) is called for
 * each later change that cannot be undone, with the reason. Returns -ENOENT if there is no such
 * change, or none that can be undone. Other errors are those of the steps, from cgw_plan_apply().
 */
int cgw_plan_add_undo(struct cgw_plan *plan, uint64_t change_id, enum cgw_undo_scope scope,
		      void (*skipped)(void *context, const struct cgw_change *change,
				      const char *reason),
		      void *context, struct cgw_diag *diag);

/*
 * Checks that it is safe to freeze, kill or starve a group. Returns -EPERM with the reason in
 * `diag` if it is the root, an essential system service, or contains PID 1, this process, one of
 * its parents, its session leader, or the foreground process of its terminal.
 */
int cgw_protect_check(const struct cgw_layout *layout, const char *path, struct cgw_diag *diag);

/* The manager of a group. */
enum cgw_owner_kind {
	CGW_OWNER_NONE,
	CGW_OWNER_SYSTEMD,      /* the group is a unit of the system manager */
	CGW_OWNER_SYSTEMD_USER, /* the group is a unit of a user manager */
	CGW_OWNER_DELEGATED,    /* below a unit with Delegate=, managed by an engine or a user */
	CGW_OWNER_ENGINE,       /* managed by a container engine, outside of systemd */
};
struct cgw_owner {
	enum cgw_owner_kind kind;
	char unit[256];
	char engine[32]; /* "docker", "podman", ... or "" */
	uid_t uid;
};
/* Asks systemd who manages a group. Without systemd the result is CGW_OWNER_NONE. */
int cgw_owner_find(const struct cgw_layout *layout, const char *path, struct cgw_owner *ret_owner);

#ifdef __cplusplus
}
#endif

#endif

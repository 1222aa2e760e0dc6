/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inspect.h - processes, namespaces, limits and bottlenecks of a group.
 *
 * Every function reads the kernel's files once and returns plain data. Data that could not be
 * read because of missing permissions or because a process exited is marked as missing and never
 * guessed. Names and command lines are raw, untrusted bytes: pass them through cgw_escape() before
 * printing them.
 */
#ifndef CGWARD_INSPECT_H
#define CGWARD_INSPECT_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A missing number: an id that is not mapped, or a namespace that may not be read. */
#define CGW_NO_ID UINT32_MAX

/* The parts of a process that could not be read. */
enum cgw_hidden {
	CGW_HIDDEN_NAMESPACES = 1,
	CGW_HIDDEN_ROOT = 2,
	CGW_HIDDEN_LIMITS = 4,
	CGW_HIDDEN_LABEL = 8,
	CGW_HIDDEN_COMMAND = 16,
};

/* The Cap* lines of /proc/PID/status. */
enum cgw_capability_set {
	CGW_CAPABILITIES_EFFECTIVE,
	CGW_CAPABILITIES_PERMITTED,
	CGW_CAPABILITIES_INHERITABLE,
	CGW_CAPABILITIES_BOUNDING,
	CGW_CAPABILITIES_AMBIENT,
	CGW_CAPABILITIES_SET_COUNT,
};
const char *cgw_capability_set_name(enum cgw_capability_set set) CGW_PURE;

/* "cap_net_admin"; NULL for a number unknown to this library, from a newer kernel. */
const char *cgw_capability_name(unsigned capability) CGW_PURE;

/* The resource limits relevant for isolation, in the order of /proc/PID/limits. */
enum cgw_rlimit_kind {
	CGW_RLIMIT_CPU,
	CGW_RLIMIT_STACK,
	CGW_RLIMIT_CORE,
	CGW_RLIMIT_PROCESSES,
	CGW_RLIMIT_FILES,
	CGW_RLIMIT_LOCKED,
	CGW_RLIMIT_ADDRESS_SPACE,
	CGW_RLIMIT_REALTIME,
	CGW_RLIMIT_COUNT,
};
const char *cgw_rlimit_name(enum cgw_rlimit_kind kind) CGW_PURE;
struct cgw_rlimit {
	struct cgw_number soft, hard; /* CGW_MAX: unlimited; CGW_ABSENT: not read */
};

/* What confines a process other than its groups and namespaces. */
struct cgw_confinement {
	uint64_t capabilities[CGW_CAPABILITIES_SET_COUNT]; /* bit masks */
	int seccomp;         /* 0 none, 1 strict, 2 filters; -1 not known */
	int seccomp_filters; /* number; -1: not known (Linux before 5.9) */
	int no_new_privileges;
	int oom_score_adjust;
	char label[256];    /* AppArmor, SELinux or Smack label; "" if there is none */
	char root[1024];    /* "/" unless changed by chroot(2); "" if not readable */
	char root_type[64]; /* file system type of the root, if not in the host's mount namespace */
	struct cgw_rlimit limits[CGW_RLIMIT_COUNT];
};

/* What a process uses besides CPU time and memory. */
enum cgw_process_use {
	CGW_PROCESS_READ,      /* bytes from storage devices */
	CGW_PROCESS_WRITTEN,   /* bytes that it caused to be written to them */
	CGW_PROCESS_RUN_DELAY, /* time that its threads were runnable and not running */
	CGW_PROCESS_PSS,       /* memory; of shared pages its part only. Slow to read */
	CGW_PROCESS_USE_COUNT,
};
struct cgw_process_use_info {
	const char *key;      /* "read_bytes" */
	const char *rate_key; /* of its rate: "read_bytes_per_s"; NULL: not a counter */
	const char *title;    /* of the rate, or of the value if there is none */
	enum cgw_unit unit;   /* the same */
	double scale;         /* of the rate: counted units to `unit` */
};
const struct cgw_process_use_info *cgw_process_use_info(enum cgw_process_use use) CGW_PURE;

/* A process, or a thread if `threads` of struct cgw_inspect_options is set. */
struct cgw_process {
	pid_t pid;    /* of the thread for a thread */
	pid_t leader; /* the process of a thread; equal to `pid` for a process */
	pid_t parent;
	pid_t inner_pid; /* in its own PID namespace; 0: not known */
	uint64_t start_ticks;
	char state;    /* 'R', 'S', 'D', 'T', 'Z', ... */
	char name[64]; /* as in /proc/PID/comm */
	char *command; /* arguments separated by spaces; NULL for kernel threads and zombies */
	uint32_t uid, gid;
	uint32_t inner_uid, inner_gid; /* in its user namespace, or CGW_NO_ID */
	unsigned threads;
	uint64_t cpu_ns, resident_bytes;
	bool init; /* PID 1 of its PID namespace */
	bool kernel_thread;
	uint32_t group;                   /* index into the frame: the group that lists it */
	uint32_t hierarchies;             /* bit h: listed by that group in hierarchy h */
	struct cgw_membership membership; /* its group in each hierarchy */
	uint64_t namespaces[CGW_NAMESPACE_COUNT]; /* inodes, 0: not known */
	unsigned hidden;                          /* bit mask of enum cgw_hidden */
	struct cgw_confinement confinement;
	struct cgw_number use[CGW_PROCESS_USE_COUNT]; /* CGW_ABSENT: not requested, or none */
};

/*
 * The rate between two readings of a process in that time, or the value of what is not a counter.
 * CGW_WARMUP: unknown without `before`, or because threads exited meanwhile.
 */
struct cgw_value cgw_process_use_value(enum cgw_process_use use, const struct cgw_number *before,
				       const struct cgw_number *now, double seconds);

/* The maximum length of `groups` in struct cgw_namespace. */
#define CGW_NAMESPACE_GROUPS_MAX 16

/* A namespace used by processes of the group. */
struct cgw_namespace {
	enum cgw_namespace_kind kind;
	uint64_t inode;
	/* 1: the host's namespace, 0: not; CGW_UNSUPPORTED: cannot be determined in a container */
	struct cgw_number host;
	uint32_t processes;       /* of this group */
	uint32_t other_processes; /* of other groups; only with `shared` */
	pid_t example_pid;        /* the lowest PID of the processes in the namespace */
	char **groups; /* paths of other groups that use it, at most CGW_NAMESPACE_GROUPS_MAX */
	uint32_t group_count;    /* number of other groups, may exceed the length of `groups` */
	char *hostname;          /* UTS; NULL: not readable */
	char *uid_map, *gid_map; /* user: lines as in /proc/PID/uid_map */
	char *offsets;           /* time: lines as in /proc/PID/timens_offsets */
};

/* Names kept by a container engine for an identifier in the path. "" if not known. */
struct cgw_names {
	char name[256];          /* of the container or machine */
	char image[256];         /* the image of the container */
	char pod[256];           /* the pod in Kubernetes or Podman */
	char pod_namespace[256]; /* the Kubernetes namespace of the pod */
	char role[256];          /* name of the container within its pod; class of a machine */
	char source[256];        /* the file or socket that the names were read from */
	char problem[128];       /* the reason if a name was searched for and not found */
};

struct cgw_inspect_options {
	bool own_only; /* leave out the processes of descendants */
	bool threads;  /* one entry per thread */
	bool shared;   /* find other users of the namespaces: reads every process of the system */
	bool zombies;  /* add zombies, which no list of the kernel contains: also reads them all */
	size_t process_max; /* 0: a sensible default */
	unsigned uses;      /* bit mask of enum cgw_process_use to read */
};

struct cgw_inspection {
	char *path;
	uint32_t group;
	struct cgw_identity identity;
	struct cgw_process *processes; /* sorted by PID */
	size_t process_count;
	size_t process_omitted;           /* processes above process_max, which were not read */
	size_t vanished;                  /* processes that exited while they were read */
	size_t out_of_view;               /* listed processes outside our PID namespace */
	struct cgw_namespace *namespaces; /* sorted by kind, then by use, most used first */
	size_t namespace_count;
	bool shared; /* `other_processes` and `groups` are valid */
	uint64_t host_namespaces[CGW_NAMESPACE_COUNT]; /* inodes; 0: not known */
	uint64_t all_capabilities; /* the bounding set of the host's PID 1; 0: not known */
};

/*
 * Inspects a group of `frame`, whose sampler must use `layout`, and its descendants unless
 * `own_only` is set. Processes that exit meanwhile are left out: the start time of each is compared
 * before and after reading. Fails with -ENOMEM, or with the error from reading the group's
 * cgroup.procs if no list could be read. Free with cgw_inspection_free(), which accepts NULL and
 * returns NULL.
 */
int cgw_inspect(const struct cgw_layout *layout, const struct cgw_frame *frame, uint32_t group,
		const struct cgw_inspect_options *options, struct cgw_inspection **ret_inspection,
		struct cgw_diag *diag);
struct cgw_inspection *cgw_inspection_free(struct cgw_inspection *inspection);

/*
 * Reads all namespaces of the processes on this machine; `processes` and `groups` count all of
 * them. Free the array with cgw_namespaces_free().
 */
int cgw_namespaces_read(const struct cgw_layout *layout, struct cgw_namespace **ret_namespaces,
			size_t *ret_count);
void cgw_namespaces_free(struct cgw_namespace *namespaces, size_t count);

/* The power of the capabilities of a process. */
enum cgw_privilege {
	CGW_PRIVILEGE_UNKNOWN,
	CGW_PRIVILEGE_NONE,       /* no capabilities */
	CGW_PRIVILEGE_NAMESPACED, /* some, valid only in a user namespace other than the host's */
	CGW_PRIVILEGE_SOME,       /* some in the host's, none of which implies the others */
	CGW_PRIVILEGE_ADMIN,      /* one in the host's that implies all: CAP_SYS_ADMIN, ... */
	CGW_PRIVILEGE_FULL,       /* all capabilities in the host's user namespace */
};
const char *cgw_privilege_name(enum cgw_privilege privilege) CGW_PURE;
enum cgw_privilege cgw_process_privilege(const struct cgw_inspection *inspection,
					 const struct cgw_process *process);

/* The limit of a resource that applies to a group. */
struct cgw_bound {
	const char *resource;    /* "cpu", "memory", "swap", "pids", "io" */
	enum cgw_metric limit;   /* the tightest limit; for CPUs also that of cpusets */
	struct cgw_number bound; /* CGW_OK: limited; CGW_MAX: unlimited; otherwise not known */
	struct cgw_number use;
	enum cgw_metric use_metric;
	uint32_t set_by;    /* the group with the limit, or CGW_NO_GROUP */
	char device[64];    /* io: the limited device */
	enum cgw_unit unit; /* of `bound` */
};
#define CGW_BOUND_MAX 8
/* Adds the metrics needed by cgw_bounds() to `set`. */
void cgw_bounds_metrics(struct cgw_metric_set *set);
/* Finds the limits of a group. Uses only the frame. Returns the number of entries filled in. */
size_t cgw_bounds(const struct cgw_frame *frame, uint32_t group,
		  struct cgw_bound bounds[CGW_BOUND_MAX]);

/* Reasons why a group is slow. `amount`, `bound`, ... are members of struct cgw_cause. */
enum cgw_cause_kind {
	CGW_CAUSE_FROZEN,
	CGW_CAUSE_CPU_THROTTLED, /* in `percent` of periods, for `amount` ns per second */
	CGW_CAUSE_CPUSET_FULL,   /* uses `percent` of the `bound` CPUs allowed by its cpuset */
	CGW_CAUSE_CPU_PRESSURE,  /* tasks waited for a CPU for `percent` of the time */
	CGW_CAUSE_MEMORY_HIGH,   /* `amount` of `bound` bytes, throttled `count` times */
	CGW_CAUSE_MEMORY_MAX,    /* `amount` of `bound` bytes, limit reached `count` times */
	CGW_CAUSE_MEMORY_PRESSURE,
	CGW_CAUSE_OOM_KILLED,    /* `count` processes were OOM-killed */
	CGW_CAUSE_SWAPPING,      /* `amount` bytes in swap, `count` major faults per second */
	CGW_CAUSE_SYSTEM_MEMORY, /* only `amount` of `bound` bytes of memory are available */
	CGW_CAUSE_IO_LIMIT,      /* `amount` of `bound` per second on `device` */
	CGW_CAUSE_IO_PRESSURE,
	CGW_CAUSE_PIDS_MAX, /* `amount` of `bound` tasks, `count` forks failed */
	CGW_CAUSE_CPU_WAIT, /* tasks waited for a CPU while `taker` ran for `percent` of that */
	CGW_CAUSE_RECLAIM,  /* tasks reclaimed memory, `percent` of that because of a limit */
	CGW_CAUSE_IO_WAIT,  /* tasks waited for IO */
	CGW_CAUSE_KIND_COUNT,
};
/* "cpu.throttled", "memory.high", ...: for machine formats. */
const char *cgw_cause_name(enum cgw_cause_kind kind) CGW_PURE;

struct cgw_cause {
	enum cgw_cause_kind kind;
	bool current;     /* seen between the two samples; otherwise at some time in the past */
	double percent;   /* the severity, by which causes without `lost_ns` are sorted */
	uint32_t group;   /* where the cause is: the group, an ancestor, or the root */
	bool system_wide; /* the value of the whole system: the group has none of its own */
	int16_t limit;    /* the metric of the limit, or -1 */
	double amount, bound, count;
	char device[64];
	/* A remedy: `cgward set` (or thaw) for `group`; "" if no setting of a group would help. */
	char key[48], value[96];
	char companion[96]; /* "KEY=VALUE" that must be set together with the remedy, or "" */
	double lost_ns;     /* time that tasks lost to it per second, measured; 0: not known */
	/*
	 * CGW_CAUSE_CPU_WAIT: the path of what ran meanwhile, a sibling of the group or of an
	 * ancestor, or an ancestor for its own tasks; "realtime:PATH", "own" (the group itself),
	 * "idle", or NULL if that is unknown. Owned by the frame.
	 */
	const char *taker;
	bool change_taker; /* the remedy is for `taker` instead of `group` */
	/* CGW_CAUSE_CPU_THROTTLED: CPUs used within 10 ms, at most, and on average; 0: not known */
	double peak_cpus, mean_cpus;
	/* The part of the throttling for which earlier unused quota would have been enough. */
	double covered_percent;
};
#define CGW_CAUSE_MAX 32

/* Adds the metrics needed by cgw_explain() to `set`. */
void cgw_explain_metrics(struct cgw_metric_set *set);
/*
 * Finds the reasons why a group is slow: current ones first, then by lost time, then by severity.
 * Uses only the frame, which should contain two samples: one sample shows only the past. Returns
 * the number of causes.
 */
size_t cgw_explain(const struct cgw_frame *frame, uint32_t group,
		   struct cgw_cause causes[CGW_CAUSE_MAX]);

/*
 * Adds the metrics needed for what tasks waited for: traced ones (CGW_TRACE) and weights. Where a
 * frame has them, cgw_explain() uses them.
 */
void cgw_explain_trace_metrics(struct cgw_metric_set *set);
/*
 * The path of the group whose tasks ran for most of the time that those of `group` waited for a
 * CPU; NULL: none. Owned by the frame, which need not include it.
 */
const char *cgw_explain_taker(const struct cgw_frame *frame, uint32_t group);
/* Like cgw_explain(). `taker`: a snapshot that includes the weight of the taker, or NULL. */
size_t cgw_explain_traced(const struct cgw_frame *frame, const struct cgw_snapshot *taker,
			  uint32_t group, struct cgw_cause causes[CGW_CAUSE_MAX]);

/* Formats a cause with its numbers as one escaped sentence. */
#define CGW_SENTENCE_SIZE 400
void cgw_cause_sentence(const struct cgw_cause *cause, char *text, size_t size);
/*
 * Returns the shell command for the remedy, or NULL if there is none or memory is short. `path` is
 * the path of the group with the cause, or its taker with `change_taker`; the command contains it
 * quoted for the shell, but not
 * escaped for a terminal. Free it with free().
 */
char *cgw_cause_command(const struct cgw_cause *cause, const char *path);

/* A network interface. Counters are in bytes and packets since it was created. */
struct cgw_interface {
	char name[32];
	unsigned index;
	char kind[32]; /* "veth", "vxlan", ...; "loopback"; "" for a physical device */
	bool up;
	unsigned mtu;
	uint8_t address[32]; /* hardware address */
	size_t address_length;
	char (*addresses)[64]; /* "10.0.0.2/24" */
	size_t address_count;
	uint64_t received_bytes, sent_bytes, received_packets, sent_packets;
	uint64_t received_dropped, sent_dropped, received_errors, sent_errors;
	char master[32]; /* the bridge or bond that it belongs to, in its own namespace */
	/* Peer of a veth, lower device of a macvlan, ipvlan, vlan or vxlan; "" if not visible. */
	char lower[32];
	bool lower_outside;    /* `lower` is in another network namespace */
	char lower_master[32]; /* the bridge that `lower` belongs to, in that namespace */
	uint32_t vni;          /* vxlan network identifier; CGW_NO_ID for other kinds */
};

struct cgw_network {
	uint64_t inode;
	uint64_t read_ns; /* CLOCK_MONOTONIC */
	struct cgw_interface *interfaces;
	size_t count;
	bool counters_only; /* read from /proc/PID/net/dev: no permission to enter the namespace */
};

/*
 * Reads the interfaces in the network namespace of `pid` by rtnetlink from inside the namespace,
 * or from /proc/PID/net/dev if the caller may not enter it. Free with cgw_network_free(), which
 * accepts NULL and returns NULL.
 */
int cgw_network_read(const struct cgw_layout *layout, pid_t pid, struct cgw_network **ret_network);
struct cgw_network *cgw_network_free(struct cgw_network *network);
/* How an interface is connected: "bridged", "overlay", ...; "" if it is not, or not known. */
const char *cgw_interface_mode(const struct cgw_interface *interface) CGW_PURE;

struct cgw_names_options {
	const char *state_root; /* directory used instead of /; NULL: "/" */
	unsigned timeout_ms;    /* for the socket of an engine; 0: a sensible short default */
	bool no_sockets;        /* read files only */
};
/*
 * Never fails: unknown names are "", and `problem` contains the reason. `options` may be NULL: the
 * defaults.
 */
void cgw_names_resolve(const struct cgw_identity *identity, const struct cgw_names_options *options,
		       struct cgw_names *ret_names);
/*
 * As cgw_group_find_within(), and also by the names that container engines keep. If a source of
 * names could not be read, `diag` names it. `options` may be NULL.
 */
int cgw_names_find(const struct cgw_layout *layout, const char *what, uint32_t hierarchies,
		   const struct cgw_names_options *options, char **ret_path, struct cgw_diag *diag);

#ifdef __cplusplus
}
#endif

#endif

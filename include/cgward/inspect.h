/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inspect.h - what is in a group, what isolates it, and what holds it back.
 *
 * Everything here is read once and then plain data. What could not be read for want of rights, or
 * because a process went away, is marked as such and never guessed. Names and command lines are raw
 * bytes: cgw_escape() them before a person sees them.
 */
#ifndef CGWARD_INSPECT_H
#define CGWARD_INSPECT_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* No number of that kind: an id that is not mapped, a namespace that may not be read. */
#define CGW_NO_ID UINT32_MAX

/* What of a process could not be read. */
enum cgw_hidden {
	CGW_HIDDEN_NAMESPACES = 1,
	CGW_HIDDEN_ROOT = 2,
	CGW_HIDDEN_LIMITS = 4,
	CGW_HIDDEN_LABEL = 8,
	CGW_HIDDEN_COMMAND = 16,
};

enum cgw_capability_set {
	CGW_CAPABILITIES_EFFECTIVE,
	CGW_CAPABILITIES_PERMITTED,
	CGW_CAPABILITIES_INHERITABLE,
	CGW_CAPABILITIES_BOUNDING,
	CGW_CAPABILITIES_AMBIENT,
	CGW_CAPABILITIES_SET_COUNT,
};
const char *cgw_capability_set_name(enum cgw_capability_set set) CGW_PURE;

/* "cap_net_admin"; NULL for a number that has no name here (a later kernel's). */
const char *cgw_capability_name(unsigned capability) CGW_PURE;

/* Those that bound what a group does to its machine; in the order of /proc/PID/limits. */
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

/* How tight a process is held, beside its groups and namespaces. */
struct cgw_confinement {
	uint64_t capabilities[CGW_CAPABILITIES_SET_COUNT];
	int seccomp;         /* 0 none, 1 strict, 2 filters; -1 not known */
	int seccomp_filters; /* -1: not known (kernels before 5.9) */
	int no_new_privileges;
	int oom_score_adjust;
	char label[256];    /* AppArmor, SELinux or Smack; "" where there is none */
	char root[1024];    /* "/" unless chroot(2) moved it; "" where it is not readable */
	char root_type[64]; /* file system there, where the mount namespace is not the host's */
	struct cgw_rlimit limits[CGW_RLIMIT_COUNT];
};

struct cgw_process {
	pid_t pid;    /* of the thread where threads were asked for */
	pid_t leader; /* of its process: equal to `pid` for whole processes */
	pid_t parent;
	pid_t inner_pid; /* in its own PID namespace; 0: not known */
	uint64_t start_ticks;
	char state;    /* 'R', 'S', 'D', 'T', 'Z', ... */
	char name[64]; /* as the kernel keeps it */
	char *command; /* arguments with blanks between, NULL for kernel threads and zombies */
	uint32_t uid, gid;
	uint32_t inner_uid, inner_gid; /* in its user namespace, or CGW_NO_ID */
	unsigned threads;
	uint64_t cpu_ns, resident_bytes;
	bool init; /* PID 1 of its PID namespace */
	bool kernel_thread;
	uint32_t group;                           /* of the frame's groups: where it was listed */
	uint32_t hierarchies;                     /* bit h: listed there in hierarchy h */
	struct cgw_membership membership;         /* where it is in each hierarchy */
	uint64_t namespaces[CGW_NAMESPACE_COUNT]; /* inodes, 0: not known */
	unsigned hidden;                          /* enum cgw_hidden, or'ed */
	struct cgw_confinement confinement;
};

/* One namespace that processes of the group are in. */
struct cgw_namespace {
	enum cgw_namespace_kind kind;
	uint64_t inode;
	struct cgw_number
		host;       /* 1: the machine's own, 0: not; UNSUPPORTED: not to be told in here */
	uint32_t processes; /* of the group */
	uint32_t other_processes; /* of other groups; counted with `shared` only */
	pid_t example_pid;        /* a process in it, the lowest */
	char **groups; /* other groups that share it: a path each, CGW_NAMESPACE_GROUPS_MAX at most */
	uint32_t group_count;    /* how many there are, also beyond those */
	char *hostname;          /* UTS; NULL: not readable */
	char *uid_map, *gid_map; /* user: lines as the kernel writes them */
	char *offsets;           /* time */
};
#define CGW_NAMESPACE_GROUPS_MAX 16

/* Names that somebody else keeps for what the path only identifies. Empty where not known. */
struct cgw_names {
	char name[256];          /* of the container or machine */
	char image[256];         /* it was made from */
	char pod[256];           /* Kubernetes' or Podman's name of the pod */
	char pod_namespace[256]; /* Kubernetes' namespace */
	char role[256];          /* the container's name within its pod; a machine's class */
	char source[256];        /* the file or socket that said so */
	char problem[128];       /* why there is no name, where one was looked for */
};

struct cgw_inspect_options {
	bool own_only; /* not the processes of the groups beneath */
	bool threads;  /* a row a thread */
	bool shared;   /* look at every process of the machine: who shares the namespaces */
	bool zombies;  /* the same: those that exited and were not reaped, which no list names */
	size_t process_max; /* 0: a sensible default */
};

struct cgw_inspection {
	char *path;
	uint32_t group;
	struct cgw_identity identity;
	struct cgw_process *processes; /* by pid */
	size_t process_count;
	size_t process_omitted;           /* not read, beyond process_max */
	size_t vanished;                  /* went away while they were read */
	size_t out_of_view;               /* listed, but of a PID namespace that is not ours */
	struct cgw_namespace *namespaces; /* by kind, most used first */
	size_t namespace_count;
	bool shared;                                   /* `others` and `groups` were counted */
	uint64_t host_namespaces[CGW_NAMESPACE_COUNT]; /* the machine's; 0: not known */
	uint64_t all_capabilities; /* what the host's PID 1 may have at most; 0: not known */
};

/*
 * Reads the group of `frame` (which must be of a sampler over `layout`) and, unless `own`, all beneath.
 * Processes that exit meanwhile are left out: each is read between two looks at its start time. Fails
 * with -ENOMEM, or with the error of the group's list of processes where none could be read.
 */
int cgw_inspect(const struct cgw_layout *layout, const struct cgw_frame *frame, uint32_t group,
		const struct cgw_inspect_options *options, struct cgw_inspection **ret_inspection,
		struct cgw_diag *diag);
struct cgw_inspection *cgw_inspection_free(struct cgw_inspection *inspection);

/* All namespaces of this machine's processes; `processes` and `groups` count everything then. */
int cgw_namespaces_read(const struct cgw_layout *layout, struct cgw_namespace **ret_namespaces,
			size_t *ret_count);
void cgw_namespaces_free(struct cgw_namespace *namespaces, size_t count);

/* How far a process could reach beyond what its groups bound. */
enum cgw_privilege {
	CGW_PRIVILEGE_UNKNOWN,
	CGW_PRIVILEGE_NONE,       /* no capability at all */
	CGW_PRIVILEGE_NAMESPACED, /* some, but only over its own user namespace */
	CGW_PRIVILEGE_SOME,       /* some over the host's, none that gives the others */
	CGW_PRIVILEGE_ADMIN, /* over the host's, one that is as good as all: CAP_SYS_ADMIN, ... */
	CGW_PRIVILEGE_FULL,  /* every capability over the host's */
};
const char *cgw_privilege_name(enum cgw_privilege privilege) CGW_PURE;
enum cgw_privilege cgw_process_privilege(const struct cgw_inspection *inspection,
					 const struct cgw_process *process);

/* Which resource is bounded, by whom. Pure over the frame. */
struct cgw_bound {
	const char *resource;    /* "cpu", "memory", "swap", "pids", "io" */
	enum cgw_metric limit;   /* what bounds it tightest */
	struct cgw_number bound; /* CGW_OK: bounded; CGW_MAX: by nothing; else not known */
	struct cgw_number use;
	enum cgw_metric use_metric;
	uint32_t set_by; /* the group that sets it, or CGW_NO_GROUP */
	char device[64]; /* io: of the tightest one */
};
#define CGW_BOUND_MAX 8
/* The metrics that it wants, and the bounds; returns their number. */
void cgw_bounds_metrics(struct cgw_metric_set *set);
size_t cgw_bounds(const struct cgw_frame *frame, uint32_t group,
		  struct cgw_bound bounds[CGW_BOUND_MAX]);

/* What holds a group back. */
enum cgw_cause_kind {
	CGW_CAUSE_FROZEN,
	CGW_CAUSE_CPU_THROTTLED, /* by a cpu.max; `percent` of periods, `amount` ns a second */
	CGW_CAUSE_CPUSET_FULL,   /* `percent` of the CPUs it may run on, `bound` of them */
	CGW_CAUSE_CPU_PRESSURE,  /* `percent` of the time somebody waited for a CPU */
	CGW_CAUSE_MEMORY_HIGH,   /* `amount` of `bound` bytes, slowed down `count` times */
	CGW_CAUSE_MEMORY_MAX,    /* the same, ran into it `count` times */
	CGW_CAUSE_MEMORY_PRESSURE,
	CGW_CAUSE_OOM_KILLED,    /* `count` processes */
	CGW_CAUSE_SWAPPING,      /* `amount` bytes there, `count` faults a second that waited */
	CGW_CAUSE_SYSTEM_MEMORY, /* `amount` of `bound` bytes are available */
	CGW_CAUSE_IO_LIMIT,      /* `amount` of `bound` a second on `device` */
	CGW_CAUSE_IO_PRESSURE,
	CGW_CAUSE_PIDS_MAX, /* `amount` of `bound`, refused `count` times */
	CGW_CAUSE_KIND_COUNT,
};
/* "cpu.throttled", "memory.high", ...: for programs. */
const char *cgw_cause_name(enum cgw_cause_kind kind) CGW_PURE;

struct cgw_cause {
	enum cgw_cause_kind kind;
	bool current;     /* between the two samples; else it was so since the group began */
	double percent;   /* how much it holds back: what causes are ranked by */
	uint32_t group;   /* the group at fault: itself, one above, or the root for the machine */
	bool system_wide; /* the machine's figure: the group has none of its own */
	int16_t limit;    /* the metric whose limit it is, or -1 */
	double amount, bound, count;
	char device[64];
	/* What would change it: `cgward set` (or thaw) of `by`; "" where nothing of a group would. */
	char key[48], value[96];
};
#define CGW_CAUSE_MAX 32

void cgw_explain_metrics(struct cgw_metric_set *set);
/*
 * What holds the group back, the worst of now first. Pure over the frame, which should be of two
 * samples: with one there is only the past. Returns the number of causes.
 */
size_t cgw_explain(const struct cgw_frame *frame, uint32_t group,
		   struct cgw_cause causes[CGW_CAUSE_MAX]);

/* One sentence with the numbers, escaped: "throttled in 90% of the periods by cpu.max 10%: ...". */
#define CGW_SENTENCE_SIZE 400
void cgw_cause_sentence(const struct cgw_cause *cause, char *text, size_t size);
/*
 * The line for a shell that would change it, where `path` is that of the group at fault, in quotes and
 * otherwise raw; NULL where nothing of a group would change it, or without memory. To be freed.
 */
char *cgw_cause_command(const struct cgw_cause *cause, const char *path);

struct cgw_interface {
	char name[32];
	unsigned index;
	char kind[32]; /* "veth", "vxlan", ...; "loopback"; "" for a device of its own */
	bool up;
	unsigned mtu;
	uint8_t address[32]; /* hardware */
	size_t address_length;
	char (*addresses)[64]; /* "10.0.0.2/24" */
	size_t address_count;
	uint64_t received_bytes, sent_bytes, received_packets, sent_packets;
	uint64_t received_dropped, sent_dropped, received_errors, sent_errors;
	char master[32]; /* the bridge or bond it belongs to, in its own namespace */
	/* Peer of a veth, or what a macvlan, ipvlan, vlan or vxlan sits on; "" where not in sight. */
	char lower[32];
	bool lower_outside;    /* that one is in another network namespace */
	char lower_master[32]; /* the bridge that it belongs to there */
	uint32_t vni;          /* vxlan; CGW_NO_ID otherwise */
};

struct cgw_network {
	uint64_t inode;
	uint64_t read_ns; /* monotonic */
	struct cgw_interface *interfaces;
	size_t count;
	bool counters_only; /* from /proc/PID/net/dev: without the right to enter the namespace */
};

/*
 * The interfaces of the network namespace of `pid`, by rtnetlink from inside; where that is not
 * allowed, what /proc/PID/net/dev says.
 */
int cgw_network_read(const struct cgw_layout *layout, pid_t pid, struct cgw_network **ret_network);
struct cgw_network *cgw_network_free(struct cgw_network *network);
/* "bridged", "overlay", ...: how an interface reaches the world, one word; "" where it has none. */
const char *cgw_interface_mode(const struct cgw_interface *interface) CGW_PURE;

struct cgw_names_options {
	const char *state_root; /* as if / were here; NULL: "/" */
	unsigned
		timeout_ms; /* of an engine's socket; 0: a sensible default, shorter than a blink */
	bool no_sockets;    /* files only */
};
/* Never fails: what is not known stays empty, and `trouble` says why. */
void cgw_names_resolve(const struct cgw_identity *identity, const struct cgw_names_options *options,
		       struct cgw_names *ret_names);

#ifdef __cplusplus
}
#endif

#endif

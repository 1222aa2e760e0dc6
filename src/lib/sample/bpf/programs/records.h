/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * records.h - what the BPF programs write and the collector reads, through mapped arrays.
 *
 * A pass walks one hierarchy. Each group gets a slot by its place in the walk; what does not change
 * (id, parent, name) stands in `groups`, where each hierarchy has its own range, and each part of the
 * figures in an array of its own. A controller is in one hierarchy only, so passes over several
 * hierarchies do not write over each other.
 */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_RECORDS_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_RECORDS_H

#define BPF_NAME_SIZE  256       /* NAME_MAX and the terminator */
#define BPF_NAMES_SIZE (1 << 20) /* for the names of groups that are new in one pass */
#define BPF_PERCPU_MAX 16        /* CPUs up to which each is told for itself */
#define BPF_CPU_MAX    256
#define BPF_STAT_MAX   32 /* values of memory.stat that can be asked for */
#define BPF_LEARN_MAX  12
#define BPF_LONE_MAX   1 /* slots behind the capacity, for groups that are looked at alone */
#define BPF_LEARN_SIZE 64
#define BPF_DEVICE_MAX 32 /* of a group; with more its file is read */
#define BPF_COPY_SIZE  128
#define BPF_POLICY_MAX 6 /* of the block layer, each with data of its own for a group */

/* The figures of one group by controller. The first number of each record is its state. */
enum bpf_part {
	BPF_PART_CORE,        /* v2: CPU time, which every group has */
	BPF_PART_CORE_STATES, /* and what else, rarely asked for */
	BPF_PART_CPU,
	BPF_PART_CPUACCT,
	BPF_PART_MEMORY,
	BPF_PART_LIMITS, /* of memory, and what else is rarely asked for */
	BPF_PART_STAT,   /* of memory */
	BPF_PART_PIDS,
	BPF_PART_PIDS_LIMITS, /* likewise rarely */
	BPF_PART_FREEZER,
	BPF_PART_IO,
	BPF_PART_WEIGHT, /* of io */
	BPF_PART_DEVICE, /* v2: of io, which of `devices` are the group's */
	BPF_PART_COUNT,
};

/* The group has no such controller, or it has. */
enum { BPF_RECORD_ABSENT, BPF_RECORD_PRESENT };

enum bpf_core_field {
	BPF_CORE_STATE,
	BPF_CORE_CPU_USAGE,
	BPF_CORE_SIZE,
};

enum bpf_core_states_field {
	BPF_CORE_STATES_STATE,
	BPF_CORE_STATES_POPULATED,
	BPF_CORE_STATES_FROZEN,
	BPF_CORE_STATES_FREEZE,
	BPF_CORE_STATES_DESCENDANTS,
	BPF_CORE_STATES_DYING,
	BPF_CORE_STATES_MAX_DEPTH,
	BPF_CORE_STATES_MAX_DESCENDANTS,
	BPF_CORE_STATES_SIZE,
};

enum bpf_cpu_field {
	BPF_CPU_STATE,
	BPF_CPU_PERIODS,
	BPF_CPU_THROTTLES,
	BPF_CPU_THROTTLED_NS,
	BPF_CPU_BURSTS,
	BPF_CPU_BURST_NS,
	BPF_CPU_QUOTA,
	BPF_CPU_PERIOD,
	BPF_CPU_MAX_BURST,
	BPF_CPU_SHARES,
	BPF_CPU_IDLE,
	BPF_CPU_RT_RUNTIME,
	BPF_CPU_RT_PERIOD,
	BPF_CPU_SIZE,
};

enum bpf_cpuacct_field {
	BPF_CPUACCT_STATE,
	BPF_CPUACCT_USAGE,
	BPF_CPUACCT_USER,
	BPF_CPUACCT_SYSTEM,
	BPF_CPUACCT_SIZE,
};

enum bpf_memory_field {
	BPF_MEMORY_STATE,
	BPF_MEMORY_USAGE,
	BPF_MEMORY_SIZE,
};

enum bpf_limits_field {
	BPF_LIMITS_STATE,
	BPF_LIMITS_PEAK,
	BPF_LIMITS_MAX,
	BPF_LIMITS_HIGH,
	BPF_LIMITS_LOW,
	BPF_LIMITS_MIN,
	BPF_LIMITS_FAILCNT,
	BPF_LIMITS_SWAP_USAGE, /* v1: memory and swap together */
	BPF_LIMITS_SWAP_PEAK,
	BPF_LIMITS_SWAP_MAX,
	BPF_LIMITS_SWAP_HIGH,
	BPF_LIMITS_SWAP_FAILCNT,
	BPF_LIMITS_KMEM_USAGE,
	BPF_LIMITS_KMEM_PEAK,
	BPF_LIMITS_KMEM_MAX,
	BPF_LIMITS_KMEM_FAILCNT,
	BPF_LIMITS_TCP_USAGE,
	BPF_LIMITS_SOFT_LIMIT,
	BPF_LIMITS_OOM_GROUP,
	BPF_LIMITS_SWAPPINESS,
	BPF_LIMITS_UNDER_OOM,
	BPF_LIMITS_OOM_KILL_DISABLE,
	BPF_LIMITS_EVENTS_LOW,
	BPF_LIMITS_EVENTS_HIGH,
	BPF_LIMITS_EVENTS_MAX,
	BPF_LIMITS_EVENTS_OOM,
	BPF_LIMITS_EVENTS_OOM_KILL,
	BPF_LIMITS_EVENTS_OOM_GROUP_KILL,
	BPF_LIMITS_SIZE,
};

enum bpf_stat_field {
	BPF_STAT_STATE,
	BPF_STAT_FIRST, /* of BPF_STAT_MAX, as asked for */
	BPF_STAT_SIZE = BPF_STAT_FIRST + BPF_STAT_MAX,
};

enum bpf_pids_field {
	BPF_PIDS_STATE,
	BPF_PIDS_CURRENT,
	BPF_PIDS_SIZE,
};

enum bpf_pids_limits_field {
	BPF_PIDS_LIMITS_STATE,
	BPF_PIDS_LIMITS_PEAK,
	BPF_PIDS_LIMITS_MAX,
	BPF_PIDS_LIMITS_EVENTS_MAX,
	BPF_PIDS_LIMITS_SIZE,
};

enum bpf_freezer_field {
	BPF_FREEZER_STATE,
	BPF_FREEZER_FLAGS, /* bits of BPF_FREEZER_*, whatever their places in the kernel */
	BPF_FREEZER_SIZE,
};
#define BPF_FREEZER_SELF   1
#define BPF_FREEZER_PARENT 2

enum bpf_io_field {
	BPF_IO_STATE,
	BPF_IO_DEVICES, /* 0: no device was ever used; 1: at least one */
	BPF_IO_SIZE,
};

enum bpf_weight_field {
	BPF_WEIGHT_STATE,
	BPF_WEIGHT_FIRST, /* of BPF_POLICY_MAX: what stands where bfq has its weight */
	BPF_WEIGHT_SIZE = BPF_WEIGHT_FIRST + BPF_POLICY_MAX,
};

enum bpf_list_field {
	BPF_LIST_STATE,
	BPF_LIST_FIRST, /* of the group's in `devices` */
	BPF_LIST_COUNT,
	BPF_LIST_MISSING, /* 1: there was no room for all of them */
	BPF_LIST_BYTES,   /* read and written, of all of them */
	BPF_LIST_SIZE,
};

/* What a group did on one device. */
enum bpf_device_field {
	BPF_DEVICE_NUMBER, /* major in the upper half, minor in the lower */
	BPF_DEVICE_RBYTES,
	BPF_DEVICE_WBYTES,
	BPF_DEVICE_DBYTES,
	BPF_DEVICE_RIOS,
	BPF_DEVICE_WIOS,
	BPF_DEVICE_DIOS,
	BPF_DEVICE_SIZE,
};

struct bpf_group_record {
	unsigned long long id, parent_id;
	unsigned long long
		serial; /* one more than the kernel's, which no other group ever has; 0: not told */
	unsigned int hash; /* of the name: v1 can rename a group */
	unsigned int name; /* 0: as in the last pass; else one more than its byte in `names` */
};

/* One pass, as asked for by the collector and answered by the program. */
struct bpf_control {
	unsigned int version; /* of the hierarchy */
	unsigned int base;    /* its first slot in `groups` */
	unsigned int first;   /* slot of the first group met: 0 unless a lone one is looked at */
	unsigned int capacity;
	unsigned int parts; /* bit by enum bpf_part: what is wanted */
	unsigned int fine;  /* bits of BPF_FINE_* */
	unsigned int cpu_count;
	unsigned int stat_count;
	unsigned int learn_count;
	unsigned int check_names;              /* v1 can rename a group */
	unsigned int alone;                    /* only the group at the top */
	unsigned int device_first, device_end; /* of `devices`, for this pass */
	unsigned int figures; /* where a state has what is read first: the program's own */
	/* answers */
	unsigned int count;        /* groups met, also those beyond the capacity */
	unsigned int fresh;        /* of them not in this slot in the last pass */
	unsigned int named;        /* bytes of names written */
	unsigned int device_count; /* entries taken of `devices` */
	unsigned int unnamed;      /* fresh ones for whose names there was no room */
	/* the program's own, where each look into the kernel is a call: a state as it was met, the group's others */
	unsigned char state_bytes[BPF_COPY_SIZE], controller_bytes[BPF_COPY_SIZE];
	/* statistics wanted: index within state[], or BPF_STAT_EVENT and the index within events[] */
	unsigned int stat_index[BPF_STAT_MAX];
	unsigned long long learn_id[BPF_LEARN_MAX];
	unsigned long long cpu_offset[BPF_CPU_MAX];
};
#define BPF_STAT_EVENT  0x10000u
#define BPF_FINE_FLUSH  1u /* bring the statistics up to date before the first group */
#define BPF_FINE_PERCPU 2u /* usage of each CPU for itself */
#define BPF_FINE_SPLIT  4u /* of CPU usage, user and system */

/* All statistics of a group, so that the collector learns which is where. */
struct bpf_learned {
	unsigned long long id;
	unsigned long long state_count, event_count; /* what lies behind is something else */
	long long state[BPF_LEARN_SIZE];
	unsigned long long events[BPF_LEARN_SIZE];
};

/* Where a per-CPU array of our own lies: what a CPU's part is away from the base. */
struct bpf_places {
	unsigned int map_id; /* asked for */
	unsigned int found;
	unsigned long long base;
	unsigned long long cpu[BPF_CPU_MAX];
};

#endif

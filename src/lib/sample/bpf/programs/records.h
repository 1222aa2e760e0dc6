/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * records.h - records that the BPF programs write and the collector reads, through mapped arrays.
 *
 * A pass walks one hierarchy. The slot of a group is its position in the walk. Constant data (id,
 * parent, name) is in `groups`, where each hierarchy has its own range; each part of the values
 * has an array of its own. A controller is in one hierarchy only, so passes over several
 * hierarchies do not overwrite each other.
 */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_RECORDS_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_RECORDS_H

#define BPF_NAME_SIZE      256       /* NAME_MAX and the terminator */
#define BPF_NAMES_SIZE     (1 << 20) /* bytes for the names of groups that are new in one pass */
#define BPF_PERCPU_MAX     16        /* with more CPUs, only their sum is collected */
#define BPF_CPU_MAX        256
#define BPF_STAT_BLOCK     32 /* values of memory.stat per record; a group has one per block */
#define BPF_STAT_BLOCK_MAX 3
#define BPF_STAT_MAX       (BPF_STAT_BLOCK * BPF_STAT_BLOCK_MAX)
#define BPF_LEARN_MAX      12
#define BPF_SINGLE_MAX     1 /* slots after the capacity, for a single group */
#define BPF_LEARN_SIZE     64
#define BPF_DEVICE_MAX     32 /* per group; with more devices its file is read */
#define BPF_COPY_SIZE      128
#define BPF_POLICY_MAX     6 /* policies of the block layer (BLKCG_MAX_POLS) */

/* The values of one group by controller. The first number of each record is its state. */
enum bpf_part {
	BPF_PART_CORE,        /* v2: CPU time, which exists in every group */
	BPF_PART_CORE_STATES, /* v2: other core values, rarely requested */
	BPF_PART_CPU,
	BPF_PART_CPUACCT,
	BPF_PART_MEMORY,
	BPF_PART_LIMITS, /* memory: limits and other values, rarely requested */
	BPF_PART_STAT,   /* memory.stat */
	BPF_PART_PIDS,
	BPF_PART_PIDS_LIMITS, /* rarely requested */
	BPF_PART_FREEZER,
	BPF_PART_IO,
	BPF_PART_WEIGHT, /* io */
	BPF_PART_DEVICE, /* v2 io: the group's entries in `devices` */
	BPF_PART_COUNT,
};

/* The running kernel lacks the member: the file must be read. */
#define BPF_NUMBER_UNKNOWN 0xfffffffffffffffeULL

/* State of a record: whether the group has the controller. */
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
	BPF_STAT_FIRST, /* of BPF_STAT_BLOCK, as requested */
	BPF_STAT_SIZE = BPF_STAT_FIRST + BPF_STAT_BLOCK,
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
	BPF_FREEZER_FLAGS, /* BPF_FREEZER_*; the kernel's bits differ by version */
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
	BPF_WEIGHT_FIRST, /* of BPF_POLICY_MAX: the number at the offset of bfq's weight */
	BPF_WEIGHT_SIZE = BPF_WEIGHT_FIRST + BPF_POLICY_MAX,
};

enum bpf_list_field {
	BPF_LIST_STATE,
	BPF_LIST_FIRST, /* index of the group's first entry in `devices` */
	BPF_LIST_COUNT,
	BPF_LIST_INCOMPLETE, /* 1: the entries are incomplete or unknown */
	BPF_LIST_BYTES,      /* read and written, over all entries */
	BPF_LIST_SIZE,
};

/* Statistics of a group on one device. */
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
	unsigned long long serial; /* the kernel's serial_nr + 1, never reused; 0: not reported */
	unsigned int hash;         /* of the name: v1 can rename a group */
	unsigned int name;         /* 0: as in the last pass; else its offset in `names` + 1 */
};

/* One pass: the collector's request and the program's results. */
struct bpf_control {
	unsigned int version; /* of the hierarchy */
	unsigned int base;    /* its first slot in `groups` */
	unsigned int first;   /* slot of the first group: 0 except for a single group */
	unsigned int capacity;
	unsigned int parts;   /* requested, bits by enum bpf_part */
	unsigned int options; /* bits of BPF_OPTION_* */
	unsigned int cpu_count;
	unsigned int stat_count;
	unsigned int stat_stride; /* from one block of a group to the next, in records */
	unsigned int learn_count;
	unsigned int check_names;              /* v1 can rename a group */
	unsigned int single;                   /* collect only the group at the top */
	unsigned int device_first, device_end; /* range of `devices` for this pass */
	unsigned int prefetch_offset; /* offset to prefetch in a state; set by the program */
	/* results */
	unsigned int count;         /* groups, including those beyond the capacity */
	unsigned int expected;      /* groups, as counted by the kernel */
	unsigned int changed_count; /* groups that did not have this slot in the last pass */
	unsigned int name_bytes;    /* bytes written to `names` */
	unsigned int device_count;  /* entries used in `devices` */
	unsigned int unnamed;       /* changed slots whose name did not fit */
	/* the program's copies where reads are helper calls: the state, the group's controllers */
	unsigned char state_bytes[BPF_COPY_SIZE], controller_bytes[BPF_COPY_SIZE];
	/* requested statistics: index in state[], or BPF_STAT_EVENT and the index in events[] */
	unsigned int stat_index[BPF_STAT_MAX];
	unsigned long long learn_id[BPF_LEARN_MAX];
	unsigned long long cpu_offset[BPF_CPU_MAX];
};
#define BPF_STAT_EVENT         0x10000u
#define BPF_OPTION_FLUSH       1u /* flush the statistics before the first group */
#define BPF_OPTION_PERCPU      2u /* per-CPU usage */
#define BPF_OPTION_USER_SYSTEM 4u /* user and system CPU usage */

/* All statistics of a group, from which the collector learns their indices. */
struct bpf_learned {
	unsigned long long id;
	unsigned long long state_count, event_count; /* valid entries of the arrays */
	long long state[BPF_LEARN_SIZE];
	unsigned long long events[BPF_LEARN_SIZE];
};

/* Addresses of our own per-CPU array, from which the collector computes each CPU's offset. */
struct bpf_cpu_addresses {
	unsigned int map_id; /* request */
	unsigned int found;
	unsigned long long base;
	unsigned long long cpu[BPF_CPU_MAX];
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * count-waits.h - what the programs of each trace have in common: a record for each group of how
 * long its tasks waited. A wait is charged to the group that the task is in at its end.
 */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_COUNT_WAITS_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_COUNT_WAITS_H

#include "access.h"

#include "trace-records.h"

/* From the uapi headers, as in kernel-types.h. */
enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_TASK_STORAGE = 29 };
enum { BPF_ANY = 0 };
enum { BPF_F_NO_PREALLOC = 1, BPF_NOEXIST = 1, BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };
#define EEXIST      17
#define PF_MEMALLOC 0x800 /* task_struct.flags: set during reclaim */

/* Members that only these programs read; the kernel ignores what follows "___". */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp; /* its group in the v2 hierarchy */
};
struct rq {
	__u64 clock;
};
struct cfs_rq {
	struct rq *rq;
	struct task_group *tg;
	__u64 throttled_clock_self;      /* when the current throttling began; 0: not throttled */
	__u64 throttled_clock_self_time; /* completed throttling, by this limit or an ancestor's */
};
struct sched_entity {
	struct cfs_rq *cfs_rq;
};
struct task_struct {
	int pid; /* 0: the idle task */
	int prio;
	int wake_cpu; /* the CPU that it was last put on */
	unsigned int __state;
	unsigned int flags;
	unsigned int in_iowait : 1;
	unsigned int in_memstall : 1; /* with CONFIG_PSI */
	struct sched_entity se;
	struct css_set *cgroups;
};
#pragma clang attribute pop

/* The programs run with the run queue locked. Ancestors are visited only for a new group. */
#define LEVELS_MAX 4096
/* Where each event visits them. */
#define SUMMED_LEVELS_MAX 64

/* The collector sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct trace_group);
} trace_groups SEC(".maps");

ARRAY(trace_control, struct trace_control, 1);

char _license[] SEC("license") = "GPL";

static __always_inline struct trace_control *get_control(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&trace_control, &zero);
}

static __always_inline void count_lost(void)
{
	struct trace_control *control = get_control();

	if (control != NULL)
		__sync_fetch_and_add(&control->lost, 1);
}

/* The state of a controller in a set of groups; its number depends on the kernel. */
#define STATE_OF(set, name)                                                            \
	(bpf_core_enum_value_exists(enum cgroup_subsys_id, name)                       \
		 ? READ_U64(ELEMENT(set, struct css_set, subsys,                       \
				    bpf_core_enum_value(enum cgroup_subsys_id, name))) \
		 : 0)

static __always_inline struct cgroup *task_group(struct task_struct *task,
						 const struct trace_control *control)
{
	struct css_set *set = AS(struct css_set, READ(task, cgroups));

	switch (control->hierarchy) {
	case TRACE_CPU:
		return group_of(STATE_OF(set, cpu_cgrp_id));
	case TRACE_CPUACCT:
		return group_of(STATE_OF(set, cpuacct_cgrp_id));
	case TRACE_MEMORY:
		return group_of(STATE_OF(set, memory_cgrp_id));
	case TRACE_IO:
		return group_of(STATE_OF(set, io_cgrp_id));
	}
	return AS(struct cgroup, READ(set, dfl_cgrp));
}

static __always_inline __u64 parent_of(struct cgroup *group)
{
	return ADDRESS(group, struct cgroup, self.parent);
}

/* The group and those of its ancestors that have no record yet. */
struct addition {
	__u64 group; /* address */
	__u64 end;   /* address of the first one that is not removed again */
	bool all;    /* also beyond a record that exists */
	bool full;
};

/* Adds a record of one group and moves to its parent. */
static long add_one(__u32 i, struct addition *addition)
{
	struct cgroup *group = AS(struct cgroup, (void *)addition->group);
	struct trace_control *control = get_control();
	__u64 id = id_of(group), parent = parent_of(group);
	struct cgroup *above = NULL;
	struct trace_group *record;
	long r;

	(void)i;
	if (control == NULL)
		return 1;
	if (parent != 0)
		above = group_of(parent);
	r = bpf_map_update_elem(&trace_groups, &id, &control->blank, BPF_NOEXIST);
	if (r != 0 && !(r == -EEXIST && addition->all)) {
		addition->full = r != -EEXIST;
		return 1;
	}
	record = bpf_map_lookup_elem(&trace_groups, &id);
	if (record != NULL && above != NULL)
		record->parent_id = id_of(above);
	addition->group = (__u64)above;
	return above == NULL;
}

static long remove_one(__u32 i, struct addition *addition)
{
	struct cgroup *group = AS(struct cgroup, (void *)addition->group);
	__u64 id = id_of(group), parent = parent_of(group);

	(void)i;
	if (addition->group == addition->end || parent == 0)
		return 1;
	bpf_map_delete_elem(&trace_groups, &id);
	addition->group = (__u64)group_of(parent);
	return 0;
}

/* NULL if there is no room for a group and all its ancestors: a sum must not lack some of them. */
static __always_inline struct trace_group *find_or_add(struct cgroup *group)
{
	struct addition addition = {.group = (__u64)group};
	__u64 id = id_of(group);
	struct trace_group *record = bpf_map_lookup_elem(&trace_groups, &id);

	if (record != NULL)
		return record;
	bpf_loop(LEVELS_MAX, add_one, &addition, 0);
	if (!addition.full)
		return bpf_map_lookup_elem(&trace_groups, &id);
	addition.end = addition.group;
	addition.group = (__u64)group;
	bpf_loop(LEVELS_MAX, remove_one, &addition, 0);
	return NULL;
}

/* For what is added to all ancestors at each event. NULL: too deep, or there is no room. */
static __always_inline struct trace_group *find_or_add_shallow(struct cgroup *group)
{
	return READ(group, level) < SUMMED_LEVELS_MAX ? find_or_add(group) : NULL;
}

/* Adds the records that the reader has dropped, of ancestors that are not in its tree, too. */
static __always_inline void add_missing(struct cgroup *group)
{
	struct addition addition = {.group = (__u64)group, .all = 1};

	bpf_loop(SUMMED_LEVELS_MAX, add_one, &addition, 0);
}

static __always_inline void raise_peak(struct trace_group *record, __u64 epoch, __u64 ns)
{
	struct trace_peak *peak = &record->peaks[epoch & 1];

	if (peak->epoch != epoch) {
		peak->epoch = epoch;
		peak->ns = ns;
	} else if (ns > peak->ns) {
		peak->ns = ns;
	}
}

/* Counts a wait and the part of it that has the known cause. */
static __always_inline void count_wait(struct cgroup *group, struct trace_control *control,
				       __u64 ns, __u64 part_ns)
{
	struct trace_group *record = find_or_add(group);
	__u32 bucket = trace_bucket(ns);

	if (record == NULL) {
		__sync_fetch_and_add(&control->lost, 1);
		return;
	}
	__sync_fetch_and_add(&record->waited_ns, ns);
	if (part_ns != 0)
		__sync_fetch_and_add(&record->part_ns, part_ns);
	if (bucket < TRACE_BUCKETS)
		__sync_fetch_and_add(&record->buckets[bucket], 1);
	raise_peak(record, control->epoch, ns);
}

#endif

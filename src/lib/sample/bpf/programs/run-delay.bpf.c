/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * run-delay.bpf.c - BPF programs that measure how long the tasks of each group wait for a CPU.
 *
 * A wait begins when a task becomes runnable (woken, created, or taken off a CPU while it could run
 * on) and ends when it gets a CPU. It is charged to the group that the task is in at its end.
 */
#include "access.h"

#include "run-delay-records.h"

/* From the uapi headers, as in kernel-types.h. */
enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_TASK_STORAGE = 29 };
enum { BPF_F_NO_PREALLOC = 1, BPF_NOEXIST = 1, BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };
#define EEXIST 17

/* Members that only these programs read; the kernel ignores what follows "___". */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct cgroup___run_delay {
	struct cgroup_root *root;
};
struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp; /* its group in the v2 hierarchy */
};
struct task_struct {
	int pid; /* 0: the idle task */
	unsigned int __state;
	struct css_set *cgroups;
};
#pragma clang attribute pop

/* The programs run with the run queue locked. Ancestors are visited only for a new group. */
#define LEVELS_MAX 4096

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64); /* when the task became runnable; 0: it sleeps or runs */
} runnable_since SEC(".maps");

/* The collector sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct run_delay_group);
} run_delays SEC(".maps");

ARRAY(run_delay_control, struct run_delay_control, 1);

char _license[] SEC("license") = "GPL";

static __always_inline struct run_delay_control *get_control(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&run_delay_control, &zero);
}

static __always_inline void count_lost(void)
{
	struct run_delay_control *control = get_control();

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
						 const struct run_delay_control *control)
{
	struct css_set *set = AS(struct css_set, READ(task, cgroups));

	if (control->hierarchy == RUN_DELAY_CPU)
		return group_of(STATE_OF(set, cpu_cgrp_id));
	if (control->hierarchy == RUN_DELAY_CPUACCT)
		return group_of(STATE_OF(set, cpuacct_cgrp_id));
	return AS(struct cgroup, READ(set, dfl_cgrp));
}

static __always_inline __u64 parent_of(struct cgroup *group)
{
	return ADDRESS(group, struct cgroup, self.parent);
}

static __always_inline __u64 root_of(struct cgroup *group)
{
	return ADDRESS(group, struct cgroup___run_delay, root);
}

/* The group and those of its ancestors that have no record yet. */
struct addition {
	__u64 group; /* address */
	__u64 end;   /* address of the first one that is not removed again */
	bool full;
};

/* Adds a record of one group and moves to its parent. */
static long add_one(__u32 i, struct addition *addition)
{
	struct cgroup *group = AS(struct cgroup, (void *)addition->group);
	struct run_delay_group record = {0};
	__u64 id = id_of(group), parent = parent_of(group);
	struct cgroup *above = NULL;
	long r;

	(void)i;
	if (parent != 0) {
		above = group_of(parent);
		record.parent_id = id_of(above);
	}
	r = bpf_map_update_elem(&run_delays, &id, &record, BPF_NOEXIST);
	if (r != 0) {
		addition->full = r != -EEXIST;
		return 1;
	}
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
	bpf_map_delete_elem(&run_delays, &id);
	addition->group = (__u64)group_of(parent);
	return 0;
}

/* NULL if there is no room for a group and all its ancestors: a sum must not lack some of them. */
static __always_inline struct run_delay_group *find_or_add(struct cgroup *group,
							   struct run_delay_control *control)
{
	struct addition addition = {.group = (__u64)group};
	__u64 id = id_of(group);
	struct run_delay_group *record = bpf_map_lookup_elem(&run_delays, &id);

	if (record != NULL)
		return record;
	control->root = root_of(group);
	bpf_loop(LEVELS_MAX, add_one, &addition, 0);
	if (!addition.full)
		return bpf_map_lookup_elem(&run_delays, &id);
	addition.end = addition.group;
	addition.group = (__u64)group;
	bpf_loop(LEVELS_MAX, remove_one, &addition, 0);
	return NULL;
}

static __always_inline void raise_peak(struct run_delay_group *record, __u64 epoch, __u64 ns)
{
	struct run_delay_peak *peak = &record->peaks[epoch & 1];

	if (peak->epoch != epoch) {
		peak->epoch = epoch;
		peak->ns = ns;
	} else if (ns > peak->ns) {
		peak->ns = ns;
	}
}

static __always_inline void count_wait(struct run_delay_group *record, __u64 epoch, __u64 ns)
{
	__u32 bucket = run_delay_bucket(ns);

	__sync_fetch_and_add(&record->waited_ns, ns);
	if (bucket < RUN_DELAY_BUCKETS)
		__sync_fetch_and_add(&record->buckets[bucket], 1);
	raise_peak(record, epoch, ns);
}

static __always_inline void end_wait(struct task_struct *task, __u64 now)
{
	__u64 *since = bpf_task_storage_get(&runnable_since, task, NULL, 0);
	struct run_delay_control *control = get_control();
	struct run_delay_group *record;

	/* Tasks that were runnable before the programs were attached have no start. */
	if (since == NULL || *since == 0 || control == NULL)
		return;
	record = find_or_add(task_group(task, control), control);
	if (record == NULL)
		__sync_fetch_and_add(&control->lost, 1);
	else if (now > *since)
		count_wait(record, control->epoch, now - *since);
	*since = 0;
}

static __always_inline int woken(struct task_struct *task)
{
	__u64 *since =
		bpf_task_storage_get(&runnable_since, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (since == NULL)
		count_lost();
	else if (*since == 0)
		*since = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_wakeup")
int run_delay_wakeup(__u64 *context)
{
	return woken((struct task_struct *)context[0]);
}

SEC("tp_btf/sched_wakeup_new")
int run_delay_wakeup_new(__u64 *context)
{
	return woken((struct task_struct *)context[0]);
}

/* Arguments: whether it was preempted, the task that ran, the next one. PID 0 is the idle task. */
SEC("tp_btf/sched_switch")
int run_delay_switch(__u64 *context)
{
	bool preempted = context[0];
	struct task_struct *task = (struct task_struct *)context[1];
	struct task_struct *next = (struct task_struct *)context[2];
	__u64 now = bpf_ktime_get_ns(), *since;

	if (task->pid != 0) {
		bool runnable = preempted || task->__state == 0;

		since = bpf_task_storage_get(&runnable_since, task, NULL,
					     runnable ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
		if (since != NULL)
			*since = runnable ? now : 0;
		else if (runnable)
			count_lost();
	}
	if (next->pid != 0)
		end_wait(next, now);
	return 0;
}

static __always_inline void add_record(struct run_delay_group *to,
				       const struct run_delay_group *from, __u64 epoch)
{
	__sync_fetch_and_add(&to->waited_ns, from->waited_ns);
	for (__u32 i = 0; i < RUN_DELAY_BUCKETS; i++)
		if (from->buckets[i] != 0)
			__sync_fetch_and_add(&to->buckets[i], from->buckets[i]);
	if (from->peaks[epoch & 1].epoch == epoch)
		raise_peak(to, epoch, from->peaks[epoch & 1].ns);
}

/* What the tasks of a removed group waited stays in the sums of its ancestors. */
SEC("tp_btf/cgroup_rmdir")
int run_delay_rmdir(__u64 *context)
{
	struct cgroup *group = AS(struct cgroup, (void *)context[0]);
	struct run_delay_control *control = get_control();
	struct run_delay_group *record, *above;
	__u64 id = id_of(group), parent_id;

	if (control == NULL || root_of(group) != control->root)
		return 0;
	record = bpf_map_lookup_elem(&run_delays, &id);
	if (record == NULL)
		return 0;
	parent_id = record->parent_id;
	above = bpf_map_lookup_elem(&run_delays, &parent_id);
	__sync_fetch_and_add(&control->removals, 1);
	if (above != NULL)
		add_record(above, record, control->epoch);
	bpf_map_delete_elem(&run_delays, &id);
	__sync_fetch_and_add(&control->removals, 1);
	return 0;
}

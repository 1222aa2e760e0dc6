/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * runnable.bpf.c - BPF programs that measure the most tasks of each group that ran, or could have
 * run, at once.
 *
 * A task is runnable from when it is woken or created until it sleeps or exits. While it is, it is
 * counted in its group and all ancestors, because maxima cannot be added up.
 */
#include "count-waits.h"

/* The id of the group that counts a task; 0: none. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} counted SEC(".maps");

struct change {
	__u64 group; /* id */
	__u64 by;    /* 1 or -1 */
	__u64 epoch;
};

static long change_one(__u32 i, struct change *change)
{
	struct trace_group *record = bpf_map_lookup_elem(&trace_groups, &change->group);

	(void)i;
	if (record == NULL)
		return 1;
	if (change->by == 1)
		raise_peak(record, change->epoch, __sync_fetch_and_add(&record->runnable, 1) + 1);
	/* A record that was dropped and added again lacks this task; its ancestors do not. */
	else if (record->runnable != 0)
		__sync_fetch_and_add(&record->runnable, -1);
	change->group = record->parent_id;
	return change->group == 0;
}

/* Adds 1 or -1 to a group, that of the task unless it has moved, and to all ancestors. */
static __always_inline void change(__u64 id, __u64 by, struct cgroup *group,
				   const struct trace_control *control)
{
	struct change change = {.group = id, .by = by, .epoch = control->epoch};

	bpf_loop(SUMMED_LEVELS_MAX, change_one, &change, 0);
	if (change.group == 0)
		return;
	if (id_of(group) == id) {
		add_missing(group);
		bpf_loop(SUMMED_LEVELS_MAX, change_one, &change, 0);
	}
	if (change.group != 0)
		count_lost();
}

/* Counts a task in the group that it is in now. */
static __always_inline void set_runnable(struct task_struct *task,
					 const struct trace_control *control)
{
	__u64 *in = bpf_task_storage_get(&counted, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct cgroup *group = task_group(task, control);
	__u64 id = id_of(group);

	if (in == NULL) {
		count_lost();
		return;
	}
	if (*in == id)
		return;
	if (*in != 0)
		change(*in, -1, group, control);
	*in = 0;
	if (find_or_add_shallow(group) == NULL) {
		count_lost();
		return;
	}
	*in = id;
	change(id, 1, group, control);
}

static __always_inline int woken(__u64 *context)
{
	struct trace_control *control = get_control();

	if (control != NULL)
		set_runnable((struct task_struct *)context[0], control);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int runnable_wakeup(__u64 *context)
{
	return woken(context);
}

SEC("tp_btf/sched_wakeup_new")
int runnable_wakeup_new(__u64 *context)
{
	return woken(context);
}

/* Arguments: whether it was preempted, the task that ran. PID 0 is the idle task. */
SEC("tp_btf/sched_switch")
int runnable_switch(__u64 *context)
{
	bool preempted = context[0];
	struct task_struct *task = (struct task_struct *)context[1];
	struct trace_control *control = get_control();
	__u64 *in;

	if (control == NULL || task->pid == 0)
		return 0;
	if (preempted || task->__state == 0) {
		set_runnable(task, control);
		return 0;
	}
	in = bpf_task_storage_get(&counted, task, NULL, 0);
	if (in != NULL && *in != 0) {
		change(*in, -1, task_group(task, control), control);
		*in = 0;
	}
	return 0;
}

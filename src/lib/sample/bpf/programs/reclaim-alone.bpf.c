/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * reclaim-alone.bpf.c - BPF programs that measure how long the tasks of each group reclaim memory
 * without waiting for a CPU or for IO, so that no time is counted twice.
 *
 * The known part is that during which they ran.
 */
#include "count-waits.h"

enum { RUNS, RUNNABLE, SLEEPS, WAITS_FOR_IO };

struct reclaim {
	__u64 since_ns; /* when the task entered its state; 0: it does not reclaim */
	__u64 alone_ns; /* running and sleeping, */
	__u64 ran_ns;   /* and running */
	__u64 state;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct reclaim);
} reclaims_alone SEC(".maps");

static __always_inline void enter(struct reclaim *reclaim, __u64 state, __u64 now)
{
	__u64 ns = now > reclaim->since_ns ? now - reclaim->since_ns : 0;

	if (reclaim->state == RUNS)
		reclaim->ran_ns += ns;
	if (reclaim->state == RUNS || reclaim->state == SLEEPS)
		reclaim->alone_ns += ns;
	reclaim->state = state;
	reclaim->since_ns = now;
}

/* NULL: the task does not reclaim memory. Of other tasks, only the flags are read. */
static __always_inline struct reclaim *find(struct task_struct *task)
{
	struct reclaim *reclaim;

	if (!(task->flags & PF_MEMALLOC))
		return NULL;
	reclaim = bpf_task_storage_get(&reclaims_alone, task, NULL, 0);
	return reclaim != NULL && reclaim->since_ns != 0 ? reclaim : NULL;
}

SEC("tp_btf/sched_switch")
int reclaim_alone_switch(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[1];
	struct reclaim *reclaim = find(task);

	if (reclaim != NULL)
		enter(reclaim,
		      context[0] || task->__state == 0          ? RUNNABLE
		      : BPF_CORE_READ_BITFIELD(task, in_iowait) ? WAITS_FOR_IO
								: SLEEPS,
		      bpf_ktime_get_ns());
	reclaim = find((struct task_struct *)context[2]);
	if (reclaim != NULL)
		enter(reclaim, RUNS, bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/sched_wakeup")
int reclaim_alone_wakeup(__u64 *context)
{
	struct reclaim *reclaim = find((struct task_struct *)context[0]);

	/* A task that has not been switched from yet still runs. */
	if (reclaim != NULL && reclaim->state != RUNS)
		enter(reclaim, RUNNABLE, bpf_ktime_get_ns());
	return 0;
}

static __always_inline int begin(void)
{
	struct reclaim *reclaim = bpf_task_storage_get(&reclaims_alone, bpf_get_current_task_btf(),
						       NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (reclaim != NULL)
		*reclaim = (struct reclaim){.since_ns = bpf_ktime_get_ns()};
	else
		count_lost();
	return 0;
}

static __always_inline int end(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct reclaim *reclaim = bpf_task_storage_get(&reclaims_alone, task, NULL, 0);
	struct trace_control *control = get_control();

	if (reclaim == NULL || reclaim->since_ns == 0 || control == NULL)
		return 0;
	enter(reclaim, RUNS, bpf_ktime_get_ns());
	if (reclaim->alone_ns > 0)
		count_wait(task_group(task, control), control, reclaim->alone_ns, reclaim->ran_ns);
	reclaim->since_ns = 0;
	return 0;
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int reclaim_alone_limit_begin(__u64 *context)
{
	(void)context;
	return begin();
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int reclaim_alone_limit_end(__u64 *context)
{
	(void)context;
	return end();
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int reclaim_alone_direct_begin(__u64 *context)
{
	(void)context;
	return begin();
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int reclaim_alone_direct_end(__u64 *context)
{
	(void)context;
	return end();
}

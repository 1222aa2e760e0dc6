/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * io-wait.bpf.c - BPF programs that measure how long the tasks of each group sleep until IO is
 * complete: the kernel's iowait state, in reads and synchronous writes of files, page faults and
 * swap-ins.
 *
 * The known part is for pages that were in use when they were reclaimed, as the kernel recognizes
 * for its pressure metrics: not every swap-in. Reclaim itself sets the same bit of the task.
 */
#include "count-waits.h"

struct io_wait {
	__u64 since_ns;
	__u64 refault;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct io_wait);
} io_waits SEC(".maps");

#define KNOWS_REFAULTS bpf_core_field_exists(struct task_struct, in_memstall)

static __always_inline bool is_refault(struct task_struct *task)
{
	return KNOWS_REFAULTS && BPF_CORE_READ_BITFIELD(task, in_memstall) &&
	       !(task->flags & PF_MEMALLOC);
}

/* Arguments: whether it was preempted, the task that ran. */
SEC("tp_btf/sched_switch")
int io_wait_switch(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[1];
	struct io_wait *wait;

	if (context[0] || task->__state == 0 || !BPF_CORE_READ_BITFIELD(task, in_iowait))
		return 0;
	wait = bpf_task_storage_get(&io_waits, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (wait == NULL) {
		count_lost();
		return 0;
	}
	wait->since_ns = bpf_ktime_get_ns();
	wait->refault = is_refault(task);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int io_wait_wakeup(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	struct trace_control *control = get_control();
	struct io_wait *wait;
	__u64 now, ns;

	if (control == NULL || !BPF_CORE_READ_BITFIELD(task, in_iowait))
		return 0;
	wait = bpf_task_storage_get(&io_waits, task, NULL, 0);
	if (wait == NULL || wait->since_ns == 0)
		return 0;
	now = bpf_ktime_get_ns();
	if (!KNOWS_REFAULTS)
		control->no_part = 1;
	ns = now > wait->since_ns ? now - wait->since_ns : 0;
	if (ns > 0)
		count_wait(task_group(task, control), control, ns, wait->refault ? ns : 0);
	wait->since_ns = 0;
	return 0;
}

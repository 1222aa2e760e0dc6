/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * reclaim.bpf.c - BPF programs that measure how long the tasks of each group reclaim memory.
 *
 * A task that allocates memory has to reclaim some first: of its groups when one of them is at its
 * limit (the known part), or of any when the machine has none left.
 */
#include "count-waits.h"

struct reclaim {
	__u64 since_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct reclaim);
} reclaims SEC(".maps");

static __always_inline int begin(void)
{
	struct reclaim *reclaim = bpf_task_storage_get(&reclaims, bpf_get_current_task_btf(), NULL,
						       BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (reclaim != NULL)
		reclaim->since_ns = bpf_ktime_get_ns();
	else
		count_lost();
	return 0;
}

static __always_inline int end(bool limit)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct reclaim *reclaim = bpf_task_storage_get(&reclaims, task, NULL, 0);
	struct trace_control *control = get_control();
	__u64 now = bpf_ktime_get_ns();

	if (reclaim == NULL || reclaim->since_ns == 0 || control == NULL)
		return 0;
	if (now > reclaim->since_ns) {
		__u64 ns = now - reclaim->since_ns;

		count_wait(task_group(task, control), control, ns, limit ? ns : 0);
	}
	reclaim->since_ns = 0;
	return 0;
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int reclaim_limit_begin(__u64 *context)
{
	(void)context;
	return begin();
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int reclaim_limit_end(__u64 *context)
{
	(void)context;
	return end(1);
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int reclaim_direct_begin(__u64 *context)
{
	(void)context;
	return begin();
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int reclaim_direct_end(__u64 *context)
{
	(void)context;
	return end(0);
}

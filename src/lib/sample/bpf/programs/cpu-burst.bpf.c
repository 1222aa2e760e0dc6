/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * cpu-burst.bpf.c - BPF program that measures the most CPU time that the tasks of each group used
 * within a window of 10 ms, on all CPUs.
 *
 * The scheduler accounts the time of a running task at each switch and at each timer tick, so a
 * slice of time is hardly longer than a window. Maxima cannot be added up, so each slice is added
 * to the windows of all ancestors.
 */
#include "count-waits.h"

#define WINDOWS_OF_SLICE 3
#define ATTEMPTS_MAX     4
/* A slot that is ahead by no more was used while this program was interrupted by a hypervisor. */
#define WINDOWS_AHEAD_MAX 64

struct slice {
	__u64 group;                /* id */
	__u64 window;               /* number of the last one, */
	__u64 ns[WINDOWS_OF_SLICE]; /* and time in those before */
	__u64 epoch;
};

static __always_inline void add_to_window(struct trace_group *record, __u64 window, __u64 ns,
					  __u64 epoch)
{
	__u64 *slot = &record->windows[window % TRACE_WINDOWS];
	__u64 start = window << TRACE_WINDOW_NS_BITS;

	for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		__u64 before = *(volatile __u64 *)slot;
		__u64 ahead = trace_windows_ahead(before, window);

		if (ahead == 0) {
			before = __sync_fetch_and_add(slot, ns);
			raise_peak(record, epoch, before - start + ns);
			return;
		}
		if (ahead <= WINDOWS_AHEAD_MAX)
			break;
		if (__sync_val_compare_and_swap(slot, before, start + ns) == before) {
			raise_peak(record, epoch, ns);
			return;
		}
	}
	count_lost();
}

/* Adds the slice to a group and moves to its parent. */
static long add_to_group(__u32 i, struct slice *slice)
{
	struct trace_group *record = bpf_map_lookup_elem(&trace_groups, &slice->group);

	(void)i;
	if (record == NULL)
		return 1;
	for (__u32 k = 0; k < WINDOWS_OF_SLICE; k++)
		if (slice->ns[k] != 0)
			add_to_window(record, slice->window - k, slice->ns[k], slice->epoch);
	slice->group = record->parent_id;
	return slice->group == 0;
}

/* Arguments: the task that runs, and for how long it ran since the last event. */
SEC("tp_btf/sched_stat_runtime")
int cpu_burst_runtime(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	__u64 ns = context[1], now = bpf_ktime_get_ns(), room = now % TRACE_WINDOW_NS;
	struct trace_control *control = get_control();
	struct slice slice = {.window = now / TRACE_WINDOW_NS};
	struct trace_group *record;
	struct cgroup *group;

	if (control == NULL || task->pid == 0)
		return 0;
	group = task_group(task, control);
	record = find_or_add_shallow(group);
	if (record == NULL) {
		count_lost();
		return 0;
	}
	__sync_fetch_and_add(&record->waited_ns, ns);
	for (__u32 k = 0; k < WINDOWS_OF_SLICE; k++) {
		slice.ns[k] = ns < room ? ns : room;
		ns -= slice.ns[k];
		room = TRACE_WINDOW_NS;
	}
	slice.group = id_of(group);
	slice.epoch = control->epoch;
	bpf_loop(SUMMED_LEVELS_MAX, add_to_group, &slice, 0);
	if (slice.group != 0) {
		add_missing(group);
		bpf_loop(SUMMED_LEVELS_MAX, add_to_group, &slice, 0);
	}
	if (ns != 0 || slice.group != 0)
		count_lost();
	return 0;
}

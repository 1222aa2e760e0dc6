/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * run-delay.bpf.c - BPF programs that measure how long the tasks of each group wait for a CPU.
 *
 * A wait begins when a task becomes runnable (woken, created, or taken off a CPU while it could run
 * on) and ends when it gets a CPU. Its known part is that during which a CPU limit throttled it.
 */
#include "count-waits.h"

#define REALTIME_PRIORITIES 100 /* task_struct.prio of realtime and deadline tasks is below */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_group___trace {
	struct cfs_rq **cfs_rq; /* by CPU */
};
#pragma clang attribute pop

struct wait {
	__u64 since_ns;     /* when the task became runnable; 0: it sleeps or runs */
	__u64 queue;        /* address of its run queue, */
	__u64 throttled_ns; /* and for how long that had been throttled */
	__u64 cpu;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct wait);
} waits SEC(".maps");

/* The collector sets the sizes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct trace_pair);
	__type(value, __u64);
} trace_pairs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trace_cpu);
} trace_cpus SEC(".maps");

/* For how long a run queue has been throttled; not in kernels before Linux 6.6. */
static __always_inline __u64 throttled_time(struct cfs_rq *queue)
{
	__u64 since_ns, ns = READ(queue, throttled_clock_self_time);

	since_ns = READ(queue, throttled_clock_self);
	if (since_ns != 0) {
		struct rq *rq = AS(struct rq, READ(queue, rq));
		__u64 clock_ns = READ(rq, clock);

		if (clock_ns > since_ns)
			ns += clock_ns - since_ns;
	}
	return ns;
}

#define KNOWS_THROTTLING                                                    \
	(bpf_core_field_exists(struct cfs_rq, throttled_clock_self_time) && \
	 bpf_core_field_exists(struct sched_entity, cfs_rq))
#define KNOWS_OTHER_QUEUES                           \
	(bpf_core_field_exists(struct cfs_rq, tg) && \
	 bpf_core_field_exists(struct task_group___trace, cfs_rq))

static __always_inline void start_wait(struct wait *wait, struct task_struct *task, __u64 now)
{
	struct trace_control *control = get_control();

	wait->since_ns = now;
	if (control == NULL || control->details == 0)
		return;
	wait->cpu = (__u32)READ(task, wake_cpu);
	wait->queue = 0;
	if (KNOWS_THROTTLING && READ(task, prio) >= REALTIME_PRIORITIES) {
		struct cfs_rq *queue = AS(struct cfs_rq, READ(task, se.cfs_rq));

		wait->queue = (__u64)queue;
		wait->throttled_ns = throttled_time(queue);
	}
}

/*
 * The part of a wait for which its run queue was throttled. A task that moves to another CPU is
 * still in the same group, otherwise its old run queue may no longer exist.
 */
static __always_inline __u64 throttled_part(const struct wait *wait, struct task_struct *task,
					    __u64 waited_ns)
{
	struct cfs_rq *queue;
	__u64 ns;

	if (!KNOWS_THROTTLING || wait->queue == 0)
		return 0;
	queue = AS(struct cfs_rq, READ(task, se.cfs_rq));
	if (wait->queue != (__u64)queue && KNOWS_OTHER_QUEUES) {
		__u64 group = ADDRESS(queue, struct cfs_rq, tg);
		__u64 queues = ADDRESS(group, struct task_group___trace, cfs_rq);

		queue = AS(struct cfs_rq, (void *)READ_U64((void *)(queues + 8 * wait->cpu)));
	}
	if (wait->queue != (__u64)queue)
		return 0;
	ns = throttled_time(queue);
	ns = ns > wait->throttled_ns ? ns - wait->throttled_ns : 0;
	return ns < waited_ns ? ns : waited_ns;
}

/* A walk from the newest slice of a CPU to older ones. */
struct walk {
	struct trace_pair pair;
	__u64 begin_ns, end_ns; /* what is left of the wait */
	__u64 left_ns;          /* how much of that to charge, the newest first */
	__u64 slice;            /* number of the slice */
	__u32 cpu;
};

static __always_inline void charge(struct walk *walk, __u64 group, __u64 from_ns)
{
	__u64 ns, *sum;

	if (from_ns < walk->begin_ns)
		from_ns = walk->begin_ns;
	if (from_ns >= walk->end_ns)
		return;
	ns = walk->end_ns - from_ns;
	if (ns > walk->left_ns)
		ns = walk->left_ns;
	walk->end_ns = from_ns;
	walk->left_ns -= ns;
	if (group == TRACE_UNKNOWN)
		return;
	walk->pair.running = group;
	sum = bpf_map_lookup_elem(&trace_pairs, &walk->pair);
	if (sum != NULL)
		__sync_fetch_and_add(sum, ns);
	else
		bpf_map_update_elem(&trace_pairs, &walk->pair, &ns, BPF_NOEXIST);
}

static long charge_slice(__u32 i, struct walk *walk)
{
	struct trace_cpu *cpu = bpf_map_lookup_elem(&trace_cpus, &walk->cpu);
	__u64 number = walk->slice - i;
	__u64 from_ns;

	if (cpu == NULL || number == 0 || i >= TRACE_SLICE_COUNT - 1)
		return 1;
	from_ns = cpu->slices[(number - 1) & (TRACE_SLICE_COUNT - 1)].until_ns;
	charge(walk, cpu->slices[number & (TRACE_SLICE_COUNT - 1)].group, from_ns);
	return walk->left_ns == 0 || from_ns <= walk->begin_ns;
}

/* Charges a wait to the groups that ran on the CPU where it began. */
static __always_inline void charge_takers(const struct wait *wait, __u64 waiting, __u64 now,
					  __u64 ns)
{
	struct walk walk = {
		.pair.waiting = waiting,
		.begin_ns = wait->since_ns,
		.end_ns = now,
		.left_ns = ns,
		.cpu = wait->cpu,
	};
	struct trace_cpu *cpu = bpf_map_lookup_elem(&trace_cpus, &walk.cpu);

	if (cpu == NULL || ns == 0)
		return;
	walk.slice = cpu->count;
	/* What still runs there, and that since the last other group, has no slice yet. */
	charge(&walk, cpu->since_ns != 0 ? cpu->group : TRACE_UNKNOWN, cpu->since_ns);
	if (walk.left_ns > 0 && walk.end_ns > walk.begin_ns)
		bpf_loop(TRACE_SLICE_COUNT, charge_slice, &walk, 0);
}

/* Ends the slice of the group that ran on this CPU, if another one follows. */
static __always_inline void switch_slices(struct task_struct *next, struct trace_control *control,
					  __u64 now)
{
	__u32 index = bpf_get_smp_processor_id();
	struct trace_cpu *cpu = bpf_map_lookup_elem(&trace_cpus, &index);
	struct trace_slice *slice;
	__u64 group = TRACE_IDLE;

	if (cpu == NULL)
		return;
	if (next->pid != 0)
		group = id_of(task_group(next, control)) |
			(next->prio < REALTIME_PRIORITIES ? TRACE_REALTIME : 0);
	if (cpu->since_ns != 0 && group == cpu->group)
		return;
	cpu->count++;
	slice = &cpu->slices[cpu->count & (TRACE_SLICE_COUNT - 1)];
	slice->group = cpu->since_ns != 0 ? cpu->group : TRACE_UNKNOWN;
	slice->until_ns = now;
	cpu->since_ns = now;
	cpu->group = group;
}

static __always_inline void end_wait(struct task_struct *task, struct trace_control *control,
				     __u64 now)
{
	struct wait *wait = bpf_task_storage_get(&waits, task, NULL, 0);
	struct cgroup *group;
	__u64 ns, part_ns = 0;

	/* Tasks that were runnable before the programs were attached have no start. */
	if (wait == NULL || wait->since_ns == 0)
		return;
	if (now > wait->since_ns) {
		ns = now - wait->since_ns;
		group = task_group(task, control);
		if (control->details != 0)
			part_ns = throttled_part(wait, task, ns);
		count_wait(group, control, ns, part_ns);
		if (control->details & TRACE_TAKERS)
			charge_takers(wait, id_of(group), now, ns - part_ns);
	}
	wait->since_ns = 0;
}

static __always_inline int woken(struct task_struct *task)
{
	struct wait *wait =
		bpf_task_storage_get(&waits, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (wait == NULL)
		count_lost();
	else if (wait->since_ns == 0)
		start_wait(wait, task, bpf_ktime_get_ns());
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
	struct trace_control *control = get_control();
	__u64 now = bpf_ktime_get_ns();
	struct wait *wait;

	if (control == NULL)
		return 0;
	if (!KNOWS_THROTTLING)
		control->no_part = 1;
	if (task->pid != 0) {
		bool runnable = preempted || task->__state == 0;

		wait = bpf_task_storage_get(&waits, task, NULL,
					    runnable ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
		if (wait != NULL && runnable)
			start_wait(wait, task, now);
		else if (wait != NULL)
			wait->since_ns = 0;
		else if (runnable)
			count_lost();
	}
	if (control->details & TRACE_TAKERS)
		switch_slices(next, control, now);
	if (next->pid != 0)
		end_wait(next, control, now);
	return 0;
}

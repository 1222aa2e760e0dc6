/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* controllers.h - collection of each controller's values, except memory. */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_CONTROLLERS_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_CONTROLLERS_H

#include "access.h"

/* cgroup.flags: an anonymous enum, unchanged since Linux 5.2. */
#define CGRP_FROZEN 3

struct record_core {
	__u64 field[BPF_CORE_SIZE];
};
struct record_core_states {
	__u64 field[BPF_CORE_STATES_SIZE];
};
struct record_cpu {
	__u64 field[BPF_CPU_SIZE];
};
struct record_cpuacct {
	__u64 field[BPF_CPUACCT_SIZE];
};
struct record_pids {
	__u64 field[BPF_PIDS_SIZE];
};
struct record_pids_limits {
	__u64 field[BPF_PIDS_LIMITS_SIZE];
};
struct record_freezer {
	__u64 field[BPF_FREEZER_SIZE];
};
struct record_io {
	__u64 field[BPF_IO_SIZE];
};
struct record_weight {
	__u64 field[BPF_WEIGHT_SIZE];
};
struct record_device {
	__u64 field[BPF_LIST_SIZE];
};
struct device_values {
	__u64 field[BPF_DEVICE_SIZE];
};

/* The collector sets the sizes: one entry per group, several for `devices`. */
ARRAY(core, struct record_core, 1);
ARRAY(core_states, struct record_core_states, 1);
ARRAY(cpu, struct record_cpu, 1);
ARRAY(cpuacct, struct record_cpuacct, 1);
ARRAY(percpu, __u64, 1);
ARRAY(pids, struct record_pids, 1);
ARRAY(pids_limits, struct record_pids_limits, 1);
ARRAY(freezer, struct record_freezer, 1);
ARRAY(io, struct record_io, 1);
ARRAY(weight, struct record_weight, 1);
ARRAY(device, struct record_device, 1);
ARRAY(devices, struct device_values, 1);

static __always_inline void collect_core(const struct visit *visit)
{
	struct record_core *to = bpf_map_lookup_elem(&core, &visit->slot);

	if (to == NULL)
		return;
	to->field[BPF_CORE_STATE] = BPF_RECORD_PRESENT;
	COLLECT(to, BPF_CORE_CPU_USAGE, visited_group(visit), struct cgroup,
		bstat.cputime.sum_exec_runtime);
}

/* Whether the group or a descendant has processes. */
static __always_inline __u64 is_populated(struct cgroup *group)
{
	__u64 children = NUMBER(group, struct cgroup, nr_populated_domain_children);
	__u64 threads = NUMBER(group, struct cgroup, nr_populated_threaded_children);
	__u64 tasks = bpf_core_field_exists(struct cgroup, nr_populated_csets)
			      ? NUMBER(group, struct cgroup, nr_populated_csets)
			      : NUMBER(group, struct cgroup, self.nr_populated_csets);

	if (children == BPF_NUMBER_UNKNOWN || threads == BPF_NUMBER_UNKNOWN ||
	    tasks == BPF_NUMBER_UNKNOWN)
		return BPF_NUMBER_UNKNOWN;
	return (children | threads | tasks) != 0;
}

static __always_inline void collect_core_states(const struct visit *visit)
{
	struct record_core_states *to = bpf_map_lookup_elem(&core_states, &visit->slot);
	struct cgroup *group = visited_group(visit);

	if (to == NULL)
		return;
	to->field[BPF_CORE_STATES_STATE] = BPF_RECORD_PRESENT;
	to->field[BPF_CORE_STATES_POPULATED] = is_populated(group);
	to->field[BPF_CORE_STATES_FROZEN] = READ(group, flags) >> CGRP_FROZEN & 1;
	COLLECT(to, BPF_CORE_STATES_FREEZE, group, struct cgroup, freezer.freeze);
	COLLECT(to, BPF_CORE_STATES_DESCENDANTS, group, struct cgroup, nr_descendants);
	COLLECT(to, BPF_CORE_STATES_DYING, group, struct cgroup, nr_dying_descendants);
	COLLECT(to, BPF_CORE_STATES_MAX_DEPTH, group, struct cgroup, max_depth);
	COLLECT(to, BPF_CORE_STATES_MAX_DESCENDANTS, group, struct cgroup, max_descendants);
}

static __always_inline void collect_cpu(const struct visit *visit)
{
	struct record_cpu *to = bpf_map_lookup_elem(&cpu, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, cpu_cgrp_id);
	struct task_group *from = AS(struct task_group, css);

	if (!begin_record(to, css, visit))
		return;
	COLLECT(to, BPF_CPU_SHARES, from, struct task_group, shares);
	COLLECT(to, BPF_CPU_IDLE, from, struct task_group, idle);
	COLLECT(to, BPF_CPU_RT_RUNTIME, from, struct task_group, rt_bandwidth.rt_runtime);
	COLLECT(to, BPF_CPU_RT_PERIOD, from, struct task_group, rt_bandwidth.rt_period);
	COLLECT(to, BPF_CPU_PERIODS, from, struct task_group, cfs_bandwidth.nr_periods);
	COLLECT(to, BPF_CPU_THROTTLES, from, struct task_group, cfs_bandwidth.nr_throttled);
	COLLECT(to, BPF_CPU_THROTTLED_NS, from, struct task_group, cfs_bandwidth.throttled_time);
	COLLECT(to, BPF_CPU_BURSTS, from, struct task_group, cfs_bandwidth.nr_burst);
	COLLECT(to, BPF_CPU_BURST_NS, from, struct task_group, cfs_bandwidth.burst_time);
	COLLECT(to, BPF_CPU_QUOTA, from, struct task_group, cfs_bandwidth.quota);
	COLLECT(to, BPF_CPU_PERIOD, from, struct task_group, cfs_bandwidth.period);
	COLLECT(to, BPF_CPU_MAX_BURST, from, struct task_group, cfs_bandwidth.burst);
}

#define CPU_STAT(from, name)                                   \
	READ_U64(ELEMENT(from, struct kernel_cpustat, cpustat, \
			 bpf_core_enum_value(enum cpu_usage_stat, name)))

static __always_inline void store_cpu_usage(__u32 index, __u64 usage)
{
	__u64 *to = bpf_map_lookup_elem(&percpu, &index);

	if (to != NULL)
		*to = usage;
}

/* The sums over a group's CPUs, and the base addresses of its per-CPU memory. */
struct cpu_sums {
	const struct bpf_control *control;
	__u64 usages, stats;
	__u64 usage, user, system;
	__u32 slot;
};

static long add_cpu(__u32 i, struct cpu_sums *sums)
{
	const struct bpf_control *control = sums->control;
	__u64 stat, one;

	if (i >= BPF_CPU_MAX)
		return 1;
	one = READ_U64((void *)(sums->usages + control->cpu_offset[i]));
	if (control->options & BPF_OPTION_PERCPU)
		store_cpu_usage(sums->slot * control->cpu_count + i, one);
	sums->usage += one;
	if (!(control->options & BPF_OPTION_USER_SYSTEM))
		return 0;
	stat = sums->stats + control->cpu_offset[i];
	sums->user += CPU_STAT(stat, CPUTIME_USER) + CPU_STAT(stat, CPUTIME_NICE);
	sums->system += CPU_STAT(stat, CPUTIME_SYSTEM) + CPU_STAT(stat, CPUTIME_IRQ) +
			CPU_STAT(stat, CPUTIME_SOFTIRQ);
	return 0;
}

static __always_inline void collect_cpuacct(const struct visit *visit)
{
	struct record_cpuacct *to = bpf_map_lookup_elem(&cpuacct, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, cpuacct_cgrp_id);
	struct cpuacct *from = AS(struct cpuacct, css);
	struct cpu_sums sums = {.control = visit->control, .slot = visit->slot};

	if (!begin_record(to, css, visit))
		return;
	sums.usages = ADDRESS(from, struct cpuacct, cpuusage);
	sums.stats = ADDRESS(from, struct cpuacct, cpustat);
	bpf_loop(visit->control->cpu_count, add_cpu, &sums, 0);
	to->field[BPF_CPUACCT_USAGE] = sums.usage;
	to->field[BPF_CPUACCT_USER] = sums.user;
	/* Counted in ticks: not the difference of usage and user. */
	to->field[BPF_CPUACCT_SYSTEM] = sums.system;
}

static __always_inline void collect_pids(const struct visit *visit)
{
	struct record_pids *to = bpf_map_lookup_elem(&pids, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, pids_cgrp_id);
	struct pids_cgroup *from = AS(struct pids_cgroup, css);

	if (!begin_record(to, css, visit))
		return;
	COLLECT(to, BPF_PIDS_CURRENT, from, struct pids_cgroup, counter.counter);
}

/* On v1 and with pids_localevents, pids.events counts the forks that failed in the group itself. */
static __always_inline bool counts_forks_locally(const struct visit *visit)
{
	struct cgroup_root *root = READ(visited_group(visit), root);

	return visit->control->version == 1 || READ(root, flags) & CGRP_ROOT_PIDS_LOCAL_EVENTS;
}

static __always_inline void collect_pids_limits(const struct visit *visit)
{
	struct record_pids_limits *to = bpf_map_lookup_elem(&pids_limits, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, pids_cgrp_id);
	struct pids_cgroup *from = AS(struct pids_cgroup, css);

	if (!begin_record(to, css, visit))
		return;
	COLLECT(to, BPF_PIDS_LIMITS_MAX, from, struct pids_cgroup, limit.counter);
	COLLECT(to, BPF_PIDS_LIMITS_PEAK, from, struct pids_cgroup, watermark);
	if (!bpf_core_field_exists(struct pids_cgroup, events_local))
		COLLECT(to, BPF_PIDS_LIMITS_EVENTS_MAX, AS(struct pids_cgroup___limit, from),
			struct pids_cgroup___limit, events_limit.counter);
	else if (counts_forks_locally(visit))
		to->field[BPF_PIDS_LIMITS_EVENTS_MAX] =
			READ_U64(ELEMENT(from, struct pids_cgroup, events_local,
					 bpf_core_enum_value(enum pidcg_event, PIDCG_FORKFAIL)));
	else
		to->field[BPF_PIDS_LIMITS_EVENTS_MAX] =
			READ_U64(ELEMENT(from, struct pids_cgroup, events,
					 bpf_core_enum_value(enum pidcg_event, PIDCG_MAX)));
}

static __always_inline void collect_freezer(const struct visit *visit)
{
	struct record_freezer *to = bpf_map_lookup_elem(&freezer, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, freezer_cgrp_id);
	struct freezer *from = AS(struct freezer, css);
	unsigned int state;

	if (!begin_record(to, css, visit))
		return;
	state = READ(from, state);
	to->field[BPF_FREEZER_FLAGS] =
		(state & bpf_core_enum_value(enum freezer_state_flags, CGROUP_FREEZING_SELF)
			 ? BPF_FREEZER_SELF
			 : 0) |
		(state & bpf_core_enum_value(enum freezer_state_flags, CGROUP_FREEZING_PARENT)
			 ? BPF_FREEZER_PARENT
			 : 0);
}

/*
 * A policy's data starts with a common header; bfq's weight follows it. The collector finds out
 * which policy is bfq by comparing with the file.
 */
static __always_inline void collect_weight(const struct visit *visit)
{
	struct record_weight *to = bpf_map_lookup_elem(&weight, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, io_cgrp_id);

	if (!begin_record(to, css, visit))
		return;
	for (__u32 i = 0; i < BPF_POLICY_MAX; i++) {
		__u64 data = READ_U64(ELEMENT(AS(struct blkcg, css), struct blkcg, cpd, i));

		to->field[BPF_WEIGHT_FIRST + i] =
			data == 0 ? 0
				  : READ_U64((void *)data +
					     bpf_core_type_size(struct blkcg_policy_data)) &
					    0xffffffff;
	}
}

static __always_inline void collect_io(const struct visit *visit)
{
	struct record_io *to = bpf_map_lookup_elem(&io, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, io_cgrp_id);

	if (begin_record(to, css, visit))
		to->field[BPF_IO_DEVICES] = READ(AS(struct blkcg, css), blkg_list.first) != NULL;
}

/* The running kernel has the counters that these programs expect. */
#define KNOWS_DEVICES                                      \
	(bpf_core_field_exists(struct blkcg_gq, iostat) && \
	 bpf_core_field_exists(struct blkcg_gq, q) &&      \
	 bpf_core_field_exists(struct request_queue, disk))

/* Position in a group's list of devices: the one at `node` is next. */
struct device_context {
	struct bpf_control *control;
	struct record_device *to;
	__u64 node; /* address of the struct hlist_node within its struct blkcg_gq */
};

static __always_inline void collect_device_values(struct blkcg_gq *from, struct gendisk *disk,
						  struct device_values *to)
{
	to->field[BPF_DEVICE_NUMBER] =
		(__u64)READ(disk, major) << 32 | (__u32)READ(disk, first_minor);
	to->field[BPF_DEVICE_RBYTES] = READ(from, iostat.cur.bytes[0]);
	to->field[BPF_DEVICE_WBYTES] = READ(from, iostat.cur.bytes[1]);
	to->field[BPF_DEVICE_DBYTES] = READ(from, iostat.cur.bytes[2]);
	to->field[BPF_DEVICE_RIOS] = READ(from, iostat.cur.ios[0]);
	to->field[BPF_DEVICE_WIOS] = READ(from, iostat.cur.ios[1]);
	to->field[BPF_DEVICE_DIOS] = READ(from, iostat.cur.ios[2]);
}

static long collect_one_device(__u32 i, struct device_context *context)
{
	__u64 address = context->node - bpf_core_field_offset(struct blkcg_gq, blkcg_node);
	__u32 index = context->control->device_first + context->control->device_count;
	struct blkcg_gq *from = AS(struct blkcg_gq, (void *)address);
	struct request_queue *queue;
	struct device_values *to;
	struct gendisk *disk;

	(void)i;
	if (context->node == 0)
		return 1;
	context->node = ADDRESS(from, struct blkcg_gq, blkcg_node.next);
	queue = READ(from, q);
	disk = READ(queue, disk);
	/* The file omits these devices, too. */
	if (!READ(from, online) || disk == NULL)
		return 0;
	to = index < context->control->device_end ? bpf_map_lookup_elem(&devices, &index) : NULL;
	if (to == NULL) {
		context->to->field[BPF_LIST_INCOMPLETE] = 1;
		return 1;
	}
	collect_device_values(from, disk, to);
	context->to->field[BPF_LIST_BYTES] +=
		to->field[BPF_DEVICE_RBYTES] + to->field[BPF_DEVICE_WBYTES];
	context->to->field[BPF_LIST_COUNT]++;
	context->control->device_count++;
	return 0;
}

static __always_inline void collect_device(const struct visit *visit)
{
	struct record_device *to = bpf_map_lookup_elem(&device, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, io_cgrp_id);
	struct bpf_control *control = visit->control;
	struct device_context context;

	if (!begin_record(to, css, visit))
		return;
	to->field[BPF_LIST_FIRST] = control->device_first + control->device_count;
	to->field[BPF_LIST_COUNT] = 0;
	to->field[BPF_LIST_INCOMPLETE] = !KNOWS_DEVICES;
	to->field[BPF_LIST_BYTES] = 0;
	if (!KNOWS_DEVICES)
		return;
	context = (struct device_context){
		control, to, ADDRESS(AS(struct blkcg, css), struct blkcg, blkg_list.first)};
	if (context.node != 0)
		bpf_loop(BPF_DEVICE_MAX, collect_one_device, &context, 0);
	if (context.node != 0)
		to->field[BPF_LIST_INCOMPLETE] = 1;
}

#endif

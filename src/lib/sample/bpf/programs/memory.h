/* SPDX-License-Identifier: GPL-2.0-only */
/* memory.h - the part of the programs that knows the memory controller. */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_MEMORY_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_MEMORY_H

#include "access.h"

struct record_memory {
	__u64 field[BPF_MEMORY_SIZE];
};
struct record_limits {
	__u64 field[BPF_LIMITS_SIZE];
};
struct record_stat {
	__u64 field[BPF_STAT_SIZE];
};

ARRAY(learned, struct bpf_learned, BPF_LEARN_MAX);
ARRAY(memory, struct record_memory, 1);
ARRAY(limits, struct record_limits, 1);
ARRAY(stat, struct record_stat, 1);

#define TAKE_EVENT(to, place, from, name)                                             \
	(to)->field[place] = READ_U64(ELEMENT(from, struct mem_cgroup, memory_events, \
					      bpf_core_enum_value(enum memcg_memory_event, name)))

static __always_inline void take_limits_v1(struct mem_cgroup *from, struct record_limits *to)
{
	__u64 disabled;

	TAKE(to, BPF_LIMITS_SWAP_USAGE, from, struct mem_cgroup, memsw.usage.counter);
	TAKE(to, BPF_LIMITS_SWAP_MAX, from, struct mem_cgroup, memsw.max);
	TAKE(to, BPF_LIMITS_SWAP_FAILCNT, from, struct mem_cgroup, memsw.failcnt);
	TAKE(to, BPF_LIMITS_KMEM_USAGE, from, struct mem_cgroup, kmem.usage.counter);
	TAKE(to, BPF_LIMITS_KMEM_PEAK, from, struct mem_cgroup, kmem.watermark);
	TAKE(to, BPF_LIMITS_KMEM_MAX, from, struct mem_cgroup, kmem.max);
	TAKE(to, BPF_LIMITS_KMEM_FAILCNT, from, struct mem_cgroup, kmem.failcnt);
	TAKE(to, BPF_LIMITS_TCP_USAGE, from, struct mem_cgroup, tcpmem.usage.counter);
	TAKE(to, BPF_LIMITS_FAILCNT, from, struct mem_cgroup, memory.failcnt);
	TAKE(to, BPF_LIMITS_SOFT_LIMIT, from, struct mem_cgroup, soft_limit);
	TAKE(to, BPF_LIMITS_SWAPPINESS, from, struct mem_cgroup, swappiness);
	TAKE(to, BPF_LIMITS_UNDER_OOM, from, struct mem_cgroup, under_oom);
	if (!bpf_core_field_exists(struct mem_cgroup, oom_kill_disable))
		return;
	/* An int here, a bool there. */
	disabled = ADDRESS(from, struct mem_cgroup, oom_kill_disable);
	to->field[BPF_LIMITS_OOM_KILL_DISABLE] =
		bpf_core_field_size(struct mem_cgroup, oom_kill_disable) == sizeof(int)
			? disabled & 0xffffffff
			: disabled & 0xff;
}

static __always_inline void take_limits_v2(struct mem_cgroup *from, struct record_limits *to)
{
	TAKE(to, BPF_LIMITS_HIGH, from, struct mem_cgroup, memory.high);
	TAKE(to, BPF_LIMITS_LOW, from, struct mem_cgroup, memory.low);
	TAKE(to, BPF_LIMITS_MIN, from, struct mem_cgroup, memory.min);
	TAKE(to, BPF_LIMITS_SWAP_USAGE, from, struct mem_cgroup, swap.usage.counter);
	TAKE(to, BPF_LIMITS_SWAP_PEAK, from, struct mem_cgroup, swap.watermark);
	TAKE(to, BPF_LIMITS_SWAP_MAX, from, struct mem_cgroup, swap.max);
	TAKE(to, BPF_LIMITS_SWAP_HIGH, from, struct mem_cgroup, swap.high);
	TAKE(to, BPF_LIMITS_OOM_GROUP, from, struct mem_cgroup, oom_group);
	TAKE_EVENT(to, BPF_LIMITS_EVENTS_LOW, from, MEMCG_LOW);
	TAKE_EVENT(to, BPF_LIMITS_EVENTS_HIGH, from, MEMCG_HIGH);
	TAKE_EVENT(to, BPF_LIMITS_EVENTS_MAX, from, MEMCG_MAX);
	TAKE_EVENT(to, BPF_LIMITS_EVENTS_OOM, from, MEMCG_OOM);
	TAKE_EVENT(to, BPF_LIMITS_EVENTS_OOM_GROUP_KILL, from, MEMCG_OOM_GROUP_KILL);
}

/* What is taken of memory.stat: where from, and where to. */
struct stat_taking {
	const struct bpf_control *asked;
	struct record_stat *to;
	__u64 stats; /* address of the group's struct memcg_vmstats */
	__u64 id;    /* of the group */
};

static long learn_if_wanted(__u32 i, struct stat_taking *taking)
{
	struct bpf_learned *to;
	__u32 place = i; /* a counter whose address is taken is lost to the verifier */

	if (i >= BPF_LEARN_MAX)
		return 1;
	if (taking->asked->learn_id[i] != taking->id)
		return 0;
	to = bpf_map_lookup_elem(&learned, &place);
	if (to == NULL)
		return 1;
	to->id = taking->id;
	/* Never an offset of something that may be missing: compilers move it out of its if. */
	to->state_count = bpf_core_field_size(struct memcg_vmstats, state) / 8;
	to->event_count = bpf_core_field_size(struct memcg_vmstats, events) / 8;
	bpf_probe_read_kernel(to->state, sizeof(to->state),
			      ELEMENT(taking->stats, struct memcg_vmstats, state, 0));
	bpf_probe_read_kernel(to->events, sizeof(to->events),
			      ELEMENT(taking->stats, struct memcg_vmstats, events, 0));
	return 0;
}

static __always_inline void take_memory(const struct visit *visit)
{
	struct record_memory *to = bpf_map_lookup_elem(&memory, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, memory_cgrp_id);

	if (begins(to, css, visit))
		to->field[BPF_MEMORY_USAGE] =
			READ(AS(struct mem_cgroup, css), memory.usage.counter);
}

static __always_inline void take_limits(const struct visit *visit)
{
	struct record_limits *to = bpf_map_lookup_elem(&limits, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, memory_cgrp_id);
	struct mem_cgroup *from = AS(struct mem_cgroup, css);

	if (!begins(to, css, visit))
		return;
	TAKE(to, BPF_LIMITS_PEAK, from, struct mem_cgroup, memory.watermark);
	TAKE(to, BPF_LIMITS_MAX, from, struct mem_cgroup, memory.max);
	TAKE_EVENT(to, BPF_LIMITS_EVENTS_OOM_KILL, from, MEMCG_OOM_KILL);
	if (visit->control->version == 1)
		take_limits_v1(from, to);
	else
		take_limits_v2(from, to);
}

static long take_one_stat(__u32 i, struct stat_taking *taking)
{
	__u32 index;

	if (i >= BPF_STAT_MAX)
		return 1;
	index = taking->asked->stat_index[i];
	taking->to->field[BPF_STAT_FIRST + i] =
		index & BPF_STAT_EVENT
			? READ_U64(ELEMENT(taking->stats, struct memcg_vmstats, events,
					   index & ~BPF_STAT_EVENT))
			: READ_U64(ELEMENT(taking->stats, struct memcg_vmstats, state, index));
	return 0;
}

static __always_inline void take_stat(const struct visit *visit)
{
	struct record_stat *to = bpf_map_lookup_elem(&stat, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, memory_cgrp_id);
	const struct bpf_control *asked = visit->control;
	struct stat_taking taking;
	__u64 stats;

	if (!begins(to, css, visit) || (asked->stat_count == 0 && asked->learn_count == 0))
		return;
	stats = ADDRESS(AS(struct mem_cgroup, css), struct mem_cgroup, vmstats);
	taking = (struct stat_taking){asked, to, stats, 0};
	bpf_loop(asked->stat_count, take_one_stat, &taking, 0);
	if (asked->learn_count == 0)
		return;
	taking.id = id_of(group_at(visit));
	bpf_loop(asked->learn_count, learn_if_wanted, &taking, 0);
}

#endif

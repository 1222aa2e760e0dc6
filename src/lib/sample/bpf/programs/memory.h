/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* memory.h - collection of the memory controller's values. */
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

#define COLLECT_EVENT(to, index, from, name)                                          \
	(to)->field[index] = READ_U64(ELEMENT(from, struct mem_cgroup, memory_events, \
					      bpf_core_enum_value(enum memcg_memory_event, name)))

static __always_inline void collect_limits_v1(struct mem_cgroup *from, struct record_limits *to)
{
	__u64 disabled;

	COLLECT(to, BPF_LIMITS_SWAP_USAGE, from, struct mem_cgroup, memsw.usage.counter);
	COLLECT(to, BPF_LIMITS_SWAP_MAX, from, struct mem_cgroup, memsw.max);
	COLLECT(to, BPF_LIMITS_SWAP_FAILCNT, from, struct mem_cgroup, memsw.failcnt);
	COLLECT(to, BPF_LIMITS_KMEM_USAGE, from, struct mem_cgroup, kmem.usage.counter);
	COLLECT(to, BPF_LIMITS_KMEM_PEAK, from, struct mem_cgroup, kmem.watermark);
	COLLECT(to, BPF_LIMITS_KMEM_MAX, from, struct mem_cgroup, kmem.max);
	COLLECT(to, BPF_LIMITS_KMEM_FAILCNT, from, struct mem_cgroup, kmem.failcnt);
	COLLECT(to, BPF_LIMITS_TCP_USAGE, from, struct mem_cgroup, tcpmem.usage.counter);
	COLLECT(to, BPF_LIMITS_FAILCNT, from, struct mem_cgroup, memory.failcnt);
	COLLECT(to, BPF_LIMITS_SOFT_LIMIT, from, struct mem_cgroup, soft_limit);
	COLLECT(to, BPF_LIMITS_SWAPPINESS, from, struct mem_cgroup, swappiness);
	COLLECT(to, BPF_LIMITS_UNDER_OOM, from, struct mem_cgroup, under_oom);
	to->field[BPF_LIMITS_OOM_KILL_DISABLE] = BPF_NUMBER_UNKNOWN;
	if (!bpf_core_field_exists(struct mem_cgroup, oom_kill_disable))
		return;
	/* An int in some kernels, a bool in others. */
	disabled = ADDRESS(from, struct mem_cgroup, oom_kill_disable);
	to->field[BPF_LIMITS_OOM_KILL_DISABLE] =
		bpf_core_field_size(struct mem_cgroup, oom_kill_disable) == sizeof(int)
			? disabled & 0xffffffff
			: disabled & 0xff;
}

static __always_inline void collect_limits_v2(struct mem_cgroup *from, struct record_limits *to)
{
	COLLECT(to, BPF_LIMITS_HIGH, from, struct mem_cgroup, memory.high);
	COLLECT(to, BPF_LIMITS_LOW, from, struct mem_cgroup, memory.low);
	COLLECT(to, BPF_LIMITS_MIN, from, struct mem_cgroup, memory.min);
	COLLECT(to, BPF_LIMITS_SWAP_USAGE, from, struct mem_cgroup, swap.usage.counter);
	COLLECT(to, BPF_LIMITS_SWAP_PEAK, from, struct mem_cgroup, swap.watermark);
	COLLECT(to, BPF_LIMITS_SWAP_MAX, from, struct mem_cgroup, swap.max);
	COLLECT(to, BPF_LIMITS_SWAP_HIGH, from, struct mem_cgroup, swap.high);
	COLLECT(to, BPF_LIMITS_OOM_GROUP, from, struct mem_cgroup, oom_group);
	COLLECT_EVENT(to, BPF_LIMITS_EVENTS_LOW, from, MEMCG_LOW);
	COLLECT_EVENT(to, BPF_LIMITS_EVENTS_HIGH, from, MEMCG_HIGH);
	COLLECT_EVENT(to, BPF_LIMITS_EVENTS_MAX, from, MEMCG_MAX);
	COLLECT_EVENT(to, BPF_LIMITS_EVENTS_OOM, from, MEMCG_OOM);
	COLLECT_EVENT(to, BPF_LIMITS_EVENTS_OOM_GROUP_KILL, from, MEMCG_OOM_GROUP_KILL);
}

/* Source and target of the values of memory.stat. */
struct stat_context {
	const struct bpf_control *control;
	struct record_stat *to;
	__u64 stats; /* address of the group's struct memcg_vmstats */
	__u64 id;    /* of the group */
	__u32 first; /* of the values in `to` */
};

static long learn_if_requested(__u32 i, struct stat_context *context)
{
	struct bpf_learned *to;
	__u32 index = i; /* the verifier loses the bounds of a variable whose address is passed */

	if (i >= BPF_LEARN_MAX)
		return 1;
	if (context->control->learn_id[i] != context->id)
		return 0;
	to = bpf_map_lookup_elem(&learned, &index);
	if (to == NULL)
		return 1;
	to->id = context->id;
	/* No offsets of members that may not exist: compilers move them out of the condition. */
	to->state_count = bpf_core_field_size(struct memcg_vmstats, state) / 8;
	to->event_count = bpf_core_field_size(struct memcg_vmstats, events) / 8;
	bpf_probe_read_kernel(to->state, sizeof(to->state),
			      ELEMENT(context->stats, struct memcg_vmstats, state, 0));
	bpf_probe_read_kernel(to->events, sizeof(to->events),
			      ELEMENT(context->stats, struct memcg_vmstats, events, 0));
	return 0;
}

static __always_inline void collect_memory(const struct visit *visit)
{
	struct record_memory *to = bpf_map_lookup_elem(&memory, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, memory_cgrp_id);

	if (begin_record(to, css, visit))
		COLLECT(to, BPF_MEMORY_USAGE, AS(struct mem_cgroup, css), struct mem_cgroup,
			memory.usage.counter);
}

static __always_inline void collect_limits(const struct visit *visit)
{
	struct record_limits *to = bpf_map_lookup_elem(&limits, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, memory_cgrp_id);
	struct mem_cgroup *from = AS(struct mem_cgroup, css);

	if (!begin_record(to, css, visit))
		return;
	COLLECT(to, BPF_LIMITS_PEAK, from, struct mem_cgroup, memory.watermark);
	COLLECT(to, BPF_LIMITS_MAX, from, struct mem_cgroup, memory.max);
	COLLECT_EVENT(to, BPF_LIMITS_EVENTS_OOM_KILL, from, MEMCG_OOM_KILL);
	if (visit->control->version == 1)
		collect_limits_v1(from, to);
	else
		collect_limits_v2(from, to);
}

static long collect_one_stat(__u32 i, struct stat_context *context)
{
	__u32 value = context->first + i, index;

	if (i >= BPF_STAT_BLOCK || value >= BPF_STAT_MAX)
		return 1;
	index = context->control->stat_index[value];
	context->to->field[BPF_STAT_FIRST + i] =
		index & BPF_STAT_EVENT
			? READ_U64(ELEMENT(context->stats, struct memcg_vmstats, events,
					   index & ~BPF_STAT_EVENT))
			: READ_U64(ELEMENT(context->stats, struct memcg_vmstats, state, index));
	return 0;
}

/* Collects the values from `first` on into the group's record of that block. */
static __always_inline void collect_stat_block(const struct visit *visit,
					       struct cgroup_subsys_state *css,
					       struct stat_context *context, __u32 block)
{
	__u32 count = context->control->stat_count - context->first;
	__u32 record = visit->slot + block * context->control->stat_stride;

	context->to = bpf_map_lookup_elem(&stat, &record);
	if (begin_record(context->to, css, visit))
		bpf_loop(count < BPF_STAT_BLOCK ? count : BPF_STAT_BLOCK, collect_one_stat, context,
			 0);
}

static __always_inline void collect_stat(const struct visit *visit)
{
	struct cgroup_subsys_state *css = CSS(visit, memory_cgrp_id);
	const struct bpf_control *control = visit->control;
	struct stat_context context = {.control = control};

	if (css != NULL)
		context.stats = ADDRESS(AS(struct mem_cgroup, css), struct mem_cgroup, vmstats);
	collect_stat_block(visit, css, &context, 0);
#pragma unroll
	for (__u32 block = 1; block < BPF_STAT_BLOCK_MAX; block++) {
		context.first = block * BPF_STAT_BLOCK;
		if (control->stat_count > context.first)
			collect_stat_block(visit, css, &context, block);
	}
	if (control->learn_count == 0 || !is_visible(css, control))
		return;
	context.id = id_of(visited_group(visit));
	bpf_loop(control->learn_count, learn_if_requested, &context, 0);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * collect.bpf.c - the figures of all groups of a hierarchy in one walk inside the kernel.
 *
 * Loops that may be long are bpf_loop()'s: the verifier follows one that is written out as often as it can
 * run, which was nine tenths of the time that loading took.
 *
 * Built twice: with COLLECT_DIRECT memory is read by plain loads that the kernel makes safe
 * (bpf_rdonly_cast, from 6.2 on), without it through a helper. Each has two programs, for the two
 * names of the function that brings statistics up to date; the collector loads one.
 */
#include "memory.h"

/* cgroup.flags: an enum without a name, the same since 5.2. */
#define CGRP_FROZEN 3

extern void css_rstat_flush(struct cgroup_subsys_state *css) __ksym __weak;
extern void cgroup_rstat_flush(struct cgroup *group) __ksym __weak;

struct record_core {
	__u64 field[BPF_CORE_SIZE];
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
struct record_freezer {
	__u64 field[BPF_FREEZER_SIZE];
};
struct record_io {
	__u64 field[BPF_IO_SIZE];
};
struct record_weight {
	__u64 field[BPF_WEIGHT_SIZE];
};
struct group_names {
	char bytes[BPF_NAMES_SIZE];
};

/* The collector sets the sizes of those that hold one entry a group. */
ARRAY(control, struct bpf_control, 1);
ARRAY(groups, struct bpf_group_record, 1);
ARRAY(names, struct group_names, 1);
ARRAY(core, struct record_core, 1);
ARRAY(cpu, struct record_cpu, 1);
ARRAY(cpuacct, struct record_cpuacct, 1);
ARRAY(percpu, __u64, 1);
ARRAY(pids, struct record_pids, 1);
ARRAY(freezer, struct record_freezer, 1);
ARRAY(io, struct record_io, 1);
ARRAY(weight, struct record_weight, 1);

char _license[] SEC("license") = "GPL";

static __always_inline void take_core(struct cgroup *group, __u32 slot)
{
	struct record_core *to = bpf_map_lookup_elem(&core, &slot);

	if (to == NULL)
		return;
	to->field[BPF_CORE_STATE] = BPF_RECORD_PRESENT;
	to->field[BPF_CORE_CPU_USAGE] = group->bstat.cputime.sum_exec_runtime;
	to->field[BPF_CORE_POPULATED] = group->nr_populated_csets +
						group->nr_populated_domain_children +
						group->nr_populated_threaded_children >
					0;
	to->field[BPF_CORE_FROZEN] = group->flags >> CGRP_FROZEN & 1;
	to->field[BPF_CORE_FREEZE] = group->freezer.freeze;
	to->field[BPF_CORE_DESCENDANTS] = group->nr_descendants;
	to->field[BPF_CORE_DYING] = group->nr_dying_descendants;
	to->field[BPF_CORE_MAX_DEPTH] = group->max_depth;
	to->field[BPF_CORE_MAX_DESCENDANTS] = group->max_descendants;
}

static __always_inline void take_cpu(struct cgroup *group, __u32 slot,
				     const struct bpf_control *asked)
{
	struct record_cpu *to = bpf_map_lookup_elem(&cpu, &slot);
	struct cgroup_subsys_state *css = CSS(group, cpu_cgrp_id);
	struct task_group *from = AS(struct task_group, css);

	if (to == NULL)
		return;
	to->field[BPF_CPU_STATE] = is_shown(css, asked);
	if (to->field[BPF_CPU_STATE] == BPF_RECORD_ABSENT)
		return;
	to->field[BPF_CPU_SHARES] = READ(from, shares);
	if (bpf_core_field_exists(struct task_group, idle))
		to->field[BPF_CPU_IDLE] = READ(from, idle);
	if (bpf_core_field_exists(struct task_group, rt_bandwidth)) {
		to->field[BPF_CPU_RT_RUNTIME] = READ(from, rt_bandwidth.rt_runtime);
		to->field[BPF_CPU_RT_PERIOD] = READ(from, rt_bandwidth.rt_period);
	}
	if (!bpf_core_field_exists(struct task_group, cfs_bandwidth))
		return;
	to->field[BPF_CPU_PERIODS] = READ(from, cfs_bandwidth.nr_periods);
	to->field[BPF_CPU_THROTTLES] = READ(from, cfs_bandwidth.nr_throttled);
	to->field[BPF_CPU_THROTTLED_NS] = READ(from, cfs_bandwidth.throttled_time);
	to->field[BPF_CPU_BURSTS] = READ(from, cfs_bandwidth.nr_burst);
	to->field[BPF_CPU_BURST_NS] = READ(from, cfs_bandwidth.burst_time);
	to->field[BPF_CPU_QUOTA] = READ(from, cfs_bandwidth.quota);
	to->field[BPF_CPU_PERIOD] = READ(from, cfs_bandwidth.period);
	to->field[BPF_CPU_MAX_BURST] = READ(from, cfs_bandwidth.burst);
}

#define CPU_STAT(from, name)                                   \
	READ_U64(ELEMENT(from, struct kernel_cpustat, cpustat, \
			 bpf_core_enum_value(enum cpu_usage_stat, name)))

static __always_inline void take_cpu_usage(__u32 place, __u64 usage)
{
	__u64 *to = bpf_map_lookup_elem(&percpu, &place);

	if (to != NULL)
		*to = usage;
}

/* The sums over a group's CPUs, and where its parts of per-CPU memory start. */
struct cpu_sums {
	const struct bpf_control *asked;
	__u64 usages, stats;
	__u64 usage, user, system;
	__u32 slot;
};

static long add_cpu(__u32 i, struct cpu_sums *sums)
{
	const struct bpf_control *asked = sums->asked;
	__u64 stat, one;

	if (i >= BPF_CPU_MAX)
		return 1;
	one = READ_U64((void *)(sums->usages + asked->cpu_offset[i]));
	if (asked->fine & BPF_FINE_PERCPU)
		take_cpu_usage(sums->slot * asked->cpu_count + i, one);
	sums->usage += one;
	if (!(asked->fine & BPF_FINE_SPLIT))
		return 0;
	stat = sums->stats + asked->cpu_offset[i];
	sums->user += CPU_STAT(stat, CPUTIME_USER) + CPU_STAT(stat, CPUTIME_NICE);
	sums->system += CPU_STAT(stat, CPUTIME_SYSTEM) + CPU_STAT(stat, CPUTIME_IRQ) +
			CPU_STAT(stat, CPUTIME_SOFTIRQ);
	return 0;
}

static __always_inline void take_cpuacct(struct cgroup *group, __u32 slot,
					 const struct bpf_control *asked)
{
	struct record_cpuacct *to = bpf_map_lookup_elem(&cpuacct, &slot);
	struct cgroup_subsys_state *css = CSS(group, cpuacct_cgrp_id);
	struct cpuacct *from = AS(struct cpuacct, css);
	struct cpu_sums sums = {.asked = asked, .slot = slot};

	if (to == NULL)
		return;
	to->field[BPF_CPUACCT_STATE] = is_shown(css, asked);
	if (to->field[BPF_CPUACCT_STATE] == BPF_RECORD_ABSENT)
		return;
	sums.usages = ADDRESS(from, struct cpuacct, cpuusage);
	sums.stats = ADDRESS(from, struct cpuacct, cpustat);
	bpf_loop(asked->cpu_count, add_cpu, &sums, 0);
	to->field[BPF_CPUACCT_USAGE] = sums.usage;
	to->field[BPF_CPUACCT_USER] = sums.user;
	/* Counted by ticks: not what user leaves of usage. */
	to->field[BPF_CPUACCT_SYSTEM] = sums.system;
}

static __always_inline void take_pids(struct cgroup *group, __u32 slot,
				      const struct bpf_control *asked)
{
	struct record_pids *to = bpf_map_lookup_elem(&pids, &slot);
	struct cgroup_subsys_state *css = CSS(group, pids_cgrp_id);
	struct pids_cgroup *from = AS(struct pids_cgroup, css);

	if (to == NULL)
		return;
	to->field[BPF_PIDS_STATE] = is_shown(css, asked);
	if (to->field[BPF_PIDS_STATE] == BPF_RECORD_ABSENT)
		return;
	to->field[BPF_PIDS_CURRENT] = READ(from, counter.counter);
	to->field[BPF_PIDS_MAX] = READ(from, limit.counter);
	TAKE(to, BPF_PIDS_PEAK, from, struct pids_cgroup, watermark);
	if (bpf_core_field_exists(struct pids_cgroup, events))
		to->field[BPF_PIDS_EVENTS_MAX] =
			READ_U64(ELEMENT(from, struct pids_cgroup, events, 0));
	else if (bpf_core_field_exists(struct pids_cgroup___limit, events_limit))
		to->field[BPF_PIDS_EVENTS_MAX] =
			READ(AS(struct pids_cgroup___limit, from), events_limit.counter);
}

static __always_inline void take_freezer(struct cgroup *group, __u32 slot,
					 const struct bpf_control *asked)
{
	struct record_freezer *to = bpf_map_lookup_elem(&freezer, &slot);
	struct cgroup_subsys_state *css = CSS(group, freezer_cgrp_id);
	struct freezer *from = AS(struct freezer, css);
	unsigned int state;

	if (to == NULL)
		return;
	to->field[BPF_FREEZER_STATE] = is_shown(css, asked);
	if (to->field[BPF_FREEZER_STATE] == BPF_RECORD_ABSENT)
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
 * A policy's data starts with what all have; bfq's weight comes next. Which of them is bfq's, is not
 * told here: the file says which.
 */
static __always_inline void take_weight(struct cgroup *group, __u32 slot,
					const struct bpf_control *asked)
{
	struct record_weight *to = bpf_map_lookup_elem(&weight, &slot);
	struct cgroup_subsys_state *css = CSS(group, io_cgrp_id);

	if (to == NULL)
		return;
	to->field[BPF_WEIGHT_STATE] = is_shown(css, asked);
	if (to->field[BPF_WEIGHT_STATE] == BPF_RECORD_ABSENT)
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

static __always_inline void take_io(struct cgroup *group, __u32 slot,
				    const struct bpf_control *asked)
{
	struct record_io *to = bpf_map_lookup_elem(&io, &slot);
	struct cgroup_subsys_state *css = CSS(group, io_cgrp_id);

	if (to == NULL)
		return;
	to->field[BPF_IO_STATE] = is_shown(css, asked);
	if (to->field[BPF_IO_STATE] != BPF_RECORD_ABSENT)
		to->field[BPF_IO_DEVICES] = READ(AS(struct blkcg, css), blkg_list.first) != NULL;
}

/* What the collector knows from the last pass need not be told again. */
static __always_inline void take_identity(struct cgroup *group, struct bpf_group_record *to,
					  struct bpf_control *control_)
{
	__u64 serial = group->self.serial_nr + 1, place = control_->named;
	struct group_names *to_names;
	__u32 zero = 0;
	long length;

	if (to->serial == serial && (!control_->check_names || to->hash == group->kn->hash)) {
		if (to->name != 0)
			to->name = 0;
		return;
	}
	control_->fresh++;
	to_names = bpf_map_lookup_elem(&names, &zero);
	if (to_names == NULL || place > BPF_NAMES_SIZE - BPF_NAME_SIZE) {
		control_->unnamed++;
		to->id = 0;
		to->serial = 0;
		to->name = 0;
		return;
	}
	length = bpf_probe_read_kernel_str(to_names->bytes + place, BPF_NAME_SIZE, group->kn->name);
	control_->named = place + (length > 0 ? length : 0);
	to->id = group->kn->id;
	to->hash = group->kn->hash;
	to->serial = serial;
	to->name = place + 1;
	to->parent_id = group->self.parent != NULL ? group->self.parent->cgroup->kn->id : 0;
}

static __always_inline bool is_wanted(const struct bpf_control *asked, enum bpf_part part)
{
	return asked->parts >> part & 1;
}

/* Everything of one group. Groups that were removed and are still held by something are left out. */
static __always_inline void take_group(struct cgroup *given, struct bpf_control *control_)
{
	/* Of what an iterator gives the verifier looks up, by name and for each read, how far it is to be trusted. */
	struct cgroup *group = AS(struct cgroup, given);
	__u32 met = control_->count, slot = control_->first + met, place = control_->base + slot;
	struct bpf_group_record *record;

	if (!(group->self.flags & CSS_ONLINE))
		return;
	control_->count = met + 1;
	if (met >= control_->capacity)
		return;
	record = bpf_map_lookup_elem(&groups, &place);
	if (record == NULL)
		return;
	take_identity(group, record, control_);
	if (is_wanted(control_, BPF_PART_CORE))
		take_core(group, slot);
	if (is_wanted(control_, BPF_PART_CPU))
		take_cpu(group, slot, control_);
	if (is_wanted(control_, BPF_PART_CPUACCT))
		take_cpuacct(group, slot, control_);
	if (is_wanted(control_, BPF_PART_MEMORY))
		take_memory(group, slot, control_);
	if (is_wanted(control_, BPF_PART_LIMITS))
		take_limits(group, slot, control_);
	if (is_wanted(control_, BPF_PART_STAT))
		take_stat(group, slot, control_);
	if (is_wanted(control_, BPF_PART_PIDS))
		take_pids(group, slot, control_);
	if (is_wanted(control_, BPF_PART_FREEZER))
		take_freezer(group, slot, control_);
	if (is_wanted(control_, BPF_PART_IO))
		take_io(group, slot, control_);
	if (is_wanted(control_, BPF_PART_WEIGHT))
		take_weight(group, slot, control_);
}

static __always_inline struct bpf_control *begin(struct bpf_iter__cgroup *context)
{
	__u32 zero = 0;
	struct bpf_control *control_ = bpf_map_lookup_elem(&control, &zero);

	/* At the end the program is called without a group, after a lone one still as the first. */
	if (control_ != NULL && context->cgroup != NULL && context->meta->seq_num == 0) {
		control_->count = 0;
		control_->fresh = 0;
		control_->named = 0;
		control_->unnamed = 0;
	}
	return control_;
}

SEC("iter.s/cgroup")
int collect_css_flush(struct bpf_iter__cgroup *context)
{
	struct cgroup *group = context->cgroup;
	struct bpf_control *control_ = begin(context);

	if (group == NULL || control_ == NULL)
		return 0;
	if (context->meta->seq_num == 0 && control_->fine & BPF_FINE_FLUSH)
		css_rstat_flush(&group->self);
	take_group(group, control_);
	return 0;
}

SEC("iter.s/cgroup")
int collect_cgroup_flush(struct bpf_iter__cgroup *context)
{
	struct cgroup *group = context->cgroup;
	struct bpf_control *control_ = begin(context);

	if (group == NULL || control_ == NULL)
		return 0;
	if (context->meta->seq_num == 0 && control_->fine & BPF_FINE_FLUSH)
		cgroup_rstat_flush(group);
	take_group(group, control_);
	return 0;
}

/*
 * Where the CPUs' parts of per-CPU memory lie. Kernels do not export it, so a per-CPU array of our
 * own tells: its base from its own structure, its parts by the helper. The verifier forbids to
 * subtract them here; the collector does.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} yardstick SEC(".maps");
ARRAY(places, struct bpf_places, 1);

static long find_one_place(__u32 i, struct bpf_places **to)
{
	__u32 zero = 0;

	if (i >= BPF_CPU_MAX)
		return 1;
	(*to)->cpu[i] = (__u64)bpf_map_lookup_percpu_elem(&yardstick, &zero, i);
	return 0;
}

SEC("iter/bpf_map")
int find_cpu_places(struct bpf_iter__bpf_map *context)
{
	__u32 zero = 0;
	struct bpf_places *to = bpf_map_lookup_elem(&places, &zero);
	struct bpf_map *map = context->map;

	if (map == NULL || to == NULL || map->id != to->map_id)
		return 0;
	bpf_probe_read_kernel(&to->base, sizeof(to->base),
			      (const void *)map + bpf_core_field_offset(struct bpf_array, pptrs));
	bpf_loop(BPF_CPU_MAX, find_one_place, &to, 0);
	to->found = 1;
	return 0;
}

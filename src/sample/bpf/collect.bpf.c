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

/* Steps of a walk, of which a group takes two at most: BPF_MAX_LOOPS. */
#define WALK_MAX (8 << 20)

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

static __always_inline void take_core(const struct visit *visit)
{
	struct record_core *to = bpf_map_lookup_elem(&core, &visit->slot);
	struct cgroup *group = group_of(visit->state);

	if (to == NULL)
		return;
	to->field[BPF_CORE_STATE] = BPF_RECORD_PRESENT;
	to->field[BPF_CORE_CPU_USAGE] = READ(group, bstat.cputime.sum_exec_runtime);
	to->field[BPF_CORE_POPULATED] = READ(group, nr_populated_csets) +
						READ(group, nr_populated_domain_children) +
						READ(group, nr_populated_threaded_children) >
					0;
	to->field[BPF_CORE_FROZEN] = READ(group, flags) >> CGRP_FROZEN & 1;
	to->field[BPF_CORE_FREEZE] = READ(group, freezer.freeze);
	to->field[BPF_CORE_DESCENDANTS] = READ(group, nr_descendants);
	to->field[BPF_CORE_DYING] = READ(group, nr_dying_descendants);
	to->field[BPF_CORE_MAX_DEPTH] = READ(group, max_depth);
	to->field[BPF_CORE_MAX_DESCENDANTS] = READ(group, max_descendants);
}

static __always_inline void take_cpu(const struct visit *visit)
{
	struct record_cpu *to = bpf_map_lookup_elem(&cpu, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, cpu_cgrp_id);
	struct task_group *from = AS(struct task_group, css);

	if (to == NULL)
		return;
	to->field[BPF_CPU_STATE] = is_shown(css, visit->control);
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

static __always_inline void take_cpuacct(const struct visit *visit)
{
	struct record_cpuacct *to = bpf_map_lookup_elem(&cpuacct, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, cpuacct_cgrp_id);
	struct cpuacct *from = AS(struct cpuacct, css);
	struct cpu_sums sums = {.asked = visit->control, .slot = visit->slot};

	if (to == NULL)
		return;
	to->field[BPF_CPUACCT_STATE] = is_shown(css, visit->control);
	if (to->field[BPF_CPUACCT_STATE] == BPF_RECORD_ABSENT)
		return;
	sums.usages = ADDRESS(from, struct cpuacct, cpuusage);
	sums.stats = ADDRESS(from, struct cpuacct, cpustat);
	bpf_loop(visit->control->cpu_count, add_cpu, &sums, 0);
	to->field[BPF_CPUACCT_USAGE] = sums.usage;
	to->field[BPF_CPUACCT_USER] = sums.user;
	/* Counted by ticks: not what user leaves of usage. */
	to->field[BPF_CPUACCT_SYSTEM] = sums.system;
}

static __always_inline void take_pids(const struct visit *visit)
{
	struct record_pids *to = bpf_map_lookup_elem(&pids, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, pids_cgrp_id);
	struct pids_cgroup *from = AS(struct pids_cgroup, css);

	if (to == NULL)
		return;
	to->field[BPF_PIDS_STATE] = is_shown(css, visit->control);
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

static __always_inline void take_freezer(const struct visit *visit)
{
	struct record_freezer *to = bpf_map_lookup_elem(&freezer, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, freezer_cgrp_id);
	struct freezer *from = AS(struct freezer, css);
	unsigned int state;

	if (to == NULL)
		return;
	to->field[BPF_FREEZER_STATE] = is_shown(css, visit->control);
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
static __always_inline void take_weight(const struct visit *visit)
{
	struct record_weight *to = bpf_map_lookup_elem(&weight, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, io_cgrp_id);

	if (to == NULL)
		return;
	to->field[BPF_WEIGHT_STATE] = is_shown(css, visit->control);
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

static __always_inline void take_io(const struct visit *visit)
{
	struct record_io *to = bpf_map_lookup_elem(&io, &visit->slot);
	struct cgroup_subsys_state *css = CSS(visit, io_cgrp_id);

	if (to == NULL)
		return;
	to->field[BPF_IO_STATE] = is_shown(css, visit->control);
	if (to->field[BPF_IO_STATE] != BPF_RECORD_ABSENT)
		to->field[BPF_IO_DEVICES] = READ(AS(struct blkcg, css), blkg_list.first) != NULL;
}

/* What the collector knows from the last pass need not be told again. */
static __always_inline void take_identity(const struct visit *visit, struct bpf_group_record *to)
{
	struct bpf_control *asked = visit->control;
	struct cgroup_subsys_state *state = STATE(visit->state);
	struct cgroup *group = group_of(visit->state);
	struct kernfs_node *node = READ(group, kn);
	__u64 serial = READ(state, serial_nr) + 1, place = asked->named;
	__u64 parent = ADDRESS(state, struct cgroup_subsys_state, parent);
	struct group_names *to_names;
	__u32 zero = 0;
	long length;

	if (to->serial == serial && (!asked->check_names || to->hash == READ(node, hash))) {
		if (to->name != 0)
			to->name = 0;
		return;
	}
	asked->fresh++;
	to_names = bpf_map_lookup_elem(&names, &zero);
	if (to_names == NULL || place > BPF_NAMES_SIZE - BPF_NAME_SIZE) {
		asked->unnamed++;
		to->id = 0;
		to->serial = 0;
		to->name = 0;
		return;
	}
	length =
		bpf_probe_read_kernel_str(to_names->bytes + place, BPF_NAME_SIZE, READ(node, name));
	asked->named = place + (length > 0 ? length : 0);
	to->id = READ(node, id);
	to->hash = READ(node, hash);
	to->serial = serial;
	to->name = place + 1;
	to->parent_id = parent != 0 ? id_of(group_of(parent)) : 0;
}

static __always_inline struct bpf_control *what_is_asked(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

static __always_inline bool is_wanted(const struct bpf_control *asked, enum bpf_part part)
{
	return asked->parts >> part & 1;
}

/*
 * Everything of one group. Groups that were removed and are still held by something are left out.
 * A function that is not static is verified once and for itself: in the loop that calls it the verifier
 * would follow each way through it many times.
 */
__noinline int take_group(__u64 address, __u32 kind)
{
	struct cgroup_subsys_state *state = STATE(address);
	struct bpf_control *asked = what_is_asked();
	struct visit visit = {.control = asked, .state = address, .kind = kind};
	struct bpf_group_record *record;
	__u32 place;

	if (asked == NULL || (READ(state, flags) & (CSS_ONLINE | CSS_DYING)) != CSS_ONLINE)
		return 0;
	visit.slot = asked->first + asked->count;
	place = asked->base + visit.slot;
	if (asked->count++ >= asked->capacity)
		return 0;
	record = bpf_map_lookup_elem(&groups, &place);
	if (record == NULL)
		return 0;
	take_identity(&visit, record);
	if (is_wanted(asked, BPF_PART_CORE))
		take_core(&visit);
	if (is_wanted(asked, BPF_PART_CPU))
		take_cpu(&visit);
	if (is_wanted(asked, BPF_PART_CPUACCT))
		take_cpuacct(&visit);
	if (is_wanted(asked, BPF_PART_MEMORY))
		take_memory(&visit);
	if (is_wanted(asked, BPF_PART_LIMITS))
		take_limits(&visit);
	if (is_wanted(asked, BPF_PART_STAT))
		take_stat(&visit);
	if (is_wanted(asked, BPF_PART_PIDS))
		take_pids(&visit);
	if (is_wanted(asked, BPF_PART_FREEZER))
		take_freezer(&visit);
	if (is_wanted(asked, BPF_PART_IO))
		take_io(&visit);
	if (is_wanted(asked, BPF_PART_WEIGHT))
		take_weight(&visit);
	return 0;
}

/* A walk, and where it is; addresses of struct cgroup_subsys_state. */
struct walk {
	const struct bpf_control *asked;
	__u64 top, state;
	enum state_kind kind;
	bool climbs; /* what is beneath the state was walked */
};

static __always_inline __u64 list_of_children(__u64 state)
{
	return state + bpf_core_field_offset(struct cgroup_subsys_state, children);
}

static __always_inline __u64 listed(__u64 entry)
{
	return entry - bpf_core_field_offset(struct cgroup_subsys_state, sibling);
}

/* Takes what is at hand, and goes on in pre-order. */
static long step(__u32 i, struct walk *walk)
{
	struct cgroup_subsys_state *state = STATE(walk->state);
	__u64 next, parent;

	(void)i;
	if (!walk->climbs) {
		take_group(walk->state, walk->kind);
		if (walk->asked->alone)
			return 1;
		next = ADDRESS(state, struct cgroup_subsys_state, children.next);
		if (next != list_of_children(walk->state)) {
			walk->state = listed(next);
			return 0;
		}
	}
	if (walk->state == walk->top)
		return 1;
	next = ADDRESS(state, struct cgroup_subsys_state, sibling.next);
	parent = ADDRESS(state, struct cgroup_subsys_state, parent);
	walk->climbs = next == list_of_children(parent);
	walk->state = walk->climbs ? parent : listed(next);
	return 0;
}

/* Of the parts that are wanted, none is of another controller than these. */
static __always_inline bool wants_only(const struct bpf_control *asked, __u32 parts)
{
	return asked->parts != 0 && (asked->parts & ~parts) == 0;
}

#define PART(name) (1U << BPF_PART_##name)

/* The root's state of the only controller that is wanted, 0 when there are several. */
static __always_inline __u64 lone_controller(struct cgroup *root, const struct bpf_control *asked)
{
	if (wants_only(asked, PART(MEMORY) | PART(LIMITS) | PART(STAT)))
		return CONTROLLER_STATE(root, memory_cgrp_id);
	if (wants_only(asked, PART(CPUACCT)))
		return CONTROLLER_STATE(root, cpuacct_cgrp_id);
	if (wants_only(asked, PART(CPU)))
		return CONTROLLER_STATE(root, cpu_cgrp_id);
	if (wants_only(asked, PART(PIDS)))
		return CONTROLLER_STATE(root, pids_cgrp_id);
	if (wants_only(asked, PART(FREEZER)))
		return CONTROLLER_STATE(root, freezer_cgrp_id);
	if (wants_only(asked, PART(IO) | PART(WEIGHT)))
		return CONTROLLER_STATE(root, io_cgrp_id);
	return 0;
}

/* The group's address as it stands in itself: a number, which the verifier lets be reckoned with. */
static __always_inline __u64 own_state(struct cgroup *group)
{
	return ADDRESS(group, struct cgroup, self.cgroup) +
	       bpf_core_field_offset(struct cgroup, self);
}

/*
 * The iterator hands out the top of the hierarchy only, under the lock that keeps all lists of groups
 * as they are; from there the walk goes by itself. What it costs are cache misses, and on v1, where
 * each group has a state of each controller of its hierarchy, the states lead from one to the next
 * without the groups.
 */
static __always_inline void walk_from(struct cgroup *given, struct bpf_control *asked)
{
	struct cgroup *root = AS(struct cgroup, given);
	struct walk walk = {.asked = asked};

	asked->count = 0;
	asked->fresh = 0;
	asked->named = 0;
	asked->unnamed = 0;
	if (asked->version == 1)
		walk.top = lone_controller(root, asked);
	walk.kind = walk.top == 0 ? STATE_OF_GROUP : STATE_OF_CONTROLLER;
	if (walk.kind == STATE_OF_GROUP)
		walk.top = own_state(root);
	walk.state = walk.top;
	bpf_loop(WALK_MAX, step, &walk, 0);
}

SEC("iter.s/cgroup")
int collect_css_flush(struct bpf_iter__cgroup *context)
{
	struct cgroup *group = context->cgroup;
	struct bpf_control *asked = what_is_asked();

	/* At the end the program is called without a group. */
	if (group == NULL || asked == NULL)
		return 0;
	if (asked->fine & BPF_FINE_FLUSH)
		css_rstat_flush(&group->self);
	walk_from(group, asked);
	return 0;
}

SEC("iter.s/cgroup")
int collect_cgroup_flush(struct bpf_iter__cgroup *context)
{
	struct cgroup *group = context->cgroup;
	struct bpf_control *asked = what_is_asked();

	/* At the end the program is called without a group. */
	if (group == NULL || asked == NULL)
		return 0;
	if (asked->fine & BPF_FINE_FLUSH)
		cgroup_rstat_flush(group);
	walk_from(group, asked);
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

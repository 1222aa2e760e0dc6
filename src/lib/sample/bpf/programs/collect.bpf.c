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
#include "controllers.h"
#include "memory.h"

/* Steps of a walk, of which a group takes two at most: BPF_MAX_LOOPS. */
#define WALK_MAX (8 << 20)

extern void css_rstat_flush(struct cgroup_subsys_state *css) __ksym __weak;
extern void cgroup_rstat_flush(struct cgroup *group) __ksym __weak;

struct group_names {
	char bytes[BPF_NAMES_SIZE];
};

/* The collector sets the sizes of those that hold one entry a group. */
ARRAY(control, struct bpf_control, 1);
ARRAY(groups, struct bpf_group_record, 1);
ARRAY(names, struct group_names, 1);

char _license[] SEC("license") = "GPL";

/* What the collector was told in the last pass. */
static __always_inline bool is_known(const struct visit *visit,
				     const struct bpf_group_record *record)
{
	const struct bpf_control *asked = visit->control;

	return record->serial == MET(asked, visit->state, serial_nr) + 1 &&
	       (!asked->check_names || record->hash == name_hash_of(group_at(visit)));
}

static __always_inline void take_identity(const struct visit *visit, struct bpf_group_record *to)
{
	struct cgroup_subsys_state *state = STATE(visit->state);
	struct cgroup *group = group_at(visit);
	struct kernfs_node *node = READ(group, kn);
	__u64 parent = ADDRESS(state, struct cgroup_subsys_state, parent);
	struct bpf_control *asked = visit->control;
	__u64 place = asked->named;
	struct group_names *to_names;
	__u32 zero = 0;
	long length;

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
	to->serial = READ(state, serial_nr) + 1;
	to->name = place + 1;
	to->parent_id = parent != 0 ? id_of(group_of(parent)) : 0;
}

static __always_inline struct bpf_control *what_is_asked(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

/*
 * Waiting for memory is most of what a walk costs, and along a list it waits for each entry. Where the
 * states were in the last pass is kept, so that several are fetched at once, a few groups ahead. Nothing is
 * believed of them: they may be gone.
 */
#define AHEAD 8
ARRAY(states, __u64, 1);

static __always_inline void look_ahead(const struct bpf_control *asked, __u32 place)
{
	__u64 sum = 0;

#pragma unroll
	for (__u32 i = 0; i < AHEAD; i++) {
		__u32 at = place + AHEAD + i;
		__u64 *address = bpf_map_lookup_elem(&states, &at);

		if (address != NULL) {
			struct cgroup_subsys_state *state = STATE(*address);

			/* The cache lines of its lists, of its flags and of its figures. */
			sum += ADDRESS(state, struct cgroup_subsys_state, cgroup) +
			       READ(state, flags);
			sum += READ_U64((void *)(*address + asked->figures));
		}
	}
	barrier_var(sum);
}

static __always_inline void remember(__u32 place, __u64 address)
{
	__u64 *to = bpf_map_lookup_elem(&states, &place);

	if (to != NULL && *to != address)
		*to = address;
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
__noinline int collect_group(__u64 address, __u32 kind)
{
	struct bpf_control *asked = what_is_asked();
	struct visit visit = {.control = asked, .state = address, .kind = kind};
	struct bpf_group_record *record;
	__u32 place;

	if (asked == NULL || (MET(asked, address, flags) & (CSS_ONLINE | CSS_DYING)) != CSS_ONLINE)
		return 0;
	visit.slot = asked->first + asked->count;
	place = asked->base + visit.slot;
	if (asked->count++ >= asked->capacity)
		return 0;
	record = bpf_map_lookup_elem(&groups, &place);
	if (record == NULL)
		return 0;
	/* Through a helper each would be a call, and they would come one after the other. */
	if (READS_DIRECTLY) {
		if (visit.slot % AHEAD == 0)
			look_ahead(asked, place);
		remember(place, address);
	}
	if (!is_known(&visit, record))
		take_identity(&visit, record);
	else if (record->name != 0)
		record->name = 0;
	if (kind == STATE_OF_GROUP)
		copy_controllers(asked, group_at(&visit));
	if (is_wanted(asked, BPF_PART_CORE))
		take_core(&visit);
	if (is_wanted(asked, BPF_PART_CORE_STATES))
		take_core_states(&visit);
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
	if (is_wanted(asked, BPF_PART_PIDS_LIMITS))
		take_pids_limits(&visit);
	if (is_wanted(asked, BPF_PART_FREEZER))
		take_freezer(&visit);
	if (is_wanted(asked, BPF_PART_IO))
		take_io(&visit);
	if (is_wanted(asked, BPF_PART_WEIGHT))
		take_weight(&visit);
	if (is_wanted(asked, BPF_PART_DEVICE))
		take_device(&visit);
	return 0;
}

/* A walk, and where it is; addresses of struct cgroup_subsys_state. */
struct walk {
	struct bpf_control *asked;
	__u64 top, state;
	__u64 parent; /* not asked of the state, in which it lies on another cache line */
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
	__u64 next;

	(void)i;
	copy_state(walk->asked, walk->state);
	if (!walk->climbs) {
		collect_group(walk->state, walk->kind);
		if (walk->asked->alone)
			return 1;
		next = MET_ADDRESS(walk->asked, walk->state, children.next);
		if (next != list_of_children(walk->state)) {
			walk->parent = walk->state;
			walk->state = listed(next);
			return 0;
		}
	} else {
		walk->parent = ADDRESS(state, struct cgroup_subsys_state, parent);
	}
	if (walk->state == walk->top)
		return 1;
	next = MET_ADDRESS(walk->asked, walk->state, sibling.next);
	walk->climbs = next == list_of_children(walk->parent);
	walk->state = walk->climbs ? walk->parent : listed(next);
	return 0;
}

/* Of the parts that are wanted, none is of another controller than these. */
static __always_inline bool wants_only(const struct bpf_control *asked, __u32 parts)
{
	return asked->parts != 0 && (asked->parts & ~parts) == 0;
}

#define PART(name) (1U << BPF_PART_##name)

/* Follows a controller's states; `type` has what is read of it first at `member`. */
#define FOLLOW(root, asked, controller, type, member)                          \
	({                                                                     \
		(asked)->figures = bpf_core_field_offset(struct type, member); \
		CONTROLLER_STATE(asked, root, controller);                     \
	})

/* The root's state of the only controller that is wanted, 0 when there are several. */
static __always_inline __u64 lone_controller(struct cgroup *root, struct bpf_control *asked)
{
	copy_controllers(asked, root);
	if (wants_only(asked, PART(MEMORY) | PART(LIMITS) | PART(STAT)))
		return FOLLOW(root, asked, memory_cgrp_id, mem_cgroup, memory.usage);
	if (wants_only(asked, PART(CPUACCT)))
		return FOLLOW(root, asked, cpuacct_cgrp_id, cpuacct, cpuusage);
	if (wants_only(asked, PART(CPU)))
		return FOLLOW(root, asked, cpu_cgrp_id, task_group, shares);
	if (wants_only(asked, PART(PIDS) | PART(PIDS_LIMITS)))
		return FOLLOW(root, asked, pids_cgrp_id, pids_cgroup, counter);
	if (wants_only(asked, PART(FREEZER)))
		return FOLLOW(root, asked, freezer_cgrp_id, freezer, state);
	if (wants_only(asked, PART(IO) | PART(WEIGHT) | PART(DEVICE)))
		return FOLLOW(root, asked, io_cgrp_id, blkcg, blkg_list);
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
	asked->device_count = 0;
	asked->unnamed = 0;
	asked->figures = bpf_core_field_offset(struct cgroup, subsys);
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

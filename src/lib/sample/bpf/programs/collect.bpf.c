// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * collect.bpf.c - BPF program that collects the values of all groups of a hierarchy in one walk.
 *
 * Long loops use bpf_loop(), because the verifier follows every iteration of an ordinary loop,
 * which dominates the time of loading.
 *
 * `generate` builds three variants. With COLLECT_DIRECT it reads memory by plain loads that the
 * kernel makes safe (bpf_rdonly_cast, from Linux 6.2 on), without it through a helper.
 * COLLECT_CSS_FLUSH selects the name of the kernel's flush function from Linux 6.16 on.
 */
#include "controllers.h"
#include "memory.h"

/* Maximum steps of a walk (BPF_MAX_LOOPS); a group needs at most two. */
#define WALK_MAX (8 << 20)

#ifdef COLLECT_CSS_FLUSH
extern void css_rstat_flush(struct cgroup_subsys_state *css) __ksym;
#define FLUSH(group) css_rstat_flush(&(group)->self)
#else
extern void cgroup_rstat_flush(struct cgroup *group) __ksym;
#define FLUSH(group) cgroup_rstat_flush(group)
#endif

struct group_names {
	char bytes[BPF_NAMES_SIZE];
};

/* The collector sets the sizes of arrays with one entry per group. */
ARRAY(control, struct bpf_control, 1);
ARRAY(groups, struct bpf_group_record, 1);
ARRAY(names, struct group_names, 1);

char _license[] SEC("license") = "GPL";

/* The last pass reported the same group in this slot. */
static __always_inline bool is_known(const struct visit *visit,
				     const struct bpf_group_record *record)
{
	const struct bpf_control *control = visit->control;

	return record->serial == VISITED(control, visit->state, serial_nr) + 1 &&
	       (!control->check_names || record->hash == name_hash_of(visited_group(visit)));
}

static __always_inline void collect_identity(const struct visit *visit, struct bpf_group_record *to)
{
	struct cgroup_subsys_state *state = STATE(visit->state);
	struct cgroup *group = visited_group(visit);
	struct kernfs_node *node = READ(group, kn);
	__u64 parent = ADDRESS(state, struct cgroup_subsys_state, parent);
	struct bpf_control *control = visit->control;
	__u64 offset = control->name_bytes;
	struct group_names *to_names;
	__u32 zero = 0;
	long length;

	control->changed_count++;
	to_names = bpf_map_lookup_elem(&names, &zero);
	if (to_names == NULL || offset > BPF_NAMES_SIZE - BPF_NAME_SIZE) {
		control->unnamed++;
		to->id = 0;
		to->serial = 0;
		to->name = 0;
		return;
	}
	length = bpf_probe_read_kernel_str(to_names->bytes + offset, BPF_NAME_SIZE,
					   READ(node, name));
	control->name_bytes = offset + (length > 0 ? length : 0);
	to->id = READ(node, id);
	to->hash = READ(node, hash);
	to->serial = READ(state, serial_nr) + 1;
	to->name = offset + 1;
	to->parent_id = parent != 0 ? id_of(group_of(parent)) : 0;
}

static __always_inline struct bpf_control *get_control(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

/*
 * Cache misses are the main cost of a walk, and a list has one per entry. The states' addresses
 * in the last pass are stored, so that several are fetched at once, a few groups ahead. What is
 * read there is discarded: the states may have been freed.
 */
#define PREFETCH_COUNT 8
ARRAY(states, __u64, 1);

static __always_inline void prefetch(const struct bpf_control *control, __u32 index)
{
	__u64 sum = 0;

#pragma unroll
	for (__u32 i = 0; i < PREFETCH_COUNT; i++) {
		__u32 at = index + PREFETCH_COUNT + i;
		__u64 *address = bpf_map_lookup_elem(&states, &at);

		if (address != NULL) {
			struct cgroup_subsys_state *state = STATE(*address);

			/* The cache lines of its lists, its flags and its values. */
			sum += ADDRESS(state, struct cgroup_subsys_state, cgroup) +
			       READ(state, flags);
			sum += READ_U64((void *)(*address + control->prefetch_offset));
		}
	}
	barrier_var(sum);
}

static __always_inline void store_state(__u32 index, __u64 address)
{
	__u64 *to = bpf_map_lookup_elem(&states, &index);

	if (to != NULL && *to != address)
		*to = address;
}

static __always_inline bool is_requested(const struct bpf_control *control, enum bpf_part part)
{
	return control->parts >> part & 1;
}

/*
 * Collects one group. Skips removed groups that still have references. Not static: the verifier
 * checks a global function once and on its own, but would follow a static one on each path of the
 * loop.
 */
__noinline int collect_group(__u64 address, __u32 kind)
{
	struct bpf_control *control = get_control();
	struct visit visit = {.control = control, .state = address, .kind = kind};
	struct bpf_group_record *record;
	__u32 index;

	if (control == NULL ||
	    (VISITED(control, address, flags) & (CSS_ONLINE | CSS_DYING)) != CSS_ONLINE)
		return 0;
	visit.slot = control->first + control->count;
	index = control->base + visit.slot;
	if (control->count++ >= control->capacity)
		return 0;
	record = bpf_map_lookup_elem(&groups, &index);
	if (record == NULL)
		return 0;
	/* Reads through a helper are sequential calls: prefetching would not help. */
	if (READS_DIRECTLY) {
		if (visit.slot % PREFETCH_COUNT == 0)
			prefetch(control, index);
		store_state(index, address);
	}
	if (!is_known(&visit, record))
		collect_identity(&visit, record);
	else if (record->name != 0)
		record->name = 0;
	if (kind == STATE_OF_GROUP)
		copy_controllers(control, visited_group(&visit));
	if (is_requested(control, BPF_PART_CORE))
		collect_core(&visit);
	if (is_requested(control, BPF_PART_CORE_STATES))
		collect_core_states(&visit);
	if (is_requested(control, BPF_PART_CPU))
		collect_cpu(&visit);
	if (is_requested(control, BPF_PART_CPUACCT))
		collect_cpuacct(&visit);
	if (is_requested(control, BPF_PART_MEMORY))
		collect_memory(&visit);
	if (is_requested(control, BPF_PART_LIMITS))
		collect_limits(&visit);
	if (is_requested(control, BPF_PART_STAT))
		collect_stat(&visit);
	if (is_requested(control, BPF_PART_PIDS))
		collect_pids(&visit);
	if (is_requested(control, BPF_PART_PIDS_LIMITS))
		collect_pids_limits(&visit);
	if (is_requested(control, BPF_PART_FREEZER))
		collect_freezer(&visit);
	if (is_requested(control, BPF_PART_IO))
		collect_io(&visit);
	if (is_requested(control, BPF_PART_WEIGHT))
		collect_weight(&visit);
	if (is_requested(control, BPF_PART_DEVICE))
		collect_device(&visit);
	return 0;
}

/* A walk and its position; addresses of struct cgroup_subsys_state. */
struct walk {
	struct bpf_control *control;
	__u64 top, state;
	__u64 parent; /* kept here because it is on another cache line of the state */
	enum state_kind kind;
	bool ascending; /* the descendants of the state were visited */
};

static __always_inline __u64 children_head(__u64 state)
{
	return state + bpf_core_field_offset(struct cgroup_subsys_state, children);
}

static __always_inline __u64 entry_state(__u64 entry)
{
	return entry - bpf_core_field_offset(struct cgroup_subsys_state, sibling);
}

/* Collects the current group and moves to the next one in pre-order. */
static long step(__u32 i, struct walk *walk)
{
	struct cgroup_subsys_state *state = STATE(walk->state);
	__u64 next;

	(void)i;
	copy_state(walk->control, walk->state);
	if (!walk->ascending) {
		collect_group(walk->state, walk->kind);
		if (walk->control->single)
			return 1;
		next = VISITED_ADDRESS(walk->control, walk->state, children.next);
		if (next != children_head(walk->state)) {
			walk->parent = walk->state;
			walk->state = entry_state(next);
			return 0;
		}
	} else {
		walk->parent = ADDRESS(state, struct cgroup_subsys_state, parent);
	}
	if (walk->state == walk->top)
		return 1;
	next = VISITED_ADDRESS(walk->control, walk->state, sibling.next);
	walk->ascending = next == children_head(walk->parent);
	walk->state = walk->ascending ? walk->parent : entry_state(next);
	return 0;
}

/* Only these parts are requested. */
static __always_inline bool requests_only(const struct bpf_control *control, __u32 parts)
{
	return control->parts != 0 && (control->parts & ~parts) == 0;
}

#define PART(name) (1U << BPF_PART_##name)

/* Follows a controller's states; `member` of `type` is read first. */
#define FOLLOW(root, control, controller, type, member)                                  \
	({                                                                               \
		(control)->prefetch_offset = bpf_core_field_offset(struct type, member); \
		CONTROLLER_STATE(control, root, controller);                             \
	})

/* The root's state of the only requested controller; 0 if there are several. */
static __always_inline __u64 only_controller(struct cgroup *root, struct bpf_control *control)
{
	copy_controllers(control, root);
	if (requests_only(control, PART(MEMORY) | PART(LIMITS) | PART(STAT)))
		return FOLLOW(root, control, memory_cgrp_id, mem_cgroup, memory.usage);
	if (requests_only(control, PART(CPUACCT)))
		return FOLLOW(root, control, cpuacct_cgrp_id, cpuacct, cpuusage);
	if (requests_only(control, PART(CPU)))
		return FOLLOW(root, control, cpu_cgrp_id, task_group, shares);
	if (requests_only(control, PART(PIDS) | PART(PIDS_LIMITS)))
		return FOLLOW(root, control, pids_cgrp_id, pids_cgroup, counter);
	if (requests_only(control, PART(FREEZER)))
		return FOLLOW(root, control, freezer_cgrp_id, freezer, state);
	if (requests_only(control, PART(IO) | PART(WEIGHT) | PART(DEVICE)))
		return FOLLOW(root, control, io_cgrp_id, blkcg, blkg_list);
	return 0;
}

/* The group's address, read from its own state as a number that allows arithmetic. */
static __always_inline __u64 own_state(struct cgroup *group)
{
	return ADDRESS(group, struct cgroup, self.cgroup) +
	       bpf_core_field_offset(struct cgroup, self);
}

/*
 * The iterator passes only the top of the hierarchy, under cgroup_mutex, which keeps the lists of
 * groups unchanged; the walk follows these lists. On v1 each group has a state of each controller
 * of its hierarchy, so the walk can follow the states and save the cache misses of the groups.
 */
static __always_inline void walk_from(struct cgroup *given, struct bpf_control *control)
{
	struct cgroup *root = AS(struct cgroup, given);
	struct walk walk = {.control = control};

	control->count = 0;
	control->expected = READ(root, nr_descendants) + 1;
	control->changed_count = 0;
	control->name_bytes = 0;
	control->device_count = 0;
	control->unnamed = 0;
	control->prefetch_offset = bpf_core_field_offset(struct cgroup, subsys);
	if (control->version == 1)
		walk.top = only_controller(root, control);
	walk.kind = walk.top == 0 ? STATE_OF_GROUP : STATE_OF_CONTROLLER;
	if (walk.kind == STATE_OF_GROUP)
		walk.top = own_state(root);
	walk.state = walk.top;
	bpf_loop(WALK_MAX, step, &walk, 0);
}

SEC("iter.s/cgroup")
int collect(struct bpf_iter__cgroup *context)
{
	struct cgroup *group = context->cgroup;
	struct bpf_control *control = get_control();

	/* At the end the program is called without a group. */
	if (group == NULL || control == NULL)
		return 0;
	if (control->options & BPF_OPTION_FLUSH)
		FLUSH(group);
	walk_from(group, control);
	return 0;
}

/*
 * Kernels do not export the offsets of the CPUs in per-CPU memory. They are derived from a
 * per-CPU array of our own: its base address is in its struct bpf_array, each CPU's address comes
 * from the helper. The verifier forbids to subtract them here, so the collector does.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} percpu_probe SEC(".maps");
ARRAY(cpu_addresses, struct bpf_cpu_addresses, 1);

static long find_cpu_address(__u32 i, struct bpf_cpu_addresses **to)
{
	__u32 zero = 0;

	if (i >= BPF_CPU_MAX)
		return 1;
	(*to)->cpu[i] = (__u64)bpf_map_lookup_percpu_elem(&percpu_probe, &zero, i);
	return 0;
}

SEC("iter/bpf_map")
int find_cpu_addresses(struct bpf_iter__bpf_map *context)
{
	__u32 zero = 0;
	struct bpf_cpu_addresses *to = bpf_map_lookup_elem(&cpu_addresses, &zero);
	struct bpf_map *map = context->map;

	if (map == NULL || to == NULL || map->id != to->map_id)
		return 0;
	bpf_probe_read_kernel(&to->base, sizeof(to->base),
			      (const void *)map + bpf_core_field_offset(struct bpf_array, pptrs));
	bpf_loop(BPF_CPU_MAX, find_cpu_address, &to, 0);
	to->found = 1;
	return 0;
}

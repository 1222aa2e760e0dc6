/* SPDX-License-Identifier: GPL-2.0-only */
/* access.h - how the programs read the kernel's structures, and the arrays they write into. */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_ACCESS_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_ACCESS_H

#include "kernel-types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "records.h"

/* cgroup_subsys_state.flags; an enum without a name, the same since 4.x. */
#define CSS_ONLINE  (1U << 1)
#define CSS_VISIBLE (1U << 3)
#define CSS_DYING   (1U << 4)
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

#define ARRAY(name_, type_, entries_)              \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);  \
		__uint(map_flags, BPF_F_MMAPABLE); \
		__uint(max_entries, entries_);     \
		__type(key, __u32);                \
		__type(value, type_);              \
	} name_ SEC(".maps")

#ifdef COLLECT_DIRECT
#define READS_DIRECTLY        1
#define AS(type_, pointer)    ((type_ *)bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(type_)))
#define READ(pointer, member) ((pointer)->member)
/* Any kernel type that starts with a 64-bit number will do. */
#define READ_U64(address) (AS(struct kernel_cpustat, address)->cpustat[0])
#else
#define READS_DIRECTLY        0
#define AS(type_, pointer)    ((type_ *)(pointer))
#define READ(pointer, member) BPF_CORE_READ(pointer, member)
static __always_inline __u64 read_u64(const void *address)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), address);
	return value;
}
#define READ_U64(address)     read_u64(address)
#endif

/* The element of an array member, whose index or size is known to the running kernel only. */
#define ELEMENT(pointer, type_, member, index) \
	((void *)(pointer) + bpf_core_field_offset(type_, member) + 8 * (__u64)(index))

/* A pointer member as a mere address: the verifier lets those be reckoned with. */
#define ADDRESS(pointer, type_, member) READ_U64(ELEMENT(pointer, type_, member, 0))

/* What a walk follows: the groups' own states, or those of the only controller that is wanted. */
enum state_kind { STATE_OF_GROUP, STATE_OF_CONTROLLER };

/* The group that a walk has come to. */
struct visit {
	struct bpf_control *control;
	__u64 state; /* address of the struct cgroup_subsys_state by which it was met */
	enum state_kind kind;
	__u32 slot;
};

#define STATE(address) AS(struct cgroup_subsys_state, (void *)(address))

#if READS_DIRECTLY
#define copy_state(control, address)     ((void)0)
#define copy_controllers(control, group) ((void)0)
/* A member of the state that a walk has come to. */
#define MET(control, address, member) READ(STATE(address), member)
#define MET_ADDRESS(control, address, member) \
	ADDRESS(STATE(address), struct cgroup_subsys_state, member)
#define MET_CONTROLLER(control, group, index) READ_U64(ELEMENT(group, struct cgroup, subsys, index))
#else
static __always_inline void copy_state(struct bpf_control *control, __u64 address)
{
	bpf_probe_read_kernel(control->state_bytes, BPF_COPY_SIZE, (const void *)address);
}
static __always_inline void copy_controllers(struct bpf_control *control, struct cgroup *group)
{
	bpf_probe_read_kernel(control->controller_bytes, BPF_COPY_SIZE,
			      ELEMENT(group, struct cgroup, subsys, 0));
}
#define COPIED(bytes, type_, offset) (*(const volatile type_ *)((bytes) + (offset)))
#define MET(control, address, member)                                                         \
	COPIED((control)->state_bytes, __typeof__(((struct cgroup_subsys_state *)0)->member), \
	       bpf_core_field_offset(struct cgroup_subsys_state, member))
#define MET_ADDRESS(control, address, member) \
	COPIED((control)->state_bytes, __u64, \
	       bpf_core_field_offset(struct cgroup_subsys_state, member))
#define MET_CONTROLLER(control, group, index) \
	COPIED((control)->controller_bytes, __u64, 8 * (index))
#endif

/* The group of a state. */
static __always_inline struct cgroup *group_of(__u64 address)
{
	struct cgroup_subsys_state *state = STATE(address);

	return AS(struct cgroup, READ(state, cgroup));
}

/* The same of what is at hand; its own state is within the group. */
static __always_inline struct cgroup *group_at(const struct visit *visit)
{
	__u64 address = visit->state - bpf_core_field_offset(struct cgroup, self);

	if (visit->kind == STATE_OF_CONTROLLER)
		return group_of(visit->state);
	return AS(struct cgroup, (void *)address);
}

static __always_inline __u64 id_of(struct cgroup *group)
{
	struct kernfs_node *node = READ(group, kn);

	return READ(node, id);
}

static __always_inline __u32 name_hash_of(struct cgroup *group)
{
	struct kernfs_node *node = READ(group, kn);

	return READ(node, hash);
}

/* A controller's state of a group that was copied, 0 where it has none. */
#define CONTROLLER_STATE(control, group, name)                                      \
	(bpf_core_enum_value_exists(enum cgroup_subsys_id, name)                    \
		 ? MET_CONTROLLER(control, group,                                   \
				  bpf_core_enum_value(enum cgroup_subsys_id, name)) \
		 : 0)

/* That of the group at hand. The verifier wants the two ways to it apart; compilers would join them. */
#define CSS(visit, name)                                                                    \
	({                                                                                  \
		__u64 state_ = (visit)->state;                                              \
		barrier_var(state_);                                                        \
		if ((visit)->kind == STATE_OF_GROUP)                                        \
			state_ = CONTROLLER_STATE((visit)->control, group_at(visit), name); \
		STATE(state_);                                                              \
	})

/*
 * Its files are there: v2 keeps controllers that others depend on without showing them. v1 has no such;
 * that the flags are not read saves a cache line a group, which is what a pass costs.
 */
static __always_inline bool is_shown(struct cgroup_subsys_state *css,
				     const struct bpf_control *asked)
{
	return css != NULL && (asked->version == 1 || READ(css, flags) & CSS_VISIBLE);
}

/* Whether there is something to take into a record, whose first number says so as well. */
static __always_inline bool begins(void *record, struct cgroup_subsys_state *css,
				   const struct visit *visit)
{
	__u64 *state = record;

	if (state == NULL)
		return 0;
	*state = is_shown(css, visit->control);
	return *state != BPF_RECORD_ABSENT;
}

/* A structure that kernels may be built without, or name otherwise. */
#define TAKE(to, place, from, type_, member)                            \
	do {                                                            \
		if (bpf_core_field_exists(type_, member))               \
			(to)->field[place] = (__u64)READ(from, member); \
	} while (0)

#endif

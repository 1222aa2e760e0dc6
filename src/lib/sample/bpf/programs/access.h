/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* access.h - macros of the BPF programs for kernel structures and for the arrays they fill. */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_ACCESS_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_ACCESS_H

#include "kernel-types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "records.h"

/* cgroup_subsys_state.flags: an anonymous enum, unchanged since Linux 4.x. */
#define CSS_ONLINE  (1U << 1)
#define CSS_VISIBLE (1U << 3)
#define CSS_DYING   (1U << 4)
/* cgroup_root.flags: likewise, since Linux 6.11. */
#define CGRP_ROOT_PIDS_LOCAL_EVENTS (1U << 20)
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym;

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
/* Any kernel type that starts with a 64-bit number works; this one is as old as its ABI. */
#define READ_U64(address) ((__u64)AS(struct timespec64, address)->tv_sec)
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

/* An element of an array member whose size only the running kernel knows. */
#define ELEMENT(pointer, type_, member, index) \
	((void *)(pointer) + bpf_core_field_offset(type_, member) + 8 * (__u64)(index))

/* A pointer member as a number, on which the verifier allows arithmetic. */
#define ADDRESS(pointer, type_, member) READ_U64(ELEMENT(pointer, type_, member, 0))

/* What a walk follows: the groups' own states, or those of the only requested controller. */
enum state_kind { STATE_OF_GROUP, STATE_OF_CONTROLLER };

/* The group that the walk is at. */
struct visit {
	struct bpf_control *control;
	__u64 state; /* address of the struct cgroup_subsys_state that the walk followed */
	enum state_kind kind;
	__u32 slot;
};

#define STATE(address) AS(struct cgroup_subsys_state, (void *)(address))

#if READS_DIRECTLY
#define copy_state(control, address)     ((void)0)
#define copy_controllers(control, group) ((void)0)
/* A member of the state that the walk is at. */
#define VISITED(control, address, member) READ(STATE(address), member)
#define VISITED_ADDRESS(control, address, member) \
	ADDRESS(STATE(address), struct cgroup_subsys_state, member)
#define VISITED_CONTROLLER(control, group, index) \
	READ_U64(ELEMENT(group, struct cgroup, subsys, index))
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
#define VISITED(control, address, member)                                                     \
	COPIED((control)->state_bytes, __typeof__(((struct cgroup_subsys_state *)0)->member), \
	       bpf_core_field_offset(struct cgroup_subsys_state, member))
#define VISITED_ADDRESS(control, address, member) \
	COPIED((control)->state_bytes, __u64,     \
	       bpf_core_field_offset(struct cgroup_subsys_state, member))
#define VISITED_CONTROLLER(control, group, index) \
	COPIED((control)->controller_bytes, __u64, 8 * (index))
#endif

/* The group of a state. */
static __always_inline struct cgroup *group_of(__u64 address)
{
	struct cgroup_subsys_state *state = STATE(address);

	return AS(struct cgroup, READ(state, cgroup));
}

/* The group of a visit; the group's own state is a member of it. */
static __always_inline struct cgroup *visited_group(const struct visit *visit)
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

/* A controller's state of a copied group; 0 if it has none. */
#define CONTROLLER_STATE(control, group, name)                                          \
	(bpf_core_enum_value_exists(enum cgroup_subsys_id, name)                        \
		 ? VISITED_CONTROLLER(control, group,                                   \
				      bpf_core_enum_value(enum cgroup_subsys_id, name)) \
		 : 0)

/* The visited group's. The barrier keeps the compiler from merging paths the verifier must see. */
#define CSS(visit, name)                                                                         \
	({                                                                                       \
		__u64 state_ = (visit)->state;                                                   \
		barrier_var(state_);                                                             \
		if ((visit)->kind == STATE_OF_GROUP)                                             \
			state_ = CONTROLLER_STATE((visit)->control, visited_group(visit), name); \
		STATE(state_);                                                                   \
	})

/*
 * The controller's files exist: v2 enables controllers that others depend on without showing
 * their files. v1 does not, and not reading the flags saves a cache line per group, the main cost
 * of a pass.
 */
static __always_inline bool is_visible(struct cgroup_subsys_state *css,
				       const struct bpf_control *control)
{
	return css != NULL && (control->version == 1 || READ(css, flags) & CSS_VISIBLE);
}

/* Starts a record; false if the group lacks the controller, as its first number then shows. */
static __always_inline bool begin_record(void *record, struct cgroup_subsys_state *css,
					 const struct visit *visit)
{
	__u64 *state = record;

	if (state == NULL)
		return 0;
	*state = is_visible(css, visit->control);
	return *state != BPF_RECORD_ABSENT;
}

/* A member that the running kernel may lack. */
#define NUMBER(from, type_, member) \
	(bpf_core_field_exists(type_, member) ? (__u64)READ(from, member) : BPF_NUMBER_UNKNOWN)
#define COLLECT(to, index, from, type_, member) ((to)->field[index] = NUMBER(from, type_, member))

#endif

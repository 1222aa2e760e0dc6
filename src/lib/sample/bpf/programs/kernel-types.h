/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * kernel-types.h - members of kernel structures that the programs read. Their offsets come from the
 * running kernel's BTF (CO-RE), so the order here does not matter.
 */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_KERNEL_TYPES_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_KERNEL_TYPES_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
#define NULL ((void *)0)

/* From the uapi header, which requires types that a BPF program lacks. */
enum bpf_map_type_used { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_PERCPU_ARRAY = 6 };
enum { BPF_F_MMAPABLE = 1 << 10 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	long counter;
} atomic_long_t;
typedef struct {
	__s64 counter;
} atomic64_t;

struct cgroup;

struct list_head {
	struct list_head *next;
};

struct hrtimer {
	void *function;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct list_head sibling;
	struct list_head children;
	unsigned int flags;
	__u64 serial_nr;
	struct cgroup_subsys_state *parent;
	int nr_populated_csets; /* from Linux 7.1 on, here instead of in struct cgroup */
};

struct kernfs_node {
	const char *name;
	unsigned int hash;
	__u64 id;
};

struct task_cputime {
	unsigned long long sum_exec_runtime;
};

struct cgroup_base_stat {
	struct task_cputime cputime;
};

struct cgroup_freezer_state {
	bool freeze;
};

struct cgroup {
	struct cgroup_subsys_state self;
	unsigned long flags;
	int level; /* 0: the root */
	int max_depth;
	int nr_descendants;
	int nr_dying_descendants;
	int max_descendants;
	int nr_populated_csets;
	int nr_populated_domain_children;
	int nr_populated_threaded_children;
	struct kernfs_node *kn;
	struct cgroup_subsys_state *subsys[1];
	struct cgroup_root *root;
	struct cgroup_base_stat bstat;
	struct cgroup_freezer_state freezer;
};

struct cgroup_root {
	unsigned int flags;
};

/* The numbers depend on the kernel's configuration. */
enum cgroup_subsys_id {
	cpu_cgrp_id = 100,
	cpuacct_cgrp_id,
	memory_cgrp_id,
	pids_cgrp_id,
	freezer_cgrp_id,
	io_cgrp_id,
};

struct page_counter {
	atomic_long_t usage;
	unsigned long failcnt;
	unsigned long watermark;
	unsigned long min;
	unsigned long low;
	unsigned long high;
	unsigned long max;
};

struct memcg_vmstats {
	long state[1];
	unsigned long events[1];
};

enum memcg_memory_event {
	MEMCG_LOW = 100,
	MEMCG_HIGH,
	MEMCG_MAX,
	MEMCG_OOM,
	MEMCG_OOM_KILL,
	MEMCG_OOM_GROUP_KILL,
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
	struct page_counter swap;
	struct page_counter memsw;
	struct page_counter kmem;
	struct page_counter tcpmem;
	unsigned long soft_limit;
	bool oom_group;
	int swappiness;
	int under_oom;
	int oom_kill_disable;
	struct memcg_vmstats *vmstats;
	atomic_long_t memory_events[1];
};

struct pids_cgroup {
	struct cgroup_subsys_state css;
	atomic64_t counter;
	atomic64_t limit;
	__s64 watermark;
	atomic64_t events[1];
	atomic64_t events_local[1];
};

enum pidcg_event {
	PIDCG_MAX = 100,
	PIDCG_FORKFAIL,
};

/* Kernels before the array pids_cgroup.events. */
struct pids_cgroup___limit {
	atomic64_t events_limit;
};

struct cfs_bandwidth {
	__s64 period;
	__u64 quota;
	__u64 burst;
	__u64 runtime;
	__u64 runtime_snap; /* runtime at the start of the period */
	struct hrtimer period_timer;
	struct list_head throttled_cfs_rq;
	int nr_periods;
	int nr_throttled;
	int nr_burst;
	__u64 throttled_time;
	__u64 burst_time;
};

struct rt_bandwidth {
	__s64 rt_period;
	__u64 rt_runtime;
};

struct task_group {
	struct cgroup_subsys_state css;
	int idle;
	unsigned long shares;
	struct cfs_bandwidth cfs_bandwidth;
	struct rt_bandwidth rt_bandwidth;
};

struct timespec64 {
	__s64 tv_sec;
};

struct kernel_cpustat {
	__u64 cpustat[1];
};

enum cpu_usage_stat {
	CPUTIME_USER = 100,
	CPUTIME_NICE,
	CPUTIME_SYSTEM,
	CPUTIME_SOFTIRQ,
	CPUTIME_IRQ,
};

struct cpuacct {
	struct cgroup_subsys_state css;
	__u64 *cpuusage;
	struct kernel_cpustat *cpustat;
};

struct freezer {
	struct cgroup_subsys_state css;
	unsigned int state;
};

enum freezer_state_flags { CGROUP_FREEZING_SELF = 100, CGROUP_FREEZING_PARENT };

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct blkcg_policy_data {
	int plid;
};

struct blkcg {
	struct cgroup_subsys_state css;
	struct blkcg_policy_data *cpd[1];
	struct hlist_head blkg_list;
};

struct gendisk {
	int major;
	int first_minor;
};

struct request_queue {
	struct gendisk *disk;
};

/* Read, written and discarded. */
struct blkg_iostat {
	__u64 bytes[3];
	__u64 ios[3];
};

struct blkg_iostat_set {
	struct blkg_iostat cur;
};

/* A group on a device. */
struct blkcg_gq {
	struct request_queue *q;
	struct hlist_node blkcg_node;
	bool online;
	struct blkg_iostat_set iostat;
};

struct bpf_map {
	__u32 id;
};

struct bpf_array {
	struct bpf_map map;
	void *pptrs[1];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__cgroup {
	struct bpf_iter_meta *meta;
	struct cgroup *cgroup;
};

struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
};

#pragma clang attribute pop

#endif

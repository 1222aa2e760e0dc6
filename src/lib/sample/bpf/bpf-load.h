/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-load.h - loads the BPF programs; returns descriptors and has no other state. */
#pragma once

#include "lib/sample/bpf/programs/records.h"
#include <cgward/base.h>

enum bpf_array_map {
	BPF_ARRAY_CONTROL,
	BPF_ARRAY_GROUPS,
	BPF_ARRAY_NAMES,
	BPF_ARRAY_LEARNED,
	BPF_ARRAY_CPU_ADDRESSES,
	BPF_ARRAY_PERCPU,
	BPF_ARRAY_DEVICES,
	BPF_ARRAY_STATES, /* used by the programs only */
	BPF_ARRAY_PART,   /* the first of BPF_PART_COUNT */
	BPF_ARRAY_COUNT = BPF_ARRAY_PART + (int)BPF_PART_COUNT,
};

/* The array of a part. */
#define BPF_ARRAY_OF(part) ((size_t)BPF_ARRAY_PART + (part))

struct bpf_array_fd {
	int fd;
	uint32_t value_size, entries;
};

/* Descriptors; -1 if not open. */
struct bpf_loaded {
	struct bpf_array_fd arrays[BPF_ARRAY_COUNT];
	int percpu_probe;       /* per-CPU array whose addresses are read */
	int collect;            /* the program that walks a hierarchy */
	int find_cpu_addresses; /* the program that reads these addresses */
	bool flushes_all;       /* the program can flush all statistics, not only CPU time */
};

/* Number of entries per array. */
struct bpf_sizes {
	uint32_t groups;
	uint32_t parts; /* of each part's array */
	uint32_t stats; /* of that of memory.stat: one per group and block */
	uint32_t percpu;
	uint32_t devices;
};

/* Loads the programs. -EOPNOTSUPP: the kernel does not support it; -EPERM: missing privileges. */
int bpf_load(const struct bpf_sizes *sizes, struct bpf_loaded *ret_loaded, struct cgw_diag *diag);
void bpf_unload(struct bpf_loaded *loaded);

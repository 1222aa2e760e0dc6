/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf-load.h - gets the compiled BPF programs into the kernel: afterwards they are descriptors, and
 * nothing of the loading is kept.
 */
#ifndef CGWARD_LIB_SAMPLE_BPF_BPF_LOAD_H
#define CGWARD_LIB_SAMPLE_BPF_BPF_LOAD_H

#include "lib/sample/bpf/programs/records.h"
#include <cgward/base.h>

enum bpf_array_map {
	BPF_ARRAY_CONTROL,
	BPF_ARRAY_GROUPS,
	BPF_ARRAY_NAMES,
	BPF_ARRAY_LEARNED,
	BPF_ARRAY_PLACES,
	BPF_ARRAY_PERCPU,
	BPF_ARRAY_DEVICES,
	BPF_ARRAY_PART, /* the first of BPF_PART_COUNT */
	BPF_ARRAY_COUNT = BPF_ARRAY_PART + (int)BPF_PART_COUNT,
};

/* The array of a part. */
#define BPF_ARRAY_OF(part) ((size_t)BPF_ARRAY_PART + (part))

struct bpf_array_fd {
	int fd;
	uint32_t value_size, entries;
};

/* Descriptors; -1 where there is none. */
struct bpf_loaded {
	struct bpf_array_fd arrays[BPF_ARRAY_COUNT];
	int yardstick;    /* the per-CPU array whose places are looked up */
	int collect;      /* the program that walks a hierarchy */
	int find_places;  /* the program that looks them up */
	bool flushes_all; /* the kernel lets it bring up to date more than a group's CPU time */
};

/* How many entries the arrays get. */
struct bpf_sizes {
	uint32_t groups;
	uint32_t parts; /* each */
	uint32_t percpu;
	uint32_t devices;
};

/*
 * Loads the programs. Fails with
 * -EOPNOTSUPP where the kernel cannot do it, with -EPERM without the rights, each with the reason in
 * `diag`.
 */
int bpf_load(const struct bpf_sizes *sizes, struct bpf_loaded *ret_loaded, struct cgw_diag *diag);
void bpf_unload(struct bpf_loaded *loaded);

#endif

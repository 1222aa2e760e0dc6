/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf-programs.h - the loaded BPF programs and the arrays that they fill. Only its implementation
 * and bpf-load.c use libbpf.
 */
#pragma once

#include "lib/sample/bpf/programs/records.h"
#include <cgward/kernel.h>

struct bpf_programs;

/*
 * Loads the programs for up to `capacity` groups per hierarchy, with `stat_blocks` records of
 * memory.stat each. `ret_hierarchies` receives the subset of `hierarchies` (a mask) that the kernel
 * can walk. -EOPNOTSUPP: not supported by the
 * build or the kernel; -EPERM: privileges are missing.
 */
int bpf_programs_load(const struct cgw_layout *layout, uint32_t capacity, uint32_t stat_blocks,
		      uint32_t hierarchies, struct bpf_programs **ret_programs,
		      uint32_t *ret_hierarchies, struct cgw_diag *diag);
/* Accepts NULL, returns NULL. */
struct bpf_programs *bpf_programs_free(struct bpf_programs *programs);

/* The request for the next pass and the results of the last one. */
struct bpf_control *bpf_programs_control(struct bpf_programs *programs);
uint32_t bpf_programs_capacity(const struct bpf_programs *programs);
/* Records of that hierarchy, by slot. */
struct bpf_group_record *bpf_programs_groups(struct bpf_programs *programs, uint32_t hierarchy);
/* A terminated name, by its offset in the names array. */
const char *bpf_programs_name(const struct bpf_programs *programs, uint32_t offset);
/* The number of records that a group has in the array of memory.stat. */
uint32_t bpf_programs_stat_blocks(const struct bpf_programs *programs);
/* The records of a part: `ret_stride` numbers per slot. */
const uint64_t *bpf_programs_part(const struct bpf_programs *programs, enum bpf_part part,
				  size_t *ret_stride);
/* Number of CPUs with a value each (0: too many CPUs), and these values, grouped by slot. */
uint32_t bpf_programs_percpu_count(const struct bpf_programs *programs);
const uint64_t *bpf_programs_percpu(const struct bpf_programs *programs);
/* Device statistics: BPF_DEVICE_SIZE numbers per entry. */
const uint64_t *bpf_programs_devices(const struct bpf_programs *programs);
/* BPF_OPTION_FLUSH flushes all statistics, not only CPU time. */
bool bpf_programs_flushes_all(const struct bpf_programs *programs);
const struct bpf_learned *bpf_programs_learned(const struct bpf_programs *programs);

/* Walks a hierarchy once. If the control's count exceeds the capacity, groups are missing. */
int bpf_programs_pass(struct bpf_programs *programs, uint32_t hierarchy);

/* Links the program to a group: a descriptor that the caller closes, or a negative error. */
int bpf_programs_link(const struct bpf_programs *programs, int directory);
/* Collects only the group of that link, into the slot after the last. -ENOENT: it was removed. */
int bpf_programs_pass_single(struct bpf_programs *programs, uint32_t hierarchy, int link);

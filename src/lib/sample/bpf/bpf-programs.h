/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf-programs.h - the BPF programs in the kernel: loading them, letting one walk a hierarchy, and the
 * arrays that they fill. The only file of the room that knows libbpf.
 */
#ifndef CGWARD_LIB_SAMPLE_BPF_BPF_PROGRAMS_H
#define CGWARD_LIB_SAMPLE_BPF_BPF_PROGRAMS_H

#include "lib/sample/bpf/programs/records.h"
#include <cgward/kernel.h>

struct bpf_programs;

/*
 * Loads the programs with room for `capacity` groups in each of `hierarchies` (a mask) that the
 * kernel lets them walk; `ret_hierarchies` says which those are. Fails with -EOPNOTSUPP where the
 * build or the kernel cannot do it, with -EPERM without the rights, each with the reason in `diag`.
 */
int bpf_programs_load(const struct cgw_layout *layout, uint32_t capacity, uint32_t hierarchies,
		      struct bpf_programs **ret_programs, uint32_t *ret_hierarchies,
		      struct cgw_diag *diag);
/* Accepts NULL, returns NULL. */
struct bpf_programs *bpf_programs_free(struct bpf_programs *programs);

/* What is asked of the next pass, and how the last one went. */
struct bpf_control *bpf_programs_control(struct bpf_programs *programs);
uint32_t bpf_programs_capacity(const struct bpf_programs *programs);
/* Of that hierarchy; [slot]. */
struct bpf_group_record *bpf_programs_groups(struct bpf_programs *programs, uint32_t hierarchy);
/* A name as it was written, terminated; `place` from 0. */
const char *bpf_programs_name(const struct bpf_programs *programs, uint32_t place);
/* The records of a part: `ret_stride` numbers for each slot. */
const uint64_t *bpf_programs_part(const struct bpf_programs *programs, enum bpf_part part,
				  size_t *ret_stride);
/* How many CPUs are told for themselves; 0: none. Their usages, one after the other for each slot. */
uint32_t bpf_programs_percpu_count(const struct bpf_programs *programs);
const uint64_t *bpf_programs_percpu(const struct bpf_programs *programs);
/* What groups did on devices: BPF_DEVICE_SIZE numbers an entry. */
const uint64_t *bpf_programs_devices(const struct bpf_programs *programs);
/* BPF_FINE_FLUSH is of all statistics, and not of CPU time only. */
bool bpf_programs_flushes_all(const struct bpf_programs *programs);
const struct bpf_learned *bpf_programs_learned(const struct bpf_programs *programs);

/* Walks a hierarchy once. Whether all groups had room stands in the control. */
int bpf_programs_pass(struct bpf_programs *programs, uint32_t hierarchy);

/* To let a program begin at that group: a descriptor to be closed, or a negative error. */
int bpf_programs_link(const struct bpf_programs *programs, int directory);
/* Takes the figures of that link's group alone, into the slot behind the last. -ENOENT: it is gone. */
int bpf_programs_pass_lone(struct bpf_programs *programs, uint32_t hierarchy, int link);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-syscall.h - the operations of bpf(2) that the collector needs. */
#pragma once

#include "lib/sample/bpf/bpf-loader.h"

/* Input and output for each map of a loader. */
struct bpf_map_slot {
	int fd;
	uint32_t entries; /* 0: as in the loader */
	uint64_t initial_value;
};

/*
 * Runs a loader. The descriptors of its maps are stored in `maps`, those of its programs in
 * `programs`; the caller closes them.
 */
int bpf_run_loader(const struct bpf_loader *loader, struct bpf_map_slot *maps, int *programs);

/* These return a descriptor or a negative error. */
int bpf_link_iterator(int program);
int bpf_link_group_iterator(int program, int directory);
int bpf_create_iterator(int link);

/* Runs a program at its tracepoint until the descriptor is closed. */
int bpf_attach_tracepoint(int program);

/*
 * Reads up to `max` entries of a hash map, in no order; the number of entries, or a negative
 * error.
 */
int bpf_map_read(int map, uint32_t max, void *keys, void *values);

/* Also removes them. */
int bpf_map_read_out(int map, uint32_t max, void *keys, void *values);
/* Removes one entry and stores its last value. */
int bpf_map_take(int map, const void *key, void *value);
/* Adds an entry; -EEXIST if there is one. */
int bpf_map_add(int map, const void *key, const void *value);

/* Number of CPUs that may exist; 0 if unknown. */
uint32_t bpf_possible_cpus(void);

/* How often a program was not run, because this CPU was interrupted while it ran it. */
uint64_t bpf_program_missed(int program);

int bpf_map_id(int map, uint32_t *ret_id);

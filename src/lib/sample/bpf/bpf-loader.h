/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf-loader.h - generated programs that create the maps and load the programs of the collector.
 *
 * libbpf generates them (programs/generate); only the kernel is required to run them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bpf_loader_map {
	const char *name;
	uint32_t value_bytes, entries;
};

/* Maps and programs are in the order of the loader's results. */
struct bpf_loader {
	const struct bpf_loader_map *maps;
	const char *const *programs;
	const uint64_t *data, *instructions;
	size_t map_count, program_count, data_bytes, instruction_bytes;
};

/* From the arrays of a generated file. */
#define BPF_LOADER                                                                                 \
	{                                                                                          \
		maps, programs, data, instructions, sizeof(maps) / sizeof(maps[0]),                \
			sizeof(programs) / sizeof(programs[0]), sizeof(data), sizeof(instructions) \
	}

extern const struct bpf_loader bpf_loader_css_direct, bpf_loader_cgroup_direct,
	bpf_loader_cgroup_probe, bpf_loader_run_delay, bpf_loader_reclaim, bpf_loader_io_wait,
	bpf_loader_io_queue, bpf_loader_io_device, bpf_loader_reclaim_alone, bpf_loader_socket,
	bpf_loader_cpu_burst, bpf_loader_quota, bpf_loader_runnable;

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-programs.c - the loaded BPF programs, their mapped arrays and their links. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/sample/bpf/bpf-load.h"
#include "lib/sample/bpf/bpf-programs.h"
#include "lib/sample/bpf/bpf-syscall.h"

/* Average number of device entries per group: a disk and a device stacked on it. */
#define DEVICES_PER_GROUP 2

struct mapping {
	void *bytes;
	size_t size;
	size_t stride; /* bytes per entry */
};

struct bpf_programs {
	struct bpf_loaded loaded;
	int links[CGW_HIERARCHY_MAX]; /* -1: the hierarchy is not walked */
	struct mapping maps[BPF_ARRAY_COUNT];
	uint32_t range[CGW_HIERARCHY_MAX]; /* index of the hierarchy's range in `groups` */
	uint32_t capacity, stat_blocks, group_entries, percpu_count, device_entries;
	uint8_t versions[CGW_HIERARCHY_MAX];
};

struct bpf_programs *bpf_programs_free(struct bpf_programs *programs)
{
	if (programs == NULL)
		return NULL;
	for (size_t i = 0; i < BPF_ARRAY_COUNT; i++)
		if (programs->maps[i].bytes != NULL)
			(void)munmap(programs->maps[i].bytes, programs->maps[i].size);
	for (size_t i = 0; i < CGW_HIERARCHY_MAX; i++)
		if (programs->links[i] >= 0)
			close(programs->links[i]);
	bpf_unload(&programs->loaded);
	free(programs);
	return NULL;
}

static int map_arrays(struct bpf_programs *programs)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < BPF_ARRAY_COUNT; i++) {
		const struct bpf_array_fd *array = &programs->loaded.arrays[i];
		struct mapping *mapping = &programs->maps[i];
		void *bytes;

		mapping->stride = (array->value_size + 7) & ~(size_t)7;
		mapping->size = (mapping->stride * array->entries + page - 1) & ~(page - 1);
		bytes = mmap(NULL, mapping->size, PROT_READ | PROT_WRITE, MAP_SHARED, array->fd, 0);
		if (bytes == MAP_FAILED)
			return -errno;
		mapping->bytes = bytes;
	}
	return 0;
}

/* Runs an iterator to its end. */
static int run_iterator(int link)
{
	CLEANUP(cleanup_close) int fd = bpf_create_iterator(link);
	ssize_t length;
	char byte;

	if (fd < 0)
		return fd;
	/* The programs write no output; the kernel returns EAGAIN from a long walk. */
	do
		length = read(fd, &byte, sizeof(byte));
	while (length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR)));
	return length < 0 ? -errno : 0;
}

/* Computes each CPU's offset in per-CPU memory. Unknown offsets are no error: count stays 0. */
static int find_cpu_offsets(struct bpf_programs *programs)
{
	struct bpf_cpu_addresses *cpu_addresses = programs->maps[BPF_ARRAY_CPU_ADDRESSES].bytes;
	struct bpf_control *control = programs->maps[BPF_ARRAY_CONTROL].bytes;
	CLEANUP(cleanup_close) int link = -1;
	uint32_t cpus = bpf_possible_cpus();
	int r;

	r = bpf_map_id(programs->loaded.percpu_probe, &cpu_addresses->map_id);
	if (r < 0)
		return r;
	link = bpf_link_iterator(programs->loaded.find_cpu_addresses);
	if (link < 0)
		return link;
	r = run_iterator(link);
	if (r < 0 || !cpu_addresses->found || cpus == 0 || cpus > BPF_CPU_MAX)
		return r;
	for (uint32_t i = 0; i < cpus; i++) {
		if (cpu_addresses->cpu[i] == 0)
			return 0;
		control->cpu_offset[i] = cpu_addresses->cpu[i] - cpu_addresses->base;
	}
	control->cpu_count = cpus;
	return 0;
}

int bpf_programs_link(const struct bpf_programs *programs, int directory)
{
	return bpf_link_group_iterator(programs->loaded.collect, directory);
}

/* Links the program to each hierarchy that the kernel can walk. */
static uint32_t attach(struct bpf_programs *programs, const struct cgw_layout *layout,
		       uint32_t hierarchies)
{
	uint32_t attached = 0, range = 0;

	for (uint32_t h = 0; h < layout->hierarchy_count; h++) {
		if (!(hierarchies & UINT32_C(1) << h))
			continue;
		programs->links[h] = bpf_programs_link(programs, layout->hierarchies[h].fd);
		if (programs->links[h] < 0)
			continue; /* v1 before Linux 6.2 */
		programs->range[h] = range++;
		programs->versions[h] = (uint8_t)layout->hierarchies[h].version;
		attached |= UINT32_C(1) << h;
	}
	return attached;
}

static int load(struct bpf_programs *programs, const struct cgw_layout *layout,
		uint32_t hierarchies, uint32_t *ret_hierarchies, struct cgw_diag *diag)
{
	uint32_t cpus = bpf_possible_cpus();
	struct bpf_sizes sizes = {
		.groups = programs->capacity * (uint32_t)layout->hierarchy_count + BPF_SINGLE_MAX,
		.parts = programs->capacity + BPF_SINGLE_MAX,
		.stats = (programs->capacity + BPF_SINGLE_MAX) * programs->stat_blocks,
		.percpu = 1,
		.devices = DEVICES_PER_GROUP * programs->capacity + BPF_DEVICE_MAX,
	};
	int r;

	programs->group_entries = sizes.groups;
	programs->device_entries = sizes.devices;
	if (cpus > 0 && cpus <= BPF_PERCPU_MAX) {
		programs->percpu_count = cpus;
		sizes.percpu = sizes.parts * cpus;
	}
	r = bpf_load(&sizes, &programs->loaded, diag);
	if (r < 0)
		return r;
	r = map_arrays(programs);
	if (r == 0)
		r = find_cpu_offsets(programs);
	if (r < 0)
		return cgw_diag_set(diag, r == -ENOMEM ? r : -EOPNOTSUPP,
				    "cannot use the BPF programs: %s", strerror(-r));
	*ret_hierarchies = attach(programs, layout, hierarchies);
	if (*ret_hierarchies == 0)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "BPF programs cannot walk the hierarchies (cgroup v2 requires "
				    "Linux 6.1, cgroup v1 Linux 6.2)");
	return 0;
}

int bpf_programs_load(const struct cgw_layout *layout, uint32_t capacity, uint32_t stat_blocks,
		      uint32_t hierarchies, struct bpf_programs **ret_programs,
		      uint32_t *ret_hierarchies, struct cgw_diag *diag)
{
	struct bpf_programs *programs = calloc(1, sizeof(*programs));
	int r;

	if (programs == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	programs->capacity = capacity;
	programs->stat_blocks = stat_blocks;
	memset(programs->links, 0xff, sizeof(programs->links));
	r = load(programs, layout, hierarchies, ret_hierarchies, diag);
	if (r < 0) {
		bpf_programs_free(programs);
		return r;
	}
	bpf_programs_control(programs)->stat_stride = capacity + BPF_SINGLE_MAX;
	*ret_programs = programs;
	return 0;
}

struct bpf_control *bpf_programs_control(struct bpf_programs *programs)
{
	return programs->maps[BPF_ARRAY_CONTROL].bytes;
}

uint32_t bpf_programs_stat_blocks(const struct bpf_programs *programs)
{
	return programs->stat_blocks;
}

uint32_t bpf_programs_capacity(const struct bpf_programs *programs)
{
	return programs->capacity;
}

struct bpf_group_record *bpf_programs_groups(struct bpf_programs *programs, uint32_t hierarchy)
{
	struct bpf_group_record *groups = programs->maps[BPF_ARRAY_GROUPS].bytes;

	return groups + (size_t)programs->range[hierarchy] * programs->capacity;
}

const char *bpf_programs_name(const struct bpf_programs *programs, uint32_t offset)
{
	return (const char *)programs->maps[BPF_ARRAY_NAMES].bytes + offset;
}

const uint64_t *bpf_programs_part(const struct bpf_programs *programs, enum bpf_part part,
				  size_t *ret_stride)
{
	const struct mapping *mapping = &programs->maps[BPF_ARRAY_OF(part)];

	*ret_stride = mapping->stride / sizeof(uint64_t);
	return mapping->bytes;
}

uint32_t bpf_programs_percpu_count(const struct bpf_programs *programs)
{
	return programs->percpu_count;
}

const uint64_t *bpf_programs_percpu(const struct bpf_programs *programs)
{
	return programs->maps[BPF_ARRAY_PERCPU].bytes;
}

const uint64_t *bpf_programs_devices(const struct bpf_programs *programs)
{
	return programs->maps[BPF_ARRAY_DEVICES].bytes;
}

bool bpf_programs_flushes_all(const struct bpf_programs *programs)
{
	return programs->loaded.flushes_all;
}

const struct bpf_learned *bpf_programs_learned(const struct bpf_programs *programs)
{
	return programs->maps[BPF_ARRAY_LEARNED].bytes;
}

int bpf_programs_pass(struct bpf_programs *programs, uint32_t hierarchy)
{
	struct bpf_control *control = bpf_programs_control(programs);

	control->version = programs->versions[hierarchy];
	control->base = programs->range[hierarchy] * programs->capacity;
	control->first = 0;
	control->capacity = programs->capacity;
	control->device_first = 0;
	control->device_end = programs->device_entries - BPF_DEVICE_MAX;
	control->single = false;
	return run_iterator(programs->links[hierarchy]);
}

int bpf_programs_pass_single(struct bpf_programs *programs, uint32_t hierarchy, int link)
{
	struct bpf_control *control = bpf_programs_control(programs);
	int r;

	control->version = programs->versions[hierarchy];
	control->first = programs->capacity;
	control->base = programs->group_entries - BPF_SINGLE_MAX - control->first;
	control->capacity = BPF_SINGLE_MAX;
	control->device_first = programs->device_entries - BPF_DEVICE_MAX;
	control->device_end = programs->device_entries;
	control->single = true;
	control->count = 0;
	r = run_iterator(link);
	return r == 0 && control->count == 0 ? -ENOENT : r;
}

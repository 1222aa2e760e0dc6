/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf-load.c - loads the BPF programs by their generated loaders.
 *
 * A loader creates the maps and loads the programs in one call; the kernel relocates them (from
 * Linux 5.17 on), so that its BTF of some megabytes is not read by this process.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"
#include "lib/sample/bpf/bpf-load.h"
#include "lib/sample/bpf/bpf-syscall.h"

/* Upper bounds for a loader. */
#define MAP_MAX     32
#define PROGRAM_MAX 4
/* The kernel's verifier returns EAGAIN if a signal is pending. */
#define ATTEMPT_MAX 5

/* As in programs/collect.bpf.c. */
static const char *const array_names[BPF_ARRAY_COUNT] = {
	[BPF_ARRAY_CONTROL] = "control",
	[BPF_ARRAY_GROUPS] = "groups",
	[BPF_ARRAY_NAMES] = "names",
	[BPF_ARRAY_LEARNED] = "learned",
	[BPF_ARRAY_CPU_ADDRESSES] = "cpu_addresses",
	[BPF_ARRAY_PERCPU] = "percpu",
	[BPF_ARRAY_DEVICES] = "devices",
	[BPF_ARRAY_STATES] = "states",
	[BPF_ARRAY_OF(BPF_PART_CORE)] = "core",
	[BPF_ARRAY_OF(BPF_PART_CORE_STATES)] = "core_states",
	[BPF_ARRAY_OF(BPF_PART_CPU)] = "cpu",
	[BPF_ARRAY_OF(BPF_PART_CPUACCT)] = "cpuacct",
	[BPF_ARRAY_OF(BPF_PART_MEMORY)] = "memory",
	[BPF_ARRAY_OF(BPF_PART_LIMITS)] = "limits",
	[BPF_ARRAY_OF(BPF_PART_STAT)] = "stat",
	[BPF_ARRAY_OF(BPF_PART_PIDS)] = "pids",
	[BPF_ARRAY_OF(BPF_PART_PIDS_LIMITS)] = "pids_limits",
	[BPF_ARRAY_OF(BPF_PART_FREEZER)] = "freezer",
	[BPF_ARRAY_OF(BPF_PART_IO)] = "io",
	[BPF_ARRAY_OF(BPF_PART_WEIGHT)] = "weight",
	[BPF_ARRAY_OF(BPF_PART_DEVICE)] = "device",
};

/* The running kernel decides which one loads. */
struct variant {
	unsigned major, minor; /* first kernel version for which it is tried first */
	const struct bpf_loader *loader;
	bool flushes_all; /* flushes all controllers' statistics, not only the groups' own */
};

/* Distributions backport features, so all are tried, starting with the likely one. */
static const struct variant variants[] = {
	{6, 16, &bpf_loader_css_direct, false},
	{6, 2, &bpf_loader_cgroup_direct, true},
	{0, 0, &bpf_loader_cgroup_probe, true},
};

static size_t likely_variant(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;
	size_t i = 0;

	/* NOLINTNEXTLINE(cert-err34-c): kernel versions fit */
	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0;
	while (i + 1 < ARRAY_SIZE(variants) &&
	       (major < variants[i].major ||
		(major == variants[i].major && minor < variants[i].minor)))
		i++;
	return i;
}

static int set_load_error(int error, struct cgw_diag *diag)
{
	if (error == -EPERM)
		return cgw_diag_set(
			diag, -EPERM,
			"loading BPF programs requires CAP_BPF and CAP_PERFMON, or root");
	if (error == -ENOMEM)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	return cgw_diag_set(diag, -EOPNOTSUPP, "cannot load the BPF programs: %s",
			    strerror(-error));
}

static uint32_t requested_entries(const struct bpf_sizes *sizes, size_t array)
{
	if (array == BPF_ARRAY_OF(BPF_PART_STAT))
		return sizes->stats;
	if (array >= BPF_ARRAY_PART)
		return sizes->parts;
	switch (array) {
	case BPF_ARRAY_GROUPS:
	case BPF_ARRAY_STATES:
		return sizes->groups;
	case BPF_ARRAY_PERCPU:
		return sizes->percpu;
	case BPF_ARRAY_DEVICES:
		return sizes->devices;
	default:
		return 0; /* as in the loader */
	}
}

/* BPF_ARRAY_COUNT if it is no array. */
static size_t find_array(const char *name)
{
	size_t array = 0;

	while (array < BPF_ARRAY_COUNT && strcmp(array_names[array], name) != 0)
		array++;
	return array;
}

static void store_maps(const struct bpf_loader *loader, const struct bpf_map_slot *maps,
		       struct bpf_loaded *loaded)
{
	for (size_t i = 0; i < loader->map_count; i++) {
		size_t array = find_array(loader->maps[i].name);

		if (array == BPF_ARRAY_COUNT)
			loaded->percpu_probe = maps[i].fd;
		else
			loaded->arrays[array] = (struct bpf_array_fd){
				.fd = maps[i].fd,
				.value_size = loader->maps[i].value_bytes,
				.entries = maps[i].entries > 0 ? maps[i].entries
							       : loader->maps[i].entries,
			};
	}
}

static void store_programs(const struct bpf_loader *loader, const int *programs,
			   struct bpf_loaded *loaded)
{
	for (size_t i = 0; i < loader->program_count; i++)
		if (strcmp(loader->programs[i], "collect") == 0)
			loaded->collect = programs[i];
		else
			loaded->find_cpu_addresses = programs[i];
}

static void reset(struct bpf_loaded *loaded)
{
	*loaded = (struct bpf_loaded){.percpu_probe = -1, .collect = -1, .find_cpu_addresses = -1};
	for (size_t i = 0; i < BPF_ARRAY_COUNT; i++)
		loaded->arrays[i].fd = -1;
}

static int load(const struct variant *variant, const struct bpf_sizes *sizes,
		struct bpf_loaded *loaded)
{
	const struct bpf_loader *loader = variant->loader;
	struct bpf_map_slot maps[MAP_MAX] = {0};
	int programs[PROGRAM_MAX] = {0}, r = -EAGAIN;

	if (loader->map_count > MAP_MAX || loader->program_count > PROGRAM_MAX)
		return -E2BIG;
	for (size_t i = 0; i < loader->map_count; i++)
		maps[i].entries = requested_entries(sizes, find_array(loader->maps[i].name));
	for (int attempt = 0; attempt < ATTEMPT_MAX && r == -EAGAIN; attempt++)
		r = bpf_run_loader(loader, maps, programs);
	if (r < 0)
		return r;
	store_maps(loader, maps, loaded);
	store_programs(loader, programs, loaded);
	loaded->flushes_all = variant->flushes_all;
	return 0;
}

/* Tries the likely variant first, then the others; returns the error of the likely one. */
static int load_variants(const struct bpf_sizes *sizes, struct bpf_loaded *loaded)
{
	size_t first = likely_variant();
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		const struct variant *variant = &variants[(first + i) % ARRAY_SIZE(variants)];
		int error = load(variant, sizes, loaded);

		DEBUG(CGW_DEBUG_BPF, "programs for Linux %u.%u: %s", variant->major, variant->minor,
		      error == 0 ? "loaded" : strerror(-error));
		if (error == 0 || error == -EPERM || error == -ENOMEM)
			return error;
		r = i == 0 ? error : r;
	}
	return r;
}

int bpf_load(const struct bpf_sizes *sizes, struct bpf_loaded *ret_loaded, struct cgw_diag *diag)
{
	int r;

	reset(ret_loaded);
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "the kernel has no BTF (/sys/kernel/btf/vmlinux)");
	r = load_variants(sizes, ret_loaded);
	return r < 0 ? set_load_error(r, diag) : 0;
}

static void close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

void bpf_unload(struct bpf_loaded *loaded)
{
	for (size_t i = 0; i < BPF_ARRAY_COUNT; i++)
		close_one(loaded->arrays[i].fd);
	close_one(loaded->percpu_probe);
	close_one(loaded->collect);
	close_one(loaded->find_cpu_addresses);
	reset(loaded);
}

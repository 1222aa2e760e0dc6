/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf-load.c - loader of the compiled BPF programs, through libbpf.
 *
 * Loading is the most expensive part of a single sample, mostly because libbpf reads the kernel's
 * whole BTF (some megabytes) to relocate the programs. The kernel can do that itself: libbpf
 * generates a loader program that creates the maps and loads the others, and one call runs it. If
 * that fails for any reason, libbpf loads the programs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <bpf/skel_internal.h>

#include "lib/base/cleanup.h"
#include "lib/sample/bpf/bpf-load.h"

/* The compiled programs, embedded by programs/objects.c.in. */
extern const unsigned char bpf_object_direct[], bpf_object_direct_end[];
extern const unsigned char bpf_object_probe[], bpf_object_probe_end[];

/* Upper bound of maps and programs in an object. */
#define MAP_MAX 32

static const char *const array_names[BPF_ARRAY_COUNT] = {
	[BPF_ARRAY_CONTROL] = "control",
	[BPF_ARRAY_GROUPS] = "groups",
	[BPF_ARRAY_NAMES] = "names",
	[BPF_ARRAY_LEARNED] = "learned",
	[BPF_ARRAY_CPU_ADDRESSES] = "cpu_addresses",
	[BPF_ARRAY_PERCPU] = "percpu",
	[BPF_ARRAY_DEVICES] = "devices",
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

/* A combination of object and program; the running kernel decides which one loads. */
struct variant {
	unsigned major, minor; /* first kernel version for which it is tried first */
	bool direct_loads;     /* bpf_rdonly_cast */
	const char *collect; /* program that calls the kernel's flush function by its name there */
	const char *unused;  /* program for the other name: not loaded */
	bool flushes_all;    /* flushes all controllers' statistics, not only the groups' own */
};

/* Distributions backport features, so all are tried, starting with the likely one. */
static const struct variant variants[] = {
	{6, 16, true, "collect_css_flush", "collect_cgroup_flush", false},
	{6, 2, true, "collect_cgroup_flush", "collect_css_flush", true},
	{0, 0, false, "collect_cgroup_flush", "collect_css_flush", true},
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

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

static int set_entries(struct bpf_object *object, size_t array, uint32_t entries)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(object, array_names[array]),
					entries);
}

static int open_object(const struct variant *variant, const struct bpf_sizes *sizes,
		       struct bpf_object **ret_object)
{
	const unsigned char *start = variant->direct_loads ? bpf_object_direct : bpf_object_probe;
	const unsigned char *end =
		variant->direct_loads ? bpf_object_direct_end : bpf_object_probe_end;
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "cgward");
	CLEANUP(close_object)
	struct bpf_object *object = bpf_object__open_mem(start, (size_t)(end - start), &options);
	struct bpf_program *unused;
	int r = 0;

	if (object == NULL)
		return -errno;
	unused = bpf_object__find_program_by_name(object, variant->unused);
	if (unused != NULL)
		r = bpf_program__set_autoload(unused, false);
	for (size_t part = 0; part < BPF_PART_COUNT && r == 0; part++)
		r = set_entries(object, BPF_ARRAY_OF(part), sizes->parts);
	if (r == 0)
		r = set_entries(object, BPF_ARRAY_GROUPS, sizes->groups);
	if (r == 0)
		r = set_entries(object, BPF_ARRAY_PERCPU, sizes->percpu);
	if (r == 0)
		r = set_entries(object, BPF_ARRAY_DEVICES, sizes->devices);
	if (r == 0)
		r = bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "states"),
					     sizes->groups);
	if (r == 0)
		*ret_object = steal_pointer(&object);
	return r;
}

/* The kernel truncates names. */
static bool is_named(const char *truncated, const char *name)
{
	return strncmp(truncated, name, BPF_OBJ_NAME_LEN - 1) == 0;
}

/* Stores a map's descriptor by the map's name. */
static void store_map(struct bpf_loaded *loaded, int fd)
{
	struct bpf_map_info info = {0};
	uint32_t info_size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &info_size) < 0)
		return;
	if (is_named(info.name, "percpu_probe") && loaded->percpu_probe < 0) {
		loaded->percpu_probe = fd;
		return;
	}
	for (size_t i = 0; i < BPF_ARRAY_COUNT; i++)
		if (is_named(info.name, array_names[i]) && loaded->arrays[i].fd < 0) {
			loaded->arrays[i] =
				(struct bpf_array_fd){fd, info.value_size, info.max_entries};
			return;
		}
	close(fd);
}

static void store_program(struct bpf_loaded *loaded, const struct variant *variant, int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t info_size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &info_size) < 0)
		return;
	if (is_named(info.name, "find_cpu_addresses") && loaded->find_cpu_addresses < 0)
		loaded->find_cpu_addresses = fd;
	else if (is_named(info.name, variant->collect) && loaded->collect < 0)
		loaded->collect = fd;
	else
		close(fd);
}

static bool is_complete(const struct bpf_loaded *loaded)
{
	for (size_t i = 0; i < BPF_ARRAY_COUNT; i++)
		if (loaded->arrays[i].fd < 0)
			return false;
	return loaded->percpu_probe >= 0 && loaded->collect >= 0 && loaded->find_cpu_addresses >= 0;
}

static void reset(struct bpf_loaded *loaded)
{
	*loaded = (struct bpf_loaded){.percpu_probe = -1, .collect = -1, .find_cpu_addresses = -1};
	for (size_t i = 0; i < BPF_ARRAY_COUNT; i++)
		loaded->arrays[i].fd = -1;
}

/* Input and output of the loader program. */
struct loader_context {
	struct bpf_loader_ctx head;
	union {
		struct bpf_map_desc maps[MAP_MAX];
		struct bpf_prog_desc programs[MAP_MAX * sizeof(struct bpf_map_desc) /
					      sizeof(struct bpf_prog_desc)];
	};
};

static int run_loader(const struct gen_loader_opts *loader, struct loader_context *context,
		      size_t maps, size_t programs)
{
	struct bpf_load_and_run_opts run = {
		.ctx = &context->head,
		.data = loader->data,
		.insns = loader->insns,
		.data_sz = loader->data_sz,
		.insns_sz = loader->insns_sz,
	};

	context->head.sz = (uint32_t)(sizeof(context->head) + maps * sizeof(context->maps[0]) +
				      programs * sizeof(context->programs[0]));
	return bpf_load_and_run(&run);
}

/* The kernel relocates the programs. */
static int load_in_kernel(struct bpf_object *object, const struct variant *variant,
			  struct bpf_loaded *loaded)
{
	struct gen_loader_opts loader = {.sz = sizeof(loader)};
	struct loader_context context = {0};
	size_t maps = 0, programs = 0, i;
	struct bpf_program *program;
	struct bpf_map *map;
	int r;

	bpf_object__for_each_map(map, object) maps++;
	bpf_object__for_each_program(program, object) programs++;
	if (maps + programs > MAP_MAX)
		return -E2BIG;
	r = bpf_object__gen_loader(object, &loader);
	if (r == 0)
		r = bpf_object__load(object);
	if (r == 0)
		r = run_loader(&loader, &context, maps, programs);
	if (r < 0)
		return r;
	for (i = 0; i < maps; i++)
		store_map(loaded, context.maps[i].map_fd);
	/* Program descriptors follow those of the maps; programs that were not loaded have 0. */
	for (i = 0; i < programs; i++) {
		int fd = context.programs[i + maps * sizeof(context.maps[0]) /
						      sizeof(context.programs[0])]
				 .prog_fd;

		if (fd > 0)
			store_program(loaded, variant, fd);
	}
	return is_complete(loaded) ? 0 : -EBADF;
}

static int copy_fd(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* libbpf relocates the programs. */
static int load_by_libbpf(struct bpf_object *object, const struct variant *variant,
			  struct bpf_loaded *loaded)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int r = bpf_object__load(object);

	if (r < 0)
		return r;
	bpf_object__for_each_map(map, object) store_map(loaded, copy_fd(bpf_map__fd(map)));
	bpf_object__for_each_program(program, object)
	{
		if (bpf_program__fd(program) >= 0)
			store_program(loaded, variant, copy_fd(bpf_program__fd(program)));
	}
	return is_complete(loaded) ? 0 : -EMFILE;
}

typedef int load_function(struct bpf_object *object, const struct variant *variant,
			  struct bpf_loaded *loaded);

/* Tries the likely variant first, then the others. */
static int load_variants(load_function *load, const struct bpf_sizes *sizes,
			 struct bpf_loaded *loaded)
{
	size_t first = likely_variant();
	int r = -EOPNOTSUPP;

	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		const struct variant *variant = &variants[(first + i) % ARRAY_SIZE(variants)];
		CLEANUP(close_object) struct bpf_object *object = NULL;
		int error = open_object(variant, sizes, &object);

		if (error == 0)
			error = load(object, variant, loaded);
		if (error == 0) {
			loaded->flushes_all = variant->flushes_all;
			return 0;
		}
		bpf_unload(loaded);
		r = i == 0 ? error : r;
		if (error == -EPERM || error == -ENOMEM)
			return error;
	}
	return r;
}

int bpf_load(const struct bpf_sizes *sizes, struct bpf_loaded *ret_loaded, struct cgw_diag *diag)
{
	libbpf_print_fn_t print;
	int r;

	reset(ret_loaded);
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "the kernel has no BTF (/sys/kernel/btf/vmlinux)");
	/* Keep libbpf from printing to the standard error of the program. */
	print = libbpf_set_print(NULL);
	r = load_variants(load_in_kernel, sizes, ret_loaded);
	if (r < 0 && r != -EPERM && r != -ENOMEM)
		r = load_variants(load_by_libbpf, sizes, ret_loaded);
	(void)libbpf_set_print(print);
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

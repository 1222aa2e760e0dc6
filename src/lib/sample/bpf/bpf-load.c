/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf-load.c - gets the compiled BPF programs into the kernel, through libbpf.
 *
 * Loading is what a single sample pays most for, and most of loading is that libbpf reads the kernel's
 * whole type information (some megabytes) to fit the programs to it. The kernel can do that itself:
 * libbpf writes a small program that creates the maps and loads the others, and one call runs it. Where
 * that fails for whatever reason libbpf does it all.
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

/* The compiled programs, within this one (bpf/objects.c.in). */
extern const unsigned char bpf_object_direct[], bpf_object_direct_end[];
extern const unsigned char bpf_object_probe[], bpf_object_probe_end[];

/* More maps than the programs have. */
#define MAP_MAX 32

static const char *const array_names[BPF_ARRAY_COUNT] = {
	[BPF_ARRAY_CONTROL] = "control",
	[BPF_ARRAY_GROUPS] = "groups",
	[BPF_ARRAY_NAMES] = "names",
	[BPF_ARRAY_LEARNED] = "learned",
	[BPF_ARRAY_PLACES] = "places",
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

/* Which of the compiled programs is to be loaded; what the running kernel offers decides. */
struct variant {
	unsigned major, minor; /* from this kernel on it is tried first */
	bool direct_loads;     /* bpf_rdonly_cast */
	const char *collect;   /* for the name of the function that brings statistics up to date */
	const char *unfit;     /* for its other name */
	bool flushes_all; /* which is of all controllers' statistics, and not of the groups' own */
};

/* Distributions carry things back, so all are tried; the first guess is nearly always right. */
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

	/* NOLINTNEXTLINE(cert-err34-c): what does not fit is no version */
	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0;
	while (i + 1 < ARRAY_SIZE(variants) &&
	       (major < variants[i].major ||
		(major == variants[i].major && minor < variants[i].minor)))
		i++;
	return i;
}

static int say_why_not(int error, struct cgw_diag *diag)
{
	if (error == -EPERM)
		return cgw_diag_set(diag, -EPERM,
				    "loading BPF programs is not allowed: CAP_BPF and CAP_PERFMON, "
				    "or root, are wanted");
	if (error == -ENOMEM)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	return cgw_diag_set(diag, -EOPNOTSUPP, "the kernel does not take the BPF programs: %s",
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
	struct bpf_program *unfit;
	int r = 0;

	if (object == NULL)
		return -errno;
	unfit = bpf_object__find_program_by_name(object, variant->unfit);
	if (unfit != NULL)
		r = bpf_program__set_autoload(unfit, false);
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

/* The kernel keeps the first letters of a name. */
static bool is_named(const char *kept, const char *name)
{
	return strncmp(kept, name, BPF_OBJ_NAME_LEN - 1) == 0;
}

/* Puts a map's descriptor where its name says it belongs. */
static void place_map(struct bpf_loaded *loaded, int fd)
{
	struct bpf_map_info info = {0};
	uint32_t info_size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &info_size) < 0)
		return;
	if (is_named(info.name, "yardstick") && loaded->yardstick < 0) {
		loaded->yardstick = fd;
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

static void place_program(struct bpf_loaded *loaded, const struct variant *variant, int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t info_size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &info_size) < 0)
		return;
	if (is_named(info.name, "find_cpu_places") && loaded->find_places < 0)
		loaded->find_places = fd;
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
	return loaded->yardstick >= 0 && loaded->collect >= 0 && loaded->find_places >= 0;
}

static void reset(struct bpf_loaded *loaded)
{
	*loaded = (struct bpf_loaded){.yardstick = -1, .collect = -1, .find_places = -1};
	for (size_t i = 0; i < BPF_ARRAY_COUNT; i++)
		loaded->arrays[i].fd = -1;
}

/* What the loading program is handed, and hands back. */
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

/* The kernel fits the programs to itself. */
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
		place_map(loaded, context.maps[i].map_fd);
	/* Behind the maps, those that were loaded first; the rest stays 0. */
	for (i = 0; i < programs; i++) {
		int fd = context.programs[i + maps * sizeof(context.maps[0]) /
						      sizeof(context.programs[0])]
				 .prog_fd;

		if (fd > 0)
			place_program(loaded, variant, fd);
	}
	return is_complete(loaded) ? 0 : -EBADF;
}

static int copy_fd(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* libbpf fits the programs to the kernel. */
static int load_by_library(struct bpf_object *object, const struct variant *variant,
			   struct bpf_loaded *loaded)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int r = bpf_object__load(object);

	if (r < 0)
		return r;
	bpf_object__for_each_map(map, object) place_map(loaded, copy_fd(bpf_map__fd(map)));
	bpf_object__for_each_program(program, object)
	{
		if (bpf_program__fd(program) >= 0)
			place_program(loaded, variant, copy_fd(bpf_program__fd(program)));
	}
	return is_complete(loaded) ? 0 : -EMFILE;
}

typedef int load_function(struct bpf_object *object, const struct variant *variant,
			  struct bpf_loaded *loaded);

/* The first guess, then whatever else there is. */
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
		return cgw_diag_set(diag, -EOPNOTSUPP, "the kernel has no BTF");
	/* It writes to standard error otherwise, which is the program's. */
	print = libbpf_set_print(NULL);
	r = load_variants(load_in_kernel, sizes, ret_loaded);
	if (r < 0 && r != -EPERM && r != -ENOMEM)
		r = load_variants(load_by_library, sizes, ret_loaded);
	(void)libbpf_set_print(print);
	return r < 0 ? say_why_not(r, diag) : 0;
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
	close_one(loaded->yardstick);
	close_one(loaded->collect);
	close_one(loaded->find_places);
	reset(loaded);
}

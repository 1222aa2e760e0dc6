/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-programs.c - the BPF programs in the kernel, through libbpf. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "sample/bpf-programs.h"

/* The compiled programs, within this one (bpf/objects.c.in). */
extern const unsigned char bpf_object_direct[], bpf_object_direct_end[];
extern const unsigned char bpf_object_probe[], bpf_object_probe_end[];

enum {
	MAP_CONTROL,
	MAP_GROUPS,
	MAP_NAMES,
	MAP_LEARNED,
	MAP_PLACES,
	MAP_PART, /* the first of BPF_PART_COUNT */
	MAP_COUNT = MAP_PART + BPF_PART_COUNT,
};

static const char *const map_names[MAP_COUNT] = {
	[MAP_CONTROL] = "control",
	[MAP_GROUPS] = "groups",
	[MAP_NAMES] = "names",
	[MAP_LEARNED] = "learned",
	[MAP_PLACES] = "places",
	[MAP_PART + BPF_PART_CORE] = "core",
	[MAP_PART + BPF_PART_CPU] = "cpu",
	[MAP_PART + BPF_PART_CPUACCT] = "cpuacct",
	[MAP_PART + BPF_PART_MEMORY] = "memory",
	[MAP_PART + BPF_PART_PIDS] = "pids",
	[MAP_PART + BPF_PART_FREEZER] = "freezer",
	[MAP_PART + BPF_PART_IO] = "io",
};

struct mapping {
	void *bytes;
	size_t size;
	size_t stride; /* bytes an entry */
};

struct bpf_programs {
	struct bpf_object *object;
	struct bpf_link *links[CGW_HIERARCHY_MAX];
	struct mapping maps[MAP_COUNT];
	uint32_t range[CGW_HIERARCHY_MAX]; /* of `groups`, for each hierarchy that is walked */
	uint32_t capacity;
	uint8_t versions[CGW_HIERARCHY_MAX];
};

struct bpf_programs *bpf_programs_free(struct bpf_programs *programs)
{
	if (programs == NULL)
		return NULL;
	for (size_t i = 0; i < MAP_COUNT; i++)
		if (programs->maps[i].bytes != NULL)
			(void)munmap(programs->maps[i].bytes, programs->maps[i].size);
	for (size_t i = 0; i < CGW_HIERARCHY_MAX; i++)
		bpf_link__destroy(programs->links[i]);
	bpf_object__close(programs->object);
	free(programs);
	return NULL;
}

/* Which of the compiled programs is to be loaded; what the running kernel offers decides. */
struct variant {
	unsigned major, minor; /* from this kernel on it is tried first */
	bool direct_loads;     /* bpf_rdonly_cast */
	bool css_flush;        /* css_rstat_flush, else cgroup_rstat_flush */
};

/* Distributions carry things back, so all are tried; the first guess is nearly always right. */
static const struct variant variants[] = {
	{6, 16, true, true},
	{6, 2, true, false},
	{0, 0, false, false},
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

static int open_object(const struct variant *variant, uint32_t capacity, uint32_t hierarchy_count,
		       struct bpf_object **ret_object)
{
	const unsigned char *start = variant->direct_loads ? bpf_object_direct : bpf_object_probe;
	const unsigned char *end =
		variant->direct_loads ? bpf_object_direct_end : bpf_object_probe_end;
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "cgward");
	struct bpf_object *object = bpf_object__open_mem(start, (size_t)(end - start), &options);
	struct bpf_program *unfit;
	int r = 0;

	if (object == NULL)
		return -errno;
	unfit = bpf_object__find_program_by_name(object, variant->css_flush ? "collect_cgroup_flush"
									    : "collect_css_flush");
	if (unfit != NULL)
		r = bpf_program__set_autoload(unfit, false);
	for (size_t i = MAP_PART; i < MAP_COUNT && r == 0; i++)
		r = bpf_map__set_max_entries(bpf_object__find_map_by_name(object, map_names[i]),
					     capacity);
	if (r == 0)
		r = bpf_map__set_max_entries(
			bpf_object__find_map_by_name(object, map_names[MAP_GROUPS]),
			capacity * hierarchy_count);
	if (r < 0) {
		bpf_object__close(object);
		return r;
	}
	*ret_object = object;
	return 0;
}

static int map_arrays(struct bpf_programs *programs)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < MAP_COUNT; i++) {
		const struct bpf_map *map =
			bpf_object__find_map_by_name(programs->object, map_names[i]);
		struct mapping *mapping = &programs->maps[i];
		void *bytes;

		if (map == NULL)
			return -ENOENT;
		mapping->stride = (bpf_map__value_size(map) + 7) & ~(size_t)7;
		mapping->size =
			(mapping->stride * bpf_map__max_entries(map) + page - 1) & ~(page - 1);
		bytes = mmap(NULL, mapping->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			     bpf_map__fd(map), 0);
		if (bytes == MAP_FAILED)
			return -errno;
		mapping->bytes = bytes;
	}
	return 0;
}

/* Lets an iterator run to its end. */
static int run_iterator(const struct bpf_link *link)
{
	CLEANUP(cleanup_close) int fd = bpf_iter_create(bpf_link__fd(link));
	ssize_t length;
	char byte;

	if (fd < 0)
		return -errno;
	/* The programs write nothing there; a long walk is asked to come again. */
	do
		length = read(fd, &byte, sizeof(byte));
	while (length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR)));
	return length < 0 ? -errno : 0;
}

/* How far each CPU's part of per-CPU memory is from the base. None known is no error: count 0. */
static int find_cpu_offsets(struct bpf_programs *programs)
{
	struct bpf_places *places = programs->maps[MAP_PLACES].bytes;
	struct bpf_control *control = programs->maps[MAP_CONTROL].bytes;
	const struct bpf_map *yardstick =
		bpf_object__find_map_by_name(programs->object, "yardstick");
	struct bpf_map_info info = {0};
	uint32_t info_size = sizeof(info);
	int cpus = libbpf_num_possible_cpus(), r;
	struct bpf_link *link;

	if (yardstick == NULL || places == NULL ||
	    bpf_obj_get_info_by_fd(bpf_map__fd(yardstick), &info, &info_size) < 0)
		return -errno;
	places->map_id = info.id;
	link = bpf_program__attach_iter(
		bpf_object__find_program_by_name(programs->object, "find_cpu_places"), NULL);
	if (link == NULL)
		return -errno;
	r = run_iterator(link);
	bpf_link__destroy(link);
	if (r < 0 || !places->found || cpus <= 0 || cpus > BPF_CPU_MAX)
		return r;
	for (int i = 0; i < cpus; i++) {
		if (places->cpu[i] == 0)
			return 0;
		control->cpu_offset[i] = places->cpu[i] - places->base;
	}
	control->cpu_count = (unsigned)cpus;
	return 0;
}

/* Ties the program to each hierarchy that the kernel lets it walk. */
static uint32_t attach(struct bpf_programs *programs, const struct cgw_layout *layout,
		       uint32_t hierarchies, const char *name)
{
	const struct bpf_program *program =
		bpf_object__find_program_by_name(programs->object, name);
	uint32_t attached = 0, range = 0;

	for (uint32_t h = 0; h < layout->hierarchy_count; h++) {
		union bpf_iter_link_info info = {0};
		LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
			    .link_info_len = sizeof(info));

		if (!(hierarchies & UINT32_C(1) << h))
			continue;
		info.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
		info.cgroup.cgroup_fd = (uint32_t)layout->hierarchies[h].fd;
		programs->links[h] = bpf_program__attach_iter(program, &options);
		if (programs->links[h] == NULL)
			continue; /* v1 before 6.2 */
		programs->range[h] = range++;
		programs->versions[h] = (uint8_t)layout->hierarchies[h].version;
		attached |= UINT32_C(1) << h;
	}
	return attached;
}

/* The first guess, then whatever else there is. Loading is dear: mostly one is tried. */
static int load_variant(struct bpf_programs *programs, const struct cgw_layout *layout,
			const struct variant **ret_variant)
{
	size_t first = likely_variant();
	int r = -EOPNOTSUPP;

	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		const struct variant *variant = &variants[(first + i) % ARRAY_SIZE(variants)];
		int error = open_object(variant, programs->capacity,
					(uint32_t)layout->hierarchy_count, &programs->object);

		if (error == 0)
			error = bpf_object__load(programs->object);
		*ret_variant = variant;
		if (error == 0)
			return 0;
		bpf_object__close(programs->object);
		programs->object = NULL;
		r = i == 0 ? error : r;
		if (error == -EPERM || error == -ENOMEM)
			break;
	}
	return r;
}

static int load(struct bpf_programs *programs, const struct cgw_layout *layout,
		uint32_t hierarchies, uint32_t *ret_hierarchies, struct cgw_diag *diag)
{
	const struct variant *variant;
	int r;

	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return cgw_diag_set(diag, -EOPNOTSUPP, "the kernel has no BTF");
	r = load_variant(programs, layout, &variant);
	if (r == 0)
		r = map_arrays(programs);
	if (r == 0)
		r = find_cpu_offsets(programs);
	if (r < 0)
		return say_why_not(r, diag);
	*ret_hierarchies =
		attach(programs, layout, hierarchies,
		       variant->css_flush ? "collect_css_flush" : "collect_cgroup_flush");
	if (*ret_hierarchies == 0)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "the kernel lets BPF walk none of the hierarchies (v2: from "
				    "6.1 on, v1: 6.2)");
	return 0;
}

int bpf_programs_load(const struct cgw_layout *layout, uint32_t capacity, uint32_t hierarchies,
		      struct bpf_programs **ret_programs, uint32_t *ret_hierarchies,
		      struct cgw_diag *diag)
{
	struct bpf_programs *programs = calloc(1, sizeof(*programs));
	libbpf_print_fn_t print;
	int r;

	if (programs == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	programs->capacity = capacity;
	/* It writes to standard error otherwise, which is the program's. */
	print = libbpf_set_print(NULL);
	r = load(programs, layout, hierarchies, ret_hierarchies, diag);
	(void)libbpf_set_print(print);
	if (r < 0) {
		bpf_programs_free(programs);
		return r;
	}
	*ret_programs = programs;
	return 0;
}

struct bpf_control *bpf_programs_control(struct bpf_programs *programs)
{
	return programs->maps[MAP_CONTROL].bytes;
}

uint32_t bpf_programs_capacity(const struct bpf_programs *programs)
{
	return programs->capacity;
}

struct bpf_group_record *bpf_programs_groups(struct bpf_programs *programs, uint32_t hierarchy)
{
	struct bpf_group_record *groups = programs->maps[MAP_GROUPS].bytes;

	return groups + (size_t)programs->range[hierarchy] * programs->capacity;
}

const char *bpf_programs_name(const struct bpf_programs *programs, uint32_t place)
{
	return (const char *)programs->maps[MAP_NAMES].bytes + (size_t)place * BPF_NAME_SIZE;
}

const uint64_t *bpf_programs_part(const struct bpf_programs *programs, enum bpf_part part,
				  size_t *ret_stride)
{
	const struct mapping *mapping = &programs->maps[MAP_PART + part];

	*ret_stride = mapping->stride / sizeof(uint64_t);
	return mapping->bytes;
}

const struct bpf_learned *bpf_programs_learned(const struct bpf_programs *programs)
{
	return programs->maps[MAP_LEARNED].bytes;
}

int bpf_programs_pass(struct bpf_programs *programs, uint32_t hierarchy)
{
	struct bpf_control *control = bpf_programs_control(programs);

	control->version = programs->versions[hierarchy];
	control->base = programs->range[hierarchy] * programs->capacity;
	control->capacity = programs->capacity;
	return run_iterator(programs->links[hierarchy]);
}

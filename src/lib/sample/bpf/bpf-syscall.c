/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-syscall.c - the operations of bpf(2) that the collector needs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/sample/bpf/bpf-syscall.h"

/* A kernel that knows fewer attributes accepts the size if the others are zero. */
static int bpf(int command, union bpf_attr *attributes)
{
	long r = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return r < 0 ? -errno : (int)r;
}

static uint64_t pointer_number(const void *pointer)
{
	return (uintptr_t)pointer;
}

/* The loader reads its data from the only entry of an array. */
static int create_data(const struct bpf_loader *loader)
{
	CLEANUP(cleanup_close) int map = -1;
	const uint32_t key = 0;
	union bpf_attr attributes;
	int r;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_type = BPF_MAP_TYPE_ARRAY;
	attributes.key_size = sizeof(key);
	attributes.value_size = (uint32_t)loader->data_bytes;
	attributes.max_entries = 1;
	memcpy(attributes.map_name, "cgward_loader", sizeof("cgward_loader"));
	map = bpf(BPF_MAP_CREATE, &attributes);
	if (map < 0)
		return map;
	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = (uint32_t)map;
	attributes.key = pointer_number(&key);
	attributes.value = pointer_number(loader->data);
	r = bpf(BPF_MAP_UPDATE_ELEM, &attributes);
	return r < 0 ? r : steal_fd(&map);
}

static int load_loader(const struct bpf_loader *loader, int data)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_SYSCALL;
	attributes.insns = pointer_number(loader->instructions);
	attributes.insn_cnt = (uint32_t)(loader->instruction_bytes / sizeof(struct bpf_insn));
	attributes.license = pointer_number("Dual BSD/GPL");
	attributes.prog_flags = BPF_F_SLEEPABLE;
	attributes.fd_array = pointer_number(&data);
	memcpy(attributes.prog_name, "cgward_loader", sizeof("cgward_loader"));
	return bpf(BPF_PROG_LOAD, &attributes);
}

/* Input and output of a loader, as libbpf generates them; the slots of the maps follow. */
struct context {
	uint32_t size, flags, log_level, log_size;
	uint64_t log;
	struct bpf_map_slot maps[];
};

static int run(int loader, struct context *context)
{
	union bpf_attr attributes;
	int r;

	memset(&attributes, 0, sizeof(attributes));
	attributes.test.prog_fd = (uint32_t)loader;
	attributes.test.ctx_in = pointer_number(context);
	attributes.test.ctx_size_in = context->size;
	r = bpf(BPF_PROG_TEST_RUN, &attributes);
	return r < 0 ? r : (int)attributes.test.retval;
}

int bpf_run_loader(const struct bpf_loader *loader, struct bpf_map_slot *maps, int *programs)
{
	size_t maps_size = loader->map_count * sizeof(*maps);
	size_t programs_size = loader->program_count * sizeof(*programs);
	size_t size = sizeof(struct context) + maps_size + programs_size;
	CLEANUP(cleanup_free) struct context *context = calloc(1, size);
	CLEANUP(cleanup_close) int data = -1, program = -1;
	int r;

	if (context == NULL)
		return -ENOMEM;
	context->size = (uint32_t)size;
	memcpy(context->maps, maps, maps_size);
	data = create_data(loader);
	if (data < 0)
		return data;
	program = load_loader(loader, data);
	if (program < 0)
		return program;
	r = run(program, context);
	if (r < 0)
		return r;
	memcpy(maps, context->maps, maps_size);
	memcpy(programs, &context->maps[loader->map_count], programs_size);
	return 0;
}

int bpf_link_iterator(int program)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.link_create.prog_fd = (uint32_t)program;
	attributes.link_create.attach_type = BPF_TRACE_ITER;
	return bpf(BPF_LINK_CREATE, &attributes);
}

int bpf_link_group_iterator(int program, int directory)
{
	/* `cgroup` of union bpf_iter_link_info, which headers before Linux 6.1 lack. */
	const struct {
		uint32_t order, cgroup_fd;
		uint64_t cgroup_id;
	} group = {.order = 1 /* BPF_CGROUP_ITER_SELF_ONLY */, .cgroup_fd = (uint32_t)directory};
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.link_create.prog_fd = (uint32_t)program;
	attributes.link_create.attach_type = BPF_TRACE_ITER;
	attributes.link_create.iter_info = pointer_number(&group);
	attributes.link_create.iter_info_len = sizeof(group);
	return bpf(BPF_LINK_CREATE, &attributes);
}

int bpf_create_iterator(int link)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.iter_create.link_fd = (uint32_t)link;
	return bpf(BPF_ITER_CREATE, &attributes);
}

int bpf_attach_tracepoint(int program)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.raw_tracepoint.prog_fd = (uint32_t)program;
	return bpf(BPF_RAW_TRACEPOINT_OPEN, &attributes);
}

static int read_batch(int command, int map, uint32_t max, void *keys, void *values)
{
	union bpf_attr attributes;
	uint32_t position = 0;
	int r;

	memset(&attributes, 0, sizeof(attributes));
	attributes.batch.out_batch = pointer_number(&position);
	attributes.batch.keys = pointer_number(keys);
	attributes.batch.values = pointer_number(values);
	attributes.batch.count = max;
	attributes.batch.map_fd = (uint32_t)map;
	r = bpf(command, &attributes);
	/* ENOENT: there are no further entries. */
	return r < 0 && r != -ENOENT ? r : (int)attributes.batch.count;
}

int bpf_map_read(int map, uint32_t max, void *keys, void *values)
{
	return read_batch(BPF_MAP_LOOKUP_BATCH, map, max, keys, values);
}

int bpf_map_read_out(int map, uint32_t max, void *keys, void *values)
{
	return read_batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH, map, max, keys, values);
}

int bpf_map_take(int map, const void *key, void *value)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = (uint32_t)map;
	attributes.key = pointer_number(key);
	attributes.value = pointer_number(value);
	return bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attributes);
}

int bpf_map_add(int map, const void *key, const void *value)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = (uint32_t)map;
	attributes.key = pointer_number(key);
	attributes.value = pointer_number(value);
	attributes.flags = BPF_NOEXIST;
	return bpf(BPF_MAP_UPDATE_ELEM, &attributes);
}

int bpf_map_id(int map, uint32_t *ret_id)
{
	struct bpf_map_info info = {0};
	union bpf_attr attributes;
	int r;

	memset(&attributes, 0, sizeof(attributes));
	attributes.info.bpf_fd = (uint32_t)map;
	attributes.info.info_len = sizeof(info);
	attributes.info.info = pointer_number(&info);
	r = bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes);
	if (r == 0)
		*ret_id = info.id;
	return r;
}

uint32_t bpf_possible_cpus(void)
{
	CLEANUP(cleanup_close)
	int fd = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
	char text[1024] = "", *at = text;
	unsigned long count = 0;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return 0;
	while (*at >= '0' && *at <= '9') {
		unsigned long first = strtoul(at, &at, 10);
		unsigned long last = *at == '-' ? strtoul(at + 1, &at, 10) : first;

		count += last + 1 - first;
		at += *at == ',';
	}
	return (uint32_t)count;
}

uint64_t bpf_program_missed(int program)
{
	struct bpf_prog_info info;
	union bpf_attr attributes;

	memset(&info, 0, sizeof(info));
	memset(&attributes, 0, sizeof(attributes));
	attributes.info.bpf_fd = (uint32_t)program;
	attributes.info.info_len = sizeof(info);
	attributes.info.info = pointer_number(&info);
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) == 0 ? info.recursion_misses : 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-none.c - replacement for bpf-programs.c in builds without clang or libbpf. */
#include <errno.h>
#include <stddef.h>

#include "lib/sample/bpf/bpf-programs.h"

int bpf_programs_load(const struct cgw_layout *layout, uint32_t capacity, uint32_t hierarchies,
		      struct bpf_programs **ret_programs, uint32_t *ret_hierarchies,
		      struct cgw_diag *diag)
{
	(void)layout;
	(void)capacity;
	(void)hierarchies;
	(void)ret_programs;
	(void)ret_hierarchies;
	return cgw_diag_set(diag, -EOPNOTSUPP, "built without BPF support");
}

struct bpf_programs *bpf_programs_free(struct bpf_programs *programs)
{
	(void)programs;
	return NULL;
}

struct bpf_control *bpf_programs_control(struct bpf_programs *programs)
{
	(void)programs;
	return NULL;
}

uint32_t bpf_programs_capacity(const struct bpf_programs *programs)
{
	(void)programs;
	return 0;
}

struct bpf_group_record *bpf_programs_groups(struct bpf_programs *programs, uint32_t hierarchy)
{
	(void)programs;
	(void)hierarchy;
	return NULL;
}

const char *bpf_programs_name(const struct bpf_programs *programs, uint32_t offset)
{
	(void)programs;
	(void)offset;
	return NULL;
}

const uint64_t *bpf_programs_part(const struct bpf_programs *programs, enum bpf_part part,
				  size_t *ret_stride)
{
	(void)programs;
	(void)part;
	*ret_stride = 0;
	return NULL;
}

uint32_t bpf_programs_percpu_count(const struct bpf_programs *programs)
{
	(void)programs;
	return 0;
}

const uint64_t *bpf_programs_percpu(const struct bpf_programs *programs)
{
	(void)programs;
	return NULL;
}

const uint64_t *bpf_programs_devices(const struct bpf_programs *programs)
{
	(void)programs;
	return NULL;
}

bool bpf_programs_flushes_all(const struct bpf_programs *programs)
{
	(void)programs;
	return false;
}

const struct bpf_learned *bpf_programs_learned(const struct bpf_programs *programs)
{
	(void)programs;
	return NULL;
}

int bpf_programs_link(const struct bpf_programs *programs, int directory)
{
	(void)programs;
	(void)directory;
	return -EOPNOTSUPP;
}

int bpf_programs_pass_single(struct bpf_programs *programs, uint32_t hierarchy, int link)
{
	(void)programs;
	(void)hierarchy;
	(void)link;
	return -EOPNOTSUPP;
}

int bpf_programs_pass(struct bpf_programs *programs, uint32_t hierarchy)
{
	(void)programs;
	(void)hierarchy;
	return -EOPNOTSUPP;
}

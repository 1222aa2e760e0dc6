/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* io-request.h - the group that a request to a block device belongs to. */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_IO_REQUEST_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_IO_REQUEST_H

#include "count-waits.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct blkcg_gq___trace {
	struct blkcg *blkcg;
};
struct bio {
	struct blkcg_gq___trace *bi_blkg;
};
struct request {
	struct bio *bio;
	__u64 start_time_ns; /* when it was allocated; 0: the device does not count its IO */
};
#pragma clang attribute pop

/* NULL: it has no data, such as a flush. A merged request belongs to its first part's group. */
static __always_inline struct cgroup *request_group(struct request *request)
{
	struct bio *bio = AS(struct bio, READ(request, bio));
	struct blkcg_gq___trace *group;
	struct blkcg *blkcg;

	if (bio == NULL || !bpf_core_field_exists(struct bio, bi_blkg))
		return NULL;
	group = AS(struct blkcg_gq___trace, READ(bio, bi_blkg));
	if (group == NULL)
		return NULL;
	blkcg = AS(struct blkcg, READ(group, blkcg));
	return blkcg != NULL ? AS(struct cgroup, READ(blkcg, css.cgroup)) : NULL;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cpuset.h - the CPUs that cpusets leave to a group. */
#pragma once

#include <cgward/model.h>

/* A cpuset that allows fewer CPUs than are online. */
struct cpuset_bound {
	unsigned cpus;  /* 0: there is none */
	uint32_t group; /* the topmost group that allows no more: its cpuset is the cause */
	const char *allowed_by_parent; /* the list of CPUs that it may be given; NULL: not known */
};

struct cpuset_bound cpuset_bound_of(const struct cgw_frame *frame, uint32_t group);

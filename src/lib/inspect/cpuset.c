/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cpuset.c - the CPUs that cpusets leave to a group. */
#include <stdlib.h>

#include "lib/inspect/cpuset.h"

/* The number of CPUs in a list such as "0-3,8"; 0 for an invalid range. */
static unsigned count_cpus(const char *list)
{
	unsigned count = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last - first > 65536)
			return 0;
		count += (unsigned)(last - first + 1);
		list = end + (*end == ',');
	}
	return count;
}

/* The list of the group or of its nearest ancestor that has the controller; moves `group` to it. */
static const char *find_list(const struct cgw_snapshot *now, uint32_t *group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(now);

	for (; *group != CGW_NO_GROUP; *group = topology->parent[*group]) {
		enum cgw_state state;
		const char *list =
			cgw_snapshot_text(now, CGW_M_CPUSET_CPUS_EFFECTIVE, *group, &state);

		if (list != NULL && count_cpus(list) > 0)
			return list;
	}
	return NULL;
}

struct cpuset_bound cpuset_bound_of(const struct cgw_frame *frame, uint32_t group)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	const struct cgw_topology *topology = cgw_snapshot_topology(now);
	struct cpuset_bound bound = {.group = group};
	const char *list = find_list(now, &bound.group);
	unsigned cpus = list != NULL ? count_cpus(list) : 0;

	if (cpus == 0 || cpus >= cgw_snapshot_system(now)->cpu_count)
		return (struct cpuset_bound){.group = CGW_NO_GROUP};
	bound.cpus = cpus;
	for (;;) {
		uint32_t above = topology->parent[bound.group];

		list = above != CGW_NO_GROUP ? find_list(now, &above) : NULL;
		if (list == NULL || count_cpus(list) > cpus)
			break;
		bound.group = above;
	}
	bound.allowed_by_parent = list;
	return bound;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bounds.c - the effective limit of each resource and the group that sets it, from a frame. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/inspect/cpuset.h"
#include <cgward/inspect.h>

/* Resources and the metrics that limit them; v1 and v2 have different limits on memory and swap. */
static const struct {
	const char *resource;
	enum cgw_metric limits[4]; /* unused entries repeat the first */
	enum cgw_metric use;
	bool by_device;
} resources[] = {
	{"cpu",
	 {CGW_M_CPU_MAX, CGW_M_CPU_MAX, CGW_M_CPU_MAX, CGW_M_CPU_MAX},
	 CGW_M_CPU_USAGE,
	 false},
	{"memory",
	 {CGW_M_MEMORY_MAX, CGW_M_MEMORY_HIGH, CGW_M_MEMORY_MAX, CGW_M_MEMORY_MAX},
	 CGW_M_MEMORY_CURRENT,
	 false},
	{"swap",
	 {CGW_M_MEMORY_SWAP_MAX, CGW_M_MEMORY_MEMSW_MAX, CGW_M_MEMORY_SWAP_MAX,
	  CGW_M_MEMORY_SWAP_MAX},
	 CGW_M_MEMORY_SWAP_CURRENT,
	 false},
	{"pids",
	 {CGW_M_PIDS_MAX, CGW_M_PIDS_MAX, CGW_M_PIDS_MAX, CGW_M_PIDS_MAX},
	 CGW_M_PIDS_CURRENT,
	 false},
	{"io",
	 {CGW_M_IO_MAX_RBPS, CGW_M_IO_MAX_WBPS, CGW_M_IO_MAX_RIOPS, CGW_M_IO_MAX_WIOPS},
	 CGW_M_IO_RBYTES,
	 true},
};

_Static_assert(ARRAY_SIZE(resources) <= CGW_BOUND_MAX, "CGW_BOUND_MAX is too small");

void cgw_bounds_metrics(struct cgw_metric_set *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(resources[i].limits); j++)
			cgw_metric_set_add(set, resources[i].limits[j]);
		cgw_metric_set_add(set, resources[i].use);
	}
	cgw_metric_set_add(set, CGW_M_CPUSET_CPUS_EFFECTIVE);
}

/* Uses the first limit on a device that is found between the group and the root. */
static void bound_by_device(const struct cgw_frame *frame, enum cgw_metric limit, uint32_t group,
			    struct cgw_bound *bound)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	const struct cgw_topology *topology = cgw_snapshot_topology(now);

	if (cgw_snapshot_source(now, limit) == NULL)
		return;
	if (bound->bound.state == CGW_ABSENT)
		bound->bound.state = CGW_MAX;
	for (uint32_t each = group; each != CGW_NO_GROUP; each = topology->parent[each]) {
		size_t count;
		const struct cgw_instance *instances =
			cgw_snapshot_instances(now, limit, each, &count);

		for (size_t i = 0; i < count; i++) {
			if (instances[i].number.state != CGW_OK || bound->bound.state == CGW_OK)
				continue;
			bound->limit = limit;
			bound->bound = instances[i].number;
			bound->set_by = each;
			snprintf(bound->device, sizeof(bound->device), "%s", instances[i].name);
		}
	}
}

static void bound_by_number(const struct cgw_frame *frame, enum cgw_metric limit, uint32_t group,
			    struct cgw_bound *bound)
{
	uint32_t by;
	struct cgw_number number = cgw_frame_effective(frame, limit, group, &by);

	/* The tighter number wins; a number precedes "max", and "max" precedes an absent limit. */
	if (number.state == CGW_OK && bound->bound.state == CGW_OK &&
	    number.value >= bound->bound.value)
		return;
	if (number.state != CGW_OK && (bound->bound.state == CGW_OK ||
				       bound->bound.state == CGW_MAX || number.state == CGW_ABSENT))
		return;
	bound->limit = limit;
	bound->bound = number;
	bound->set_by = by;
}

/* A cpuset limits the CPU time as well: to that of its CPUs. */
static void bound_by_cpuset(const struct cgw_frame *frame, uint32_t group, struct cgw_bound *bound)
{
	struct cpuset_bound cpuset = cpuset_bound_of(frame, group);
	uint64_t number = cpuset.cpus * NS_PER_S;

	if (cpuset.cpus == 0 || (bound->bound.state == CGW_OK && bound->bound.value <= number))
		return;
	bound->limit = CGW_M_CPUSET_CPUS_EFFECTIVE;
	bound->bound = (struct cgw_number){number, CGW_OK};
	bound->set_by = cpuset.group;
}

size_t cgw_bounds(const struct cgw_frame *frame, uint32_t group,
		  struct cgw_bound bounds[CGW_BOUND_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		struct cgw_bound *bound = &bounds[i];

		*bound = (struct cgw_bound){
			.resource = resources[i].resource,
			.limit = resources[i].limits[0],
			.use = cgw_snapshot_number(cgw_frame_now(frame), resources[i].use, group),
			.use_metric = resources[i].use,
			.set_by = CGW_NO_GROUP,
		};
		for (size_t j = 0; j < ARRAY_SIZE(resources[i].limits); j++) {
			if (j > 0 && resources[i].limits[j] == resources[i].limits[0])
				continue;
			if (resources[i].by_device)
				bound_by_device(frame, resources[i].limits[j], group, bound);
			else
				bound_by_number(frame, resources[i].limits[j], group, bound);
		}
		bound->unit = cgw_metric_info(bound->limit)->unit;
		if (resources[i].use == CGW_M_CPU_USAGE)
			bound_by_cpuset(frame, group, bound);
	}
	return ARRAY_SIZE(resources);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* controller.c - names of controllers and layouts, and the hierarchy of a controller. */
#include <errno.h>
#include <string.h>

#include <cgward/kernel.h>

static const char *const controllers[CGW_CONTROLLER_COUNT][2] = {
	[CGW_CPU] = {"cpu", "cpu"},
	[CGW_CPUACCT] = {"cpuacct", "cpuacct"},
	[CGW_CPUSET] = {"cpuset", "cpuset"},
	[CGW_MEMORY] = {"memory", "memory"},
	[CGW_IO] = {"blkio", "io"},
	[CGW_PIDS] = {"pids", "pids"},
	[CGW_DEVICES] = {"devices", "devices"},
	[CGW_FREEZER] = {"freezer", "freezer"},
	[CGW_HUGETLB] = {"hugetlb", "hugetlb"},
	[CGW_RDMA] = {"rdma", "rdma"},
	[CGW_MISC] = {"misc", "misc"},
	[CGW_NET_CLS] = {"net_cls", "net_cls"},
	[CGW_NET_PRIO] = {"net_prio", "net_prio"},
	[CGW_PERF_EVENT] = {"perf_event", "perf_event"},
	[CGW_DMEM] = {"dmem", "dmem"},
};

const char *cgw_controller_name(enum cgw_controller controller, unsigned version)
{
	if ((unsigned)controller >= CGW_CONTROLLER_COUNT)
		return "invalid";
	return controllers[controller][version == 2];
}

int cgw_controller_find(const char *name)
{
	for (int i = 0; i < CGW_CONTROLLER_COUNT; i++)
		if (strcmp(name, controllers[i][0]) == 0 || strcmp(name, controllers[i][1]) == 0)
			return i;
	return -ENOENT;
}

const char *cgw_layout_kind_name(enum cgw_layout_kind kind)
{
	static const char *const names[] = {
		[CGW_LAYOUT_NONE] = "none",
		[CGW_LAYOUT_V1] = "v1",
		[CGW_LAYOUT_HYBRID] = "hybrid",
		[CGW_LAYOUT_V2] = "v2",
	};

	return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "invalid";
}

int cgw_layout_find(const struct cgw_layout *layout, enum cgw_controller controller)
{
	if ((unsigned)controller >= CGW_CONTROLLER_COUNT)
		return -EINVAL;
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		if (layout->hierarchies[i].controllers & CGW_CONTROLLER_BIT(controller))
			return (int)i;
	return -ENOENT;
}

int cgw_layout_find_v2(const struct cgw_layout *layout)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		if (layout->hierarchies[i].version == 2)
			return (int)i;
	return -ENOENT;
}

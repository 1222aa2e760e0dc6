/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf-fields.c - table of the metrics that BPF records contain, and their conversion. */
#include <limits.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/sample/bpf/bpf.h"

#define ROW(metric, version, file, part, field, kind)                                 \
	{                                                                             \
		CGW_M_##metric, version, file, BPF_PART_##part, BPF_##part##_##field, \
			BPF_KIND_##kind                                               \
	}

/* One row per number: the metric and the file with the same value. */
static const struct bpf_field_row rows[] = {
	ROW(CPU_USAGE, 1, "cpuacct.usage", CPUACCT, USAGE, PLAIN),
	ROW(CPU_USER, 1, "cpuacct.usage_user", CPUACCT, USER, PLAIN),
	ROW(CPU_SYSTEM, 1, "cpuacct.usage_sys", CPUACCT, SYSTEM, PLAIN),
	ROW(CPU_USAGE_PERCPU, 1, "cpuacct.usage_percpu", CPUACCT, USAGE, PER_CPU),
	ROW(CPU_USAGE, 2, "cpu.stat", CORE, CPU_USAGE, MICRO),

	ROW(CPU_NR_PERIODS, 1, "cpu.stat", CPU, PERIODS, PLAIN),
	ROW(CPU_NR_THROTTLED, 1, "cpu.stat", CPU, THROTTLES, PLAIN),
	ROW(CPU_THROTTLED, 1, "cpu.stat", CPU, THROTTLED_NS, PLAIN),
	ROW(CPU_NR_BURSTS, 1, "cpu.stat", CPU, BURSTS, PLAIN),
	ROW(CPU_BURST, 1, "cpu.stat", CPU, BURST_NS, PLAIN),
	ROW(CPU_MAX, 1, "cpu.cfs_quota_us", CPU, QUOTA, QUOTA),
	ROW(CPU_PERIOD, 1, "cpu.cfs_period_us", CPU, PERIOD, MICRO),
	ROW(CPU_MAX_BURST, 1, "cpu.cfs_burst_us", CPU, MAX_BURST, MICRO),
	ROW(CPU_SHARES, 1, "cpu.shares", CPU, SHARES, SHARES),
	ROW(CPU_WEIGHT, 1, "cpu.shares", CPU, SHARES, SHARES),
	ROW(CPU_IDLE, 1, "cpu.idle", CPU, IDLE, PLAIN),
	ROW(CPU_RT_RUNTIME, 1, "cpu.rt_runtime_us", CPU, RT_RUNTIME, MICRO),
	ROW(CPU_RT_PERIOD, 1, "cpu.rt_period_us", CPU, RT_PERIOD, MICRO),
	ROW(CPU_NR_PERIODS, 2, "cpu.stat", CPU, PERIODS, PLAIN),
	ROW(CPU_NR_THROTTLED, 2, "cpu.stat", CPU, THROTTLES, PLAIN),
	ROW(CPU_THROTTLED, 2, "cpu.stat", CPU, THROTTLED_NS, MICRO),
	ROW(CPU_NR_BURSTS, 2, "cpu.stat", CPU, BURSTS, PLAIN),
	ROW(CPU_BURST, 2, "cpu.stat", CPU, BURST_NS, MICRO),
	ROW(CPU_MAX, 2, "cpu.max", CPU, QUOTA, QUOTA),
	ROW(CPU_PERIOD, 2, "cpu.max", CPU, PERIOD, MICRO),
	ROW(CPU_MAX_BURST, 2, "cpu.max.burst", CPU, MAX_BURST, MICRO),
	ROW(CPU_WEIGHT, 2, "cpu.weight", CPU, SHARES, WEIGHT),
	ROW(CPU_IDLE, 2, "cpu.idle", CPU, IDLE, PLAIN),

	ROW(MEMORY_CURRENT, 1, "memory.usage_in_bytes", MEMORY, USAGE, PAGES),
	ROW(MEMORY_PEAK, 1, "memory.max_usage_in_bytes", LIMITS, PEAK, PAGES),
	ROW(MEMORY_MAX, 1, "memory.limit_in_bytes", LIMITS, MAX, PAGES),
	ROW(MEMORY_SOFT_LIMIT, 1, "memory.soft_limit_in_bytes", LIMITS, SOFT_LIMIT, PAGES),
	ROW(MEMORY_KERNEL, 1, "memory.kmem.usage_in_bytes", LIMITS, KMEM_USAGE, PAGES),
	ROW(MEMORY_SOCK, 1, "memory.kmem.tcp.usage_in_bytes", LIMITS, TCP_USAGE, PAGES),
	ROW(MEMORY_MEMSW_CURRENT, 1, "memory.memsw.usage_in_bytes", LIMITS, SWAP_USAGE, PAGES),
	ROW(MEMORY_MEMSW_MAX, 1, "memory.memsw.limit_in_bytes", LIMITS, SWAP_MAX, PAGES),
	ROW(MEMORY_MEMSW_FAILCNT, 1, "memory.memsw.failcnt", LIMITS, SWAP_FAILCNT, PLAIN),
	ROW(MEMORY_KMEM_MAX, 1, "memory.kmem.limit_in_bytes", LIMITS, KMEM_MAX, PAGES),
	ROW(MEMORY_KMEM_PEAK, 1, "memory.kmem.max_usage_in_bytes", LIMITS, KMEM_PEAK, PAGES),
	ROW(MEMORY_KMEM_FAILCNT, 1, "memory.kmem.failcnt", LIMITS, KMEM_FAILCNT, PLAIN),
	ROW(MEMORY_EVENTS_MAX, 1, "memory.failcnt", LIMITS, FAILCNT, PLAIN),
	ROW(MEMORY_EVENTS_OOM_KILL, 1, "memory.oom_control", LIMITS, EVENTS_OOM_KILL, PLAIN),
	ROW(MEMORY_UNDER_OOM, 1, "memory.oom_control", LIMITS, UNDER_OOM, FLAG),
	ROW(MEMORY_OOM_KILL_DISABLE, 1, "memory.oom_control", LIMITS, OOM_KILL_DISABLE, PLAIN),
	ROW(MEMORY_SWAPPINESS, 1, "memory.swappiness", LIMITS, SWAPPINESS, PLAIN),
	ROW(MEMORY_USE_HIERARCHY, 1, "memory.use_hierarchy", MEMORY, STATE, ONE),
	ROW(MEMORY_CURRENT, 2, "memory.current", MEMORY, USAGE, PAGES),
	ROW(MEMORY_PEAK, 2, "memory.peak", LIMITS, PEAK, PAGES),
	ROW(MEMORY_MAX, 2, "memory.max", LIMITS, MAX, PAGES_MAX),
	ROW(MEMORY_HIGH, 2, "memory.high", LIMITS, HIGH, PAGES_MAX),
	ROW(MEMORY_LOW, 2, "memory.low", LIMITS, LOW, PAGES_MAX),
	ROW(MEMORY_MIN, 2, "memory.min", LIMITS, MIN, PAGES_MAX),
	ROW(MEMORY_SWAP_CURRENT, 2, "memory.swap.current", LIMITS, SWAP_USAGE, PAGES),
	ROW(MEMORY_SWAP_MAX, 2, "memory.swap.max", LIMITS, SWAP_MAX, PAGES_MAX),
	ROW(MEMORY_SWAP_HIGH, 2, "memory.swap.high", LIMITS, SWAP_HIGH, PAGES_MAX),
	ROW(MEMORY_SWAP_PEAK, 2, "memory.swap.peak", LIMITS, SWAP_PEAK, PAGES),
	ROW(MEMORY_OOM_GROUP, 2, "memory.oom.group", LIMITS, OOM_GROUP, PLAIN),
	ROW(MEMORY_EVENTS_LOW, 2, "memory.events", LIMITS, EVENTS_LOW, PLAIN),
	ROW(MEMORY_EVENTS_HIGH, 2, "memory.events", LIMITS, EVENTS_HIGH, PLAIN),
	ROW(MEMORY_EVENTS_MAX, 2, "memory.events", LIMITS, EVENTS_MAX, PLAIN),
	ROW(MEMORY_EVENTS_OOM, 2, "memory.events", LIMITS, EVENTS_OOM, PLAIN),
	ROW(MEMORY_EVENTS_OOM_KILL, 2, "memory.events", LIMITS, EVENTS_OOM_KILL, PLAIN),
	ROW(MEMORY_EVENTS_OOM_GROUP_KILL, 2, "memory.events", LIMITS, EVENTS_OOM_GROUP_KILL, PLAIN),

	ROW(PIDS_CURRENT, 1, "pids.current", PIDS, CURRENT, PLAIN),
	ROW(PIDS_PEAK, 1, "pids.peak", PIDS_LIMITS, PEAK, PLAIN),
	ROW(PIDS_MAX, 1, "pids.max", PIDS_LIMITS, MAX, TASKS_MAX),
	ROW(PIDS_EVENTS_MAX, 1, "pids.events", PIDS_LIMITS, EVENTS_MAX, PLAIN),
	ROW(PIDS_CURRENT, 2, "pids.current", PIDS, CURRENT, PLAIN),
	ROW(PIDS_PEAK, 2, "pids.peak", PIDS_LIMITS, PEAK, PLAIN),
	ROW(PIDS_MAX, 2, "pids.max", PIDS_LIMITS, MAX, TASKS_MAX),
	ROW(PIDS_EVENTS_MAX, 2, "pids.events", PIDS_LIMITS, EVENTS_MAX, PLAIN),

	ROW(CGROUP_FROZEN, 1, "freezer.state", FREEZER, FLAGS, NOT_FROZEN),
	ROW(CGROUP_FREEZING, 1, "freezer.state", FREEZER, FLAGS, NOT_FROZEN),
	ROW(CGROUP_FREEZE, 1, "freezer.self_freezing", FREEZER, FLAGS, SELF),
	ROW(FREEZER_PARENT_FREEZING, 1, "freezer.parent_freezing", FREEZER, FLAGS, PARENT),

	ROW(IO_RBYTES, 2, "io.stat", DEVICE, RBYTES, PLAIN),
	ROW(IO_WBYTES, 2, "io.stat", DEVICE, WBYTES, PLAIN),
	ROW(IO_DBYTES, 2, "io.stat", DEVICE, DBYTES, PLAIN),
	ROW(IO_RIOS, 2, "io.stat", DEVICE, RIOS, PLAIN),
	ROW(IO_WIOS, 2, "io.stat", DEVICE, WIOS, PLAIN),
	ROW(IO_DIOS, 2, "io.stat", DEVICE, DIOS, PLAIN),
	ROW(IO_WEIGHT, 1, "blkio.bfq.weight", WEIGHT, FIRST, PLAIN),
	ROW(IO_WEIGHT, 2, "io.bfq.weight", WEIGHT, FIRST, PLAIN),

	ROW(CGROUP_POPULATED, 2, "cgroup.events", CORE_STATES, POPULATED, PLAIN),
	ROW(CGROUP_FROZEN, 2, "cgroup.events", CORE_STATES, FROZEN, PLAIN),
	ROW(CGROUP_FREEZE, 2, "cgroup.freeze", CORE_STATES, FREEZE, PLAIN),
	ROW(CGROUP_NR_DESCENDANTS, 2, "cgroup.stat", CORE_STATES, DESCENDANTS, PLAIN),
	ROW(CGROUP_NR_DYING_DESCENDANTS, 2, "cgroup.stat", CORE_STATES, DYING, PLAIN),
	ROW(CGROUP_MAX_DEPTH, 2, "cgroup.max.depth", CORE_STATES, MAX_DEPTH, INT_MAX),
	ROW(CGROUP_MAX_DESCENDANTS, 2, "cgroup.max.descendants", CORE_STATES, MAX_DESCENDANTS,
	    INT_MAX),
};

/* Any file and key of io: it is empty for a group that never used a device. */
static const struct bpf_field_row no_device = ROW(IO_RBYTES, 0, NULL, IO, DEVICES, NO_DEVICE);
/* memory.stat, in the unit in which the kernel counts; the index is found by comparing. */
static const struct bpf_field_row stat_pages = ROW(MEMORY_ANON, 0, NULL, STAT, FIRST, STAT_PAGES);
static const struct bpf_field_row stat_kib =
	ROW(MEMORY_KERNEL_STACK, 0, NULL, STAT, FIRST, STAT_KIB);
static const struct bpf_field_row stat_plain = ROW(MEMORY_PERCPU, 0, NULL, STAT, FIRST, PLAIN);
static const struct bpf_field_row stat_sum = ROW(MEMORY_SLAB, 0, NULL, STAT, FIRST, STAT_SUM);

/* Files of the io controller that list the devices which the group used or has a limit for. */
static bool lists_used_devices(const char *file)
{
	return strcmp(file, "io.stat") == 0 || strcmp(file, "io.max") == 0 ||
	       strncmp(file, "blkio.throttle.", strlen("blkio.throttle.")) == 0 ||
	       strncmp(file, "blkio.bfq.io_serv", strlen("blkio.bfq.io_serv")) == 0;
}

/* The kernel counts memory.stat in pages, except these, which are in bytes (MEMCG_*_B). */
static bool counts_pages(enum cgw_metric metric)
{
	static const enum cgw_metric in_bytes[] = {
		CGW_M_MEMORY_SLAB_RECLAIMABLE,
		CGW_M_MEMORY_SLAB_UNRECLAIMABLE,
		CGW_M_MEMORY_PERCPU,
		CGW_M_MEMORY_ZSWAP,
	};

	for (size_t i = 0; i < ARRAY_SIZE(in_bytes); i++)
		if (metric == in_bytes[i])
			return false;
	return cgw_metric_info(metric)->unit == CGW_UNIT_BYTES;
}

const struct bpf_field_row *bpf_field_find(enum cgw_metric metric, unsigned version,
					   const char *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].metric == (int16_t)metric && rows[i].version == version &&
		    strcmp(rows[i].file, file) == 0)
			return &rows[i];
	if (strcmp(file, "memory.stat") == 0 && cgw_metric_info(metric)->shape == CGW_SCALAR)
		return plan_sum_of(metric) != NULL           ? &stat_sum
		       : metric == CGW_M_MEMORY_KERNEL_STACK ? &stat_kib
		       : counts_pages(metric)                ? &stat_pages
							     : &stat_plain;
	return bpf_field_find_fallback(file);
}

const struct bpf_field_row *bpf_field_find_fallback(const char *file)
{
	return lists_used_devices(file) ? &no_device : NULL;
}

/*
 * All supported kernels start the array with the LRU lists, in this order: for these it is enough
 * that the value at the usual index is right. The others are identified by their values.
 */
int bpf_field_usual_index(enum cgw_metric metric)
{
	static const enum cgw_metric first[] = {
		CGW_M_MEMORY_INACTIVE_ANON, CGW_METRIC_CAPACITY,      CGW_M_MEMORY_INACTIVE_FILE,
		CGW_M_MEMORY_ACTIVE_FILE,   CGW_M_MEMORY_UNEVICTABLE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		if (first[i] == metric)
			return (int)i;
	return -1;
}

bool bpf_field_raw(const struct bpf_column *column, const uint64_t *record, uint64_t *ret_raw)
{
	const uint64_t *device;

	if (column->from_root) {
		*ret_raw = 0;
		return column->root_is_zero || column->root_lacks;
	}
	if (!bpf_is_per_device(column->row)) {
		*ret_raw = record[column->index];
		return true;
	}
	*ret_raw = 0;
	device = column->devices + record[BPF_LIST_FIRST] * BPF_DEVICE_SIZE;
	for (uint64_t i = 0; i < record[BPF_LIST_COUNT]; i++, device += BPF_DEVICE_SIZE)
		*ret_raw += device[column->index];
	return !record[BPF_LIST_INCOMPLETE];
}

static struct cgw_number number(const struct bpf_column *column, uint64_t value)
{
	return decode_convert(&column->request, value);
}

/* "max" in the file if the number means unlimited. */
static struct cgw_number bounded(const struct bpf_column *column, uint64_t value, bool unlimited)
{
	return unlimited ? (struct cgw_number){0, CGW_MAX} : number(column, value);
}

bool bpf_field_number(const struct bpf_column *column, uint64_t raw, struct cgw_number *ret_number)
{
	static const uint64_t tasks_end = 4 * 1024 * 1024 + 1;
	/* The kernel's "long" has 64 bits where it runs these programs; this program's may not. */
	uint64_t page_bytes = column->page_bytes, pages_end = (uint64_t)INT64_MAX / page_bytes;

	if (column->from_root && column->root_lacks) {
		*ret_number = (struct cgw_number){0, CGW_ABSENT};
		return true;
	}
	switch ((enum bpf_kind)column->row->kind) {
	case BPF_KIND_PLAIN:
	case BPF_KIND_STAT_SUM:
	case BPF_KIND_PER_CPU:
		*ret_number = number(column, raw);
		return true;
	case BPF_KIND_STAT_KIB:
		*ret_number = number(column, (int64_t)raw < 0 ? 0 : raw * 1024);
		return true;
	case BPF_KIND_STAT_PAGES:
		/* The kernel sums per-CPU deltas without a lock: a negative sum counts as 0. */
		*ret_number = number(column, (int64_t)raw < 0 ? 0 : raw * page_bytes);
		return true;
	case BPF_KIND_PAGES:
		*ret_number = number(column, raw * page_bytes);
		return true;
	case BPF_KIND_PAGES_MAX:
		*ret_number = bounded(column, raw * page_bytes, raw >= pages_end);
		return true;
	case BPF_KIND_MICRO:
		*ret_number = number(column, raw / 1000);
		return true;
	case BPF_KIND_QUOTA:
		*ret_number = bounded(column, raw / 1000, raw == UINT64_MAX);
		return true;
	case BPF_KIND_SHARES:
		*ret_number = number(column, raw >> 10);
		return true;
	case BPF_KIND_WEIGHT:
		*ret_number = number(column, ((raw >> 10) * 100 + 512) / 1024);
		return true;
	case BPF_KIND_TASKS_MAX:
		*ret_number = bounded(column, raw, raw >= tasks_end);
		return true;
	case BPF_KIND_INT_MAX:
		*ret_number = bounded(column, raw, raw == INT_MAX);
		return true;
	case BPF_KIND_FLAG:
		*ret_number = number(column, raw != 0);
		return true;
	case BPF_KIND_ONE:
		*ret_number = number(column, 1);
		return true;
	case BPF_KIND_SELF:
		*ret_number = number(column, (raw & BPF_FREEZER_SELF) != 0);
		return true;
	case BPF_KIND_PARENT:
		*ret_number = number(column, (raw & BPF_FREEZER_PARENT) != 0);
		return true;
	case BPF_KIND_NOT_FROZEN:
	case BPF_KIND_NO_DEVICE:
		*ret_number = (struct cgw_number){0, CGW_OK};
		return raw == 0;
	}
	return false;
}

/* The factor of a raw number; 0: it needs more than a multiplication. */
static uint64_t factor_of(const struct bpf_column *column)
{
	switch ((enum bpf_kind)column->row->kind) {
	case BPF_KIND_PLAIN:
	case BPF_KIND_PER_CPU:
		return column->request.scale;
	case BPF_KIND_PAGES:
	case BPF_KIND_STAT_PAGES:
		return column->request.scale * column->page_bytes;
	case BPF_KIND_STAT_KIB:
		return column->request.scale * 1024;
	default:
		return 0;
	}
}

void bpf_field_set_factor(struct bpf_column *column)
{
	struct cgw_number of_zero = {0};

	column->factor = column->request.conversion == CGW_CONVERT_SCALE ? factor_of(column) : 0;
	column->factor_end = 0;
	if (column->factor > 0)
		column->factor_end = UINT64_MAX / column->factor;
	else if (bpf_field_number(column, 0, &of_zero) && of_zero.state == CGW_OK &&
		 of_zero.value == 0)
		column->factor_end = 1;
}

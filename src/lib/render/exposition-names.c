/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exposition-names.c - names of metric families, following the Prometheus conventions. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/render/exposition-names.h"

/* The base unit for each unit, and the factor between them. */
static const struct {
	const char *name;
	uint64_t divisor;
} units[CGW_UNIT_COUNT_OF_UNITS] = {
	[CGW_UNIT_COUNT] = {"", 1},
	[CGW_UNIT_NS] = {"seconds", NS_PER_S},
	[CGW_UNIT_BYTES] = {"bytes", 1},
	[CGW_UNIT_PERCENT_E2] = {"ratio", 10000},
	[CGW_UNIT_CPU] = {"cpus", NS_PER_S},
	[CGW_UNIT_WEIGHT] = {"", 1},
	[CGW_UNIT_FLAG] = {"", 1},
	[CGW_UNIT_HEX] = {"", 1},
	[CGW_UNIT_BYTES_PER_S] = {"bytes_per_second", 1},
	[CGW_UNIT_COUNT_PER_S] = {"per_second", 1},
	[CGW_UNIT_TEXT] = {"", 1},
	[CGW_UNIT_PERCENT] = {"ratio", 100},
};

/* Names for keys that end with an abbreviated unit, which would appear twice. */
static const struct {
	enum cgw_metric metric;
	const char *name;
} overrides[] = {
	{CGW_M_IO_RBYTES, "io_read"},
	{CGW_M_IO_WBYTES, "io_written"},
	{CGW_M_IO_DBYTES, "io_discarded"},
	{CGW_M_IO_RIOS, "io_reads"},
	{CGW_M_IO_WIOS, "io_writes"},
	{CGW_M_IO_DIOS, "io_discards"},
	{CGW_M_IO_MAX_RBPS, "io_max_read"},
	{CGW_M_IO_MAX_WBPS, "io_max_written"},
	{CGW_M_IO_MAX_RIOPS, "io_max_reads"},
	{CGW_M_IO_MAX_WIOPS, "io_max_writes"},
	{CGW_M_CPU_PRESSURE_SOME_TOTAL, "cpu_pressure_some"},
	{CGW_M_CPU_PRESSURE_FULL_TOTAL, "cpu_pressure_full"},
	{CGW_M_MEMORY_PRESSURE_SOME_TOTAL, "memory_pressure_some"},
	{CGW_M_MEMORY_PRESSURE_FULL_TOTAL, "memory_pressure_full"},
	{CGW_M_IO_PRESSURE_SOME_TOTAL, "io_pressure_some"},
	{CGW_M_IO_PRESSURE_FULL_TOTAL, "io_pressure_full"},
	{CGW_M_IRQ_PRESSURE_FULL_TOTAL, "irq_pressure_full"},
	{CGW_M_MEMORY_NUMA_TOTAL, "memory_numa_stat_all"},
	{CGW_M_HUGETLB_NUMA_TOTAL, "hugetlb_numa_stat"},
};

/* The label for instances, by the prefix of the key. */
static const struct {
	const char *prefix, *label;
} instance_labels[] = {
	{"memory.stat", "key"},    {"memory.events", "key"},
	{"cpu.stat", "key"},       {"cgroup.stat", "key"},
	{"io.", "device"},         {"cpu.", "cpu"},
	{"memory.", "node"},       {"hugetlb.numa_stat", "page_size_node"},
	{"hugetlb.", "page_size"}, {"rdma.", "device"},
	{"misc.", "resource"},     {"dmem.", "region"},
	{"cgroup.", "controller"}, {"", "interface"}, /* net_prio */
};

const char *cgw_exposition_default_fields(void)
{
	return "cpu.usage,cpu.user,cpu.system,cpu.nr_periods,cpu.nr_throttled,cpu.throttled,"
	       "cpu.max,cpu.max.effective,memory.current,memory.working_set,memory.anon,"
	       "memory.file,memory.swap.current,memory.high,memory.max,memory.max.effective,"
	       "memory.pgmajfault,memory.events.high,memory.events.max,memory.events.oom_kill,"
	       "io.rbytes,io.wbytes,io.rios,io.wios,pids.current,pids.max,pids.max.effective,"
	       "pids.events.max,cgroup.frozen,cpu.pressure.some.total,cpu.pressure.full.total,"
	       "memory.pressure.some.total,memory.pressure.full.total,io.pressure.some.total,"
	       "io.pressure.full.total";
}

bool cgw_exposition_accepts(struct cgw_field field)
{
	if (field.view == CGW_VIEW_VALUE || field.view == CGW_VIEW_EFFECTIVE)
		return true;
	return field.view == CGW_VIEW_DERIVED &&
	       (field.unit == CGW_UNIT_BYTES || field.unit == CGW_UNIT_COUNT);
}

static const char *override_name(struct cgw_field field)
{
	for (size_t i = 0; field.view == CGW_VIEW_VALUE && i < ARRAY_SIZE(overrides); i++)
		if (field.index == (int)overrides[i].metric)
			return overrides[i].name;
	return NULL;
}

struct exposed_field exposed_field(struct cgw_field field)
{
	struct exposed_field exposed = {
		.unit = units[field.unit].name,
		.divisor = units[field.unit].divisor,
		.type = CGW_FAMILY_GAUGE,
	};
	const char *name = override_name(field);
	enum cgw_kind kind = CGW_GAUGE;
	char key[96];
	size_t i = 0;

	if (field.view == CGW_VIEW_VALUE)
		kind = (enum cgw_kind)cgw_metric_info((enum cgw_metric)field.index)->kind;
	cgw_field_key(field, key, sizeof(key));
	if (field.shape == CGW_STRING)
		exposed.type = CGW_FAMILY_INFO;
	else if (kind == CGW_COUNTER)
		exposed.type = CGW_FAMILY_COUNTER;
	else if (kind == CGW_HISTOGRAM)
		exposed.type = CGW_FAMILY_HISTOGRAM;
	if (kind == CGW_HISTOGRAM) {
		/* Events are counted, but measured in seconds; promtool refuses names of types. */
		exposed.unit = units[CGW_UNIT_NS].name;
		snprintf(key + strlen(key) - strlen("histogram"), sizeof("histogram"), "duration");
	}
	while (strncmp(key, instance_labels[i].prefix, strlen(instance_labels[i].prefix)) != 0)
		i++;
	exposed.instance_label = instance_labels[i].label;
	snprintf(exposed.name, sizeof(exposed.name), "cgward_%s%s%s", name != NULL ? name : key,
		 exposed.unit[0] != '\0' ? "_" : "", exposed.unit);
	for (char *c = exposed.name; *c != '\0'; c++)
		if (*c == '.' || *c == '-' || *c == ':')
			*c = '_';
	return exposed;
}

size_t cgw_exposition_name(struct cgw_field field, char *buffer, size_t size)
{
	struct exposed_field exposed = exposed_field(field);

	return (size_t)snprintf(buffer, size, "%s%s", exposed.name,
				exposed.type == CGW_FAMILY_COUNTER ? "_total"
				: exposed.type == CGW_FAMILY_INFO  ? "_info"
								   : "");
}

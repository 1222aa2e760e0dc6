/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system-metric.c - metrics of the machine that conditions can use ("host.*"). */
#include <stddef.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/model/expression-priv.h"
#include "lib/model/frame.h"

#define SYSTEM(member) offsetof(struct cgw_system_stat, member)

#define PRESSURE(key, help, resource, kind)                                                  \
	{"host.pressure." key ".avg10", help " over 10 seconds", CGW_UNIT_PERCENT_E2,        \
	 SYSTEM(pressure_e2[resource][kind][0]), false},                                     \
		{"host.pressure." key ".avg60", help " over a minute", CGW_UNIT_PERCENT_E2,  \
		 SYSTEM(pressure_e2[resource][kind][1]), false},                             \
	{                                                                                    \
		"host.pressure." key ".avg300", help " over 5 minutes", CGW_UNIT_PERCENT_E2, \
			SYSTEM(pressure_e2[resource][kind][2]), false                        \
	}

static const struct {
	const char *key, *help;
	uint8_t unit;
	size_t offset;
	bool rate; /* rate of a CPU time counter, in percent of one CPU */
} metrics[] = {
	{"host.cpu", "CPU time used on the machine, in percent of one CPU", CGW_UNIT_PERCENT,
	 SYSTEM(cpu_busy_ns), true},
	{"host.memory.total", "Memory of the machine", CGW_UNIT_BYTES, SYSTEM(memory_total_bytes),
	 false},
	{"host.memory.available", "Memory available without swapping", CGW_UNIT_BYTES,
	 SYSTEM(memory_available_bytes), false},
	{"host.memory.free", "Unused memory", CGW_UNIT_BYTES, SYSTEM(memory_free_bytes), false},
	{"host.swap.total", "Swap of the machine", CGW_UNIT_BYTES, SYSTEM(swap_total_bytes), false},
	{"host.swap.free", "Unused swap", CGW_UNIT_BYTES, SYSTEM(swap_free_bytes), false},
	{"host.processes", "Processes on the machine", CGW_UNIT_COUNT, SYSTEM(processes), false},
	{"host.threads", "Threads on the machine", CGW_UNIT_COUNT, SYSTEM(threads), false},
	{"host.load1", "Load average over a minute", CGW_UNIT_COUNT, SYSTEM(load_e2[0]), false},
	{"host.load5", "Load average over 5 minutes", CGW_UNIT_COUNT, SYSTEM(load_e2[1]), false},
	{"host.load15", "Load average over 15 minutes", CGW_UNIT_COUNT, SYSTEM(load_e2[2]), false},
	PRESSURE("cpu.some", "Share of time in which some tasks were stalled on CPU", 0, 0),
	PRESSURE("cpu.full", "Share of time in which all non-idle tasks were stalled on CPU", 0, 1),
	PRESSURE("memory.some", "Share of time in which some tasks were stalled on memory", 1, 0),
	PRESSURE("memory.full", "Share of time in which all non-idle tasks were stalled on memory",
		 1, 1),
	PRESSURE("io.some", "Share of time in which some tasks were stalled on IO", 2, 0),
	PRESSURE("io.full", "Share of time in which all non-idle tasks were stalled on IO", 2, 1),
};

int host_find(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		if (strcmp(metrics[i].key, key) == 0)
			return (int)i;
	return -1;
}

const char *host_key(size_t i, const char **ret_help)
{
	if (i >= ARRAY_SIZE(metrics))
		return NULL;
	*ret_help = metrics[i].help;
	return metrics[i].key;
}

enum cgw_unit host_unit(int16_t host)
{
	return metrics[host].unit;
}

static struct cgw_number number_at(const struct cgw_snapshot *snapshot, size_t offset)
{
	const char *machine = (const char *)cgw_snapshot_system(snapshot);
	struct cgw_number number;

	memcpy(&number, machine + offset, sizeof(number));
	return number;
}

struct cgw_value host_value(const struct cgw_frame *frame, int16_t host)
{
	struct cgw_number number = number_at(frame->now, metrics[host].offset), before;
	struct cgw_value value = {.state = number.state, .real = (double)number.value};

	if (number.state != CGW_OK)
		return value;
	if (strncmp(metrics[host].key, "host.load", strlen("host.load")) == 0)
		value.real /= 100; /* stored in hundredths */
	if (!metrics[host].rate)
		return value;
	if (frame->before == NULL || frame->seconds <= 0)
		return (struct cgw_value){.state = CGW_WARMUP};
	before = number_at(frame->before, metrics[host].offset);
	if (before.state != CGW_OK || before.value > number.value)
		return (struct cgw_value){.state = CGW_RESET};
	value.real = (double)(number.value - before.value) / 1e7 / frame->seconds;
	return value;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system-metric.c - the figures of the machine that conditions may ask for. */
#include <stddef.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/model/expression-priv.h"
#include "lib/model/frame.h"

#define MACHINE(member) offsetof(struct cgw_system_stat, member)

#define PRESSURE(key, help, resource, kind)                                                  \
	{"host.pressure." key ".avg10", help " over 10 seconds", CGW_UNIT_PERCENT_E2,        \
	 MACHINE(pressure_e2[resource][kind][0]), false},                                    \
		{"host.pressure." key ".avg60", help " over a minute", CGW_UNIT_PERCENT_E2,  \
		 MACHINE(pressure_e2[resource][kind][1]), false},                            \
	{                                                                                    \
		"host.pressure." key ".avg300", help " over 5 minutes", CGW_UNIT_PERCENT_E2, \
			MACHINE(pressure_e2[resource][kind][2]), false                       \
	}

static const struct {
	const char *key, *help;
	uint8_t unit;
	size_t offset;
	bool rate; /* the growth of a counter of time, in percent of one CPU */
} figures[] = {
	{"host.cpu", "CPU time used on the machine, in percent of one CPU", CGW_UNIT_PERCENT,
	 MACHINE(cpu_busy_ns), true},
	{"host.memory.total", "Memory of the machine", CGW_UNIT_BYTES, MACHINE(memory_total_bytes),
	 false},
	{"host.memory.available", "Memory that can be had without swapping", CGW_UNIT_BYTES,
	 MACHINE(memory_available_bytes), false},
	{"host.memory.free", "Memory that nothing uses", CGW_UNIT_BYTES, MACHINE(memory_free_bytes),
	 false},
	{"host.swap.total", "Swap of the machine", CGW_UNIT_BYTES, MACHINE(swap_total_bytes),
	 false},
	{"host.swap.free", "Swap that nothing uses", CGW_UNIT_BYTES, MACHINE(swap_free_bytes),
	 false},
	{"host.processes", "Processes on the machine", CGW_UNIT_COUNT, MACHINE(processes), false},
	{"host.threads", "Threads on the machine", CGW_UNIT_COUNT, MACHINE(threads), false},
	{"host.load1", "Load average over a minute", CGW_UNIT_COUNT, MACHINE(load_e2[0]), false},
	{"host.load5", "Load average over 5 minutes", CGW_UNIT_COUNT, MACHINE(load_e2[1]), false},
	{"host.load15", "Load average over 15 minutes", CGW_UNIT_COUNT, MACHINE(load_e2[2]), false},
	PRESSURE("cpu.some", "Share of time in which something waited for CPU", 0, 0),
	PRESSURE("cpu.full", "Share of time in which all waited for CPU", 0, 1),
	PRESSURE("memory.some", "Share of time in which something waited for memory", 1, 0),
	PRESSURE("memory.full", "Share of time in which all waited for memory", 1, 1),
	PRESSURE("io.some", "Share of time in which something waited for IO", 2, 0),
	PRESSURE("io.full", "Share of time in which all waited for IO", 2, 1),
};

int host_find(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		if (strcmp(figures[i].key, key) == 0)
			return (int)i;
	return -1;
}

const char *host_key(size_t i, const char **ret_help)
{
	if (i >= ARRAY_SIZE(figures))
		return NULL;
	*ret_help = figures[i].help;
	return figures[i].key;
}

enum cgw_unit host_unit(int16_t host)
{
	return (enum cgw_unit)figures[host].unit;
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
	struct cgw_number number = number_at(frame->now, figures[host].offset), before;
	struct cgw_value value = {.state = number.state, .real = (double)number.value};

	if (number.state != CGW_OK)
		return value;
	if (strncmp(figures[host].key, "host.load", strlen("host.load")) == 0)
		value.real /= 100; /* kept in hundredths */
	if (!figures[host].rate)
		return value;
	if (frame->before == NULL || frame->seconds <= 0)
		return (struct cgw_value){.state = CGW_WARMUP};
	before = number_at(frame->before, figures[host].offset);
	if (before.state != CGW_OK || before.value > number.value)
		return (struct cgw_value){.state = CGW_RESET};
	value.real = (double)(number.value - before.value) / 1e7 / frame->seconds;
	return value;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stream-system.c - the machine's figures by name. */
#include "shared/remote/stream-system.h"
#include "lib/base/cleanup.h"

#define FIGURE(member, count)                                            \
	{                                                                \
#member, offsetof(struct cgw_system_stat, member), count \
	}

/* Names are part of the stream: added to, never changed. */
static const struct remote_system_metric figures[] = {
	FIGURE(cpu_busy_ns, 1),
	FIGURE(cpu_iowait_ns, 1),
	FIGURE(memory_total_bytes, 1),
	FIGURE(memory_available_bytes, 1),
	FIGURE(memory_free_bytes, 1),
	FIGURE(swap_total_bytes, 1),
	FIGURE(swap_free_bytes, 1),
	FIGURE(processes, 1),
	FIGURE(threads, 1),
	FIGURE(load_e2, 3),
	FIGURE(pressure_e2, 18),
	FIGURE(read_bytes, 1),
	FIGURE(written_bytes, 1),
};

const struct remote_system_metric *remote_system_metric(size_t i)
{
	return i < ARRAY_SIZE(figures) ? &figures[i] : NULL;
}

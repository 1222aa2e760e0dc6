/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stream-system.c - names of the system-wide values in a stream. */
#include "shared/remote/stream-system.h"
#include "lib/base/cleanup.h"

#define METRIC(member, count)                                            \
	{                                                                \
#member, offsetof(struct cgw_system_stat, member), count \
	}

/* The names are part of the stream format: only add to them. */
static const struct remote_system_metric metrics[] = {
	METRIC(cpu_busy_ns, 1),
	METRIC(cpu_iowait_ns, 1),
	METRIC(memory_total_bytes, 1),
	METRIC(memory_available_bytes, 1),
	METRIC(memory_free_bytes, 1),
	METRIC(swap_total_bytes, 1),
	METRIC(swap_free_bytes, 1),
	METRIC(processes, 1),
	METRIC(threads, 1),
	METRIC(load_e2, 3),
	METRIC(pressure_e2, 18),
	METRIC(read_bytes, 1),
	METRIC(written_bytes, 1),
};

const struct remote_system_metric *remote_system_metric(size_t i)
{
	return i < ARRAY_SIZE(metrics) ? &metrics[i] : NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* self-metrics.c - metrics about cgward itself. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/serve/self-metrics.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

void health_count(struct health *health, const struct cgw_snapshot *snapshot)
{
	if (snapshot == NULL) {
		health->errors++;
		return;
	}
	health->samples++;
	health->cost_ns += cgw_snapshot_cost_ns(snapshot);
	health->last = snapshot;
}

static uint64_t time_ns(struct timeval time)
{
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * 1000;
}

static void put(struct cgw_exposition *exposition, const char *name, const char *unit,
		const char *help, enum cgw_family_type type, uint64_t value, uint64_t divisor)
{
	cgw_exposition_family(exposition, &(struct cgw_family){name, unit, help, type});
	cgw_exposition_sample(exposition, NULL, 0, value, divisor);
}

/* The second value in statm is the number of resident pages. */
static bool resident_bytes(const struct cgw_layout *layout, uint64_t *ret_bytes)
{
	CLEANUP(cleanup_free) char *text = NULL;
	uint64_t pages;
	size_t length;

	if (cgw_proc_read(layout, "self/statm", &text, &length) < 0)
		return false;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	if (sscanf(text, "%*u %" SCNu64, &pages) != 1)
		return false;
	*ret_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

static void expose_process(const struct health *health, struct cgw_exposition *exposition)
{
	struct rusage usage;
	uint64_t bytes;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		put(exposition, "process_cpu_seconds", "seconds", "CPU time used by cgward",
		    CGW_FAMILY_COUNTER, time_ns(usage.ru_utime) + time_ns(usage.ru_stime),
		    NS_PER_S);
	if (resident_bytes(health->layout, &bytes))
		put(exposition, "process_resident_memory_bytes", "bytes",
		    "Resident memory of cgward", CGW_FAMILY_GAUGE, bytes, 1);
	put(exposition, "process_start_time_seconds", "seconds",
	    "Unix time at which cgward started", CGW_FAMILY_GAUGE, health->started_ns, NS_PER_S);
}

void health_expose(const struct health *health, struct cgw_exposition *exposition)
{
	static const struct cgw_family collector = {"cgward_collector", "", "Collector in use",
						    CGW_FAMILY_INFO};

	put(exposition, "cgward_samples", "", "Samples of the groups", CGW_FAMILY_COUNTER,
	    health->samples, 1);
	put(exposition, "cgward_sample_errors", "", "Samples that failed", CGW_FAMILY_COUNTER,
	    health->errors, 1);
	put(exposition, "cgward_sample_cpu_seconds", "seconds", "CPU time used by samples",
	    CGW_FAMILY_COUNTER, health->cost_ns, NS_PER_S);
	if (health->last != NULL) {
		put(exposition, "cgward_sample_time_seconds", "seconds",
		    "Unix time of the last sample", CGW_FAMILY_GAUGE,
		    cgw_snapshot_realtime_ns(health->last), NS_PER_S);
		cgw_exposition_family(exposition, &collector);
		cgw_exposition_sample(
			exposition,
			&(struct cgw_label){"collector", cgw_snapshot_collector(health->last)}, 1,
			1, 1);
	}
	expose_process(health, exposition);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cause-throttling.c - what a CPU limit throttled, from a frame: steady use or bursts. */
#include <math.h>

#include "lib/inspect/causes.h"

/* cpu.max is in nanoseconds of CPU time per second. */
#define NS_PER_PERCENT 1e7
/* cpu.burst_10ms.max is CPU time within windows of this length. */
#define NS_PER_WINDOW 1e7
/* The kernel's default of sched_cfs_bandwidth_slice_us: each CPU that a burst uses takes slices. */
#define SLICE_MS  5
#define NS_PER_MS 1e6
/* A burst is proposed if it removes at least this part of the throttling. */
#define COVERED_PERCENT 50

/*
 * Proposes a share of CPU time. v1 refuses more than an ancestor has: without room below it, there
 * is nothing to propose for this group.
 */
static void propose_quota(const struct explanation *explanation, struct cgw_cause *cause,
			  uint32_t group)
{
	const struct cgw_source *source = cgw_snapshot_source(explanation->now, CGW_M_CPU_MAX);
	uint32_t above = explanation->topology->parent[group], by;
	/* The use is held at the limit; what is measured above it is the length of a period. */
	double value = causes_more_than(cause->bound, 0, NS_PER_PERCENT);
	struct cgw_number most;

	if (above != CGW_NO_GROUP && source != NULL && source->version == 1) {
		most = cgw_frame_effective(explanation->frame, CGW_M_CPU_MAX, above, &by);
		if (most.state == CGW_OK)
			value = fmin(value, floor((double)most.value / NS_PER_PERCENT));
	}
	if (value * NS_PER_PERCENT > cause->bound)
		causes_propose(cause, CGW_M_CPU_MAX, value, "%");
}

/* Proposes to save up unused quota. False if that would not help, or not enough. */
static bool propose_burst(const struct explanation *explanation, struct cgw_cause *cause,
			  uint32_t group)
{
	struct cgw_number need = causes_number(explanation, CGW_M_CPU_THROTTLED_BURSTS_MAX, group);
	struct cgw_number is = causes_number(explanation, CGW_M_CPU_MAX_BURST, group);
	struct cgw_number period = causes_number(explanation, CGW_M_CPU_PERIOD, group);
	double value, most;

	if (cause->covered_percent < COVERED_PERCENT || need.state != CGW_OK ||
	    is.state != CGW_OK || period.state != CGW_OK)
		return false;
	/* The kernel accepts no more than the quota of a period. */
	most = floor(cause->bound / 1e9 * (double)period.value / NS_PER_MS);
	value = ceil((double)need.value / NS_PER_MS) + SLICE_MS * ceil(cause->peak_cpus);
	value = fmin(value, most);
	if (value * NS_PER_MS <= (double)is.value)
		return false;
	causes_propose(cause, CGW_M_CPU_MAX_BURST, value, "ms");
	return true;
}

/* What is measured of bursts, which the average hides. */
static void measure_bursts(const struct explanation *explanation, struct cgw_cause *cause,
			   uint32_t group)
{
	struct cgw_number peak = causes_number(explanation, CGW_M_CPU_BURST_10MS_MAX, group);
	struct cgw_number bursts = causes_number(explanation, CGW_M_CPU_THROTTLED_BURSTS, group);
	double throttled = causes_growth(explanation, CGW_M_CPU_THROTTLED, group);
	double ended = causes_growth(explanation, CGW_M_CPU_THROTTLED_BURSTS, group);
	double covered = causes_growth(explanation, CGW_M_CPU_THROTTLED_BURSTS_COVERED, group);

	if (peak.state == CGW_OK) {
		cause->peak_cpus = (double)peak.value / NS_PER_WINDOW;
		cause->mean_cpus = causes_rate(explanation, CGW_M_CPU_USAGE, group) / 1e9;
	}
	/* A burst counts when it has ended, and may have begun before the first sample. */
	if (bursts.state == CGW_OK && fmax(throttled, ended) > 0)
		cause->covered_percent = covered * 100 / fmax(throttled, ended);
}

void causes_add_throttling(struct explanation *explanation, uint32_t each)
{
	struct cgw_number limit = causes_number(explanation, CGW_M_CPU_MAX, each);
	struct cgw_number periods = causes_number(explanation, CGW_M_CPU_NR_PERIODS, each);
	struct cgw_number throttled = causes_number(explanation, CGW_M_CPU_NR_THROTTLED, each);
	double periods_now = causes_growth(explanation, CGW_M_CPU_NR_PERIODS, each);
	double throttled_now = causes_growth(explanation, CGW_M_CPU_NR_THROTTLED, each);
	struct cgw_cause *cause;

	if (limit.state != CGW_OK || throttled.state != CGW_OK || periods.state != CGW_OK ||
	    throttled.value == 0 || periods.value == 0)
		return;
	cause = causes_add(explanation, CGW_CAUSE_CPU_THROTTLED, each);
	if (cause == NULL)
		return;
	cause->current = throttled_now > 0;
	cause->percent = cause->current && periods_now > 0
				 ? throttled_now * 100 / periods_now
				 : (double)throttled.value * 100 / (double)periods.value;
	cause->amount = causes_rate(explanation, CGW_M_CPU_THROTTLED, each);
	cause->lost_ns = cause->current ? cause->amount : 0;
	cause->bound = (double)limit.value;
	cause->count = (double)throttled.value;
	cause->limit = CGW_M_CPU_MAX;
	if (cause->current)
		measure_bursts(explanation, cause, each);
	if (!propose_burst(explanation, cause, each))
		propose_quota(explanation, cause, each);
}

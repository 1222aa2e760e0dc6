/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* causes.c - what holds a group back and which change would help, from a frame. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/inspect/causes.h"
#include "lib/inspect/cpuset.h"
#include <cgward/inspect.h>

/* A limit is reported from this percentage of use on. */
#define NEAR_PERCENT 90
/* A stall is reported from this percentage of the time on. */
#define STALL_PERCENT 1
/* Below this percentage of available memory the whole machine reclaims. */
#define AVAILABLE_PERCENT 5
/* The most that the kernel accepts in pids.max. */
#define PIDS_MAX 4194304

#define BYTES_PER_MEBIBYTE 1048576.0

static const enum cgw_metric metrics[] = {
	CGW_M_CPU_USAGE,
	CGW_M_CPU_MAX,
	CGW_M_CPU_MAX_BURST,
	CGW_M_CPU_PERIOD,
	CGW_M_CPU_WEIGHT,
	CGW_M_CPU_NR_PERIODS,
	CGW_M_CPU_NR_THROTTLED,
	CGW_M_CPU_THROTTLED,
	CGW_M_CPUSET_CPUS_EFFECTIVE,
	CGW_M_CPU_PRESSURE_SOME_AVG10,
	CGW_M_MEMORY_CURRENT,
	CGW_M_MEMORY_INACTIVE_FILE,
	CGW_M_MEMORY_PGMAJFAULT,
	CGW_M_MEMORY_MAX,
	CGW_M_MEMORY_HIGH,
	CGW_M_MEMORY_LOW,
	CGW_M_MEMORY_MEMSW_MAX,
	CGW_M_MEMORY_EVENTS_HIGH,
	CGW_M_MEMORY_EVENTS_MAX,
	CGW_M_MEMORY_EVENTS_OOM_KILL,
	CGW_M_MEMORY_SWAP_CURRENT,
	CGW_M_MEMORY_PRESSURE_SOME_AVG10,
	CGW_M_IO_RBYTES,
	CGW_M_IO_WBYTES,
	CGW_M_IO_RIOS,
	CGW_M_IO_WIOS,
	CGW_M_IO_MAX_RBPS,
	CGW_M_IO_MAX_WBPS,
	CGW_M_IO_MAX_RIOPS,
	CGW_M_IO_MAX_WIOPS,
	CGW_M_IO_WEIGHT,
	CGW_M_IO_PRESSURE_SOME_AVG10,
	CGW_M_PIDS_CURRENT,
	CGW_M_PIDS_MAX,
	CGW_M_PIDS_EVENTS_MAX,
	CGW_M_CGROUP_FROZEN,
	CGW_M_CGROUP_FREEZE,
};

void cgw_explain_metrics(struct cgw_metric_set *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		cgw_metric_set_add(set, metrics[i]);
}

const char *cgw_cause_name(enum cgw_cause_kind kind)
{
	static const char *const names[] = {
		[CGW_CAUSE_FROZEN] = "frozen",
		[CGW_CAUSE_CPU_THROTTLED] = "cpu.throttled",
		[CGW_CAUSE_CPUSET_FULL] = "cpuset.full",
		[CGW_CAUSE_CPU_PRESSURE] = "cpu.pressure",
		[CGW_CAUSE_MEMORY_HIGH] = "memory.high",
		[CGW_CAUSE_MEMORY_MAX] = "memory.max",
		[CGW_CAUSE_MEMORY_PRESSURE] = "memory.pressure",
		[CGW_CAUSE_OOM_KILLED] = "oom.killed",
		[CGW_CAUSE_SWAPPING] = "swapping",
		[CGW_CAUSE_SYSTEM_MEMORY] = "machine.memory",
		[CGW_CAUSE_IO_LIMIT] = "io.max",
		[CGW_CAUSE_IO_PRESSURE] = "io.pressure",
		[CGW_CAUSE_PIDS_MAX] = "pids.max",
		[CGW_CAUSE_CPU_WAIT] = "cpu.run_delay",
		[CGW_CAUSE_RECLAIM] = "memory.direct_reclaim",
		[CGW_CAUSE_IO_WAIT] = "io.iowait",
	};

	return (unsigned)kind < CGW_CAUSE_KIND_COUNT ? names[kind] : "invalid";
}

/* A limit of zero is a limit, but not one that holds back a group without any use. */
static bool is_near(double use, double limit)
{
	return use > 0 && use * 100 >= limit * NEAR_PERCENT;
}

/* Proposes a limit of memory in mebibytes. v1 refuses one above the limit of memory and swap. */
static void propose_memory(const struct explanation *explanation, struct cgw_cause *cause,
			   enum cgw_metric metric, uint32_t group)
{
	struct cgw_number use = causes_number(explanation, CGW_M_MEMORY_CURRENT, group);
	struct cgw_number both = causes_number(explanation, CGW_M_MEMORY_MEMSW_MAX, group);
	double value = causes_more_than(cause->bound, use.state == CGW_OK ? (double)use.value : 0,
					BYTES_PER_MEBIBYTE);

	causes_propose(cause, metric, value, "M");
	if (metric == CGW_M_MEMORY_MAX && both.state == CGW_OK &&
	    (double)both.value < value * BYTES_PER_MEBIBYTE)
		snprintf(cause->companion, sizeof(cause->companion), "%s=%.0fM",
			 cgw_metric_info(CGW_M_MEMORY_MEMSW_MAX)->key,
			 fmax(value, causes_more_than((double)both.value, 0, BYTES_PER_MEBIBYTE)));
}

static void explain_freezer(struct explanation *explanation, uint32_t each)
{
	struct cgw_number requested = causes_number(explanation, CGW_M_CGROUP_FREEZE, each);
	struct cgw_number frozen = causes_number(explanation, CGW_M_CGROUP_FROZEN, each);
	struct cgw_cause *cause;

	/* A group that is frozen without a request is frozen by an ancestor, which is reported. */
	if (requested.state != CGW_OK || requested.value == 0)
		return;
	cause = causes_add(explanation, CGW_CAUSE_FROZEN, each);
	if (cause == NULL)
		return;
	cause->current = true;
	cause->percent = frozen.state == CGW_OK && frozen.value > 0 ? 100 : 99;
	cause->limit = CGW_M_CGROUP_FREEZE;
	snprintf(cause->key, sizeof(cause->key), "thaw");
}

/* The CPUs are used up by the group that the cpuset is on, or by this group alone. */
static void explain_cpuset(struct explanation *explanation)
{
	struct cpuset_bound bound = cpuset_bound_of(explanation->frame, explanation->group);
	struct cgw_cause *cause;
	double used;

	if (bound.cpus == 0)
		return;
	used = fmax(causes_rate(explanation, CGW_M_CPU_USAGE, explanation->group),
		    causes_rate(explanation, CGW_M_CPU_USAGE, bound.group)) /
	       1e9;
	if (used * 100 < (double)bound.cpus * NEAR_PERCENT)
		return;
	cause = causes_add(explanation, CGW_CAUSE_CPUSET_FULL, bound.group);
	if (cause == NULL)
		return;
	cause->current = true;
	cause->percent = used * 100 / bound.cpus;
	cause->amount = used;
	cause->bound = bound.cpus;
	cause->limit = CGW_M_CPUSET_CPUS_EFFECTIVE;
	if (bound.allowed_by_parent == NULL ||
	    strlen(bound.allowed_by_parent) >= sizeof(cause->value))
		return;
	snprintf(cause->key, sizeof(cause->key), "cpuset.cpus");
	snprintf(cause->value, sizeof(cause->value), "%s", bound.allowed_by_parent);
}

static void explain_memory_limit(struct explanation *explanation, uint32_t each,
				 enum cgw_metric limit_metric, enum cgw_metric events)
{
	struct cgw_number limit = causes_number(explanation, limit_metric, each);
	struct cgw_number used = causes_number(explanation, CGW_M_MEMORY_CURRENT, each);
	struct cgw_number cache = causes_number(explanation, CGW_M_MEMORY_INACTIVE_FILE, each);
	struct cgw_number hits = causes_number(explanation, events, each);
	double hits_now = causes_growth(explanation, events, each), working;
	struct cgw_cause *cause;
	bool near;

	if (limit.state != CGW_OK || used.state != CGW_OK)
		return;
	/* Inactive page cache is reclaimed first, so only the working set is close to a limit. */
	working = (double)used.value;
	if (cache.state == CGW_OK)
		working -= (double)(cache.value < used.value ? cache.value : used.value);
	near = is_near(working, (double)limit.value);
	if (!near && hits_now <= 0 && (hits.state != CGW_OK || hits.value == 0))
		return;
	cause = causes_add(explanation,
			   limit_metric == CGW_M_MEMORY_MAX ? CGW_CAUSE_MEMORY_MAX
							    : CGW_CAUSE_MEMORY_HIGH,
			   each);
	if (cause == NULL)
		return;
	cause->percent = limit.value > 0 ? working * 100 / (double)limit.value : 100;
	cause->current = near || hits_now > 0;
	cause->amount = working;
	cause->bound = (double)limit.value;
	cause->count = cause->current && hits_now > 0 ? hits_now
		       : hits.state == CGW_OK         ? (double)hits.value
						      : 0;
	cause->limit = (int16_t)limit_metric;
	propose_memory(explanation, cause, limit_metric, each);
}

static void explain_pids(struct explanation *explanation, uint32_t each)
{
	struct cgw_number limit = causes_number(explanation, CGW_M_PIDS_MAX, each);
	struct cgw_number used = causes_number(explanation, CGW_M_PIDS_CURRENT, each);
	struct cgw_number hits = causes_number(explanation, CGW_M_PIDS_EVENTS_MAX, each);
	double hits_now = causes_growth(explanation, CGW_M_PIDS_EVENTS_MAX, each);
	struct cgw_cause *cause;
	double value;
	bool near;

	if (limit.state != CGW_OK || used.state != CGW_OK)
		return;
	near = is_near((double)used.value, (double)limit.value);
	if (!near && hits_now <= 0 && (hits.state != CGW_OK || hits.value == 0))
		return;
	cause = causes_add(explanation, CGW_CAUSE_PIDS_MAX, each);
	if (cause == NULL)
		return;
	cause->current = near || hits_now > 0;
	cause->percent = limit.value > 0 ? (double)used.value * 100 / (double)limit.value : 100;
	cause->amount = (double)used.value;
	cause->bound = (double)limit.value;
	cause->count = hits_now > 0 ? hits_now : hits.state == CGW_OK ? (double)hits.value : 0;
	cause->limit = CGW_M_PIDS_MAX;
	value = causes_more_than((double)limit.value, (double)used.value, 1);
	if (value <= PIDS_MAX)
		causes_propose(cause, CGW_M_PIDS_MAX, value, "");
}

static void explain_io_limit(struct explanation *explanation, uint32_t each,
			     enum cgw_metric limit_metric, enum cgw_metric used_metric)
{
	struct cgw_field used_field;
	size_t count;
	const struct cgw_instance *limits =
		cgw_snapshot_instances(explanation->now, limit_metric, each, &count);

	if (cgw_field_parse(FORMATTED(96, "%s.rate", cgw_metric_info(used_metric)->key),
			    &used_field, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		struct cgw_value used =
			cgw_frame_instance(explanation->frame, used_field, each, limits[i].name);
		struct cgw_number limit = limits[i].number;
		struct cgw_cause *cause;

		if (limit.state != CGW_OK || limit.value == 0 || used.state != CGW_OK ||
		    used.real * 100 < (double)limit.value * NEAR_PERCENT)
			continue;
		cause = causes_add(explanation, CGW_CAUSE_IO_LIMIT, each);
		if (cause == NULL)
			return;
		cause->current = true;
		cause->percent = used.real * 100 / (double)limit.value;
		cause->amount = used.real;
		cause->bound = (double)limit.value;
		cause->limit = (int16_t)limit_metric;
		snprintf(cause->device, sizeof(cause->device), "%s", limits[i].name);
		if (strcmp(cause->device, limits[i].name) != 0)
			continue; /* a cut name is that of another device */
		snprintf(cause->key, sizeof(cause->key), "%s", cgw_metric_info(limit_metric)->key);
		snprintf(cause->value, sizeof(cause->value), "%.64s %.0f", limits[i].name,
			 causes_more_than((double)limit.value, used.real, 1));
	}
}

/* PSI of the group, else of the machine. */
static void explain_pressure(struct explanation *explanation, enum cgw_cause_kind kind,
			     enum cgw_metric metric, size_t resource, enum cgw_metric weight)
{
	struct cgw_number stall = causes_number(explanation, metric, explanation->group), share,
			  use;
	/* PSI of the root is system-wide, and no control of the root would change it. */
	bool machine = stall.state != CGW_OK || explanation->group == 0;
	struct cgw_cause *cause;

	if (stall.state != CGW_OK)
		stall = cgw_snapshot_system(explanation->now)->pressure_e2[resource][0][0];
	if (stall.state != CGW_OK || stall.value < STALL_PERCENT * 100)
		return;
	cause = causes_add(explanation, kind, machine ? 0 : explanation->group);
	if (cause == NULL)
		return;
	cause->current = true;
	cause->system_wide = machine;
	cause->percent = (double)stall.value / 100;
	if (machine)
		return; /* a weight helps only if the group itself stalls */
	share = causes_number(explanation, weight, explanation->group);
	use = causes_number(explanation, CGW_M_MEMORY_CURRENT, explanation->group);
	if (share.state != CGW_OK)
		return;
	if (weight != CGW_M_MEMORY_LOW && share.value > 0 && share.value < WEIGHT_MAX)
		causes_propose(cause, weight, fmin((double)share.value * 2, WEIGHT_MAX), "");
	else if (weight == CGW_M_MEMORY_LOW && use.state == CGW_OK && use.value > share.value)
		causes_propose(cause, weight, ceil((double)use.value / BYTES_PER_MEBIBYTE), "M");
}

static void explain_oom(struct explanation *explanation, uint32_t each)
{
	struct cgw_number kills = causes_number(explanation, CGW_M_MEMORY_EVENTS_OOM_KILL, each);
	double kills_now = causes_growth(explanation, CGW_M_MEMORY_EVENTS_OOM_KILL, each);
	uint32_t by;
	struct cgw_number limit;
	struct cgw_cause *cause;

	if (kills.state != CGW_OK || kills.value == 0)
		return;
	cause = causes_add(explanation, CGW_CAUSE_OOM_KILLED, each);
	if (cause == NULL)
		return;
	limit = cgw_frame_effective(explanation->frame, CGW_M_MEMORY_MAX, each, &by);
	cause->current = kills_now > 0;
	cause->percent = cause->current ? 100 : 50;
	cause->count = kills_now > 0 ? kills_now : (double)kills.value;
	if (limit.state != CGW_OK || by == CGW_NO_GROUP)
		return; /* without a limit, the machine ran out of memory */
	cause->group = by;
	cause->limit = CGW_M_MEMORY_MAX;
	cause->bound = (double)limit.value;
	propose_memory(explanation, cause, CGW_M_MEMORY_MAX, by);
}

static void explain_swap(struct explanation *explanation)
{
	struct cgw_number swap =
		causes_number(explanation, CGW_M_MEMORY_SWAP_CURRENT, explanation->group);
	struct cgw_number used =
		causes_number(explanation, CGW_M_MEMORY_CURRENT, explanation->group);
	struct cgw_cause *cause;

	if (swap.state != CGW_OK || swap.value == 0 || used.state != CGW_OK)
		return;
	cause = causes_add(explanation, CGW_CAUSE_SWAPPING, explanation->group);
	if (cause == NULL)
		return;
	cause->count = causes_rate(explanation, CGW_M_MEMORY_PGMAJFAULT, explanation->group);
	cause->current = cause->count >= 1;
	cause->percent = (double)swap.value * 100 / (double)(swap.value + used.value);
	cause->amount = (double)swap.value;
}

static void explain_machine(struct explanation *explanation)
{
	const struct cgw_system_stat *machine = cgw_snapshot_system(explanation->now);
	struct cgw_number total = machine->memory_total_bytes;
	struct cgw_number available = machine->memory_available_bytes;
	struct cgw_cause *cause;

	if (total.state != CGW_OK || available.state != CGW_OK || total.value == 0 ||
	    (double)available.value * 100 >= (double)total.value * AVAILABLE_PERCENT)
		return;
	cause = causes_add(explanation, CGW_CAUSE_SYSTEM_MEMORY, 0);
	if (cause == NULL)
		return;
	cause->current = true;
	cause->system_wide = true;
	cause->percent = 100 - (double)available.value * 100 / (double)total.value;
	cause->amount = (double)available.value;
	cause->bound = (double)total.value;
}

/* All of its time is lost, or all that a process had. */
static bool stops(const struct cgw_cause *cause)
{
	return cause->kind == CGW_CAUSE_FROZEN || cause->kind == CGW_CAUSE_OOM_KILLED;
}

static int compare(const void *a, const void *b)
{
	const struct cgw_cause *first = a, *second = b;

	if (first->current != second->current)
		return first->current ? -1 : 1;
	if (stops(first) != stops(second))
		return stops(first) ? -1 : 1;
	if (first->lost_ns > second->lost_ns || first->lost_ns < second->lost_ns)
		return first->lost_ns > second->lost_ns ? -1 : 1;
	if (first->percent > second->percent || first->percent < second->percent)
		return first->percent > second->percent ? -1 : 1;
	if (first->kind != second->kind)
		return first->kind < second->kind ? -1 : 1;
	/* The nearest ancestor first. */
	return (first->group < second->group) - (first->group > second->group);
}

size_t cgw_explain_traced(const struct cgw_frame *frame, const struct cgw_snapshot *taker,
			  uint32_t group, struct cgw_cause causes[CGW_CAUSE_MAX])
{
	struct explanation explanation = {
		.frame = frame,
		.now = cgw_frame_now(frame),
		.topology = cgw_snapshot_topology(cgw_frame_now(frame)),
		.taker = taker,
		.group = group,
		.causes = causes,
	};

	for (uint32_t each = group; each != CGW_NO_GROUP;
	     each = explanation.topology->parent[each]) {
		explain_freezer(&explanation, each);
		causes_add_throttling(&explanation, each);
		explain_memory_limit(&explanation, each, CGW_M_MEMORY_HIGH,
				     CGW_M_MEMORY_EVENTS_HIGH);
		explain_memory_limit(&explanation, each, CGW_M_MEMORY_MAX, CGW_M_MEMORY_EVENTS_MAX);
		explain_pids(&explanation, each);
		explain_io_limit(&explanation, each, CGW_M_IO_MAX_RBPS, CGW_M_IO_RBYTES);
		explain_io_limit(&explanation, each, CGW_M_IO_MAX_WBPS, CGW_M_IO_WBYTES);
		explain_io_limit(&explanation, each, CGW_M_IO_MAX_RIOPS, CGW_M_IO_RIOS);
		explain_io_limit(&explanation, each, CGW_M_IO_MAX_WIOPS, CGW_M_IO_WIOS);
	}
	/* v2 counts OOM kills of descendants too: those of an ancestor may be in another group. */
	explain_oom(&explanation, group);
	explain_cpuset(&explanation);
	explain_swap(&explanation);
	explain_machine(&explanation);
	causes_add_waits(&explanation);
	/* What was measured includes this, with the cause. */
	if (causes_number(&explanation, CGW_M_CPU_RUN_DELAY, 0).state != CGW_OK)
		explain_pressure(&explanation, CGW_CAUSE_CPU_PRESSURE,
				 CGW_M_CPU_PRESSURE_SOME_AVG10, 0, CGW_M_CPU_WEIGHT);
	explain_pressure(&explanation, CGW_CAUSE_MEMORY_PRESSURE, CGW_M_MEMORY_PRESSURE_SOME_AVG10,
			 1, CGW_M_MEMORY_LOW);
	explain_pressure(&explanation, CGW_CAUSE_IO_PRESSURE, CGW_M_IO_PRESSURE_SOME_AVG10, 2,
			 CGW_M_IO_WEIGHT);
	qsort(causes, explanation.count, sizeof(*causes), compare);
	return explanation.count;
}

size_t cgw_explain(const struct cgw_frame *frame, uint32_t group,
		   struct cgw_cause causes[CGW_CAUSE_MAX])
{
	return cgw_explain_traced(frame, NULL, group, causes);
}

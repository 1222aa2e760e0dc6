/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cause-waits.c - what the tasks of a group waited for, from a frame with traced metrics. */
#include <math.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/inspect/causes.h"

/* Waits are reported from 10 ms per second on. */
#define LOST_MIN_NS 1e7

static const enum cgw_metric metrics[] = {
	CGW_M_CPU_RUN_DELAY,
	CGW_M_CPU_RUN_DELAY_THROTTLED,
	CGW_M_CPU_RUN_DELAY_BY,
	CGW_M_MEMORY_DIRECT_RECLAIM,
	CGW_M_MEMORY_DIRECT_RECLAIM_LIMIT,
	CGW_M_IO_IOWAIT,
	CGW_M_CPU_WEIGHT,
	CGW_M_CPU_BURST_10MS_MAX,
	CGW_M_CPU_THROTTLED_BURSTS,
	CGW_M_CPU_THROTTLED_BURSTS_COVERED,
	CGW_M_CPU_THROTTLED_BURSTS_MAX,
};

void cgw_explain_trace_metrics(struct cgw_metric_set *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		cgw_metric_set_add(set, metrics[i]);
}

/* The child of `above` that the group is in, or is. */
static uint32_t child_towards(const struct cgw_topology *topology, uint32_t above, uint32_t group)
{
	while (topology->parent[group] != CGW_NO_GROUP && topology->parent[group] != above)
		group = topology->parent[group];
	return group;
}

/* The parent of the group with that path. */
static uint32_t find_parent(const struct cgw_topology *topology, const char *path)
{
	size_t length = (size_t)(strrchr(path, '/') - path);
	CLEANUP(cleanup_free) char *parent = length == 0 ? strdup("/") : strndup(path, length);

	return parent != NULL ? cgw_topology_find(topology, parent) : CGW_NO_GROUP;
}

static struct cgw_number weight_of(const struct cgw_snapshot *snapshot, const char *path)
{
	uint32_t group = cgw_topology_find(cgw_snapshot_topology(snapshot), path);

	return group != CGW_NO_GROUP ? cgw_snapshot_number(snapshot, CGW_M_CPU_WEIGHT, group)
				     : (struct cgw_number){0, CGW_ABSENT};
}

/*
 * Weights are shared out between siblings: a lower one of the taker helps, and against tasks of an
 * ancestor, which compete with its children, a higher one of the child.
 */
static void propose_weight(const struct explanation *explanation, struct cgw_cause *cause)
{
	const struct cgw_topology *topology = explanation->topology;
	const struct cgw_source *source =
		cgw_snapshot_source(explanation->now, CGW_M_CPU_RUN_DELAY);
	uint32_t group = explanation->group, above = cgw_topology_find(topology, cause->taker);
	bool is_ancestor =
		above != CGW_NO_GROUP && group >= above && group <= above + topology->below[above];
	struct cgw_number weight;

	/* Groups that were counted in a hierarchy without that controller compete elsewhere. */
	if (source == NULL || (source->version == 1 && source->controller != CGW_CPU))
		return;
	weight = weight_of(explanation->taker != NULL ? explanation->taker : explanation->now,
			   cause->taker);
	if (!is_ancestor && weight.state == CGW_OK && weight.value > 1) {
		cause->change_taker = true;
		causes_propose(cause, CGW_M_CPU_WEIGHT, floor((double)weight.value / 2), "");
		return;
	}
	if (!is_ancestor)
		above = find_parent(topology, cause->taker);
	if (above == CGW_NO_GROUP)
		return;
	group = child_towards(topology, above, group);
	weight = causes_number(explanation, CGW_M_CPU_WEIGHT, group);
	if (weight.state != CGW_OK || weight.value == 0 || weight.value >= WEIGHT_MAX)
		return;
	cause->group = group;
	causes_propose(cause, CGW_M_CPU_WEIGHT, fmin((double)weight.value * 2, WEIGHT_MAX), "");
}

/* What ran for most of the time; NULL: unknown. */
static const struct cgw_instance *find_taker(const struct cgw_snapshot *snapshot, uint32_t group)
{
	const struct cgw_instance *found = NULL;
	size_t count;
	const struct cgw_instance *takers =
		cgw_snapshot_instances(snapshot, CGW_M_CPU_RUN_DELAY_BY, group, &count);

	for (size_t i = 0; i < count; i++)
		if (takers[i].number.state == CGW_OK &&
		    (found == NULL || takers[i].number.value > found->number.value))
			found = &takers[i];
	return found == NULL || strcmp(found->name, "unknown") == 0 ? NULL : found;
}

const char *cgw_explain_taker(const struct cgw_frame *frame, uint32_t group)
{
	const struct cgw_instance *taker = find_taker(cgw_frame_now(frame), group);

	/* Real-time tasks have no weight. */
	return taker != NULL && taker->name[0] == '/' ? taker->name : NULL;
}

/* Waiting for a CPU while a limit throttles the group is another cause. */
static void explain_cpu_wait(struct explanation *explanation)
{
	uint32_t group = explanation->group;
	struct cgw_number waited = causes_number(explanation, CGW_M_CPU_RUN_DELAY_BY, group);
	double seconds = cgw_frame_seconds(explanation->frame), lost_ns;
	const struct cgw_instance *taker = find_taker(explanation->now, group);
	struct cgw_cause *cause;

	if (waited.state != CGW_OK || seconds <= 0)
		return;
	lost_ns = (double)waited.value / seconds;
	if (lost_ns < LOST_MIN_NS)
		return;
	cause = causes_add(explanation, CGW_CAUSE_CPU_WAIT, group);
	if (cause == NULL)
		return;
	cause->current = true;
	cause->lost_ns = lost_ns;
	if (taker == NULL)
		return;
	cause->percent = (double)taker->number.value * 100 / (double)waited.value;
	cause->taker = taker->name;
	if (cgw_explain_taker(explanation->frame, group) != NULL)
		propose_weight(explanation, cause);
}

/* The time that throttling cost the group's own tasks; several limits cannot be distinguished. */
static void set_throttled_loss(struct explanation *explanation)
{
	uint32_t group = explanation->group;
	struct cgw_number throttled =
		causes_number(explanation, CGW_M_CPU_RUN_DELAY_THROTTLED, group);
	double lost_ns = causes_rate(explanation, CGW_M_CPU_RUN_DELAY_THROTTLED, group);

	for (size_t i = 0; i < explanation->count && throttled.state == CGW_OK; i++)
		if (explanation->causes[i].kind == CGW_CAUSE_CPU_THROTTLED &&
		    explanation->causes[i].current)
			explanation->causes[i].lost_ns = lost_ns;
}

/* A wait that consists of one counter, and of `part` for a known reason. */
static void explain_wait(struct explanation *explanation, enum cgw_cause_kind kind,
			 enum cgw_metric metric, enum cgw_metric part)
{
	uint32_t group = explanation->group;
	double lost_ns = causes_rate(explanation, metric, group);
	struct cgw_cause *cause;

	if (lost_ns < LOST_MIN_NS)
		return;
	cause = causes_add(explanation, kind, group);
	if (cause == NULL)
		return;
	cause->current = true;
	cause->lost_ns = lost_ns;
	cause->percent = causes_rate(explanation, part, group) * 100 / lost_ns;
}

void causes_add_waits(struct explanation *explanation)
{
	set_throttled_loss(explanation);
	explain_cpu_wait(explanation);
	explain_wait(explanation, CGW_CAUSE_RECLAIM, CGW_M_MEMORY_DIRECT_RECLAIM,
		     CGW_M_MEMORY_DIRECT_RECLAIM_LIMIT);
	explain_wait(explanation, CGW_CAUSE_IO_WAIT, CGW_M_IO_IOWAIT, CGW_M_IO_IOWAIT);
}

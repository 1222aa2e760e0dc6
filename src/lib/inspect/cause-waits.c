/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cause-waits.c - what the tasks of a group waited for, from a frame with traced metrics. */
#include <math.h>
#include <stdio.h>
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

/*
 * Weights are shared out between siblings: a lower one of the taker helps, and against tasks of an
 * ancestor, which compete with its children, a higher one of the child.
 */
static void propose_weight(const struct explanation *traced, uint32_t taker,
			   const struct explanation *explanation, struct cgw_cause *cause)
{
	const struct cgw_topology *topology = traced->topology;
	const struct cgw_source *source = cgw_snapshot_source(traced->now, CGW_M_CPU_RUN_DELAY);
	bool is_ancestor =
		traced->group >= taker && traced->group <= taker + topology->below[taker];
	struct cgw_number weight;
	uint32_t child;

	/* Groups that were counted in a hierarchy without that controller compete elsewhere. */
	if (source == NULL || (source->version == 1 && source->controller != CGW_CPU))
		return;
	weight = causes_number(traced, CGW_M_CPU_WEIGHT, taker);
	if (!is_ancestor && weight.state == CGW_OK && weight.value > 1) {
		cause->change_taker = true;
		causes_propose(cause, CGW_M_CPU_WEIGHT, floor((double)weight.value / 2), "");
		return;
	}
	child = child_towards(topology, is_ancestor ? taker : topology->parent[taker],
			      traced->group);
	weight = causes_number(traced, CGW_M_CPU_WEIGHT, child);
	if (weight.state != CGW_OK || weight.value == 0 || weight.value >= WEIGHT_MAX)
		return;
	cause->group = explanation->group;
	for (uint32_t up = topology->depth[traced->group]; up > topology->depth[child]; up--)
		cause->group = explanation->topology->parent[cause->group];
	causes_propose(cause, CGW_M_CPU_WEIGHT, fmin((double)weight.value * 2, WEIGHT_MAX), "");
}

/* What ran for most of the time; NULL: unknown. */
static const struct cgw_instance *find_taker(const struct explanation *explanation)
{
	const struct cgw_instance *found = NULL;
	size_t count;
	const struct cgw_instance *takers = cgw_snapshot_instances(
		explanation->now, CGW_M_CPU_RUN_DELAY_BY, explanation->group, &count);

	for (size_t i = 0; i < count; i++)
		if (takers[i].number.state == CGW_OK &&
		    (found == NULL || takers[i].number.value > found->number.value))
			found = &takers[i];
	return found == NULL || strcmp(found->name, "unknown") == 0 ? NULL : found;
}

/* Waiting for a CPU while a limit throttles the group is another cause. */
static void explain_cpu_wait(const struct explanation *traced, struct explanation *explanation)
{
	struct cgw_number waited = causes_number(traced, CGW_M_CPU_RUN_DELAY_BY, traced->group);
	double seconds = cgw_frame_seconds(traced->frame), lost_ns;
	const struct cgw_instance *taker = find_taker(traced);
	struct cgw_cause *cause;
	uint32_t group;

	if (waited.state != CGW_OK || seconds <= 0)
		return;
	lost_ns = (double)waited.value / seconds;
	if (lost_ns < LOST_MIN_NS)
		return;
	cause = causes_add(explanation, CGW_CAUSE_CPU_WAIT, explanation->group);
	if (cause == NULL)
		return;
	cause->current = true;
	cause->lost_ns = lost_ns;
	if (taker == NULL)
		return;
	cause->percent = (double)taker->number.value * 100 / (double)waited.value;
	cause->taker = taker->name;
	/* Real-time tasks have no weight. */
	if (taker->name[0] != '/')
		return;
	group = cgw_topology_find(traced->topology, taker->name);
	if (group != CGW_NO_GROUP)
		propose_weight(traced, group, explanation, cause);
}

/* The time that throttling cost the group's own tasks; several limits cannot be distinguished. */
static void set_throttled_loss(const struct explanation *traced, struct explanation *explanation)
{
	struct cgw_number throttled =
		causes_number(traced, CGW_M_CPU_RUN_DELAY_THROTTLED, traced->group);
	double lost_ns = causes_rate(traced, CGW_M_CPU_RUN_DELAY_THROTTLED, traced->group);

	for (size_t i = 0; i < explanation->count && throttled.state == CGW_OK; i++)
		if (explanation->causes[i].kind == CGW_CAUSE_CPU_THROTTLED &&
		    explanation->causes[i].current)
			explanation->causes[i].lost_ns = lost_ns;
}

/* A wait that consists of one counter, and of `part` for a known reason. */
static void explain_wait(const struct explanation *traced, struct explanation *explanation,
			 enum cgw_cause_kind kind, enum cgw_metric metric, enum cgw_metric part)
{
	double lost_ns = causes_rate(traced, metric, traced->group);
	struct cgw_cause *cause;

	if (lost_ns < LOST_MIN_NS)
		return;
	cause = causes_add(explanation, kind, explanation->group);
	if (cause == NULL)
		return;
	cause->current = true;
	cause->lost_ns = lost_ns;
	cause->percent = causes_rate(traced, part, traced->group) * 100 / lost_ns;
}

void causes_add_waits(struct explanation *explanation, const struct cgw_frame *frame)
{
	struct explanation traced = {
		.frame = frame,
		.now = cgw_frame_now(frame),
		.topology = cgw_snapshot_topology(cgw_frame_now(frame)),
	};
	CLEANUP(cleanup_free)
	char *path = cgw_topology_path_copy(explanation->topology, explanation->group);

	traced.group = path != NULL ? cgw_topology_find(traced.topology, path) : CGW_NO_GROUP;
	if (traced.group == CGW_NO_GROUP)
		return;
	set_throttled_loss(&traced, explanation);
	explain_cpu_wait(&traced, explanation);
	explain_wait(&traced, explanation, CGW_CAUSE_RECLAIM, CGW_M_MEMORY_DIRECT_RECLAIM,
		     CGW_M_MEMORY_DIRECT_RECLAIM_LIMIT);
	explain_wait(&traced, explanation, CGW_CAUSE_IO_WAIT, CGW_M_IO_IOWAIT, CGW_M_IO_IOWAIT);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detect-events.c - detection of events between two samples: groups, kills, limits, clocks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/model/counter-growth.h"
#include "lib/recording/event-list.h"

/* Slewing changes the wall clock by much less between two samples; a larger step was set. */
#define CLOCK_STEP_NS (NS_PER_S / 2)

struct detector {
	const struct cgw_frame *frame;
	const struct cgw_snapshot *now, *before;
	const struct cgw_recorder_options *options; /* or NULL */
	struct event_list *list;
	char *path;
	size_t path_size;
	char who[128];
};

static const char *path_of(struct detector *detector, const struct cgw_topology *topology,
			   uint32_t group)
{
	size_t length = cgw_topology_path(topology, group, detector->path, detector->path_size);

	if (length >= detector->path_size) {
		if (ARRAY_RESERVE(detector->path, detector->path_size, length + 1) < 0)
			return NULL;
		cgw_topology_path(topology, group, detector->path, detector->path_size);
	}
	return detector->path;
}

static uint64_t id_of(const struct cgw_topology *topology, uint32_t group)
{
	for (uint32_t h = 0; h < topology->hierarchy_count; h++)
		if (topology->id[h][group] != 0)
			return topology->id[h][group];
	return 0;
}

static const char *changed_by(struct detector *detector, const struct cgw_event *event)
{
	const struct cgw_recorder_options *options = detector->options;

	detector->who[0] = '\0';
	if (options != NULL && options->who != NULL)
		options->who(options->who_context, event->path, event->key,
			     cgw_snapshot_realtime_ns(detector->before),
			     cgw_snapshot_realtime_ns(detector->now), detector->who,
			     sizeof(detector->who));
	return detector->who;
}

/* Adds an event about a group, or about the whole machine (CGW_NO_GROUP). */
static int add(struct detector *detector, struct cgw_event event,
	       const struct cgw_topology *topology, uint32_t group)
{
	if (group != CGW_NO_GROUP) {
		event.path = path_of(detector, topology, group);
		if (event.path == NULL)
			return -ENOMEM;
		event.group_id = id_of(topology, group);
	}
	if (event.kind == CGW_EVENT_LIMIT)
		event.who = changed_by(detector, &event);
	if (event.realtime_ns == 0)
		event.realtime_ns = cgw_snapshot_realtime_ns(detector->now);
	return event_list_add(detector->list, &event);
}

static int detect_clocks(struct detector *detector)
{
	uint64_t monotonic_delta_ns = cgw_snapshot_monotonic_ns(detector->now) -
				      cgw_snapshot_monotonic_ns(detector->before);
	uint64_t boottime_delta_ns = cgw_snapshot_boottime_ns(detector->now) -
				     cgw_snapshot_boottime_ns(detector->before);
	int64_t realtime_delta_ns = (int64_t)(cgw_snapshot_realtime_ns(detector->now) -
					      cgw_snapshot_realtime_ns(detector->before));
	int64_t clock_step_ns = realtime_delta_ns - (int64_t)boottime_delta_ns;
	struct cgw_event event = {.kind = CGW_EVENT_SUSPEND};
	int r = 0;

	if (boottime_delta_ns > monotonic_delta_ns &&
	    boottime_delta_ns - monotonic_delta_ns > CLOCK_STEP_NS) {
		event.new_number =
			(struct cgw_number){boottime_delta_ns - monotonic_delta_ns, CGW_OK};
		r = add(detector, event, NULL, CGW_NO_GROUP);
	}
	if (r == 0 &&
	    (clock_step_ns > (int64_t)CLOCK_STEP_NS || clock_step_ns < -(int64_t)CLOCK_STEP_NS)) {
		event.kind = CGW_EVENT_CLOCK;
		event.why = clock_step_ns < 0 ? "back" : "forward";
		event.new_number = (struct cgw_number){
			(uint64_t)(clock_step_ns < 0 ? -clock_step_ns : clock_step_ns), CGW_OK};
		r = add(detector, event, NULL, CGW_NO_GROUP);
	}
	return r;
}

static int detect_groups(struct detector *detector)
{
	const struct cgw_topology *now = cgw_snapshot_topology(detector->now);
	const struct cgw_topology *before = cgw_snapshot_topology(detector->before);
	size_t gone_count;
	const uint32_t *gone = cgw_frame_removed_groups(detector->frame, &gone_count);
	int r = 0;

	if (now == before)
		return 0;
	for (size_t i = 0; i < gone_count && r == 0; i++)
		r = add(detector, (struct cgw_event){.kind = CGW_EVENT_GONE}, before, gone[i]);
	for (uint32_t i = 0; i < now->count && r == 0; i++) {
		unsigned flags = cgw_frame_flags(detector->frame, i);
		struct cgw_event event = {.kind = flags & CGW_ROW_NEW ? CGW_EVENT_APPEARED
								      : CGW_EVENT_RECREATED};

		if (flags & (CGW_ROW_NEW | CGW_ROW_RECREATED))
			r = add(detector, event, now, i);
	}
	return r;
}

/* Hierarchical counters include kills in descendants: those of the children are subtracted. */
static int detect_kills(struct detector *detector)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(detector->now);
	struct cgw_event event = {.kind = CGW_EVENT_OOM_KILL};
	int r = 0;

	for (uint32_t i = 0; i < topology->count && r == 0; i++) {
		uint64_t kills =
			counter_own_growth(detector->frame, CGW_M_MEMORY_EVENTS_OOM_KILL, i);

		event.new_number = (struct cgw_number){kills, CGW_OK};
		if (kills > 0)
			r = add(detector, event, topology, i);
	}
	return r;
}

static bool is_limit_value(struct cgw_number number)
{
	return number.state == CGW_OK || number.state == CGW_MAX;
}

static bool differs(struct cgw_number a, struct cgw_number b)
{
	return a.state != b.state || (a.state == CGW_OK && a.value != b.value);
}

static struct cgw_number instance_of(const struct cgw_instance *instances, size_t count,
				     const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(instances[i].name, name) == 0)
			return instances[i].number;
	return (struct cgw_number){0, CGW_MAX}; /* a device that is not listed has no limit */
}

static int compare_instances(struct detector *detector, enum cgw_metric metric, uint32_t group,
			     uint32_t old)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(detector->now);
	struct cgw_event event = {.kind = CGW_EVENT_LIMIT, .key = cgw_metric_info(metric)->key};
	size_t count, old_count;
	const struct cgw_instance *now =
		cgw_snapshot_instances(detector->now, metric, group, &count);
	const struct cgw_instance *before =
		cgw_snapshot_instances(detector->before, metric, old, &old_count);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		event.why = now[i].name;
		event.old_number = instance_of(before, old_count, now[i].name);
		event.new_number = now[i].number;
		if (differs(event.old_number, event.new_number))
			r = add(detector, event, topology, group);
	}
	for (size_t i = 0; i < old_count && r == 0; i++) {
		event.why = before[i].name;
		event.old_number = before[i].number;
		event.new_number = instance_of(now, count, before[i].name);
		if (event.new_number.state == CGW_MAX && event.old_number.state == CGW_OK)
			r = add(detector, event, topology, group);
	}
	return r;
}

static int compare_limit(struct detector *detector, enum cgw_metric metric, uint32_t group)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);
	struct cgw_event event = {.kind = CGW_EVENT_LIMIT, .key = info->key};
	uint32_t old = cgw_frame_previous(detector->frame, group);

	if (old == CGW_NO_GROUP || cgw_frame_flags(detector->frame, group) & CGW_ROW_RECREATED)
		return 0;
	if (info->shape == CGW_INSTANCES)
		return compare_instances(detector, metric, group, old);
	event.old_number = cgw_snapshot_number(detector->before, metric, old);
	event.new_number = cgw_snapshot_number(detector->now, metric, group);
	if (!is_limit_value(event.old_number) || !is_limit_value(event.new_number) ||
	    !differs(event.old_number, event.new_number))
		return 0;
	return add(detector, event, cgw_snapshot_topology(detector->now), group);
}

static int detect_limits(struct detector *detector)
{
	const struct cgw_metric_set *metrics = cgw_snapshot_metrics(detector->now);
	uint32_t count = cgw_snapshot_topology(detector->now)->count;
	int r = 0;

	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++) {
		const struct cgw_metric_info *info = cgw_metric_info(metric);

		if (!cgw_metric_set_has(metrics, metric) || info->shape == CGW_STRING ||
		    (info->kind != CGW_LIMIT && info->kind != CGW_SETTING))
			continue;
		for (uint32_t i = 0; i < count && r == 0; i++)
			r = compare_limit(detector, metric, i);
	}
	return r;
}

int events_detect(const struct cgw_frame *frame, const struct cgw_recorder_options *options,
		  struct event_list *list)
{
	struct detector detector = {
		.frame = frame,
		.now = cgw_frame_now(frame),
		.before = cgw_frame_before(frame),
		.options = options,
		.list = list,
	};
	int r = detect_clocks(&detector);

	if (r == 0)
		r = detect_groups(&detector);
	if (r == 0)
		r = detect_kills(&detector);
	if (r == 0)
		r = detect_limits(&detector);
	free(detector.path);
	return r == -ENOBUFS ? 0 : r; /* excess events are dropped, the sample is not */
}

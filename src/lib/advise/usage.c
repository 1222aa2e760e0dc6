/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* usage.c - peaks, a percentile and steady growth of one group. */
#include <string.h>

#include "lib/advise/usage.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/model/frame.h"

/* Less growth than this over the recording is not reported. */
#define GROWTH_MIN_BYTES (UINT64_C(16) << 20)

static size_t bucket_of(uint64_t value)
{
	unsigned power;

	if (value < 8)
		return value;
	power = 63 - (unsigned)__builtin_clzll(value);
	return ((power - 2) * 8) + (value >> (power - 3) & 7);
}

/* The largest value of a bucket. */
static uint64_t bucket_end(size_t bucket)
{
	unsigned power = (unsigned)(bucket / 8 + 2);

	if (bucket < 8)
		return bucket;
	return (UINT64_C(1) << power) + ((uint64_t)(bucket % 8 + 1) << (power - 3)) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count[bucket_of(value)]++;
}

uint64_t histogram_p99(const struct histogram *histogram, uint64_t zeros)
{
	uint64_t total = zeros, seen = zeros;

	for (size_t i = 0; i < ARRAY_SIZE(histogram->count); i++)
		total += histogram->count[i];
	if (zeros > 0 && zeros >= total - total / 100)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(histogram->count); i++) {
		seen += histogram->count[i];
		if (seen > 0 && seen >= total - total / 100)
			return bucket_end(i);
	}
	return 0;
}

/* What is added up to each measure; the others are computed from more than one sample or metric. */
static const struct summand {
	enum cgw_metric metric;
	enum measure measure;
} summands[] = {
	{CGW_M_MEMORY_CURRENT, MEASURE_MEMORY},      {CGW_M_MEMORY_ANON, MEASURE_UNRECLAIMABLE},
	{CGW_M_MEMORY_SHMEM, MEASURE_UNRECLAIMABLE}, {CGW_M_MEMORY_KERNEL, MEASURE_UNRECLAIMABLE},
	{CGW_M_PIDS_CURRENT, MEASURE_TASKS},
};

void measure_metrics(enum measure measure, struct cgw_metric_set *set)
{
	if (measure == MEASURE_CPU)
		cgw_metric_set_add(set, CGW_M_CPU_USAGE);
	for (size_t i = 0; i < ARRAY_SIZE(summands); i++)
		if (summands[i].measure == measure)
			cgw_metric_set_add(set, summands[i].metric);
}

/* The growth of a counter in the interval; 0 if it is not known. */
static uint64_t growth_of(const struct cgw_frame *frame, enum cgw_metric metric, uint32_t group)
{
	struct cgw_number now = snapshot_number(frame->now, metric, group);
	struct cgw_number before = snapshot_number(frame->before, metric, frame->previous[group]);

	return now.state == CGW_OK && before.state == CGW_OK && now.value > before.value
		       ? now.value - before.value
		       : 0;
}

static bool is_same_group(const struct cgw_frame *frame, uint32_t group)
{
	return frame->before != NULL && frame->previous[group] != CGW_NO_GROUP &&
	       (frame->flags[group] & CGW_ROW_RECREATED) == 0;
}

static void observe_cpu(const struct cgw_frame *frame, uint32_t group,
			struct observation *observation)
{
	uint64_t read_ns, before_ns;

	if (!is_same_group(frame, group))
		return;
	read_ns = frame->now->read_ns[group];
	before_ns = frame->before->read_ns[frame->previous[group]];
	if (read_ns <= before_ns)
		return;
	observation->interval_ns = read_ns - before_ns;
	observation->known[MEASURE_CPU] =
		snapshot_number(frame->now, CGW_M_CPU_USAGE, group).state == CGW_OK &&
		scale_u64(growth_of(frame, CGW_M_CPU_USAGE, group), NS_PER_S,
			  observation->interval_ns, &observation->value[MEASURE_CPU]);
}

void observe(const struct cgw_frame *frame, uint32_t group, struct observation *observation)
{
	struct cgw_number unused = snapshot_number(frame->now, CGW_M_MEMORY_INACTIVE_FILE, group);
	uint64_t *value = observation->value;

	*observation = (struct observation){0};
	observe_cpu(frame, group, observation);
	for (size_t i = 0; i < ARRAY_SIZE(summands); i++) {
		struct cgw_number number = snapshot_number(frame->now, summands[i].metric, group);

		if (number.state != CGW_OK)
			continue;
		value[summands[i].measure] += number.value;
		observation->known[summands[i].measure] = true;
	}
	if (observation->known[MEASURE_MEMORY] && unused.state == CGW_OK) {
		value[MEASURE_WORKING_SET] = value[MEASURE_MEMORY] > unused.value
						     ? value[MEASURE_MEMORY] - unused.value
						     : 0;
		observation->known[MEASURE_WORKING_SET] = true;
	}
}

void usage_begin_life(struct usage_record *record)
{
	record->usage.lives++;
	for (size_t i = 0; i < GROWTH_PARTS; i++)
		record->smallest[i] = UINT64_MAX;
}

static void add_interval(struct usage_record *record, const struct cgw_frame *frame, uint32_t group,
			 const struct observation *observation)
{
	struct cgw_usage *usage = &record->usage;

	usage->intervals++;
	usage->intervals_ns += observation->interval_ns;
	if (observation->known[MEASURE_CPU])
		histogram_add(&record->cpu, observation->value[MEASURE_CPU]);
	if (growth_of(frame, CGW_M_CPU_THROTTLED, group) > 0)
		usage->throttled_intervals++;
	/* Without CPU time, nothing in the group can allocate or fork. */
	if (observation->known[MEASURE_CPU] && observation->value[MEASURE_CPU] == 0)
		return;
	usage->oom_kills += growth_of(frame, CGW_M_MEMORY_EVENTS_OOM_KILL, group);
	usage->memory_limit_hits += growth_of(frame, CGW_M_MEMORY_EVENTS_MAX, group);
	usage->refaults += growth_of(frame, CGW_M_MEMORY_WORKINGSET_REFAULT, group);
	usage->forks_refused += growth_of(frame, CGW_M_PIDS_EVENTS_MAX, group);
}

void usage_add(struct usage_record *record, const struct cgw_frame *frame, uint32_t group,
	       const struct observation *observation, size_t part)
{
	const struct cgw_snapshot *now = frame->now;
	struct cgw_usage *usage = &record->usage;

	usage->samples++;
	if (observation->interval_ns > 0)
		add_interval(record, frame, group, observation);
	for (size_t i = 0; i < MEASURE_COUNT; i++) {
		record->known[i] |= observation->known[i];
		if (observation->known[i] && observation->value[i] > record->peak[i])
			record->peak[i] = observation->value[i];
	}
	if (observation->known[MEASURE_UNRECLAIMABLE] &&
	    observation->value[MEASURE_UNRECLAIMABLE] < record->smallest[part])
		record->smallest[part] = observation->value[MEASURE_UNRECLAIMABLE];
	usage->cpu_max = snapshot_number(now, CGW_M_CPU_MAX, group);
	usage->cpu_weight = snapshot_number(now, CGW_M_CPU_WEIGHT, group);
	usage->memory_max = snapshot_number(now, CGW_M_MEMORY_MAX, group);
	usage->memory_high = snapshot_number(now, CGW_M_MEMORY_HIGH, group);
	usage->pids_max = snapshot_number(now, CGW_M_PIDS_MAX, group);
}

void usage_join_parts(struct usage_record *record)
{
	for (size_t i = 0; i < GROWTH_PARTS / 2; i++) {
		uint64_t first = record->smallest[2 * i], second = record->smallest[2 * i + 1];

		record->smallest[i] = first < second ? first : second;
	}
	for (size_t i = GROWTH_PARTS / 2; i < GROWTH_PARTS; i++)
		record->smallest[i] = UINT64_MAX;
}

/*
 * Memory that never shrinks: the smallest value of each part is at least that of the part before,
 * over at least half of the recording, and the second half grew as well, unlike a cache or a
 * program that is warming up.
 */
static void find_growth(struct usage_record *record, uint64_t part_ns)
{
	size_t first = GROWTH_PARTS, last = 0, count = 0;
	uint64_t growth, later;

	for (size_t i = 0; i < GROWTH_PARTS; i++) {
		if (record->smallest[i] == UINT64_MAX)
			continue;
		if (first == GROWTH_PARTS)
			first = i;
		else if (record->smallest[i] < record->smallest[last])
			return;
		last = i;
		count++;
	}
	if (count < GROWTH_PARTS / 2)
		return;
	growth = later = record->smallest[last] - record->smallest[first];
	for (size_t i = first + (last - first) / 2; i <= last; i++)
		if (record->smallest[i] != UINT64_MAX) {
			later = record->smallest[last] - record->smallest[i];
			break;
		}
	if (growth < GROWTH_MIN_BYTES || growth < record->smallest[first] / 4 || later < growth / 4)
		return;
	record->usage.growth_bytes = growth;
	record->usage.growth_ns = part_ns * (last - first);
}

void usage_finish(struct usage_record *record, uint64_t part_ns)
{
	struct cgw_usage *usage = &record->usage;

	usage->path = record->path;
	usage->growth_bytes = usage->growth_ns =
		0; /* of an earlier call, while there is more to add */
	usage->cpu_peak = record->peak[MEASURE_CPU];
	usage->cpu_p99 = histogram_p99(&record->cpu, 0);
	if (usage->cpu_p99 > usage->cpu_peak)
		usage->cpu_p99 = usage->cpu_peak;
	usage->memory_peak_bytes = record->peak[MEASURE_MEMORY];
	usage->working_set_peak_bytes = record->peak[MEASURE_WORKING_SET];
	usage->unreclaimable_peak_bytes = record->peak[MEASURE_UNRECLAIMABLE];
	usage->tasks_peak = record->peak[MEASURE_TASKS];
	find_growth(record, part_ns);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trial.c - count how often groups would have reached their limits. */
#include <string.h>

#include "lib/advise/advisor.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"

static bool tries_weights(const struct cgw_advisor *advisor)
{
	for (size_t i = 0; i < advisor->advice_count; i++)
		if (advisor->advice[i].control == CGW_C_CPU_WEIGHT)
			return true;
	return false;
}

void cgw_advisor_trial_metrics(const struct cgw_advisor *advisor, struct cgw_metric_set *set)
{
	for (size_t i = 0; i < advisor->advice_count && !advisor->limits_are_tried; i++) {
		enum cgw_control control = advisor->advice[i].control;

		for (size_t j = 0; j < SIZING_COUNT; j++)
			if (advisor_sizings[j].control == control) {
				measure_metrics(advisor_sizings[j].reached, set);
				measure_metrics(advisor_sizings[j].exceeded, set);
			}
		for (size_t j = 0; j < DEVICE_RATE_COUNT; j++)
			if (device_rates[j].control == control)
				cgw_metric_set_add(set, device_rates[j].use);
	}
	if (tries_weights(advisor)) {
		cgw_metric_set_add(set, CGW_M_CPU_USAGE);
		cgw_metric_set_add(set, CGW_M_CPU_WEIGHT);
		cgw_metric_set_add(set, CGW_M_CPU_MAX);
	}
}

void cgw_advisor_trial_begin(struct cgw_advisor *advisor)
{
	for (size_t i = 0; i < advisor->advice_count; i++)
		advisor->advice[i].trial = (struct cgw_trial){0};
	advisor->limits_are_tried = false;
	advisor->tries_weights = tries_weights(advisor);
	advisor->topology = NULL;
}

bool cgw_advisor_trial_rest(struct cgw_advisor *advisor)
{
	advisor->limits_are_tried = true;
	advisor->tries_weights = tries_weights(advisor);
	advisor->topology = NULL;
	return advisor->tries_weights;
}

static void count_reached(struct cgw_advice *advice, uint64_t use, uint64_t most,
			  uint64_t interval_ns)
{
	if (use <= most)
		return;
	advice->trial.reached++;
	advice->trial.reached_ns += interval_ns;
}

static void try_limit(struct cgw_advice *advice, const struct sizing *sizing,
		      const struct observation *observation)
{
	if (!observation->known[sizing->reached])
		return;
	advice->trial.samples++;
	if (sizing->exceeded != MEASURE_COUNT && observation->known[sizing->exceeded] &&
	    observation->value[sizing->exceeded] > advice->value)
		advice->trial.exceeded++;
	else
		count_reached(advice, observation->value[sizing->reached], advice->value,
			      observation->interval_ns);
}

static void try_limits(struct cgw_advisor *advisor, const struct usage_record *record,
		       const struct observation *observation)
{
	struct cgw_advice *advice = &advisor->advice[record->first_advice];
	const struct cgw_advice *end = advice + record->advice_count;

	for (size_t i = 0; i < SIZING_COUNT; i++)
		if (record->sized[i])
			try_limit(advice++, &advisor_sizings[i], observation);
	for (; advice < end; advice++)
		if (advice->device != NULL && observation->interval_ns > 0)
			advice->trial.samples++; /* try_device() counts the rates above the limit */
}

static int try_device(void *context, const char *device, enum device_rate rate, uint64_t per_s,
		      struct cgw_number limit)
{
	struct device_target *target = context;

	for (size_t i = 0; i < target->record->advice_count; i++) {
		struct cgw_advice *advice =
			&target->advisor->advice[target->record->first_advice + i];

		if (advice->device != NULL && advice->control == device_rates[rate].control &&
		    strcmp(advice->device, device) == 0)
			count_reached(advice, per_s, advice->value, target->interval_ns);
	}
	return 0;
}

static struct cgw_advice *weight_advice(struct cgw_advisor *advisor,
					const struct usage_record *record)
{
	for (size_t i = 0; record != NULL && i < record->advice_count; i++)
		if (advisor->advice[record->first_advice + i].control == CGW_C_CPU_WEIGHT)
			return &advisor->advice[record->first_advice + i];
	return NULL;
}

/* Counts how often a group used more than its weight would have guaranteed it. */
static void try_weights(struct cgw_advisor *advisor, const struct cgw_frame *frame)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	struct sibling *items = advisor->siblings.items;

	if (!siblings_find_full(&advisor->siblings, frame, advisor->cpus))
		return;
	/* The sums of the present weights become those of the trial. */
	for (uint32_t i = 1; i < topology->count; i++) {
		const struct cgw_advice *advice;

		if (items[topology->parent[i]].capacity == 0 || items[i].use == 0)
			continue;
		advice = weight_advice(advisor, advisor->of_group[i]);
		if (advice != NULL)
			items[topology->parent[i]].weight +=
				advice->value - siblings_weight(frame, i);
	}
	for (uint32_t i = 1; i < topology->count; i++) {
		const struct sibling *parent = &items[topology->parent[i]];
		struct cgw_advice *advice;
		uint64_t guaranteed;

		if (parent->capacity == 0 || items[i].use == 0)
			continue;
		advice = weight_advice(advisor, advisor->of_group[i]);
		if (advice == NULL ||
		    !scale_u64(parent->capacity, advice->value, parent->weight, &guaranteed))
			continue;
		advice->trial.samples++;
		count_reached(advice, items[i].use, guaranteed,
			      (uint64_t)(cgw_frame_seconds(frame) * (double)NS_PER_S));
	}
}

int cgw_advisor_trial(struct cgw_advisor *advisor, const struct cgw_frame *frame)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	uint32_t count = cgw_snapshot_topology(now)->count;
	struct device_columns columns;
	int r = advisor_map_groups(advisor, frame, false);

	devices_find_columns(frame, &columns);
	if (r == 0)
		r = siblings_begin(&advisor->siblings, count);
	for (uint32_t i = 0; i < count && r == 0; i++) {
		struct device_target target = {.advisor = advisor, .record = advisor->of_group[i]};
		struct observation observation;
		bool tries_limits = target.record != NULL && target.record->advice_count > 0 &&
				    !advisor->limits_are_tried;

		if (!tries_limits && !advisor->tries_weights)
			continue;
		observe(frame, i, &observation);
		advisor->siblings.items[i].use = observation.value[MEASURE_CPU];
		target.interval_ns = observation.interval_ns;
		if (!tries_limits)
			continue;
		try_limits(advisor, target.record, &observation);
		if (observation.interval_ns > 0 && target.record->devices != NULL)
			r = devices_observe(&columns, frame, i, observation.interval_ns, try_device,
					    &target);
	}
	if (r == 0 && advisor->tries_weights)
		try_weights(advisor, frame);
	return r;
}

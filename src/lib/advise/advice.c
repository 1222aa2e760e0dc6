/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice.c - limits from the use of each group. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/advise/advisor.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/limit/exact-quantity.h"

/* Fewer samples of a group prove nothing. */
#define SAMPLES_MIN 10
/* IO below this part of what a device did at most is not limited. */
#define DEVICE_SHARE 10

#define MIB         (UINT64_C(1) << 20)
#define CPU_PERCENT (NS_PER_S / 100)
#define NOW(member) offsetof(struct cgw_usage, member)

const struct sizing advisor_sizings[SIZING_COUNT] = {
	{CGW_C_CPU_MAX,
	 NOW(cpu_max),
	 MEASURE_CPU,
	 MEASURE_CPU,
	 MEASURE_COUNT,
	 {125, 105},
	 {0, 0},
	 {10 * CPU_PERCENT, 5 * CPU_PERCENT},
	 CPU_PERCENT,
	 false,
	 false},
	{CGW_C_MEMORY_HIGH,
	 NOW(memory_high),
	 MEASURE_WORKING_SET,
	 MEASURE_MEMORY,
	 MEASURE_COUNT,
	 {115, 105},
	 {0, 0},
	 {16 * MIB, 4 * MIB},
	 0,
	 true,
	 true},
	{CGW_C_MEMORY_MAX,
	 NOW(memory_max),
	 MEASURE_WORKING_SET,
	 MEASURE_MEMORY,
	 MEASURE_UNRECLAIMABLE,
	 {130, 110},
	 {0, 0},
	 {20 * MIB, 5 * MIB},
	 0,
	 true,
	 false},
	{CGW_C_PIDS_MAX,
	 NOW(pids_max),
	 MEASURE_TASKS,
	 MEASURE_TASKS,
	 MEASURE_COUNT,
	 {150, 120},
	 {16, 8},
	 {32, 16},
	 1,
	 false,
	 false},
};

const char *cgw_advice_kind_name(enum cgw_advice_kind kind)
{
	static const char *const names[] = {
		[CGW_ADVICE_SET] = "set",           [CGW_ADVICE_LIMITED] = "limited",
		[CGW_ADVICE_LEAK] = "leak",         [CGW_ADVICE_WHOLE] = "whole-machine",
		[CGW_ADVICE_UNPROVEN] = "unproven",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "";
}

static uint64_t round_up(uint64_t value, uint64_t step)
{
	return value > UINT64_MAX - step ? value : (value + step - 1) / step * step;
}

static uint64_t size_limit(const struct sizing *sizing, uint64_t need, enum cgw_objective objective)
{
	uint64_t value;

	if (!scale_u64(need, sizing->percent[objective], 100, &value) ||
	    value > UINT64_MAX - sizing->add[objective])
		return UINT64_MAX;
	value += sizing->add[objective];
	if (value < sizing->least[objective])
		value = sizing->least[objective];
	return sizing->step == 0 ? size_round_up(value) : round_up(value, sizing->step);
}

/* Whether the recorded use was cut by a limit in more than one of a hundred intervals. */
static bool was_limited(const struct sizing *sizing, const struct cgw_usage *usage)
{
	switch (sizing->need) {
	case MEASURE_CPU:
		return usage->throttled_intervals > usage->intervals / 100;
	case MEASURE_TASKS:
		return usage->forks_refused > 0;
	default:
		return usage->oom_kills > 0;
	}
}

static struct bound bound_of_machine(const struct cgw_advisor *advisor, const struct sizing *sizing)
{
	struct bound bound = {UINT64_MAX, NULL};

	if (sizing->is_memory && advisor->memory_bytes > 0)
		bound.value = advisor->memory_bytes;
	else if (sizing->need == MEASURE_CPU && advisor->cpus > 0)
		bound.value = advisor->cpus * NS_PER_S;
	return bound;
}

static bool has_value(const struct cgw_advice *advice)
{
	return advice->kind == CGW_ADVICE_SET || advice->kind == CGW_ADVICE_LIMITED;
}

static struct cgw_number limit_now(const struct sizing *sizing, const struct usage_record *record)
{
	struct cgw_number number;

	memcpy(&number, (const char *)&record->usage + sizing->now, sizeof(number));
	return number;
}

/* The bound of the parent, or the group's own limit: the advised one, otherwise the present one. */
static void note_bound(const struct cgw_advisor *advisor, size_t i, struct usage_record *record,
		       const struct cgw_advice *advice)
{
	struct bound *bound = &record->bounds[i];
	struct cgw_number now = limit_now(&advisor_sizings[i], record);
	uint64_t own = advice != NULL && has_value(advice) ? advice->value
		       : now.state == CGW_OK               ? now.value
							   : UINT64_MAX;

	*bound = record->parent != NULL ? record->parent->bounds[i]
					: bound_of_machine(advisor, &advisor_sizings[i]);
	if (own < bound->value)
		*bound = (struct bound){own, record};
}

/* The trial on the samples from which a limit was computed. */
static void trial_of_added(const struct usage_record *record, const struct sizing *sizing,
			   struct cgw_advice *advice)
{
	advice->trial.samples = record->known[sizing->reached];
	if (sizing->reached != sizing->need) /* otherwise the limit is above the peak */
		usage_count_above(record, advice->value, &advice->trial);
}

static void advise(const struct cgw_advisor *advisor, size_t i, const struct usage_record *record,
		   struct cgw_advice *advice)
{
	const struct sizing *sizing = &advisor_sizings[i];
	const struct cgw_usage *usage = &record->usage;
	const struct bound *bound = &record->parent->bounds[i];
	uint64_t need = record->peak[sizing->need];

	advice->usage = usage;
	advice->control = sizing->control;
	advice->now = limit_now(sizing, record);
	/* Memory that cannot be reclaimed is needed even if its pages count as unused. */
	if (sizing->is_memory && record->peak[MEASURE_UNRECLAIMABLE] > need)
		need = record->peak[MEASURE_UNRECLAIMABLE];
	advice->value = size_limit(sizing, need, advisor->options.objective);
	if (usage->samples < SAMPLES_MIN) {
		advice->kind = CGW_ADVICE_UNPROVEN;
	} else if (sizing->is_memory && usage->growth_bytes > 0) {
		advice->kind = CGW_ADVICE_LEAK;
	} else if (advice->value >= bound->value) {
		advice->kind = CGW_ADVICE_WHOLE;
		advice->bound_by = bound->whose != NULL ? bound->whose->path : NULL;
	} else {
		advice->kind = was_limited(sizing, usage) ? CGW_ADVICE_LIMITED : CGW_ADVICE_SET;
	}
	trial_of_added(record, sizing, advice);
}

static int compare_records(const void *a, const void *b)
{
	const struct usage_record *left = *(struct usage_record *const *)a;
	const struct usage_record *right = *(struct usage_record *const *)b;

	return strcmp(left->path, right->path);
}

static int push_advice(struct cgw_advisor *advisor, const struct cgw_advice *advice)
{
	int r = ARRAY_RESERVE(advisor->advice, advisor->advice_capacity, advisor->advice_count + 1);

	if (r == 0)
		advisor->advice[advisor->advice_count++] = *advice;
	return r;
}

/* Enough of what the device did to be worth a limit. */
static bool matters(const struct cgw_advisor *advisor, const struct device_use *device,
		    enum device_rate rate)
{
	const struct device_use *busiest = devices_find(advisor->busiest, device->name);

	return device->peak[rate] >= device_rates[rate].least && busiest != NULL &&
	       device->peak[rate] >= busiest->peak[rate] / DEVICE_SHARE;
}

static int advise_device(struct cgw_advisor *advisor, const struct usage_record *record,
			 const struct device_use *device, enum device_rate rate)
{
	const struct cgw_usage *usage = &record->usage;
	struct sizing sizing = {.percent = {125, 105}, .step = device_rates[rate].step};
	struct cgw_advice advice = {
		.usage = usage,
		.control = device_rates[rate].control,
		.value = size_limit(&sizing, device->peak[rate], advisor->options.objective),
		.now = device->limit[rate],
		.device = device->name,
		.device_peak = device->peak[rate],
		.device_busiest = devices_find(advisor->busiest, device->name)->peak[rate],
		.device_at_limit = device->at_limit[rate],
		.trial.samples = usage->intervals,
	};
	uint64_t active = 0;

	for (size_t i = 0; i < ARRAY_SIZE(device->rates[rate]->count); i++)
		active += device->rates[rate]->count[i];
	advice.device_p99 = histogram_p99(device->rates[rate], usage->intervals - active);
	if (advice.device_p99 > advice.device_peak)
		advice.device_p99 = advice.device_peak;
	advice.kind = usage->samples < SAMPLES_MIN                      ? CGW_ADVICE_UNPROVEN
		      : advice.device_at_limit > usage->intervals / 100 ? CGW_ADVICE_LIMITED
									: CGW_ADVICE_SET;
	return push_advice(advisor, &advice);
}

static int advise_group(struct cgw_advisor *advisor, struct usage_record *record)
{
	int r = 0;

	record->first_advice = advisor->advice_count;
	for (size_t i = 0; i < SIZING_COUNT && r == 0; i++) {
		struct cgw_advice advice = {0};
		bool wanted = record->selected && record->known[advisor_sizings[i].need] &&
			      (advisor->options.memory_high || !advisor_sizings[i].on_v2_only);

		record->sized[i] = wanted;
		if (wanted)
			advise(advisor, i, record, &advice);
		note_bound(advisor, i, record, wanted ? &advice : NULL);
		if (wanted)
			r = push_advice(advisor, &advice);
	}
	if (r == 0 && record->weight.usage != NULL)
		r = push_advice(advisor, &record->weight);
	for (const struct device_use *device = record->devices; device != NULL;
	     device = device->next)
		for (enum device_rate rate = 0; rate < DEVICE_RATE_COUNT && r == 0; rate++)
			if (matters(advisor, device, rate))
				r = advise_device(advisor, record, device, rate);
	record->advice_count = advisor->advice_count - record->first_advice;
	return r;
}

/* Weights matter to groups whose siblings used up the CPU time in one of a hundred intervals. */
static int advise_weight(void *context, struct usage_record *record, uint64_t weight,
			 uint64_t guaranteed, uint64_t guaranteed_now)
{
	if (record->usage.full_intervals > record->usage.intervals / 100)
		record->weight = (struct cgw_advice){
			.usage = &record->usage,
			.control = CGW_C_CPU_WEIGHT,
			.kind = record->usage.samples < SAMPLES_MIN ? CGW_ADVICE_UNPROVEN
								    : CGW_ADVICE_SET,
			.value = weight,
			.now = record->usage.cpu_weight,
			.guaranteed = guaranteed,
			.guaranteed_now = guaranteed_now,
		};
	return 0;
}

int cgw_advisor_finish(struct cgw_advisor *advisor, const struct cgw_advice **ret_advice,
		       size_t *ret_count)
{
	int r = ARRAY_RESERVE(advisor->advice, advisor->advice_capacity, 1);

	for (size_t i = 0; i < advisor->record_count; i++) {
		if (r == 0)
			r = usage_add_sizes(advisor->records[i]);
		usage_finish(advisor->records[i], advisor_part_ns(advisor));
		advisor->records[i]->weight = (struct cgw_advice){0};
	}
	if (r == 0)
		r = siblings_weigh(advisor->records, advisor->record_count,
				   advisor_sizings[0].percent[advisor->options.objective],
				   CPU_PERCENT, advise_weight, NULL);
	if (r == 0 && advisor->record_count > 0)
		qsort(advisor->records, advisor->record_count, sizeof(struct usage_record *),
		      compare_records);
	advisor->advice_count = 0;
	advisor->limits_are_tried = false;
	for (size_t i = 0; i < advisor->record_count && r == 0; i++)
		r = advise_group(advisor,
				 advisor->records[i]); /* a parent comes before its children */
	if (r < 0)
		return r;
	*ret_advice = advisor->advice;
	*ret_count = advisor->advice_count;
	return 0;
}

size_t cgw_advice_format(const struct cgw_advice *advice, char *buffer, size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(advice->control);
	char number[64];

	/* CPU time is rounded to whole percents of one CPU. */
	if (info->unit == CGW_UNIT_CPU)
		return (size_t)snprintf(buffer, size, "%llu%%",
					(unsigned long long)(advice->value / CPU_PERCENT));
	(void)quantity_format((enum cgw_unit)info->unit, advice->value, number, sizeof(number));
	return (size_t)snprintf(buffer, size, "%s%s%s",
				advice->device != NULL ? advice->device : "",
				advice->device != NULL ? " " : "", number);
}

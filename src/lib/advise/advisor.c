/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advisor.c - limits from the use of each group, and their trial. */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/advise/usage.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/limit/exact-quantity.h"

/* Fewer samples of a group prove nothing. */
#define SAMPLES_MIN 10

/* How a limit is computed, by objective: PEAK * percent / 100 + add, and at least `least`. */
struct sizing {
	enum cgw_control control;
	size_t now; /* the member of struct cgw_usage with the present limit */
	enum measure need;
	enum measure reached;  /* above the limit: throttled, reclaimed or refused */
	enum measure exceeded; /* above the limit: OOM-killed; MEASURE_COUNT: never */
	uint64_t percent[CGW_OBJECTIVE_COUNT], add[CGW_OBJECTIVE_COUNT];
	uint64_t least[CGW_OBJECTIVE_COUNT];
	uint64_t step; /* 0: a 32nd of the power of two below, and at least 1 MiB */
	bool is_memory, on_v2_only;
};

#define MIB         (UINT64_C(1) << 20)
#define CPU_PERCENT (NS_PER_S / 100)
#define NOW(member) offsetof(struct cgw_usage, member)

/* In the order of the output. */
static const struct sizing sizings[] = {
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

struct cgw_advisor {
	struct cgw_advisor_options options;
	void *by_path; /* tsearch(3) */
	struct usage_record **records;
	size_t record_count, record_capacity;
	/* Of the last frame: NULL for groups without a record. */
	struct usage_record **of_group;
	size_t of_group_capacity;
	struct usage_record **of_group_before;
	size_t of_group_before_capacity;
	const struct cgw_topology *topology; /* compared only; NULL: none */
	uint64_t cpus, memory_bytes;         /* the most that the machine had */
	struct cgw_advice *advice;
	size_t advice_count, advice_capacity;
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

int cgw_advisor_new(const struct cgw_advisor_options *options, struct cgw_advisor **ret_advisor)
{
	struct cgw_advisor *advisor = calloc(1, sizeof(*advisor));

	if (advisor == NULL)
		return -ENOMEM;
	advisor->options = *options;
	*ret_advisor = advisor;
	return 0;
}

static void keep_record(void *record)
{
	(void)record; /* freed through the array */
}

struct cgw_advisor *cgw_advisor_free(struct cgw_advisor *advisor)
{
	if (advisor == NULL)
		return NULL;
	tdestroy(advisor->by_path, keep_record);
	for (size_t i = 0; i < advisor->record_count; i++) {
		free(advisor->records[i]->path);
		free(advisor->records[i]);
	}
	free(advisor->records);
	free(advisor->of_group);
	free(advisor->of_group_before);
	free(advisor->advice);
	free(advisor);
	return NULL;
}

void cgw_advisor_metrics(struct cgw_metric_set *set)
{
	static const enum cgw_metric metrics[] = {
		CGW_M_CPU_USAGE,
		CGW_M_CPU_THROTTLED,
		CGW_M_CPU_MAX,
		CGW_M_MEMORY_CURRENT,
		CGW_M_MEMORY_INACTIVE_FILE,
		CGW_M_MEMORY_ANON,
		CGW_M_MEMORY_SHMEM,
		CGW_M_MEMORY_KERNEL,
		CGW_M_MEMORY_WORKINGSET_REFAULT,
		CGW_M_MEMORY_EVENTS_MAX,
		CGW_M_MEMORY_EVENTS_OOM_KILL,
		CGW_M_MEMORY_MAX,
		CGW_M_MEMORY_HIGH,
		CGW_M_PIDS_CURRENT,
		CGW_M_PIDS_MAX,
		CGW_M_PIDS_EVENTS_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		cgw_metric_set_add(set, metrics[i]);
}

static int compare_paths(const void *a, const void *b)
{
	const struct usage_record *left = a, *right = b;

	return strcmp(left->path, right->path);
}

/* Owns `path` if it succeeds. */
static int add_record(struct cgw_advisor *advisor, char *path, uint64_t id,
		      struct usage_record **ret_record)
{
	struct usage_record *record;

	if (ARRAY_RESERVE(advisor->records, advisor->record_capacity, advisor->record_count + 1) <
	    0)
		return -ENOMEM;
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return -ENOMEM;
	record->path = path;
	if (tsearch(record, &advisor->by_path, compare_paths) == NULL) {
		free(record);
		return -ENOMEM;
	}
	record->id = id;
	usage_begin_life(record);
	advisor->records[advisor->record_count++] = record;
	*ret_record = record;
	return 0;
}

static uint64_t id_of(const struct cgw_topology *topology, uint32_t group)
{
	uint64_t id = 0;

	for (uint32_t i = 0; i < topology->hierarchy_count && id == 0; i++)
		id = topology->id[i][group];
	return id;
}

/* Finds or, if `create`, adds the record of a group; NULL if no advice is wanted for it. */
static int find_record(struct cgw_advisor *advisor, const struct cgw_topology *topology,
		       uint32_t group, bool create, struct usage_record **ret_record)
{
	CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, group);
	struct usage_record *record = NULL, key = {.path = path}, **found;
	uint64_t id = id_of(topology, group);
	int r = 0;

	if (path == NULL)
		return -ENOMEM;
	found = tfind(&key, &advisor->by_path, compare_paths);
	if (found != NULL) {
		record = *found;
		if (create && record->id != id) {
			record->id = id;
			usage_begin_life(record);
		}
	} else if (create && group != 0 &&
		   (advisor->options.selects == NULL ||
		    advisor->options.selects(advisor->options.context, path))) {
		r = add_record(advisor, path, id, &record);
		if (r == 0)
			path = NULL; /* owned by the record */
	}
	if (r == 0)
		*ret_record = record;
	return r;
}

/* Updates `of_group` to the groups of a frame. */
static int map_groups(struct cgw_advisor *advisor, const struct cgw_frame *frame, bool create)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	const struct cgw_snapshot *before = cgw_frame_before(frame);
	/* Only while `before` exists, its address is that of the last frame's topology. */
	bool follows = before != NULL && advisor->topology == cgw_snapshot_topology(before);
	struct usage_record **previous;
	size_t capacity;
	int r;

	if (follows && topology == advisor->topology)
		return 0;
	r = ARRAY_RESERVE(advisor->of_group_before, advisor->of_group_before_capacity,
			  topology->count);
	if (r < 0)
		return r;
	previous = advisor->of_group;
	capacity = advisor->of_group_capacity;
	advisor->of_group = advisor->of_group_before;
	advisor->of_group_capacity = advisor->of_group_before_capacity;
	advisor->of_group_before = previous;
	advisor->of_group_before_capacity = capacity;
	advisor->topology = NULL; /* until the array is complete */
	for (uint32_t i = 0; i < topology->count && r == 0; i++) {
		uint32_t old = follows ? cgw_frame_previous(frame, i) : CGW_NO_GROUP;

		if (old != CGW_NO_GROUP && (cgw_frame_flags(frame, i) & CGW_ROW_RECREATED) == 0)
			advisor->of_group[i] = previous[old];
		else
			r = find_record(advisor, topology, i, create, &advisor->of_group[i]);
	}
	if (r == 0)
		advisor->topology = topology;
	return r;
}

static uint64_t part_ns(const struct cgw_advisor *advisor)
{
	uint64_t begin = advisor->options.begin_ns, end = advisor->options.end_ns;

	return end > begin ? (end - begin) / GROWTH_PARTS : 0;
}

static size_t part_of(const struct cgw_advisor *advisor, uint64_t realtime_ns)
{
	uint64_t length = part_ns(advisor), part;

	if (length == 0 || realtime_ns <= advisor->options.begin_ns)
		return 0;
	part = (realtime_ns - advisor->options.begin_ns) / length;
	return part < GROWTH_PARTS ? (size_t)part : GROWTH_PARTS - 1;
}

int cgw_advisor_add(struct cgw_advisor *advisor, const struct cgw_frame *frame)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	const struct cgw_system_stat *system = cgw_snapshot_system(now);
	size_t part = part_of(advisor, cgw_snapshot_realtime_ns(now));
	uint32_t count = cgw_snapshot_topology(now)->count;
	int r = map_groups(advisor, frame, true);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < count; i++)
		if (advisor->of_group[i] != NULL)
			usage_add(advisor->of_group[i], frame, i, part);
	if (system->cpu_count > advisor->cpus)
		advisor->cpus = system->cpu_count;
	if (system->memory_total_bytes.state == CGW_OK &&
	    system->memory_total_bytes.value > advisor->memory_bytes)
		advisor->memory_bytes = system->memory_total_bytes.value;
	return 0;
}

static uint64_t round_up(uint64_t value, uint64_t step)
{
	if (step == 0) {
		step = value >= 2 ? UINT64_C(1) << (63 - __builtin_clzll(value)) >> 5 : 1;
		step = step < MIB ? MIB : step;
	}
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
	return round_up(value, sizing->step);
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

static void advise(const struct cgw_advisor *advisor, const struct sizing *sizing,
		   const struct usage_record *record, struct cgw_advice *advice)
{
	const struct cgw_usage *usage = &record->usage;
	uint64_t need = record->peak[sizing->need], whole = UINT64_MAX;

	advice->usage = usage;
	advice->control = sizing->control;
	memcpy(&advice->now, (const char *)usage + sizing->now, sizeof(advice->now));
	/* Memory that cannot be reclaimed is needed even if its pages count as unused. */
	if (sizing->is_memory && record->peak[MEASURE_UNRECLAIMABLE] > need)
		need = record->peak[MEASURE_UNRECLAIMABLE];
	advice->value = size_limit(sizing, need, advisor->options.objective);
	if (sizing->is_memory && advisor->memory_bytes > 0)
		whole = advisor->memory_bytes;
	else if (sizing->need == MEASURE_CPU && advisor->cpus > 0)
		whole = advisor->cpus * NS_PER_S;
	if (usage->samples < SAMPLES_MIN)
		advice->kind = CGW_ADVICE_UNPROVEN;
	else if (sizing->is_memory && usage->growth_bytes > 0)
		advice->kind = CGW_ADVICE_LEAK;
	else if (advice->value >= whole)
		advice->kind = CGW_ADVICE_WHOLE;
	else
		advice->kind = was_limited(sizing, usage) ? CGW_ADVICE_LIMITED : CGW_ADVICE_SET;
}

static int compare_records(const void *a, const void *b)
{
	return compare_paths(*(struct usage_record *const *)a, *(struct usage_record *const *)b);
}

int cgw_advisor_finish(struct cgw_advisor *advisor, const struct cgw_advice **ret_advice,
		       size_t *ret_count)
{
	int r = ARRAY_RESERVE(advisor->advice, advisor->advice_capacity,
			      advisor->record_count * ARRAY_SIZE(sizings) + 1);

	if (r < 0)
		return r;
	if (advisor->record_count > 0)
		qsort(advisor->records, advisor->record_count, sizeof(struct usage_record *),
		      compare_records);
	advisor->advice_count = 0;
	for (size_t i = 0; i < advisor->record_count; i++) {
		struct usage_record *record = advisor->records[i];

		usage_finish(record, part_ns(advisor));
		record->first_advice = advisor->advice_count;
		for (size_t j = 0; j < ARRAY_SIZE(sizings); j++)
			if (record->known[sizings[j].need] &&
			    (advisor->options.memory_high || !sizings[j].on_v2_only))
				advise(advisor, &sizings[j], record,
				       &advisor->advice[advisor->advice_count++]);
		record->advice_count = advisor->advice_count - record->first_advice;
	}
	*ret_advice = advisor->advice;
	*ret_count = advisor->advice_count;
	return 0;
}

void cgw_advisor_trial_begin(struct cgw_advisor *advisor)
{
	for (size_t i = 0; i < advisor->advice_count; i++)
		advisor->advice[i].trial = (struct cgw_trial){0};
	advisor->topology = NULL;
}

static const struct sizing *sizing_of(enum cgw_control control)
{
	const struct sizing *sizing = sizings;

	while (sizing->control != control)
		sizing++;
	return sizing;
}

static void try_limit(struct cgw_advice *advice, const struct observation *observation)
{
	const struct sizing *sizing = sizing_of(advice->control);
	enum measure exceeded = sizing->exceeded;

	if (!observation->known[sizing->reached])
		return;
	advice->trial.samples++;
	if (exceeded != MEASURE_COUNT && observation->known[exceeded] &&
	    observation->value[exceeded] > advice->value) {
		advice->trial.exceeded++;
	} else if (observation->value[sizing->reached] > advice->value) {
		advice->trial.reached++;
		advice->trial.reached_ns += observation->interval_ns;
	}
}

int cgw_advisor_trial(struct cgw_advisor *advisor, const struct cgw_frame *frame)
{
	uint32_t count = cgw_snapshot_topology(cgw_frame_now(frame))->count;
	int r = map_groups(advisor, frame, false);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < count; i++) {
		struct usage_record *record = advisor->of_group[i];
		struct observation observation;

		if (record == NULL || record->advice_count == 0)
			continue;
		observe(frame, i, &observation);
		for (size_t j = 0; j < record->advice_count; j++)
			try_limit(&advisor->advice[record->first_advice + j], &observation);
	}
	return 0;
}

size_t cgw_advice_format(const struct cgw_advice *advice, char *buffer, size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(advice->control);

	/* CPU time is rounded to whole percents of one CPU. */
	if (info->unit == CGW_UNIT_CPU)
		return (size_t)snprintf(buffer, size, "%llu%%",
					(unsigned long long)(advice->value / CPU_PERCENT));
	return quantity_format((enum cgw_unit)info->unit, advice->value, buffer, size);
}

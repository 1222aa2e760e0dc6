/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * steps.c - benchmark of each step after a sample, on simulated groups: the work does not depend
 * on the machine, so that callgrind's instruction counts are comparable between releases.
 *
 *   steps STEP GROUPS TICKS   prints CPU nanoseconds and allocations per tick of TICKS runs
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/sample/snapshot.h"
#include <cgward/advise.h>
#include <cgward/render.h>

/* The functions of glibc that the counting ones below call. */
void *__libc_malloc(size_t size);             /* NOLINT(bugprone-reserved-identifier) */
void *__libc_calloc(size_t n, size_t size);   /* NOLINT(bugprone-reserved-identifier) */
void *__libc_realloc(void *old, size_t size); /* NOLINT(bugprone-reserved-identifier) */
static unsigned long allocations;

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	return __libc_realloc(old, size);
}

static const enum cgw_metric metrics[] = {
	CGW_M_CPU_USAGE, CGW_M_MEMORY_CURRENT, CGW_M_MEMORY_INACTIVE_FILE, CGW_M_MEMORY_MAX,
	CGW_M_IO_RBYTES, CGW_M_IO_WBYTES,      CGW_M_PIDS_CURRENT,         CGW_M_PIDS_MAX,
};
static const char *const columns[] = {
	"cpu",
	"memory.working_set",
	"memory.current",
	"memory.percent",
	"memory.max.effective",
	"pids.current",
	"io.read",
	"io.write",
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static void must(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "steps: %s\n", what);
	exit(1);
}

#define NAME_SIZE 128

/*
 * A root, one branch per fifty groups, and the groups below, without the one numbered `skip`. Deep
 * branches are chains of fifty groups with long names.
 */
static struct topology *make_topology(uint32_t count, uint32_t skip, bool deep)
{
	struct topology_arrays to;
	struct topology *topology;
	uint32_t index = 1, branch = 0;
	char *names;

	must(topology_new(count, 1, (size_t)count * NAME_SIZE, &topology, &to) == 0, "memory");
	names = to.names;
	*names = '\0';
	to.parent[0] = CGW_NO_GROUP;
	to.name[0] = names++;
	to.present[0] = 1;
	to.id[0][0] = 1;
	for (uint32_t n = 1; index < count; n++) {
		bool is_branch = n % 50 == 1;

		if (n == skip && !is_branch)
			continue;
		branch = is_branch ? index : branch;
		to.parent[index] = is_branch ? 0 : deep ? index - 1 : branch;
		to.depth[index] = (uint16_t)(to.depth[to.parent[index]] + 1);
		to.present[index] = 1;
		to.id[0][index] = n + 1;
		to.name[index] = names;
		names += snprintf(names, NAME_SIZE, "g%0*u", deep ? NAME_SIZE - 2 : 7, n) + 1;
		index++;
	}
	for (uint32_t i = count; i-- > 1;)
		to.below[to.parent[i]] += to.below[i] + 1;
	return topology;
}

static struct cgw_snapshot *make_snapshot(struct topology *topology, uint64_t tick)
{
	struct cgw_metric_set set = {0};
	struct cgw_snapshot *snapshot;

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		cgw_metric_set_add(&set, metrics[i]);
	must(snapshot_begin(NULL, topology, &set, &snapshot) == 0, "memory");
	snapshot->monotonic_ns = tick * 1000000000;
	for (uint32_t group = 0; group < topology->view.count; group++) {
		uint64_t value = (uint64_t)topology->view.id[0][group] * 7919 % 100003;

		snapshot->read_ns[group] = snapshot->monotonic_ns;
		for (int column = 0; column < snapshot->column_count; column++)
			snapshot_set(snapshot, column, group,
				     (struct cgw_number){(value + tick) << 12, CGW_OK});
	}
	must(snapshot_finish(snapshot) == 0, "memory");
	return snapshot;
}

struct work {
	struct cgw_frame *frame;
	struct cgw_snapshot *snapshots[2]; /* used alternately */
	struct cgw_field fields[COLUMN_COUNT], unit;
	struct cgw_order_scratch scratch;
	struct cgw_advisor *advisor;
	uint32_t *groups;
	uint32_t count;
	uint64_t written;
};

static void step_merge(struct work *work, unsigned tick)
{
	must(cgw_frame_update(work->frame, work->snapshots[tick % 2]) == 0, "frame");
}

static void step_order(struct work *work, unsigned tick)
{
	for (uint32_t i = 0; i < work->count; i++)
		work->groups[i] = i;
	must(cgw_order(work->frame, work->fields[0], CGW_ORDER_TREE, work->groups, work->count,
		       &work->scratch) == 0,
	     "order");
}

static void step_values(struct work *work, unsigned tick)
{
	for (uint32_t group = 0; group < work->count; group++)
		for (size_t i = 0; i < COLUMN_COUNT; i++)
			work->written +=
				cgw_frame_value(work->frame, work->fields[i], group).number & 1;
}

static void step_text(struct work *work, unsigned tick)
{
	char text[64];

	for (uint32_t group = 0; group < work->count; group++)
		for (size_t i = 0; i < COLUMN_COUNT; i++)
			work->written += cgw_format_value(
				cgw_frame_value(work->frame, work->fields[i], group),
				(enum cgw_unit)work->fields[i].unit, CGW_STYLE_HUMAN, text,
				sizeof(text));
}

static void read_units(struct work *work, uint32_t stride)
{
	char text[64];

	for (uint32_t group = 0; group < work->count; group += stride)
		work->written +=
			cgw_frame_text(work->frame, work->unit, group, text, sizeof(text), NULL);
}

static void step_unit(struct work *work, unsigned tick)
{
	read_units(work, 1);
}

/* Every tenth group, which is enough to see the cost of a path. */
static void step_unit_deep(struct work *work, unsigned tick)
{
	read_units(work, 10);
}

static void step_advise(struct work *work, unsigned tick)
{
	must(cgw_advisor_add(work->advisor, work->frame) == 0, "advisor");
}

/* As if all groups had been created since the last sample. */
static void step_advise_created(struct work *work, unsigned tick)
{
	step_merge(work, tick * 2); /* compared with a sample that the advisor has not seen */
	step_merge(work, tick * 2 + 1);
	step_advise(work, tick);
}

static void step_advise_trial(struct work *work, unsigned tick)
{
	const struct cgw_advice *advice;
	size_t count;

	if (tick == 0) {
		step_advise(work, tick);
		must(cgw_advisor_finish(work->advisor, &advice, &count) == 0, "advice");
		cgw_advisor_trial_begin(work->advisor);
	}
	must(cgw_advisor_trial(work->advisor, work->frame) == 0, "trial");
}

static const struct step {
	const char *name;
	void (*run)(struct work *work, unsigned tick);
	bool changing; /* a group is created or removed in each tick */
	bool deep;     /* paths are long */
} steps[] = {
	{"merge", step_merge, false, false},
	{"merge-changed", step_merge, true, false},
	{"order", step_order, false, false},
	{"values", step_values, false, false},
	{"values-as-text", step_text, false, false},
	{"unit", step_unit, false, false},
	{"unit-deep", step_unit_deep, false, true},
	{"advise", step_advise, false, false},
	{"advise-created", step_advise_created, true, true},
	{"advise-trial", step_advise_trial, false, false},
};

static const struct step *find_step(const char *name)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(steps[i].name, name) == 0)
			return &steps[i];
	must(0, "unknown step");
	return NULL;
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
	const struct step *step = find_step(argc == 4 ? argv[1] : "");
	unsigned ticks = (unsigned)strtoul(argv[3], NULL, 10);
	struct work work = {.count = (uint32_t)strtoul(argv[2], NULL, 10)};
	struct topology *topology = make_topology(work.count, 0, step->deep);
	struct topology *other = step->changing
					 ? make_topology(work.count, work.count / 2 + 3, step->deep)
					 : topology_ref(topology);
	uint64_t least = UINT64_MAX;
	unsigned long before;

	work.groups = calloc(work.count, sizeof(*work.groups));
	must(work.groups != NULL && cgw_frame_new(&work.frame) == 0, "memory");
	must(cgw_advisor_new(&(struct cgw_advisor_options){0}, &work.advisor) == 0, "memory");
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		must(cgw_field_parse(columns[i], &work.fields[i], NULL) == 0, columns[i]);
	must(cgw_field_parse("unit", &work.unit, NULL) == 0, "unit");
	work.snapshots[0] = make_snapshot(topology, 1);
	work.snapshots[1] = make_snapshot(other, 2);
	for (unsigned tick = 0; tick < 4; tick++)
		step_merge(&work, tick);
	step->run(&work, 0); /* excludes allocations that are made once */
	before = allocations;
	for (unsigned tick = 1; tick <= ticks; tick++) {
		uint64_t started = cpu_ns(), cost;

		step->run(&work, tick);
		cost = cpu_ns() - started;
		least = cost < least ? cost : least;
	}
	printf("step_ns %llu\n", (unsigned long long)least);
	printf("allocations %lu\n", ticks > 0 ? (allocations - before) / ticks : 0);
	cgw_frame_free(work.frame);
	cgw_advisor_free(work.advisor);
	cgw_snapshot_unref(work.snapshots[0]);
	cgw_snapshot_unref(work.snapshots[1]);
	topology_unref(topology);
	topology_unref(other);
	cgw_order_scratch_done(&work.scratch);
	free(work.groups);
	return work.written == 1; /* keeps the compiler from removing the work */
}

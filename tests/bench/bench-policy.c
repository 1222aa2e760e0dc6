/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-policy.c - benchmark of policy decisions: bench-policy [GROUPS [RULES [STEPS]]] (10000,
 * 50, 20).
 *
 * Groups are simulated, and a tenth of them is replaced in each step. Rules have two comparisons,
 * and each group is matched by a fifth of the rules. Prints the CPU time per step, and its share
 * of one CPU at one step per second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/sample/snapshot.h"
#include <cgward/policy.h>

static double cpu_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void report(void *context, const struct cgw_policy_problem *problem)
{
	fprintf(stderr, "%u: %s\n", problem->diag.line, problem->diag.text);
}

static struct cgw_policy *make_policy(unsigned rules)
{
	const struct cgw_policy_reporter reporter = {report, NULL};
	size_t size = 1024 + rules * (size_t)512, used = 0;
	char *text = malloc(size);
	struct cgw_policy *policy = NULL;

	if (text == NULL)
		abort();
	for (unsigned i = 0; i < rules; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "[rule r%u]\nmatch = /part-%u/*\n"
					 "when = cpu > 300%% and memory.current > 90%% of limit\n"
					 "for = 10s\nthen = limit cpu.max 50%%\n",
					 i, i % 5);
	if (cgw_policy_parse("bench", text, used, &reporter, &policy) < 0)
		abort();
	free(text);
	return policy;
}

/* Five parts with groups below; the names of a tenth of the groups depend on `step`. */
static struct topology *make_topology(unsigned groups, unsigned step)
{
	uint32_t count = groups + 6, at = 1;
	struct topology_arrays to;
	struct topology *topology;
	char *names;

	if (topology_new(count, 1, count * (size_t)24, &topology, &to) < 0)
		abort();
	names = to.names;
	*names = '\0';
	to.name[0] = names++;
	to.parent[0] = CGW_NO_GROUP;
	to.present[0] = 1;
	to.id[0][0] = 1;
	to.below[0] = count - 1;
	for (uint32_t part = 0; part < 5; part++) {
		uint32_t parent = at, below = groups / 5 + (part < groups % 5);

		for (uint32_t i = 0; i <= below; i++, at++) {
			bool changes = i > 0 && i % 10 == 0;

			to.name[at] = names;
			names += 1 + (i == 0 ? sprintf(names, "part-%u", part)
					     : sprintf(names, "g%06u-%u", i, changes ? step : 0));
			to.parent[at] = i == 0 ? 0 : parent;
			to.depth[at] = i == 0 ? 1 : 2;
			to.present[at] = 1;
			to.below[at] = i == 0 ? below : 0;
			to.id[0][at] = 2 + at + (changes ? (uint64_t)step << 32 : 0);
		}
	}
	return topology;
}

static void make_sample(struct cgw_frame *frame, const struct cgw_metric_set *metrics,
			unsigned groups, unsigned step)
{
	struct topology *topology = make_topology(groups, step);
	struct cgw_snapshot *snapshot;

	if (snapshot_begin(NULL, topology, metrics, &snapshot) < 0)
		abort();
	snapshot->monotonic_ns = snapshot->boottime_ns = (step + 1) * UINT64_C(1000000000);
	for (uint32_t i = 0; i < topology->view.count; i++) {
		snapshot->read_ns[i] = snapshot->monotonic_ns;
		for (size_t metric = 0; metric < cgw_metric_count(); metric++)
			if (cgw_metric_set_has(metrics, (enum cgw_metric)metric))
				snapshot_set(
					snapshot, snapshot->column_of[metric], i,
					(struct cgw_number){(uint64_t)step * 10000000 + i, CGW_OK});
	}
	if (snapshot_finish(snapshot) < 0 || cgw_frame_update(frame, snapshot) < 0)
		abort();
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
}

int main(int argc, char **argv)
{
	unsigned groups = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
	unsigned rules = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 50;
	unsigned steps = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 20;
	struct cgw_policy *policy = make_policy(rules);
	struct cgw_metric_set metrics = {0};
	struct cgw_engine *engine;
	struct cgw_frame *frame;
	double spent = 0, first = 0;

	cgw_policy_metrics_used(policy, &metrics);
	if (cgw_engine_new(policy, &engine) < 0 || cgw_frame_new(&frame) < 0)
		abort();
	for (unsigned step = 0; step < steps; step++) {
		const struct cgw_action *actions;
		size_t count;
		double before;

		make_sample(frame, &metrics, groups, step);
		before = cpu_seconds();
		if (cgw_engine_step(engine, frame, NULL, (step + 1) * UINT64_C(1000000000),
				    &actions, &count) < 0)
			abort();
		if (step == 0)
			first = cpu_seconds() - before;
		else
			spent += cpu_seconds() - before;
	}
	printf("%u groups, %u rules, a tenth of the groups new in each step: first step %.1f ms, "
	       "then %.2f ms per step (%.2f %% of a CPU at one step per second)\n",
	       groups, rules, first * 1e3, spent / (steps - 1) * 1e3, spent / (steps - 1) * 100);
	cgw_engine_free(engine);
	cgw_frame_free(frame);
	cgw_policy_free(policy);
	return 0;
}

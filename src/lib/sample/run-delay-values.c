/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-delay-values.c - values of cpu.run_delay, from BPF programs that are attached meanwhile. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/sample/group-count.h"
#include "lib/sample/run-delay-values.h"

/* Room for groups that are created later; a group takes about 500 bytes in the kernel. */
#define CAPACITY_MIN    4096
#define CAPACITY_FACTOR 2

/* The hierarchy of the best source in the plan, or CGW_HIERARCHY_MAX. */
static uint32_t find_hierarchy(const struct plan *plan)
{
	uint32_t found = CGW_HIERARCHY_MAX;
	uint8_t best = UINT8_MAX;

	for (size_t i = 0; i < plan->file_count; i++) {
		const struct plan_file *file = &plan->files[i];
		uint8_t rank;

		if (file->format != CGW_FORMAT_RUN_DELAY)
			continue;
		rank = plan->rank[plan->metric_of[file->requests[0].slot]][file->hierarchy];
		if (rank < best) {
			best = rank;
			found = file->hierarchy;
		}
	}
	return found;
}

void run_delay_values_close(struct run_delay_values *values)
{
	values->run_delay = run_delay_close(values->run_delay);
	values->state = CGW_ABSENT;
	values->reason = (struct cgw_diag){0};
}

void run_delay_values_set_plan(struct run_delay_values *values, const struct plan *plan)
{
	uint32_t hierarchy = find_hierarchy(plan), capacity;
	int r;

	if (values->run_delay != NULL && values->hierarchy == hierarchy)
		return;
	run_delay_values_close(values);
	if (hierarchy == CGW_HIERARCHY_MAX)
		return;
	if (plan->layout->recorded) {
		(void)cgw_diag_set(&values->reason, -EOPNOTSUPP,
				   "a recorded machine cannot run BPF programs");
		return;
	}
	capacity = CAPACITY_FACTOR * group_count_estimate(plan->layout);
	if (capacity < CAPACITY_MIN)
		capacity = CAPACITY_MIN;
	values->hierarchy = hierarchy;
	r = run_delay_open(&plan->layout->hierarchies[hierarchy], capacity, &values->run_delay,
			   &values->reason);
	if (r < 0)
		values->state = r == -EPERM ? CGW_DENIED : CGW_UNSUPPORTED;
}

void run_delay_values_read(struct run_delay_values *values)
{
	/* On an error the last values remain: a counter that did not increase is not wrong. */
	if (values->run_delay != NULL)
		(void)run_delay_read(values->run_delay);
}

/* The value of a key while the programs are attached. */
static struct cgw_number measure(const struct run_delay *run_delay, const char *key, uint64_t id)
{
	static const struct {
		const char *key;
		unsigned percent;
	} percentiles[] = {{"p50", 50}, {"p95", 95}, {"p99", 99}};
	struct cgw_number number = {0, CGW_ABSENT};

	if (strcmp(key, "lost") == 0)
		return (struct cgw_number){run_delay_lost(run_delay), CGW_OK};
	if (strcmp(key, "time") == 0 && run_delay_waited_ns(run_delay, id, &number.value))
		number.state = CGW_OK;
	if (strcmp(key, "max") == 0 && run_delay_longest_ns(run_delay, id, &number.value))
		number.state = CGW_OK;
	for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++)
		if (strcmp(key, percentiles[i].key) == 0 &&
		    run_delay_percentile_ns(run_delay, id, percentiles[i].percent, &number.value))
			number.state = CGW_OK;
	return number;
}

void run_delay_values_fill(const struct run_delay_values *values, const struct tree_group *group,
			   uint32_t hierarchy, const struct decode_request *requests,
			   size_t request_count, struct cgw_number *out)
{
	for (size_t i = 0; i < request_count; i++) {
		const char *key = requests[i].key;
		struct cgw_number *number = &out[requests[i].slot];

		*number = (struct cgw_number){0, CGW_ABSENT};
		if (hierarchy != values->hierarchy ||
		    (strcmp(key, "lost") == 0 && group->parent != NULL))
			continue;
		if (values->run_delay == NULL)
			number->state = values->state;
		else
			*number = measure(values->run_delay, key, group->id[hierarchy]);
	}
}

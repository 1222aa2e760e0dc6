/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-values.c - values of traced metrics, from BPF programs that are attached meanwhile. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/group-of-id.h"
#include "lib/sample/group-count.h"
#include "lib/sample/trace-values.h"

/* Room for groups that are created later; a group takes about 900 bytes in the kernel. */
#define CAPACITY_MIN    4096
#define CAPACITY_FACTOR 2

enum value { TIME, PART, COUNT, PERCENTILE, MAXIMUM, TAKERS, LOST, HISTOGRAM, COUNTER };

/* What a key names. */
struct traced {
	enum trace_set set;
	enum value value;
	unsigned argument; /* of the value: a percentage, enum trace_counter */
};

static struct traced parse_key(const char *key)
{
	static const char *const sets[TRACE_SET_COUNT] = {
		[TRACE_SET_RUN_DELAY] = "run_delay", [TRACE_SET_RECLAIM] = "reclaim",
		[TRACE_SET_IO_WAIT] = "io_wait",     [TRACE_SET_IO_QUEUE] = "io_queue",
		[TRACE_SET_IO_DEVICE] = "io_device", [TRACE_SET_RECLAIM_ALONE] = "reclaim_alone",
		[TRACE_SET_SOCKET] = "socket",       [TRACE_SET_CPU_BURST] = "cpu_burst",
		[TRACE_SET_QUOTA] = "quota",         [TRACE_SET_RUNNABLE] = "runnable",
	};
	static const struct {
		const char *name;
		enum value value;
		unsigned argument;
	} names[] = {
		{"time", TIME, 0},
		{"part", PART, 0},
		{"count", COUNT, 0},
		{"p50", PERCENTILE, 50},
		{"p95", PERCENTILE, 95},
		{"p99", PERCENTILE, 99},
		{"max", MAXIMUM, 0},
		{"by", TAKERS, 0},
		{"lost", LOST, 0},
		{"rx_bytes", COUNTER, TRACE_RX_BYTES},
		{"tx_bytes", COUNTER, TRACE_TX_BYTES},
		{"rx_packets", COUNTER, TRACE_RX_PACKETS},
		{"tx_packets", COUNTER, TRACE_TX_PACKETS},
		{"retransmits", COUNTER, TRACE_RETRANSMITS},
		{"histogram", HISTOGRAM, 0},
	};
	struct traced traced = {.set = TRACE_SET_COUNT};
	const char *name = strchr(key, '.');

	for (unsigned i = 0; i < TRACE_SET_COUNT && name != NULL; i++)
		if (strncmp(key, sets[i], (size_t)(name - key)) == 0 && sets[i][name - key] == '\0')
			traced.set = (enum trace_set)i;
	for (size_t i = 0; i < ARRAY_SIZE(names) && name != NULL; i++)
		if (strcmp(name + 1, names[i].name) == 0) {
			traced.value = names[i].value;
			traced.argument = names[i].argument;
		}
	return traced;
}

/* The hierarchy of the best source in the plan, or CGW_HIERARCHY_MAX, and the details. */
static uint32_t find_hierarchy(const struct plan *plan, enum trace_set set, unsigned *ret_details)
{
	uint32_t found = CGW_HIERARCHY_MAX;
	uint8_t best = UINT8_MAX;

	*ret_details = 0;
	for (size_t i = 0; i < plan->file_count; i++) {
		const struct plan_file *file = &plan->files[i];

		for (size_t k = 0; k < file->request_count && file->format == CGW_FORMAT_TRACE;
		     k++) {
			struct traced traced = parse_key(file->requests[k].key);
			uint8_t rank = plan->rank[plan->metric_of[file->requests[k].slot]]
						 [file->hierarchy];

			if (traced.set != set)
				continue;
			*ret_details |= traced.value == PART     ? TRACE_PART
					: traced.value == TAKERS ? TRACE_PART | TRACE_TAKERS
								 : 0;
			if (rank < best) {
				best = rank;
				found = file->hierarchy;
			}
		}
	}
	return found;
}

static void close_set(struct traced_set *set)
{
	set->trace = trace_close(set->trace);
	set->details = 0;
	set->state = CGW_ABSENT;
	set->reason = (struct cgw_diag){0};
}

void trace_values_close(struct trace_values *values)
{
	for (size_t i = 0; i < TRACE_SET_COUNT; i++)
		close_set(&values->sets[i]);
	takers_done(&values->takers);
}

static void set_plan(struct traced_set *set, enum trace_set kind, const struct plan *plan)
{
	unsigned details;
	uint32_t hierarchy = find_hierarchy(plan, kind, &details), capacity;
	int r;

	if (set->trace != NULL && set->hierarchy == hierarchy && !(details & ~set->details))
		return;
	close_set(set);
	if (hierarchy == CGW_HIERARCHY_MAX)
		return;
	if (plan->layout->recorded) {
		(void)cgw_diag_set(&set->reason, -EOPNOTSUPP,
				   "a recorded machine cannot run BPF programs");
		return;
	}
	capacity = CAPACITY_FACTOR * group_count_estimate(plan->layout);
	if (capacity < CAPACITY_MIN)
		capacity = CAPACITY_MIN;
	set->layout = plan->layout;
	set->hierarchy = hierarchy;
	set->details = details;
	r = trace_open(kind, &plan->layout->hierarchies[hierarchy], capacity, details, &set->trace,
		       &set->reason);
	if (r < 0)
		set->state = r == -EPERM ? CGW_DENIED : CGW_UNSUPPORTED;
}

void trace_values_set_plan(struct trace_values *values, const struct plan *plan)
{
	for (unsigned i = 0; i < TRACE_SET_COUNT; i++)
		set_plan(&values->sets[i], (enum trace_set)i, plan);
}

bool trace_values_active(const struct trace_values *values)
{
	for (size_t i = 0; i < TRACE_SET_COUNT; i++)
		if (values->sets[i].trace != NULL)
			return true;
	return false;
}

/* A group that ran and never waited has no record. */
static uint64_t find_parent(const void *context, uint64_t id)
{
	const struct traced_set *set = context;
	uint64_t parent_id;

	if (trace_parent(set->trace, id, &parent_id))
		return parent_id;
	return group_parent_id(set->layout, set->hierarchy, id);
}

static int find_child(const void *context, const char *parent, uint64_t id, char **ret_path)
{
	const struct traced_set *set = context;

	return group_child_path(set->layout, set->hierarchy, parent, id, ret_path);
}

static struct taker_lookup lookup_in(const struct traced_set *set)
{
	return (struct taker_lookup){find_parent, find_child, set};
}

/* On an error the last values remain. */
static int read_set(const struct traced_set *set, const struct group_tree *tree)
{
	if (trace_read(set->trace) < 0)
		return 0;
	for (const struct tree_group *group = tree->root; group != NULL;
	     group = group_tree_next(group))
		if (group->present >> set->hierarchy & 1)
			trace_keep(set->trace, group->id[set->hierarchy]);
	return trace_drop_others(set->trace);
}

int trace_values_read(struct trace_values *values, const struct group_tree *tree)
{
	int r = 0;

	for (size_t i = 0; i < TRACE_SET_COUNT && r == 0; i++) {
		const struct traced_set *set = &values->sets[i];
		const struct taker_lookup lookup = lookup_in(set);
		const struct trace_taker *pairs;
		size_t count;

		if (set->trace == NULL)
			continue;
		r = read_set(set, tree);
		pairs = trace_takers(set->trace, &count);
		if (r == 0 && set->details & TRACE_TAKERS)
			r = takers_set(&values->takers, tree, set->hierarchy, &lookup, pairs,
				       count);
	}
	return r;
}

/* The value while the programs are attached. */
static struct cgw_number measure(const struct trace *trace, const struct traced *traced,
				 uint64_t id)
{
	struct cgw_number number = {0, CGW_ABSENT};
	struct trace_waits waits;
	bool known = trace_waits(trace, id, &waits);

	switch (traced->value) {
	case LOST:
		return (struct cgw_number){trace_lost(trace) + trace_unknown(trace), CGW_OK};
	case TIME:
		number.value = waits.waited_ns;
		break;
	case PART:
		if (!trace_knows_part(trace))
			return (struct cgw_number){0, CGW_UNSUPPORTED};
		number.value = waits.part_ns;
		break;
	case COUNT:
	case HISTOGRAM:
		number.value = waits.count;
		break;
	case TAKERS:
		number.value = waits.interval_ns - waits.interval_part_ns;
		break;
	case COUNTER:
		number.value = waits.counters[traced->argument];
		break;
	case MAXIMUM:
		number.value = waits.longest_ns;
		known = known && waits.longest_ns > 0;
		break;
	case PERCENTILE:
		known = trace_percentile_ns(trace, id, traced->argument, &number.value);
		break;
	}
	number.state = known ? CGW_OK : CGW_ABSENT;
	return number;
}

static int add_bounds(struct trace_histogram histogram, uint32_t slot,
		      const struct decode_sink *sink)
{
	int r = 0;

	for (size_t i = 0; i < TRACE_BOUND_COUNT && r == 0; i++)
		r = sink->instance(sink->context, slot, trace_bound(i), strlen(trace_bound(i)),
				   (struct cgw_number){histogram.up_to[i], CGW_OK});
	return r < 0 ? r
		     : sink->instance(sink->context, slot, "sum_ns", strlen("sum_ns"),
				      (struct cgw_number){histogram.sum_ns, CGW_OK});
}

int trace_values_fill(const struct trace_values *values, const struct tree_group *group,
		      uint32_t hierarchy, const struct decode_request *requests,
		      size_t request_count, struct cgw_number *out, const struct decode_sink *sink)
{
	int r = 0;

	for (size_t i = 0; i < request_count && r == 0; i++) {
		struct traced traced = parse_key(requests[i].key);
		const struct traced_set *set = &values->sets[traced.set % TRACE_SET_COUNT];
		const struct taker_lookup lookup = lookup_in(set);
		struct cgw_number *number = &out[requests[i].slot];

		*number = (struct cgw_number){0, CGW_ABSENT};
		if (hierarchy != set->hierarchy || (traced.value == LOST && group->parent != NULL))
			continue;
		if (set->trace == NULL)
			number->state = set->state;
		else
			*number = measure(set->trace, &traced, group->id[hierarchy]);
		if (number->state == CGW_OK && traced.value == TAKERS)
			r = takers_add_instances(&values->takers, &lookup, group, number->value,
						 requests[i].slot, sink);
		if (number->state == CGW_OK && traced.value == HISTOGRAM)
			r = add_bounds(trace_histogram(set->trace, group->id[hierarchy]),
				       requests[i].slot, sink);
	}
	return r;
}

const char *trace_values_reason(const struct trace_values *values, enum cgw_metric metric)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);
	struct traced traced;

	if (info == NULL || info->sources[0].format != CGW_FORMAT_TRACE)
		return "";
	traced = parse_key(info->sources[0].key);
	return traced.set < TRACE_SET_COUNT ? values->sets[traced.set].reason.text : "";
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sampler.c - sampler: discovery, read plan and collection. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/debug-message.h"
#include "lib/base/local-text.h"
#include "lib/kernel/group-cursor.h"
#include "lib/sample/bpf/bpf-collector.h"
#include "lib/sample/complete-values.h"
#include "lib/sample/group-count.h"
#include "lib/sample/idle.h"
#include "lib/sample/system-stat.h"

/* Interval of full walks, in case events were missed. */
#define FULL_WALK_INTERVAL_NS (30 * NS_PER_S)
/* Descriptors left to the rest of the program. */
#define DESCRIPTORS_RESERVED 128
/*
 * Number of groups from which the BPF programs are loaded by default: loading costs as much as
 * reading the files of some hundred groups once (docs/PERFORMANCE.md).
 */
#define BPF_GROUPS_MIN 500

struct cgw_sampler {
	const struct cgw_layout *layout;
	struct group_cursor cursor; /* of the layout, for discovery and the files collector */
	struct cgw_sampler_options options;
	char *below;
	struct cgw_metric_set metrics;
	struct plan plan;
	bool plan_outdated;
	struct group_tree tree;
	struct discover discover;
	struct files files;
	struct collector collectors[2]; /* in this order; the last one reads the files */
	size_t collector_count;
	struct coverage coverage;
	bool bpf_unavailable;   /* unusable, or not requested */
	uint32_t populated;     /* hierarchies with groups other than the root */
	uint64_t verified_ns;   /* when BPF values were last compared with the files */
	struct cgw_diag reason; /* for the choice of the collector */
	struct snapshot_pool *pool;
	struct topology *topology;
};

int cgw_sampler_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static bool uses_bpf(const struct cgw_sampler *sampler)
{
	return sampler->collector_count > 1;
}

/* Number of descriptors that may stay open: the limit minus those that are already open. */
static size_t descriptor_budget(const struct cgw_sampler_options *options)
{
	struct rlimit limit;
	size_t open = DESCRIPTORS_RESERVED;
	DIR *directory;

	if (options->once)
		return 0;
	if (options->descriptors_max > 0)
		return options->descriptors_max;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	directory = opendir("/proc/self/fd");
	while (directory != NULL && readdir(directory) != NULL)
		open++;
	if (directory != NULL)
		closedir(directory);
	return limit.rlim_cur > open ? (size_t)limit.rlim_cur - open : 0;
}

static void forget(void *context, struct tree_group *group, uint32_t hierarchies)
{
	struct cgw_sampler *sampler = context;

	files_forget(&sampler->files, group, hierarchies);
	discover_forget(&sampler->discover, group, hierarchies);
}

struct cgw_sampler *cgw_sampler_free(struct cgw_sampler *sampler)
{
	if (sampler == NULL)
		return NULL;
	for (size_t i = 0; i < sampler->collector_count; i++)
		sampler->collectors[i].functions->close(sampler->collectors[i].state);
	plan_done(&sampler->plan);
	free(sampler->coverage.provided);
	free(sampler->coverage.unread);
	free(sampler->coverage.repeated);
	sampler->tree.forget = NULL;
	if (sampler->tree.root != NULL)
		group_tree_done(&sampler->tree);
	discover_done(&sampler->discover);
	topology_unref(sampler->topology);
	snapshot_pool_free(sampler->pool);
	group_cursor_done(&sampler->cursor);
	free(sampler->below);
	free(sampler);
	return NULL;
}

/* Deeper groups are left out, or with `only_group` read only as parts of sums. */
static uint32_t depth_limit(const struct cgw_sampler_options *options)
{
	uint32_t depth = options->below != NULL ? path_depth(options->below) : 0;

	if (options->only_group)
		return depth + options->with_children;
	return options->depth_max > 0 ? options->depth_max : UINT32_MAX;
}

static int init_parts(struct cgw_sampler *sampler)
{
	const struct discover_options options = {
		.depth_max = depth_limit(&sampler->options),
		.below = sampler->below,
		.full_walk_interval_ns = sampler->options.full_walk_interval_ns > 0
						 ? sampler->options.full_walk_interval_ns
						 : FULL_WALK_INTERVAL_NS,
		.watch = !sampler->options.once && !sampler->layout->recorded,
	};
	int r = group_tree_init(&sampler->tree, (uint32_t)sampler->layout->hierarchy_count);

	if (r == 0)
		r = discover_init(&sampler->discover, &sampler->cursor.layout, &sampler->tree,
				  &options);
	if (r == 0)
		r = files_init(&sampler->files, &sampler->cursor.layout, &sampler->tree,
			       &sampler->plan, descriptor_budget(&sampler->options));
	if (r == 0)
		sampler->collectors[sampler->collector_count++] =
			(struct collector){&files_collector, &sampler->files};
	sampler->files.idle_interval = sampler->options.idle_interval;
	sampler->files.whole_depth = options.depth_max;
	if (r == 0)
		r = snapshot_pool_new(&sampler->pool);
	return r;
}

/* Lets the programs discover groups in the hierarchies that the kernel lets them walk. */
static int start_bpf(struct cgw_sampler *sampler, uint32_t group_estimate)
{
	uint32_t spare = group_estimate / (sampler->options.once ? 16 : 2);
	struct collector bpf = {0};
	uint32_t hierarchies = 0;
	int r = bpf_open(&sampler->discover, &sampler->files, group_estimate + spare, &bpf,
			 &hierarchies, &sampler->reason);

	if (r < 0) {
		sampler->bpf_unavailable = true;
		return r;
	}
	sampler->collectors[1] = sampler->collectors[0];
	sampler->collectors[0] = bpf;
	sampler->collector_count = 2;
	discover_hand_over(&sampler->discover, hierarchies);
	sampler->plan_outdated = true;
	return 0;
}

static bool is_worth_bpf(const struct cgw_sampler *sampler, uint32_t group_count)
{
	return group_count >= BPF_GROUPS_MIN && sampler->options.below == NULL;
}

/* Decides before the first sample: with BPF, directories are neither walked nor watched. */
static int choose_collector(struct cgw_sampler *sampler, struct cgw_diag *diag)
{
	uint32_t estimate = group_count_estimate(sampler->layout);
	int r = 0;

	if (sampler->options.collector == CGW_COLLECTOR_FILES) {
		sampler->bpf_unavailable = true;
		(void)cgw_diag_set(&sampler->reason, 0, "files (requested)");
		return 0;
	}
	if (sampler->options.collector == CGW_COLLECTOR_BPF || is_worth_bpf(sampler, estimate))
		r = start_bpf(sampler, estimate);
	else
		(void)cgw_diag_set(&sampler->reason, 0,
				   "files: too few groups to load the BPF programs");
	if (r < 0 && sampler->options.collector == CGW_COLLECTOR_BPF)
		return cgw_diag_set(diag, r, "cannot use the BPF collector: %s",
				    sampler->reason.text);
	return r == -ENOMEM ? cgw_diag_set(diag, r, "out of memory") : 0;
}

int cgw_sampler_new(const struct cgw_layout *layout, const struct cgw_sampler_options *options,
		    struct cgw_sampler **ret_sampler, struct cgw_diag *diag)
{
	struct cgw_sampler *sampler;
	int r;

	if (layout->hierarchy_count == 0)
		return cgw_diag_set(diag, -ENOENT, "no control group hierarchy is mounted");
	sampler = calloc(1, sizeof(*sampler));
	if (sampler == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	sampler->layout = layout;
	group_cursor_init(&sampler->cursor, layout);
	if (options != NULL)
		sampler->options = *options;
	sampler->plan_outdated = true;
	sampler->discover.inotify_fd = -1;
	if (sampler->options.below != NULL)
		sampler->below = strdup(sampler->options.below);
	r = sampler->options.below != NULL && sampler->below == NULL ? -ENOMEM
								     : init_parts(sampler);
	if (r < 0) {
		cgw_sampler_free(sampler);
		return cgw_diag_set(diag, r, "cannot set up the sampler: %s", strerror(-r));
	}
	sampler->tree.forget = forget;
	sampler->tree.forget_context = sampler;
	r = choose_collector(sampler, diag);
	if (r < 0) {
		cgw_sampler_free(sampler);
		return r;
	}
	DEBUG(CGW_DEBUG_SAMPLE, "collector: %s", uses_bpf(sampler) ? "bpf" : sampler->reason.text);
	*ret_sampler = sampler;
	return 0;
}

/* The hierarchies in which a value of the only group is a sum over its descendants. */
static uint32_t find_summed_hierarchies(const struct cgw_sampler *sampler)
{
	return sampler->options.only_group
		       ? plan_own_hierarchies(sampler->layout, &sampler->metrics)
		       : 0;
}

int cgw_sampler_set_metrics(struct cgw_sampler *sampler, const struct cgw_metric_set *metrics)
{
	if (memcmp(&sampler->metrics, metrics, sizeof(*metrics)) != 0) {
		sampler->metrics = *metrics;
		sampler->plan_outdated = true;
		sampler->discover.options.unlimited = find_summed_hierarchies(sampler);
		discover_request_walk(&sampler->discover);
	}
	return 0;
}

void cgw_sampler_read_idle(struct cgw_sampler *sampler)
{
	sampler->files.read_all = true;
}

const char *cgw_sampler_collector_reason(const struct cgw_sampler *sampler)
{
	return sampler->reason.text;
}

const char *cgw_sampler_trace_reason(const struct cgw_sampler *sampler, enum cgw_metric metric)
{
	return trace_values_reason(&sampler->files.traces, metric);
}

/* Falls back to files after an unexpected error. */
static void stop_bpf(struct cgw_sampler *sampler, int error)
{
	sampler->collectors[0].functions->close(sampler->collectors[0].state);
	sampler->collectors[0] = sampler->collectors[1];
	sampler->collector_count = 1;
	sampler->bpf_unavailable = true;
	sampler->plan_outdated = true;
	discover_rollback(&sampler->discover);
	(void)cgw_diag_set(&sampler->reason, error, "the BPF programs failed: %s",
			   error == -EPROTO ? "they did not find all groups of this kernel"
					    : strerror(-error));
	DEBUG(CGW_DEBUG_BPF, "%s", sampler->reason.text);
}

static bool bpf_provides(const struct cgw_sampler *sampler, enum cgw_metric metric)
{
	for (size_t i = 0; i < sampler->plan.file_count; i++)
		if (cgw_metric_set_has(&sampler->coverage.provided[i], metric))
			return true;
	return false;
}

/* "bpf, except from files: memory.kernel, cpu.usage_percpu", as many as fit. */
static void set_bpf_reason(struct cgw_sampler *sampler)
{
	const struct plan *plan = &sampler->plan;
	char list[400] = "";
	size_t length = 0, left = 0;

	for (size_t i = 0; i < plan->column_count; i++) {
		const char *key = cgw_metric_info(plan->metric_of[i])->key;

		if (bpf_provides(sampler, plan->metric_of[i]) ||
		    plan->source[plan->metric_of[i]] == NULL)
			continue;
		if (length + strlen(key) + 8 > sizeof(list))
			left++;
		else
			length = text_append(list, sizeof(list), length, "%s%s",
					     length > 0 ? ", " : "", key);
	}
	if (length == 0)
		(void)cgw_diag_set(&sampler->reason, 0, "bpf, except the root");
	else if (left == 0)
		(void)cgw_diag_set(&sampler->reason, 0, "bpf, except from files: %s", list);
	else
		(void)cgw_diag_set(&sampler->reason, 0, "bpf, except from files: %s and %zu more",
				   list, left);
}

/* Asks the collectors for their values of the plan; BPF compares its own with the files again. */
static int divide_plan(struct cgw_sampler *sampler, uint64_t now_ns)
{
	size_t count = sampler->plan.file_count + 1;
	int r = 0;

	free(sampler->coverage.provided);
	sampler->coverage.provided = calloc(count, sizeof(*sampler->coverage.provided));
	if (sampler->coverage.provided == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < sampler->collector_count && r == 0; i++)
		r = sampler->collectors[i].functions->set_plan(sampler->collectors[i].state,
							       &sampler->plan, &sampler->coverage);
	if (r < 0 && r != -ENOMEM && uses_bpf(sampler)) {
		stop_bpf(sampler, r);
		return divide_plan(sampler, now_ns);
	}
	sampler->verified_ns = now_ns;
	if (r == 0 && uses_bpf(sampler))
		set_bpf_reason(sampler);
	return r;
}

/* A hierarchy has its first group: only now do the controllers' files show what exists there. */
static bool has_first_groups(struct cgw_sampler *sampler)
{
	uint32_t populated = 0;
	bool first;

	if (!sampler->tree.changed)
		return false;
	for (const struct tree_group *group = sampler->tree.root->first_child; group != NULL;
	     group = group->next_sibling)
		populated |= group->present;
	first = populated & ~sampler->populated;
	sampler->populated = populated;
	return first;
}

/*
 * Builds the plan again for other metrics, after the first group of a hierarchy was created, and
 * after a full walk, because a controller may have been enabled since. An equal plan is
 * discarded, so that the old one keeps its open files.
 */
static int update_plan(struct cgw_sampler *sampler, bool walked, uint64_t now_ns)
{
	bool verify = uses_bpf(sampler) && now_ns - sampler->verified_ns >=
						   sampler->discover.options.full_walk_interval_ns;
	struct plan plan;
	int r;

	if (!has_first_groups(sampler) && !sampler->plan_outdated && !walked && !verify)
		return 0;
	r = plan_build(&plan, sampler->layout, &sampler->tree, &sampler->metrics);
	if (r < 0)
		return r;
	if (plan_equal(&plan, &sampler->plan) && !sampler->plan_outdated) {
		plan_done(&plan);
		files_retry_absent(&sampler->files);
		if (!verify)
			return 0;
	} else {
		for (size_t i = 0; i < sampler->collector_count; i++)
			sampler->collectors[i].functions->drop_plan(sampler->collectors[i].state);
		plan_done(&sampler->plan);
		sampler->plan = plan;
	}
	r = divide_plan(sampler, now_ns);
	sampler->plan_outdated = r < 0;
	return r;
}

static int update_topology(struct cgw_sampler *sampler)
{
	struct topology *topology;
	int r;

	if (!sampler->tree.changed && sampler->topology != NULL)
		return 0;
	r = group_tree_topology(&sampler->tree, &topology);
	if (r < 0)
		return r;
	topology->view.layout = sampler->layout;
	topology_unref(sampler->topology);
	sampler->topology = topology;
	return 0;
}

/* Nothing is filled yet. */
static int reset_coverage(struct coverage *coverage, uint32_t count)
{
	if (ARRAY_RESERVE(coverage->unread, coverage->unread_size, count) < 0 ||
	    ARRAY_RESERVE(coverage->repeated, coverage->repeated_size, count) < 0)
		return -ENOMEM;
	memset(coverage->unread, 0, count * sizeof(struct tree_group *));
	memset(coverage->repeated, 0, count);
	return 0;
}

static int collect(struct cgw_sampler *sampler, struct cgw_snapshot *snapshot)
{
	int r = reset_coverage(&sampler->coverage, snapshot->topology->view.count);

	snapshot->monotonic_ns = clock_ns(CLOCK_MONOTONIC);
	snapshot->boottime_ns = clock_ns(CLOCK_BOOTTIME);
	snapshot->realtime_ns = clock_ns(CLOCK_REALTIME);
	memcpy(snapshot->source, sampler->plan.source, sizeof(snapshot->source));
	snapshot->collector = sampler->collectors[0].functions->name;
	if (r == 0)
		r = system_stat_read(sampler->layout, &snapshot->machine);
	for (size_t i = 0; i < sampler->collector_count && r == 0; i++)
		r = sampler->collectors[i].functions->collect(sampler->collectors[i].state,
							      snapshot, &sampler->coverage);
	if (r == 0)
		r = complete_values(&sampler->files, &sampler->options, sampler->coverage.repeated,
				    snapshot);
	idle_update(&sampler->files, r == 0 ? snapshot : NULL);
	if (r == 0 && sampler->files.group_gone)
		discover_request_walk(&sampler->discover);
	return r;
}

/* Updates the groups, and with BPF collects their values. */
static int update_tree(struct cgw_sampler *sampler, uint64_t now_ns, bool *ret_walked)
{
	int r = discover_update(&sampler->discover, now_ns, ret_walked);

	if (r == 0 && !uses_bpf(sampler) && !sampler->bpf_unavailable && *ret_walked &&
	    sampler->options.collector == CGW_COLLECTOR_AUTO &&
	    is_worth_bpf(sampler, sampler->tree.count) &&
	    start_bpf(sampler, sampler->tree.count) == -ENOMEM)
		return -ENOMEM;
	if (r < 0 || !uses_bpf(sampler))
		return r;
	r = sampler->collectors[0].functions->update(
		sampler->collectors[0].state, sampler->plan_outdated ? &sampler->metrics : NULL,
		*ret_walked || sampler->plan_outdated);
	if (r == 0 || r == -ENOMEM)
		return r;
	stop_bpf(sampler, r);
	return discover_update(&sampler->discover, now_ns, ret_walked);
}

int cgw_sampler_sample(struct cgw_sampler *sampler, struct cgw_snapshot **ret_snapshot)
{
	uint64_t started_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	struct cgw_snapshot *snapshot = NULL;
	bool walked;
	int r = update_tree(sampler, now_ns, &walked);

	if (r == 0)
		r = update_plan(sampler, walked, now_ns);
	if (r == 0)
		r = update_topology(sampler);
	if (r == 0)
		r = snapshot_begin(sampler->pool, sampler->topology, &sampler->plan.metrics,
				   &snapshot);
	if (r < 0 || snapshot == NULL)
		return r;
	r = collect(sampler, snapshot);
	if (r < 0) {
		cgw_snapshot_unref(snapshot);
		return r;
	}
	snapshot->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - started_ns;
	*ret_snapshot = snapshot;
	return 0;
}

int cgw_sample_once(const struct cgw_layout *layout, const struct cgw_metric_set *metrics,
		    struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag)
{
	const struct cgw_sampler_options options = {.once = true};
	struct cgw_sampler *sampler = NULL;
	int r = cgw_sampler_new(layout, &options, &sampler, diag);

	if (sampler == NULL)
		return r;
	r = cgw_sampler_set_metrics(sampler, metrics);
	r = r < 0 ? r : cgw_sampler_sample(sampler, ret_snapshot);
	cgw_sampler_free(sampler);
	return r < 0 ? cgw_diag_set(diag, r, "cannot read the groups: %s", strerror(-r)) : 0;
}

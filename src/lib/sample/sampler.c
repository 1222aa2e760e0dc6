/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sampler.c - sampler: discovery, read plan and collection. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/debug-message.h"
#include "lib/kernel/group-cursor.h"
#include "lib/sample/bpf/bpf.h"
#include "lib/sample/device-sums.h"
#include "lib/sample/discover.h"
#include "lib/sample/files.h"
#include "lib/sample/idle.h"
#include "lib/sample/sum-descendants.h"
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
	bool plan_outdated;
	struct group_tree tree;
	struct discover discover;
	struct files files;
	struct bpf bpf;
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
	return sampler->bpf.programs != NULL;
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
	files_done(&sampler->files, &sampler->tree);
	bpf_close(&sampler->bpf);
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

static int init_parts(struct cgw_sampler *sampler)
{
	const struct discover_options options = {
		.depth_max = sampler->options.depth_max,
		.below = sampler->below,
		.full_walk_interval_ns = sampler->options.full_walk_interval_ns > 0
						 ? sampler->options.full_walk_interval_ns
						 : FULL_WALK_INTERVAL_NS,
		.watch = !sampler->options.once && !sampler->layout->recorded,
	};
	int r = group_tree_init(&sampler->tree, (uint32_t)sampler->layout->hierarchy_count);

	sampler->discover.inotify_fd = -1;
	if (r == 0)
		r = discover_init(&sampler->discover, &sampler->cursor.layout, &sampler->tree,
				  &options);
	if (r == 0)
		r = files_init(&sampler->files, &sampler->cursor.layout,
			       descriptor_budget(&sampler->options));
	sampler->files.idle_interval = sampler->options.idle_interval;
	if (r == 0)
		r = snapshot_pool_new(&sampler->pool);
	return r;
}

/* Lets the programs discover groups in the hierarchies that the kernel lets them walk. */
static int start_bpf(struct cgw_sampler *sampler, uint32_t group_estimate)
{
	uint32_t spare = group_estimate / (sampler->options.once ? 16 : 2);
	int r = bpf_open(&sampler->bpf, &sampler->discover, group_estimate + spare,
			 &sampler->reason);

	if (r < 0) {
		sampler->bpf_unavailable = true;
		return r;
	}
	discover_hand_over(&sampler->discover, sampler->bpf.hierarchies);
	sampler->plan_outdated = true;
	return 0;
}

static bool is_worth_bpf(const struct cgw_sampler *sampler, uint32_t group_count)
{
	return group_count >= BPF_GROUPS_MIN && sampler->options.below == NULL;
}

/* The number of groups in the largest hierarchy, as the kernel reports it without a walk. */
static uint32_t estimate_groups(const struct cgw_layout *layout)
{
	CLEANUP(cleanup_free) char *cgroups = NULL;
	CLEANUP(cleanup_free) char *stat = NULL;
	int v2 = cgw_layout_find_v2(layout), root;
	unsigned long long most = 0, count;
	char *line, *rest;
	size_t length;

	/* "#subsys_name hierarchy num_cgroups enabled" */
	if (cgw_proc_read(layout, "cgroups", &cgroups, &length) == 0)
		for (line = strtok_r(cgroups, "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest))
			/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
			if (sscanf(line, "%*s %*u %llu", &count) == 1 && count > most)
				most = count;
	if (v2 >= 0 && cgw_group_open(layout, (size_t)v2, "/", &root, NULL) == 0) {
		if (cgw_file_read(layout, root, "cgroup.stat", &stat, &length) < 0)
			stat = NULL;
		/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
		if (stat != NULL && sscanf(stat, "nr_descendants %llu", &count) == 1 &&
		    count > most)
			most = count;
		layout->ops->close(root);
	}
	return most < UINT32_MAX / 4 ? (uint32_t)most : UINT32_MAX / 4;
}

/* Decides before the first sample: with BPF, directories are neither walked nor watched. */
static int choose_collector(struct cgw_sampler *sampler, struct cgw_diag *diag)
{
	uint32_t estimate = estimate_groups(sampler->layout);
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
	r = init_parts(sampler);
	if (r == 0 && sampler->options.below != NULL) {
		sampler->below = strdup(sampler->options.below);
		sampler->discover.options.below = sampler->below;
		r = sampler->below == NULL ? -ENOMEM : 0;
	}
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

int cgw_sampler_set_metrics(struct cgw_sampler *sampler, const struct cgw_metric_set *metrics)
{
	if (memcmp(&sampler->metrics, metrics, sizeof(*metrics)) != 0) {
		sampler->metrics = *metrics;
		sampler->plan_outdated = true;
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

/* Falls back to files after an unexpected error. */
static int stop_bpf(struct cgw_sampler *sampler, int error)
{
	bpf_close(&sampler->bpf);
	sampler->bpf_unavailable = true;
	discover_rollback(&sampler->discover);
	DEBUG(CGW_DEBUG_BPF, "the programs failed: %s", strerror(-error));
	(void)cgw_diag_set(&sampler->reason, error, "the BPF programs failed: %s",
			   strerror(-error));
	return files_set_bpf(&sampler->files, NULL);
}

/* "bpf, except from files: memory.kernel, cpu.usage_percpu", as many as fit. */
static void set_bpf_reason(struct cgw_sampler *sampler)
{
	const struct plan *plan = &sampler->files.plan;
	char list[400] = "";
	size_t length = 0, left = 0;

	for (size_t i = 0; i < plan->column_count; i++) {
		const char *key = cgw_metric_info(plan->metric_of[i])->key;

		if (bpf_provides(&sampler->bpf, plan->metric_of[i]) ||
		    plan->source[plan->metric_of[i]] == NULL)
			continue;
		if (length + strlen(key) + 8 > sizeof(list)) {
			left++;
			continue;
		}
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s",
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

/* Compares BPF values with the files for a new plan, and periodically. */
static int update_bpf_plan(struct cgw_sampler *sampler, uint64_t now_ns)
{
	int r;

	if (!uses_bpf(sampler))
		return files_set_bpf(&sampler->files, NULL);
	r = bpf_plan(&sampler->bpf, &sampler->files);
	if (r == -E2BIG) { /* more groups than the programs' capacity were created meanwhile */
		r = bpf_update(&sampler->bpf, &sampler->files, true);
		if (r == 0)
			r = bpf_plan(&sampler->bpf, &sampler->files);
	}
	if (r < 0)
		return r == -ENOMEM ? r : stop_bpf(sampler, r);
	sampler->verified_ns = now_ns;
	set_bpf_reason(sampler);
	return files_set_bpf(&sampler->files, &sampler->bpf);
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
	if (plan_equal(&plan, &sampler->files.plan) && !sampler->plan_outdated) {
		plan_done(&plan);
		files_retry_absent(&sampler->files, &sampler->tree);
		return verify ? update_bpf_plan(sampler, now_ns) : 0;
	}
	files_set_plan(&sampler->files, &sampler->tree, &plan);
	bpf_forget_plan(&sampler->bpf);
	sampler->plan_outdated = false;
	return update_bpf_plan(sampler, now_ns);
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
	sampler->bpf.rows_outdated = true;
	return 0;
}

/* False in a container: its top group is an ordinary group, and /proc reports the whole machine. */
static bool root_is_system(const struct cgw_layout *layout)
{
	for (size_t i = 0; !layout->recorded && i < layout->hierarchy_count; i++)
		if (layout->hierarchies[i].root_id != 1)
			return false;
	return true;
}

/* The kernel's number of the root counts less than those of the groups below it. */
static bool is_incomplete(const struct cgw_snapshot *snapshot, enum cgw_metric metric)
{
	return snapshot->source[metric] != NULL && snapshot->source[metric]->not_root;
}

static void fill_root(struct cgw_snapshot *snapshot)
{
	for (int column = 0; column < snapshot->column_count; column++) {
		enum cgw_metric metric = snapshot->metric_of[column];
		enum cgw_root_source source = cgw_metric_info(metric)->root;
		struct cgw_number number;

		if (source == CGW_ROOT_NONE ||
		    (snapshot_get(snapshot, column, 0).state != CGW_ABSENT &&
		     !is_incomplete(snapshot, metric)))
			continue;
		number = system_stat_root_value(&snapshot->machine, source);
		snapshot->system_wide[metric] = number.state == CGW_OK;
		if (number.state == CGW_OK)
			snapshot_set(snapshot, column, 0, number);
	}
}

static bool requests_io(const struct plan *plan)
{
	for (size_t i = 0; i < plan->column_count; i++)
		if (cgw_metric_info(plan->metric_of[i])->sources[0].controller == CGW_IO)
			return true;
	return false;
}

/* Devices are read again with every full walk. */
static int update_device_stack(struct files *files)
{
	int r;

	if (files->device_stack_known || !requests_io(&files->plan))
		return 0;
	device_stack_done(&files->device_stack);
	r = device_stack_read(files->layout, &files->device_stack);
	files->device_stack_known = r == 0;
	return r;
}

/* Values that depend on other groups or devices. */
static int complete_values(struct cgw_sampler *sampler, struct cgw_snapshot *snapshot)
{
	int r = sum_descendants(&sampler->files, &sampler->tree, sampler->options.depth_max,
				sampler->options.below, snapshot);

	if (r == 0)
		r = snapshot_finish(snapshot);
	if (r == 0)
		r = update_device_stack(&sampler->files);
	if (r < 0)
		return r;
	device_sums_leave_out(snapshot, &sampler->files.device_stack);
	device_sums_drop_uncounted(snapshot);
	return 0;
}

static int collect(struct cgw_sampler *sampler, struct cgw_snapshot *snapshot)
{
	int r;

	if (uses_bpf(sampler) && sampler->bpf.rows_outdated)
		bpf_update_rows(&sampler->bpf);
	snapshot->monotonic_ns = clock_ns(CLOCK_MONOTONIC);
	snapshot->boottime_ns = clock_ns(CLOCK_BOOTTIME);
	snapshot->realtime_ns = clock_ns(CLOCK_REALTIME);
	r = system_stat_read(sampler->layout, &snapshot->machine);
	if (r == 0)
		r = files_collect(&sampler->files, &sampler->tree, snapshot);
	if (r == 0)
		r = complete_values(sampler, snapshot);
	idle_update(&sampler->files, r == 0 ? snapshot : NULL);
	if (r < 0)
		return r;
	if (root_is_system(sampler->layout))
		fill_root(snapshot);
	if (uses_bpf(sampler))
		snapshot->collector = "bpf";
	if (sampler->files.group_gone)
		discover_request_walk(&sampler->discover);
	return 0;
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
	if (sampler->plan_outdated)
		bpf_expect(&sampler->bpf, &sampler->metrics);
	r = bpf_update(&sampler->bpf, &sampler->files, *ret_walked || sampler->plan_outdated);
	if (r == 0 || r == -ENOMEM)
		return r;
	r = stop_bpf(sampler, r);
	return r < 0 ? r : discover_update(&sampler->discover, now_ns, ret_walked);
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
		r = snapshot_begin(sampler->pool, sampler->topology, &sampler->files.plan.metrics,
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

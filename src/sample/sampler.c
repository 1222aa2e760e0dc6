/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sampler.c - one sample: discover, plan, collect. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/cleanup.h"
#include "sample/discover.h"
#include "sample/files.h"
#include "sample/machine.h"

#define NS_PER_S UINT64_C(1000000000)
/* Everything is looked at again this often, whatever the kernel did or did not tell. */
#define FULL_WALK_INTERVAL_NS (30 * NS_PER_S)
/* Left for the program around the sampler. */
#define DESCRIPTORS_SPARED 128

struct cgw_sampler {
	const struct cgw_layout *layout;
	struct cgw_sampler_options options;
	char *below;
	struct cgw_metric_set wanted;
	bool plan_wanted;
	struct tree tree;
	struct discover discover;
	struct files files;
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

/* How many descriptors may be held: what the limit leaves beside those that are open already. */
static size_t descriptor_budget(const struct cgw_sampler_options *options)
{
	struct rlimit limit;
	size_t open = DESCRIPTORS_SPARED;
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
	sampler->tree.forget = NULL;
	if (sampler->tree.root != NULL)
		tree_done(&sampler->tree);
	discover_done(&sampler->discover);
	topology_unref(sampler->topology);
	snapshot_pool_free(sampler->pool);
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
	int r = tree_init(&sampler->tree, (uint32_t)sampler->layout->hierarchy_count);

	sampler->discover.inotify_fd = -1;
	if (r == 0)
		r = discover_init(&sampler->discover, sampler->layout, &sampler->tree, &options);
	if (r == 0)
		r = files_init(&sampler->files, sampler->layout,
			       descriptor_budget(&sampler->options));
	if (r == 0)
		r = snapshot_pool_new(&sampler->pool);
	return r;
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
	if (options != NULL)
		sampler->options = *options;
	sampler->plan_wanted = true;
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
	*ret_sampler = sampler;
	return 0;
}

int cgw_sampler_want(struct cgw_sampler *sampler, const struct cgw_metric_set *wanted)
{
	if (memcmp(&sampler->wanted, wanted, sizeof(*wanted)) != 0) {
		sampler->wanted = *wanted;
		sampler->plan_wanted = true;
	}
	return 0;
}

/* A plan is made anew when other metrics are wanted, and after a full walk: a controller may have
 * been switched on since. The old one stays, with its open files, where nothing changed. */
static int update_plan(struct cgw_sampler *sampler, bool walked)
{
	struct plan plan;
	int r;

	if (!sampler->plan_wanted && !walked)
		return 0;
	r = plan_build(&plan, sampler->layout, &sampler->tree, &sampler->wanted);
	if (r < 0)
		return r;
	if (plan_equal(&plan, &sampler->files.plan) && !sampler->plan_wanted) {
		plan_done(&plan);
		files_retry_absent(&sampler->files, &sampler->tree);
	} else {
		files_set_plan(&sampler->files, &sampler->tree, &plan);
	}
	sampler->plan_wanted = false;
	return 0;
}

static int update_topology(struct cgw_sampler *sampler)
{
	struct topology *topology;
	int r;

	if (!sampler->tree.changed && sampler->topology != NULL)
		return 0;
	r = tree_topology(&sampler->tree, &topology);
	if (r < 0)
		return r;
	topology->view.layout = sampler->layout;
	topology_unref(sampler->topology);
	sampler->topology = topology;
	return 0;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void fill_root(struct cgw_snapshot *snapshot)
{
	for (int column = 0; column < snapshot->column_count; column++) {
		enum cgw_metric metric = snapshot->metric_of[column];
		enum cgw_root_figure figure = cgw_metric_info(metric)->root;
		struct cgw_number number;

		if (figure == CGW_ROOT_NONE ||
		    snapshot_get(snapshot, column, 0).state != CGW_ABSENT)
			continue;
		number = machine_figure(&snapshot->machine, figure);
		snapshot->stands_in[metric] = number.state == CGW_OK;
		if (number.state == CGW_OK)
			snapshot_set(snapshot, column, 0, number);
	}
}

static int collect(struct cgw_sampler *sampler, struct cgw_snapshot *snapshot)
{
	int r;

	snapshot->monotonic_ns = clock_ns(CLOCK_MONOTONIC);
	snapshot->boottime_ns = clock_ns(CLOCK_BOOTTIME);
	snapshot->realtime_ns = clock_ns(CLOCK_REALTIME);
	r = machine_read(sampler->layout, &snapshot->machine);
	if (r == 0)
		r = files_collect(&sampler->files, &sampler->tree, snapshot);
	if (r == 0)
		r = snapshot_finish(snapshot);
	if (r < 0)
		return r;
	fill_root(snapshot);
	if (sampler->files.group_gone)
		discover_suspect(&sampler->discover);
	return 0;
}

int cgw_sampler_sample(struct cgw_sampler *sampler, struct cgw_snapshot **ret_snapshot)
{
	uint64_t started_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct cgw_snapshot *snapshot = NULL;
	bool walked;
	int r = discover_update(&sampler->discover, clock_ns(CLOCK_MONOTONIC), &walked);

	if (r == 0)
		r = update_plan(sampler, walked);
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

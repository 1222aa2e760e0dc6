/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-job.c - inspects a group in a worker thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "tui/detail/detail.h"

static void free_job(struct job *job)
{
	struct inspect_job *inspect = (struct inspect_job *)job;

	view_networks_done(&inspect->before_view);
	cgw_inspection_free(inspect->before);
	cgw_frame_free(inspect->frame);
	cgw_sampler_free(inspect->sampler);
	free(inspect->text);
	free(inspect->path);
	free(inspect);
}

static int start(struct inspect_job *inspect)
{
	const struct cgw_sampler_options options = {
		.below = strcmp(inspect->path, "/") == 0 ? NULL : inspect->path};
	struct cgw_metric_set metrics = {0};
	int r = cgw_sampler_new(inspect->job.layout, &options, &inspect->sampler, NULL);

	if (r < 0)
		return r;
	cgw_bounds_metrics(&metrics);
	cgw_metric_set_add(&metrics, CGW_M_NET_CLS_CLASSID);
	cgw_metric_set_add(&metrics, CGW_M_NET_PRIO_IFPRIOMAP);
	r = cgw_sampler_set_metrics(inspect->sampler, &metrics);
	return r < 0 ? r : cgw_frame_new(&inspect->frame);
}

static int sample(struct inspect_job *inspect, uint32_t *ret_group)
{
	struct cgw_snapshot *snapshot = NULL;
	int r = inspect->sampler == NULL ? start(inspect) : 0;

	if (r == 0)
		r = cgw_sampler_sample(inspect->sampler, &snapshot);
	if (r != 0)
		return r;
	r = cgw_frame_update(inspect->frame, snapshot);
	*ret_group = cgw_topology_find(cgw_snapshot_topology(snapshot), inspect->path);
	cgw_snapshot_unref(snapshot);
	return r < 0 ? r : *ret_group == CGW_NO_GROUP ? -ENOENT : 0;
}

static int print(struct inspect_job *inspect, const struct view *view)
{
	size_t size;
	FILE *out;
	int r;

	free(inspect->text);
	inspect->text = NULL;
	out = open_memstream(&inspect->text, &size);
	if (out == NULL)
		return -errno;
	r = show_text(view, out);
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	return r;
}

/* Stores this run for the rates of the next one. */
static void remember(struct inspect_job *inspect, struct view *view, struct cgw_inspection *now,
		     uint64_t now_ns)
{
	view_networks_done(&inspect->before_view);
	inspect->before_view = (struct view){.layout = view->layout,
					     .networks = view->networks,
					     .network_count = view->network_count};
	cgw_inspection_free(inspect->before);
	inspect->before = now;
	inspect->before_ns = now_ns;
	inspect->count++;
}

static int read_contents(struct inspect_job *inspect)
{
	const struct cgw_inspect_options options = {.shared = true, .zombies = true};
	const struct cgw_names_options names = {0};
	struct cgw_inspection *now = NULL;
	struct view view = {.layout = inspect->job.layout,
			    .sections = SECTION_ALL,
			    .names = true,
			    .before = inspect->before};
	uint64_t now_ns;
	int r = sample(inspect, &view.group);

	if (r == 0)
		r = cgw_inspect(view.layout, inspect->frame, view.group, &options, &now, NULL);
	if (r < 0)
		return r;
	now_ns = clock_now_ns();
	view.frame = inspect->frame;
	view.now = now;
	view.seconds = (double)(now_ns - inspect->before_ns) / 1e9;
	cgw_names_resolve(&now->identity, &names, &view.resolved);
	r = view_read_networks_again(&view, &inspect->before_view);
	if (r == 0)
		r = print(inspect, &view);
	remember(inspect, &view, now, now_ns);
	return r;
}

static void run(struct job *job)
{
	struct inspect_job *inspect = (struct inspect_job *)job;

	inspect->error = read_contents(inspect);
}

struct inspect_job *inspect_job_new(const char *path)
{
	struct inspect_job *inspect = calloc(1, sizeof(*inspect));

	if (inspect != NULL)
		inspect->path = strdup(path);
	if (inspect == NULL || inspect->path == NULL) {
		free(inspect);
		return NULL;
	}
	inspect->job = (struct job){.run = run, .free = free_job, .name = "Inspecting"};
	return inspect;
}

struct inspect_job *inspect_job_from(struct job *job)
{
	return job->run == run ? (struct inspect_job *)job : NULL;
}

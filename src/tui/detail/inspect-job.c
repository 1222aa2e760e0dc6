/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-job.c - inspects a group in the looking thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/report/inspect-view.h"
#include "tui/core/thread.h"
#include "tui/detail/inspect-job.h"

struct look {
	struct job job;
	char *path;
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	/* Of the look before. */
	struct cgw_inspection *before;
	struct view before_view; /* its networks */
	uint64_t before_ns;
	unsigned count;
	char *text;
	int error;
};

struct look *inspect_job_free(struct look *look)
{
	if (look == NULL)
		return NULL;
	view_networks_done(&look->before_view);
	cgw_inspection_free(look->before);
	cgw_frame_free(look->frame);
	cgw_sampler_free(look->sampler);
	free(look->text);
	free(look->path);
	free(look);
	return NULL;
}

static void free_job(struct job *job)
{
	inspect_job_free((struct look *)job);
}

static int begin(struct look *look)
{
	const struct cgw_sampler_options options = {
		.below = strcmp(look->path, "/") == 0 ? NULL : look->path};
	struct cgw_metric_set wanted = {0};
	int r = cgw_sampler_new(look->job.layout, &options, &look->sampler, NULL);

	if (r < 0)
		return r;
	cgw_bounds_metrics(&wanted);
	cgw_metric_set_add(&wanted, CGW_M_NET_CLS_CLASSID);
	cgw_metric_set_add(&wanted, CGW_M_NET_PRIO_IFPRIOMAP);
	r = cgw_sampler_set_metrics(look->sampler, &wanted);
	return r < 0 ? r : cgw_frame_new(&look->frame);
}

static int sample(struct look *look, uint32_t *ret_group)
{
	struct cgw_snapshot *snapshot = NULL;
	int r = look->sampler == NULL ? begin(look) : 0;

	if (r == 0)
		r = cgw_sampler_sample(look->sampler, &snapshot);
	if (r != 0)
		return r;
	r = cgw_frame_update(look->frame, snapshot);
	*ret_group = cgw_topology_find(cgw_snapshot_topology(snapshot), look->path);
	cgw_snapshot_unref(snapshot);
	return r < 0 ? r : *ret_group == CGW_NO_GROUP ? -ENOENT : 0;
}

static int print(struct look *look, const struct view *view)
{
	size_t size;
	FILE *out;
	int r;

	free(look->text);
	look->text = NULL;
	out = open_memstream(&look->text, &size);
	if (out == NULL)
		return -errno;
	r = show_text(view, out);
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	return r;
}

/* This look is the next one's before. */
static void keep(struct look *look, struct view *view, struct cgw_inspection *now, uint64_t now_ns)
{
	view_networks_done(&look->before_view);
	look->before_view = (struct view){.layout = view->layout,
					  .networks = view->networks,
					  .network_count = view->network_count};
	cgw_inspection_free(look->before);
	look->before = now;
	look->before_ns = now_ns;
	look->count++;
}

static int look_again(struct look *look)
{
	const struct cgw_inspect_options options = {.shared = true, .zombies = true};
	const struct cgw_names_options names = {0};
	struct cgw_inspection *now = NULL;
	struct view view = {.layout = look->job.layout,
			    .sections = SECTION_ALL,
			    .names = true,
			    .before = look->before};
	uint64_t now_ns;
	int r = sample(look, &view.group);

	if (r == 0)
		r = cgw_inspect(view.layout, look->frame, view.group, &options, &now, NULL);
	if (r < 0)
		return r;
	now_ns = thread_now_ns();
	view.frame = look->frame;
	view.now = now;
	view.seconds = (double)(now_ns - look->before_ns) / 1e9;
	cgw_names_resolve(&now->identity, &names, &view.resolved);
	r = view_read_networks_again(&view, &look->before_view);
	if (r == 0)
		r = print(look, &view);
	keep(look, &view, now, now_ns);
	return r;
}

static void run(struct job *job)
{
	struct look *look = (struct look *)job;

	look->error = look_again(look);
}

int inspect_job_new(const char *path, struct look **ret_look)
{
	struct look *look = calloc(1, sizeof(*look));

	if (look == NULL)
		return -ENOMEM;
	look->path = strdup(path);
	if (look->path == NULL) {
		free(look);
		return -ENOMEM;
	}
	look->job = (struct job){.run = run, .free = free_job, .name = "Looking"};
	*ret_look = look;
	return 0;
}

struct job *inspect_job_as_job(struct look *look)
{
	return &look->job;
}

struct look *inspect_job_from(struct job *job)
{
	return job->run == run ? (struct look *)job : NULL;
}

const char *inspect_job_text(const struct look *look, int *ret_error)
{
	*ret_error = look->error;
	return look->error == 0 ? look->text : NULL;
}

unsigned inspect_job_count(const struct look *look)
{
	return look->count;
}

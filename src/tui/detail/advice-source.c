/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-source.c - limits from the samples of the dashboard; a worker reads recordings. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "shared/report/advice-text.h"
#include "tui/detail/advice-source.h"

struct advice_job {
	struct job job;
	const char *path; /* of the recording; outlives the app */
	struct cgw_advisor *advisor;
	const struct cgw_advice *items;
	size_t count;
	uint64_t samples;
	int error;
};

static int advise(struct advice_job *job, struct cgw_replay *replay)
{
	struct cgw_advisor_options options = {0};
	struct cgw_metric_set needed = {0};
	struct cgw_recording_info info;
	int r;

	cgw_advisor_metrics(&needed);
	r = cgw_replay_select(replay, &needed);
	if (r == 0)
		r = cgw_replay_first(replay); /* the layout is that of a sample */
	if (r <= 0)
		return r < 0 ? r : -ENODATA;
	cgw_replay_info(replay, &info);
	job->samples = info.samples;
	advice_describe_recording(replay, &options);
	r = cgw_advisor_new(&options, &job->advisor);
	if (r == 0)
		r = advice_replay(replay, job->advisor, cgw_advisor_add);
	if (r == 0)
		r = cgw_advisor_finish(job->advisor, &job->items, &job->count);
	if (r < 0)
		return r;
	return cgw_advisor_trial_rest(job->advisor)
		       ? advice_replay(replay, job->advisor, cgw_advisor_trial)
		       : 0;
}

static void run(struct job *base)
{
	struct advice_job *job = (struct advice_job *)base;
	struct cgw_replay *replay = NULL;

	job->error = cgw_replay_open(job->path, &replay, NULL);
	if (job->error == 0)
		job->error = advise(job, replay);
	cgw_replay_free(replay);
}

static void free_job(struct job *base)
{
	struct advice_job *job = (struct advice_job *)base;

	cgw_advisor_free(job->advisor);
	free(job);
}

bool advice_collect(struct app *app, struct job *base)
{
	struct advice_job *job = (struct advice_job *)base;
	struct advice *advice = &app->advice;

	if (base->run != run)
		return false;
	if (advice->reading) {
		advice->reading = false;
		advice->is_recording = true;
		advice->error = job->error;
		if (job->error < 0)
			return true;
		advice->advisor = steal_pointer(&job->advisor);
		advice->items = job->items;
		advice->count = job->count;
		advice->samples = job->samples;
	}
	return true;
}

static unsigned on_done(struct app *app, struct job *job)
{
	(void)advice_collect(app, job); /* the page may be closed */
	return REACTION_DRAW;
}

static void start_job(struct app *app)
{
	struct advice_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		app->advice.error = -ENOMEM;
		return;
	}
	job->path = app->recording_path;
	job->job.run = run;
	job->job.done = on_done;
	job->job.free = free_job;
	job->job.name = "Reading the recording";
	app->advice.reading = true;
	app_post_job(app, app->views[app->view_count - 1].state, &job->job);
}

void advice_start(struct app *app)
{
	struct advice *advice = &app->advice;
	struct cgw_advisor_options options = {0};

	if (advice->advisor != NULL || advice->reading || advice->is_recording ||
	    app->source_flags & SOURCE_REMOTE)
		return;
	if (app->recording_path != NULL) {
		start_job(app);
		return;
	}
	options.memory_high = app->layout != NULL &&
			      cgw_control_available(app->layout, CGW_C_MEMORY_HIGH, NULL) == 0;
	advice->error = cgw_advisor_new(&options, &advice->advisor);
}

/* In the list. */
static bool has_column(const struct app *app)
{
	for (size_t i = 0; i < app->settings.column_count; i++)
		if (app->settings.columns[i].style == COLUMN_ADVICE)
			return true;
	return false;
}

void advice_on_sample(struct app *app)
{
	struct advice *advice = &app->advice;

	if (has_column(app))
		advice_start(app);
	if (advice->advisor == NULL || advice->is_recording || advice->error < 0)
		return;
	advice->error = cgw_advisor_add(advice->advisor, app->frame);
	advice->samples++;
	advice->outdated = true;
	if (has_column(app))
		advice_update(advice); /* once per sample, not per row */
}

void advice_metrics(const struct app *app, struct cgw_metric_set *set)
{
	if ((app->advice.advisor != NULL && !app->advice.is_recording) || has_column(app))
		cgw_advisor_metrics(set);
}

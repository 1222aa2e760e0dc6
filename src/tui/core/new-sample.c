/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* new-sample.c - processes samples and jumps, keeping the state of groups in the list. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/core/app.h"
#include "tui/replay/rehearse.h"
#include "tui/replay/replay-actions.h"

void arrival_free(struct arrival *arrival)
{
	cgw_snapshot_unref(arrival->now);
	cgw_snapshot_unref(arrival->before);
	cgw_history_free(arrival->history);
	for (size_t i = 0; i < arrival->event_count; i++) {
		free(arrival->events[i].path);
		free(arrival->events[i].text);
	}
	free(arrival->events);
	free(arrival->marks);
	replay_actions_free(arrival->actions, arrival->action_count);
	*arrival = (struct arrival){0};
}

/* Updates the frame, and then the list, which maps groups of the old frame to the new one. */
static int update_frame(struct app *app, struct cgw_snapshot *snapshot)
{
	int r = cgw_frame_update(app->frame, snapshot);

	if (r == 0)
		r = list_update(&app->list, app->frame, cgw_snapshot_monotonic_ns(snapshot));
	return r;
}

/*
 * Maps the groups to the sample before the target of the jump, to keep selection, marks and
 * collapsed groups. Then starts a new frame, so that no rate is computed across the jump.
 */
static int jump(struct app *app, struct arrival *arrival)
{
	struct cgw_snapshot *first = arrival->before != NULL ? arrival->before : arrival->now;
	struct cgw_frame *frame;
	int r = update_frame(app, first);

	if (r < 0)
		return r;
	r = cgw_frame_new(&frame);
	if (r < 0)
		return r;
	list_forget(&app->list);
	alerts_forget(&app->alerts);
	cgw_frame_free(app->frame);
	app->frame = frame;
	if (arrival->history != NULL) {
		cgw_history_free(app->history);
		app->history = steal_pointer(&arrival->history);
	}
	r = cgw_frame_update(app->frame, first);
	if (r == 0 && arrival->before != NULL)
		r = update_frame(app, arrival->now);
	return r;
}

static void update_place(struct app *app, struct arrival *arrival)
{
	app->place = arrival->place;
	/* Show the name of the recorded machine instead of this one. */
	if (arrival->place.host[0] != '\0')
		cgw_escape(app->host, sizeof(app->host), arrival->place.host,
			   strlen(arrival->place.host));
	if (arrival->marks == NULL)
		return;
	free(app->marks);
	app->marks = steal_pointer(&arrival->marks);
	app->mark_count = arrival->mark_count;
}

static unsigned on_rules_done(struct app *app, struct job *job)
{
	if (app->rules == NULL || !rules_collect(app->rules, job))
		return REACTION_NONE;
	/* Samples may have arrived in the meantime. */
	app_watch_rules(app);
	job->kept = true;
	return REACTION_DRAW;
}

void app_watch_rules(struct app *app)
{
	struct job *job = rules_evaluate(app->rules);

	if (job == NULL)
		return;
	job->done = on_rules_done;
	app_post_job(app, NULL, job);
}

int app_on_sample(struct app *app, struct arrival *arrival, uint64_t now_ns)
{
	bool has_history = arrival->history != NULL;
	int r;

	if (arrival->now == NULL) {
		replay_actions_collect(app, arrival);
		return 0;
	}
	r = arrival->jump ? jump(app, arrival) : update_frame(app, arrival->now);

	app->now_ns = app->sampled_ns = now_ns;
	if (r == 0 && !has_history)
		r = cgw_history_push(app->history, app->frame);
	if (r == 0)
		r = alerts_update(&app->alerts, app->frame);
	if (r < 0)
		return r;
	if (app->rules != NULL) {
		rules_on_sample(app->rules, arrival->now, arrival->jump);
		app_watch_rules(app);
	}
	update_place(app, arrival);
	for (size_t i = 0; i < arrival->event_count; i++)
		alerts_collect(&app->alerts, app->frame, &arrival->events[i]);
	replay_actions_update(app);
	app_arrange(app);
	for (size_t i = 0; i < app->view_count; i++)
		if (app->views[i].kind->update != NULL)
			app->views[i].kind->update(app, app->views[i].state);
	return 0;
}

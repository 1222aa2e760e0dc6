/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dashboard.c - passes samples, keys, mouse events and job results to the views, and draws them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/cli/daemon-status.h"
#include "tui/core/dashboard.h"
#include "tui/core/search.h"
#include "tui/core/views.h"
#include "tui/core/window.h"
#include "tui/detail/advice-source.h"
#include "tui/replay/replay-keys.h"

int app_new(struct app **ret_app)
{
	struct app *app = calloc(1, sizeof(*app));

	if (app == NULL)
		return -ENOMEM;
	settings_default(&app->settings);
	app->kept = app->settings;
	app->source_flags = SOURCE_CAN_ACT;
	app->source_name = "";
	app->speed = 1;
	app->list.names = &app->names;
	app->list.pins = &app->settings.pins;
	app->state_path = DAEMON_STATE;
	if (cgw_frame_new(&app->frame) < 0 || cgw_history_new(&app->history) < 0) {
		app_free(app);
		return -ENOMEM;
	}
	app_open(app, &view_groups, NULL);
	*ret_app = app;
	return 0;
}

/* Selects the group of the warning at that column of the screen. */
static unsigned go_to_warning(struct app *app, int column)
{
	uint32_t group = cgw_frame_now(app->frame) == NULL
				 ? CGW_NO_GROUP
				 : alerts_at(&app->alerts, app->frame, app->drawn_warnings.columns,
					     column - app->drawn_warnings.column);

	if (group == CGW_NO_GROUP)
		return REACTION_NONE;
	list_go(&app->list, app->frame, group);
	return REACTION_ARRANGE;
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

static void app_watch_rules(struct app *app);

static unsigned on_rules_done(struct app *app, struct job *job)
{
	if (app->rules == NULL || !rules_collect(app->rules, job))
		return REACTION_NONE;
	/* Samples may have arrived in the meantime. */
	app_watch_rules(app);
	job->kept = true;
	return REACTION_DRAW;
}

static void app_watch_rules(struct app *app)
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
		replay_actions_collect(&app->rehearsal, arrival);
		replay_actions_update(&app->rehearsal, app->frame, &app->alerts);
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
	advice_on_sample(app);
	if (app->rules != NULL) {
		rules_on_sample(app->rules, arrival->now, arrival->jump);
		app_watch_rules(app);
	}
	update_place(app, arrival);
	for (size_t i = 0; i < arrival->event_count; i++)
		alerts_collect(&app->alerts, app->frame, &arrival->events[i]);
	replay_actions_update(&app->rehearsal, app->frame, &app->alerts);
	app_arrange(app);
	for (size_t i = 0; i < app->view_count; i++)
		if (app->views[i].kind->update != NULL)
			app->views[i].kind->update(app, app->views[i].state);
	return 0;
}

/* Handles the reactions that concern only the app; returns the others for the caller. */
static unsigned handle_reactions(struct app *app, unsigned reactions)
{
	if (reactions & REACTION_ARRANGE) {
		app_arrange(app);
		reactions |= REACTION_DRAW;
	}
	if (reactions & REACTION_SAVE)
		app_save(app);
	return reactions & ~(unsigned)(REACTION_ARRANGE | REACTION_SAVE);
}

/* The action as a verb, for messages. */
static const char *action_verb(enum action action)
{
	return action == ACTION_NEW ? "create a group" : key_binding(action)->name;
}

static unsigned perform_chosen(struct app *app, int action)
{
	return app_perform(app, (enum action)action);
}

unsigned app_perform(struct app *app, enum action action)
{
	struct open_view *view = app_top_view(app);
	unsigned reactions;

	/* These work in every view, even while text is entered. */
	if (action == ACTION_QUIT_NOW)
		return REACTION_QUIT;
	if (action == ACTION_SUSPEND)
		return REACTION_SUSPEND;
	if (action == ACTION_REDRAW)
		return REACTION_REDRAW | REACTION_DRAW;
	if (key_binding(action)->changes && !app_may_act(app)) {
		if (!(app->source_flags & (SOURCE_CAN_ACT | SOURCE_REMOTE)))
			app_show_message(app, ROLE_WARM, "cannot %s: viewing a %s",
					 action_verb(action), app->source_name);
		else
			app_show_message(app, ROLE_WARM, "cannot %s: read-only mode",
					 action_verb(action));
		return REACTION_DRAW | REACTION_BEEP;
	}
	if (action == ACTION_COMMANDS)
		return open_commands(app, perform_chosen);
	if (action == ACTION_SAVE_VIEW && cgw_frame_now(app->frame) != NULL)
		return open_save_view(app);
	if (search_act(app, view, action, &reactions))
		return handle_reactions(app, reactions | REACTION_DRAW);
	if (key_binding(action)->contexts & IN_REPLAY)
		return handle_reactions(app, replay_seek(app, action) | REACTION_DRAW);
	return handle_reactions(app, view->kind->act(app, view->state, action) | REACTION_DRAW);
}

unsigned app_key(struct app *app, uint32_t key)
{
	struct open_view *view = app_top_view(app);
	enum action action = keymap_find(&app->settings.keymap, app_contexts(app), key);
	bool used = false;
	unsigned reactions;

	if (action == ACTION_QUIT_NOW || action == ACTION_SUSPEND || action == ACTION_REDRAW)
		return app_perform(app, action);
	app->message_until_ns = 0;
	if (view->kind->type != NULL) {
		reactions = view->kind->type(app, view->state, key, &used);
		if (used)
			return handle_reactions(app, reactions | REACTION_DRAW);
	}
	return action == ACTION_NONE ? REACTION_DRAW : app_perform(app, action);
}

static unsigned perform_label(struct app *app, int column)
{
	enum action action = key_bar_action(app, column);

	return action != ACTION_NONE ? app_perform(app, action) : REACTION_NONE;
}

unsigned app_mouse(struct app *app, const struct event *event)
{
	struct open_view *view = app_top_view(app);

	if (event->button == MOUSE_LEFT && app->drawn.keys.rows > 0 &&
	    event->row == app->drawn.keys.row)
		return perform_label(app, event->column);
	if (event->button == MOUSE_LEFT && app->drawn.timeline.rows > 0 &&
	    event->row == app->drawn.timeline.row)
		return timeline_click(app, event->column);
	if (event->button == MOUSE_LEFT && event->row == app->drawn_warnings.row &&
	    app->drawn_warnings.rows > 0 && view->kind == &view_groups)
		return handle_reactions(app, go_to_warning(app, event->column));
	if (view->kind->click == NULL)
		return REACTION_NONE;
	return handle_reactions(app, view->kind->click(app, view->state, event));
}

unsigned app_job_done(struct app *app, struct job *job)
{
	unsigned reactions = REACTION_NONE;

	for (size_t i = 0; i < app->view_count; i++) {
		struct open_view *view = &app->views[i];

		if (view->serial != job->owner || view->kind->finish == NULL)
			continue;
		reactions = view->kind->finish(app, view->state, job) | REACTION_DRAW;
		break;
	}
	/* Actions report their result even if their view is closed. */
	if (job->done != NULL)
		reactions |= job->done(app, job) | REACTION_DRAW;
	if (!job->kept)
		job->free(job);
	return handle_reactions(app, reactions);
}

unsigned app_tick(struct app *app, uint64_t now_ns)
{
	bool has_message = app->message_until_ns > app->now_ns && app->now_ns > 0;
	uint64_t late_ns = app->now_ns - app->sampled_ns;

	app->now_ns = now_ns;
	if (app->configuration_problems != NULL)
		return window_open(app, steal_pointer(&app->configuration_problems));
	/* Redraw when a message expires, and while a late sample is shown in the header. */
	if (has_message && app->message_until_ns <= now_ns)
		return REACTION_DRAW;
	if (app->source_flags & SOURCE_CAN_SEEK || app->paused)
		return REACTION_NONE;
	return late_ns > 2 * app->settings.interval_ns ? REACTION_DRAW : REACTION_NONE;
}

void app_metrics(const struct app *app, struct cgw_metric_set *set)
{
	if (app->settings.choices[CHOICE_WARNINGS])
		alerts_metrics(set);
	advice_metrics(app, set);
	if (app->rules != NULL)
		cgw_policy_metrics_used(app->rules->policy, set);
	for (size_t i = 0; i < app->view_count; i++)
		if (app->views[i].kind->add_metrics != NULL)
			app->views[i].kind->add_metrics(app, app->views[i].state, set);
}

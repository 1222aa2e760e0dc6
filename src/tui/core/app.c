/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* app.c - dispatches keys, mouse events and job results to views, and draws them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "shared/cli/daemon-status.h"
#include "tui/core/app.h"
#include "tui/core/header.h"
#include "tui/core/views.h"
#include "tui/replay/replay-keys.h"

#define MESSAGE_NS UINT64_C(8000000000)

int app_new(struct app **ret_app)
{
	struct app *app = calloc(1, sizeof(*app));

	if (app == NULL)
		return -ENOMEM;
	settings_default(&app->settings);
	app->source_flags = SOURCE_CAN_ACT;
	app->source_name = "";
	app->speed = 1;
	snprintf(app->state_path, sizeof(app->state_path), "%s", DAEMON_STATE);
	if (cgw_frame_new(&app->frame) < 0 || cgw_history_new(&app->history) < 0) {
		app_free(app);
		return -ENOMEM;
	}
	app_open(app, &view_groups, NULL);
	*ret_app = app;
	return 0;
}

struct app *app_free(struct app *app)
{
	struct job *job;

	if (app == NULL)
		return NULL;
	while (app->view_count > 0)
		app_close(app);
	while ((job = job_pop(&app->jobs)) != NULL)
		job->free(job);
	list_done(&app->list);
	alerts_done(&app->alerts);
	rules_free(app->rules);
	free(app->marks);
	replay_actions_done(&app->rehearsal);
	cgw_history_free(app->history);
	cgw_frame_free(app->frame);
	free(app->changes);
	free(app);
	return NULL;
}

void app_remember_change(struct app *app, const char *host, uint64_t transaction)
{
	struct session_change *changes =
		reallocarray(app->changes, app->change_count + 1, sizeof(*changes));

	if (changes == NULL || transaction == 0)
		return;
	app->changes = changes;
	changes[app->change_count].transaction = transaction;
	snprintf(changes[app->change_count].host, sizeof(changes->host), "%s", host);
	app->change_count++;
}

void app_forget_change(struct app *app, const char *host, uint64_t transaction)
{
	for (size_t i = app->change_count; i-- > 0;) {
		struct session_change *change = &app->changes[i];

		if (change->transaction != transaction || strcmp(change->host, host) != 0)
			continue;
		memmove(change, change + 1, (app->change_count - i - 1) * sizeof(*change));
		app->change_count--;
		return;
	}
}

const struct cgw_topology *app_topology(const struct app *app)
{
	return cgw_snapshot_topology(cgw_frame_now(app->frame));
}

uint64_t app_frame_ns(const struct app *app)
{
	return cgw_snapshot_monotonic_ns(cgw_frame_now(app->frame));
}

struct list_order app_order(const struct app *app)
{
	struct list_order order = {
		.field = app->settings.sort.field,
		.tree = app->settings.choices[CHOICE_TREE],
		.upwards = app->settings.choices[CHOICE_UPWARDS],
	};

	if (app->settings.choices[CHOICE_OWN])
		order.field = cgw_field_own(order.field);
	return order;
}

struct column_source app_source(const struct app *app)
{
	return (struct column_source){
		.frame = app->frame,
		.history = app->history,
		.graph = (enum graph_style)app->settings.choices[CHOICE_GRAPHS],
		.own = app->settings.choices[CHOICE_OWN],
	};
}

void app_arrange(struct app *app)
{
	struct list_order order = app_order(app);

	if (cgw_frame_now(app->frame) == NULL)
		return;
	if (list_arrange(&app->list, app->frame, &order, app_frame_ns(app)) < 0)
		app_show_message(app, ROLE_BAD, "out of memory: the list is not up to date");
	app->arranged_count++;
}

static struct view *top_view(struct app *app)
{
	return &app->views[app->view_count - 1];
}

unsigned app_open(struct app *app, const struct view_kind *kind, void *state)
{
	if (app->view_count == VIEWS_MAX) {
		if (kind->done != NULL)
			kind->done(state);
		return REACTION_BEEP;
	}
	app->views[app->view_count++] = (struct view){kind, state, ++app->view_serial};
	return REACTION_DRAW | REACTION_METRICS;
}

unsigned app_close(struct app *app)
{
	struct view view = *top_view(app);

	app->view_count--;
	if (view.kind->done != NULL)
		view.kind->done(view.state);
	return REACTION_DRAW | REACTION_METRICS;
}

unsigned app_show_message(struct app *app, enum role role, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(app->message, sizeof(app->message), format, arguments);
	va_end(arguments);
	app->message_role = role;
	app->message_until_ns = app->now_ns + MESSAGE_NS;
	return REACTION_DRAW;
}

unsigned app_post_job(struct app *app, const void *state, struct job *job)
{
	job->layout = app->layout;
	job->owner = 0;
	job->kept = false;
	for (size_t i = 0; i < app->view_count; i++)
		if (app->views[i].state == state)
			job->owner = app->views[i].serial;
	job_push(&app->jobs, job);
	return REACTION_DRAW;
}

uint32_t app_group(const struct app *app)
{
	if (cgw_frame_now(app->frame) == NULL)
		return CGW_NO_GROUP;
	for (size_t i = app->view_count; i-- > 0;)
		if (app->views[i].kind->group != NULL)
			return app->views[i].kind->group(app, app->views[i].state);
	return app->list.row_count > 0 ? app->list.selected_group : CGW_NO_GROUP;
}

void app_path(const struct app *app, uint32_t group, char *buffer, size_t size)
{
	char path[4096];
	size_t length = cgw_topology_path(app_topology(app), group, path, sizeof(path));

	cgw_escape(buffer, size, path, length < sizeof(path) ? length : sizeof(path) - 1);
}

void app_key_name(const struct app *app, enum action action, char *buffer, size_t size)
{
	uint32_t key = app->settings.keymap.keys[action][0];

	buffer[0] = '\0';
	if (key != KEY_NONE)
		key_print(key, buffer, size);
}

void app_date(const struct app *app, uint64_t realtime_ns, char *buffer, size_t size)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000);
	struct tm local;

	if ((app->utc ? gmtime_r(&seconds, &local) : localtime_r(&seconds, &local)) == NULL ||
	    strftime(buffer, size, "%Y-%m-%d %H:%M:%S", &local) == 0)
		snprintf(buffer, size, "-");
}

void app_time(const struct app *app, uint64_t realtime_ns, char *buffer, size_t size)
{
	char date[64], *blank;

	app_date(app, realtime_ns, date, sizeof(date));
	blank = strchr(date, ' ');
	snprintf(buffer, size, "%s", blank != NULL ? blank + 1 : date);
}

void app_save(struct app *app)
{
	struct cgw_diag diag = {.text = "out of memory"};
	struct config config = {0};

	app->settings_changed = false;
	if (app->config_path[0] == '\0')
		return;
	if (settings_apply(&app->settings, &config) < 0 ||
	    config_save(app->config_path, &config, &diag) < 0)
		app_show_message(app, ROLE_BAD, "%s", diag.text);
	config_done(&config);
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

const char *app_host_trouble(const struct app *app, size_t i, enum role *ret_role)
{
	enum remote_state state =
		i < app->hosts.count ? (enum remote_state)app->hosts.states[i] : REMOTE_CONNECTED;

	*ret_role = state == REMOTE_LOST ? ROLE_BAD : ROLE_WARM;
	return state == REMOTE_LOST || state == REMOTE_SLOW ? remote_state_name(state) : NULL;
}

bool app_may_act(const struct app *app)
{
	return app->source_flags & (SOURCE_CAN_ACT | SOURCE_REMOTE) && !app->read_only;
}

/* The action as a verb, for messages. */
static const char *action_verb(enum action action)
{
	return action == ACTION_NEW ? "create a group" : key_binding(action)->name;
}

static unsigned contexts_of(const struct app *app, const struct view *view)
{
	return view->kind->contexts |
	       (view->kind->more_contexts != NULL ? view->kind->more_contexts(app) : 0);
}

unsigned app_key(struct app *app, uint32_t key)
{
	struct view *view = top_view(app);
	enum action action;
	bool used = false;
	unsigned reactions;

	/* These work in every view, even while text is entered. */
	action = keymap_find(&app->settings.keymap, contexts_of(app, view), key);
	if (action == ACTION_QUIT_NOW)
		return REACTION_QUIT;
	if (action == ACTION_SUSPEND)
		return REACTION_SUSPEND;
	if (action == ACTION_REDRAW)
		return REACTION_REDRAW | REACTION_DRAW;
	app->message_until_ns = 0;
	if (view->kind->type != NULL) {
		reactions = view->kind->type(app, view->state, key, &used);
		if (used)
			return handle_reactions(app, reactions | REACTION_DRAW);
	}
	if (action == ACTION_NONE)
		return REACTION_DRAW;
	if (key_binding(action)->changes && !app_may_act(app)) {
		if (!(app->source_flags & (SOURCE_CAN_ACT | SOURCE_REMOTE)))
			app_show_message(app, ROLE_WARM, "cannot %s: viewing a %s",
					 action_verb(action), app->source_name);
		else
			app_show_message(app, ROLE_WARM, "cannot %s: read-only mode",
					 action_verb(action));
		return REACTION_DRAW | REACTION_BEEP;
	}
	if (key_binding(action)->contexts & IN_REPLAY)
		return handle_reactions(app, replay_seek(app, action) | REACTION_DRAW);
	return handle_reactions(app, view->kind->act(app, view->state, action) | REACTION_DRAW);
}

/* An action in the key bar. */
struct label {
	enum action action;
	int column, width;
};

/* Lays out labels such as "F1Help", one blank between them, as htop does. Returns how many fit. */
static size_t key_labels(struct app *app, int columns, struct label *labels, size_t max)
{
	struct view *view = top_view(app);
	unsigned contexts = contexts_of(app, view);
	size_t count = 0;
	int at = 0;

	for (int i = ACTION_NONE + 1; i < ACTION_COUNT && count < max; i++) {
		const struct key_binding *binding = key_binding((enum action)i);
		char key[16];
		int width;

		if (binding->label[0] == '\0' || !(binding->contexts & contexts) ||
		    (binding->changes && !app_may_act(app)))
			continue;
		app_key_name(app, (enum action)i, key, sizeof(key));
		width = canvas_width(key) + canvas_width(binding->label);
		if (key[0] == '\0' || at + width > columns)
			continue;
		labels[count++] = (struct label){(enum action)i, at, width};
		at += width + 1;
	}
	return count;
}

#define LABELS_MAX 16

static void draw_keys(struct app *app, struct canvas *canvas, struct rect area)
{
	struct label labels[LABELS_MAX];
	size_t count = key_labels(app, area.columns, labels, LABELS_MAX);

	for (size_t i = 0; i < count && area.rows > 0; i++) {
		char key[16];
		int at = area.column + labels[i].column, used;

		app_key_name(app, labels[i].action, key, sizeof(key));
		used = canvas_text(canvas, area.row, at, labels[i].width, ROLE_KEY, key);
		canvas_ground(canvas, (struct rect){area.row, at + used, 1, labels[i].width - used},
			      GROUND_BAR);
		canvas_text(canvas, area.row, at + used, labels[i].width - used, ROLE_TEXT,
			    key_binding(labels[i].action)->label);
	}
}

static unsigned click_keys(struct app *app, int column)
{
	struct label labels[LABELS_MAX];
	size_t count = key_labels(app, app->drawn.keys.columns, labels, LABELS_MAX);

	for (size_t i = 0; i < count; i++)
		if (column >= labels[i].column && column < labels[i].column + labels[i].width)
			return app_key(app, app->settings.keymap.keys[labels[i].action][0]);
	return REACTION_NONE;
}

unsigned app_mouse(struct app *app, const struct event *event)
{
	struct view *view = top_view(app);

	if (event->button == MOUSE_LEFT && app->drawn.keys.rows > 0 &&
	    event->row == app->drawn.keys.row)
		return click_keys(app, event->column);
	if (event->button == MOUSE_LEFT && app->drawn.timeline.rows > 0 &&
	    event->row == app->drawn.timeline.row)
		return timeline_click(app, event->column);
	if (view->kind->click == NULL)
		return REACTION_NONE;
	return handle_reactions(app, view->kind->click(app, view->state, event));
}

unsigned app_job_done(struct app *app, struct job *job)
{
	unsigned reactions = REACTION_NONE;

	for (size_t i = 0; i < app->view_count; i++) {
		struct view *view = &app->views[i];

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
	if (app->rules != NULL)
		cgw_policy_metrics_used(app->rules->policy, set);
	for (size_t i = 0; i < app->view_count; i++)
		if (app->views[i].kind->add_metrics != NULL)
			app->views[i].kind->add_metrics(app, app->views[i].state, set);
}

static void draw_status(struct app *app, struct canvas *canvas, struct rect area)
{
	struct view *view = top_view(app);

	if (area.rows < 1)
		return;
	if (app->message_until_ns > app->now_ns)
		canvas_text_cut(canvas, area.row, area.column, area.columns, app->message_role,
				app->message);
	else if (view->kind->status != NULL)
		view->kind->status(app, view->state, canvas, area);
}

void app_draw(struct app *app, struct canvas *canvas)
{
	size_t bottom = app->view_count - 1;
	struct layout_request request = {.rows = canvas->rows, .columns = canvas->columns};

	while (bottom > 0 && !app->views[bottom].kind->fullscreen)
		bottom--;
	request.header_rows = header_rows(app, canvas->rows);
	request.timeline = app->source_flags & SOURCE_CAN_SEEK;
	request.keys = app->settings.choices[CHOICE_KEYS];
	request.head = app->views[bottom].kind->head;
	request.graph_rows_max = app->views[bottom].kind->graph_rows_max;
	app->rows = canvas->rows;
	app->columns = canvas->columns;
	app->drawn = layout_compute(&request);
	canvas_clear(canvas);
	header_draw(app, canvas, app->drawn.header);
	draw_keys(app, canvas, app->drawn.keys);
	timeline_draw(app, canvas, app->drawn.timeline);
	draw_status(app, canvas, app->drawn.status);
	for (size_t i = bottom; i < app->view_count; i++)
		app->views[i].kind->draw(app, app->views[i].state, canvas, &app->drawn);
}

struct rect draw_window(struct canvas *canvas, int rows, int columns, const char *title)
{
	struct rect whole = {.rows = canvas->rows, .columns = canvas->columns}, area, inner;

	/* Do not cover the status line: it shows the result of an action. */
	if (whole.rows >= 8)
		whole.rows -= 2;
	area = rect_center(whole, rows + 2, columns + 4);

	canvas_fill(canvas, area, ROLE_TEXT, GROUND_DIALOG);
	canvas_box(canvas, area, ROLE_BORDER, title);
	inner = area.rows > 2 && area.columns > 2 ? rect_inset(area, 1) : area;
	if (inner.columns > 4) {
		inner.column++;
		inner.columns -= 2;
	}
	return inner;
}

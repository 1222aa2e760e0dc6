/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* app.c - what views ask of the dashboard: messages, jobs, the stack of views, the sample. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "tui/core/app.h"
#include "tui/core/window.h"

struct app *app_free(struct app *app)
{
	struct job *job;

	if (app == NULL)
		return NULL;
	while (app->view_count > 0)
		app_close(app);
	while ((job = job_pop(&app->jobs)) != NULL)
		job->free(job);
	window_free(app->configuration_problems);
	list_done(&app->list);
	group_names_done(&app->names);
	alerts_done(&app->alerts);
	advice_done(&app->advice);
	rules_free(app->rules);
	free(app->marks);
	free(app->clipboard);
	free(app->process.path);
	string_list_free(&app->view_names);
	string_list_free(&app->searches);
	replay_actions_done(&app->rehearsal);
	cgw_history_free(app->history);
	cgw_frame_free(app->frame);
	free(app->changes);
	free(app);
	return NULL;
}

void app_remember_change(struct app *app, const char *host, uint64_t transaction)
{
	if (transaction > 0 &&
	    ARRAY_RESERVE(app->changes, app->change_capacity, app->change_count + 1) == 0)
		app->changes[app->change_count++] = (struct session_change){host, transaction};
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

const struct cgw_layout *app_layout(const struct app *app)
{
	return app->layout;
}

const struct cgw_topology *app_topology(const struct app *app)
{
	return cgw_snapshot_topology(cgw_frame_now(app->frame));
}

uint64_t app_frame_ns(const struct app *app)
{
	return cgw_snapshot_monotonic_ns(cgw_frame_now(app->frame));
}

static struct list_order app_order(const struct app *app)
{
	struct list_order order = {
		.field = app->settings.sort.field,
		.tree = app->settings.choices[CHOICE_TREE],
		.upwards = app->settings.choices[CHOICE_UPWARDS],
		.hide_idle = !app->settings.choices[CHOICE_IDLE],
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
		.advice = &app->advice,
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

unsigned app_contexts(const struct app *app)
{
	const struct open_view *view = &app->views[app->view_count - 1];

	return view->kind->contexts | (view->search[0] != '\0' ? IN_SEARCHING : 0U) |
	       (view->kind->more_contexts != NULL ? view->kind->more_contexts(app) : 0);
}

bool app_may_act(const struct app *app)
{
	return app->source_flags & (SOURCE_CAN_ACT | SOURCE_REMOTE) && !app->read_only;
}

void app_label(const struct app *app, uint32_t group, char *buffer, size_t size)
{
	bool in_tree = app->settings.choices[CHOICE_TREE] &&
		       !(app->list.states[group].flags & GROUP_PINNED);

	group_label(app_topology(app), &app->names,
		    (enum name_style)app->settings.choices[CHOICE_NAMES], group, in_tree, buffer,
		    size);
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
	time_t seconds = (time_t)(realtime_ns / NS_PER_S);
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
	if (settings_changes(&app->kept, &app->settings,
			     app->view[0] != '\0' ? saved_view_has : NULL, &config) < 0 ||
	    (config.count > 0 && config_save(app->config_path, &config, &diag) < 0))
		app_show_message(app, ROLE_BAD, "%s", diag.text);
	else
		app->kept = app->settings;
	config_done(&config);
}

void app_apply_view(struct app *app, const char *name, const struct settings *settings)
{
	if (app->settings_changed)
		app_save(app); /* changes so far were not of this view */
	if (app->view[0] == '\0')
		app->before_view = app->settings;
	else if (name[0] == '\0')
		(void)saved_view_leave(&app->kept, &app->before_view);
	snprintf(app->view, sizeof(app->view), "%s", name);
	app->settings = *settings;
	app->column_first = 0;
}

void app_report_configuration(struct app *app, const struct cgw_diag *diag)
{
	char line[sizeof(diag->file) + sizeof(diag->text) + 16];

	if (app->configuration_problems == NULL)
		app->configuration_problems = window_new("Invalid lines of the configuration");
	if (diag->line > 0)
		snprintf(line, sizeof(line), "%s:%u: %s", diag->file, diag->line, diag->text);
	else
		snprintf(line, sizeof(line), "%s", diag->text);
	window_add(app->configuration_problems, ROLE_WARM, line);
}

const char *app_host_trouble(const struct app *app, size_t i, enum role *ret_role)
{
	enum remote_state state =
		i < app->hosts.count ? (enum remote_state)app->hosts.states[i] : REMOTE_CONNECTED;

	*ret_role = state == REMOTE_LOST ? ROLE_BAD : ROLE_WARM;
	return state == REMOTE_LOST || state == REMOTE_SLOW ? remote_state_name(state) : NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-stack.c - the open views, and what each asks of the dashboard: messages, jobs, copies. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "tui/core/app.h"

#define MESSAGE_NS (8 * NS_PER_S)

bool app_is_full(const struct app *app)
{
	return app->view_count == VIEWS_MAX;
}

bool app_is_top(const struct app *app, const void *state)
{
	return app->views[app->view_count - 1].state == state;
}

unsigned app_copy(struct app *app, const char *text)
{
	free(app->clipboard);
	app->clipboard = strdup(text);
	if (app->clipboard == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	return REACTION_COPY |
	       app_show_message(app, ROLE_TEXT, "sent to the clipboard of the terminal: %.200s",
				text);
}

const char *app_message(const struct app *app, enum role *ret_role)
{
	*ret_role = app->message_role;
	return app->message_until_ns > app->now_ns ? app->message : NULL;
}

unsigned app_source_flags(const struct app *app)
{
	return app->source_flags;
}

unsigned app_open(struct app *app, const struct view_kind *kind, void *state)
{
	if (app->view_count == VIEWS_MAX) {
		if (kind->done != NULL)
			kind->done(state);
		return REACTION_BEEP;
	}
	app->views[app->view_count++] = (struct open_view){kind, state, ++app->view_serial, ""};
	return REACTION_DRAW | REACTION_METRICS;
}

const char *app_search(const struct app *app, const void *state)
{
	for (size_t i = 0; i < app->view_count; i++)
		if (app->views[i].state == state)
			return app->views[i].search;
	return "";
}

unsigned app_close(struct app *app)
{
	struct open_view view = app->views[app->view_count - 1];

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

struct open_view *app_top_view(struct app *app)
{
	return &app->views[app->view_count - 1];
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* screen.c - main loop: passes keys, samples, jobs and signals to the app, and draws. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "lib/base/clock.h"
#include "tui/core/dashboard.h"
#include "tui/core/term.h"
#include "tui/core/thread.h"
#include "tui/core/views.h"

/* The status line shows jobs that run longer than this. */
#define BUSY_NS (700 * NS_PER_MS)

struct screen {
	struct app *app;
	struct term *term;
	struct source *source;
	struct worker *action_worker; /* jobs that change the system */
	struct worker *read_worker;   /* all other jobs, not blocked by a hung action */
	struct canvas *canvas;
	bool dirty, quit;
	bool resized; /* the visible columns may have changed */
	int ended_by; /* signal, or 0 */
};

static void request_metrics(struct screen *screen)
{
	struct cgw_metric_set metrics = {0};

	app_metrics(screen->app, &metrics);
	source_request_metrics(screen->source, &metrics);
}

static void post_jobs(struct screen *screen)
{
	struct job *job;

	while ((job = job_pop(&screen->app->jobs)) != NULL)
		worker_post(job->acts ? screen->action_worker : screen->read_worker, job);
}

static const struct theme_colors *theme_file(const struct settings *settings)
{
	return settings->theme_name[0] != '\0' ? &settings->theme : NULL;
}

static void react(struct screen *screen, unsigned reactions)
{
	struct settings *settings = &screen->app->settings;

	if (reactions & REACTION_QUIT)
		screen->quit = true;
	if (reactions & REACTION_SUSPEND)
		term_suspend(screen->term);
	if (reactions & REACTION_REDRAW)
		term_redraw(screen->term);
	if (reactions & REACTION_COPY)
		term_copy(screen->term, screen->app->clipboard);
	if (reactions & REACTION_BEEP)
		term_beep(screen->term);
	if (reactions & REACTION_SETTINGS) {
		term_set_theme(screen->term, (enum term_theme)settings->choices[CHOICE_THEME],
			       theme_file(settings));
		term_set_mouse(screen->term, settings->choices[CHOICE_MOUSE]);
		source_set_interval(screen->source, settings->interval_ns, screen->app->paused);
	}
	if (reactions & REACTION_SEEK && screen->source->kind->seek != NULL)
		screen->source->kind->seek(screen->source, &screen->app->seek);
	if (reactions & REACTION_METRICS)
		request_metrics(screen);
	if (reactions & REACTION_SAMPLE && screen->source->kind->sample_now != NULL)
		screen->source->kind->sample_now(screen->source);
	if (reactions != REACTION_NONE)
		screen->dirty = true;
	post_jobs(screen);
}

static void handle_events(struct screen *screen)
{
	for (;;) {
		struct event event = term_event(screen->term);

		switch (event.kind) {
		case EVENT_NONE:
			return;
		case EVENT_KEY:
			react(screen, app_key(screen->app, event.key));
			break;
		case EVENT_MOUSE:
			react(screen, app_mouse(screen->app, &event));
			break;
		case EVENT_RESIZE:
			screen->dirty = true;
			screen->resized = true;
			break;
		}
	}
}

/* Processes all pending arrivals, so that the history has no gaps. */
static void collect_arrivals(struct screen *screen)
{
	struct arrival arrival = {0};
	struct cgw_diag diag = {.text = ""};
	int r, error;

	while ((r = source_collect(screen->source, &arrival, &diag)) > 0) {
		error = app_on_sample(screen->app, &arrival, clock_now_ns());
		if (error < 0)
			app_show_message(screen->app, ROLE_BAD, "sample lost: %s",
					 strerror(-error));
		arrival_free(&arrival);
	}
	if (r < 0)
		app_show_message(screen->app, ROLE_BAD, "%s", diag.text);
	if (screen->source->kind->states != NULL)
		screen->source->kind->states(screen->source, screen->app->hosts.states);
	screen->dirty = true;
	post_jobs(screen);
}

static void finish_jobs(struct screen *screen, struct worker *worker)
{
	struct job *job;

	while ((job = worker_pop(worker)) != NULL)
		react(screen, app_job_done(screen->app, job));
}

static void show_busy(struct screen *screen, uint64_t now_ns)
{
	uint64_t since_ns;
	const char *name = worker_busy(screen->action_worker, &since_ns);

	if (name == NULL || now_ns - since_ns < BUSY_NS)
		return;
	app_show_message(screen->app, ROLE_WARM, "%s… %llu s", name,
			 (unsigned long long)((now_ns - since_ns) / NS_PER_S));
	screen->dirty = true;
}

static int draw(struct screen *screen)
{
	int rows, columns;

	term_size(screen->term, &rows, &columns);
	if (screen->canvas == NULL || screen->canvas->rows != rows ||
	    screen->canvas->columns != columns) {
		int r;

		screen->canvas = canvas_free(screen->canvas);
		r = canvas_new(rows, columns, term_utf8(screen->term), &screen->canvas);
		if (r < 0)
			return r;
	}
	app_draw(screen->app, screen->canvas);
	term_draw(screen->term, screen->canvas);
	screen->dirty = false;
	if (screen->resized || screen->app->columns_changed)
		request_metrics(screen);
	screen->resized = screen->app->columns_changed = false;
	return 0;
}

static int loop(struct screen *screen)
{
	struct pollfd fds[] = {
		{term_key_fd(screen->term), POLLIN, 0},
		{term_signal_fd(screen->term), POLLIN, 0},
		{screen->source->thread.event_fd, POLLIN, 0},
		{worker_fd(screen->action_worker), POLLIN, 0},
		{worker_fd(screen->read_worker), POLLIN, 0},
	};
	int r = draw(screen);

	while (r == 0 && !screen->quit) {
		uint64_t now_ns;

		if (poll(fds, sizeof(fds) / sizeof(fds[0]), 1000) < 0 && errno != EINTR)
			return -errno;
		now_ns = clock_now_ns();
		if (app_tick(screen->app, now_ns) != REACTION_NONE)
			screen->dirty = true;
		screen->ended_by = term_signals(screen->term);
		/* A terminating signal, or the terminal is gone. */
		if (screen->ended_by != 0 || fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			return 0;
		handle_events(screen);
		if (fds[2].revents & POLLIN)
			collect_arrivals(screen);
		finish_jobs(screen, screen->action_worker);
		finish_jobs(screen, screen->read_worker);
		show_busy(screen, now_ns);
		if (screen->dirty && !screen->quit)
			r = draw(screen);
	}
	return r;
}

static int start(struct screen *screen, struct cgw_diag *diag)
{
	const struct settings *settings = &screen->app->settings;
	const struct term_options options = {
		.theme = (enum term_theme)settings->choices[CHOICE_THEME],
		.file = theme_file(settings),
		.mouse = settings->choices[CHOICE_MOUSE],
	};
	int r = term_open(&options, &screen->term, diag);

	if (r == 0)
		r = worker_start(&screen->action_worker);
	if (r == 0)
		r = worker_start(&screen->read_worker);
	screen->resized = true; /* the first draw determines which columns fit */
	return r;
}

int screen_run(struct app *app, struct source *source, struct cgw_diag *diag)
{
	struct screen screen = {.app = app, .source = source};
	int r;

	app->now_ns = app->sampled_ns = clock_now_ns();
	r = start(&screen, diag);
	if (r == 0)
		r = loop(&screen);
	/* Restore the terminal first, in case a worker hangs. */
	term_close(screen.term);
	canvas_free(screen.canvas);
	if (!worker_stop(screen.action_worker, THREAD_STOP_NS))
		app->thread_hangs = true;
	if (!worker_stop(screen.read_worker, THREAD_STOP_NS))
		app->thread_hangs = true;
	return r < 0 ? r : screen.ended_by;
}

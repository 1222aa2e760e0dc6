/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* screen.c - waits for keys, samples, jobs and signals; hands them to the app; draws. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "tui/core/screen.h"
#include "tui/core/term.h"
#include "tui/core/thread.h"
#include "tui/core/worker.h"

/* What takes longer is worth a word in the status line. */
#define BUSY_NS UINT64_C(700000000)

struct screen {
	struct app *app;
	struct term *term;
	struct source *source;
	struct worker *actor; /* jobs that change something */
	struct worker
		*looker; /* jobs that only look: an action that blocks does not hold them up */
	struct canvas *canvas;
	bool dirty, quit;
	bool resized; /* other columns may be seen now */
	int ended_by;
};

static void set_wants(struct screen *screen)
{
	struct cgw_metric_set wanted = {0};

	if (screen->source->kind->want == NULL)
		return;
	app_metrics(screen->app, &wanted);
	screen->source->kind->want(screen->source, &wanted);
}

static void post_jobs(struct screen *screen)
{
	struct job *job;

	while ((job = job_pop(&screen->app->jobs)) != NULL)
		worker_post(job->acts ? screen->actor : screen->looker, job);
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
	if (reactions & REACTION_BEEP)
		term_beep(screen->term);
	if (reactions & REACTION_SETTINGS) {
		term_set_theme(screen->term, (enum term_theme)settings->choices[CHOICE_THEME]);
		term_set_mouse(screen->term, settings->choices[CHOICE_MOUSE]);
		screen->source->kind->pace(screen->source, settings->interval_ns,
					   screen->app->paused);
	}
	if (reactions & REACTION_TRAVEL && screen->source->kind->travel != NULL)
		screen->source->kind->travel(screen->source, &screen->app->travel);
	if (reactions & REACTION_WANTS)
		set_wants(screen);
	if (reactions & REACTION_SAMPLE && screen->source->kind->at_once != NULL)
		screen->source->kind->at_once(screen->source);
	if (reactions != REACTION_NONE)
		screen->dirty = true;
	post_jobs(screen);
}

static void take_keys(struct screen *screen)
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

/* Every one that waits: a history without holes is made of all. */
static void take_arrivals(struct screen *screen)
{
	struct arrival arrival = {0};
	struct cgw_diag diag = {.text = ""};
	int r, met;

	while ((r = screen->source->kind->take(screen->source, &arrival, &diag)) > 0) {
		met = app_on_sample(screen->app, &arrival, thread_now_ns());
		if (met < 0)
			(void)app_show_message(screen->app, ROLE_BAD, "a sample was lost: %s",
					       strerror(-met));
		arrival_free(&arrival);
	}
	if (r < 0)
		(void)app_show_message(screen->app, ROLE_BAD, "%s", diag.text);
	if (screen->source->kind->states != NULL)
		screen->source->kind->states(screen->source, screen->app->hosts.states);
	screen->dirty = true;
	post_jobs(screen);
}

static void take_jobs(struct screen *screen, struct worker *worker)
{
	struct job *job;

	while ((job = worker_pop(worker)) != NULL)
		react(screen, app_job_done(screen->app, job));
}

static void say_busy(struct screen *screen, uint64_t now_ns)
{
	uint64_t since_ns;
	const char *name = worker_busy(screen->actor, &since_ns);

	if (name == NULL || now_ns - since_ns < BUSY_NS)
		return;
	(void)app_show_message(screen->app, ROLE_WARM, "%s… %llu s", name,
			       (unsigned long long)((now_ns - since_ns) / 1000000000));
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
	if (screen->resized)
		set_wants(screen);
	screen->resized = false;
	return 0;
}

static int loop(struct screen *screen)
{
	struct pollfd fds[] = {
		{term_key_fd(screen->term), POLLIN, 0},
		{term_signal_fd(screen->term), POLLIN, 0},
		{screen->source->kind->fd(screen->source), POLLIN, 0},
		{worker_fd(screen->actor), POLLIN, 0},
		{worker_fd(screen->looker), POLLIN, 0},
	};
	int r = draw(screen);

	while (r == 0 && !screen->quit) {
		uint64_t now_ns;

		if (poll(fds, sizeof(fds) / sizeof(fds[0]), 1000) < 0 && errno != EINTR)
			return -errno;
		now_ns = thread_now_ns();
		if (app_tick(screen->app, now_ns) != REACTION_NONE)
			screen->dirty = true;
		screen->ended_by = term_signals(screen->term);
		/* The terminal went away, or somebody asks us to go. */
		if (screen->ended_by != 0 || fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			return 0;
		take_keys(screen);
		if (fds[2].revents & POLLIN)
			take_arrivals(screen);
		take_jobs(screen, screen->actor);
		take_jobs(screen, screen->looker);
		say_busy(screen, now_ns);
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
		.mouse = settings->choices[CHOICE_MOUSE],
	};
	int r = term_open(&options, &screen->term, diag);

	if (r == 0)
		r = worker_start(&screen->actor);
	if (r == 0)
		r = worker_start(&screen->looker);
	screen->resized = true; /* with the first drawing it is known which columns fit */
	return r;
}

int screen_run(struct app *app, struct source *source, struct cgw_diag *diag)
{
	struct screen screen = {.app = app, .source = source};
	int r;

	app->now_ns = app->sampled_ns = thread_now_ns();
	r = start(&screen, diag);
	if (r == 0)
		r = loop(&screen);
	/* The terminal first: whatever hangs below, the user has it back. */
	term_close(screen.term);
	canvas_free(screen.canvas);
	(void)worker_stop(screen.actor);
	(void)worker_stop(screen.looker);
	return r < 0 ? r : screen.ended_by;
}

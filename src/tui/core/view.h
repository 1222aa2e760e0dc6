/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * view.h - what a view is, and what all views may ask of the dashboard.
 *
 * A view is state with a table of functions. Views form a stack: the group list at the bottom,
 * windows above it. The top view gets the keys; drawing starts at the topmost full-screen view.
 */
#pragma once

#include <cgward/model.h>

#include "tui/core/job.h"
#include "tui/core/screen-layout.h"
#include "tui/core/term.h"

/* What the caller must do after a key, a click or a job: a set of these. */
enum reaction {
	REACTION_NONE = 0,
	REACTION_DRAW = 1,
	REACTION_ARRANGE = 2,   /* rebuild the rows: order, collapsed groups or filter changed */
	REACTION_METRICS = 4,   /* update the set of metrics to read */
	REACTION_SAMPLE = 8,    /* take a sample immediately */
	REACTION_SETTINGS = 16, /* pass theme, mouse and interval to the terminal and the source */
	REACTION_SAVE = 32,     /* save the settings to the user's configuration */
	REACTION_REDRAW = 64,
	REACTION_SUSPEND = 128,
	REACTION_BEEP = 256,
	REACTION_QUIT = 512,
	REACTION_SEEK = 1024, /* seek to app->seek */
	REACTION_COPY = 2048, /* pass app->clipboard to the terminal */
};

struct app;

struct view_kind {
	const char *name;
	bool fullscreen;
	bool head; /* has column heads */
	/* In which contexts keys are looked up: enum key_context, and the current ones. */
	unsigned contexts;
	unsigned (*more_contexts)(const struct app *app);
	void (*draw)(struct app *app, void *state, struct canvas *canvas,
		     const struct layout *layout);
	unsigned (*act)(struct app *app, void *state, enum action action);
	/* Text input, tried before the key table. `ret_used`: the key was text. May be NULL. */
	unsigned (*type)(struct app *app, void *state, uint32_t key, bool *ret_used);
	unsigned (*click)(struct app *app, void *state, const struct event *event);
	/*
	 * Goes to the next row that contains the text, to the current one first if `here`. False:
	 * there is none. NULL: nothing to search.
	 */
	bool (*search)(struct app *app, void *state, const char *text, bool backward, bool here);
	/* Called after each sample. */
	void (*update)(struct app *app, void *state);
	/* A job of this view is done; the app frees it afterwards unless `kept` is set. */
	unsigned (*finish)(struct app *app, void *state, struct job *job);
	void (*add_metrics)(const struct app *app, const void *state, struct cgw_metric_set *set);
	/* The group that the view shows; NULL: the group selected in the list. */
	uint32_t (*group)(const struct app *app, const void *state);
	/* Draws the status line while there is no message; may be NULL. */
	void (*status)(struct app *app, void *state, struct canvas *canvas, struct rect area);
	void (*done)(void *state);
};

/* Opens a view. Frees its state if too many are open: check app_is_full() before. */
unsigned app_open(struct app *app, const struct view_kind *kind, void *state);
bool app_is_full(const struct app *app);
/* Closes the top view. */
unsigned app_close(struct app *app);
/* Whether the view with that state is the top one. */
bool app_is_top(const struct app *app, const void *state);
/* The active search of the view with that state, "" if none. */
const char *app_search(const struct app *app, const void *state);
unsigned app_show_message(struct app *app, enum role role, const char *format, ...)
	CGW_PRINTF(3, 4);
/* Sends the text, escaped, to the clipboard of the terminal. */
unsigned app_copy(struct app *app, const char *text);
/* The message of the status line; NULL if it has expired. */
const char *app_message(const struct app *app, enum role *ret_role);
/*
 * Queues the job and takes ownership of it. The view with that state gets it back through
 * finish() if it is still open.
 */
unsigned app_post_job(struct app *app, const void *state, struct job *job);
unsigned app_source_flags(const struct app *app); /* enum source_flag */
const struct cgw_layout *app_layout(const struct app *app);
const struct cgw_topology *app_topology(const struct app *app);
/* As if a key of the action had been pressed. */
unsigned app_perform(struct app *app, enum action action);
void app_draw(struct app *app, struct canvas *canvas);
/* In which contexts the keys of the top view are looked up: enum key_context. */
unsigned app_contexts(const struct app *app);
/* Whether keys may change the system. */
bool app_may_act(const struct app *app);
/* The group that keys act on, or CGW_NO_GROUP. */
uint32_t app_group(const struct app *app);
/* First key of an action as mapped, such as "F8"; "" if it has none. */
void app_key_name(const struct app *app, enum action action, char *buffer, size_t size);
/*
 * Changes made in this session, which the undo key offers to undo. `host` "": this machine; the
 * string is not copied.
 */
void app_remember_change(struct app *app, const char *host, uint64_t transaction);
/* Removes the change again: it was undone. */
void app_forget_change(struct app *app, const char *host, uint64_t transaction);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * app.h - the dashboard without terminal and threads: samples and keys in, canvases out.
 *
 * Pure except for the jobs that it posts, so that tests can run whole sessions key by key.
 *
 * A view is state with a table of functions. Views form a stack: the group list at the bottom,
 * windows above it. The top view gets the keys; drawing starts at the topmost full-screen view.
 */
#ifndef CGWARD_TUI_CORE_APP_H
#define CGWARD_TUI_CORE_APP_H

#include "tui/action/rules-job.h"
#include "tui/core/alerts.h"
#include "tui/core/job.h"
#include "tui/core/screen-layout.h"
#include "tui/core/settings.h"
#include "tui/core/source.h"
#include "tui/core/term.h"
#include "tui/list/group-list.h"
#include "tui/replay/replay-actions.h"

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
	/* Called after each sample. */
	void (*update)(struct app *app, void *state);
	/* A job of this view is done; the app frees it afterwards unless `kept` is set. */
	unsigned (*finish)(struct app *app, void *state, struct job *job);
	void (*add_metrics)(const struct app *app, const void *state, struct cgw_metric_set *set);
	/* Rows of graphs above the body. */
	int graph_rows_max;
	/* The group that the view shows; NULL: the group selected in the list. */
	uint32_t (*group)(const struct app *app, const void *state);
	/* Draws the status line while there is no message; may be NULL. */
	void (*status)(struct app *app, void *state, struct canvas *canvas, struct rect area);
	void (*done)(void *state);
};

struct view {
	const struct view_kind *kind;
	void *state;
	uint64_t serial; /* never reused: the result of a job cannot reach another view */
};

#define VIEWS_MAX 8

/* Remote hosts shown instead of this machine. */
struct app_hosts {
	const char *ssh;                  /* the ssh command; NULL: "ssh" */
	const char *const *names;         /* in byte order; owned by the caller */
	size_t count;                     /* 0: this machine, or a recording */
	uint8_t states[REMOTE_HOSTS_MAX]; /* enum remote_state */
};

/* A change made in this session, which the undo key offers to undo. */
struct session_change {
	char host[128];       /* "": this machine */
	uint64_t transaction; /* in the journal of that host */
};

struct app {
	struct settings settings;
	const struct cgw_layout *layout; /* NULL in unit tests */
	char host[64];
	char config_path[512];   /* "": settings are not saved */
	char state_path[512];    /* state directory of the enforcement shown */
	bool read_only;          /* --read-only: no key changes the system */
	unsigned source_flags;   /* enum source_flag */
	const char *source_name; /* "": this machine */
	struct app_hosts hosts;
	bool paused;
	bool settings_changed; /* save them on exit */
	bool thread_hangs;     /* a worker could not be stopped and still uses its job */
	bool utc;              /* show times in UTC, for tests */
	bool full_names;       /* never truncate names, for --batch */

	struct cgw_frame *frame;
	struct cgw_history *history;
	struct list list;
	struct alerts alerts;
	struct rules *rules;       /* the policy being previewed, or NULL */
	struct source_place place; /* position in the recording */
	struct source_mark *marks;
	size_t mark_count;
	struct replay_actions rehearsal; /* what a policy would have done in the recording */
	struct seek seek;                /* with REACTION_SEEK */
	double speed;                    /* of playback */
	uint64_t now_ns;                 /* monotonic time of the last loop iteration */
	uint64_t sampled_ns;             /* monotonic time of the last sample */
	uint64_t arranged_count;         /* calls of app_arrange(), for tests */

	struct view views[VIEWS_MAX];
	size_t view_count;
	uint64_t view_serial;
	int rows, columns;   /* size of the last canvas */
	struct layout drawn; /* layout of the last canvas */

	char message[320];
	enum role message_role;
	uint64_t message_until_ns;

	char search[128]; /* "": no search is active */
	int column_first; /* columns scrolled out on the left, the group column not counted */

	struct session_change *changes; /* oldest first */
	size_t change_count;

	struct job_queue jobs;   /* posted, not yet passed to a worker */
	uint64_t prompt_targets; /* see targets_remember() */
};

int app_new(struct app **ret_app);
struct app *app_free(struct app *app);

/* Processes a sample. References its snapshots, and takes ownership of its events and marks. */
int app_on_sample(struct app *app, struct arrival *arrival, uint64_t now_ns);
/* Each returns the reactions left for the caller: the app has handled its own. */
unsigned app_key(struct app *app, uint32_t key);
unsigned app_mouse(struct app *app, const struct event *event);
unsigned app_job_done(struct app *app, struct job *job);
/* Call once per loop iteration. */
unsigned app_tick(struct app *app, uint64_t now_ns);
void app_draw(struct app *app, struct canvas *canvas);
/* All metrics that the screen needs. */
void app_metrics(const struct app *app, struct cgw_metric_set *set);
/* Saves the settings to the configuration; a failure becomes the status message. */
void app_save(struct app *app);

/* Posts a job that evaluates the previewed policy on the samples received so far. */
void app_watch_rules(struct app *app);

/* For views. */
void app_remember_change(struct app *app, const char *host, uint64_t transaction);
/* Removes the change again: it was undone. */
void app_forget_change(struct app *app, const char *host, uint64_t transaction);
unsigned app_open(struct app *app, const struct view_kind *kind, void *state);
unsigned app_close(struct app *app);
unsigned app_show_message(struct app *app, enum role role, const char *format, ...)
	CGW_PRINTF(3, 4);
/*
 * Queues the job and takes ownership of it. The view with that state gets it back through
 * finish() if it is still open.
 */
unsigned app_post_job(struct app *app, const void *state, struct job *job);
struct list_order app_order(const struct app *app);
void app_arrange(struct app *app);
struct column_source app_source(const struct app *app);
/* Monotonic time of the current sample: highlights expire by this clock, not by wall time. */
uint64_t app_frame_ns(const struct app *app);
const struct cgw_topology *app_topology(const struct app *app);
/* Whether keys may change the system. */
bool app_may_act(const struct app *app);
/* The group that keys act on, or CGW_NO_GROUP. */
uint32_t app_group(const struct app *app);
/* Path of the group, escaped, at most `size`-1 bytes; the root is "/". */
void app_path(const struct app *app, uint32_t group, char *buffer, size_t size);
/* "lost" or "slow" if host `i` is in that state, else NULL. */
const char *app_host_trouble(const struct app *app, size_t i, enum role *ret_role);
/* First key of an action as mapped, such as "F8"; "" if it has none. */
void app_key_name(const struct app *app, enum action action, char *buffer, size_t size);
/* "2026-11-24 21:03:44". */
void app_date(const struct app *app, uint64_t realtime_ns, char *buffer, size_t size);
/* "21:03:44". */
void app_time(const struct app *app, uint64_t realtime_ns, char *buffer, size_t size);

/* Draws an empty framed window in the middle of the canvas; returns the area inside. */
struct rect draw_window(struct canvas *canvas, int rows, int columns, const char *title);

#endif

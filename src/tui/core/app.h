/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * app.h - the dashboard without its terminal and its threads: figures and keys come in, canvases and
 * reactions go out. Pure but for the jobs that it asks for, so that whole sessions are tested key by
 * key.
 *
 * A view is data and functions. Views stand on a stack: the groups at the bottom, windows above;
 * keys go to the top one, and the lowest that covers the whole screen is drawn first.
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

/* What a key or a window asks the others to do: a set of these. */
enum reaction {
	REACTION_NONE = 0,
	REACTION_DRAW = 1,      /* the screen looks different now */
	REACTION_ARRANGE = 2,   /* order, folds or filter changed: rows are made anew */
	REACTION_WANTS = 4,     /* other metrics are to be read */
	REACTION_SAMPLE = 8,    /* and at once */
	REACTION_SETTINGS = 16, /* theme, mouse, interval: the terminal and the sampler must know */
	REACTION_SAVE = 32,     /* to the user's configuration */
	REACTION_REDRAW = 64,
	REACTION_SUSPEND = 128,
	REACTION_BEEP = 256,
	REACTION_QUIT = 512,
	REACTION_TRAVEL = 1024, /* where `travel` says */
};

struct app;

struct view_kind {
	const char *name;
	bool whole; /* covers the screen */
	bool head;  /* has column heads */
	/* Where its keys are looked up: enum key_context. */
	unsigned (*contexts)(const struct app *app, const void *state);
	void (*draw)(struct app *app, void *state, struct canvas *canvas,
		     const struct layout *layout);
	unsigned (*act)(struct app *app, void *state, enum action action);
	/* Before the table: text being typed. `ret_taken`: the key was text. NULL: nothing is typed. */
	unsigned (*type)(struct app *app, void *state, uint32_t key, bool *ret_taken);
	unsigned (*click)(struct app *app, void *state, const struct event *event);
	/* New figures came. */
	void (*update)(struct app *app, void *state);
	/* A job that it asked for is done; it is freed afterwards, unless `kept` is set. */
	unsigned (*finish)(struct app *app, void *state, struct job *job);
	void (*wants)(const struct app *app, const void *state, struct cgw_metric_set *set);
	/* Rows for graphs above its body. */
	int graph_rows_max;
	/* The group that it is about; NULL: the one selected in the list. */
	uint32_t (*group)(const struct app *app, const void *state);
	/* What stands in the status line while nothing else is to be said; NULL: nothing. */
	void (*status)(struct app *app, void *state, struct canvas *canvas, struct rect area);
	void (*done)(void *state);
};

struct view {
	const struct view_kind *kind;
	void *state;
	uint64_t serial; /* never used again: an answer finds the view that asked, or none */
};

#define VIEWS_MAX 8

/* The other hosts that are looked at, in place of this machine. */
struct app_hosts {
	const char *ssh;                  /* what reaches them; NULL: ssh alone */
	const char *const *names;         /* in byte order: kept by who runs the app */
	size_t count;                     /* 0: this machine, or a recording */
	uint8_t states[REMOTE_HOSTS_MAX]; /* enum remote_state */
};

struct app {
	struct settings settings;
	const struct cgw_layout *layout; /* NULL in tests */
	char host[64];
	char config_path[512];   /* "": settings are not saved */
	char state_path[512];    /* of the enforcement that is looked at */
	bool read_only;          /* --read-only: nothing is changed */
	unsigned source_can;     /* enum source_can: what the figures' source can do */
	const char *source_name; /* "": this machine */
	struct app_hosts hosts;
	bool paused;
	bool settings_changed; /* to be saved at the end */
	bool utc;              /* times of day in UTC: tests */
	bool whole_names;      /* names are never cut: batch */

	struct cgw_frame *frame;
	struct cgw_history *history;
	struct list list;
	struct alerts alerts;
	struct rules *rules;       /* a policy that is watched, or NULL */
	struct source_place place; /* of a source that travels */
	struct source_mark *marks;
	size_t mark_count;
	struct replay_actions deeds; /* of a policy that is rehearsed over it */
	struct travel travel;        /* with REACTION_TRAVEL */
	double speed;                /* that it is played at */
	uint64_t now_ns;             /* monotonic, of the loop's last turn */
	uint64_t sampled_ns;         /* when the last sample came */
	uint64_t arranged_count;     /* how often; tests look at it */

	struct view views[VIEWS_MAX];
	size_t view_count;
	uint64_t view_serial;
	int rows, columns;   /* of the last canvas */
	struct layout drawn; /* where the parts stood on it */

	char message[320];
	enum role message_role;
	uint64_t message_until_ns;

	char search[128]; /* "": none is on */
	int column_first; /* columns scrolled away to the left, beside the group's */

	struct job_queue jobs; /* asked for, not yet fetched */
};

int app_new(struct app **ret_app);
struct app *app_free(struct app *app);

/* Figures came: references are taken, the events and marks are taken over. */
int app_on_sample(struct app *app, struct arrival *arrival, uint64_t now_ns);
/* Each returns reactions for the loop; those for the app itself are done already. */
unsigned app_key(struct app *app, uint32_t key);
unsigned app_mouse(struct app *app, const struct event *event);
unsigned app_job_done(struct app *app, struct job *job);
/* Time went by. */
unsigned app_tick(struct app *app, uint64_t now_ns);
void app_draw(struct app *app, struct canvas *canvas);
/* All metrics that what is on the screen needs. */
void app_metrics(const struct app *app, struct cgw_metric_set *set);
/* Settings to the configuration; failures become the message. */
void app_save(struct app *app);

/* Lets the policy that is watched look at what came. */
void app_watch_rules(struct app *app);

/* For views. */
unsigned app_open(struct app *app, const struct view_kind *kind, void *state);
unsigned app_close(struct app *app);
unsigned app_show_message(struct app *app, enum role role, const char *format, ...)
	CGW_PRINTF(3, 4);
/* Takes the job: the view with that state gets it back through finish(), if it is still open. */
unsigned app_ask(struct app *app, const void *state, struct job *job);
struct list_order app_order(const struct app *app);
void app_arrange(struct app *app);
struct column_source app_source(const struct app *app);
/* The moment of the figures, monotonic: what ages on the screen ages by it. */
uint64_t app_frame_ns(const struct app *app);
const struct cgw_topology *app_topology(const struct app *app);
/* May anything be changed from here? */
bool app_may_act(const struct app *app);
/* The group that keys act on; CGW_NO_GROUP where there is none. */
uint32_t app_group(const struct app *app);
/* Its path, escaped, at most `size`-1 bytes; the root is "/". */
void app_path(const struct app *app, uint32_t group, char *buffer, size_t size);
/* "lost", "slow" where host `i` is that; else NULL. */
const char *app_host_trouble(const struct app *app, size_t i, enum role *ret_role);
/* "F8" of an action, as it is mapped; "" where it has no key. */
void app_key_name(const struct app *app, enum action action, char *buffer, size_t size);
/* Actions that every list has: moving by rows and pages. True where it was one. */
/* "2026-11-24 21:03:44". */
void app_date(const struct app *app, uint64_t realtime_ns, char *buffer, size_t size);
/* "21:03:44" of a wall clock. */
void app_time(const struct app *app, uint64_t realtime_ns, char *buffer, size_t size);
bool list_action(enum action action, uint32_t count, uint32_t page, uint32_t *selected);

/* A window in the middle: cleared, framed; its inside. */
struct rect draw_window(struct canvas *canvas, int rows, int columns, const char *title);

#endif

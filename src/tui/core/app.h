/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* app.h - the state of the dashboard, for the views that show more of it than view.h offers. */
#pragma once

#include "lib/base/string-list.h"
#include "tui/action/process-target.h"
#include "tui/action/rules-job.h"
#include "tui/core/alerts.h"
#include "tui/core/saved-views.h"
#include "tui/core/settings.h"
#include "tui/core/source.h"
#include "tui/core/view.h"
#include "tui/detail/advice-list.h"
#include "tui/list/group-list.h"
#include "tui/list/group-names.h"
#include "tui/replay/replay-actions.h"

struct open_view {
	const struct view_kind *kind;
	void *state;
	uint64_t serial;  /* never reused: the result of a job cannot reach another view */
	char search[128]; /* escaped; "": no search is active */
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
	const char *host;     /* as given by the user; "": this machine */
	uint64_t transaction; /* in the journal of that host */
};

/* Whether a column of the list has values. */
struct column_state {
	struct column column; /* which this is about */
	uint64_t filled_ns;   /* when it last had one; 0: never */
	uint64_t checked_ns;
	bool empty;
};

struct app {
	struct settings settings;
	struct settings kept;             /* those of the next start, unless they are changed */
	struct settings before_view;      /* valid if a view is applied */
	char view[SAVED_VIEW_NAME_BYTES]; /* name of the one that is applied; "": none */
	const struct cgw_layout *layout;  /* NULL in unit tests */
	char host[64];
	char config_path[512];   /* "": settings are not saved */
	const char *state_path;  /* state directory of the enforcement shown */
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
	struct advice advice;
	const char *recording_path; /* NULL: not a recording; owned by the caller */
	struct rules *rules;        /* the policy being previewed, or NULL */
	struct source_place place;  /* position in the recording */
	struct source_mark *marks;
	size_t mark_count;
	struct replay_actions rehearsal; /* what a policy would have done in the recording */
	struct seek seek;                /* with REACTION_SEEK */
	double speed;                    /* of playback */
	uint64_t now_ns;                 /* monotonic time of the last loop iteration */
	uint64_t sampled_ns;             /* monotonic time of the last sample */
	uint64_t arranged_count;         /* calls of app_arrange(), for tests */

	struct open_view views[VIEWS_MAX];
	size_t view_count;
	uint64_t view_serial;
	int rows, columns;          /* size of the last canvas */
	struct layout drawn;        /* layout of the last canvas */
	struct rect drawn_warnings; /* the line with the warnings */
	size_t warning;             /* which one the key goes to next */

	char message[320];
	enum role message_role;
	uint64_t message_until_ns;

	struct column_state column_states[COLUMNS_MAX];
	struct group_names names;
	int name_width; /* of the names seen on the screen so far; 0: not drawn yet */
	uint8_t name_width_choices[2]; /* tree and names, for which it is valid */
	uint64_t drawn_columns;        /* the columns on the screen; see columns_changed */
	bool columns_changed;          /* other metrics are needed since the last drawing */
	int column_first; /* columns scrolled out on the left, the group column not counted */

	struct session_change *changes; /* oldest first */
	size_t change_count, change_capacity;

	struct job_queue jobs;         /* posted, not yet passed to a worker */
	uint64_t prompt_targets;       /* see targets_remember() */
	struct process_target process; /* for which a prompt or menu is open */
	struct string_list view_names; /* of the open menu of saved views */
	struct string_list searches;   /* in all views, oldest first */
	char *clipboard;               /* with REACTION_COPY */

	struct window *configuration_problems; /* not opened yet, or NULL */
};

struct app *app_free(struct app *app);
/* The view that gets the keys: the last one opened. */
struct open_view *app_top_view(struct app *app);
/*
 * Saves what was changed since the start to the configuration: not what an option or a view has
 * set, and nothing that belongs to views while one is applied. A failure is shown as the message.
 */
void app_save(struct app *app);
/* Shows the list with the settings of a view; "": with those before views were applied. */
void app_apply_view(struct app *app, const char *name, const struct settings *settings);
/* Adds a line to a window that lists what is invalid in the configuration. */
void app_report_configuration(struct app *app, const struct cgw_diag *diag);
/* Rebuilds the rows of the list. */
void app_arrange(struct app *app);
struct column_source app_source(const struct app *app);
/* Monotonic time of the current sample: highlights expire by this clock, not by wall time. */
uint64_t app_frame_ns(const struct app *app);
/* The label of a group in the list, escaped. */
void app_label(const struct app *app, uint32_t group, char *buffer, size_t size);
/* Path of the group, escaped, at most `size`-1 bytes; the root is "/". */
void app_path(const struct app *app, uint32_t group, char *buffer, size_t size);
/* "lost" or "slow" if host `i` is in that state, else NULL. */
const char *app_host_trouble(const struct app *app, size_t i, enum role *ret_role);
/* "2026-11-24 21:03:44". */
void app_date(const struct app *app, uint64_t realtime_ns, char *buffer, size_t size);
/* "21:03:44". */
void app_time(const struct app *app, uint64_t realtime_ns, char *buffer, size_t size);

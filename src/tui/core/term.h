/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * term.h - the terminal: the only place that knows curses. One at a time; the main thread's.
 *
 * Whatever ends the process, the terminal is given back as it was found: on return, on a signal
 * that asks to end, on a crash, over a suspend.
 */
#ifndef CGWARD_TUI_CORE_TERM_H
#define CGWARD_TUI_CORE_TERM_H

#include "tui/core/canvas.h"
#include "tui/core/keys.h"

enum term_theme {
	THEME_AUTO, /* from COLORFGBG, else dark; plain with NO_COLOR */
	THEME_DARK,
	THEME_LIGHT,
	THEME_PLAIN, /* no colour: bold, reverse, underline */
	THEME_COUNT,
};

const char *term_theme_name(enum term_theme theme) CGW_PURE;
/* -ENOENT. */
int term_theme_find(const char *name);

struct term_options {
	enum term_theme theme;
	bool mouse;
};

enum event_kind { EVENT_NONE, EVENT_KEY, EVENT_MOUSE, EVENT_RESIZE };

enum mouse_button { MOUSE_LEFT, MOUSE_RIGHT, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct event {
	enum event_kind kind;
	uint32_t key;
	enum mouse_button button;
	int row, column;
};

struct term;

/* -ENOTTY, or -ENOENT for a TERM that is missing, unknown or too poor, with what to do in `diag`. */
int term_open(const struct term_options *options, struct term **ret_term, struct cgw_diag *diag);
struct term *term_close(struct term *term);

void term_size(const struct term *term, int *ret_rows, int *ret_columns);
bool term_utf8(const struct term *term) CGW_PURE;
void term_set_theme(struct term *term, enum term_theme theme);
void term_set_mouse(struct term *term, bool mouse);

/* The descriptors to poll for input: keys, and signals. */
int term_key_fd(const struct term *term) CGW_PURE;
int term_signal_fd(const struct term *term) CGW_PURE;

/*
 * The signal that asks this process to end, or 0. Takes care of the others: a stop suspends and comes
 * back; a changed size becomes an event.
 */
int term_signals(struct term *term);

/* What was typed or changed; EVENT_NONE when there is nothing more. Does not wait. */
struct event term_event(struct term *term);

/* Shows the canvas: only cells that changed are written. */
void term_draw(struct term *term, const struct canvas *canvas);
/* Everything is written again by the next term_draw(). */
void term_redraw(struct term *term);
/* To the shell, and back when it says so. */
void term_suspend(struct term *term);
void term_beep(struct term *term);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * term.h - the terminal: the only module that uses curses. One instance, main thread only.
 *
 * The terminal is restored however the process ends: on return, a terminating signal or a crash;
 * also while it is suspended.
 */
#pragma once

#include "tui/core/keys.h"
#include "tui/core/palette.h"

struct term_options {
	enum term_theme theme;
	const struct theme_colors *file; /* instead of `theme`; NULL: none */
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

/*
 * -ENOTTY: standard input or output is not a terminal. -ENOENT: TERM is not set, unknown or not
 * capable enough. `diag` suggests a remedy.
 */
int term_open(const struct term_options *options, struct term **ret_term, struct cgw_diag *diag);
struct term *term_close(struct term *term);

void term_size(const struct term *term, int *ret_rows, int *ret_columns);
bool term_utf8(const struct term *term) CGW_PURE;
/* `file` as in the options; it is used while the terminal is open. */
void term_set_theme(struct term *term, enum term_theme theme, const struct theme_colors *file);
void term_set_mouse(struct term *term, bool mouse);

/* File descriptors to poll for input and for signals. */
int term_key_fd(const struct term *term) CGW_PURE;
int term_signal_fd(const struct term *term) CGW_PURE;

/*
 * Returns the signal that asks this process to end, or 0. Handles the others: SIGTSTP suspends
 * and returns after SIGCONT; SIGWINCH becomes an event.
 */
int term_signals(struct term *term);

/* The next event, or EVENT_NONE. Does not block. */
struct event term_event(struct term *term);

/* Shows the canvas; writes only the cells that changed. */
void term_draw(struct term *term, const struct canvas *canvas);
/* The next term_draw() writes all cells. */
void term_redraw(struct term *term);
/* Suspends to the shell; returns after SIGCONT. */
void term_suspend(struct term *term);
/* Asks the terminal to put the text into its clipboard (OSC 52), which it may refuse. */
void term_copy(struct term *term, const char *text);
void term_beep(struct term *term);

/* Restores the terminal when the process crashes, with async-signal-safe calls only. */
/* Saves the current terminal settings and installs handlers for crash signals. */
void crash_handler_install(int fd);
/* Appends an escape sequence to send on a crash; truncated when the buffer is full. */
void crash_add_sequence(const char *sequence);
/* Set `active` to 0 while the terminal is already restored, for example when suspended. */
void crash_handler_set_active(int active);
void crash_handler_remove(void);

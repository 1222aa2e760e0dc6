/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * window.h - windows of text: to read, or to confirm an action.
 *
 * NULL (out of memory) is accepted by all functions; window_open() reports it. Callers escape
 * untrusted text.
 */
#pragma once

#include "tui/core/view.h"

struct window;

/* Copies the title. */
struct window *window_new(const char *title);
/* For a window that was not opened. */
void window_free(struct window *window);
/* A window that runs the job on Enter. Takes ownership of the job. */
struct window *window_ask(const char *title, struct job *action);
/* Adds a line, wrapped if too long. */
void window_add(struct window *window, enum role role, const char *text);
void window_add_pair(struct window *window, enum role role, const char *left, const char *text);
/*
 * Runs a job, unless NULL, that collects what the action affects; show() adds lines about it. Takes
 * ownership of the job.
 */
void window_set_preview(struct window *window, struct job *preview,
			void (*show)(struct window *window, struct job *job));
/* Disables Enter: the action is not possible. */
void window_refuse(struct window *window);
/* The view with that state gets the finished action. */
void window_set_owner(struct window *window, const void *state);
unsigned window_open(struct app *app, struct window *window);

/* Bytes of `text` that fit into `width` cells, wrapped after a blank if possible. */
size_t wrapped_length(const char *text, int width) CGW_PURE;
/* Draws `text` wrapped at blanks; returns the number of rows, including those that did not fit. */
int draw_paragraph(struct canvas *canvas, struct rect area, enum role role, const char *text);

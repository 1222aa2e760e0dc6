/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-keys.h - moving in the time of a recording: its keys, and the line of time. Pure. */
#ifndef CGWARD_TUI_REPLAY_REPLAY_KEYS_H
#define CGWARD_TUI_REPLAY_REPLAY_KEYS_H

#include "tui/core/views.h"

/* The context of the keys that move in time: IN_REPLAY, or 0 where the source does not travel. */
unsigned replay_key_context(const struct app *app);
/* What those keys do. */
unsigned replay_seek(struct app *app, enum action action);
/* "playing 2x", "paused", "at the end". */
void replay_describe(const struct app *app, char *buffer, size_t size);

/* From the first to the last sample, with its events and where we are; one row. */
void timeline_draw(const struct app *app, struct canvas *canvas, struct rect area);
unsigned timeline_click(struct app *app, int column);

#endif

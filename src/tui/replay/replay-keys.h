/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-keys.h - seeking in a recording with keys and on the timeline. Pure. */
#pragma once

#include "tui/core/views.h"

/* The context of the keys that seek: IN_REPLAY, or 0 if the source cannot seek. */
unsigned replay_key_context(const struct app *app);
/* Handles those keys. */
unsigned replay_seek(struct app *app, enum action action);
/* Formats "PLAYING 2x", "PAUSED", "AT END". */
void replay_describe(const struct app *app, char *buffer, size_t size);

/* One row from the first to the last sample, with the events and the current position. */
void timeline_draw(const struct app *app, struct canvas *canvas, struct rect area);
unsigned timeline_click(struct app *app, int column);

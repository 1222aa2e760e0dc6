/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* travel.h - moving in the time of a recording: its keys, and the line of time. Pure. */
#ifndef CGWARD_TUI_TRAVEL_H
#define CGWARD_TUI_TRAVEL_H

#include "tui/views.h"

/* The context of the keys that move in time: IN_REPLAY, or 0 where the source does not travel. */
unsigned travel_context(const struct app *app);
/* What those keys do. */
unsigned travel_act(struct app *app, enum action action);
/* "playing 2x", "paused", "at the end". */
void travel_say(const struct app *app, char *buffer, size_t size);

/* From the first to the last sample, with its events and where we are; one row. */
void timeline_draw(const struct app *app, struct canvas *canvas, struct rect area);
unsigned timeline_click(struct app *app, int column);

#endif

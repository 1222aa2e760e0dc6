/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* timeline.c - one row with the events of a recording and the current position. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "tui/core/app.h"
#include "tui/replay/event-text.h"
#include "tui/replay/replay-keys.h"

#define DAY_NS (86400 * NS_PER_S)

/* In order of precedence: a cell shows the first kind that it has. */
#define SIGN_ACTION 1
static const struct {
	uint32_t kinds;
	enum role role;
	const char *sign;
} signs[] = {
	{CGW_EVENT_BIT(CGW_EVENT_OOM_KILL), ROLE_BAD, "!"},
	{CGW_EVENT_BIT(CGW_EVENT_ACTION), ROLE_WARM, "▲"},
	{CGW_EVENT_BIT(CGW_EVENT_LIMIT), ROLE_LIMIT, "▴"},
	{CGW_EVENT_BIT(CGW_EVENT_START) | CGW_EVENT_BIT(CGW_EVENT_GAP) |
		 CGW_EVENT_BIT(CGW_EVENT_CLOCK) | CGW_EVENT_BIT(CGW_EVENT_SUSPEND),
	 ROLE_KEY, "┊"},
	{CGW_EVENT_EVERY_KIND, ROLE_TREE, "·"},
};

/* Position of the line, and the texts at both ends. */
struct ruler {
	int column, width;
	char first[16], last[48];
};

/* The time if the recording is shorter than a day, else day and minute. */
static void end_time(const struct app *app, uint64_t realtime_ns, char *buffer, size_t size)
{
	char date[64];

	if (app->place.last_ns - app->place.first_ns < DAY_NS) {
		app_time(app, realtime_ns, buffer, size);
		return;
	}
	app_date(app, realtime_ns, date, sizeof(date));
	snprintf(buffer, size, "%.11s", strlen(date) > 5 ? date + 5 : date);
}

static struct ruler ruler_of(const struct app *app, struct rect area)
{
	const struct source_place *place = &app->place;
	struct ruler ruler = {.column = area.column, .width = area.columns};
	char time[16];

	if (area.columns < 40)
		return ruler;
	end_time(app, place->first_ns, ruler.first, sizeof(ruler.first));
	end_time(app, place->last_ns, time, sizeof(time));
	snprintf(ruler.last, sizeof(ruler.last), "%s %llu/%llu", time,
		 (unsigned long long)place->position + 1, (unsigned long long)place->samples);
	ruler.column += (int)strlen(ruler.first) + 1;
	ruler.width -= (int)strlen(ruler.first) + (int)strlen(ruler.last) + 2;
	return ruler;
}

static int cell_of(const struct app *app, const struct ruler *ruler, uint64_t realtime_ns)
{
	const struct source_place *place = &app->place;
	uint64_t span_ns = place->last_ns - place->first_ns;

	/* If the clock was set, times may be outside the range. */
	if (place->last_ns <= place->first_ns || realtime_ns <= place->first_ns)
		return 0;
	if (realtime_ns >= place->last_ns)
		return ruler->width - 1;
	return (int)((double)(realtime_ns - place->first_ns) / (double)span_ns *
		     (ruler->width - 1));
}

void timeline_draw(const struct app *app, struct canvas *canvas, struct rect area)
{
	struct ruler ruler = ruler_of(app, area);
	CLEANUP(cleanup_free) uint32_t *kinds = NULL;
	CLEANUP(cleanup_free) bool *actions = NULL;

	if (area.rows < 1 || app->place.samples == 0 || ruler.width < 4)
		return;
	kinds = calloc((size_t)ruler.width, sizeof(*kinds));
	actions = calloc((size_t)ruler.width, sizeof(*actions));
	if (kinds == NULL || actions == NULL)
		return;
	for (size_t i = 0; i < app->rehearsal.count; i++)
		actions[cell_of(app, &ruler, app->rehearsal.items[i].realtime_ns)] = true;
	for (size_t i = 0; i < app->mark_count; i++)
		kinds[cell_of(app, &ruler, app->marks[i].realtime_ns)] |= app->marks[i].kinds;
	canvas_text(canvas, area.row, area.column, ruler.column - area.column, ROLE_DIM,
		    ruler.first);
	for (int i = 0; i < ruler.width; i++) {
		size_t sign = 0;

		while (sign < ARRAY_SIZE(signs) && !(kinds[i] & signs[sign].kinds))
			sign++;
		/* Rehearsed actions take precedence over all but OOM kills and recorded actions. */
		if (actions[i] && sign > SIGN_ACTION)
			canvas_text(canvas, area.row, ruler.column + i, 1, ROLE_WARM,
				    REPLAY_ACTION_SIGN);
		else if (sign < ARRAY_SIZE(signs))
			canvas_text(canvas, area.row, ruler.column + i, 1, signs[sign].role,
				    signs[sign].sign);
		else
			canvas_text(canvas, area.row, ruler.column + i, 1, ROLE_TREE, "─");
	}
	canvas_text(canvas, area.row, ruler.column + cell_of(app, &ruler, app->place.now_ns), 1,
		    ROLE_STRONG, "●");
	canvas_text_right(canvas, area.row, area.column, area.columns, ROLE_DIM, ruler.last);
}

unsigned timeline_click(struct app *app, int column)
{
	struct ruler ruler = ruler_of(app, app->drawn.timeline);
	uint64_t span_ns = app->place.last_ns - app->place.first_ns;
	int cell = column - ruler.column;

	if (cell < 0 || cell >= ruler.width || ruler.width < 4)
		return REACTION_NONE;
	app->seek = (struct seek){
		.kind = SEEK_TO_TIME,
		.to_ns = app->place.first_ns +
			 (uint64_t)((double)span_ns * cell / (ruler.width - 1)),
	};
	return REACTION_SEEK;
}

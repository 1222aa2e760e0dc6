/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-keys.c - keys that seek in a recording. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "shared/cli/cli.h"
#include "tui/core/app.h"
#include "tui/replay/event-text.h"
#include "tui/replay/replay-keys.h"

static const double speeds[] = {0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 3600};

unsigned replay_key_context(const struct app *app)
{
	return app->source_flags & SOURCE_CAN_SEEK ? IN_REPLAY : 0;
}

void replay_describe(const struct app *app, char *buffer, size_t size)
{
	const char *state = app->paused ? "PAUSED" : app->place.at_end ? "AT END" : "PLAYING";

	if (app->speed == 1)
		snprintf(buffer, size, "%s", state);
	else
		snprintf(buffer, size, "%s %gx", state, app->speed);
}

static unsigned start_seek(struct app *app, struct seek seek)
{
	/* A manual step pauses the playback, which would move away from that sample. */
	if (seek.kind == SEEK_STEPS && !app->paused) {
		app->paused = true;
		app->seek = seek;
		return REACTION_SEEK | REACTION_SETTINGS;
	}
	app->seek = seek;
	return REACTION_SEEK;
}

static unsigned change_speed(struct app *app, int by)
{
	int at = 0;

	while (at < (int)ARRAY_SIZE(speeds) - 1 && speeds[at] < app->speed)
		at++;
	at += by;
	if (at < 0 || at >= (int)ARRAY_SIZE(speeds))
		return REACTION_BEEP;
	app->speed = speeds[at];
	return start_seek(app, (struct seek){.kind = SEEK_SPEED, .speed = app->speed});
}

/* Jumps to groups that appear or are removed only if the recording lacks other events. */
static uint32_t kinds_to_find(const struct app *app)
{
	for (size_t i = 0; i < app->mark_count; i++)
		if (app->marks[i].kinds & EVENT_NOTABLE)
			return EVENT_NOTABLE;
	if (app->rehearsal.count > 0)
		return EVENT_NOTABLE;
	return CGW_EVENT_EVERY_KIND;
}

/* Seeks to the nearest event, or action of a rehearsed policy, in that direction. */
static unsigned go_to_event(struct app *app, int by)
{
	const struct replay_action *action =
		replay_actions_next(&app->rehearsal, app->place.now_ns, by);
	uint32_t kinds = kinds_to_find(app);
	bool nearer = action != NULL;

	for (size_t i = 0; nearer && i < app->mark_count; i++) {
		uint64_t at_ns = app->marks[i].realtime_ns;

		if (!(app->marks[i].kinds & kinds))
			continue;
		nearer = by > 0 ? at_ns <= app->place.now_ns || at_ns > action->realtime_ns
				: at_ns >= app->place.now_ns || at_ns < action->realtime_ns;
	}
	if (nearer)
		return start_seek(
			app, (struct seek){.kind = SEEK_TO_TIME, .to_ns = action->realtime_ns});
	return start_seek(app, (struct seek){.kind = SEEK_EVENT, .by = by, .kinds = kinds});
}

static bool parse_position(const struct app *app, const char *text, struct seek *seek)
{
	uint64_t by_ns;

	if (strcmp(text, "first") == 0 || strcmp(text, "last") == 0) {
		seek->kind = text[0] == 'f' ? SEEK_FIRST : SEEK_LAST;
		return true;
	}
	if (text[0] == '+' || text[0] == '-') {
		if (cli_parse_duration(text + 1, &by_ns) < 0 || by_ns > INT64_MAX)
			return false;
		seek->kind = SEEK_DURATION;
		seek->by = text[0] == '-' ? -(int64_t)by_ns : (int64_t)by_ns;
		return true;
	}
	seek->kind = SEEK_TO_TIME;
	return cli_parse_time(text, app->place.last_ns, &seek->to_ns) == 0;
}

static bool position_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	struct seek seek = {0};

	if (text[0] == '\0')
		return true;
	if (!parse_position(app, text, &seek)) {
		*ret_reactions = app_show_message(app, ROLE_WARM,
						  "expected 03:12, -10m, +1h, first, last or "
						  "2026-11-24 03:12:00") |
				 REACTION_BEEP;
		return false;
	}
	*ret_reactions = start_seek(app, seek);
	return true;
}

static unsigned open_position(struct app *app)
{
	static const struct prompt prompt = {.title = "Go to", .accept = position_accept};

	return open_prompt(app, &prompt, "");
}

/* The time of a menu item: values below mark_count are marks, the others actions. */
static uint64_t time_of(const struct app *app, size_t which)
{
	return which < app->mark_count ? app->marks[which].realtime_ns
				       : app->rehearsal.items[which - app->mark_count].realtime_ns;
}

static unsigned mark_accept(struct app *app, int value)
{
	if (value < 0 || (size_t)value >= app->mark_count + app->rehearsal.count)
		return REACTION_BEEP;
	return start_seek(
		app, (struct seek){.kind = SEEK_TO_TIME, .to_ns = time_of(app, (size_t)value)});
}

static void format_kinds(uint32_t kinds, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (int kind = 0; kind < CGW_EVENT_KIND_COUNT; kind++)
		if (kinds & CGW_EVENT_BIT(kind))
			used = text_append(buffer, size, used, "%s%s", used > 0 ? ", " : "",
					   cgw_event_kind_name((enum cgw_event_kind)kind));
}

static void fill_item(const struct app *app, size_t which, uint32_t kinds, struct menu_item *item)
{
	const struct replay_action *action;
	char text[128];

	app_date(app, time_of(app, which), item->text, sizeof(item->text));
	item->value = (int)which;
	if (which < app->mark_count) {
		format_kinds(app->marks[which].kinds & kinds, item->help, sizeof(item->help));
		return;
	}
	action = &app->rehearsal.items[which - app->mark_count];
	cgw_escape(text, sizeof(text), action->text, strcspn(action->text, ":"));
	snprintf(item->help, sizeof(item->help), REPLAY_ACTION_SIGN " %.70s, %.75s",
		 ESCAPED(96, action->path), text);
}

/* Lists all events by time, and selects the last one up to the current position. */
static unsigned open_marks(struct app *app)
{
	struct menu menu = {.title = "Go to event", .accept = mark_accept};
	uint32_t kinds = kinds_to_find(app);
	size_t mark = 0, action = app->mark_count, end = action + app->rehearsal.count;

	if (end == 0)
		return app_show_message(app, ROLE_TEXT, "the recording has no events");
	menu.items = calloc(end, sizeof(*menu.items));
	if (menu.items == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	/* Merge the two lists, which are sorted by time. */
	while (mark < app->mark_count || action < end) {
		bool is_mark = mark < app->mark_count &&
			       (action == end || time_of(app, mark) <= time_of(app, action));
		size_t which = is_mark ? mark++ : action++;

		if (is_mark && !(app->marks[which].kinds & kinds))
			continue;
		if (time_of(app, which) <= app->place.now_ns)
			menu.selected = (uint32_t)menu.count;
		fill_item(app, which, kinds, &menu.items[menu.count++]);
	}
	return open_menu(app, &menu);
}

unsigned replay_seek(struct app *app, enum action action)
{
	const int64_t minute_ns = INT64_C(60000000000);

	switch (action) {
	case ACTION_STEP_BACK:
		return start_seek(app, (struct seek){.kind = SEEK_STEPS, .by = -1});
	case ACTION_STEP:
		return start_seek(app, (struct seek){.kind = SEEK_STEPS, .by = 1});
	case ACTION_MINUTE_BACK:
		return start_seek(app, (struct seek){.kind = SEEK_DURATION, .by = -minute_ns});
	case ACTION_MINUTE:
		return start_seek(app, (struct seek){.kind = SEEK_DURATION, .by = minute_ns});
	case ACTION_EVENT_BACK:
		return go_to_event(app, -1);
	case ACTION_EVENT:
		return go_to_event(app, 1);
	case ACTION_FIRST:
		return start_seek(app, (struct seek){.kind = SEEK_FIRST});
	case ACTION_LAST:
		return start_seek(app, (struct seek){.kind = SEEK_LAST});
	case ACTION_PLAY_SLOWER:
		return change_speed(app, -1);
	case ACTION_PLAY_FASTER:
		return change_speed(app, 1);
	case ACTION_GO_TO:
		return open_position(app);
	case ACTION_EVENTS:
		return open_marks(app);
	case ACTION_PLAY:
		app->paused = !app->paused;
		return REACTION_SETTINGS;
	default:
		return REACTION_NONE;
	}
}

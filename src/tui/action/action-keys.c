/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* action-keys.c - actions available in the group list and in an opened group. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "tui/action/group-actions.h"
#include "tui/core/app.h"

static unsigned toggle_pause(struct app *app)
{
	app->paused = !app->paused;
	return REACTION_SETTINGS | (app->paused ? 0U : REACTION_SAMPLE);
}

static bool interval_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	uint64_t interval_ns;

	if (cli_parse_duration(text, &interval_ns) < 0 || interval_ns < INTERVAL_MIN_NS ||
	    interval_ns > INTERVAL_MAX_NS) {
		*ret_reactions =
			app_show_message(app, ROLE_WARM, "expected a time from 100ms to 1h");
		return false;
	}
	app->settings.interval_ns = interval_ns;
	app->settings_changed = true;
	*ret_reactions = REACTION_SETTINGS;
	return true;
}

static unsigned open_interval(struct app *app)
{
	static const struct prompt prompt = {.title = "Interval", .accept = interval_accept};

	return open_prompt(app, &prompt,
			   FORMATTED(32, "%gs", (double)app->settings.interval_ns / 1e9));
}

static unsigned step_interval(struct app *app, bool longer)
{
	static const unsigned steps_ms[] = {100,  200,   500,   1000,  2000,
					    5000, 10000, 30000, 60000, 300000};
	uint64_t now_ms = app->settings.interval_ns / NS_PER_MS, next_ms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps_ms); i++) {
		if (longer && steps_ms[i] > now_ms) {
			next_ms = steps_ms[i];
			break;
		}
		if (!longer && steps_ms[i] < now_ms)
			next_ms = steps_ms[i];
	}
	if (next_ms == 0)
		return REACTION_BEEP;
	app->settings.interval_ns = next_ms * NS_PER_MS;
	app->settings_changed = true;
	return app_show_message(app, ROLE_TEXT, "interval: %g s", (double)next_ms / 1000) |
	       REACTION_SETTINGS;
}

bool is_group_action(enum action action)
{
	switch (action) {
	case ACTION_PAUSE:
	case ACTION_INTERVAL:
	case ACTION_SLOWER:
	case ACTION_FASTER:
		return true;
	default:
		return key_binding(action)->changes || action == ACTION_JOURNAL;
	}
}

unsigned act_on_groups(struct app *app, enum action action)
{
	if (app->source_flags & SOURCE_CAN_SEEK && action != ACTION_JOURNAL)
		return app_show_message(
			app, ROLE_TEXT,
			"cannot change the interval of a recording; , and . change the "
			"playback speed");
	switch (action) {
	case ACTION_PAUSE:
		return toggle_pause(app);
	case ACTION_INTERVAL:
		return open_interval(app);
	case ACTION_SLOWER:
		return step_interval(app, true);
	case ACTION_FASTER:
		return step_interval(app, false);
	default:
		return change_groups(app, action);
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-actions.c - which rehearsed actions are in effect or new at the current sample. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/core/app.h"
#include "tui/replay/rehearse.h"
#include "tui/replay/replay-actions.h"

void replay_actions_done(struct replay_actions *actions)
{
	replay_actions_free(actions->items, actions->count);
	free(actions->groups);
	*actions = (struct replay_actions){0};
}

/* Time of the previous sample: actions since then are new. */
static uint64_t time_before(const struct app *app)
{
	const struct cgw_snapshot *before = cgw_frame_before(app->frame);

	return before != NULL ? cgw_snapshot_realtime_ns(before) : 0;
}

static void add_group(struct replay_actions *actions, uint32_t group)
{
	if (actions->group_count == actions->group_size) {
		size_t size = 2 * actions->group_size + 16;
		uint32_t *groups = reallocarray(actions->groups, size, sizeof(*groups));

		if (groups == NULL)
			return;
		actions->groups = groups;
		actions->group_size = size;
	}
	actions->groups[actions->group_count++] = group;
}

static void add_alert(struct app *app, const struct replay_action *action)
{
	struct source_event event = {
		.kind = CGW_EVENT_ACTION, .realtime_ns = action->realtime_ns, .path = action->path};

	if (asprintf(&event.text, "would %s:", action->text) < 0)
		return;
	alerts_collect(&app->alerts, app->frame, &event);
	free(event.text);
}

void replay_actions_update(struct app *app)
{
	struct replay_actions *actions = &app->rehearsal;
	const struct cgw_snapshot *now = cgw_frame_now(app->frame);
	uint64_t now_ns, before_ns;

	actions->group_count = 0;
	if (now == NULL || actions->count == 0)
		return;
	now_ns = cgw_snapshot_realtime_ns(now);
	before_ns = time_before(app);
	for (size_t i = 0; i < actions->count; i++) {
		const struct replay_action *action = &actions->items[i];
		bool is_new = action->realtime_ns > before_ns && action->realtime_ns <= now_ns;
		uint32_t group;

		if (!is_new && (action->realtime_ns > now_ns || action->until_ns <= now_ns))
			continue;
		group = cgw_topology_find(cgw_snapshot_topology(now), action->path);
		if (group != CGW_NO_GROUP)
			add_group(actions, group);
		if (is_new && actions->reported_ns != now_ns)
			add_alert(app, action);
	}
	if (actions->rehearsed_ns >= now_ns)
		actions->reported_ns = now_ns;
}

void replay_actions_collect(struct app *app, struct arrival *arrival)
{
	replay_actions_free(app->rehearsal.items, app->rehearsal.count);
	app->rehearsal.items = steal_pointer(&arrival->actions);
	app->rehearsal.count = arrival->action_count;
	app->rehearsal.rehearsed_ns = arrival->rehearsed_ns;
	arrival->action_count = 0;
	replay_actions_update(app);
}

bool replay_actions_has_group(const struct app *app, uint32_t group)
{
	for (size_t i = 0; i < app->rehearsal.group_count; i++)
		if (app->rehearsal.groups[i] == group)
			return true;
	return false;
}

const struct replay_action *replay_actions_next(const struct replay_actions *actions,
						uint64_t realtime_ns, int by)
{
	const struct replay_action *best = NULL;

	for (size_t i = 0; i < actions->count; i++) {
		const struct replay_action *action = &actions->items[i];

		if (by > 0 ? action->realtime_ns <= realtime_ns
			   : action->realtime_ns >= realtime_ns)
			continue;
		if (best == NULL || (by > 0 ? action->realtime_ns < best->realtime_ns
					    : action->realtime_ns > best->realtime_ns))
			best = action;
	}
	return best;
}

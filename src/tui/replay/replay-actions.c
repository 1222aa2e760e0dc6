/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-actions.c - which rehearsed actions are in effect or new at the current sample. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "tui/replay/replay-actions.h"

void replay_actions_done(struct replay_actions *actions)
{
	replay_actions_free(actions->items, actions->count);
	free(actions->groups);
	*actions = (struct replay_actions){0};
}

static void add_group(struct replay_actions *actions, uint32_t group)
{
	if (ARRAY_RESERVE(actions->groups, actions->group_capacity, actions->group_count + 1) == 0)
		actions->groups[actions->group_count++] = group;
}

static void add_alert(struct alerts *alerts, const struct cgw_frame *frame,
		      const struct replay_action *action)
{
	struct source_event event = {
		.kind = CGW_EVENT_ACTION, .realtime_ns = action->realtime_ns, .path = action->path};

	if (asprintf(&event.text, "would %s:", action->text) < 0)
		return;
	alerts_collect(alerts, frame, &event);
	free(event.text);
}

void replay_actions_update(struct replay_actions *actions, const struct cgw_frame *frame,
			   struct alerts *alerts)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame), *before = cgw_frame_before(frame);
	uint64_t now_ns, before_ns;

	actions->group_count = 0;
	if (now == NULL || actions->count == 0)
		return;
	now_ns = cgw_snapshot_realtime_ns(now);
	/* Actions since the previous sample are new. */
	before_ns = before != NULL ? cgw_snapshot_realtime_ns(before) : 0;
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
			add_alert(alerts, frame, action);
	}
	if (actions->rehearsed_ns >= now_ns)
		actions->reported_ns = now_ns;
}

void replay_actions_collect(struct replay_actions *actions, struct arrival *arrival)
{
	replay_actions_free(actions->items, actions->count);
	actions->items = steal_pointer(&arrival->actions);
	actions->count = arrival->action_count;
	actions->rehearsed_ns = arrival->rehearsed_ns;
	arrival->action_count = 0;
}

bool replay_actions_has_group(const struct replay_actions *actions, uint32_t group)
{
	for (size_t i = 0; i < actions->group_count; i++)
		if (actions->groups[i] == group)
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

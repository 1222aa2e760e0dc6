/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-actions.c - what a rehearsed policy would have done, beside the sample that is shown. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/core/app.h"
#include "tui/replay/rehearse.h"
#include "tui/replay/replay-actions.h"

void replay_actions_done(struct replay_actions *deeds)
{
	replay_actions_free(deeds->items, deeds->count);
	free(deeds->groups);
	*deeds = (struct replay_actions){0};
}

/* Deeds of timers fall between two samples: the later one shows them. */
static uint64_t time_before(const struct app *app)
{
	const struct cgw_snapshot *before = cgw_frame_before(app->frame);

	return before != NULL ? cgw_snapshot_realtime_ns(before) : 0;
}

static void add_group(struct replay_actions *deeds, uint32_t group)
{
	if (deeds->group_count == deeds->group_size) {
		size_t size = 2 * deeds->group_size + 16;
		uint32_t *groups = reallocarray(deeds->groups, size, sizeof(*groups));

		if (groups == NULL)
			return;
		deeds->groups = groups;
		deeds->group_size = size;
	}
	deeds->groups[deeds->group_count++] = group;
}

static void tell(struct app *app, const struct replay_action *deed)
{
	struct source_event event = {
		.kind = CGW_EVENT_ACTION, .realtime_ns = deed->realtime_ns, .path = deed->path};

	if (asprintf(&event.text, "would %s:", deed->text) < 0)
		return;
	alerts_collect(&app->alerts, app->frame, &event);
	free(event.text);
}

/* Which groups they are about at this sample; what is new with it is told, once. */
void replay_actions_update(struct app *app)
{
	struct replay_actions *deeds = &app->rehearsal;
	const struct cgw_snapshot *now = cgw_frame_now(app->frame);
	uint64_t now_ns, before_ns;

	deeds->group_count = 0;
	if (now == NULL || deeds->count == 0)
		return;
	now_ns = cgw_snapshot_realtime_ns(now);
	before_ns = time_before(app);
	for (size_t i = 0; i < deeds->count; i++) {
		const struct replay_action *deed = &deeds->items[i];
		bool is_new = deed->realtime_ns > before_ns && deed->realtime_ns <= now_ns;
		uint32_t group;

		if (!is_new && (deed->realtime_ns > now_ns || deed->until_ns <= now_ns))
			continue;
		group = cgw_topology_find(cgw_snapshot_topology(now), deed->path);
		if (group != CGW_NO_GROUP)
			add_group(deeds, group);
		if (is_new && deeds->told_ns != now_ns)
			tell(app, deed);
	}
	if (deeds->rehearsed_ns >= now_ns)
		deeds->told_ns = now_ns;
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

bool replay_actions_mark(const struct app *app, uint32_t group)
{
	for (size_t i = 0; i < app->rehearsal.group_count; i++)
		if (app->rehearsal.groups[i] == group)
			return true;
	return false;
}

const struct replay_action *replay_actions_next(const struct replay_actions *deeds,
						uint64_t realtime_ns, int by)
{
	const struct replay_action *best = NULL;

	for (size_t i = 0; i < deeds->count; i++) {
		const struct replay_action *deed = &deeds->items[i];

		if (by > 0 ? deed->realtime_ns <= realtime_ns : deed->realtime_ns >= realtime_ns)
			continue;
		if (best == NULL || (by > 0 ? deed->realtime_ns < best->realtime_ns
					    : deed->realtime_ns > best->realtime_ns))
			best = deed;
	}
	return best;
}

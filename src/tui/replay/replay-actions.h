/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replay-actions.h - actions that a policy would have taken during a recording: marks on the
 * timeline and on rows, and events. Pure.
 */
#pragma once

#include "tui/core/alerts.h"
#include "tui/core/source.h"

/* For the timeline and before names. An action that was recorded has a filled triangle. */
#define REPLAY_ACTION_SIGN "△"

struct replay_actions {
	struct replay_action *items; /* by time */
	size_t count;
	uint64_t rehearsed_ns; /* `items` is complete up to this time; 0: no rehearsal */
	uint64_t reported_ns;  /* last sample whose actions were added to the alerts */
	uint32_t *groups;      /* of this sample, with an action in effect */
	size_t group_count, group_capacity;
};

void replay_actions_done(struct replay_actions *actions);
/* Takes the actions out of the arrival. Update them afterwards. */
void replay_actions_collect(struct replay_actions *actions, struct arrival *arrival);
/* Call it after each sample: updates the groups and adds new actions to the alerts. */
void replay_actions_update(struct replay_actions *actions, const struct cgw_frame *frame,
			   struct alerts *alerts);
/* Whether an action would be in effect on the group now. */
bool replay_actions_has_group(const struct replay_actions *actions, uint32_t group);
/* The first action after that time (`by` 1), or the last one before it (-1). NULL: none. */
const struct replay_action *replay_actions_next(const struct replay_actions *actions,
						uint64_t realtime_ns, int by);

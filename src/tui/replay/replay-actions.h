/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replay-actions.h - what a policy would have done to the groups of a recording: marks on the line of time, on
 * rows and among the events. Pure.
 */
#ifndef CGWARD_TUI_REPLAY_REPLAY_ACTIONS_H
#define CGWARD_TUI_REPLAY_REPLAY_ACTIONS_H

#include "tui/core/source.h"

/* On the line of time and before names; a deed that was done and recorded is a filled one. */
#define DEED_SIGN "△"

struct app;

struct replay_actions {
	struct replay_action *items; /* in order */
	size_t count;
	uint64_t rehearsed_ns; /* up to when they are known; 0: no policy is rehearsed */
	uint64_t told_ns;      /* the sample whose deeds are among the alerts */
	uint32_t *groups;      /* of this sample, on which something would stand */
	size_t group_count, group_size;
};

void replay_actions_done(struct replay_actions *deeds);
/* Others came than there were: taken over. */
void replay_actions_collect(struct app *app, struct arrival *arrival);
/* A sample came. */
void replay_actions_update(struct app *app);
/* Would something stand on the group now? */
bool replay_actions_mark(const struct app *app, uint32_t group);
/* The first one after that time (`by` 1), or the last one before it (-1); NULL: none. */
const struct replay_action *replay_actions_next(const struct replay_actions *deeds,
						uint64_t realtime_ns, int by);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rehearse.h - a policy run over the whole recording that is shown, a piece at a time: what its rules
 * would have done, when, and for how long. For the thread of a source.
 */
#ifndef CGWARD_TUI_REPLAY_REHEARSE_H
#define CGWARD_TUI_REPLAY_REHEARSE_H

#include <cgward/policy.h>

#include "tui/core/source.h"

struct rehearser;

/* Opens the recording for itself; takes the policy over, also on failure. */
int rehearser_new(const char *path, struct cgw_policy *policy, struct rehearser **ret_rehearser,
		  struct cgw_diag *diag);
/* Accepts NULL, returns NULL. */
struct rehearser *rehearser_free(struct rehearser *rehearser);
/* Goes on until that time of the monotonic clock: 1 when more is left, 0 at the end as it is now. */
int rehearser_go_on(struct rehearser *rehearser, uint64_t until_ns);
/* All deeds of rules so far, for the caller; how far it has come. -ENOMEM. */
int rehearser_actions(struct rehearser *rehearser, struct replay_action **ret_deeds,
		      size_t *ret_count, uint64_t *ret_reached_ns);

void replay_actions_free(struct replay_action *deeds, size_t count);

#endif

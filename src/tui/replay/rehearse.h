/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rehearse.h - runs a policy over a whole recording in small steps, and lists the actions that its
 * rules would have taken, with time and duration. Used by the thread of a source.
 */
#pragma once

#include <cgward/policy.h>

#include "tui/core/source.h"

struct rehearser;

/* Opens the recording again. Takes ownership of the policy, also on failure. */
int rehearser_new(const char *path, struct cgw_policy *policy, struct rehearser **ret_rehearser,
		  struct cgw_diag *diag);
/* Accepts NULL, returns NULL. */
struct rehearser *rehearser_free(struct rehearser *rehearser);
/* Runs until that monotonic time. Returns 1 if samples are left, 0 at the end of the recording. */
int rehearser_run(struct rehearser *rehearser, uint64_t until_ns);
/* Copies all actions of rules so far, and the time of the last sample. -ENOMEM. */
int rehearser_actions(struct rehearser *rehearser, struct replay_action **ret_actions,
		      size_t *ret_count, uint64_t *ret_reached_ns);

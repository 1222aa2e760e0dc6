/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * daemon-recorder.h - record samples in the background, as configured by [record].
 *
 * A separate thread with its own sampler writes the recording, so that a hanging disk does not
 * delay enforcement. The daemon queues its actions as events for that thread.
 */
#pragma once

#include <cgward/policy.h>

struct daemon_recorder;

/* Returns NULL if the policy has no [record] or on error. Logs errors and retries every minute. */
struct daemon_recorder *daemon_recorder_start(const struct cgw_layout *layout,
					      const struct cgw_policy *policy, const char *state);
/* Accepts NULL, returns NULL. Waits for a write in progress. */
struct daemon_recorder *daemon_recorder_stop(struct daemon_recorder *recording);
/* Queues an applied action as an event. */
void daemon_recorder_add_action(void *recording, const struct cgw_action *action, bool by_rule,
				const struct cgw_action_result *result);

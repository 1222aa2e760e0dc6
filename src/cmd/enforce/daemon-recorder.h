/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * daemon-recorder.h - [record]: samples kept on disk while the policy is enforced, by a thread of its own.
 *
 * A disk that hangs holds up nothing but the recording: the thread has its own sampler, and what the
 * daemon did is handed over as events.
 */
#ifndef CGWARD_CMD_ENFORCE_DAEMON_RECORDER_H
#define CGWARD_CMD_ENFORCE_DAEMON_RECORDER_H

#include <cgward/policy.h>

struct keeper;

/* Starts it where the policy wants a recording; what goes wrong is said, and tried again each minute. */
struct keeper *daemon_recorder_start(const struct cgw_layout *layout,
				     const struct cgw_policy *policy, const char *state);
/* Accepts NULL, returns NULL. Waits for a write under way. */
struct keeper *daemon_recorder_stop(struct keeper *keeper);
/* For struct performer: an action that was done goes into the recording as an event. */
void daemon_recorder_note(void *keeper, const struct cgw_action *action, bool of_rule,
			  const struct cgw_action_result *result);

#endif

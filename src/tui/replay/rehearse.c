/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rehearse.c - rehearses a policy over a recording, independently of the playback position. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "tui/replay/rehearse.h"
#include <cgward/recording.h>

struct rehearser {
	struct cgw_replay *replay;
	struct cgw_policy *policy;
	struct cgw_rehearsal *rehearsal;
	uint64_t reached_ns; /* wall clock of the last sample */
	/* By action: time of the sample that shows it. Timers expire between two samples. */
	uint64_t *shown_ns;
	size_t shown_count, shown_capacity;
};

int rehearser_new(const char *path, struct cgw_policy *policy, struct rehearser **ret_rehearser,
		  struct cgw_diag *diag)
{
	struct rehearser *rehearser = calloc(1, sizeof(*rehearser));
	int r;

	if (rehearser == NULL) {
		cgw_policy_free(policy);
		return -ENOMEM;
	}
	rehearser->policy = policy;
	r = cgw_replay_open(path, &rehearser->replay, diag);
	/* The interval is known after the first sample. */
	if (r == 0)
		r = cgw_replay_next(rehearser->replay) < 0 ? -EIO : 0;
	if (r == 0)
		r = cgw_rehearsal_new(policy, cgw_replay_interval_ns(rehearser->replay),
				      &rehearser->rehearsal);
	if (r < 0) {
		rehearser_free(rehearser);
		return r;
	}
	*ret_rehearser = rehearser;
	return 0;
}

struct rehearser *rehearser_free(struct rehearser *rehearser)
{
	if (rehearser == NULL)
		return NULL;
	cgw_rehearsal_free(rehearser->rehearsal);
	cgw_policy_free(rehearser->policy);
	cgw_replay_free(rehearser->replay);
	free(rehearser->shown_ns);
	free(rehearser);
	return NULL;
}

static int step(struct rehearser *rehearser)
{
	const struct cgw_frame *frame = cgw_replay_frame(rehearser->replay);

	size_t count;
	int r;

	rehearser->reached_ns = cgw_snapshot_realtime_ns(cgw_frame_now(frame));
	r = cgw_rehearsal_step(rehearser->rehearsal, frame, cgw_replay_boot(rehearser->replay));
	if (r < 0)
		return r;
	cgw_rehearsal_actions(rehearser->rehearsal, &count);
	if (ARRAY_RESERVE(rehearser->shown_ns, rehearser->shown_capacity, count) < 0)
		return -ENOMEM;
	while (rehearser->shown_count < count)
		rehearser->shown_ns[rehearser->shown_count++] = rehearser->reached_ns;
	return 0;
}

int rehearser_run(struct rehearser *rehearser, uint64_t until_ns)
{
	int r = 1;

	if (rehearser->reached_ns == 0) /* already at the first sample */
		r = step(rehearser) < 0 ? -EIO : 1;
	while (r > 0 && clock_now_ns() < until_ns) {
		r = cgw_replay_next(rehearser->replay);
		if (r == 0 && cgw_replay_refresh(rehearser->replay) > 0)
			r = cgw_replay_next(rehearser->replay);
		if (r > 0 && step(rehearser) < 0)
			r = -EIO;
	}
	return r;
}

/* "limit cpu.max 50% by rule hog: cpu > 300% (now 412%)" */
static char *describe(const struct rehearser *rehearser, const struct cgw_rehearsed_action *action)
{
	char what[400], *text;

	cgw_action_format(action->kind, action->control, action->value, action->signal, what,
			  sizeof(what));
	if (asprintf(&text, "%s by rule %s: %s", what,
		     cgw_policy_section(rehearser->policy, action->section).name,
		     action->reason) < 0)
		return NULL;
	return text;
}

/* Standing limits apply all the time, so only actions of rules are listed. */
static bool is_rule_action(const struct rehearser *rehearser,
			   const struct cgw_rehearsed_action *action)
{
	return action->section != UINT32_MAX &&
	       cgw_policy_section(rehearser->policy, action->section).kind == CGW_SECTION_RULE;
}

int rehearser_actions(struct rehearser *rehearser, struct replay_action **ret_actions,
		      size_t *ret_count, uint64_t *ret_reached_ns)
{
	size_t rehearsed_count, count = 0;
	const struct cgw_rehearsed_action *rehearsed =
		cgw_rehearsal_actions(rehearser->rehearsal, &rehearsed_count);
	struct replay_action *actions = calloc(rehearsed_count + 1, sizeof(*actions));

	if (actions == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rehearsed_count; i++) {
		struct replay_action *action = &actions[count];

		if (!is_rule_action(rehearser, &rehearsed[i]))
			continue;
		action->realtime_ns = rehearser->shown_ns[i];
		action->until_ns = rehearsed[i].realtime_ns + rehearsed[i].active_ns;
		action->path = strdup(rehearsed[i].path);
		action->text = describe(rehearser, &rehearsed[i]);
		count++;
		if (action->path == NULL || action->text == NULL) {
			replay_actions_free(actions, count);
			return -ENOMEM;
		}
	}
	*ret_actions = actions;
	*ret_count = count;
	*ret_reached_ns = rehearser->reached_ns;
	return 0;
}
